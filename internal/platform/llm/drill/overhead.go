package drill

import (
	"context"
	"slices"
	"time"

	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/llm"
	"truckflow/internal/platform/llm/anthropicllm"
	"truckflow/internal/platform/llm/ollamallm"
	"truckflow/internal/platform/llm/stub"
)

// Overhead is what the gateway adds to a call that an engine answers at once.
type Overhead struct {
	What      string        `json:"what"`
	Calls     int           `json:"calls"`
	DirectP50 time.Duration `json:"direct_p50_ns"`
	DirectP99 time.Duration `json:"direct_p99_ns"`
	P50       time.Duration `json:"p50_ns"`
	P99       time.Duration `json:"p99_ns"`
}

// Added measures calls to the same stub directly and through the gateway, in
// turn, so that both meet the same machine.
func Added(ctx context.Context, calls int) (out []Overhead, err error) {
	ctx = tenant.System(ctx, ids.New())
	for _, c := range []struct {
		what   string
		words  int
		stream bool
		cloud  bool
	}{{"a short answer", 1, false, false}, {"streamed, 21 pieces", 21, true, false}, {"outside, redacted and paid", 1, false, true}} {
		v, err := stub.Start(stub.Settings{Words: c.words})
		if err != nil {
			return nil, err
		}
		local, cloud := llm.Engine(ollamallm.New(ollamallm.Settings{URL: v.URL, Inside: true})), llm.Engine(anthropicllm.New(anthropicllm.Settings{URL: v.URL, Inside: true}))
		direct, model := local, "local"
		if c.cloud {
			direct, model = cloud, "cloud"
		}
		localModel := "local"
		if c.cloud {
			localModel = "" // there is none
		}
		g := Gateway(&stub.Ledger{Permits: llm.Redacted, Budget: 1 << 60}, local, localModel, 1, cloud, "cloud")
		o := Overhead{What: c.what, Calls: calls}
		s := scene{within: time.Minute, stream: c.stream}
		var with, without []time.Duration
		for i := range calls + calls/10 {
			q := llm.Ask{Model: model, System: system, MaxTokens: 64, Messages: []llm.Message{{Role: llm.User, Text: question}}}
			began := time.Now()
			if _, err = direct.Ask(ctx, q, func(string) error { return nil }); err != nil {
				break
			}
			middle := time.Now()
			if _, err = g.Do(ctx, s.call()); err != nil {
				break
			}
			if i >= calls/10 { // connections and caches are warm
				without, with = append(without, middle.Sub(began)), append(with, time.Since(middle))
			}
		}
		g.Close()
		v.Close()
		if err != nil {
			return nil, err
		}
		slices.Sort(with)
		slices.Sort(without)
		o.DirectP50, o.DirectP99, o.P50, o.P99 = at(without, 50), at(without, 99), at(with, 50), at(with, 99)
		out = append(out, o)
	}
	return out, nil
}

// at is a percentile of sorted times.
func at(ds []time.Duration, percent int) time.Duration {
	return ds[min(len(ds)-1, len(ds)*percent/100)]
}
