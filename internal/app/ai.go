package app

import (
	"context"
	"time"

	"truckflow/internal/config"
	"truckflow/internal/documents"
	"truckflow/internal/documents/extract"
	"truckflow/internal/kit/ids"
	"truckflow/internal/loads"
	"truckflow/internal/platform/llm"
	"truckflow/internal/platform/llm/anthropicllm"
	"truckflow/internal/platform/llm/ollamallm"
	"truckflow/internal/platform/llm/openaillm"
	"truckflow/internal/platform/llm/wire"
)

// outsideContext is how many tokens the large services take, at least.
const outsideContext = 120_000

// AIEngines are the engines that cfg names, those on the premises first: Ollama, a
// server of one's own, OpenAI, Anthropic.
func AIEngines(cfg *config.Config) []llm.EngineSettings {
	ai := cfg.AI
	prices := map[string]llm.Price{}
	for m, p := range ai.Prices {
		prices[m] = llm.Price{In: llm.Micros(p.In), Out: llm.Micros(p.Out)}
	}
	var inside, outside []llm.EngineSettings
	add := func(name string, e config.AIEngine, used bool, open func(in bool) llm.Engine) {
		if !used {
			return
		}
		in := wire.Inside(e.URL, ai.OnPremises)
		s := llm.EngineSettings{Name: name, Engine: open(in), Outside: !in, Models: jobModels(e.Models), Slots: e.Slots, Context: outsideContext, Prices: prices}
		if in {
			s.Context = ai.Context
			inside = append(inside, s)
		} else {
			outside = append(outside, s)
		}
	}
	add("ollama", ai.Ollama, ai.Ollama.URL != "", func(in bool) llm.Engine {
		return ollamallm.New(ollamallm.Settings{URL: ai.Ollama.URL, Inside: in, Context: ai.Context})
	})
	add("server", ai.Server, ai.Server.URL != "" && len(ai.Server.Models) > 0, func(in bool) llm.Engine {
		return openaillm.New(openaillm.Settings{URL: ai.Server.URL, Key: ai.Server.Key, Inside: in, Compatible: true, Can: llm.Can{JSON: true, Tools: true}})
	})
	add("openai", ai.OpenAI, ai.OpenAI.Key != "", func(in bool) llm.Engine {
		return openaillm.New(openaillm.Settings{URL: ai.OpenAI.URL, Key: ai.OpenAI.Key, Inside: in, Can: llm.Can{JSON: true, Tools: true, Vision: true}})
	})
	add("anthropic", ai.Anthropic, ai.Anthropic.Key != "", func(in bool) llm.Engine {
		return anthropicllm.New(anthropicllm.Settings{URL: ai.Anthropic.URL, Key: ai.Anthropic.Key, Inside: in})
	})
	return append(inside, outside...)
}

// jobModels gives each job its own model or that of all.
func jobModels(m map[string]string) map[llm.Job]string {
	out := map[llm.Job]string{}
	for _, j := range llm.Jobs {
		if out[j] = m[string(j)]; out[j] == "" {
			out[j] = m[""]
		}
	}
	return out
}

// chooseAI says which engines are set up, for doctor.
func (d *drivers) chooseAI(es []llm.EngineSettings) {
	if len(es) == 0 {
		d.choose("AI", "rules alone", "no engine is set up; OLLAMA_HOST names one on your own hardware")
	}
	for _, e := range es {
		where := "on the premises"
		if e.Outside {
			where = "outside: asked only for companies that permit it"
		}
		d.choose("AI", e.Name, where)
	}
}

// aiHealth says of each engine among the choices what the gateway last found, so
// that no page waits for a server outside; before it has looked, it is asked now.
func (a *App) aiHealth(ctx context.Context, cs []Choice) []Choice {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	for _, s := range a.AI.States() {
		for i := range cs {
			if cs[i].Port != "AI" || cs[i].Driver != s.Engine {
				continue
			}
			found := s.Probe
			if found == "-" {
				found = a.askEngine(ctx, s.Engine, s.Model)
			}
			if found != "" {
				cs[i].OK, cs[i].Detail, cs[i].Hint = false, "does not offer "+s.Model+": "+found, "truckflow ai probe says more; until it does, the others and the rules answer"
			}
		}
	}
	return cs
}

// askEngine says what is wrong with a model, "" for nothing.
func (a *App) askEngine(ctx context.Context, engine, model string) string {
	for _, e := range a.d.ai {
		if e.Name == engine {
			if _, err := e.Engine.Probe(ctx, model); err != nil {
				return err.Error()
			}
		}
	}
	return ""
}

// hearFilled takes what a model added to a paper into the draft made of it.
func (a *App) hearFilled(ctx context.Context, ev documents.Filled) error {
	r, _, err := a.Documents.Reading(ctx, ev.DocumentID)
	if err != nil || r == nil || r.DocumentType == nil || r.DocumentType.Value != extract.RateConfirmation {
		return err
	}
	d, err := a.Documents.Get(ctx, ev.DocumentID)
	if err != nil {
		return err
	}
	return a.Loads.HearFilled(ctx, loads.Paper{ID: d.ID, Kind: extract.RateConfirmation, LoadID: ids.Of(d.LoadID), Reading: r})
}
