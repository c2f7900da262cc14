package app

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/ops/takeout"
)

// travel is how a is reached from the command line.
func travel(a *App) takeout.Settings {
	return takeout.Settings{DSN: a.cfg.DatabaseURL, Blobs: a.d.blobs, Program: "test", Now: clock.System.Now()}
}

// rewrite gives the file with each of its entries changed.
func rewrite(t *testing.T, file []byte, change func(h *tar.Header, data []byte) []byte) []byte {
	t.Helper()
	z, err := zstd.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var out bytes.Buffer
	zw, err := zstd.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	r, w := tar.NewReader(z), tar.NewWriter(zw)
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if data = change(h, data); data == nil {
			continue
		}
		h.Size = int64(len(data))
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestCompanyLeavesAndComesBack takes one of two companies, with everything it has, to
// another installation: the same people sign in with the same passwords and find the
// same loads, papers and books; the other company is not in the file. What was changed
// on the way is refused, whole, and says why.
func TestCompanyLeavesAndComesBack(t *testing.T) {
	t.Parallel()
	a := start(t)
	c, other := furnish(t, a, "Leaver"), furnish(t, a, "Stayer")
	org, name, err := takeout.Find(t.Context(), travel(a), "leaver")
	if err != nil || org != c.org {
		t.Fatal(org, err)
	}
	if _, _, err := takeout.Find(t.Context(), travel(a), "Nobody"); !errs.Is(err, errs.KindNotFound) || !strings.Contains(errs.Public(err).HintMsg, "Stayer") {
		t.Errorf("a company that is not there: %v", err)
	}
	var b bytes.Buffer
	m, err := takeout.Export(t.Context(), travel(a), org, name, &b)
	if err != nil {
		t.Fatal(err)
	}
	if m.Files.Count < 3 || m.Ledger.Received != 40_000 || m.Tables["loads"].Count < 4 {
		t.Errorf("the file holds %+v", m)
	}
	rewrite(t, b.Bytes(), func(h *tar.Header, data []byte) []byte {
		if strings.Contains(string(data), "Stayer") || strings.Contains(h.Name+string(data), other.org.String()) {
			t.Errorf("%s tells of the other company", h.Name)
		}
		return data
	})

	x := start(t)
	if _, err := takeout.Import(t.Context(), travel(x), bytes.NewReader(b.Bytes()), false); err != nil {
		t.Fatal(err)
	}
	back := browse(t, x, "Leaver") // the same password
	has(t, back.get("/loads"), "Leaver")
	has(t, back.get("/loads/"+c.things["billed load"].String()), "Leaver")
	if got := back.get("/documents/" + c.things["document"].String() + "/file"); !strings.HasPrefix(got, "%PDF") {
		t.Errorf("the paper is %.20q", got)
	}
	if _, err := takeout.Import(t.Context(), travel(x), bytes.NewReader(b.Bytes()), false); !errs.Is(err, errs.KindConflict) {
		t.Errorf("a company that is there already: %v", err)
	}
	if _, err := takeout.Import(t.Context(), travel(a), bytes.NewReader(b.Bytes()), true); !errs.Is(err, errs.KindConflict) || !strings.Contains(err.Error(), "same e-mail") {
		t.Errorf("the same people in another company of one server: %v", err)
	}

	y := start(t)
	found(t, y, "Victim")
	forged := ids.New().String()
	for what, f := range map[string]func(h *tar.Header, data []byte) []byte{
		"a row names another company's file": func(h *tar.Header, data []byte) []byte {
			if strings.HasPrefix(h.Name, "rows/documents-") {
				return bytes.ReplaceAll(data, []byte("documents/"+c.org.String()), []byte("documents/"+forged))
			}
			return data
		},
		"a file of another company": func(h *tar.Header, data []byte) []byte {
			h.Name = strings.Replace(h.Name, "files/documents/"+c.org.String(), "files/documents/"+forged, 1)
			return data
		},
		"money was changed": func(h *tar.Header, data []byte) []byte {
			if strings.HasPrefix(h.Name, "rows/payments-") {
				return bytes.ReplaceAll(data, []byte("40000"), []byte("90000"))
			}
			return data
		},
		"money was changed and the sum left out": func(h *tar.Header, data []byte) []byte {
			if strings.HasPrefix(h.Name, "rows/payments-") {
				return bytes.ReplaceAll(data, []byte("40000"), []byte("90000"))
			}
			if h.Name == "manifest.json" {
				var m map[string]any
				if err := json.Unmarshal(data, &m); err != nil {
					t.Fatal(err)
				}
				delete(m["tables"].(map[string]any), "payments")
				data, _ = json.Marshal(m)
			}
			return data
		},
		"a table is gone": func(h *tar.Header, data []byte) []byte {
			if strings.HasPrefix(h.Name, "rows/invoice_lines-") {
				return nil
			}
			return data
		},
		"a column nobody knows": func(h *tar.Header, data []byte) []byte {
			if strings.HasPrefix(h.Name, "rows/trucks-") {
				return bytes.ReplaceAll(data, []byte(`"unit_number"`), []byte(`"x, y) values (1"`))
			}
			return data
		},
		"a table nobody knows": func(h *tar.Header, data []byte) []byte {
			h.Name = strings.Replace(h.Name, "rows/trucks-", "rows/river_job-", 1)
			return data
		},
		"no manifest": func(h *tar.Header, data []byte) []byte {
			if h.Name == "manifest.json" {
				return nil
			}
			return data
		},
		"a later version": func(h *tar.Header, data []byte) []byte {
			if h.Name == "about.json" {
				return bytes.ReplaceAll(data, []byte(`"schema": "2`), []byte(`"schema": "9`))
			}
			return data
		},
	} {
		_, err := takeout.Import(t.Context(), travel(y), bytes.NewReader(rewrite(t, b.Bytes(), f)), false)
		if err == nil || errs.KindOf(err) == errs.KindInternal || !strings.Contains(errs.Public(err).HintMsg, "nothing was read in") {
			t.Errorf("%s: %v (%s)", what, err, errs.Public(err).HintMsg)
		}
	}
	for _, bad := range [][]byte{nil, []byte("PK\x03\x04 not ours"), b.Bytes()[:b.Len()/2], b.Bytes()[:40]} {
		if _, err := takeout.Import(t.Context(), travel(y), bytes.NewReader(bad), false); !errs.Is(err, errs.KindInvalid) {
			t.Errorf("%d bytes: %v", len(bad), err)
		}
	}
	for info, err := range y.d.blobs.List(t.Context(), "") {
		t.Errorf("a refused file left %s, %v", info.Key, err)
	}
	// A row's own word for whose it is does not count.
	lie := rewrite(t, b.Bytes(), func(h *tar.Header, data []byte) []byte { return data })
	in, err := takeout.Import(t.Context(), travel(y), bytes.NewReader(lie), true)
	if err != nil || in.Org == c.org {
		t.Fatal(in.Org, err)
	}
	has(t, browse(t, y, "Leaver").get("/loads/"+c.things["billed load"].String()), "Leaver")
	if got := browse(t, y, "Leaver").get("/documents/" + c.things["document"].String() + "/file"); !strings.HasPrefix(got, "%PDF") {
		t.Errorf("under a new id the paper is %.20q", got)
	}
}
