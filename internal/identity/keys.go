package identity

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"truckflow/internal/identity/internal/identitydb"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/pg"
)

// Key is a person's API key; its secret is shown once and never stored.
type Key = identitydb.ApiKey

// keyPrefix tells a key from a bearer token, and a secret scanner what it found.
const keyPrefix = "tfk_"

// mostKeys a person may have.
const mostKeys = 20

// Keys lists one's own keys.
func (s *Service) Keys(ctx context.Context) (out []Key, err error) {
	a, err := Require(ctx, Self)
	if err != nil {
		return nil, err
	}
	err = s.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		out, err = identitydb.New(tx).Keys(ctx, a.User)
		return err
	})
	return out, err
}

// MakeKey makes a key that acts as oneself, with one's own permissions as they are
// when it is used; readOnly refuses every change. The secret is returned and
// shown this once. A key cannot make keys.
func (s *Service) MakeKey(ctx context.Context, name string, readOnly bool) (secret string, err error) {
	a, err := Require(ctx, Self)
	if err != nil {
		return "", err
	}
	if a.Session.IsZero() {
		return "", errs.Forbidden("keys are made by a person who is signed in")
	}
	if name = strings.TrimSpace(name); name == "" || len(name) > 100 {
		return "", errs.Invalid("the key was not made").Field("name", "say what will use it, in 1 to 100 characters")
	}
	secret = keyPrefix + rand.Text()
	return secret, s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := identitydb.New(tx)
		have, err := q.Keys(ctx, a.User)
		if err != nil {
			return err
		}
		if len(have) >= mostKeys {
			return errs.Conflict("you have %d keys; revoke one first", len(have))
		}
		id := ids.New()
		if err := q.InsertKey(ctx, identitydb.InsertKeyParams{ID: id, UserID: a.User, Name: name, TokenHash: hashToken(secret), ReadOnly: readOnly, CreatedAt: s.clock.Now()}); err != nil {
			return err
		}
		return s.Audit(ctx, tx, Entry{Action: "key.make", Kind: "key", ID: id, Label: name, Detail: map[string]bool{"read only": readOnly}})
	})
}

// RevokeKey ends one of one's own keys at once.
func (s *Service) RevokeKey(ctx context.Context, id ids.ID) error {
	a, err := Require(ctx, Self)
	if err != nil {
		return err
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		name, err := identitydb.New(tx).RevokeKey(ctx, identitydb.RevokeKeyParams{ID: id, UserID: a.User, At: s.clock.Now()})
		if pg.IsNoRows(err) {
			return errs.NotFound("there is no such key of yours")
		} else if err != nil {
			return err
		}
		return s.Audit(ctx, tx, Entry{Action: "key.revoke", Kind: "key", ID: id, Label: name})
	})
}

// byKey is Bearer for a key.
func (s *Service) byKey(ctx context.Context, secret, ip string) (a tenant.Actor, err error) {
	bad := errs.Unauthenticated("the API key is not valid, or was revoked")
	hash := hashToken(secret)
	var k identitydb.KeyByTokenRow
	err = s.db.WithKey(ctx, hash, func(ctx context.Context, tx *pg.Tx) (err error) {
		k, err = identitydb.New(tx).KeyByToken(ctx, hash)
		if pg.IsNoRows(err) {
			return bad
		}
		return err
	})
	if err != nil {
		return a, err
	}
	err = s.db.WithRead(tenant.System(ctx, k.OrgID), func(ctx context.Context, tx *pg.Tx) error {
		u, err := identitydb.New(tx).User(ctx, k.UserID)
		if pg.IsNoRows(err) || err == nil && u.DisabledAt != nil {
			return bad
		} else if err != nil {
			return err
		}
		a = actorOf(u, ids.ID{}, ip)
		a.ReadOnly = k.ReadOnly
		return nil
	})
	if now := s.clock.Now(); err == nil && (k.UsedAt == nil || now.Sub(*k.UsedAt) > time.Hour) {
		err = s.touch(ctx, k.OrgID, func(ctx context.Context, q *identitydb.Queries) error {
			return q.TouchKey(ctx, identitydb.TouchKeyParams{ID: k.ID, At: now})
		})
	}
	return a, err
}
