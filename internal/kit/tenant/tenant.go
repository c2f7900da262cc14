// Package tenant carries who is acting, and for which organisation, through a
// context. platform/pg refuses to open a tenant transaction without it.
package tenant

import (
	"context"

	"truckflow/internal/kit/ids"
)

// Actor is who does something: a signed-in user, an API client, or the program
// itself (a job). Org is always set.
type Actor struct {
	Org      ids.ID
	User     ids.ID // zero for the program itself
	Name     string // as shown in history: "Dana Ortiz", "TruckFlow"
	Role     string // identity's role name; "system" for the program itself
	Session  ids.ID // the browser session or token id; zero for jobs
	IP       string // caller's address, for the audit trail
	ReadOnly bool   // an API key that may change nothing; the API frame refuses what is not a read

	// What every page shows of the organisation; a browser's visitor alone has it.
	Company string // its name
	Zone    string // IANA, of its home terminal
}

// SystemName and SystemRole mark the program acting for an organisation.
const (
	SystemName = "TruckFlow"
	SystemRole = "system"
)

type ctxKey struct{}
type requestKey struct{}

// With returns ctx in which a acts.
func With(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, ctxKey{}, a) }

// System returns ctx in which the program itself acts for org.
func System(ctx context.Context, org ids.ID) context.Context {
	return With(ctx, Actor{Org: org, Name: SystemName, Role: SystemRole})
}

// From returns who acts in ctx; ok is false when nobody does.
func From(ctx context.Context) (a Actor, ok bool) {
	a, ok = ctx.Value(ctxKey{}).(Actor)
	return a, ok && !a.Org.IsZero()
}

// WithRequestID returns ctx that carries the request's id into logs, jobs and the audit trail.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// RequestID returns the request id in ctx, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}
