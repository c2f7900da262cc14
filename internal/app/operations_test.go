package app

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"truckflow/internal/kit/clock"
	"truckflow/internal/ops/cost"
	"truckflow/internal/ops/scale"
)

// TestOperationsPages opens them as the owner: what is measured is this company's,
// and what was scaled stands there with its reason.
func TestOperationsPages(t *testing.T) {
	t.Parallel()
	a := start(t)
	found(t, a, "Quiet")
	ctx := found(t, a, "Ops")
	acme := customer(t, a, ctx, "Acme", 0)
	for range 3 {
		must(a.Loads.Book(ctx, dallasToMemphis(acme, "1", 1_500_00)))(t)
	}
	b := browse(t, a, "Ops")
	page := b.get("/operations")
	has(t, page, "All services answer", fmt.Sprintf("%[1]d of %[1]d", len(a.Health(ctx))), "Largest tables", `aria-current="page"`)
	h := scale.NewHistory(a.d.db)
	if err := h.Add(t.Context(), scale.Entry{By: "app1/1", Decision: scale.Decision{At: clock.System.Now().Add(-time.Hour), Role: "web", Action: scale.Add, From: 2, To: 3, Kind: scale.KindTrigger,
		Trigger: "CpuHigh", Reason: "cpu > 80 % for 5m (now 87 %)", Values: map[string]float64{"cpu": 87}}}); err != nil {
		t.Fatal(err)
	}
	has(t, b.get("/operations/scaling"), "cpu &gt; 80 % for 5m (now 87 %)", "2 → 3", "Instances of web", "<path class=\"chart-line tone-info\"")

	page = b.get("/operations/cost")
	has(t, page, "booked, counted over the last 30 days", "Share of revenue", "1.85–3.1 %", "differs", "<path class=\"tone-ok\"", ">3<")
	if strings.Contains(browse(t, a, "Quiet").get("/operations/cost"), "booked, counted") {
		t.Error("another company's loads are counted")
	}
	has(t, b.get("/operations/cost?revenue=500000"), "as asked for", "$500,000.00")
	for _, bad := range []string{"0", "-1", "much"} {
		if w := b.do(http.MethodGet, "/operations/cost?revenue="+bad, nil); w.Code != 422 || !strings.Contains(w.Body.String(), "an amount above zero") {
			t.Errorf("revenue %s: %d", bad, w.Code)
		}
	}
	has(t, b.get("/operations/capacity"), "A single server carries", "first full: file store", "100,000", "<path class=\"chart-line tone-ok\"")
	has(t, b.get("/operations/capacity?trucks=2000"), "1,000 loads a day, 33.3 positions a second", "2,000 trucks, part by part", "Durable commits")
	for _, bad := range []string{"0", "many", "99999999999"} {
		if w := b.do(http.MethodGet, "/operations/capacity?trucks="+bad, nil); w.Code != 422 || !strings.Contains(w.Body.String(), "Trucks is a whole number") {
			t.Errorf("trucks %s: %d", bad, w.Code)
		}
	}
	// A price book of one's own is in force, and a bad one is said.
	file := filepath.Join(t.TempDir(), "prices.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Replace(string(cost.Default), `low: "800.00", high: "1200.00", date: 2026-11-23`, `low: "611.00", high: "611.00", date: 2020-01-01`, 1))
	o := build(t, t.TempDir())
	found(t, o, "Own")
	o.cfg.Prices = file
	o.edges()
	own := browse(t, o, "Own")
	has(t, own.get("/operations/cost"), "$611.00", "Old price: Server, 16 cores, 64 GB RAM")
	write("prices: -1")
	if w := own.do(http.MethodGet, "/operations/cost", nil); w.Code != 422 || !strings.Contains(w.Body.String(), "price book cannot be read") {
		t.Errorf("a bad book: %d", w.Code)
	}
}
