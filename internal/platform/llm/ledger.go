package llm

import (
	"context"
	"time"

	"truckflow/internal/kit/ids"
)

// Ledger is where the gateway asks what a company permits and may spend, and
// tells what was done. The company is the one in ctx. An error of Permit means
// Never, and one of Hold that nothing may be spent.
type Ledger interface {
	Permit(ctx context.Context, job Job) (Permit, error)
	// Hold reserves the most a call can cost, before it is sent. Of callers at the
	// same moment no more get a hold than the month's budget has room for;
	// errs.KindForbidden says that it has none.
	Hold(ctx context.Context, most Micros) (ids.ID, error)
	// Settle turns a hold into what was spent, zero where nothing was.
	Settle(ctx context.Context, hold ids.ID, spent Micros) error
	Record(ctx context.Context, r Record) error
}

// Record is a finished call as it is kept: how it went, never what it said.
type Record struct {
	ID       ids.ID
	At       time.Time
	Job      Job
	Prompt   string
	By       By     // "" when nobody answered
	Engine   string // who answered, or the last that was asked
	Model    string
	Outcome  string        // answered, or why not
	Why      string        // why it was not the engine preferred; "" when it was
	Decision time.Duration // until the built-in answer, or until an engine was chosen
	Queue    time.Duration
	First    time.Duration // from the call to the first token, 0 without
	Total    time.Duration
	In, Out  int
	Cost     Micros
	Trail    []Attempt
}
