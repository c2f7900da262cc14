package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"truckflow/internal/identity/internal/identitydb"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/pg"
)

// How long a link to choose a new password is good, and how often one is asked for.
const (
	ResetLife      = 24 * time.Hour // one that an owner, or whoever has the server, hands over
	ForgotLife     = time.Hour      // one that somebody asked for, by mail
	forgotPerEmail = 3              // in ThrottleFor
	forgotPerIP    = 10
)

// Reset is a link just made with which a person chooses a new password, once.
// Token goes into the link; it is not stored, and whoever has it is that person.
type Reset struct {
	Email, Name, MadeBy string
	Token               string
	ExpiresAt           time.Time
}

// ResetMailer mails a link in the transaction that makes it.
type ResetMailer func(ctx context.Context, tx *pg.Tx, r Reset) error

// ResetPassword takes a person's password away, ends their sessions, tokens and API
// keys (whoever else had the account may have made one), and makes the link to a new
// one; mail may be nil. Nobody resets their own: they
// would be locked out by a slip. Needs ManagePeople.
func (s *Service) ResetPassword(ctx context.Context, id ids.ID, mail ResetMailer) (r Reset, err error) {
	a, err := Require(ctx, ManagePeople)
	if err != nil {
		return r, err
	}
	if id == a.User {
		return r, errs.Conflict("change your own password under Settings, My account")
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := identitydb.New(tx)
		u, err := q.User(ctx, id)
		if pg.IsNoRows(err) {
			return errs.NotFound("there is no such person")
		} else if err != nil {
			return err
		}
		if u.DisabledAt != nil {
			return errs.Conflict("%s may not sign in", u.Name).Hint("enable the account first")
		}
		if err := s.newPassword(ctx, q, u.ID, decoyHash); err != nil {
			return err
		}
		if err := q.RevokeKeys(ctx, identitydb.RevokeKeysParams{UserID: u.ID, At: s.clock.Now()}); err != nil {
			return err
		}
		r, err = s.makeReset(ctx, tx, u, a.Name, ResetLife, mail)
		return err
	})
	return r, err
}

// ResetFor is ResetPassword for whoever has the server itself and knows an
// account's e-mail: the way back for a last owner.
func (s *Service) ResetFor(ctx context.Context, email string) (r Reset, err error) {
	u, err := s.byEmail(ctx, email)
	if errs.Is(err, errs.KindNotFound) {
		return r, errs.NotFound("nobody has an account with the e-mail %s", email)
	} else if err != nil {
		return r, err
	}
	return s.ResetPassword(tenant.With(ctx, tenant.Actor{Org: u.OrgID, Name: "the server's command line", Role: tenant.SystemRole}), u.ID, nil)
}

// MayForget counts a request for a link, by e-mail and address, whether or not
// there is such an account: errs.KindRateLimited when there were too many.
func (s *Service) MayForget(ctx context.Context, email, ip string) error {
	keyed := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(email))))
	for _, l := range []struct {
		key string
		n   int
	}{{"forgot:e:" + hex.EncodeToString(keyed[:8]), forgotPerEmail}, {"forgot:ip:" + ip, forgotPerIP}} {
		ok, wait, err := s.limit.Allow(ctx, l.key, l.n, ThrottleFor)
		if err != nil {
			return err
		}
		if !ok {
			return errs.RateLimited("too many requests; try again in %d minutes", int(wait.Minutes())+1)
		}
	}
	return nil
}

// Forgot mails the link to a new password to an account's own e-mail. Nothing else
// changes before the link is used: anybody may have asked. Without such an account
// nothing happens, and that is no error; whoever asked must not learn which it was,
// nor from how long it took.
func (s *Service) Forgot(ctx context.Context, email, ip string, mail ResetMailer) error {
	u, err := s.byEmail(ctx, email)
	if errs.Is(err, errs.KindNotFound) || err == nil && u.DisabledAt != nil {
		return nil
	} else if err != nil {
		return err
	}
	ctx = tenant.With(ctx, tenant.Actor{Org: u.OrgID, Name: "somebody who is not signed in", Role: tenant.SystemRole, IP: ip})
	return s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		_, err := s.makeReset(ctx, tx, u, "", ForgotLife, mail)
		return err
	})
}

func (s *Service) byEmail(ctx context.Context, email string) (u User, err error) {
	email = strings.ToLower(strings.TrimSpace(email))
	err = s.db.WithKey(ctx, email, func(ctx context.Context, tx *pg.Tx) (err error) {
		u, err = identitydb.New(tx).UserByEmail(ctx, email)
		return err
	})
	return u, err
}

// makeReset makes a person's link. Older ones stay good until one is used: anybody
// can ask for a link, and nobody may take one away by asking.
func (s *Service) makeReset(ctx context.Context, tx *pg.Tx, u User, by string, life time.Duration, mail ResetMailer) (Reset, error) {
	token, hash := newToken()
	now := s.clock.Now()
	r := Reset{Email: u.Email, Name: u.Name, MadeBy: by, Token: token, ExpiresAt: now.Add(life)}
	if err := identitydb.New(tx).InsertReset(ctx, identitydb.InsertResetParams{ID: ids.New(), UserID: u.ID, TokenHash: hash, MadeBy: by, CreatedAt: now, ExpiresAt: r.ExpiresAt}); err != nil {
		return r, err
	}
	if mail != nil {
		if err := mail(ctx, tx, r); err != nil {
			return r, err
		}
	}
	return r, s.Audit(ctx, tx, Entry{Action: "person.reset_password", Kind: "user", ID: u.ID, Label: u.Name})
}

// newPassword sets a hash and ends every session, token and open link of a person.
func (s *Service) newPassword(ctx context.Context, q *identitydb.Queries, user ids.ID, hash string) error {
	if err := q.SetPassword(ctx, identitydb.SetPasswordParams{ID: user, PasswordHash: hash}); err != nil {
		return err
	}
	now := s.clock.Now()
	if err := q.CloseResets(ctx, identitydb.CloseResetsParams{UserID: user, At: now}); err != nil {
		return err
	}
	return q.RevokeSessions(ctx, identitydb.RevokeSessionsParams{UserID: user, At: now})
}

// ResetOf returns the account behind a link's token.
func (s *Service) ResetOf(ctx context.Context, token string) (u User, err error) {
	_, u, err = s.openReset(ctx, token)
	return u, err
}

func (s *Service) openReset(ctx context.Context, token string) (r identitydb.PasswordReset, u User, err error) {
	hash := hashToken(token)
	err = s.db.WithKey(ctx, hash, func(ctx context.Context, tx *pg.Tx) (err error) {
		r, err = identitydb.New(tx).ResetByToken(ctx, hash)
		return err
	})
	gone := errs.NotFound("this link is not good any more; ask for a new one")
	if errs.Is(err, errs.KindNotFound) || err == nil && (r.ClosedAt != nil || s.clock.Now().After(r.ExpiresAt)) {
		return r, u, gone
	} else if err != nil {
		return r, u, err
	}
	err = s.db.WithRead(tenant.System(ctx, r.OrgID), func(ctx context.Context, tx *pg.Tx) (err error) {
		u, err = identitydb.New(tx).User(ctx, r.UserID)
		return err
	})
	if err == nil && u.DisabledAt != nil {
		err = gone
	}
	return r, u, err
}

// ChooseAnew sets the password of the account behind a link's token, closes the
// link and ends every session and token that the account had.
func (s *Service) ChooseAnew(ctx context.Context, token, password, ip string) error {
	r, u, err := s.openReset(ctx, token)
	if err != nil {
		return err
	}
	hash, err := HashPassword(password)
	if err != nil {
		return err
	}
	return s.db.WithTx(tenant.With(ctx, actorOf(u, ids.ID{}, ip)), func(ctx context.Context, tx *pg.Tx) error {
		q := identitydb.New(tx)
		n, err := q.CloseReset(ctx, identitydb.CloseResetParams{ID: r.ID, At: s.clock.Now()})
		if err == nil && n == 0 {
			err = errs.Conflict("this link was used already")
		}
		if err != nil {
			return err
		}
		if err := s.newPassword(ctx, q, u.ID, hash); err != nil {
			return err
		}
		return s.Audit(ctx, tx, Entry{Action: "person.password", Kind: "user", ID: u.ID, Label: u.Name, Detail: map[string]string{"by": "a link"}})
	})
}
