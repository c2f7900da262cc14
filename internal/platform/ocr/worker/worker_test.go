package worker

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain is also the child: the pool starts this program with a kind of child in place
// of the folder.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && strings.HasPrefix(os.Args[1], "child-") {
		child(os.Args[1])
		return
	}
	os.Exit(m.Run())
}

func child(kind string) {
	switch kind {
	case "child-rude":
		_, _ = os.Stdout.WriteString("Segmentation fault, and more of it\n")
		return
	case "child-mute":
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}
	_ = Serve(os.Stdin, os.Stdout, func(net string, t Tensor, each func(Tensor) error) error {
		switch net {
		case "bad":
			return errors.New("no such network")
		case "slow":
			_, _ = io.Copy(io.Discard, os.Stdin) // for ever: the pool keeps it open
		case "die":
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
		return each(t)
	})
}

func pool(t *testing.T, kind string, limit time.Duration) *Pool {
	t.Helper()
	p := &Pool{Program: os.Args[0], Dir: kind, Limit: limit}
	t.Cleanup(p.Close)
	return p
}

func take(t *testing.T, p *Pool) *Child {
	t.Helper()
	c, err := p.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var table = Tensor{Shape: []int64{2, 3}, Data: []float32{1, 2, 3, 4, 5, 6}}

func TestAnswers(t *testing.T) {
	t.Parallel()
	p := pool(t, "child-echo", 0)
	c := take(t, p)
	got, err := c.Run(t.Context(), Request{Net: "echo", In: table})
	if err != nil || !slices.Equal(got.Data, table.Data) || !slices.Equal(got.Shape, table.Shape) {
		t.Fatalf("%v, %v", got, err)
	}
	got, err = c.Run(t.Context(), Request{Net: "echo", Keep: []int32{2, 0}, In: table})
	if err != nil || !slices.Equal(got.Data, []float32{3, 1, 6, 4}) || !slices.Equal(got.Shape, []int64{2, 2}) {
		t.Fatalf("two of three columns: %v, %v", got, err)
	}
	for _, q := range []Request{{Net: "bad", In: table}, {Net: "echo", Keep: []int32{3}, In: table}} {
		if _, err := c.Run(t.Context(), q); !errors.Is(err, ErrFailed) {
			t.Errorf("%+v: %v, want ErrFailed", q, err)
		}
	}
	if _, err = c.Run(t.Context(), Request{Net: "echo", In: table}); err != nil {
		t.Errorf("after a refusal: %v", err)
	}
	p.Give(c)
	if again := take(t, p); again != c {
		t.Error("an idle child was not used again")
	}
}

func TestChildThatDies(t *testing.T) {
	t.Parallel()
	p := pool(t, "child-echo", 0)
	c := take(t, p)
	if _, err := c.Run(t.Context(), Request{Net: "die", In: table}); !errors.Is(err, ErrFailed) || !strings.Contains(err.Error(), "killed") {
		t.Errorf("killed at work: %v", err)
	}
	if _, err := c.Run(t.Context(), Request{Net: "echo", In: table}); !errors.Is(err, ErrFailed) {
		t.Errorf("after its end: %v", err)
	}
	p.Give(c)
	c = take(t, p)
	p.Give(c)
	if err := syscall.Kill(c.Pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	c = take(t, p)
	if _, err := c.Run(t.Context(), Request{Net: "echo", In: table}); !errors.Is(err, ErrFailed) {
		t.Errorf("killed while idle: %v", err)
	}
	p.Give(c)
	if _, err := take(t, p).Run(t.Context(), Request{Net: "echo", In: table}); err != nil {
		t.Errorf("a new one: %v", err)
	}
}

func TestChildThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	c := take(t, pool(t, "child-echo", 300*time.Millisecond))
	if _, err := c.Run(t.Context(), Request{Net: "slow", In: table}); !errors.Is(err, ErrFailed) || !strings.Contains(err.Error(), "300ms") {
		t.Errorf("too slow: %v", err)
	}
	stopped := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(t.Context())
	c = take(t, pool(t, "child-echo", 0))
	cancel(stopped)
	if _, err := c.Run(ctx, Request{Net: "slow", In: table}); !errors.Is(err, stopped) || errors.Is(err, ErrFailed) {
		t.Errorf("cancelled: %v, want the context's cause", err)
	}
	if !c.dead {
		t.Error("a child whose answer nobody waits for goes on")
	}
}

func TestChildOfAnotherKind(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"child-rude", "child-mute"} {
		if _, err := pool(t, kind, 300*time.Millisecond).Take(t.Context()); !errors.Is(err, ErrFailed) {
			t.Errorf("%s: %v, want ErrFailed", kind, err)
		}
	}
	if _, err := (&Pool{Program: "/nowhere/truckflow-ocr"}).Take(t.Context()); !errors.Is(err, ErrFailed) {
		t.Errorf("no program: %v, want ErrFailed", err)
	}
}

func TestCloseEndsChildren(t *testing.T) {
	t.Parallel()
	p := pool(t, "child-echo", 0)
	idle, busy := take(t, p), take(t, p)
	p.Give(idle)
	p.Close()
	p.Give(busy)
	if !idle.dead || !busy.dead {
		t.Errorf("after closing: idle ended %v, given back ended %v", idle.dead, busy.dead)
	}
	if _, err := p.Take(t.Context()); !errors.Is(err, ErrFailed) {
		t.Errorf("taken from a closed pool: %v", err)
	}
	p = pool(t, "child-echo", 0)
	c := take(t, p)
	p.Give(c)
	p.retire(c)
	if !c.dead || len(p.idle) != 0 {
		t.Error("a child that was idle long enough goes on")
	}
}

func TestHostileTensors(t *testing.T) {
	t.Parallel()
	for _, data := range []string{
		"\x00\x00\x00\x00\x09\x00\x00\x00",                                 // nine dimensions
		"\x00\x00\x00\x00\x01\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00", // 4 billion numbers
		"\xff\xff\xff\xff", // a text of 4 GB
	} {
		err := Serve(strings.NewReader("\x00\x00\x00\x00"+data), io.Discard, func(string, Tensor, func(Tensor) error) error { return nil })
		if !errors.Is(err, errWire) {
			t.Errorf("%q: %v, want errWire", data, err)
		}
	}
}
