package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
)

// The shape of the model: llama's, as small as one can be. Its words are the bytes.
const (
	layers = 2
	width  = 128
	heads  = 4
	hidden = 256
	vocab  = 3 + 256
)

// gguf is a file of the format of that name, version 3: metadata, then where each
// tensor lies, then the tensors, each at a multiple of 32.
type gguf struct {
	meta, info, data bytes.Buffer
	metas, tensors   uint64
	dice             uint64
}

func le(b *bytes.Buffer, vs ...any) {
	for _, v := range vs {
		if s, ok := v.(string); ok {
			le(b, uint64(len(s)))
			b.WriteString(s)
			continue
		}
		_ = binary.Write(b, binary.LittleEndian, v) // into memory
	}
}

// Types of metadata.
const (
	typeUint32  = uint32(4)
	typeInt32   = uint32(5)
	typeFloat32 = uint32(6)
	typeString  = uint32(8)
	typeArray   = uint32(9)
)

func (g *gguf) set(key string, v any) {
	g.metas++
	le(&g.meta, key)
	switch v := v.(type) {
	case int:
		le(&g.meta, typeUint32, uint32(v))
	case float64:
		le(&g.meta, typeFloat32, float32(v))
	case string:
		le(&g.meta, typeString, v)
	case []string:
		le(&g.meta, typeArray, typeString, uint64(len(v)))
		for _, s := range v {
			le(&g.meta, s)
		}
	case []float32:
		le(&g.meta, typeArray, typeFloat32, uint64(len(v)), v)
	case []int32:
		le(&g.meta, typeArray, typeInt32, uint64(len(v)), v)
	}
}

// add puts a tensor of random weights in; one of one dimension is a norm's, all ones.
func (g *gguf) add(name string, shape ...uint64) {
	g.tensors++
	for g.data.Len()%32 != 0 {
		g.data.WriteByte(0)
	}
	le(&g.info, name, uint32(len(shape)), shape, uint32(0), uint64(g.data.Len())) // 0: float32
	n := uint64(1)
	for _, d := range shape {
		n *= d
	}
	w := make([]float32, n)
	for i := range w {
		w[i] = 1
		if len(shape) > 1 {
			w[i] = g.roll() * 0.08
		}
	}
	le(&g.data, w)
}

// roll is nearly normal: twelve even throws (xorshift64) less their mean.
func (g *gguf) roll() (sum float32) {
	for range 12 {
		g.dice ^= g.dice << 13
		g.dice ^= g.dice >> 7
		g.dice ^= g.dice << 17
		sum += float32(g.dice>>40) / (1 << 24)
	}
	return sum - 6
}

// writeModel writes the same model each time.
func writeModel(file string) error {
	g := &gguf{dice: 1}
	g.set("general.architecture", "llama")
	g.set("general.name", "tiny")
	g.set("llama.context_length", 8192)
	g.set("llama.embedding_length", width)
	g.set("llama.block_count", layers)
	g.set("llama.feed_forward_length", hidden)
	g.set("llama.attention.head_count", heads)
	g.set("llama.attention.head_count_kv", heads)
	g.set("llama.attention.layer_norm_rms_epsilon", 1e-5)
	g.set("llama.rope.dimension_count", width/heads)
	g.set("llama.vocab_size", vocab)
	tokens, scores, types := []string{"<unk>", "<s>", "</s>"}, make([]float32, vocab), []int32{2, 3, 3} // unknown, control, control
	for b := range 256 {
		tokens, types = append(tokens, fmt.Sprintf("<0x%02X>", b)), append(types, 6) // a byte
	}
	g.set("tokenizer.ggml.model", "llama")
	g.set("tokenizer.ggml.tokens", tokens)
	g.set("tokenizer.ggml.scores", scores)
	g.set("tokenizer.ggml.token_type", types)
	g.set("tokenizer.ggml.unknown_token_id", 0)
	g.set("tokenizer.ggml.bos_token_id", 1)
	g.set("tokenizer.ggml.eos_token_id", 2)
	g.add("token_embd.weight", width, vocab)
	g.add("output_norm.weight", width)
	g.add("output.weight", width, vocab)
	for i := range layers {
		at := fmt.Sprintf("blk.%d.", i)
		g.add(at+"attn_norm.weight", width)
		for _, n := range []string{"attn_q", "attn_k", "attn_v", "attn_output"} {
			g.add(at+n+".weight", width, width)
		}
		g.add(at+"ffn_norm.weight", width)
		g.add(at+"ffn_gate.weight", width, hidden)
		g.add(at+"ffn_up.weight", width, hidden)
		g.add(at+"ffn_down.weight", hidden, width)
	}
	var out bytes.Buffer
	out.WriteString("GGUF")
	le(&out, uint32(3), g.tensors, g.metas)
	out.Write(g.meta.Bytes())
	out.Write(g.info.Bytes())
	for out.Len()%32 != 0 {
		out.WriteByte(0)
	}
	out.Write(g.data.Bytes())
	return os.WriteFile(file, out.Bytes(), 0o600)
}
