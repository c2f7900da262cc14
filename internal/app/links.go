package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/outbox"
	"truckflow/internal/platform/pg"
	"truckflow/internal/platform/telemetry"
)

// inviteLink is where an offer is taken up.
func (a *App) inviteLink(o identity.Offer) string {
	return strings.TrimSuffix(a.cfg.PublicURL, "/") + "/join/" + o.Token
}

func (a *App) inviteMail(ctx context.Context, tx *pg.Tx, o identity.Offer) error {
	c, err := a.Identity.Company(ctx)
	if err != nil {
		return err
	}
	who, _ := tenant.From(ctx)
	return a.Outbox.Queue(ctx, tx, outbox.Mail{To: o.Email, Subject: c.Name + " invites you to TruckFlow", About: "invitation",
		Body: fmt.Sprintf("%s invites you to work in %s's TruckFlow.\n\nOpen this link within 7 days to choose a password:\n\n%s\n", who.Name, c.Name, a.inviteLink(o))})
}

// ResetURL is where a new password is chosen.
func ResetURL(publicURL string, r identity.Reset) string {
	return strings.TrimSuffix(publicURL, "/") + "/reset/" + r.Token
}

func (a *App) resetLink(r identity.Reset) string { return ResetURL(a.cfg.PublicURL, r) }

func (a *App) resetMail(ctx context.Context, tx *pg.Tx, r identity.Reset) error {
	c, err := a.Identity.Company(ctx)
	if err != nil {
		return err
	}
	zone, err := clock.Zone(c.TimeZone)
	if err != nil {
		return err
	}
	why := r.MadeBy + " has reset your password."
	if r.MadeBy == "" {
		why = "Somebody, you we hope, asked for a new password. If it was not you, leave this mail alone: nothing has changed."
	}
	return a.Outbox.Queue(ctx, tx, outbox.Mail{To: r.Email, Subject: "A new password for " + c.Name + "'s TruckFlow", About: "password",
		Body: fmt.Sprintf("%s\n\nChoose a new password by this link, once and until %s:\n\n%s\n", why, r.ExpiresAt.In(zone).Format("Mon Jan 2, 15:04 MST"), a.resetLink(r))})
}

// forgotWithin is what mailing a link may take.
const forgotWithin = 10 * time.Second

// forgot mails the link to a new password; nil where no mail leaves. Nobody waits
// for it, so that how long it takes does not tell whether there is such an account.
func (a *App) forgot() func(ctx context.Context, email, ip string) {
	if a.cfg.SMTPURL == "" {
		return nil
	}
	return func(ctx context.Context, email, ip string) {
		telemetry.Go(context.WithoutCancel(ctx), a.log, "forgotten password", func(ctx context.Context) {
			ctx, cancel := context.WithTimeout(ctx, forgotWithin)
			defer cancel()
			if err := a.Identity.Forgot(ctx, email, ip, a.resetMail); err != nil {
				a.log.ErrorContext(ctx, "a link to a new password was not mailed", "error", err)
			}
		})
	}
}

// ResetPassword makes the link to a new password for an account on db, which may
// be the running program's, and says where it is.
func ResetPassword(ctx context.Context, db *pg.DB, email string) (identity.Reset, error) {
	who, err := identity.New(db, clock.System, nil, []byte(strings.Repeat("-", 64))) // signs nothing here
	if err != nil {
		return identity.Reset{}, err
	}
	return who.ResetFor(ctx, email)
}
