package inbox

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"

	"truckflow/internal/documents"
	"truckflow/internal/identity"
	"truckflow/internal/inbox/internal/inboxdb"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/mail/imapmail"
	"truckflow/internal/platform/pg"
)

// Box is how a company's mailbox is set up, without its password.
type Box struct {
	Host     string
	Port     int
	Security string // imapmail's
	User     string
	Folder   string
	Since    time.Time // a day: mails that the server took in earlier are left alone
	Version  int       // 0: there is none

	CheckedAt *time.Time // last read without an error
	Error     string     // of the last try; "" when it went well
	DueAt     time.Time
	UpdatedBy string
	UpdatedAt time.Time
}

// Box returns the company's mailbox; Version 0 when there is none. Needs SeeCompany.
func (s *Service) Box(ctx context.Context) (b Box, err error) {
	if _, err := identity.Require(ctx, identity.SeeCompany); err != nil {
		return b, err
	}
	r, err := s.row(ctx)
	if pg.IsNoRows(err) {
		return b, nil
	}
	return Box{Host: r.Host, Port: r.Port, Security: r.Security, User: r.Username, Folder: r.Folder, Since: r.Since, Version: r.Version,
		CheckedAt: r.CheckedAt, Error: r.Error, DueAt: r.DueAt, UpdatedBy: r.UpdatedBy, UpdatedAt: r.UpdatedAt}, err
}

func (s *Service) row(ctx context.Context) (r inboxdb.Mailbox, err error) {
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		r, err = inboxdb.New(tx).Box(ctx)
		return err
	})
	return r, err
}

// settings are how a mailbox is opened.
func (s *Service) settings(b Box, password string) imapmail.Settings {
	return imapmail.Settings{Host: strings.TrimSpace(b.Host), Port: b.Port, Security: b.Security, User: strings.TrimSpace(b.User), Password: password, Folder: strings.TrimSpace(b.Folder),
		Reach: s.Reach, Roots: s.Roots, MaxBytes: documents.MaxBytes}
}

// password is the one that was typed, else the one that is kept. A kept password
// is shown to no other server than the one it was typed for.
func (s *Service) password(ctx context.Context, b Box, typed string) (string, error) {
	if typed != "" || b.Version == 0 {
		return typed, nil
	}
	r, err := s.row(ctx)
	if err != nil {
		return "", gone(err)
	}
	same := func(x, y string) bool { return subtle.ConstantTimeCompare([]byte(x), []byte(y)) == 1 }
	if !same(r.Host, strings.TrimSpace(b.Host)) || !same(r.Username, strings.TrimSpace(b.User)) || r.Port != b.Port || r.Security != b.Security {
		return "", errs.Invalid("the mailbox is not set up right").Field("password", "type it again: the server or the user is another")
	}
	return s.open(ctx, r)
}

func (s *Service) open(ctx context.Context, r inboxdb.Mailbox) (string, error) {
	a, _ := tenant.From(ctx)
	plain, err := s.box.Open(r.Password, a.Org.String())
	if err != nil {
		return "", errs.Unavailable("the password that is kept cannot be opened on this server").Hint("type it again under Settings, Mailbox; JWT_SECRET is another than when it was saved").Wrap(err)
	}
	return plain, nil
}

func gone(err error) error {
	if pg.IsNoRows(err) {
		return errs.Conflict("somebody removed the mailbox in the meantime")
	}
	return err
}

// Test opens a mailbox as it would be read, and says how many mails are in it.
// An empty password is the one that is kept. Needs EditCompany.
func (s *Service) Test(ctx context.Context, b Box, password string) (mails int, err error) {
	if _, err := identity.Require(ctx, identity.EditCompany); err != nil {
		return 0, err
	}
	if password, err = s.password(ctx, b, password); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, 40*time.Second) // a person waits
	defer cancel()
	x, err := imapmail.Open(ctx, s.settings(b, password))
	if err != nil {
		return 0, err
	}
	defer x.Close()
	return x.Mails, nil
}

// SetBox sets the mailbox up over the version the caller saw; an empty password
// keeps the one there is. Needs EditCompany.
func (s *Service) SetBox(ctx context.Context, b Box, password string) error {
	a, err := identity.Require(ctx, identity.EditCompany)
	if err != nil {
		return err
	}
	if password, err = s.password(ctx, b, password); err != nil {
		return err
	}
	in := s.settings(b, password)
	if err := imapmail.Check(in); err != nil {
		return err
	}
	now := s.Clock.Now()
	if b.Since.IsZero() || b.Since.After(now.Add(24*time.Hour)) {
		return errs.Invalid("the mailbox is not set up right").Field("since", "a day, not in the future")
	}
	cipher := s.box.Seal(password, a.Org.String())
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := inboxdb.New(tx)
		was, err := q.Box(ctx)
		if err != nil && !pg.IsNoRows(err) {
			return err
		}
		var n int64
		if b.Version == 0 {
			n, err = q.InsertBox(ctx, inboxdb.InsertBoxParams{Host: in.Host, Port: in.Port, Security: in.Security, Username: in.User, Password: cipher, Folder: in.Folder, Since: b.Since, UpdatedBy: a.Name, Now: now})
		} else {
			n, err = q.UpdateBox(ctx, inboxdb.UpdateBoxParams{Host: in.Host, Port: in.Port, Security: in.Security, Username: in.User, Password: cipher, Folder: in.Folder, Since: b.Since, UpdatedBy: a.Name, Now: now,
				Version: b.Version, Anew: was.Host != in.Host || was.Username != in.User || was.Folder != in.Folder || b.Since.Before(was.Since)})
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Conflict("somebody else changed this in the meantime").Hint("look at their change and decide again")
		}
		if err := s.Jobs.Insert(ctx, tx, PollKind, struct{}{}); err != nil {
			return err
		}
		return s.Identity.Audit(ctx, tx, identity.Entry{Action: "mailbox.set", Kind: "company", ID: a.Org, Label: in.User,
			Detail: map[string]any{"host": in.Host, "port": in.Port, "security": in.Security, "folder": in.Folder}})
	})
	return err
}

// RemoveBox stops reading the mailbox and forgets its password; the mails stay. Needs EditCompany.
func (s *Service) RemoveBox(ctx context.Context) error {
	a, err := identity.Require(ctx, identity.EditCompany)
	if err != nil {
		return err
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		n, err := inboxdb.New(tx).DeleteBox(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.NotFound("no mailbox is set up")
		}
		return s.Identity.Audit(ctx, tx, identity.Entry{Action: "mailbox.remove", Kind: "company", ID: a.Org, Label: "mailbox"})
	})
}

// PollKind is the job that reads a company's mailbox.
const PollKind = "inbox.poll"

const (
	// leaseFor is how long who reads a mailbox is taken for alive after a mail: longer
	// than the largest mail takes on a slow line.
	leaseFor  = 6 * time.Minute
	pollEvery = 50 * time.Second // the clock of the job is a minute
	pollMost  = 100              // mails at a time; the rest follows at once
	pollIn    = 9 * time.Minute  // a job has ten
	tries     = 3                // of a mail that cannot be taken, before those behind it come first
)

// Due reports whether the company has a mailbox that is to be read now.
func (s *Service) Due(ctx context.Context) (due bool, err error) {
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		due, err = inboxdb.New(tx).Due(ctx, s.Clock.Now())
		return err
	})
	return due, err
}

// Poll reads the mailbox if it is due and nobody else does. A mail and the place
// it has in the mailbox are written in one transaction, by whoever holds the
// lease: so none is taken twice and none is left out. What goes wrong with the
// server is shown on the pages and tried again later.
func (s *Service) Poll(ctx context.Context) error {
	if _, err := identity.Require(ctx, identity.AddDocuments); err != nil {
		return err
	}
	lease := ids.New()
	var r inboxdb.Mailbox
	err := s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) (err error) {
		now := s.Clock.Now()
		r, err = inboxdb.New(tx).Lease(ctx, inboxdb.LeaseParams{Lease: lease, Until: now.Add(leaseFor), Now: now})
		return err
	})
	if pg.IsNoRows(err) {
		return nil // not due, or another instance reads it, or there is none
	} else if err != nil {
		return err
	}
	more, err := s.fetch(ctx, r, lease)
	if errors.Is(err, errLease) || ctx.Err() != nil {
		return nil // set up anew in the meantime, or the program ends
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q, now := inboxdb.New(tx), s.Clock.Now()
		if err != nil {
			p := errs.Public(err)
			s.Log.WarnContext(ctx, "mailbox not read", "host", r.Host, "error", err)
			why := p.Message
			if p.HintMsg != "" {
				why += " (" + p.HintMsg + ")"
			}
			_, err := q.Failed(ctx, inboxdb.FailedParams{Error: clip(why, 500), DueAt: now.Add(wait(r.Failures, errs.Is(err, errs.KindForbidden))), Lease: lease})
			return err
		}
		due := now.Add(pollEvery)
		if more {
			due = now
		}
		if _, err := q.Checked(ctx, inboxdb.CheckedParams{Now: now, DueAt: due, Lease: lease}); err != nil {
			return err
		}
		if more {
			return s.Jobs.Insert(ctx, tx, PollKind, struct{}{})
		}
		return nil
	})
}

// wait is how long after so many failures in a row the next try is. A password
// that is refused over and over gets an account locked, so it is given more time.
func wait(failures int, refused bool) time.Duration {
	d := time.Minute << min(failures, 6)
	if refused {
		d *= 10
	}
	return min(d, time.Hour)
}

var errLease = errs.Conflict("another instance reads this mailbox")

func (s *Service) fetch(ctx context.Context, r inboxdb.Mailbox, lease ids.ID) (more bool, err error) {
	password, err := s.open(ctx, r)
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, pollIn)
	defer cancel()
	x, err := imapmail.Open(ctx, s.settings(Box{Host: r.Host, Port: r.Port, Security: r.Security, User: r.Username, Folder: r.Folder}, password))
	if err != nil {
		return false, err
	}
	defer x.Close()
	last := uint32(r.LastUid)
	if int64(x.Validity) != r.UidValidity {
		last = 0 // its numbers mean other mails now; those that were taken are known by their digest
	}
	uids, err := x.UIDs(last, r.Since, pollMost)
	if err != nil {
		return false, err
	}
	for i, uid := range uids {
		if i > 0 && x.Spent() { // the rest in another session
			return true, nil
		}
		m, ok, err := x.Fetch(uid)
		if err != nil {
			return false, err
		}
		done := func(ctx context.Context, tx *pg.Tx) error {
			n, err := inboxdb.New(tx).Advance(ctx, inboxdb.AdvanceParams{UidValidity: int64(x.Validity), LastUid: int64(uid), Until: s.Clock.Now().Add(leaseFor), Lease: lease})
			if err == nil && n == 0 {
				err = errLease
			}
			return err
		}
		if !ok { // deleted in the meantime
			err = s.DB.WithTx(ctx, done)
		} else {
			in := arrival{raw: m.Raw, whole: m.Whole, size: m.Size, at: m.Received, source: "mailbox"}
			err = s.taken(ctx, in, done)
			if err != nil && i == 0 && r.Failures >= tries && !errors.Is(err, errLease) && ctx.Err() == nil {
				s.Log.ErrorContext(ctx, "a mail cannot be taken; it is kept as it came", "uid", uid, "error", err)
				in.stuck = errs.Unsupported("this mail could not be read in %d tries", r.Failures+1).Wrap(err)
				err = s.taken(ctx, in, done)
			}
		}
		if err != nil {
			return false, err
		}
	}
	return len(uids) == pollMost, nil
}

// taken is take for a mail that nobody waits for. Readers of what strangers send
// may stumble, and the mailbox must still be left to the next.
func (s *Service) taken(ctx context.Context, a arrival, done func(ctx context.Context, tx *pg.Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("inbox: a reader stumbled: %v", p)
		}
	}()
	_, _, err = s.take(ctx, a, done)
	return err
}
