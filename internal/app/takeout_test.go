package app

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
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
	found(t, y, "Host")
	for what, file := range forgeries(t, c, b.Bytes()) {
		_, err := takeout.Import(t.Context(), travel(y), bytes.NewReader(file), false)
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
	in, err := takeout.Import(t.Context(), travel(y), bytes.NewReader(b.Bytes()), true)
	if err != nil || in.Org == c.org {
		t.Fatal(in.Org, err)
	}
	moved := browse(t, y, "Leaver")
	has(t, moved.get("/loads/"+c.things["billed load"].String()), "Leaver")
	if got := moved.get("/documents/" + c.things["document"].String() + "/file"); !strings.HasPrefix(got, "%PDF") {
		t.Errorf("under a new id the paper is %.20q", got)
	}
}

// forgeries are c's file, each changed in one way.
func forgeries(t *testing.T, c company, file []byte) map[string][]byte {
	t.Helper()
	forged := ids.New().String()
	within := func(table, from, to string) func(h *tar.Header, data []byte) []byte {
		return func(h *tar.Header, data []byte) []byte {
			if strings.HasPrefix(h.Name, "rows/"+table+"-") {
				return bytes.ReplaceAll(data, []byte(from), []byte(to))
			}
			return data
		}
	}
	without := func(part string) func(h *tar.Header, data []byte) []byte {
		return func(h *tar.Header, data []byte) []byte {
			if strings.HasPrefix(h.Name, part) {
				return nil
			}
			return data
		}
	}
	named := func(from, to string) func(h *tar.Header, data []byte) []byte {
		return func(h *tar.Header, data []byte) []byte { h.Name = strings.Replace(h.Name, from, to, 1); return data }
	}
	out := map[string][]byte{}
	for what, change := range map[string]func(h *tar.Header, data []byte) []byte{
		"a row names another company's file": within("documents", "documents/"+c.org.String(), "documents/"+forged),
		"a row says that it is another's":    within("trucks", `"org_id":"`+c.org.String(), `"org_id":"`+forged),
		"a file of another company":          named("files/documents/"+c.org.String(), "files/documents/"+forged),
		"money was changed":                  within("payments", "40000", "90000"),
		"a table is gone":                    without("rows/invoice_lines-"),
		"a column nobody knows":              within("trucks", `"unit_number"`, `"x, y) values (1"`),
		"a table nobody knows":               named("rows/trucks-", "rows/river_job-"),
		"a table of no company":              named("rows/trucks-", "rows/orgs-"),
		"no manifest":                        without("manifest.json"),
		"a paper is gone":                    without("files/documents/"),
		"two rows with one key":              within("load_counters", "\n", "\n{}\n"),
		"of a later version": func(h *tar.Header, data []byte) []byte {
			return bytes.ReplaceAll(data, []byte(`"schema": "2`), []byte(`"schema": "9`))
		},
		"the books were changed with the rows": books,
		"a row is another's, and the sum is made anew": func(h *tar.Header, data []byte) []byte {
			data = within("trucks", `"org_id":"`+c.org.String(), `"org_id":"`+forged)(h, data)
			if strings.HasPrefix(h.Name, "rows/trucks-") {
				trucks = sha256.Sum256(bytes.ReplaceAll(data, []byte(c.org.String()), []byte("{org}")))
			}
			return sums(t, h, data, "trucks", trucks)
		},
	} {
		out[what] = rewrite(t, file, change)
	}
	return out
}

// trucks is the sum of the rows of trucks as they were forged.
var trucks [32]byte

// sums gives a table another sum in the manifest.
func sums(t *testing.T, h *tar.Header, data []byte, table string, sum [32]byte) []byte {
	t.Helper()
	if h.Name != "manifest.json" {
		return data
	}
	var m takeout.Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	x := m.Tables[table]
	x.SHA256 = hex.EncodeToString(sum[:])
	m.Tables[table] = x
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// books changes what was received, in the manifest alone.
func books(h *tar.Header, data []byte) []byte {
	if h.Name == "manifest.json" {
		return bytes.ReplaceAll(data, []byte(`"received_cents": 40000`), []byte(`"received_cents": 90000`))
	}
	return data
}
