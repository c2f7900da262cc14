package loads_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/geo"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads"
	"truckflow/internal/platform/jobs"
	"truckflow/internal/platform/pg"
	"truckflow/internal/platform/pg/schematest"
)

type noLimit struct{}

func (noLimit) Allow(context.Context, string, int, time.Duration) (bool, time.Duration, error) {
	return true, 0, nil
}

// atlas knows two cities, a thousand miles apart.
type atlas struct{}

func (atlas) Locate(_ context.Context, _, city, _, _ string) (geo.Point, string, string, error) {
	switch city {
	case "Dallas":
		return geo.Point{Lat: 32.7767, Lon: -96.797}, "America/Chicago", "city", nil
	case "Atlanta":
		return geo.Point{Lat: 33.749, Lon: -84.388}, "America/New_York", "city", nil
	}
	return geo.Point{}, "", "", errs.NotFound("no such place")
}

func (atlas) Miles(context.Context, []geo.Point) (int, bool, error) { return 1000, true, nil }

// books are the customers, as loads asks about them; owed is on open invoices.
type books map[ids.ID]account

type account struct {
	loads.Payer
	owed money.Cents
}

func (b books) Payer(_ context.Context, id ids.ID) (loads.Payer, error) {
	p, ok := b[id]
	if !ok {
		return p.Payer, errs.NotFound("there is no such customer")
	}
	return p.Payer, nil
}

func (b books) Owed(_ context.Context, id ids.ID) (money.Cents, error) { return b[id].owed, nil }

func (books) Match(context.Context, string, string, string) (ids.ID, string, error) {
	return ids.ID{}, "", nil
}

// yards are the facilities, as loads asks about them. They stand in the database
// too: a stop's facility has to be there.
type yards struct {
	db    *pg.DB
	known map[ids.ID]loads.Site
}

func (y yards) Site(_ context.Context, id ids.ID) (loads.Site, error) {
	s, ok := y.known[id]
	if !ok {
		return s, errs.NotFound("there is no such facility")
	}
	return s, nil
}

func (y yards) Match(_ context.Context, s loads.Site) (ids.ID, error) {
	for id, k := range y.known {
		if k.Name == s.Name && k.City == s.City {
			return id, nil
		}
	}
	return ids.ID{}, nil
}

func (y yards) Add(ctx context.Context, s loads.Site) (ids.ID, error) {
	if id, err := y.Match(ctx, s); err != nil || !id.IsZero() {
		return id, err
	}
	s.ID = ids.New()
	y.known[s.ID] = s
	return s.ID, y.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		_, err := tx.Exec(ctx, "insert into facilities (id, name, name_key, city, state, time_zone, created_at, updated_at) values ($1, $2, $2, $3, $4, 'America/Chicago', now(), now())", s.ID, s.Name, s.City, s.State)
		return err
	})
}

type house struct {
	*loads.Service
	db    *pg.DB
	owner *pgx.Conn // owns the tables: ANALYZE, and rows made by the thousand
	books books
	yards yards
	acme  ids.ID
	ctx   context.Context // an owner of a company in Chicago
}

var monday = time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)

func open(t *testing.T) house {
	t.Helper()
	d := schematest.New(t)
	h := house{books: books{}, acme: ids.New()}
	h.books[h.acme] = account{Payer: loads.Payer{Name: "Acme Logistics"}}
	var err error
	if h.db, err = pg.Open(t.Context(), pg.Settings{DSN: d.AppDSN, MaxConns: 4}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.db.Close)
	if h.owner, err = pgx.Connect(t.Context(), d.OwnerDSN); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.owner.Close(context.Background()) })
	clk := clock.At(monday)
	who, err := identity.New(h.db, clk, noLimit{}, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	org, err := who.Found(t.Context(), identity.Founding{Company: identity.Company{Name: "Prairie", Email: "o@prairie.example", TimeZone: "America/Chicago"}, Name: "Olive Owner",
		Email: "o@prairie.example", Password: "a long enough passphrase 7"})
	if err != nil {
		t.Fatal(err)
	}
	h.ctx = tenant.With(t.Context(), tenant.Actor{Org: org, Name: "Olive Owner", Role: string(identity.Owner)})
	h.yards = yards{h.db, map[ids.ID]loads.Site{}}
	h.Service = loads.New(loads.Config{DB: h.db, Clock: clk, Identity: who, Jobs: jobs.New(slog.New(slog.DiscardHandler)), Places: atlas{}, Payers: h.books, Sites: h.yards})
	return h
}

// as is the same company seen by another role.
func (h house) as(role identity.Role) context.Context {
	a, _ := tenant.From(h.ctx)
	a.Role = string(role)
	return tenant.With(h.ctx, a)
}

// trip is a load from Dallas to Atlanta that picks up on a day and pays so many dollars.
func (h house) trip(day string, dollars int) loads.Input {
	return loads.Input{CustomerID: h.acme, Equipment: "van", Charges: []loads.ChargeInput{{Kind: "linehaul", Amount: money.Cents(dollars * 100)}},
		Stops: []loads.StopInput{{Kind: "pickup", Name: "Big D Warehouse", Address: "1 Main St", City: "Dallas", State: "TX", From: day + "T08:00"},
			{Kind: "delivery", Name: "Peach DC", Address: "9 Peachtree St", City: "Atlanta", State: "GA", From: day + "T23:30"}}}
}

func (h house) book(t *testing.T, day string, dollars int) loads.Full {
	t.Helper()
	f, err := h.Book(h.ctx, h.trip(day, dollars))
	if err != nil {
		t.Fatalf("%v %v", err, errs.Public(err).Fields)
	}
	return f
}

// history is what happened to a load, oldest first.
func (h house) history(t *testing.T, id ids.ID) []loads.Event {
	t.Helper()
	st, err := h.Story(h.ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return st.Events
}
