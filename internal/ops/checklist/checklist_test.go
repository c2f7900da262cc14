package checklist

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"truckflow/internal/config"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/ops/backup"
	"truckflow/internal/ops/harden"
	"truckflow/internal/platform/pg"
	"truckflow/internal/platform/pg/schematest"
	"truckflow/migrations"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func cfg(t *testing.T, env map[string]string) *config.Config {
	t.Helper()
	if env["TRUCKFLOW_DATA"] == "" {
		env["TRUCKFLOW_DATA"] = t.TempDir()
	}
	c, err := config.Load(func(k string) (string, bool) { v, ok := env[k]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func always(s Status) func(context.Context, *look) finding {
	return func(context.Context, *look) finding { return found(s, "as the test says") }
}

// TestOrderAndCount has one item of each status in two lists, and one that never answers.
func TestOrderAndCount(t *testing.T) {
	t.Parallel()
	c := New(Sources{Config: cfg(t, map[string]string{}), Clock: clock.At(noon)})
	c.within = 50 * time.Millisecond
	c.entries = []entry{
		{id: "o.red", phase: Ongoing, probe: always(Red), fix: "mend it"},
		{id: "none", phase: Pre, probe: always(NotApplicable)},
		{id: "green", phase: Pre, probe: always(Green), fix: "not shown"},
		{id: "slow", phase: Pre, probe: func(ctx context.Context, _ *look) finding { <-ctx.Done(); select {} }},
		{id: "waits", phase: Pre, probe: always(Waiting), days: 3},
		{id: "red", phase: Pre, probe: always(Red), fix: "mend it"},
	}
	r, err := c.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range r.Items {
		got = append(got, i.ID+" "+string(i.Status))
	}
	// Without a database nobody knows whether it was confirmed.
	if s := strings.Join(got, ","); s != "red red,slow cannot tell,waits cannot tell,green green,none not applicable,o.red red" {
		t.Error(s)
	}
	if r.Green != 1 || r.Of != 5 || r.Items[3].Fix != "" || r.Items[0].Fix != "mend it" || len(r.Only(Ongoing).Items) != 1 {
		t.Errorf("%+v", r)
	}
}

// withLogs is a data folder whose log has two errors, one of them since yesterday.
func withLogs(t *testing.T) string {
	t.Helper()
	data := t.TempDir()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Mkdir(filepath.Join(data, "logs"), 0o700))
	must(os.WriteFile(filepath.Join(data, "logs", "combined.log"), []byte("x\n"), 0o600))
	must(os.WriteFile(filepath.Join(data, "logs", "error.log"), []byte(`{"time":"2026-11-25T09:00:00Z","msg":"secret of a company"}`+"\n"+`{"time":"2026-11-23T09:00:00Z"}`+"\n"), 0o600))
	must(os.Chtimes(filepath.Join(data, "logs", "combined.log"), noon, noon))
	return data
}

// TestProbes turns each probe green and red.
func TestProbes(t *testing.T) {
	t.Parallel()
	says := map[string]string{"/readyz": "ready\n", "/api/v1/query": `{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"2"]}]}}`,
		"/api/v1/rules": `{"data":{"groups":[{"rules":[{"name":"Down","state":"firing","health":"ok"}]}]}}`}
	well := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, says[r.URL.Path]) }))
	defer well.Close()
	empty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			w.WriteHeader(503)
		}
		io.WriteString(w, `{"status":"success","data":{"resultType":"vector","result":[]}}`)
	}))
	defer empty.Close()
	data := withLogs(t)
	addrs := func(a string) func(context.Context, string) ([]netip.Addr, error) {
		return func(context.Context, string) ([]netip.Addr, error) { return []netip.Addr{netip.MustParseAddr(a)}, nil }
	}
	mine := func() ([]netip.Addr, error) { return []netip.Addr{netip.MustParseAddr("203.0.113.5")}, nil }
	good := backup.Status{Recovery: true, RPONow: time.Second, Newest: &backup.Listed{}, Verified: &noon}
	good.Newest.Started, good.LastDrill = noon, &backup.DrillReport{OK: true, At: noon}
	bad := backup.Status{RPONow: -1}
	status := func(s backup.Status) func(context.Context) (*backup.Status, error) {
		return func(context.Context) (*backup.Status, error) { return &s, nil }
	}
	old := good
	old.LastDrill = &backup.DrillReport{OK: true, At: noon.AddDate(0, 0, -20)}
	items := func(s harden.Status, sev harden.Severity) func(context.Context) harden.Report {
		return func(context.Context) harden.Report {
			return harden.NewReport(noon, []harden.Item{{ID: "ssh.root", Status: s, Severity: sev, Evidence: "seen", Fix: "PermitRootLogin no"}})
		}
	}
	one := func(id string, s harden.Status) func(context.Context) harden.Report {
		return func(context.Context) harden.Report {
			return harden.NewReport(noon, []harden.Item{{ID: id, Status: s, Severity: harden.High, Evidence: "seen", Fix: "its own fix"}})
		}
	}
	https := map[string]string{"TRUCKFLOW_URL": "https://dispatch.example.com", "TRUCKFLOW_DATA": data}
	for _, x := range []struct {
		id   string
		env  map[string]string
		src  Sources
		want Status
		says string
	}{
		{"server.secured", nil, Sources{Audit: items(harden.Pass, harden.High)}, Green, "seen"},
		{"server.secured", nil, Sources{Audit: items(harden.Fail, harden.Medium)}, Red, "seen"},
		{"server.secured", nil, Sources{Audit: items(harden.CannotTell, harden.High)}, CannotTell, "seen"},
		{"server.secured", nil, Sources{Audit: items(harden.NotApplicable, harden.High)}, NotApplicable, "nothing"},
		{"domain.dns", https, Sources{Lookup: addrs("203.0.113.5"), Here: mine}, Green, "an address of this machine"},
		{"domain.dns", https, Sources{Lookup: addrs("127.0.0.1"), Here: mine}, Red, "not an address of this machine"},
		{"domain.dns", nil, Sources{}, Red, "no name of a domain"},
		{"tls.chain", nil, Sources{}, Red, "without TLS"},
		{"tls.only", nil, Sources{Audit: one("app.exposed", harden.Pass)}, Red, "without TLS"},
		{"tls.only", https, Sources{Audit: one("app.exposed", harden.Pass)}, Green, "seen"},
		{"updates.program", nil, Sources{Audit: one("app.vulnerable", harden.CannotTell)}, CannotTell, "seen"},
		{"database.schema", nil, Sources{}, CannotTell, "no database"},
		{"config.mail", nil, Sources{}, CannotTell, "kept and shown"},
		{"config.mail", map[string]string{"SMTP_URL": "smtp://mail.example.com:25"}, Sources{}, Green, "is set"},
		{"config.valid", map[string]string{"SMTP_URL": "smtp://mail.example.com:25"}, Sources{}, Red, "which others refuse"},
		{"backup.verified", nil, Sources{Backup: status(good)}, Green, "read back"},
		{"backup.verified", nil, Sources{Backup: status(bad)}, Red, "no backup yet"},
		{"backup.drill", nil, Sources{Backup: status(good)}, Green, "0 minutes ago"},
		{"backup.drill", nil, Sources{Backup: status(old)}, Red, "20 days old"},
		{"restore.monthly", nil, Sources{Backup: status(old)}, Green, "20 days ago"},
		{"backup.drill", nil, Sources{}, CannotTell, "takes no backups here"},
		{"backup.key", nil, Sources{Backup: status(bad)}, Red, "there is none"},
		{"backup.scheduled", nil, Sources{Backup: status(good)}, Green, "1s would be lost"},
		{"backup.scheduled", nil, Sources{Backup: status(bad)}, Red, "no backup yet"},
		{"app.ready", nil, Sources{LocalURL: well.URL}, Green, "ready"},
		{"app.ready", nil, Sources{LocalURL: empty.URL}, Red, "503"},
		{"app.services", nil, Sources{Services: func(context.Context) ([]Service, error) { return []Service{{Name: "files"}}, nil }}, Red, "files: does not work"},
		{"monitoring.scrape", nil, Sources{Prometheus: well.URL}, Green, "2 instances"},
		{"monitoring.scrape", nil, Sources{Prometheus: empty.URL}, Red, "no figures"},
		{"monitoring.scrape", nil, Sources{Prometheus: "http://127.0.0.1:1"}, Red, "does not answer"},
		{"monitoring.rules", nil, Sources{Prometheus: well.URL}, Green, "1 alert rules; firing now: Down"},
		{"monitoring.rules", nil, Sources{Prometheus: empty.URL}, Red, "no alert rule"},
		{"logs.written", https, Sources{}, Green, "0 minutes ago"},
		{"logs.written", nil, Sources{}, Red, "no combined.log"},
		{"logs.errors", https, Sources{}, Red, "1 errors in 24 hours"},
		{"logs.bounded", https, Sources{}, Green, "in all"},
		{"updates.applied", nil, Sources{System: harden.System{Root: data, Run: harden.ThisSystem().Run}}, CannotTell, "no mark"},
	} {
		if x.env == nil {
			x.env = map[string]string{}
		}
		x.src.Config, x.src.Clock = cfg(t, x.env), clock.At(noon)
		c := New(x.src)
		for _, e := range catalogue {
			if e.id == x.id {
				c.entries = []entry{e}
			}
		}
		r, err := c.Look(t.Context())
		if err != nil || len(r.Items) != 1 || r.Items[0].Status != x.want || !strings.Contains(r.Items[0].Evidence, x.says) || strings.Contains(r.Items[0].Evidence, "secret") || x.id == "updates.program" && r.Items[0].Fix != "its own fix" {
			t.Errorf("%s: want %s with %q: %+v, %v", x.id, x.want, x.says, r.Items, err)
		}
	}
}

// TestConfirmations on a real PostgreSQL: they hold, expire, are replaced and never
// changed; another company sees neither name nor note.
func TestConfirmations(t *testing.T) {
	t.Parallel()
	d := schematest.New(t)
	db, err := pg.Open(t.Context(), pg.Settings{DSN: d.AppDSN, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	clk := clock.At(noon)
	c := New(Sources{Config: cfg(t, map[string]string{}), Clock: clk, DB: db, Migrations: migrations.Files,
		Audit: func(context.Context) harden.Report {
			return harden.NewReport(noon, []harden.Item{{ID: "ssh.root", Status: harden.Pass}})
		}})
	item := func(ctx context.Context, id string) Item {
		t.Helper()
		r, err := c.Recent(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range r.Items {
			if i.ID == id {
				return i
			}
		}
		t.Fatalf("no item %s", id)
		return Item{}
	}
	for _, id := range []string{"database.schema", "database.rows"} {
		if i := item(t.Context(), id); i.Status != Green {
			t.Errorf("%+v", i)
		}
	}
	if i := item(t.Context(), "performance.tested"); i.Status != Waiting || !strings.Contains(i.Fix, "truckflow checklist confirm performance.tested") {
		t.Errorf("%+v", i)
	}
	ours := tenant.With(t.Context(), tenant.Actor{Org: ids.New(), Name: "Dana"})
	if _, err := c.Confirm(ours, "performance.tested", "Dana", "340 loads a second", 10); err != nil {
		t.Fatal(err)
	}
	if i := item(ours, "performance.tested"); i.Status != Green || !strings.Contains(i.Evidence, "by Dana on 2026-11-25, holds until 2026-12-05: 340 loads") {
		t.Errorf("%+v", i)
	}
	if i := item(tenant.With(t.Context(), tenant.Actor{Org: ids.New()}), "performance.tested"); i.Status != Green || strings.Contains(i.Evidence, "Dana") || strings.Contains(i.Evidence, "340") {
		t.Errorf("another company: %+v", i)
	}
	clk.Advance(10 * 24 * time.Hour)
	if i := item(ours, "performance.tested"); i.Status != Waiting || !strings.Contains(i.Evidence, "expired on 2026-12-05") {
		t.Errorf("expired: %+v", i)
	}
	k, err := c.Confirm(t.Context(), "security.audit", "Auditor", "read it", 0)
	var facts map[string]string
	if err != nil || json.Unmarshal(k.Facts, &facts) != nil || facts["ssh.root"] != "pass" {
		t.Errorf("%+v, %v", k, err)
	}
	if all, err := c.Signed(t.Context(), 10); err != nil || len(all) != 2 || all[0].Item != "security.audit" {
		t.Errorf("%+v, %v", all, err)
	}
	for _, x := range []struct {
		item, by, note string
		days           int
		want           string
	}{{"nothing", "a", "b", 1, "no item"}, {"app.ready", "a", "b", 1, "looked at, not confirmed"}, {"performance.tested", " ", "b", 1, "who confirms"},
		{"performance.tested", "a", "", 1, "what was done"}, {"performance.tested", "a", "b", 400, "1 to 366 days"}, {"performance.tested", "a", "b", -1, "1 to 366 days"}} {
		if _, err := c.Confirm(t.Context(), x.item, x.by, x.note, x.days); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%+v: %v", x, err)
		}
	}
	for _, sql := range []string{"update checklist_confirmations set note = 'x'", "delete from checklist_confirmations"} {
		err := db.WithoutTenant(t.Context(), func(ctx context.Context, tx *pg.Tx) error { _, err := tx.Exec(ctx, sql); return err })
		if err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
