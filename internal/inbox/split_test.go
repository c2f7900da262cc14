package inbox

import (
	"testing"
	"time"
)

func TestOwnWordsAndOlderOnes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, own, quoted string }{
		"nothing older": {"Hello\r\n\r\nBye", "Hello\n\nBye", ""},
		"outlook":       {"Yes\n\n-----Original Message-----\nFrom: x\n\nOld", "Yes", "-----Original Message-----\nFrom: x\n\nOld"},
		"gmail":         {"Yes\n\nOn Mon, Jun 1, 2026 at 9:00 AM Ann <a@b.example> wrote:\n> Old", "Yes", "On Mon, Jun 1, 2026 at 9:00 AM Ann <a@b.example> wrote:\n> Old"},
		"gmail, broken": {"Yes\n\nOn Mon, Jun 1, 2026 at 9:00 AM Ann Lee of Broker Logistics\n<a@b.example> wrote:\n> Old", "Yes", "On Mon, Jun 1, 2026 at 9:00 AM Ann Lee of Broker Logistics\n<a@b.example> wrote:\n> Old"},
		"forwarded":     {"---------- Forwarded message ---------\nFrom: Ann <a@b.example>\n\nThe load", "---------- Forwarded message ---------\nFrom: Ann <a@b.example>\n\nThe load", ""},
		"on a word":     {"On Monday we wrote nothing\nReally", "On Monday we wrote nothing\nReally", ""},
	} {
		if own, quoted := split(c.text); own != c.own || quoted != c.quoted {
			t.Errorf("%s: %q, %q", name, own, quoted)
		}
	}
}

func TestFailuresAreWaitedOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		failures int
		refused  bool
		want     time.Duration
	}{{0, false, time.Minute}, {3, false, 8 * time.Minute}, {50, false, time.Hour}, {0, true, 10 * time.Minute}, {9, true, time.Hour}} {
		if got := wait(c.failures, c.refused); got != c.want {
			t.Errorf("after %d, refused %v: %s, want %s", c.failures, c.refused, got, c.want)
		}
	}
}

func TestHouses(t *testing.T) {
	t.Parallel()
	for a, want := range map[string]string{"ann@broker.example": "broker.example", "ann@gmail.com": "ann@gmail.com", "nobody": "nobody", "": ""} {
		if got := house(a); got != want {
			t.Errorf("%s: %s", a, got)
		}
	}
}
