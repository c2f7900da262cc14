// Package openaillm speaks OpenAI's chat completions: to OpenAI, and to the many
// servers that speak the same (vLLM, llama.cpp, LM Studio).
//
// It is a client of its own because the official one is 18.6 MB of the program.
package openaillm

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"strings"

	"truckflow/internal/platform/llm"
	"truckflow/internal/platform/llm/wire"
)

// Settings are what New needs.
type Settings struct {
	URL    string // with the version: https://api.openai.com/v1
	Key    string
	Inside bool // see wire.Inside
	// Compatible is another server than OpenAI's own: it knows max_tokens and a
	// temperature, which OpenAI's newer models refuse.
	Compatible bool
	Can        llm.Can // what is believed of its models; the interface does not tell
}

// Engine is an llm.Engine.
type Engine struct {
	s Settings
	c *wire.Client
}

// New returns the engine; nothing is asked yet.
func New(s Settings) *Engine {
	h := map[string]string{}
	if s.Key != "" {
		h["Authorization"] = "Bearer " + s.Key
	}
	return &Engine{s: s, c: wire.New(s.URL, h, s.Inside)}
}

type message struct {
	Role    string     `json:"role"`
	Content any        `json:"content"` // a string, or parts
	Calls   []toolCall `json:"tool_calls,omitempty"`
	CallID  string     `json:"tool_call_id,omitempty"`
}

type part struct {
	Type  string    `json:"type"`
	Text  string    `json:"text,omitempty"`
	Image *imageURL `json:"image_url,omitempty"`
}

type imageURL struct {
	URL string `json:"url"`
}

type toolCall struct {
	Index    int    `json:"index"`
	ID       string `json:"id,omitempty"`
	Type     string `json:"type,omitempty"`
	Function struct {
		Name string `json:"name,omitempty"`
		Args string `json:"arguments"`
	} `json:"function"`
}

type function struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters,omitempty"`
}

type tool struct {
	Type     string   `json:"type"`
	Function function `json:"function"`
}

type format struct {
	Type   string     `json:"type"`
	Schema jsonSchema `json:"json_schema"`
}

type jsonSchema struct {
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"schema"`
	Strict bool            `json:"strict"`
}

type request struct {
	Model         string          `json:"model"`
	Messages      []message       `json:"messages"`
	Stream        bool            `json:"stream"`
	StreamOptions map[string]bool `json:"stream_options"`
	Format        *format         `json:"response_format,omitempty"`
	Tools         []tool          `json:"tools,omitempty"`
	MaxTokens     int             `json:"max_tokens,omitempty"`
	MaxCompletion int             `json:"max_completion_tokens,omitempty"`
	Temperature   *float64        `json:"temperature,omitempty"`
}

type chunk struct {
	Choices []struct {
		Delta struct {
			Content string     `json:"content"`
			Calls   []toolCall `json:"tool_calls"`
		} `json:"delta"`
		Finish string `json:"finish_reason"`
	} `json:"choices"`
	Usage *struct {
		In  int `json:"prompt_tokens"`
		Out int `json:"completion_tokens"`
	} `json:"usage"`
	Error json.RawMessage `json:"error"`
}

func (e *Engine) request(q llm.Ask) request {
	r := request{Model: q.Model, Stream: true, StreamOptions: map[string]bool{"include_usage": true}}
	if e.s.Compatible {
		r.MaxTokens, r.Temperature = q.MaxTokens, new(float64)
	} else {
		r.MaxCompletion = q.MaxTokens
	}
	if len(q.Schema) > 0 {
		r.Format = &format{"json_schema", jsonSchema{"answer", q.Schema, true}}
	}
	if q.System != "" {
		r.Messages = append(r.Messages, message{Role: "system", Content: q.System})
	}
	for _, m := range q.Messages {
		w := message{Role: string(m.Role), Content: m.Text, CallID: m.CallID}
		if len(m.Images) > 0 {
			parts := []part{{Type: "text", Text: m.Text}}
			for _, i := range m.Images {
				parts = append(parts, part{Type: "image_url", Image: &imageURL{"data:" + i.ContentType + ";base64," + base64.StdEncoding.EncodeToString(i.Data)}})
			}
			w.Content = parts
		}
		for i, c := range m.Calls {
			t := toolCall{Index: i, ID: c.ID, Type: "function"}
			t.Function.Name, t.Function.Args = c.Name, string(c.Args)
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
	body, err := e.c.Post(ctx, "/chat/completions", e.request(q))
	if err != nil {
		return r, err
	}
	defer body.Close()
	var text strings.Builder
	var calls []toolCall
	finish := ""
	err = wire.Events(ctx, body, func(data []byte) (bool, error) {
		if string(data) == "[DONE]" {
			return true, nil
		}
		var c chunk
		if err := wire.Decode(data, &c); err != nil {
			return true, err
		}
		if len(c.Error) > 0 && string(c.Error) != "null" {
			return true, &llm.Failure{Trouble: llm.Broken}
		}
		if c.Usage != nil {
			r.Usage = llm.Usage{In: c.Usage.In, Out: c.Usage.Out}
		}
		if len(c.Choices) == 0 {
			return false, nil
		}
		d := c.Choices[0]
		if d.Finish != "" {
			finish = d.Finish
		}
		text.WriteString(d.Delta.Content)
		if calls, err = gather(calls, d.Delta.Calls); err != nil {
			return true, err
		}
		if d.Delta.Content != "" || len(d.Delta.Calls) > 0 {
			return false, emit(d.Delta.Content)
		}
		return false, nil
	})
	r.Text = text.String()
	for _, c := range calls {
		r.Calls = append(r.Calls, llm.ToolCall{ID: c.ID, Name: c.Function.Name, Args: json.RawMessage(c.Function.Args)})
		if err == nil && !json.Valid([]byte(c.Function.Args)) {
			err = &llm.Failure{Trouble: llm.Malformed, Detail: "a tool's arguments are no JSON"}
		}
	}
	return r, verdict(err, finish)
}

// verdict is what the reason to stop says of an answer that ended without error.
// Without one it is not whole.
func verdict(err error, finish string) error {
	switch {
	case err != nil:
		return err
	case finish == "":
		return &llm.Failure{Trouble: llm.BrokenOff}
	case finish == "length":
		return &llm.Failure{Trouble: llm.CutOff}
	case finish == "content_filter":
		return &llm.Failure{Trouble: llm.Rejected, Detail: "its filter stopped it"}
	}
	return nil
}

// gather adds pieces of tool calls to those known: the first names the tool, the
// others continue its arguments.
func gather(calls, pieces []toolCall) ([]toolCall, error) {
	for _, p := range pieces {
		if p.Index < 0 || p.Index > len(calls) {
			return calls, &llm.Failure{Trouble: llm.Malformed, Detail: "tool calls out of order"}
		}
		if p.Index == len(calls) {
			calls = append(calls, p)
			continue
		}
		calls[p.Index].Function.Args += p.Function.Args
	}
	return calls, nil
}

// Probe implements llm.Engine: whether the model is there. No interface says whether
// it can look at pictures; a server of one's own is shown one, which costs nobody money.
func (e *Engine) Probe(ctx context.Context, model string) (can llm.Can, err error) {
	body, err := e.c.Get(ctx, "/models")
	if err != nil {
		return can, err
	}
	var x struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if err := wire.Whole(ctx, body, &x); err != nil {
		return can, err
	}
	for _, m := range x.Data {
		if m.ID == model {
			can = e.s.Can
			if e.s.Compatible && e.s.Inside {
				can.Vision, err = e.sees(ctx, model)
			}
			return can, err
		}
	}
	return can, &llm.Failure{Trouble: llm.Missing}
}

// sees shows a model a picture; one that cannot look refuses the question.
func (e *Engine) sees(ctx context.Context, model string) (bool, error) {
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		return false, err
	}
	_, err := e.Ask(ctx, llm.Ask{Model: model, MaxTokens: 1, Messages: []llm.Message{{Role: llm.User, Text: "Colour?", Images: []llm.Image{{ContentType: "image/png", Data: picture.Bytes()}}}}},
		func(string) error { return nil })
	var f *llm.Failure
	switch {
	case err == nil, errors.As(err, &f) && f.Trouble == llm.CutOff:
		return true, nil
	case f != nil && f.Trouble == llm.Rejected, f != nil && f.Trouble == llm.Broken: // llama.cpp answers 500
		return false, nil
	}
	return false, err
}

// Warm implements llm.Engine; the models are loaded.
func (e *Engine) Warm(context.Context, string) error { return nil }
