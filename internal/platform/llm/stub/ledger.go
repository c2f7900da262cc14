package stub

import (
	"context"
	"sync"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/platform/llm"
)

// Ledger keeps in memory what room assist keeps in the database: for probes and
// drills, which are nobody's, and for tests.
type Ledger struct {
	Permits llm.Permit // of every job
	Budget  llm.Micros

	mu      sync.Mutex
	held    map[ids.ID]llm.Micros
	spent   llm.Micros
	records []llm.Record
}

// Permit implements llm.Ledger.
func (l *Ledger) Permit(context.Context, llm.Job) (llm.Permit, error) { return l.Permits, nil }

// Hold implements llm.Ledger.
func (l *Ledger) Hold(_ context.Context, most llm.Micros) (ids.ID, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	sum := l.spent + most
	for _, h := range l.held {
		sum += h
	}
	if sum > l.Budget {
		return ids.ID{}, errs.Forbidden("this month's budget for AI is used up")
	}
	if l.held == nil {
		l.held = map[ids.ID]llm.Micros{}
	}
	id := ids.New()
	l.held[id] = most
	return id, nil
}

// Settle implements llm.Ledger.
func (l *Ledger) Settle(_ context.Context, hold ids.ID, spent llm.Micros) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.held, hold)
	l.spent += spent
	return nil
}

// Record implements llm.Ledger.
func (l *Ledger) Record(_ context.Context, r llm.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records = append(l.records, r)
	return nil
}

// Spent is what was settled, and Open how many holds were not.
func (l *Ledger) Spent() (spent llm.Micros, open int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.spent, len(l.held)
}

// Records returns every call recorded.
func (l *Ledger) Records() []llm.Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]llm.Record{}, l.records...)
}
