// Package outbox keeps every mail the house writes: queued in the transaction
// of the change it tells about, sent by a job, and shown in the app. Without an
// SMTP server mails stay here, readable.
package outbox

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/platform/jobs"
	"truckflow/internal/platform/pg"
)

// File is an attachment that lies in the blob store.
type File struct {
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	BlobKey     string `json:"blob_key"`
	Size        int64  `json:"size"`
}

// Mail is a mail as kept.
type Mail struct {
	ID        ids.ID
	To        string
	ReplyTo   string
	Subject   string
	Body      string
	Files     []File
	About     string // what it is about: invoice, invitation …
	AboutID   *ids.ID
	State     string // one of States
	Error     string
	CreatedAt time.Time
	SentAt    *time.Time
}

// States are what becomes of a mail: kept means that there is no mail server.
var States = []string{"queued", "sent", "kept", "failed"}

// Send hands one mail to a mail server. kept is true when there is none.
type Send func(ctx context.Context, m Mail, open func(File) (io.ReadCloser, error)) (kept bool, err error)

// Outbox is the door. Build it with New.
type Outbox struct {
	db    *pg.DB
	clock clock.Clock
	jobs  *jobs.Runner
	send  Send
	open  func(ctx context.Context, key string) (io.ReadCloser, error)
}

const sendKind = "outbox.send"

type sendJob struct {
	MailID ids.ID `json:"mail_id"`
}

// New returns the outbox and registers its job. open reads a blob.
func New(db *pg.DB, c clock.Clock, r *jobs.Runner, send Send, open func(ctx context.Context, key string) (io.ReadCloser, error)) *Outbox {
	o := &Outbox{db, c, r, send, open}
	jobs.Handle(r, sendKind, jobs.Mail, o.deliver)
	return o
}

// Queue writes m in tx; it is sent after the commit. A mail that comes with its
// id is queued once, however often a job that is repeated asks.
func (o *Outbox) Queue(ctx context.Context, tx *pg.Tx, m Mail) error {
	files, err := json.Marshal(append([]File{}, m.Files...))
	if err != nil {
		return err
	}
	if m.ID.IsZero() {
		m.ID = ids.New()
	}
	tag, err := tx.Exec(ctx, `insert into mails (id, to_addr, reply_to, subject, body, attachments, subject_kind, subject_id, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`, m.ID, m.To, m.ReplyTo, m.Subject, m.Body, files, m.About, m.AboutID, o.clock.Now())
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	return o.jobs.Insert(ctx, tx, sendKind, sendJob{m.ID})
}

// Again queues a copy of a mail as the new mail fresh in tx, to another address
// if to is not empty. The first one stays as it is, being history. A mail still
// waiting is refused: it would go out twice. So is one that is not about what the
// caller sends: an invitation's link is for one person.
func (o *Outbox) Again(ctx context.Context, tx *pg.Tx, about string, id, fresh ids.ID, to string) error {
	rows, err := tx.Query(ctx, "select "+columns+" from mails where id = $1 for update", id)
	if err != nil {
		return err
	}
	m, err := pgx.CollectExactlyOneRow(rows, scan)
	switch {
	case pg.IsNoRows(err):
		return errs.NotFound("there is no such mail")
	case err != nil:
		return err
	case m.About != about:
		return errs.Conflict("this mail is not sent again; only one about an %s is", about)
	case m.State == "queued":
		return errs.Conflict("this mail is still waiting to go out; sending it again would send it twice")
	}
	if to != "" {
		m.To = to
	}
	m.ID = fresh
	return o.Queue(ctx, tx, m)
}

// deliver holds the mail's row while it is sent. A program that was thought dead
// and wakes up, or one whose primary was taken away, finds the mail sent, waits for
// whoever sends it, or cannot begin: it never sends it a second time beside another.
// What is left is a program that ends between the mail server's yes and its own
// COMMIT; the mail goes out again then, under the same Message-ID.
func (o *Outbox) deliver(ctx context.Context, j sendJob) (sent error) {
	err := o.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		// A slow mail server must not cost the lock: the hardened database ends idle transactions.
		if _, err := tx.Later().Exec(ctx, "set local idle_in_transaction_session_timeout = '10min'"); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, "select "+columns+" from mails where id = $1 for update", j.MailID)
		if err != nil {
			return err
		}
		m, err := pgx.CollectExactlyOneRow(rows, scan)
		if pg.IsNoRows(err) {
			return errs.NotFound("there is no such mail")
		}
		if err != nil || m.State == "sent" || m.State == "kept" {
			return err
		}
		sent, err = o.sendHeld(ctx, tx, m)
		return err
	})
	if err != nil {
		return err
	}
	return sent
}

// sendHeld hands a mail over and notes in tx what became of it.
func (o *Outbox) sendHeld(ctx context.Context, tx *pg.Tx, m Mail) (sent, err error) {
	kept, sent := o.send(ctx, m, func(f File) (io.ReadCloser, error) { return o.open(ctx, f.BlobKey) })
	state, why, at := "sent", "", o.clock.Now()
	if kept {
		state = "kept"
	}
	if sent != nil {
		state, why = "queued", errs.Public(sent).Message
		if k := errs.KindOf(sent); k == errs.KindInvalid || k == errs.KindUnsupported {
			state = "failed"
		}
	}
	_, err = tx.Exec(ctx, `update mails set state = $2, error = $3, attempts = attempts + 1, sent_at = case when $2 = 'sent' then $4::timestamptz end where id = $1`,
		m.ID, state, why, at)
	return sent, err
}

const columns = "id, to_addr, reply_to, subject, body, attachments, subject_kind, subject_id, state, error, created_at, sent_at"

func scan(row pgx.CollectableRow) (m Mail, err error) {
	var files []byte
	if err = row.Scan(&m.ID, &m.To, &m.ReplyTo, &m.Subject, &m.Body, &files, &m.About, &m.AboutID, &m.State, &m.Error, &m.CreatedAt, &m.SentAt); err == nil {
		err = json.Unmarshal(files, &m.Files)
	}
	return m, err
}

// Get returns one mail.
func (o *Outbox) Get(ctx context.Context, id ids.ID) (m Mail, err error) {
	err = o.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := tx.Query(ctx, "select "+columns+" from mails where id = $1", id)
		if err != nil {
			return err
		}
		if m, err = pgx.CollectExactlyOneRow(rows, scan); pg.IsNoRows(err) {
			err = errs.NotFound("there is no such mail")
		}
		return err
	})
	return m, err
}

// Filter says which mails; what is left zero does not restrict.
type Filter struct {
	About   string // see Mail
	AboutID ids.ID
	State   string // see Mail
}

// List returns mails, newest first.
func (o *Outbox) List(ctx context.Context, f Filter, req page.Request) (p page.Page[Mail], err error) {
	before := ids.Last
	if _, err := page.Decode(req.Cursor, &before); err != nil {
		return p, err
	}
	err = o.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := tx.Query(ctx, "select "+columns+` from mails where id < $1 and ($2 = '' or subject_kind = $2) and ($3::uuid is null or subject_id = $3)
			and ($4 = '' or state = $4) order by id desc limit $5`, before, f.About, f.AboutID.Ptr(), f.State, req.Rows()+1)
		if err != nil {
			return err
		}
		ms, err := pgx.CollectRows(rows, scan)
		p = page.Cut(ms, req.Rows(), func(m Mail) any { return m.ID })
		return err
	})
	return p, err
}
