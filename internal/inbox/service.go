package inbox

import (
	"context"
	"crypto/x509"
	"log/slog"

	"truckflow/internal/documents"
	"truckflow/internal/identity"
	"truckflow/internal/inbox/internal/inboxdb"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/kit/sealed"
	"truckflow/internal/platform/blob"
	"truckflow/internal/platform/jobs"
	"truckflow/internal/platform/mail/imapmail"
	"truckflow/internal/platform/pg"
)

// Message and File are the stored rows.
type (
	Message = inboxdb.MailMessage
	File    = inboxdb.MailFile
)

// States of a message.
const (
	Taken    = "taken"   // something of it became a document
	InThread = "thread"  // it answers a mail that is here, and brings no paper
	Ignored  = "ignored" // nothing in it is a paper; Why says so
	Failed   = "failed"  // it could not be read; Why says so
)

// Config is what New needs.
type Config struct {
	DB        *pg.DB
	Clock     clock.Clock
	Identity  *identity.Service
	Jobs      *jobs.Runner
	Blobs     blob.Store
	Documents *documents.Service
	Secret    []byte         // passwords are sealed under it; 32 bytes or more
	Reach     imapmail.Reach // which servers companies may name
	Roots     *x509.CertPool // who vouches for them; nil: the system's
	Log       *slog.Logger
	Changed   func(org, id ids.ID) // told after commit, for open pages; may be nil
}

// Service is the room's door.
type Service struct {
	Config
	box *sealed.Box
}

// New returns the room and registers its jobs.
func New(c Config) (*Service, error) {
	box, err := sealed.New(c.Secret, "mailbox")
	if err != nil {
		return nil, err
	}
	s := &Service{c, box}
	jobs.Handle(c.Jobs, PollKind, jobs.Inbox, func(ctx context.Context, _ struct{}) error { return s.Poll(ctx) })
	jobs.Handle(c.Jobs, ForgetKind, jobs.Events, func(ctx context.Context, _ struct{}) error { return s.Forget(ctx) })
	return s, nil
}

// Filter says which messages are listed.
type Filter struct{ State string } // "": all

// List returns messages, newest first; needs SeeDocuments.
func (s *Service) List(ctx context.Context, f Filter, req page.Request) (p page.Page[Message], err error) {
	if _, err := identity.Require(ctx, identity.SeeDocuments); err != nil {
		return p, err
	}
	before := ids.Last
	if _, err := page.Decode(req.Cursor, &before); err != nil {
		return p, err
	}
	n := int32(req.Rows() + 1)
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := inboxdb.New(tx)
		var rows []Message
		if f.State == "" {
			rows, err = q.Messages(ctx, inboxdb.MessagesParams{Before: before, N: n})
		} else {
			rows, err = q.MessagesIn(ctx, inboxdb.MessagesInParams{State: f.State, Before: before, N: n})
		}
		p = page.Cut(rows, req.Rows(), func(m Message) any { return m.ID })
		return err
	})
	return p, err
}

// Entry is a message with its files.
type Entry struct {
	Message
	Files []File
}

// Thread returns a message and those of its thread, oldest first; needs SeeDocuments.
func (s *Service) Thread(ctx context.Context, id ids.ID) (m Message, thread []Entry, err error) {
	if _, err := identity.Require(ctx, identity.SeeDocuments); err != nil {
		return m, nil, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := inboxdb.New(tx)
		if m, err = q.Message(ctx, id); err != nil {
			return noMessage(err)
		}
		thread, err = entries(ctx, q, m.ThreadID)
		return err
	})
	return m, thread, err
}

func noMessage(err error) error {
	if pg.IsNoRows(err) {
		return errs.NotFound("there is no such mail").Wrap(err)
	}
	return err
}

func entries(ctx context.Context, q *inboxdb.Queries, thread ids.ID) ([]Entry, error) {
	ms, err := q.Thread(ctx, thread)
	if err != nil {
		return nil, err
	}
	var all []ids.ID
	at := map[ids.ID]int{}
	out := make([]Entry, len(ms))
	for i, m := range ms {
		out[i].Message, at[m.ID] = m, i
		all = append(all, m.ID)
	}
	fs, err := q.Files(ctx, all)
	for _, f := range fs {
		e := &out[at[f.MailID]]
		e.Files = append(e.Files, f)
	}
	return out, err
}

// OfDocuments returns the mails of the threads that documents came in, oldest
// first, thread by thread; needs SeeDocuments.
func (s *Service) OfDocuments(ctx context.Context, docs ...ids.ID) (out []Entry, err error) {
	if _, err := identity.Require(ctx, identity.SeeDocuments); err != nil {
		return nil, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := inboxdb.New(tx)
		threads, err := q.OfDocuments(ctx, docs)
		if err != nil {
			return err
		}
		for _, t := range threads {
			es, err := entries(ctx, q, t)
			if err != nil {
				return err
			}
			out = append(out, es...)
		}
		return nil
	})
	return out, err
}

// Raw returns a mail as it came; needs SeeDocuments.
func (s *Service) Raw(ctx context.Context, id ids.ID) (m Message, data []byte, err error) {
	if m, _, err = s.Thread(ctx, id); err != nil {
		return m, nil, err
	}
	data, err = s.raw(ctx, m)
	return m, data, err
}
