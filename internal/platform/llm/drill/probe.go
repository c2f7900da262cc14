package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"truckflow/internal/platform/llm"
)

// Measured is what a probe found of one model.
type Measured struct {
	Engine  string   `json:"engine"`
	Model   string   `json:"model"`
	Outside bool     `json:"outside"`
	Trouble string   `json:"trouble,omitempty"` // why nothing more could be measured
	Says    llm.Can  `json:"says"`              // what the engine says the model can do
	JSON    bool     `json:"json"`              // an answer of a schema was one
	Tools   bool     `json:"tools"`             // a question for a tool was answered by calling it
	One     Load     `json:"one"`
	Four    Load     `json:"four"`
	Advice  []string `json:"advice"`
}

// Load is how a model does with so many callers.
type Load struct {
	Callers   int           `json:"callers"`
	First     time.Duration `json:"first_ns"` // the median first token
	FirstMax  time.Duration `json:"first_max_ns"`
	PerSecond float64       `json:"tokens_per_second"` // of all callers together
}

const (
	probeTokens  = 64
	probeTurns   = 3
	probeWithin  = 2 * time.Minute // a large model is loaded first
	probePromise = 200 * time.Millisecond
)

// probePrompt is about 500 tokens, as a copilot's question with its records is.
var probePrompt = "Write one sentence about trucks. " + strings.Repeat("Load 4711 picks up in Joliet, Illinois, on Monday morning and delivers in Dallas, Texas, on Wednesday. ", 18)

// Probe measures one model, past the gateway: what it can do, and how quickly it
// answers one caller and four.
func Probe(ctx context.Context, s llm.EngineSettings, model string) Measured {
	m := Measured{Engine: s.Name, Model: model, Outside: s.Outside}
	if err := m.measure(ctx, s.Engine, model); err != nil {
		m.Trouble = err.Error()
		return m
	}
	m.Advice = m.advise(s.Slots)
	return m
}

func (m *Measured) measure(ctx context.Context, e llm.Engine, model string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	if m.Says, err = e.Probe(ctx, model); err != nil {
		return err
	}
	if err := e.Warm(ctx, model); err != nil {
		return err
	}
	m.JSON = answersJSON(ctx, e, model)
	m.Tools = m.Says.Tools && callsTool(ctx, e, model)
	if m.One, err = load(ctx, e, model, 1); err != nil {
		return err
	}
	m.Four, err = load(ctx, e, model, 4)
	return err
}

func silent(string) error { return nil }

func answersJSON(ctx context.Context, e llm.Engine, model string) bool {
	r, err := e.Ask(ctx, llm.Ask{Model: model, MaxTokens: 512, Schema: json.RawMessage(`{"type":"object","properties":{"city":{"type":"string","enum":["Joliet","Dallas"]},"found":{"type":"boolean"}},"required":["city","found"],"additionalProperties":false}`),
		Messages: []llm.Message{{Role: llm.User, Text: "Where does this load pick up? Load 4711 picks up in Joliet."}}}, silent)
	var x struct {
		City  *string
		Found *bool
	}
	return err == nil && json.Unmarshal([]byte(r.Text), &x) == nil && x.City != nil && x.Found != nil
}

func callsTool(ctx context.Context, e llm.Engine, model string) bool {
	r, err := e.Ask(ctx, llm.Ask{Model: model, MaxTokens: 256, System: "Use the tools for every figure.", Messages: []llm.Message{{Role: llm.User, Text: "What does Acme owe us?"}},
		Tools: []llm.Tool{{Name: "owed", About: "What a customer owes", Schema: json.RawMessage(`{"type":"object","properties":{"customer":{"type":"string"}},"required":["customer"]}`)}}}, silent)
	return err == nil && len(r.Calls) > 0 && r.Calls[0].Name == "owed"
}

// load asks a few times with so many callers side by side.
func load(ctx context.Context, e llm.Engine, model string, callers int) (l Load, err error) {
	l.Callers = callers
	var mu sync.Mutex
	var firsts []time.Duration
	tokens := 0
	began := time.Now()
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for turn := range probeTurns {
				asked, first := time.Now(), time.Duration(0)
				q := llm.Ask{Model: model, MaxTokens: probeTokens, Messages: []llm.Message{{Role: llm.User, Text: fmt.Sprintf("Question %d of %d. ", turn, c) + probePrompt}}}
				pieces := 0
				r, e := e.Ask(ctx, q, func(string) error {
					if pieces++; first == 0 {
						first = time.Since(asked)
					}
					return nil
				})
				mu.Lock()
				if f := cutOff(e); e != nil && !f {
					err = e
				}
				firsts = append(firsts, first)
				tokens += max(r.Usage.Out, pieces)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(firsts)
	l.First, l.FirstMax = firsts[len(firsts)/2], firsts[len(firsts)-1]
	l.PerSecond = float64(tokens) / time.Since(began).Seconds()
	return l, err
}

// cutOff reports an answer that reached the limit of its tokens: here that is
// what was asked for.
func cutOff(err error) bool {
	f, ok := err.(*llm.Failure)
	return ok && f.Trouble == llm.CutOff
}

func (m *Measured) advise(slots int) (out []string) {
	if m.One.First <= probePromise {
		out = append(out, "the first word comes within 200 ms for one caller")
	} else {
		out = append(out, fmt.Sprintf("the first word takes %s for one caller: a smaller model, a faster card, or a promise of it less strict", m.One.First.Round(time.Millisecond)))
	}
	gain := m.Four.PerSecond / max(m.One.PerSecond, 0.001)
	switch {
	case gain > 1.5 && slots < 4:
		out = append(out, fmt.Sprintf("four callers together get %.1f times the tokens of one: give it more places (TRUCKFLOW_AI_SLOTS, and OLLAMA_NUM_PARALLEL for Ollama)", gain))
	case gain <= 1.5 && slots > 1 && !m.Outside:
		out = append(out, fmt.Sprintf("four callers together get %.1f times the tokens of one: one place keeps each answer quicker (TRUCKFLOW_AI_SLOTS=%s=1)", gain, m.Engine))
	}
	if !m.JSON {
		out = append(out, "it does not keep to a JSON schema: not for documents")
	}
	if !m.Tools {
		out = append(out, "it called no tool: not for the copilot")
	}
	return out
}
