package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// units are what one of each costs: internal/ops/capacity reckons with them, and its
// units.yaml is what this printed on the day that stands there.
func units(ctx context.Context, s *server) ([]result, error) {
	out, err := stored(ctx, s)
	if err != nil {
		return nil, err
	}
	customer, err := s.ask(ctx, "select id from customers limit 1")
	if err != nil {
		return nil, err
	}
	trucks, err := s.ask(ctx, "select id from trucks")
	if err != nil {
		return nil, err
	}
	run := time.Now().UnixNano()
	for _, w := range []struct {
		name     string
		n, times int // how often, and how many one of them holds
		do       func(i int) error
	}{
		{"board view", 60, 1, func(int) error { _, err := s.get(ctx, "/board"); return err }},
		{"page view", 300, 1, func(i int) error { _, err := s.get(ctx, []string{"/loads", "/loads?q=dallas+steel"}[i%2]); return err }},
		{"booking", 600, 1, func(i int) error {
			return s.post(ctx, fmt.Sprintf(bookingBody, customer, i), fmt.Sprintf("units-%d-%d", run, i))
		}},
		{"position", 100, 300, func(i int) error { return s.positions(ctx, strings.Fields(trucks), i) }},
		{"paper read", 12, 1, func(int) error { return s.readPaper(ctx, paper) }},
	} {
		if err := w.do(w.n); err != nil { // warm
			return nil, err
		}
		before, err := s.spent(ctx)
		if err != nil {
			return nil, err
		}
		for i := range w.n {
			if err := w.do(i); err != nil {
				return nil, fmt.Errorf("%s: %w", w.name, err)
			}
		}
		after, err := s.spent(ctx)
		if err != nil {
			return nil, err
		}
		each := 1e6 / float64(w.n*w.times)
		out = append(out, result{figure: w.name + ", program", unit: "µs", measured: each * (after.program - before.program)},
			result{figure: w.name + ", database", unit: "µs", measured: each * (after.database - before.database)})
	}
	size, err := s.ask(ctx, `analyze; select round(sum(pg_total_relation_size(c.oid)) / greatest(1, sum(c.reltuples))) from pg_class c join pg_inherits i on inhrelid = c.oid where inhparent = 'positions'::regclass and c.reltuples > 0`)
	if err != nil {
		return nil, err
	}
	per, err := strconv.ParseFloat(size, 64)
	return append(out, result{figure: "position, stored", unit: "bytes", measured: per}), err
}

// stored is what a load and a paper take on disk, indexes included.
func stored(ctx context.Context, s *server) (out []result, err error) {
	for _, g := range []struct{ what, by, tables string }{
		{"load", "loads", "loads stops charges load_events load_words"},
		{"paper in the database", "documents", "documents document_pages readings"},
	} {
		size, err := s.ask(ctx, fmt.Sprintf(`select round(sum(pg_total_relation_size(t::regclass)) / greatest(1, (select count(*) from %s))) from unnest(string_to_array('%s', ' ')) t`, g.by, g.tables))
		if err != nil {
			return nil, err
		}
		per, err := strconv.ParseFloat(size, 64)
		if err != nil {
			return nil, err
		}
		out = append(out, result{figure: g.what + ", stored", unit: "bytes", measured: per})
	}
	return out, nil
}

// positions reports where three hundred trucks are, a minute after the last time.
func (s *server) positions(ctx context.Context, trucks []string, i int) error {
	var in struct {
		Positions []map[string]any `json:"positions"`
	}
	at := time.Now().Add(-2 * time.Hour).Add(time.Duration(i) * time.Minute).UTC()
	for t, id := range trucks {
		in.Positions = append(in.Positions, map[string]any{"truck_id": id, "at": at, "lat": 30 + float64(t%10), "lon": -110 + float64(t%20) + float64(i)/100, "speed_mph": 55, "heading": 90})
	}
	b, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/v1/positions", bytes.NewReader(b))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", fmt.Sprint("positions-", time.Now().UnixNano(), i))
	res, err := s.http.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		return fmt.Errorf("POST /v1/positions: %s", res.Status)
	}
	return nil
}
