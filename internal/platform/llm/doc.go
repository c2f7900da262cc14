// Package llm is the one door to language models. A caller says what a call is
// for and what it may take (time, money, whether its words may leave the
// premises) and gets an answer, or a clear reason, by its deadline; which engine
// answered, and why it was not another, is part of the answer.
//
// Engines are tried in the order of Settings.Engines, those on the premises
// first. Who is busy is not asked of them: a warm Ollama queues without bound and
// never says so. The gateway counts what each engine has in hand, hands it no
// more than it serves side by side, and predicts from measured speeds when a
// call's first and last words would come; what would come too late goes to the
// next engine before it waits.
package llm
