package app

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"truckflow/internal/documents"
	"truckflow/internal/documents/extract"
	"truckflow/internal/fleet"
	"truckflow/internal/kit/errs"
	"truckflow/internal/loads"
	"truckflow/internal/sim/paper"
)

// TestADifferenceHoldsTheBill walks a proof of delivery that differs from its load:
// nobody bills it before somebody has said how that was settled. A bill of lading
// that comes in later is taken into the comparison.
func TestADifferenceHoldsTheBill(t *testing.T) {
	t.Parallel()
	a := start(t)
	ctx := found(t, a, "Prairie")
	cust := customer(t, a, ctx, "Acme", 0)
	f := must(a.Loads.Book(ctx, dallasToMemphis(cust, "A-1", 90_000)))(t)
	drv := must(a.Fleet.AddDriver(ctx, fleet.Driver{Name: "Ana Ruiz", Endorsements: []string{}}))(t)
	f = deliver(t, a, ctx, f, must(a.Fleet.AddTruck(ctx, fleet.Truck{UnitNumber: "101", DriverID: drv.ID.Ptr()}))(t).ID)
	pod := paper.RandomPOD(3)
	pod.Signed, pod.Receiver, pod.ReceivedAt, pod.OSD = true, "Pat Miller", pod.Stops[1].Start, "2 damaged, crushed corner"
	var first, second bytes.Buffer
	if _, err := paper.PrintPOD(&first, pod); err != nil {
		t.Fatal(err)
	}
	d, _, err := a.Documents.Receive(ctx, documents.Upload{Filename: "pod.pdf", Kind: extract.ProofOfDelivery, LoadID: f.ID, Body: &first})
	if err != nil {
		t.Fatal(err)
	}
	check := func() (out map[string]loads.Finding) {
		for _, c := range must(a.Loads.Story(ctx, f.ID))(t).Checks {
			out = map[string]loads.Finding{}
			for _, x := range loads.Findings(c) {
				out[x.What] = x
			}
		}
		return out
	}
	until(t, "it is compared", func() bool { return check() != nil })
	c := check()
	if c["over, short, damaged"].OK || c["received on"].OK || !c["signature"].OK || c["seal"].What != "" {
		t.Errorf("%+v", c)
	}
	bol := pod.BOL
	bol.Seal = "999111"
	if _, err := paper.PrintBOL(&second, bol); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Documents.Receive(ctx, documents.Upload{Filename: "bol.pdf", Kind: extract.BillOfLading, LoadID: f.ID, Body: &second}); err != nil {
		t.Fatal(err)
	}
	until(t, "the bill of lading is taken into it", func() bool { return check()["seal"].What != "" })
	if c := check()["seal"]; c.OK || c.Expected != "999111" {
		t.Errorf("%+v", c)
	}
	if _, err := a.Loads.AcceptPOD(ctx, f.ID, d.ID, " "); !errs.Is(err, errs.KindInvalid) || errs.Public(err).Fields["reason"] == "" {
		t.Errorf("accepted without a word: %v", err)
	}
	if _, err := a.Billing.Issue(ctx, f.ID); !errs.Is(err, errs.KindConflict) {
		t.Errorf("billed with an open difference: %v", err)
	}
	b := browse(t, a, "Prairie")
	has(t, b.get("/loads/"+f.ID.String()), "How the difference was settled", "2 damaged, crushed corner")
	if w := b.do(http.MethodPost, "/loads/"+f.ID.String()+"/pod/"+d.ID.String()+"/accept", url.Values{"reason": {"the receiver kept them"}}); w.Code >= 400 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	st := must(a.Loads.Story(ctx, f.ID))(t)
	if last := st.Events[len(st.Events)-1]; st.State != "ready_to_bill" || !strings.Contains(last.Text, "over, short, damaged") || !strings.HasSuffix(last.Text, ": the receiver kept them") {
		t.Errorf("%s %q", st.State, st.Events[len(st.Events)-1].Text)
	}
	must(a.Billing.Issue(ctx, f.ID))(t)
}
