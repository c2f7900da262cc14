package app

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/billing"
	"truckflow/internal/copilot"
	"truckflow/internal/customers"
	"truckflow/internal/documents"
	"truckflow/internal/fleet"
	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads"
	"truckflow/internal/platform/outbox"
	"truckflow/internal/platform/pg"
	"truckflow/internal/sim/paper"
)

// company is one carrier with a thing of every kind that an address or a body
// can name. Every text in it contains the company's word.
type company struct {
	word                 string
	org                  ids.ID
	ctx                  context.Context // its owner acts
	cookie, csrf, bearer string
	files                string // the data folder
	things               map[string]ids.ID
}

// open founds a company and signs its owner in.
func open(t *testing.T, a *App, word string) company {
	t.Helper()
	c := company{word: word, ctx: found(t, a, word), files: a.cfg.DataDir, things: map[string]ids.ID{}}
	email, pw := strings.ToLower(c.word)+"@example.com", "correct horse "+c.word
	c.cookie = must(a.Identity.SignIn(t.Context(), email, pw, "127.0.0.1", "test"))(t)
	who := must(a.Identity.Resume(t.Context(), c.cookie, "127.0.0.1"))(t)
	c.org, c.csrf = who.Org, a.Identity.CSRF(who.Session)
	bearer, _, err := a.Identity.IssueToken(t.Context(), email, pw, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	c.bearer = bearer
	return c
}

// furnish founds a company and gives it one of everything.
func furnish(t *testing.T, a *App, word string) company {
	t.Helper()
	c := open(t, a, word)
	must(a.Identity.Invite(c.ctx, "new-"+strings.ToLower(word)+"@example.com", word+" Newcomer", identity.Viewer, nil))(t)
	_, invs, err := a.Identity.People(c.ctx)
	if err != nil || len(invs) != 1 {
		t.Fatal(invs, err)
	}
	c.things["invitation"] = invs[0].ID
	join(t, a, c.ctx, identity.Dispatcher, "second-"+strings.ToLower(word)+"@example.com")
	us, _, err := a.Identity.People(c.ctx)
	if err != nil || len(us) != 2 {
		t.Fatal(us, err)
	}
	for _, u := range us {
		if u.Role == string(identity.Dispatcher) {
			c.things["user"] = u.ID
		}
	}
	c.customers(t, a)
	c.haul(t, a)
	c.things["spare truck"] = must(a.Fleet.AddTruck(c.ctx, fleet.Truck{UnitNumber: word + "-T", HomeCity: "Dallas", HomeState: "TX"}))(t).ID
	c.things["spare trailer"] = must(a.Fleet.AddTrailer(c.ctx, fleet.Trailer{UnitNumber: word + "-R", Equipment: "van"}))(t).ID
	c.things["spare driver"] = must(a.Fleet.AddDriver(c.ctx, fleet.Driver{Name: word + " Driver", Endorsements: []string{}}))(t).ID
	c.things["load"], c.things["draft"] = c.book(t, a).ID, must(a.Loads.Draft(c.ctx, loads.Input{CustomerRef: word + "-DRAFT"}))(t).ID
	c.things["view"] = must(a.Dispatch.SaveView(c.ctx, "board", word+" view", "only=late", true))(t).ID
	asked := must(a.Copilot.Ask(as(t, a, word), copilot.Question{Text: "add a note to this load: " + word + " remark", Load: c.things["load"]}))(t)
	c.things["proposal"] = asked.Answer.Proposal.ID
	if err := a.Pricing.Learn(tenant.System(t.Context(), c.org), time.Time{}); err != nil {
		t.Fatal(err)
	}
	c.settled(t, a)
	return c
}

func (c company) customers(t *testing.T, a *App) {
	t.Helper()
	cust := must(a.Customers.AddCustomer(c.ctx, customers.Customer{Name: c.word + " Broker", Kind: "broker", BillingEmail: "ap@" + strings.ToLower(c.word) + ".example.com", TermsDays: 30}))(t)
	c.things["customer"] = cust.ID
	c.things["contact"] = must(a.Customers.SaveContact(c.ctx, customers.Contact{CustomerID: cust.ID, Name: c.word + " Contact"}))(t).ID
	c.things["facility"] = must(a.Customers.AddFacility(c.ctx, customers.Facility{Name: c.word + " Dock", City: "Dallas", State: "TX", Zip: "75201"}))(t).ID
}

func (c company) book(t *testing.T, a *App) loads.Full {
	t.Helper()
	return must(a.Loads.Book(c.ctx, loads.Input{CustomerID: c.things["customer"], CustomerRef: c.word + "-" + ids.New().String()[30:], Equipment: "van", Commodity: c.word + " freight",
		Charges: []loads.ChargeInput{{Kind: "linehaul", Amount: 90_000}}, Stops: []loads.StopInput{
			{Kind: "pickup", Name: c.word + " Shipper", City: "Dallas", State: "TX", ZIP: "75201", From: ago(2)},
			{Kind: "delivery", Name: c.word + " Receiver", City: "Memphis", State: "TN", ZIP: "38118", From: ago(1)}}}))(t)
}

// haul brings two loads to money: POD, invoice, mail and a payment; the second one's rest is credited.
func (c company) haul(t *testing.T, a *App) {
	t.Helper()
	f := haul(t, a, c.ctx, c.book(t, a))
	c.things["billed load"] = f.ID
	c.things["truck"], c.things["trailer"], c.things["driver"] = ids.Of(f.TruckID), ids.Of(f.TrailerID), ids.Of(f.DriverID)
	c.things["pod"] = must(a.Documents.OfLoad(c.ctx, f.ID))(t)[0].ID
	var pdf bytes.Buffer
	if err := paper.Layouts()[2].Print(&pdf, paper.Random(77)); err != nil { // both companies have the same paper
		t.Fatal(err)
	}
	d, again, err := a.Documents.Receive(c.ctx, documents.Upload{Filename: c.word + " ticket.pdf", Kind: "scale_ticket", Body: &pdf})
	if err != nil || again {
		t.Fatalf("the same bytes in another company are another document: again %v, %v", again, err)
	}
	c.things["document"] = d.ID
	until(t, "the document is read", func() bool { return must(a.Documents.Get(c.ctx, d.ID))(t).State == "read" })
	inv := must(a.Billing.Issue(c.ctx, f.ID))(t)
	c.things["invoice"] = inv.ID
	if err := a.Billing.Send(c.ctx, inv.ID, "", ids.ID{}); err != nil {
		t.Fatal(err)
	}
	until(t, "the mail is kept", func() bool {
		ms := must(a.Outbox.List(c.ctx, outbox.Filter{AboutID: inv.ID}, page.Request{}))(t).Items
		if len(ms) == 1 {
			c.things["mail"] = ms[0].ID
		}
		return len(ms) == 1 && ms[0].State == "kept"
	})
	c.things["payment"] = must(a.Billing.Pay(c.ctx, billing.Receipt{CustomerID: c.things["customer"], On: today(), Amount: 40_000, Method: "ach", Reference: c.word + " ACH",
		Shares: []billing.Share{{InvoiceID: inv.ID, Amount: 40_000}}}))(t).ID
	g := drive(t, a, c.ctx, c.book(t, a), c.things["truck"], 4)
	c.things["credit note"] = must(a.Billing.Credit(c.ctx, must(a.Billing.Issue(c.ctx, g.ID))(t).ID, c.word+" gave a discount"))(t).ID
}

func today() time.Time { return clock.System.Now().UTC().Truncate(24 * time.Hour) }

// settled waits until no job of the company is left: what follows is changed by calls only.
func (c company) settled(t *testing.T, a *App) {
	t.Helper()
	until(t, "the jobs are done", func() bool {
		var n int
		err := a.d.db.WithoutTenant(t.Context(), func(ctx context.Context, tx *pg.Tx) error {
			return tx.QueryRow(ctx, "select count(*) from river_job where state not in ('completed', 'cancelled', 'discarded') and kind not like 'periodic%' and scheduled_at <= now()").Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n == 0
	})
}

// rows returns every row the company has, by table, as text, and the hashes of its files.
func (c company) rows(t *testing.T, a *App) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := a.d.db.WithRead(tenant.System(t.Context(), c.org), func(ctx context.Context, tx *pg.Tx) error {
		rs, err := tx.Query(ctx, `select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind in ('r', 'p')
			and not c.relispartition and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped)`)
		if err != nil {
			return err
		}
		names, err := pgx.CollectRows(rs, pgx.RowTo[string])
		for _, n := range names {
			var text string
			if err := tx.QueryRow(ctx, "select coalesce(string_agg(x::text, E'\n' order by x::text), '') from "+n+" x").Scan(&text); err != nil {
				return err
			}
			out["table "+n] = text
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(c.files, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(p, c.org.String()) {
			b, err := os.ReadFile(p)
			out["file "+p] = string(b)
			return err
		}
		return err
	})
	if err != nil || len(out) < 25 {
		t.Fatalf("%d tables and files, %v", len(out), err)
	}
	return out
}

// unchanged compares two results of rows.
func unchanged(t *testing.T, before, after map[string]string) {
	t.Helper()
	for k, was := range before {
		if is, there := after[k]; !there {
			t.Errorf("%s is gone", k)
		} else if is != was {
			t.Errorf("%s changed\n  from %.600s\n  to   %.600s", k, was, is)
		}
	}
	for k := range after {
		if _, there := before[k]; !there {
			t.Errorf("%s is new", k)
		}
	}
}
