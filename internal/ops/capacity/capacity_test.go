package capacity_test

import (
	"math"
	"strings"
	"testing"

	"truckflow/internal/ops/capacity"
	"truckflow/internal/ops/usage"
)

func units(t *testing.T, edits ...string) *capacity.Units {
	t.Helper()
	u, err := capacity.Parse([]byte(strings.NewReplacer(edits...).Replace(string(capacity.Default))))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9+want/1e6 {
		t.Errorf("%s: %g, want %g", what, got, want)
	}
}

// TestReckoning does a fleet of 2,400 trucks by hand.
func TestReckoning(t *testing.T) {
	t.Parallel()
	r := units(t).Reckon(2400).Rows[0]
	near(t, "loads a day", r.Work.LoadsDay, 1200)
	near(t, "positions a second", r.Work.PingsSec, 40)
	near(t, "views a second", r.Work.ViewsSec, 9.6) // 96 desks, 6 a minute
	near(t, "papers a day", r.Work.PapersDay, 4800)
	near(t, "database", r.Work.DatabaseYear, 365*(1200*11500+4800*9000)+40*86400*60*177.)
	near(t, "files", r.Work.FilesYear, 365*4800*(0.6*150e3+0.4*600e3))
	loads, papers := 4*1200/86400., 4*4800/86400. // a second at the busiest hour
	program := loads*(1300+9*1300) + 40*12.7 + 9.6*(0.3*18500+0.7*2870) + papers*(0.6*64200+0.4*2e6)
	near(t, "program processors", r.Single.Parts[0].Use, program/1e6/8)
	near(t, "of the cluster", r.Cluster.Parts[0].Use, program/1e6/24)
	near(t, "commits", r.Single.Parts[2].Use, (loads*10+2*papers+40./25)/2000)
	near(t, "file store", r.Single.Parts[4].Use, r.Work.FilesYear/4e12)
	if r.Single.First != "file store" || !r.Single.Carries || r.Cluster.Shards != 1 {
		t.Errorf("%+v", r)
	}
}

// TestWhatIsFullFirst follows what is made scarce.
func TestWhatIsFullFirst(t *testing.T) {
	t.Parallel()
	for want, edits := range map[string][]string{
		"program processors":  {"app_cores: 8", "app_cores: 0.01"},
		"database processors": {"database_cores: 4", "database_cores: 0.001"},
		"durable commits":     {"commits: 2000                 #", "commits: 0.1 #"},
		"database disk":       {"database_bytes: 1.5e12        #", "database_bytes: 1e6 #"},
		"network":             {"network_bytes: 1e8            #", "network_bytes: 10 #"},
	} {
		if r := units(t, edits...).Reckon(100); r.SingleFirst != want || r.Rows[0].Single.First != want {
			t.Errorf("%s is scarce, full first is %s", want, r.SingleFirst)
		}
	}
	// More trucks want more databases, never fewer, and up to what is said it carries.
	u, last := units(t), 0
	r := u.Reckon(0)
	for _, x := range r.Rows {
		if x.Cluster.Shards < last {
			t.Errorf("%d trucks on %d databases", x.Work.Trucks, x.Cluster.Shards)
		}
		last = x.Cluster.Shards
		if x.Single.Carries != (x.Work.Trucks <= r.SingleUpTo) || x.Cluster.Carries != (x.Work.Trucks <= r.ClusterUpTo) {
			t.Errorf("%d trucks: single %v, cluster %v, said are %d and %d", x.Work.Trucks, x.Single.Carries, x.Cluster.Carries, r.SingleUpTo, r.ClusterUpTo)
		}
	}
	if n := len(r.Rows); n != 8 || r.Rows[0].Work.Trucks != 5 || r.Rows[n-1].Work.Trucks != 100_000 || last < 2 {
		t.Errorf("%d fleets, %d databases for the largest", n, last)
	}
	// 300 loads and 900 papers of 100 kB in a month.
	if g := u.Growth(usage.Work{Loads: 300, Documents: 900, DocumentsKept: 10, DocumentBytes: 1e6}); g != 10*11500+30*(9000+100_000) {
		t.Errorf("grows by %d a day", g)
	}
}

func TestBadUnits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ old, new, want string }{
		{"ping_seconds: 60", "ping_seconds: 0", "ping_seconds must be more than zero"},
		{"app_cores: 8", "app_cores: -8", "single.app_cores must be more than zero"},
		{"full_at: 0.7", "full_at: 70", "between 0 and 1"},
		{"fleets: [", "fleets: [] #", "no fleet"},
		{"board:", "bored:", "field bored not found"},
		{"board_share: 0.3", "board_share: much", "cannot unmarshal"},
	} {
		_, err := capacity.Parse([]byte(strings.Replace(string(capacity.Default), c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q → %q: %v, want %q in one line", c.old, c.new, err, c.want)
		}
	}
}
