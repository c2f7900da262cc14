package identity

import (
	"context"
	"encoding/json"

	"truckflow/internal/identity/internal/identitydb"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/pg"
)

// Entry is one line of the audit trail.
type Entry struct {
	Action string // room.verb: "load.book"
	Kind   string // of the subject: load, invoice, truck …
	ID     ids.ID // of the subject; may be zero
	Label  string // for people: "L-10234"
	Detail any    // JSON; nil for none; never secrets
}

// Audit writes e in tx, as the actor in ctx. Its failure fails the change, at the latest when it commits.
func (s *Service) Audit(ctx context.Context, tx *pg.Tx, e Entry) error {
	a, ok := tenant.From(ctx)
	if !ok {
		return errs.Unauthenticated("sign in first")
	}
	detail := []byte("{}")
	if e.Detail != nil {
		var err error
		if detail, err = json.Marshal(e.Detail); err != nil {
			return err
		}
	}
	return identitydb.New(tx.Later()).InsertAudit(ctx, identitydb.InsertAuditParams{
		ID: ids.New(), At: s.clock.Now(), ActorID: a.User.Ptr(), ActorName: a.Name, ActorRole: a.Role,
		Action: e.Action, SubjectKind: e.Kind, SubjectID: e.ID.Ptr(), SubjectLabel: e.Label,
		Detail: detail, RequestID: tenant.RequestID(ctx), Ip: a.IP,
	})
}

// AuditLine is a line of the audit trail as shown.
type AuditLine = identitydb.AuditLog

// AuditTrail returns the newest lines first; needs SeeAudit.
func (s *Service) AuditTrail(ctx context.Context, req page.Request) (p page.Page[AuditLine], err error) {
	if _, err := Require(ctx, SeeAudit); err != nil {
		return p, err
	}
	before := ids.Last
	if _, err := page.Decode(req.Cursor, &before); err != nil {
		return p, err
	}
	err = s.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := identitydb.New(tx).AuditPage(ctx, identitydb.AuditPageParams{Before: before, Rows: int32(req.Rows() + 1)})
		p = page.Cut(rows, req.Rows(), func(l AuditLine) any { return l.ID })
		return err
	})
	return p, err
}
