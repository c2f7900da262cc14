package identity

import (
	"context"
	"time"

	"truckflow/internal/identity/internal/identitydb"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/pg"
)

// Invitation is an open offer of an account.
type Invitation = identitydb.Invitation

// Session is a browser somebody is signed in with.
type Session = identitydb.Session

// People lists the accounts and open invitations; needs ManagePeople.
func (s *Service) People(ctx context.Context) (us []User, invs []Invitation, err error) {
	if _, err := Require(ctx, ManagePeople); err != nil {
		return nil, nil, err
	}
	err = s.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := identitydb.New(tx)
		if us, err = q.Users(ctx); err != nil {
			return err
		}
		invs, err = q.OpenInvitations(ctx, s.clock.Now())
		return err
	})
	return us, invs, err
}

// Person returns one account; needs ManagePeople.
func (s *Service) Person(ctx context.Context, id ids.ID) (u User, err error) {
	if _, err := Require(ctx, ManagePeople); err != nil {
		return u, err
	}
	err = s.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		if u, err = identitydb.New(tx).User(ctx, id); pg.IsNoRows(err) {
			err = errs.NotFound("there is no such person")
		}
		return err
	})
	return u, err
}

// Offer is an invitation just made. Token goes into its link; it is not stored
// and whoever has it can become the one who is invited.
type Offer struct {
	Invitation
	Token string
}

// Inviter mails an offer in the transaction that makes it.
type Inviter func(ctx context.Context, tx *pg.Tx, o Offer) error

// Invite offers somebody an account; mail may be nil. Needs ManagePeople.
func (s *Service) Invite(ctx context.Context, email, name string, role Role, mail Inviter) (o Offer, err error) {
	a, err := Require(ctx, ManagePeople)
	if err != nil {
		return o, err
	}
	if email, err = cleanEmail(email); err != nil {
		return o, err
	}
	if !role.Valid() {
		return o, errs.Invalid("unknown role").Field("role", "choose one")
	}
	token, hash := newToken()
	now := s.clock.Now()
	o = Offer{Invitation{OrgID: a.Org, ID: ids.New(), Email: email, Name: name, Role: string(role), TokenHash: hash, InvitedBy: a.Name, CreatedAt: now, ExpiresAt: now.Add(InviteLife)}, token}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		if err := identitydb.New(tx).InsertInvitation(ctx, identitydb.InsertInvitationParams{ID: o.ID, Email: o.Email, Name: o.Name, Role: o.Role, TokenHash: o.TokenHash,
			InvitedBy: o.InvitedBy, CreatedAt: o.CreatedAt, ExpiresAt: o.ExpiresAt}); err != nil {
			return err
		}
		if mail != nil {
			if err := mail(ctx, tx, o); err != nil {
				return err
			}
		}
		return s.Audit(ctx, tx, Entry{Action: "person.invite", Kind: "invitation", ID: o.ID, Label: email, Detail: map[string]string{"role": string(role)}})
	})
	return o, err
}

// RevokeInvitation takes an open offer back: its link opens nothing any more. Needs ManagePeople.
func (s *Service) RevokeInvitation(ctx context.Context, id ids.ID) error {
	if _, err := Require(ctx, ManagePeople); err != nil {
		return err
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		email, err := identitydb.New(tx).RevokeInvitation(ctx, identitydb.RevokeInvitationParams{ID: id, At: s.clock.Now()})
		if pg.IsNoRows(err) {
			return errs.NotFound("there is no such invitation, or it is not open any more")
		} else if err != nil {
			return err
		}
		return s.Audit(ctx, tx, Entry{Action: "person.uninvite", Kind: "invitation", ID: id, Label: email})
	})
}

// Welcome is an open invitation as the one who is invited sees it.
type Welcome struct {
	Invitation
	Company string
}

// Invited returns the open invitation behind a link's token.
func (s *Service) Invited(ctx context.Context, token string) (inv Welcome, err error) {
	hash := hashToken(token)
	err = s.db.WithKey(ctx, hash, func(ctx context.Context, tx *pg.Tx) error {
		inv.Invitation, err = identitydb.New(tx).InvitationByToken(ctx, hash)
		return err
	})
	if errs.Is(err, errs.KindNotFound) || err == nil && (inv.AcceptedAt != nil || inv.RevokedAt != nil || s.clock.Now().After(inv.ExpiresAt)) {
		return inv, errs.NotFound("this invitation is not open any more; ask for a new one")
	} else if err != nil {
		return inv, err
	}
	c, err := s.Company(tenant.System(ctx, inv.OrgID))
	inv.Company = c.Name
	return inv, err
}

// Accept makes the account that an invitation offers.
func (s *Service) Accept(ctx context.Context, token, name, password string) error {
	inv, err := s.Invited(ctx, token)
	if err != nil {
		return err
	}
	if name == "" {
		return errs.Invalid("your name is needed").Field("name", "required")
	}
	hash, err := HashPassword(password)
	if err != nil {
		return err
	}
	ctx = tenant.With(ctx, tenant.Actor{Org: inv.OrgID, Name: name, Role: inv.Role})
	used := false
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q, now := identitydb.New(tx), s.clock.Now()
		n, err := q.AcceptInvitation(ctx, identitydb.AcceptInvitationParams{ID: inv.ID, At: now})
		if err != nil {
			return err
		}
		if used = n == 0; used {
			return errs.Conflict("this invitation was used already")
		}
		id := ids.New()
		if err := q.InsertUser(ctx, identitydb.InsertUserParams{ID: id, Email: inv.Email, Name: name, Role: inv.Role, PasswordHash: hash, CreatedAt: now}); err != nil {
			return err
		}
		return s.Audit(ctx, tx, Entry{Action: "person.join", Kind: "user", ID: id, Label: name})
	})
	if errs.Is(err, errs.KindConflict) && !used {
		return errs.Conflict("an account with that e-mail exists already")
	}
	return err
}

// SetPerson changes a person's name, role, and whether they may sign in. A role
// taken away or an account disabled ends every session and token at once. The
// last active owner stays one. Needs ManagePeople.
func (s *Service) SetPerson(ctx context.Context, id ids.ID, version int, name string, role Role, disabled bool) error {
	if _, err := Require(ctx, ManagePeople); err != nil {
		return err
	}
	if !role.Valid() || name == "" {
		return errs.Invalid("a person has a name and a role").Field("name", "required")
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := identitydb.New(tx)
		u, err := q.User(ctx, id)
		if pg.IsNoRows(err) {
			return errs.NotFound("there is no such person")
		} else if err != nil {
			return err
		}
		revoke := 0
		var off *time.Time
		if disabled {
			now := s.clock.Now()
			off = &now
		}
		if string(role) != u.Role || disabled != (u.DisabledAt != nil) {
			revoke = 1
			if err := q.RevokeSessions(ctx, identitydb.RevokeSessionsParams{UserID: id, At: s.clock.Now()}); err != nil {
				return err
			}
		}
		n, err := q.SetUser(ctx, identitydb.SetUserParams{ID: id, Version: version, Name: name, Role: string(role), DisabledAt: off, Revoke: revoke})
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Conflict("somebody changed this person meanwhile; look again")
		}
		owners, err := q.ActiveOwners(ctx)
		if err != nil {
			return err
		}
		if owners == 0 {
			return errs.Conflict("the company needs at least one owner who can sign in")
		}
		return s.Audit(ctx, tx, Entry{Action: "person.edit", Kind: "user", ID: id, Label: name, Detail: map[string]any{"role": role, "disabled": disabled}})
	})
}

// ChangePassword sets the actor's own password and ends their other sessions and tokens.
func (s *Service) ChangePassword(ctx context.Context, old, fresh string) error {
	a, err := Require(ctx, Self)
	if err != nil {
		return err
	}
	hash, err := HashPassword(fresh)
	if err != nil {
		return err
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := identitydb.New(tx)
		u, err := q.User(ctx, a.User)
		if err != nil {
			return err
		}
		if !passwordMatches(u.PasswordHash, old) {
			return errs.Invalid("the present password is wrong").Field("old", "wrong")
		}
		if err := s.newPassword(ctx, q, a.User, hash); err != nil {
			return err
		}
		return s.Audit(ctx, tx, Entry{Action: "person.password", Kind: "user", ID: a.User, Label: u.Name})
	})
}
