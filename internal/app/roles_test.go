package app

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"truckflow/internal/config"
	"truckflow/internal/documents"
	"truckflow/internal/ops/pgmanager/pgtest"
	"truckflow/internal/sim/paper"
)

// TestRolesShareTheWork: on one database an instance for people takes a paper and does no
// job, one for jobs reads it and shows no page.
func TestRolesShareTheWork(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, "empty", func(context.Context, string) error { return nil })
	data := t.TempDir()
	serving := func(role string) *App {
		env := map[string]string{"DATABASE_URL": db.OwnerDSN, "TRUCKFLOW_DATA": data, "JWT_SECRET": strings.Repeat("k7", 20), "TRUCKFLOW_BACKUP_WAL": "off", "TRUCKFLOW_ROLE": role}
		cfg := must(config.Load(func(k string) (string, bool) { v, ok := env[k]; return v, ok }))(t)
		a := must(New(t.Context(), cfg, slog.New(slog.DiscardHandler), "test"))(t)
		a.cfg.Port = 0 // any; what is asked goes to its handler
		ctx, end := context.WithCancel(t.Context())
		ended, started := make(chan error, 1), make(chan struct{})
		go func() { ended <- a.Serve(ctx, func(string) { close(started) }) }()
		t.Cleanup(func() {
			end()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			a.Close()
		})
		select {
		case <-started:
		case err := <-ended:
			t.Fatal(err)
		}
		return a
	}
	web := serving(config.Web)
	ctx := found(t, web, "Split")
	var pdf bytes.Buffer
	if err := paper.Layouts()[0].Print(&pdf, paper.Random(3)); err != nil {
		t.Fatal(err)
	}
	doc, _, err := web.Documents.Receive(ctx, documents.Upload{Filename: "rate con.pdf", Body: &pdf})
	if err != nil {
		t.Fatal(err)
	}
	worker := serving(config.Worker)
	until(t, "the paper is read", func() bool {
		d := must(web.Documents.Get(ctx, doc.ID))(t)
		return d.State == "read"
	})
	const done = `truckflow_jobs_total{kind="documents.read-document",outcome="done"} 1`
	until(t, "the worker says so", func() bool { return strings.Contains(answer(worker, "GET", "/metrics", nil, "").Body.String(), done) })
	if got := answer(web, "GET", "/metrics", nil, "").Body.String(); strings.Contains(got, "truckflow_jobs_total{") {
		t.Error("an instance for people did a job")
	}
	for path, want := range map[string][2]int{"/readyz": {200, 200}, "/healthz": {200, 200}, "/sign-in": {200, 404}, "/v1/openapi.json": {200, 404}, "/mcp": {401, 404}} {
		for i, a := range []*App{web, worker} {
			if got := answer(a, "GET", path, nil, "").Code; got != want[i] {
				t.Errorf("%s of %s: %d, want %d", path, a.cfg.Role, got, want[i])
			}
		}
	}
}
