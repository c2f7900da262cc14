// Package anthropicllm speaks Anthropic's messages interface. An answer of a
// schema is asked for as the argument of a tool that the model must use.
//
// It is a client of its own because the official one is 5.5 MB of the program.
package anthropicllm

import (
	"context"
	"encoding/json"
	"io"
	"net/url"
	"strings"

	"truckflow/internal/platform/llm"
	"truckflow/internal/platform/llm/wire"
)

// Settings are what New needs.
type Settings struct {
	URL    string // https://api.anthropic.com
	Key    string
	Inside bool // see wire.Inside
}

// Engine is an llm.Engine.
type Engine struct{ c *wire.Client }

// New returns the engine; nothing is asked yet.
func New(s Settings) *Engine {
	return &Engine{c: wire.New(s.URL, map[string]string{"x-api-key": s.Key, "anthropic-version": "2023-06-01"}, s.Inside)}
}

// answerTool is the tool whose argument is the answer when a schema is given.
const answerTool = "answer"

type block struct {
	Type      string          `json:"type"`
	Text      string          `json:"text,omitempty"`
	Source    *source         `json:"source,omitempty"`
	ID        string          `json:"id,omitempty"`
	Name      string          `json:"name,omitempty"`
	Input     json.RawMessage `json:"input,omitempty"`
	ToolUseID string          `json:"tool_use_id,omitempty"`
	Content   string          `json:"content,omitempty"`
}

type source struct {
	Type      string `json:"type"`
	MediaType string `json:"media_type"`
	Data      []byte `json:"data"`
}

type message struct {
	Role    string  `json:"role"`
	Content []block `json:"content"`
}

type tool struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Schema      json.RawMessage `json:"input_schema"`
}

type request struct {
	Model       string            `json:"model"`
	MaxTokens   int               `json:"max_tokens"`
	System      string            `json:"system,omitempty"`
	Messages    []message         `json:"messages"`
	Tools       []tool            `json:"tools,omitempty"`
	Choice      map[string]string `json:"tool_choice,omitempty"`
	Stream      bool              `json:"stream"`
	Temperature float64           `json:"temperature"`
}

type event struct {
	Type    string `json:"type"`
	Index   int    `json:"index"`
	Message struct {
		Usage usage `json:"usage"`
	} `json:"message"`
	Block block `json:"content_block"`
	Delta struct {
		Type    string `json:"type"`
		Text    string `json:"text"`
		Partial string `json:"partial_json"`
		Stop    string `json:"stop_reason"`
	} `json:"delta"`
	Usage usage `json:"usage"`
	Error struct {
		Type string `json:"type"`
	} `json:"error"`
}

type usage struct {
	In  int `json:"input_tokens"`
	Out int `json:"output_tokens"`
}

func newRequest(q llm.Ask) request {
	r := request{Model: q.Model, MaxTokens: q.MaxTokens, System: q.System, Stream: true}
	for _, m := range q.Messages {
		role, blocks := blocksOf(m)
		if n := len(r.Messages); n > 0 && r.Messages[n-1].Role == role {
			r.Messages[n-1].Content = append(r.Messages[n-1].Content, blocks...) // turns must alternate
			continue
		}
		r.Messages = append(r.Messages, message{role, blocks})
	}
	for _, t := range q.Tools {
		r.Tools = append(r.Tools, tool{t.Name, t.About, t.Schema})
	}
	if len(q.Schema) > 0 {
		r.Tools = append(r.Tools, tool{answerTool, "Give your answer.", q.Schema})
		r.Choice = map[string]string{"type": "any"}
		if len(q.Tools) == 0 {
			r.Choice = map[string]string{"type": "tool", "name": answerTool}
		}
	}
	return r
}

func blocksOf(m llm.Message) (role string, bs []block) {
	if m.Role == llm.ToolSaid {
		return "user", []block{{Type: "tool_result", ToolUseID: m.CallID, Content: m.Text}}
	}
	for _, i := range m.Images {
		bs = append(bs, block{Type: "image", Source: &source{"base64", i.ContentType, i.Data}})
	}
	if m.Text != "" {
		bs = append(bs, block{Type: "text", Text: m.Text})
	}
	for _, c := range m.Calls {
		bs = append(bs, block{Type: "tool_use", ID: c.ID, Name: c.Name, Input: c.Args})
	}
	return string(m.Role), bs
}

// Ask implements llm.Engine.
func (e *Engine) Ask(ctx context.Context, q llm.Ask, emit func(string) error) (llm.Reply, error) {
	body, err := e.c.Post(ctx, "/v1/messages", newRequest(q))
	if err != nil {
		return llm.Reply{}, err
	}
	defer body.Close()
	x := &reading{schema: len(q.Schema) > 0, emit: emit, args: map[int]*strings.Builder{}, blocks: map[int]block{}}
	if err := wire.Events(ctx, body, x.hear); err != nil {
		return x.reply, err
	}
	return x.finish()
}

// reading is an answer as it comes, block by block.
type reading struct {
	schema bool
	emit   func(string) error
	reply  llm.Reply
	text   strings.Builder
	blocks map[int]block
	args   map[int]*strings.Builder
	order  []int
	stop   string
}

func (x *reading) hear(data []byte) (stop bool, err error) {
	var v event
	if err := wire.Decode(data, &v); err != nil {
		return true, err
	}
	switch v.Type {
	case "message_start":
		x.reply.Usage.In, x.reply.Usage.Out = v.Message.Usage.In, v.Message.Usage.Out
	case "content_block_start":
		x.blocks[v.Index], x.args[v.Index] = v.Block, &strings.Builder{}
		x.order = append(x.order, v.Index)
	case "content_block_delta":
		return false, x.delta(v)
	case "message_delta":
		x.stop = v.Delta.Stop
		x.reply.Usage.Out = max(x.reply.Usage.Out, v.Usage.Out)
	case "message_stop":
		return true, nil
	case "error":
		t := llm.Broken
		if v.Error.Type == "overloaded_error" || v.Error.Type == "rate_limit_error" {
			t = llm.Busy
		}
		return true, &llm.Failure{Trouble: t, Detail: v.Error.Type}
	}
	return false, nil
}

func (x *reading) delta(v event) error {
	switch v.Delta.Type {
	case "text_delta":
		x.text.WriteString(v.Delta.Text)
		return x.emit(v.Delta.Text)
	case "input_json_delta":
		b := x.args[v.Index]
		if b == nil {
			return &llm.Failure{Trouble: llm.Malformed, Detail: "a block without a beginning"}
		}
		b.WriteString(v.Delta.Partial)
		if x.schema && x.blocks[v.Index].Name == answerTool {
			return x.emit(v.Delta.Partial)
		}
		return x.emit("")
	}
	return nil
}

func (x *reading) finish() (llm.Reply, error) {
	switch x.stop {
	case "":
		return x.reply, &llm.Failure{Trouble: llm.BrokenOff}
	case "max_tokens":
		return x.reply, &llm.Failure{Trouble: llm.CutOff}
	case "refusal":
		return x.reply, &llm.Failure{Trouble: llm.Rejected, Detail: "it refused"}
	}
	x.reply.Text = x.text.String()
	for _, i := range x.order {
		b := x.blocks[i]
		if b.Type != "tool_use" {
			continue
		}
		args := x.args[i].String()
		if args == "" {
			args = "{}"
		}
		if !json.Valid([]byte(args)) {
			return x.reply, &llm.Failure{Trouble: llm.Malformed, Detail: "a tool's arguments are no JSON"}
		}
		if x.schema && b.Name == answerTool {
			x.reply.Text = args
			continue
		}
		x.reply.Calls = append(x.reply.Calls, llm.ToolCall{ID: b.ID, Name: b.Name, Args: json.RawMessage(args)})
	}
	return x.reply, nil
}

// Probe implements llm.Engine: whether the model is there.
func (e *Engine) Probe(ctx context.Context, model string) (can llm.Can, err error) {
	body, err := e.c.Get(ctx, "/v1/models/"+url.PathEscape(model))
	if err != nil {
		return can, err
	}
	defer body.Close()
	if _, err := io.Copy(io.Discard, body); err != nil {
		return can, wire.Lost(ctx, err, llm.BrokenOff)
	}
	return llm.Can{JSON: true, Tools: true, Vision: true}, nil
}

// Warm implements llm.Engine; the models are loaded.
func (e *Engine) Warm(context.Context, string) error { return nil }
