// Package llmtest holds every llm.Engine to the same behaviour, against a stub
// of its server or the real one.
package llmtest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"truckflow/internal/platform/llm"
	"truckflow/internal/platform/llm/stub"
)

// Schema is the schema of the suite's structured answers.
const Schema = `{"type":"object","properties":{"kind":{"type":"string","enum":["van","reefer","flatbed"]},"found":{"type":"boolean"}},"required":["kind","found"],"additionalProperties":false}`

const limit = 3 * time.Minute // a test that waits longer has failed

func ask(model string) llm.Ask {
	return llm.Ask{Model: model, System: "Answer shortly.", Messages: []llm.Message{{Role: llm.User, Text: "Load 4711 picks up in Joliet."}}, MaxTokens: 64}
}

// Run tests an engine behind a stub. open returns the engine that speaks to a URL.
func Run(t *testing.T, open func(url string) llm.Engine) {
	serve := func(t *testing.T, s stub.Settings) (*stub.Server, llm.Engine) {
		t.Helper()
		s.Models = []string{"m"}
		v, err := stub.Start(s)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(v.Close)
		return v, open(v.URL)
	}
	t.Run("whole", func(t *testing.T) {
		_, e := serve(t, stub.Settings{Words: 7})
		Whole(t, e, "m", "word word word word word word word")
	})
	t.Run("schema", func(t *testing.T) {
		_, e := serve(t, stub.Settings{})
		Structured(t, e, "m")
	})
	t.Run("tools", func(t *testing.T) { tools(t, serve) })
	t.Run("probe", func(t *testing.T) {
		_, e := serve(t, stub.Settings{})
		can, err := e.Probe(t.Context(), "m")
		if err != nil || !can.JSON || !can.Tools || can.Outside {
			t.Errorf("%+v, %v", can, err)
		}
		if err := e.Warm(t.Context(), "m"); err != nil {
			t.Error(err)
		}
		if _, err := e.Probe(t.Context(), "other"); trouble(err) != llm.Missing {
			t.Errorf("a model that is not there: %v", err)
		}
	})
	t.Run("cancel", func(t *testing.T) {
		v, e := serve(t, stub.Settings{})
		v.Become(stub.Hang)
		Cancelled(t, e, "m")
	})
	t.Run("caller stops", func(t *testing.T) {
		_, e := serve(t, stub.Settings{Words: 50})
		stop := errors.New("enough")
		if _, err := e.Ask(t.Context(), ask("m"), func(string) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("%v, want the caller's error", err)
		}
	})
	for mode, want := range map[stub.Mode]llm.Trouble{stub.Limit: llm.Busy, stub.Loading: llm.Busy, stub.Broken: llm.Broken, stub.Malformed: llm.Malformed,
		stub.Half: llm.BrokenOff, stub.NoKey: llm.NoKey} {
		t.Run(string(mode), func(t *testing.T) {
			v, e := serve(t, stub.Settings{Words: 9})
			v.Become(mode)
			_, err := e.Ask(t.Context(), ask("m"), func(string) error { return nil })
			if trouble(err) != want {
				t.Errorf("%v, want %s", err, want)
			}
			if n := len(v.Seen()); n != 1 {
				t.Errorf("asked %d times, want once: a retry breaks the deadline", n)
			}
			if mode == stub.Limit && !errorAfter(err, time.Second) {
				t.Errorf("%v does not say when to come again", err)
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		v, e := serve(t, stub.Settings{})
		v.Close()
		if _, err := e.Ask(t.Context(), ask("m"), func(string) error { return nil }); trouble(err) != llm.Unreachable {
			t.Errorf("%v, want unreachable", err)
		}
	})
}

// Whole asks for an answer in words; without a wanted one it may reach its limit
// of tokens, as a model of random weights does.
func Whole(t *testing.T, e llm.Engine, model, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	var streamed strings.Builder
	r, err := e.Ask(ctx, ask(model), func(s string) error { streamed.WriteString(s); return nil })
	if err != nil && (want != "" || trouble(err) != llm.CutOff) {
		t.Fatal(err)
	}
	if r.Text == "" || r.Text != streamed.String() || want != "" && r.Text != want || r.Usage.In == 0 || r.Usage.Out == 0 {
		t.Errorf("%+v, streamed %q, want %q", r, streamed.String(), want)
	}
}

// Structured asks for an answer of a schema.
func Structured(t *testing.T, e llm.Engine, model string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	q := ask(model)
	q.Schema, q.MaxTokens = json.RawMessage(Schema), 512
	r, err := e.Ask(ctx, q, func(string) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	var x struct {
		Kind  string
		Found *bool
	}
	if err := json.Unmarshal([]byte(r.Text), &x); err != nil || !slices.Contains([]string{"van", "reefer", "flatbed"}, x.Kind) || x.Found == nil || len(r.Calls) != 0 {
		t.Errorf("%q is not of the schema: %v", r.Text, err)
	}
}

// Cancelled hangs up and expects the engine back at once.
func Cancelled(t *testing.T, e llm.Engine, model string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := e.Ask(ctx, ask(model), func(string) error { return nil })
		done <- err
	}()
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want the context's error", err)
		}
	case <-time.After(limit):
		t.Fatal("still asks after the caller left")
	}
}

// tools has a model call one, answers it, and looks at what the server was told.
func tools(t *testing.T, serve func(*testing.T, stub.Settings) (*stub.Server, llm.Engine)) {
	v, e := serve(t, stub.Settings{Say: func(q stub.Question) stub.Reply {
		if strings.Contains(q.Text, "Owed: 4,500") && strings.Contains(q.Text, "Late: two") {
			return stub.Reply{Text: "Acme owes 4,500."}
		}
		return stub.Reply{Text: "Let me look.", Tool: "owed", Args: `{"customer":"Acme","days":45}`}
	}})
	q := ask("m")
	q.Tools = []llm.Tool{{Name: "owed", About: "what a customer owes", Schema: json.RawMessage(`{"type":"object","properties":{"customer":{"type":"string"},"days":{"type":"integer"}}}`)}}
	r, err := e.Ask(t.Context(), q, func(string) error { return nil })
	if err != nil || len(r.Calls) != 1 || r.Calls[0].Name != "owed" || r.Calls[0].ID == "" {
		t.Fatalf("%+v, %v", r, err)
	}
	var args struct {
		Customer string
		Days     int
	}
	if err := json.Unmarshal(r.Calls[0].Args, &args); err != nil || args.Customer != "Acme" || args.Days != 45 {
		t.Errorf("arguments %s, %v", r.Calls[0].Args, err)
	}
	second := llm.ToolCall{ID: "call_2", Name: "late", Args: json.RawMessage(`{}`)}
	q.Messages = append(q.Messages, llm.Message{Role: llm.Assistant, Text: r.Text, Calls: append(r.Calls, second)},
		llm.Message{Role: llm.ToolSaid, CallID: r.Calls[0].ID, Tool: "owed", Text: "Owed: 4,500"},
		llm.Message{Role: llm.ToolSaid, CallID: "call_2", Tool: "late", Text: "Late: two"})
	r, err = e.Ask(t.Context(), q, func(string) error { return nil })
	if err != nil || r.Text != "Acme owes 4,500." || len(r.Calls) != 0 {
		t.Errorf("after the tools' answers: %+v, %v", r, err)
	}
	if seen := v.Seen(); len(seen) != 2 || len(seen[0].Tools) != 1 || seen[0].Tools[0] != "owed" {
		t.Errorf("the server saw %+v", seen)
	}
}

func trouble(err error) llm.Trouble {
	var f *llm.Failure
	if errors.As(err, &f) {
		return f.Trouble
	}
	return ""
}

func errorAfter(err error, want time.Duration) bool {
	var f *llm.Failure
	return errors.As(err, &f) && f.After == want
}
