package stub

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

type obj = map[string]any

// content is a message's text, given as a string or as parts.
func content(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var parts []struct {
		Type, Text, Content string
		Input               json.RawMessage
	}
	_ = json.Unmarshal(raw, &parts)
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Text + p.Content + string(p.Input) + "\n")
	}
	return b.String()
}

type turn struct {
	Role    string
	Content json.RawMessage
	Images  [][]byte // ollama's
}

// pictures are those of a message, in whichever interface's words.
func pictures(turns []turn) (out [][]byte) {
	for _, t := range turns {
		out = append(out, t.Images...)
		var parts []struct {
			Image struct {
				URL string `json:"url"`
			} `json:"image_url"`
			Source struct{ Data []byte }
		}
		if json.Unmarshal(t.Content, &parts) != nil {
			continue // a string
		}
		for _, p := range parts {
			if _, data, ok := strings.Cut(p.Image.URL, ";base64,"); ok {
				b, _ := base64.StdEncoding.DecodeString(data)
				out = append(out, b)
			}
			if len(p.Source.Data) > 0 {
				out = append(out, p.Source.Data)
			}
		}
	}
	return out
}

func texts(turns []turn) string {
	var b strings.Builder
	for _, t := range turns {
		b.WriteString(content(t.Content) + "\n")
	}
	return b.String()
}

type function struct{ Function struct{ Name string } }

func names(fs []function) (out []string) {
	for _, f := range fs {
		out = append(out, f.Function.Name)
	}
	return out
}

// ollama is Ollama's native interface: newline-delimited JSON.
type ollama struct{ model string }

func (o *ollama) read(_ *http.Request, body []byte) (q Question, status int, err string) {
	var x struct {
		Model    string
		Messages []turn
		Format   json.RawMessage
		Tools    []function
	}
	if json.Unmarshal(body, &x) != nil || x.Model == "" {
		return q, http.StatusBadRequest, "invalid request"
	}
	o.model = x.Model
	return Question{API: "ollama", Model: x.Model, Text: texts(x.Messages), Schema: x.Format, Tools: names(x.Tools), Images: pictures(x.Messages)}, 0, ""
}

func (*ollama) fail(w http.ResponseWriter, status int, err string) {
	w.WriteHeader(status)
	write(w, obj{"error": err})
}

func (*ollama) begin(io.Writer, int) {}

func (o *ollama) word(w io.Writer, text string) {
	write(w, obj{"model": o.model, "message": obj{"role": "assistant", "content": text}, "done": false})
}

func (o *ollama) call(w io.Writer, tool, args string) {
	write(w, obj{"model": o.model, "done": false, "message": obj{"role": "assistant", "content": "",
		"tool_calls": []obj{{"function": obj{"name": tool, "arguments": json.RawMessage(args)}}}}})
}

func (o *ollama) end(w io.Writer, in, out int, first, rest time.Duration) {
	write(w, obj{"model": o.model, "message": obj{"role": "assistant", "content": ""}, "done": true, "done_reason": "stop", "total_duration": first + rest,
		"load_duration": 0, "prompt_eval_count": in, "prompt_eval_duration": max(first, 1), "eval_count": out, "eval_duration": max(rest, 1)})
}

// event writes a server-sent event.
func event(w io.Writer, name string, v any) {
	b, _ := json.Marshal(v)
	if name != "" {
		fmt.Fprintf(w, "event: %s\n", name)
	}
	fmt.Fprintf(w, "data: %s\n\n", b)
}

// openAI is chat completions, streamed.
type openAI struct{ stop string }

func (o *openAI) read(_ *http.Request, body []byte) (q Question, status int, err string) {
	var x struct {
		Model    string
		Messages []turn
		Stream   bool
		Tools    []function
		Format   struct {
			Schema struct{ Schema json.RawMessage } `json:"json_schema"`
		} `json:"response_format"`
	}
	if json.Unmarshal(body, &x) != nil || x.Model == "" || len(x.Messages) == 0 || !x.Stream {
		return q, http.StatusBadRequest, "invalid_request_error"
	}
	o.stop = "stop"
	return Question{API: "openai", Model: x.Model, Text: texts(x.Messages), Schema: x.Format.Schema.Schema, Tools: names(x.Tools), Images: pictures(x.Messages)}, 0, ""
}

func (*openAI) fail(w http.ResponseWriter, status int, err string) {
	w.WriteHeader(status)
	write(w, obj{"error": obj{"type": err, "message": "refused"}})
}

func (*openAI) chunk(w io.Writer, delta obj, finish any) {
	event(w, "", obj{"object": "chat.completion.chunk", "choices": []obj{{"index": 0, "delta": delta, "finish_reason": finish}}})
}

func (o *openAI) begin(w io.Writer, _ int) { o.chunk(w, obj{"role": "assistant", "content": ""}, nil) }

func (o *openAI) word(w io.Writer, text string) { o.chunk(w, obj{"content": text}, nil) }

func (o *openAI) call(w io.Writer, tool, args string) {
	o.stop = "tool_calls"
	half := len(args) / 2
	o.chunk(w, obj{"tool_calls": []obj{{"index": 0, "id": "call_abc", "type": "function", "function": obj{"name": tool, "arguments": args[:half]}}}}, nil)
	o.chunk(w, obj{"tool_calls": []obj{{"index": 0, "function": obj{"arguments": args[half:]}}}}, nil)
}

func (o *openAI) end(w io.Writer, in, out int, _, _ time.Duration) {
	o.chunk(w, obj{}, o.stop)
	event(w, "", obj{"object": "chat.completion.chunk", "choices": []obj{}, "usage": obj{"prompt_tokens": in, "completion_tokens": out}})
	_, _ = io.WriteString(w, "data: [DONE]\n\n")
}

// anthropic is the messages interface, streamed.
type anthropic struct {
	answer bool // a schema was given: the text is the answer tool's argument
	open   bool // a text block is open
	next   int
	stop   string
}

func (a *anthropic) read(r *http.Request, body []byte) (q Question, status int, err string) {
	var x struct {
		Model     string
		System    string
		MaxTokens int `json:"max_tokens"`
		Messages  []turn
		Tools     []struct {
			Name   string
			Schema json.RawMessage `json:"input_schema"`
		}
		Choice struct{ Type, Name string } `json:"tool_choice"`
	}
	if json.Unmarshal(body, &x) != nil || x.Model == "" || x.MaxTokens == 0 || len(x.Messages) == 0 || r.Header.Get("anthropic-version") == "" {
		return q, http.StatusBadRequest, "invalid_request_error"
	}
	for i, m := range x.Messages {
		if want := []string{"user", "assistant"}[i%2]; m.Role != want {
			return q, http.StatusBadRequest, "invalid_request_error" // turns must alternate
		}
	}
	q = Question{API: "anthropic", Model: x.Model, Text: x.System + "\n" + texts(x.Messages), Images: pictures(x.Messages)}
	for _, t := range x.Tools {
		if t.Name == x.Choice.Name {
			q.Schema, a.answer = t.Schema, true
			continue
		}
		q.Tools = append(q.Tools, t.Name)
	}
	a.stop = "end_turn"
	return q, 0, ""
}

func (*anthropic) fail(w http.ResponseWriter, status int, err string) {
	w.WriteHeader(status)
	write(w, obj{"type": "error", "error": obj{"type": err, "message": "refused"}})
}

func (*anthropic) begin(w io.Writer, in int) {
	event(w, "message_start", obj{"type": "message_start", "message": obj{"role": "assistant", "usage": obj{"input_tokens": in, "output_tokens": 1}}})
	event(w, "ping", obj{"type": "ping"})
}

func (a *anthropic) word(w io.Writer, text string) {
	delta := obj{"type": "text_delta", "text": text}
	block := obj{"type": "text", "text": ""}
	if a.answer {
		delta, block = obj{"type": "input_json_delta", "partial_json": text}, obj{"type": "tool_use", "id": "toolu_answer", "name": "answer", "input": obj{}}
		a.stop = "tool_use"
	}
	if !a.open {
		a.open = true
		event(w, "content_block_start", obj{"type": "content_block_start", "index": a.next, "content_block": block})
	}
	event(w, "content_block_delta", obj{"type": "content_block_delta", "index": a.next, "delta": delta})
}

func (a *anthropic) close(w io.Writer) {
	if a.open {
		event(w, "content_block_stop", obj{"type": "content_block_stop", "index": a.next})
		a.open = false
		a.next++
	}
}

func (a *anthropic) call(w io.Writer, tool, args string) {
	a.close(w)
	a.stop = "tool_use"
	event(w, "content_block_start", obj{"type": "content_block_start", "index": a.next, "content_block": obj{"type": "tool_use", "id": "toolu_abc", "name": tool, "input": obj{}}})
	half := len(args) / 2
	for _, part := range []string{args[:half], args[half:]} {
		event(w, "content_block_delta", obj{"type": "content_block_delta", "index": a.next, "delta": obj{"type": "input_json_delta", "partial_json": part}})
	}
	a.open = true
}

func (a *anthropic) end(w io.Writer, _, out int, _, _ time.Duration) {
	a.close(w)
	event(w, "message_delta", obj{"type": "message_delta", "delta": obj{"stop_reason": a.stop}, "usage": obj{"output_tokens": out}})
	event(w, "message_stop", obj{"type": "message_stop"})
}
