package llm

import "time"

const (
	breakAfter  = 3 // failures …
	breakOf     = 5 // … among the last so many calls open the breaker
	breakFor    = 5 * time.Second
	breakAtMost = time.Minute
)

// breaker stops asking an engine that fails or is too slow. After a pause, twice
// as long each time, one call tries it. Unlike a library's, a trial whose caller
// leaves gives its turn back; its lock is its owner's.
type breaker struct {
	failed [breakOf]bool // a ring of the last calls
	next   int
	pause  time.Duration // 0: closed
	until  time.Time
	trial  bool
}

func (b *breaker) would(now time.Time) bool {
	return b.pause == 0 || !b.trial && !now.Before(b.until)
}

func (b *breaker) take(now time.Time) bool {
	ok := b.would(now)
	b.trial = b.trial || ok && b.pause > 0
	return ok
}

func (b *breaker) ended(now time.Time, ok, known bool) {
	if b.pause > 0 { // a trial, or a call sent before it opened
		switch {
		case !known:
			b.trial = false
		case ok:
			*b = breaker{}
		case b.trial:
			b.trial, b.pause = false, min(2*b.pause, breakAtMost)
			b.until = now.Add(b.pause)
		}
		return
	}
	if !known {
		return
	}
	b.failed[b.next] = !ok
	b.next = (b.next + 1) % breakOf
	n := 0
	for _, f := range b.failed {
		if f {
			n++
		}
	}
	if n >= breakAfter {
		b.pause, b.until = breakFor, now.Add(breakFor)
	}
}
