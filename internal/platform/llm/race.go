package llm

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"truckflow/internal/kit/errs"
)

// candidate is an engine's model that may be asked.
type candidate struct {
	l       *lane
	m       *model
	name    string
	outside bool
	// predicted, once it has a place
	first, total time.Duration
	late         time.Duration // predicted until the answer is what the call asked for
}

// most is what asking a candidate can cost.
func (r *run) most(cd *candidate) Micros {
	return cd.l.s.Prices[cd.name].Of(r.in, r.c.MaxTokens)
}

// candidates are the engines that may be asked, in order; for each of the others
// r.passed says why not.
func (r *run) candidates() (out []*candidate) {
	now := time.Now()
	for at, l := range r.g.lanes {
		name := l.s.Models[r.c.Job]
		if name == "" {
			continue
		}
		cd := &candidate{l: l, m: l.model(name), name: name}
		can := cd.m.knows()
		cd.outside = l.s.Outside || can.Outside
		why := r.forbidden(cd)
		switch {
		case why != "":
			r.refused = true
		case len(r.c.Schema) > 0 && !can.JSON:
			why = "cannot answer in JSON"
		case len(r.c.Tools) > 0 && !can.Tools:
			why = "cannot use tools"
		case r.pictures() && !can.Vision:
			why = "cannot look at pictures"
		case r.in+r.c.MaxTokens > l.s.Context:
			why = "the question is too long for it"
		default:
			why = cd.m.rests(now)
		}
		if why != "" {
			r.passed = append(r.passed, passed{at, Attempt{Engine: l.s.Name, Model: name, Why: why}})
			continue
		}
		var known bool
		if cd.first, cd.total, known = cd.m.serve(now, r.c.Job, r.in, r.c.MaxTokens); !known {
			// A guess must not keep an engine from ever being measured.
			cd.first, cd.total = min(cd.first, r.c.FirstToken/4), min(cd.total, r.c.Within/2)
		}
		out = append(out, cd)
	}
	return out
}

// forbidden says which rule keeps a question from leaving for an engine.
func (r *run) forbidden(cd *candidate) string {
	if !cd.outside {
		return ""
	}
	_, priced := cd.l.s.Prices[cd.name]
	switch {
	case r.c.Private:
		return "this must not leave the premises"
	case r.permit != Redacted && r.permit != Allowed:
		return "the company lets nothing leave its premises for this"
	case r.permit == Redacted && r.pictures():
		return "pictures cannot be redacted, and nothing else may leave"
	case !priced:
		return "has no price, so no budget could be kept"
	case r.c.Money > 0 && r.most(cd) > r.c.Money:
		return "could cost more than this call may"
	}
	return ""
}

func (r *run) pictures() bool {
	return slices.ContainsFunc(r.c.Messages, func(m Message) bool { return len(m.Images) > 0 })
}

func (r *run) note(cd *candidate, why string) {
	r.trail = append(r.trail, Attempt{Engine: cd.l.s.Name, Model: cd.name, Why: why})
}

// race asks one engine after the other until one has answered or the time is
// over. Two are asked at once only where the call allows it.
func (r *run) race(ctx context.Context) (Answer, error) {
	ctx, cancel := context.WithCancel(ctx) // whoever still works when an answer is there stops
	defer cancel()
	x := &race{run: r, ctx: ctx, queue: r.candidates(), events: make(chan event)}
	defer x.abandonAll("another engine answered first", false)
	if !x.startNext() {
		return Answer{}, r.nobody()
	}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(time.Until(x.wake()))
		select {
		case <-ctx.Done():
			return x.overdue(gone(ctx))
		case <-timer.C:
			x.hurry()
		case e := <-x.events:
			a, done, err := x.hear(e)
			if done {
				return a, err
			}
		}
	}
}

// race is the state of one call's race; only its caller's goroutine touches it.
type race struct {
	*run
	ctx    context.Context
	queue  []*candidate // not yet tried
	late   []*candidate // would be too late; tried when nothing else is left
	tries  []*attempt   // under way
	events chan event
	owner  *attempt // whose words were handed on
	said   strings.Builder
	shows  func(string) string
	rest   func() string
}

// startNext sends the call to the next engine that would answer in time, or,
// when none is left and none is under way, to the one that would be least late.
func (x *race) startNext() bool {
	now := time.Now()
	for len(x.queue) > 0 {
		cd := x.queue[0]
		x.queue = x.queue[1:]
		slack := x.latest(cd).Sub(now)
		w, wait := cd.l.join(now, cd.total, slack)
		if w != nil {
			x.start(cd, w, now)
			return true
		}
		cd.late = wait - slack
		x.late = append(x.late, cd)
		x.note(cd, fmt.Sprintf("busy or slow: predicted %s too late", cd.late.Round(time.Millisecond)))
	}
	if len(x.tries) > 0 || len(x.late) == 0 {
		return false
	}
	slices.SortStableFunc(x.late, func(a, b *candidate) int { return cmp.Compare(a.late, b.late) })
	cd := x.late[0]
	x.late = x.late[1:]
	w, _ := cd.l.join(now, cd.total, math.MaxInt64)
	x.start(cd, w, now)
	return true
}

// latest is when a candidate's turn must have come so that its answer, or for a
// stream its first word, comes in time.
func (x *race) latest(cd *candidate) time.Time {
	if x.c.Stream == nil {
		return x.deadline.Add(-cd.total)
	}
	t := x.began.Add(x.c.FirstToken)
	if x.deadline.Before(t) {
		t = x.deadline
	}
	return t.Add(-cd.first)
}

func (x *race) start(cd *candidate, w *work, now time.Time) {
	ctx, cancel := context.WithCancel(x.ctx)
	a := &attempt{race: x, cd: cd, w: w, joined: now, cancel: cancel, ask: x.question(cd)}
	x.tries, x.started = append(x.tries, a), true
	if x.decision == 0 {
		x.decision = time.Since(x.began)
	}
	go a.run(ctx)
}

// question is the call as a candidate gets it.
func (x *race) question(cd *candidate) Ask {
	q := Ask{Model: cd.name, System: x.c.System, Messages: x.c.Messages, Schema: x.c.Schema, Tools: x.c.Tools, MaxTokens: x.c.MaxTokens}
	if !cd.outside || x.permit == Allowed {
		return q
	}
	if x.hides == nil {
		x.hide(q)
	}
	h := x.hidden
	h.Model = q.Model
	return h
}

// Patience with an engine that was asked and stays silent.
const (
	patienceTimes = 4 // the time it was predicted to take to its first word
	patienceLeast = 300 * time.Millisecond
	switching     = 20 * time.Millisecond // what giving one up and asking the next may take
	twiceTimes    = 2
	twiceLeast    = 100 * time.Millisecond
	twiceTokens   = 256  // a small call's answer, at most …
	twicePrompt   = 2000 // … and its question
)

// wake is when the newest attempt is given up for the next engine, or seconded.
func (x *race) wake() time.Time {
	never := x.deadline.Add(time.Hour)
	if len(x.tries) == 0 || x.owner != nil {
		return never
	}
	a := x.tries[len(x.tries)-1]
	if t := x.twiceAt(a); !t.IsZero() {
		return t
	}
	return x.switchAt(a, never)
}

// twiceAt is when a may be seconded; zero when it may not.
func (x *race) twiceAt(a *attempt) time.Time {
	small := x.c.Twice && x.c.Stream == nil && x.c.MaxTokens <= twiceTokens && x.in <= twicePrompt
	if !small || len(x.queue) == 0 || len(x.tries) > 1 || a.sent.IsZero() || !a.first.IsZero() {
		return time.Time{}
	}
	return a.sent.Add(max(twiceTimes*a.cd.first, twiceLeast))
}

// switchAt is when the next engine is asked instead: once this one has tried our
// patience, but not so late that the next could not answer any more.
func (x *race) switchAt(a *attempt, never time.Time) time.Time {
	if len(x.queue) == 0 {
		return never
	}
	last := time.Time{} // the latest moment that leaves another engine enough time
	for _, cd := range x.queue {
		if t := x.latest(cd).Add(-switching); t.After(last) {
			last = t
		}
	}
	if now := time.Now(); last.Before(now) {
		return never // nobody else could make it
	}
	switch {
	case a.sent.IsZero():
		if t := x.latest(a.cd); t.Before(last) && t.After(a.joined) {
			return t
		}
		return last
	case a.first.IsZero():
		if t := a.sent.Add(max(patienceTimes*a.cd.first, patienceLeast)); t.Before(last) {
			return t
		}
	}
	return last
}

// hurry seconds or gives up the newest attempt.
func (x *race) hurry() {
	a := x.tries[len(x.tries)-1]
	if !x.twiceAt(a).IsZero() {
		if !x.startNext() {
			x.queue = nil
		}
		return
	}
	why := "took too long to begin"
	switch {
	case a.sent.IsZero():
		why = "no place came free in time"
	case !a.first.IsZero():
		why = "too slow to end in time"
	}
	x.abandon(a, why, !a.sent.IsZero())
	x.startNext()
}

// abandon stops an attempt whose answer is not wanted any more.
func (x *race) abandon(a *attempt, why string, slow bool) {
	x.tries = slices.DeleteFunc(x.tries, func(t *attempt) bool { return t == a })
	x.trail = append(x.trail, a.giveUp(why, slow))
}

func (x *race) abandonAll(why string, slow bool) {
	for len(x.tries) > 0 {
		x.abandon(x.tries[0], why, slow)
	}
}

// hear takes what an attempt has to tell. done means that the race is over.
func (x *race) hear(e event) (a Answer, done bool, err error) {
	if !slices.Contains(x.tries, e.from) {
		return a, false, nil // given up a moment ago
	}
	switch e.kind {
	case sent:
		e.from.sent = e.at
	case piece:
		return x.words(e)
	case ended:
		return x.end(e)
	}
	return a, false, nil
}

// words are a piece of an answer.
func (x *race) words(e event) (a Answer, done bool, err error) {
	t := e.from
	if t.first.IsZero() {
		t.first = e.at
	}
	if x.c.Stream == nil || e.text == "" {
		return a, false, nil
	}
	if x.owner == nil {
		x.owner = t
		x.tries = slices.DeleteFunc(x.tries, func(o *attempt) bool { return o == t })
		x.abandonAll("another engine answered first", false)
		x.tries = []*attempt{t}
		x.firstAt = time.Since(x.began)
		x.shows, x.rest = x.pieces(t.cd)
	}
	return x.hand(x.shows(e.text))
}

// hand gives words to the caller.
func (x *race) hand(s string) (a Answer, done bool, err error) {
	if s == "" {
		return a, false, nil
	}
	x.said.WriteString(s)
	if err := x.c.Stream(s); err != nil {
		a, _ := x.overdue(err)
		return a, true, err
	}
	return a, false, nil
}

// end is an attempt's last word: its answer, or why there is none.
func (x *race) end(e event) (a Answer, done bool, err error) {
	t := e.from
	x.tries = slices.DeleteFunc(x.tries, func(o *attempt) bool { return o == t })
	entry := t.entry()
	if e.err == nil {
		a = x.answer(t, e.reply)
		entry.Usage, entry.Cost = e.reply.Usage, a.Cost
		if entry.Why = x.refuse(a); entry.Why == "" {
			entry.Why = answered
			x.trail = append(x.trail, entry)
			return x.finish(t, a)
		}
	} else {
		entry.Why, entry.Cost = why(e.err), t.spent(Reply{}, e.err)
	}
	x.trail = append(x.trail, entry)
	if x.owner == t {
		return x.part(), true, errs.Unavailable("the answer broke off").Hint("ask again").Wrap(e.err)
	}
	if len(x.tries) == 0 && !x.startNext() {
		return a, true, x.nobody()
	}
	return a, false, nil
}

// finish hands on what a stream has not yet been given.
func (x *race) finish(t *attempt, a Answer) (Answer, bool, error) {
	if x.firstAt == 0 {
		x.firstAt = time.Since(x.began)
		if !t.first.IsZero() {
			x.firstAt = t.first.Sub(x.began)
		}
	}
	if x.owner != nil {
		if part, done, err := x.hand(x.rest()); done {
			return part, true, err
		}
	}
	return a, true, nil
}

// refuse says what is wrong with a complete answer, "" when nothing is.
func (x *race) refuse(a Answer) string {
	switch {
	case len(x.c.Schema) > 0 && len(a.Calls) == 0 && !json.Valid([]byte(a.Text)):
		return "answered something that is no JSON"
	case a.Text == "" && len(a.Calls) == 0:
		return "answered nothing"
	case x.c.Check != nil && x.owner == nil:
		if err := x.c.Check(a); err != nil {
			return "its answer was refused: " + errs.Public(err).Message
		}
	}
	return ""
}

// part is a streamed answer that has no end.
func (x *race) part() Answer {
	if x.owner == nil {
		return Answer{}
	}
	return Answer{Text: x.said.String(), By: by(x.owner.cd), Engine: x.owner.cd.l.s.Name, Model: x.owner.cd.name}
}

// overdue ends the race without an answer: the time is over, or the caller left.
func (x *race) overdue(err error) (Answer, error) {
	why := "the time was over"
	if !errs.Is(err, errs.KindUnavailable) {
		why = "the caller left"
	}
	a := x.part()
	for len(x.tries) > 0 {
		t := x.tries[0]
		slow := why == "the time was over" && !t.sent.IsZero() && time.Since(t.sent) > max(3*t.cd.total, time.Second)
		x.abandon(t, why, slow)
	}
	return a, err
}

func by(cd *candidate) By {
	if cd.outside {
		return ByOverflow
	}
	return ByLocal
}

// nobody is the error when every engine has been thought of in vain.
func (r *run) nobody() error {
	var why []string
	for _, t := range r.whole(Answer{}) {
		if t.Engine != string(ByBuiltin) {
			why = append(why, t.Engine+": "+t.Why)
		}
	}
	switch {
	case len(why) == 0:
		return errs.Unavailable("no AI engine is set up for this").Hint("set OLLAMA_HOST, or see Settings, AI")
	case r.refused && !r.started:
		return errs.Forbidden("no AI engine may answer (%s)", strings.Join(why, "; ")).Hint("an owner decides under Settings, AI")
	}
	return errs.Unavailable("no AI engine could answer (%s)", strings.Join(why, "; ")).Hint("Settings, AI shows each engine and the last calls")
}

// why says an engine's error in the trail's words.
func why(err error) string {
	var f *Failure
	var e *errs.Error
	switch {
	case errors.As(err, &f):
		return f.Error()
	case errors.As(err, &e):
		return e.Message
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "the time was over"
	}
	return "failed"
}
