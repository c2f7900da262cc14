package llm

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Job is what a call is for; models and permits are set for each.
type Job string

// The jobs.
const (
	Documents Job = "documents" // fields of a paper that the rules left open or contested
	Copilot   Job = "copilot"   // questions about the company's own records
	Email     Job = "email"     // wording of a mail whose facts stand already
)

// Jobs lists every job.
var Jobs = []Job{Documents, Copilot, Email}

// Permit is what a company lets leave its premises for a job.
type Permit string

// The permits. Without a choice it is Never.
const (
	Never    Permit = "never"    // only engines on the premises
	Redacted Permit = "redacted" // names, phones, e-mails, streets, MC/DOT and account numbers are replaced first
	Allowed  Permit = "allowed"  // as it is
)

// Micros is money in millionths of a US dollar; a token costs less than a cent.
type Micros int64

// String prints dollars with four decimals, rounded up: $0.0012.
func (m Micros) String() string {
	n := (int64(m) + 99) / 100
	return fmt.Sprintf("$%d.%04d", n/10000, n%10000)
}

// Price is what a million tokens cost.
type Price struct{ In, Out Micros }

// Of is the price of so many tokens, rounded up.
func (p Price) Of(in, out int) Micros {
	return Micros((int64(in)*int64(p.In) + int64(out)*int64(p.Out) + 999_999) / 1_000_000)
}

// Role says who speaks in a message.
type Role string

// The roles.
const (
	User      Role = "user"
	Assistant Role = "assistant"
	ToolSaid  Role = "tool" // what a tool answered; CallID names the call
)

// Message is one turn.
type Message struct {
	Role   Role
	Text   string
	Images []Image
	Calls  []ToolCall // Assistant: the tools it asked for
	CallID string     // ToolSaid: which call this answers
	Tool   string     // ToolSaid: the tool's name
}

// Image is a picture a model with vision looks at.
type Image struct {
	ContentType string
	Data        []byte
}

// Tool is what a model may ask for.
type Tool struct {
	Name, About string
	Schema      json.RawMessage // JSON schema of its arguments, an object
}

// ToolCall is a tool a model asked for.
type ToolCall struct {
	ID, Name string
	Args     json.RawMessage
}

// Call is one question with its budget.
type Call struct {
	Job      Job
	Prompt   string // which prompt and version, as documents.gaps/1: in the cache's key and in the trace
	System   string
	Messages []Message
	Schema   json.RawMessage // the answer must be JSON of this schema
	Tools    []Tool
	// MaxTokens bounds the answer; 0 means 1,024. It is also what is reserved of the company's money.
	MaxTokens int

	Within     time.Duration // until the whole answer is there; 0 means the job's default (see Defaults)
	FirstToken time.Duration // streamed calls: until the first word; 0 means Within
	Money      Micros        // the most it may cost; 0 means what the company has left this month
	Private    bool          // stays on the premises whatever the company permits
	Names      []string      // people and companies in the text that redaction cannot know

	// Builtin is the answer of rules and templates, made first. done says that no
	// engine could add to it; otherwise it answers when no engine does.
	Builtin func(ctx context.Context) (text string, done bool, err error)
	// Check refuses an answer (wrong shape, invented facts); the next engine is asked.
	Check func(Answer) error
	// Stream gets the text as it comes, on Do's own goroutine. Once a word was handed
	// on, no other engine is tried: the answer ends, or fails visibly.
	Stream func(text string) error
	// Twice lets a small call be sent to a second engine when the first is slower than
	// it usually is; the first answer counts. Only for calls without effects.
	Twice bool
	// Keep is how long the answer may be given again to exactly the same question of
	// the same company; 0 means never.
	Keep time.Duration
}

// By is what kind of engine answered.
type By string

// Who answers.
const (
	ByBuiltin  By = "built-in" // rules and templates
	ByLocal    By = "local"    // an engine on the premises
	ByOverflow By = "overflow" // an engine outside
	ByCache    By = "cache"    // an earlier answer to the same question
)

// Answer is what came of a call.
type Answer struct {
	Text   string
	Calls  []ToolCall // tools it asks for; send their answers in a further call
	By     By
	Engine string // "built-in", or the name in Settings.Engines
	Model  string
	Usage  Usage
	Cost   Micros
	Trail  []Attempt // every engine that was thought of, in order, and why it was not the one
}

// Usage is what an engine counted. The durations are zero where it does not tell.
type Usage struct {
	In, Out               int           // tokens
	Load, Prefill, Decode time.Duration // its own: loading the model, reading the prompt, writing
}

// Attempt is one engine's part in a call.
type Attempt struct {
	Engine string        `json:"engine"`
	Model  string        `json:"model,omitempty"`
	Why    string        `json:"why"` // "answered", or why not
	Sent   bool          `json:"sent"`
	Hidden int           `json:"hidden,omitempty"` // pieces of text that were replaced before it left
	Queue  time.Duration `json:"queue"`            // waited for a place, in the gateway
	First  time.Duration `json:"first,omitempty"`  // from sending to the first token
	Total  time.Duration `json:"total,omitempty"`  // from sending to the end
	Usage  Usage         `json:"usage"`
	Cost   Micros        `json:"cost,omitempty"`
}

// answered is Attempt.Why of the engine whose answer counts.
const answered = "answered"

// Defaults are the deadlines of calls that name none.
var Defaults = map[Job]time.Duration{Documents: 60 * time.Second, Copilot: 30 * time.Second, Email: 20 * time.Second}

// maxTokens is Call.MaxTokens where it is 0.
const maxTokens = 1024

// guess estimates tokens from bytes, rather too many than too few: an engine
// that cuts off a long prompt does not say so.
func guess(c *Call) int {
	n := len(c.System) + len(c.Schema)
	for _, m := range c.Messages {
		n += len(m.Text) + 16 + 9000*len(m.Images) // a page at 1,200 pixels is 2,500 tokens for those who count most
		for _, t := range m.Calls {
			n += len(t.Args) + len(t.Name)
		}
	}
	for _, t := range c.Tools {
		n += len(t.Name) + len(t.About) + len(t.Schema) + 32
	}
	return n/3 + 16
}
