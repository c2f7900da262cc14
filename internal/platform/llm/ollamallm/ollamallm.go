// Package ollamallm speaks to Ollama by its own interface (/api), which, unlike
// the one it shares with OpenAI, tells how long loading, reading and writing took,
// constrains an answer to a schema, and keeps a model loaded.
package ollamallm

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"truckflow/internal/platform/llm"
	"truckflow/internal/platform/llm/wire"
)

// Settings are what New needs.
type Settings struct {
	URL    string
	Inside bool // see wire.Inside
	// Context is how many tokens a model is loaded for. Ollama cuts off what is
	// longer without a word, and loads a model anew when it is asked for another length.
	Context   int
	KeepAlive time.Duration // a model stays loaded so long after its last call; 0: 30 minutes
}

// Engine is an llm.Engine.
type Engine struct {
	s Settings
	c *wire.Client
}

// New returns the engine; nothing is asked yet.
func New(s Settings) *Engine {
	if s.KeepAlive == 0 {
		s.KeepAlive = 30 * time.Minute
	}
	return &Engine{s: s, c: wire.New(s.URL, nil, s.Inside)}
}

type message struct {
	Role     string     `json:"role"`
	Content  string     `json:"content"`
	Images   [][]byte   `json:"images,omitempty"`
	Calls    []toolCall `json:"tool_calls,omitempty"`
	ToolName string     `json:"tool_name,omitempty"`
}

type toolCall struct {
	Function struct {
		Name string          `json:"name"`
		Args json.RawMessage `json:"arguments"`
	} `json:"function"`
}

type tool struct {
	Type     string   `json:"type"`
	Function function `json:"function"`
}

type function struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Parameters  json.RawMessage `json:"parameters"`
}

type request struct {
	Model     string          `json:"model"`
	Messages  []message       `json:"messages"`
	Stream    bool            `json:"stream"`
	Format    json.RawMessage `json:"format,omitempty"`
	Tools     []tool          `json:"tools,omitempty"`
	Think     bool            `json:"think"` // false: thinking aloud costs seconds before the first word
	KeepAlive string          `json:"keep_alive"`
	Options   options         `json:"options"`
}

type options struct {
	Context     int     `json:"num_ctx,omitempty"`
	Predict     int     `json:"num_predict,omitempty"`
	Temperature float64 `json:"temperature"`
}

type chunk struct {
	Message    message       `json:"message"`
	Done       bool          `json:"done"`
	DoneReason string        `json:"done_reason"`
	Error      string        `json:"error"`
	Load       time.Duration `json:"load_duration"` // nanoseconds, as all of them
	In         int           `json:"prompt_eval_count"`
	Prefill    time.Duration `json:"prompt_eval_duration"`
	Out        int           `json:"eval_count"`
	Decode     time.Duration `json:"eval_duration"`
}

func (e *Engine) request(q llm.Ask) request {
	r := request{Model: q.Model, Stream: true, Format: q.Schema, KeepAlive: e.s.KeepAlive.String(), Options: options{Context: e.s.Context, Predict: q.MaxTokens}}
	if q.System != "" {
		r.Messages = append(r.Messages, message{Role: "system", Content: q.System})
	}
	for _, m := range q.Messages {
		w := message{Role: string(m.Role), Content: m.Text, ToolName: m.Tool}
		for _, i := range m.Images {
			w.Images = append(w.Images, i.Data)
		}
		for _, c := range m.Calls {
			var t toolCall
			t.Function.Name, t.Function.Args = c.Name, c.Args
			w.Calls = append(w.Calls, t)
		}
		r.Messages = append(r.Messages, w)
	}
	for _, t := range q.Tools {
		r.Tools = append(r.Tools, tool{"function", function{t.Name, t.About, t.Schema}})
	}
	return r
}

// Ask implements llm.Engine.
func (e *Engine) Ask(ctx context.Context, q llm.Ask, emit func(string) error) (r llm.Reply, err error) {
	body, err := e.c.Post(ctx, "/api/chat", e.request(q))
	if err != nil {
		return r, err
	}
	defer body.Close()
	var text strings.Builder
	err = wire.Lines(ctx, body, func(line []byte) (bool, error) {
		var c chunk
		if err := wire.Decode(line, &c); err != nil {
			return true, err
		}
		if c.Error != "" {
			return true, &llm.Failure{Trouble: llm.Broken}
		}
		for _, t := range c.Message.Calls {
			r.Calls = append(r.Calls, llm.ToolCall{ID: fmt.Sprintf("call_%d", len(r.Calls)+1), Name: t.Function.Name, Args: t.Function.Args})
		}
		text.WriteString(c.Message.Content)
		if c.Message.Content != "" || len(c.Message.Calls) > 0 {
			if err := emit(c.Message.Content); err != nil {
				return true, err
			}
		}
		if !c.Done {
			return false, nil
		}
		r.Usage = llm.Usage{In: c.In, Out: c.Out, Load: c.Load, Prefill: c.Prefill, Decode: c.Decode}
		if c.DoneReason == "length" {
			return true, &llm.Failure{Trouble: llm.CutOff}
		}
		return true, nil
	})
	r.Text = text.String()
	return r, err
}

// Probe implements llm.Engine.
func (e *Engine) Probe(ctx context.Context, model string) (can llm.Can, err error) {
	body, err := e.c.Post(ctx, "/api/show", map[string]string{"model": model})
	if err != nil {
		return can, err
	}
	var x struct {
		Capabilities []string `json:"capabilities"`
		RemoteHost   string   `json:"remote_host"`
	}
	if err := wire.Whole(ctx, body, &x); err != nil {
		return can, err
	}
	can = llm.Can{JSON: true, Outside: x.RemoteHost != "" || Cloud(model)}
	for _, c := range x.Capabilities {
		can.Tools = can.Tools || c == "tools"
		can.Vision = can.Vision || c == "vision"
	}
	return can, nil
}

// Cloud reports whether a model's name says that Ollama hands it on to its
// makers' servers.
func Cloud(model string) bool {
	return strings.HasSuffix(model, ":cloud") || strings.HasSuffix(model, "-cloud")
}

// Warm implements llm.Engine: an empty prompt loads the model.
func (e *Engine) Warm(ctx context.Context, model string) error {
	body, err := e.c.Post(ctx, "/api/generate", map[string]any{"model": model, "keep_alive": e.s.KeepAlive.String(), "stream": false,
		"options": map[string]int{"num_ctx": e.s.Context}})
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.Copy(io.Discard, body)
	return err
}
