package loads

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"truckflow/internal/documents/extract"
)

func TestADeliveryIsCompared(t *testing.T) {
	t.Parallel()
	text := func(v string) extract.Str { return &extract.Leaf[string]{Value: v} }
	count := func(n int) extract.Int { return &extract.Leaf[int]{Value: n} }
	n, lb := 22, 41_000
	at := func(s string) *time.Time {
		x, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return &x
	}
	load := func() Full {
		// Unloaded over midnight in Denver, where it is seven hours earlier.
		return Full{Load: Load{CustomerRef: "A-1", Number: "L-1", Pieces: &n, WeightLb: &lb}, Stops: []Stop{{Kind: "pickup", TimeZone: "America/Denver", CompletedAt: at("2026-11-20T15:00:00Z")},
			{Kind: "delivery", TimeZone: "America/Denver", ArrivedAt: at("2026-11-24T05:30:00Z"), CompletedAt: at("2026-11-24T08:00:00Z")}}}
	}
	good := func() *extract.Reading {
		return &extract.Reading{Signed: &extract.Leaf[bool]{Value: true}, ReceiverName: text("Pat"), DeliveredPieces: count(22), DeliveredWeightLb: count(41_000), SealNumber: text("77"), BOLNumber: text("b9"),
			LoadNumber: text("a-1"), ReceivedAt: text("2026-11-23T23:10")}
	}
	lading := &extract.Reading{Pieces: count(22), WeightLb: count(41_000), SealNumber: text("77"), BOLNumber: text("B9")}
	for name, c := range map[string]struct {
		change func(f *Full, r *extract.Reading)
		want   string // what differs
	}{
		"all agrees":           {func(*Full, *extract.Reading) {}, ""},
		"after midnight":       {func(_ *Full, r *extract.Reading) { r.ReceivedAt = text("2026-11-24") }, ""},
		"another day":          {func(_ *Full, r *extract.Reading) { r.ReceivedAt = text("2026-11-25") }, "received on"},
		"the pickup's day":     {func(_ *Full, r *extract.Reading) { r.ReceivedAt = text("2026-11-20") }, "received on"},
		"not signed":           {func(_ *Full, r *extract.Reading) { r.Signed = nil }, "signature"},
		"short":                {func(_ *Full, r *extract.Reading) { r.DeliveredPieces = count(20) }, "pieces"},
		"light":                {func(_ *Full, r *extract.Reading) { r.DeliveredWeightLb = count(40_000) }, "weight, lb"},
		"another seal":         {func(_ *Full, r *extract.Reading) { r.SealNumber = text("78") }, "seal"},
		"no seal printed":      {func(_ *Full, r *extract.Reading) { r.SealNumber = nil }, ""},
		"another bill":         {func(_ *Full, r *extract.Reading) { r.BOLNumber = text("B8") }, "bill of lading"},
		"damage noted":         {func(_ *Full, r *extract.Reading) { r.OSDNotes = text("1 crushed") }, "over, short, damaged"},
		"another load's":       {func(_ *Full, r *extract.Reading) { r.LoadNumber = text("Z-9") }, "load number"},
		"the bill's own count": {func(f *Full, r *extract.Reading) { f.Pieces, r.DeliveredPieces = nil, count(21) }, "pieces"},
		"planned only": {func(f *Full, r *extract.Reading) {
			f.Stops[1].ArrivedAt, f.Stops[1].CompletedAt, f.Stops[1].WindowStart = nil, nil, at("2026-11-25T17:00:00Z")
		}, "received on"},
	} {
		f, r := load(), good()
		c.change(&f, r)
		fs := compare(f, r, lading)
		var differs []string
		for _, x := range fs {
			if !x.OK {
				differs = append(differs, x.What)
			}
		}
		if strings.Join(differs, "; ") != c.want {
			t.Errorf("%s: differs in %v, want %q: %+v", name, differs, c.want, fs)
		}
		b, err := json.Marshal(fs)
		if err != nil || Differs(PODCheck{Result: b}) != (c.want != "") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if fs := compare(load(), good(), nil); len(fs) != 5 {
		t.Errorf("without a bill of lading: %+v", fs)
	}
}
