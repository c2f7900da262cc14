package fleet_test

import (
	"context"
	"testing"
	"time"

	"truckflow/internal/fleet"
	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/pg"
	"truckflow/internal/platform/pg/schematest"
)

type noLimit struct{}

func (noLimit) Allow(context.Context, string, int, time.Duration) (bool, time.Duration, error) {
	return true, 0, nil
}

type house struct {
	*fleet.Service
	db  *pg.DB
	who *identity.Service
	clk *clock.Fake
	ctx context.Context // an owner of a fresh company in Chicago
	t   *testing.T
}

func open(t *testing.T) house {
	t.Helper()
	d := schematest.New(t)
	db, err := pg.Open(t.Context(), pg.Settings{DSN: d.AppDSN, MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	clk := clock.At(time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC))
	who, err := identity.New(db, clk, noLimit{}, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	h := house{Service: fleet.New(db, clk, who), db: db, who: who, clk: clk, t: t}
	h.ctx = h.company("owner@one.example")
	return h
}

// company founds one more company and returns its owner.
func (h house) company(email string) context.Context {
	h.t.Helper()
	org, err := h.who.Found(h.t.Context(), identity.Founding{Company: identity.Company{Name: "Carrier " + email, Email: email}, Name: "Olive Owner", Email: email, Password: "a long enough passphrase 7"})
	if err != nil {
		h.t.Fatal(err)
	}
	return tenant.With(h.t.Context(), tenant.Actor{Org: org, Name: "Olive Owner", Role: "owner"})
}

// as is the same company seen by another role.
func (h house) as(role identity.Role) context.Context {
	a, _ := tenant.From(h.ctx)
	a.Role = string(role)
	return tenant.With(h.ctx, a)
}

func day(y int, m time.Month, d int) *time.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	return &t
}

func wantKind(t *testing.T, err error, k errs.Kind, field string) {
	t.Helper()
	if !errs.Is(err, k) {
		t.Fatalf("got %v, want an error of kind %s", err, k)
	}
	if field != "" && errs.Public(err).Fields[field] == "" {
		t.Fatalf("%v names %v, not the field %s", err, errs.Public(err).Fields, field)
	}
}
