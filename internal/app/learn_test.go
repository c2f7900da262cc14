package app

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"truckflow/internal/documents"
	"truckflow/internal/documents/extract"
	"truckflow/internal/kit/ids"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
)

// oddPaper calls the load number as nobody else does.
func oddPaper(number string) string {
	return fmt.Sprintf(`RATE CONFIRMATION
Great Plains Brokerage LLC          MC 445566
Dossier: %s
Carrier: Prairie
Equipment: Van   Commodity: canned corn   Weight: 42,000 lbs
Total rate: $2,100.00
PICKUP
Prairie Cannery
1200 Mill Rd
Rochelle, IL 61068
11/27/2026 08:00
DELIVERY
Lone Star Foods
88 Depot St
Dallas, TX 75201
11/29/2026 14:00
Payment terms: 30 days
`, number)
}

// TestAConfirmedLayoutIsUsedNextTime has a person correct one paper of a broker
// and book from it: the next one of the layout is read with what that taught, the
// neighbour company's is not, and the owner takes the correction out as a test case.
func TestAConfirmedLayoutIsUsedNextTime(t *testing.T) {
	t.Parallel()
	a := start(t)
	ctx, other := found(t, a, "Prairie"), found(t, a, "Neighbour")
	cust := customer(t, a, ctx, "Great Plains Brokerage LLC", 0)
	b := browse(t, a, "Prairie")
	draft := func(n int) loads.Full {
		t.Helper()
		d, _, err := a.Documents.Receive(ctx, documents.Upload{Filename: fmt.Sprintf("odd %d.txt", n), Body: strings.NewReader(oddPaper(fmt.Sprintf("GP-%d", 7000+n)))})
		if err != nil {
			t.Fatal(err)
		}
		until(t, "it is drafted", func() bool { d = must(a.Documents.Get(ctx, d.ID))(t); return d.LoadID != nil })
		return must(a.Loads.Get(ctx, ids.Of(d.LoadID)))(t)
	}
	f := draft(0)
	if f.CustomerRef != "" {
		t.Fatalf("the rules know this layout: %s", f.CustomerRef)
	}
	in := f.Input()
	in.CustomerID, in.CustomerRef = cust, "GP-7000"
	in.Charges = []loads.ChargeInput{{Kind: "linehaul", Amount: 225_000}} // bargained up: the paper says less
	f = must(a.Loads.Edit(ctx, f.ID, f.Version, in))(t)
	must(a.Loads.Do(ctx, f.ID, loads.Step{Verb: lifecycle.Book, Version: f.Version}))(t)
	until(t, "it is learnt", func() bool { return must(a.Documents.Corrections(ctx))(t) == 1 })

	g := draft(1)
	if g.CustomerRef != "GP-7001" || !flagged(g, "load_number", "where it stood on 1 confirmed paper") || g.TotalCents != 210_000 {
		t.Errorf("%q %s %+v", g.CustomerRef, g.TotalCents.Dollars(), loads.Flags(g.Load))
	}
	d, _, err := a.Documents.Receive(other, documents.Upload{Filename: "odd.txt", Body: strings.NewReader(oddPaper("GP-7001"))})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the neighbour's is read", func() bool { return must(a.Documents.Get(other, d.ID))(t).State == "read" })
	if r, _, err := a.Documents.Reading(other, d.ID); err != nil || r.LoadNumber != nil {
		t.Errorf("one company's papers taught another's reader: %+v, %v", r.LoadNumber, err)
	}

	has(t, b.get("/documents"), "/documents/cases.zip", "1 test case")
	w := b.do(http.MethodGet, "/documents/cases.zip", nil)
	z, err := zip.NewReader(bytes.NewReader(w.Body.Bytes()), int64(w.Body.Len()))
	if err != nil || len(z.File) != 2 {
		t.Fatal(err, w.Code)
	}
	var label extract.Label
	for _, x := range z.File {
		r, err := x.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case strings.HasSuffix(x.Name, ".label.json"):
			if label, err = extract.ParseLabel(data); err != nil {
				t.Fatal(err)
			}
		case string(data) != oddPaper("GP-7000"):
			t.Errorf("%s is not the paper", x.Name)
		}
	}
	if !label.Only || label.Values["load_number"] != "GP-7000" || label.Values["stops[1].city"] != "Dallas" || label.Values["total_rate"] != "" {
		t.Errorf("%+v", label)
	}
	score := extract.Compare(extract.Read(extract.TextPages(oddPaper("GP-7000")), extract.Options{Places: gazetteerAdapter{}}), label)
	if score.Missed != 1 || score.Wrong != 0 || score.Extra != 0 || score.Fields < 15 {
		t.Errorf("%+v", score)
	}
}
