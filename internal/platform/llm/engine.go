package llm

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Engine is a server of models; ollamallm, openaillm and anthropicllm are some.
// It sends once and never retries: a deadline cannot be kept otherwise.
type Engine interface {
	// Ask sends a question and calls emit with each piece of the answer's text as it
	// comes, with "" for a piece of anything else, and stops when emit returns an
	// error. It returns when the engine has said that the answer is complete;
	// anything less is an error, a *Failure where the engine is the cause. It
	// returns soon after ctx ends, and the engine's place is free then.
	Ask(ctx context.Context, q Ask, emit func(text string) error) (Reply, error)
	// Probe asks what a model can do. A model that is not there is a Missing failure.
	Probe(ctx context.Context, model string) (Can, error)
	// Warm loads a model so that the first call need not wait; nothing where models are always loaded.
	Warm(ctx context.Context, model string) error
}

// Ask is a question as an engine gets it.
type Ask struct {
	Model     string
	System    string
	Messages  []Message
	Schema    json.RawMessage
	Tools     []Tool
	MaxTokens int
}

// Reply is a complete answer.
type Reply struct {
	Text  string
	Calls []ToolCall
	Usage Usage
}

// Can is what a model can do. Outside: it is named here and computed elsewhere
// (Ollama hands its cloud models on).
type Can struct{ JSON, Tools, Vision, Outside bool }

// Trouble classifies what went wrong at an engine.
type Trouble string

// The troubles.
const (
	Unreachable Trouble = "unreachable" // nobody listens, or the connection broke before an answer
	Busy        Trouble = "busy"        // 429, 503, 529: it asks us to wait
	Broken      Trouble = "broken"      // another 5xx
	Malformed   Trouble = "malformed"   // an answer that is none
	BrokenOff   Trouble = "broken off"  // an answer without its end
	Rejected    Trouble = "rejected"    // 4xx: this question, not the engine
	NoKey       Trouble = "no key"      // 401, 403
	Missing     Trouble = "missing"     // no such model
	CutOff      Trouble = "cut off"     // the answer needed more tokens than the call allows
)

// Failure is an engine's error. Detail is for the log and the trace: it never
// holds any of the question.
type Failure struct {
	Trouble Trouble
	Status  int           // HTTP, 0 without an answer
	After   time.Duration // Busy: how long it asks us to wait, 0 where it does not say
	Detail  string
}

// Error implements error.
func (f *Failure) Error() string {
	s := string(f.Trouble)
	if f.Status != 0 {
		s += fmt.Sprintf(" (%d)", f.Status)
	}
	if f.Detail != "" {
		s += ": " + f.Detail
	}
	return s
}

// EngineSettings are one engine as configured.
type EngineSettings struct {
	Name    string // ollama, server, openai, anthropic
	Engine  Engine
	Outside bool           // what it is asked leaves the premises
	Models  map[Job]string // the model of each job; a job without one is not for this engine
	Slots   int            // calls it serves side by side; it is never given more
	Context int            // tokens it takes, prompt and answer
	// Prices by model. A model outside without a price is never asked: its budget could not be kept.
	Prices map[string]Price
}
