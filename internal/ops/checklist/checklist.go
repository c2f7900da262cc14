// Package checklist answers the specification's three lists (before the deployment,
// after it, and for as long as it runs): each item is split into what can be probed,
// with what was seen and the command that mends it, and what only a person can
// confirm, signed and for a time.
//
// An item is green only for what was seen or signed. What could not be looked at is
// "cannot tell", never green; a signature stands in for a probe only where there is
// nothing to look at, and never makes something red green.
package checklist

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Status is where an item stands.
type Status string

// Phase is one of the specification's three lists.
type Phase string

const (
	// Green means seen and right, or confirmed and not expired.
	Green Status = "green"
	// Red means seen and wrong.
	Red Status = "red"
	// Waiting means that a person has to confirm it, or to confirm it again.
	Waiting Status = "waiting"
	// NotApplicable means there is nothing of the kind here.
	NotApplicable Status = "not applicable"
	// CannotTell means that a right, a program or an answer was missing.
	CannotTell Status = "cannot tell"

	// Pre is the specification's Pre-Deployment.
	Pre Phase = "pre"
	// Post is its Post-Deployment.
	Post Phase = "post"
	// Ongoing is its Ongoing Maintenance.
	Ongoing Phase = "ongoing"
)

// Phases in the order of the specification.
var Phases = []Phase{Pre, Post, Ongoing}

// Title is what the specification calls the list.
func (p Phase) Title() string {
	return map[Phase]string{Pre: "Pre-deployment", Post: "Post-deployment", Ongoing: "Ongoing maintenance"}[p]
}

// rank puts first what needs somebody.
var rank = map[Status]int{Red: 0, Waiting: 1, CannotTell: 2, Green: 3, NotApplicable: 4}

// Item is one entry of the answer.
type Item struct {
	ID       string    `json:"id"`
	Phase    Phase     `json:"phase"`
	Asked    string    `json:"asked"` // the specification's line
	Title    string    `json:"title"`
	Status   Status    `json:"status"`
	Evidence string    `json:"evidence"` // what was seen, one line
	At       time.Time `json:"at"`       // when it was seen or signed
	Fix      string    `json:"fix,omitempty"`
	Note     string    `json:"note,omitempty"` // where we do otherwise than the specification, and why
	Manual   bool      `json:"manual"`         // a person may confirm it
	Days     int       `json:"days,omitempty"` // how long a confirmation holds at most
}

// Report is the whole answer.
type Report struct {
	Time  time.Time      `json:"time"`
	Green int            `json:"green"`
	Of    int            `json:"of"` // all that apply
	Count map[Status]int `json:"count"`
	Items []Item         `json:"items"`
}

// newReport orders items (phase, then what needs somebody first, then as the
// catalogue has them) and counts them.
func newReport(at time.Time, items []Item) Report {
	slices.SortStableFunc(items, func(a, b Item) int {
		return cmp.Or(cmp.Compare(slices.Index(Phases, a.Phase), slices.Index(Phases, b.Phase)), cmp.Compare(rank[a.Status], rank[b.Status]))
	})
	r := Report{Time: at, Items: items, Count: map[Status]int{Green: 0, Red: 0, Waiting: 0, NotApplicable: 0, CannotTell: 0}}
	for _, i := range items {
		r.Count[i.Status]++
	}
	r.Green, r.Of = r.Count[Green], len(items)-r.Count[NotApplicable]
	return r
}

// Only is the part of one list; an empty phase is the whole.
func (r Report) Only(p Phase) Report {
	if p == "" {
		return r
	}
	var items []Item
	for _, i := range r.Items {
		if i.Phase == p {
			items = append(items, i)
		}
	}
	return newReport(r.Time, items)
}

// Summary is the figure in words.
func (r Report) Summary() string {
	return fmt.Sprintf("%d of %d green: %d red, %d waiting for a confirmation, %d cannot be told, %d not applicable",
		r.Green, r.Of, r.Count[Red], r.Count[Waiting], r.Count[CannotTell], r.Count[NotApplicable])
}

// finding is what a probe says.
type finding struct {
	status   Status
	evidence string
	fix      string // "" is the entry's
}

func found(s Status, format string, args ...any) finding {
	return finding{status: s, evidence: fmt.Sprintf(format, args...)}
}

func (f finding) mend(format string, args ...any) finding {
	f.fix = fmt.Sprintf(format, args...)
	return f
}

// entry is one line of the catalogue.
type entry struct {
	id, asked, title string
	phase            Phase
	fix              string
	note             string
	days             int                                            // a confirmation holds so long at most; 0: none is taken
	probe            func(ctx context.Context, l *look) finding     // nil: only a person can tell
	facts            func(context.Context, *Checklist) (any, error) // what a signature keeps with it
}

// Within bounds a look: what has not answered by then cannot be told.
const Within = 45 * time.Second

// Fresh is how old a result may be that a page shows without looking again.
const Fresh = 10 * time.Minute

// Checklist looks, keeps the last result, and takes confirmations. Safe for
// concurrent use.
type Checklist struct {
	src     Sources
	entries []entry
	within  time.Duration

	looking sync.Mutex // one look at a time: those who come meanwhile share it
	mu      sync.Mutex
	last    *seen
}

// seen is the result of a look, before signatures.
type seen struct {
	at       time.Time
	findings []finding // as entries
	look     *look     // its sources' answers, for reports and what a signature keeps
}

// New is a checklist over the specification's lists.
func New(src Sources) *Checklist {
	return &Checklist{src: src.filled(), entries: catalogue, within: Within}
}

// Site is the address people use.
func (c *Checklist) Site() string { return c.src.Config.PublicURL }

// Look probes everything now.
func (c *Checklist) Look(ctx context.Context) (Report, error) {
	c.looking.Lock()
	s := c.probe(ctx)
	c.looking.Unlock()
	return c.sign(ctx, s)
}

// Recent is the last result when it is at most Fresh old, else a new one. It goes on
// when whoever asked leaves. Signatures are always read anew.
func (c *Checklist) Recent(ctx context.Context) (Report, error) {
	return c.sign(ctx, c.recent(ctx))
}

func (c *Checklist) recent(ctx context.Context) *seen {
	c.looking.Lock()
	defer c.looking.Unlock()
	c.mu.Lock()
	s := c.last
	c.mu.Unlock()
	if s != nil && c.src.Clock.Now().Sub(s.at) < Fresh {
		return s
	}
	return c.probe(context.WithoutCancel(ctx))
}

// probe asks all at once.
func (c *Checklist) probe(ctx context.Context) *seen {
	ctx, cancel := context.WithTimeout(ctx, c.within)
	defer cancel()
	s := &seen{at: c.src.Clock.Now(), findings: make([]finding, len(c.entries)), look: c.src.look(ctx)}
	type answer struct {
		n int
		f finding
	}
	answers := make(chan answer, len(c.entries)) // room for those who come too late
	open := 0
	for n, e := range c.entries {
		if e.probe == nil {
			s.findings[n] = found(Waiting, "only a person can tell")
			continue
		}
		s.findings[n] = found(CannotTell, "it did not answer within %s", c.within)
		open++
		go func() { answers <- answer{n, e.probe(ctx, s.look)} }()
	}
	for ; open > 0; open-- {
		select {
		case a := <-answers:
			s.findings[a.n] = a.f
		case <-ctx.Done():
			open = 1
		}
	}
	c.mu.Lock()
	c.last = s
	c.mu.Unlock()
	return s
}

// sign lays signatures over what was seen.
func (c *Checklist) sign(ctx context.Context, s *seen) (Report, error) {
	signed := map[string]Confirmation{}
	none := c.src.NoDB
	if c.src.DB != nil {
		var err error
		if signed, err = c.latest(ctx); err != nil {
			return Report{}, err
		}
	}
	var items []Item
	for n, e := range c.entries {
		f := s.findings[n]
		i := Item{ID: e.id, Phase: e.phase, Asked: e.asked, Title: e.title, Status: f.status, Evidence: f.evidence, At: s.at, Fix: cmp.Or(f.fix, e.fix), Note: e.note, Manual: e.days > 0, Days: e.days}
		if f.status == Waiting {
			i.signedBy(signed[e.id], c.src.Clock.Now(), none)
		}
		if i.Status == Green || i.Status == NotApplicable {
			i.Fix = ""
		}
		items = append(items, i)
	}
	return newReport(s.at, items), nil
}

// signedBy turns a waiting item green while k holds. none says why nobody knows
// whether it was signed.
func (i *Item) signedBy(k Confirmation, now time.Time, none string) {
	day := func(t time.Time) string { return t.UTC().Format("2006-01-02") }
	command := fmt.Sprintf("truckflow checklist confirm %s --by NAME --note TEXT", i.ID)
	switch {
	case none != "":
		i.Status, i.Evidence = CannotTell, i.Evidence+"; confirmations cannot be read: "+none
	case k.At.IsZero():
		i.Fix = join(i.Fix, command)
	case now.Before(k.Until):
		i.Status, i.At = Green, k.At
		i.Evidence = fmt.Sprintf("confirmed by %s on %s, holds until %s%s", k.By, day(k.At), day(k.Until), k.why())
	default:
		i.At = k.At
		i.Evidence = fmt.Sprintf("the confirmation of %s by %s expired on %s", day(k.At), k.By, day(k.Until))
		i.Fix = join(i.Fix, command)
	}
}

// join writes steps one after the other.
func join(fix, command string) string {
	if fix == "" {
		return command
	}
	return fix + "; then: " + command
}
