package config

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// AI is which engines answer questions for language models.
type AI struct {
	Ollama, Server, OpenAI, Anthropic AIEngine
	Prices                            map[string]AIPrice // by model
	Context                           int
	OnPremises                        []string // hosts
}

// AIEngine is one engine; it is used where its URL, and for OpenAI and Anthropic
// its key, is set.
type AIEngine struct {
	URL, Key string
	Models   map[string]string // by job; "" for all others
	Slots    int
}

// AIPrice is what a million tokens cost, in millionths of a dollar.
type AIPrice struct{ In, Out int64 }

// aiJobs are the jobs a model can be named for.
var aiJobs = []string{"documents", "copilot", "email"}

func (l *loader) ai() AI {
	slots := l.aiSlots()
	return AI{
		Ollama:    AIEngine{URL: ollamaURL(l.text("OLLAMA_HOST")), Models: l.aiModels("TRUCKFLOW_AI_OLLAMA_MODELS"), Slots: slots["ollama"]},
		Server:    AIEngine{URL: l.text("TRUCKFLOW_AI_SERVER"), Key: l.text("TRUCKFLOW_AI_SERVER_KEY"), Models: l.aiModels("TRUCKFLOW_AI_SERVER_MODELS"), Slots: slots["server"]},
		OpenAI:    AIEngine{URL: l.text("OPENAI_BASE_URL"), Key: l.text("OPENAI_API_KEY"), Models: l.aiModels("TRUCKFLOW_AI_OPENAI_MODELS"), Slots: slots["openai"]},
		Anthropic: AIEngine{URL: l.text("ANTHROPIC_BASE_URL"), Key: l.text("ANTHROPIC_API_KEY"), Models: l.aiModels("TRUCKFLOW_AI_ANTHROPIC_MODELS"), Slots: slots["anthropic"]},
		Prices:    l.aiPrices(), Context: l.number("TRUCKFLOW_AI_CONTEXT", 1024, 10_000_000),
		OnPremises: list(l.text("TRUCKFLOW_AI_ON_PREMISES")),
	}
}

// ollamaURL reads OLLAMA_HOST as Ollama does: a scheme and a port may be missing,
// and the address that a server listens on everywhere is this machine.
func ollamaURL(s string) string {
	if s == "" {
		return ""
	}
	if !strings.Contains(s, "://") {
		s = "http://" + s
		if u, err := url.Parse(s); err == nil && u.Port() == "" {
			s = "http://" + net.JoinHostPort(u.Hostname(), "11434") + u.Path
		}
	}
	return strings.Replace(s, "//0.0.0.0", "//127.0.0.1", 1)
}

func list(s string) (out []string) {
	for x := range strings.SplitSeq(s, ",") {
		if x = strings.TrimSpace(x); x != "" {
			out = append(out, x)
		}
	}
	return out
}

func (l *loader) aiModels(name string) map[string]string {
	out := map[string]string{}
	for _, x := range list(l.text(name)) {
		job, model, named := strings.Cut(x, "=")
		if !named {
			job, model = "", x
		} else if !slices.Contains(aiJobs, job) {
			l.fail(name, "%q is not one of the jobs %s", job, strings.Join(aiJobs, ", "))
		}
		if model == "" || out[job] != "" {
			l.fail(name, "wants one model for each job, as in model,copilot=other")
		}
		out[job] = model
	}
	return out
}

func (l *loader) aiSlots() map[string]int {
	out := map[string]int{}
	for _, s := range Settings {
		if s.Name != "TRUCKFLOW_AI_SLOTS" {
			continue
		}
		for _, x := range append(list(s.Default), list(l.text(s.Name))...) {
			engine, n, _ := strings.Cut(x, "=")
			slots, err := strconv.Atoi(n)
			if _, known := out[engine]; err != nil || slots < 1 || slots > 1000 || !known && !strings.Contains(s.Default, engine+"=") {
				l.fail(s.Name, "%q: want ollama=1 with a number from 1 to 1000, and one of ollama, server, openai, anthropic", x)
			}
			out[engine] = slots
		}
	}
	return out
}

func (l *loader) aiPrices() map[string]AIPrice {
	out := map[string]AIPrice{}
	for _, x := range list(l.text("TRUCKFLOW_AI_PRICES")) {
		model, prices, _ := strings.Cut(x, "=")
		in, written, _ := strings.Cut(prices, "/")
		a, okA := micros(in)
		b, okB := micros(written)
		if model == "" || !okA || !okB {
			l.fail("TRUCKFLOW_AI_PRICES", "%q: want model=0.40/1.60, dollars for a million tokens read and written", x)
		}
		out[model] = AIPrice{a, b}
	}
	return out
}

// micros reads dollars with up to six decimals; nothing is rounded.
func micros(s string) (int64, bool) {
	whole, part, _ := strings.Cut(s, ".")
	if whole == "" || len(whole) > 6 || len(part) > 6 || strings.ContainsFunc(whole+part, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", 6-len(part)), 10, 64)
	return n, err == nil
}
