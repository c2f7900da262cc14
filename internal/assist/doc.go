// Package assist keeps what a company decides about language models and what
// became of it: whether its words may leave the premises, for each job; how much
// it spends a month; every call, without a word of what was said. It is the
// ledger of platform/llm, and stands near the ground because every room above may
// have a question for a model.
package assist
