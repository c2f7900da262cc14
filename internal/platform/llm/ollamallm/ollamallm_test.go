package ollamallm_test

import (
	"context"
	"flag"
	"testing"
	"time"

	"truckflow/internal/platform/llm"
	"truckflow/internal/platform/llm/drill"
	"truckflow/internal/platform/llm/llmtest"
	"truckflow/internal/platform/llm/ollamallm"
)

var realURL = flag.String("ollama", "", "a real Ollama with the model tiny, as make ollama starts it")

func TestEngine(t *testing.T) {
	t.Parallel()
	llmtest.Run(t, func(url string) llm.Engine {
		return ollamallm.New(ollamallm.Settings{URL: url})
	})
}

// TestRealOllama is make ollama's: the suite and the drills that crowd an engine,
// against the real server. Without one named there is nothing to do.
func TestRealOllama(t *testing.T) {
	if *realURL == "" {
		return
	}
	e := ollamallm.New(ollamallm.Settings{URL: *realURL, Inside: true, Context: 4096})
	if can, err := e.Probe(t.Context(), "tiny"); err != nil || !can.JSON || can.Outside {
		t.Fatalf("%+v, %v", can, err)
	}
	if _, err := e.Probe(t.Context(), "nobody"); err == nil {
		t.Error("a model that is not there was found")
	}
	if err := e.Warm(t.Context(), "tiny"); err != nil {
		t.Fatal(err)
	}
	llmtest.Whole(t, e, "tiny", "")
	llmtest.Structured(t, e, "tiny")
	llmtest.Cancelled(t, e, "tiny")
	cancelFrees(t, e)
	began := time.Now()
	llmtest.Structured(t, e, "tiny")
	one := time.Since(began)
	t.Logf("one answer of a schema takes %s; the crowd of forty has ten times that", one.Round(time.Millisecond))
	rs, err := drill.Crowd(t.Context(), e, "tiny", max(10*one, 300*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rs {
		t.Log(r)
		if r.Lost+r.Leaked > 0 || r.Answered+r.Refused != r.Calls {
			t.Errorf("%+v", r)
		}
	}
}

// cancelFrees leaves in the middle of a long answer and measures the next.
func cancelFrees(t *testing.T, e *ollamallm.Engine) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	long := llm.Ask{Model: "tiny", MaxTokens: 4000, Messages: []llm.Message{{Role: llm.User, Text: "Talk."}}}
	if _, err := e.Ask(ctx, long, func(string) error { cancel(); return ctx.Err() }); err == nil {
		t.Error("an answer of 4,000 tokens was whole after one")
	}
	began := time.Now()
	llmtest.Structured(t, e, "tiny")
	t.Logf("after cancelling an answer of 4,000 tokens the next took %s", time.Since(began).Round(time.Millisecond))
}
