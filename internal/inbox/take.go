package inbox

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"truckflow/internal/documents"
	"truckflow/internal/identity"
	"truckflow/internal/inbox/internal/inboxdb"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/pg"
)

const (
	mostBody  = 100 << 10 // bytes of words that are kept for reading on a page
	smallLogo = 40 << 10  // a picture within the words that is smaller is no paper
)

// arrival is a mail on its way in.
type arrival struct {
	raw    []byte
	whole  bool // raw is all of it, not only its head
	size   int64
	at     time.Time // by the mail server; zero: the sender's word counts
	source string
	stuck  error // why it was not taken over and over: its head is kept, with the mail as it came
}

// Upload takes a mail that somebody brings as a file; needs AddDocuments. The
// same mail twice, or one that the mailbox has brought, is one message: again is true.
func (s *Service) Upload(ctx context.Context, r io.Reader) (m Message, again bool, err error) {
	if _, err := identity.Require(ctx, identity.AddDocuments); err != nil {
		return m, false, err
	}
	raw, err := io.ReadAll(io.LimitReader(r, documents.MaxBytes+1))
	if err != nil {
		return m, false, errs.Invalid("the upload broke off; send the file again").Wrap(err)
	}
	if len(raw) > documents.MaxBytes {
		return m, false, errs.TooLarge("that is larger than %d MB", documents.MaxBytes>>20)
	}
	if l := documents.LetterHead(raw); l.From.Name == "" && l.From.Address == "" {
		return m, false, errs.Unsupported("this is no e-mail; save the message as .eml and bring that")
	}
	return s.take(ctx, arrival{raw: raw, whole: true, size: int64(len(raw)), source: "upload"}, func(context.Context, *pg.Tx) error { return nil })
}

// take stores a mail with what becomes of it. then runs in the transaction that
// writes it down, also when it was here already.
func (s *Service) take(ctx context.Context, a arrival, then func(ctx context.Context, tx *pg.Tx) error) (m Message, again bool, err error) {
	who, err := identity.Require(ctx, identity.AddDocuments)
	if err != nil {
		return m, false, err
	}
	l, bad := opened(a)
	sum := digest(l, a.raw)
	if m, err = s.byDigest(ctx, sum); err == nil {
		return m, true, s.DB.WithTx(ctx, then)
	} else if !pg.IsNoRows(err) {
		return m, false, err
	}
	id := ids.New()
	key := path.Join("mail", who.Org.String(), id.String())
	if _, err := s.Blobs.Put(ctx, key, bytes.NewReader(a.raw), int64(len(a.raw)), "message/rfc822"); err != nil {
		return m, false, err
	}
	var files []File
	why := ""
	if bad != nil {
		why = errs.Public(bad).Message
	} else if files, why, err = s.papers(ctx, l, a.raw); err != nil {
		_ = s.Blobs.Delete(ctx, key)
		return m, false, err
	}
	own, quoted := split(l.Text)
	now := s.Clock.Now()
	m = Message{ID: id, Digest: sum, MessageID: l.MessageID, ThreadID: id, FromName: clip(l.From.Name, 200), FromAddress: clip(strings.ToLower(l.From.Address), 320), ToLine: clip(l.To, 500),
		Subject: clip(l.Subject, 500), At: moment(a, l, now), Source: a.source, SizeBytes: a.size, BlobKey: key, Body: clip(own, mostBody), Quoted: clip(quoted, mostBody), State: Ignored, Why: why,
		ReceivedBy: who.Name, ReceivedAt: now}
	if bad != nil {
		m.State = Failed
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		if err := s.store(ctx, tx, &m, l.Refs, files); err != nil {
			return err
		}
		if err := s.Identity.Audit(ctx, tx, identity.Entry{Action: "mail.receive", Kind: "mail", ID: id, Label: m.Subject}); err != nil {
			return err
		}
		s.tell(tx, who.Org, id)
		return then(ctx, tx)
	})
	if err != nil {
		_ = s.Blobs.Delete(ctx, key)
	}
	if errs.Is(err, errs.KindConflict) { // the same mail arrived at the same moment
		if m, e := s.byDigest(ctx, sum); e == nil {
			return m, true, s.DB.WithTx(ctx, then)
		}
	}
	return m, false, err
}

func (s *Service) tell(tx *pg.Tx, org, id ids.ID) {
	if s.Changed != nil {
		tx.AfterCommit(func() { s.Changed(org, id) })
	}
}

// opened takes a mail apart. One that cannot be is not lost: its head is kept, and
// the reason. A reader that stumbles over one mail must not stop at it for ever.
func opened(a arrival) (l documents.Letter, bad error) {
	if a.stuck != nil {
		return documents.LetterHead(a.raw), a.stuck
	}
	if !a.whole {
		return documents.LetterHead(a.raw), errs.TooLarge("it has %d MB; at most %d MB are taken. Ask for the paper by itself", a.size>>20, documents.MaxBytes>>20)
	}
	defer func() {
		if p := recover(); p != nil {
			l, bad = documents.LetterHead(a.raw), errs.Unsupported("this mail is damaged and cannot be read").Wrap(fmt.Errorf("%v", p))
		}
	}()
	if l, bad = documents.OpenLetter(a.raw); bad != nil {
		l = documents.LetterHead(a.raw)
	}
	return l, bad
}

// digest is of what makes a mail this mail. The lines that servers put before it
// on its way are not part of that: the same mail may come in two ways.
func digest(l documents.Letter, raw []byte) []byte {
	h := sha256.New()
	_, body, ok := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !ok {
		_, body, _ = bytes.Cut(raw, []byte("\n\n"))
	}
	fmt.Fprintf(h, "%q %q %q %d\n", l.MessageID, l.From.Address, l.Subject, l.Date.Unix())
	h.Write(bytes.TrimSpace(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))))
	if l.MessageID == "" && l.Date.IsZero() {
		h.Write(raw)
	}
	return h.Sum(nil)
}

// moment is when a mail was written, as far as it can be known: what the mail
// server says, else the sender, but not the future.
func moment(a arrival, l documents.Letter, now time.Time) time.Time {
	at := a.at
	if at.IsZero() {
		at = l.Date
	}
	if at.IsZero() || at.After(now) {
		return now
	}
	return at
}

func clip(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "�"), "\x00", "")
}

func (s *Service) byDigest(ctx context.Context, sum []byte) (m Message, err error) {
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		m, err = inboxdb.New(tx).ByDigest(ctx, sum)
		return err
	})
	return m, err
}

// papers makes documents of a mail's attachments, or of the mail itself where its
// own words are an offer. why says, when there are none, what it is instead. An
// error means that it shall be tried again; what was stored is found again then.
func (s *Service) papers(ctx context.Context, l documents.Letter, raw []byte) (files []File, why string, err error) {
	cover := l.Cover()
	var refused []string
	for i, f := range l.Files {
		row := File{Seq: i + 1, Filename: clip(cmp.Or(f.Name, fmt.Sprintf("attachment %d", i+1)), 120), SizeBytes: int64(len(f.Data))}
		if f.Inline && len(f.Data) < smallLogo {
			row.Note = "a small picture within the words"
		} else if d, _, err := s.Documents.Receive(ctx, documents.Upload{Filename: row.Filename, Source: "email", Cover: cover, Body: bytes.NewReader(f.Data)}); err == nil {
			row.DocumentID = &d.ID
		} else if k := errs.KindOf(err); k == errs.KindUnsupported || k == errs.KindInvalid || k == errs.KindTooLarge {
			row.Note = errs.Public(err).Message
			refused = append(refused, row.Filename+": "+row.Note)
		} else {
			return nil, "", err
		}
		files = append(files, row)
	}
	if slices.ContainsFunc(files, func(f File) bool { return f.DocumentID != nil }) {
		return files, "", nil
	}
	why, err = s.Documents.Offer(ctx, cover)
	if err != nil {
		return nil, "", err
	}
	if why != "" {
		if len(refused) > 0 {
			why = strings.Join(refused, "; ")
		}
		return files, why, nil
	}
	row, err := s.itself(ctx, l.Subject, raw)
	return append(files, row), "", err
}

// itself makes a document of a mail's own words.
func (s *Service) itself(ctx context.Context, subject string, raw []byte) (File, error) {
	f := File{Filename: clip(cmp.Or(subject, "mail"), 100) + ".eml", SizeBytes: int64(len(raw))}
	d, _, err := s.Documents.Receive(ctx, documents.Upload{Filename: strings.ReplaceAll(f.Filename, "/", "-"), Source: "email", Body: bytes.NewReader(raw)})
	f.DocumentID = d.ID.Ptr()
	return f, err
}

// store writes a mail down in the thread it belongs to.
func (s *Service) store(ctx context.Context, tx *pg.Tx, m *Message, refs []string, files []File) error {
	q := inboxdb.New(tx)
	all := slices.Clone(refs)
	if m.MessageID != "" {
		all = append(all, m.MessageID)
	}
	threads, err := q.Threads(ctx, all)
	if err != nil {
		return err
	}
	if len(threads) > 0 {
		m.ThreadID = threads[0]
	}
	if len(threads) > 1 { // this mail is what two threads have in common
		if err := q.JoinThreads(ctx, inboxdb.JoinThreadsParams{IntoThread: threads[0], Threads: threads[1:]}); err != nil {
			return err
		}
	}
	switch {
	case slices.ContainsFunc(files, func(f File) bool { return f.DocumentID != nil }):
		m.State = Taken
	case m.State == Ignored && len(threads) > 0:
		m.State = InThread
	}
	if err := q.InsertMessage(ctx, inboxdb.InsertMessageParams{ID: m.ID, Digest: m.Digest, MessageID: m.MessageID, ThreadID: m.ThreadID, FromName: m.FromName, FromAddress: m.FromAddress, ToLine: m.ToLine,
		Subject: m.Subject, At: m.At, Source: m.Source, SizeBytes: m.SizeBytes, BlobKey: m.BlobKey, Body: m.Body, Quoted: m.Quoted, State: m.State, Why: m.Why, ReceivedBy: m.ReceivedBy, ReceivedAt: m.ReceivedAt}); err != nil {
		return err
	}
	if err := q.InsertRefs(ctx, inboxdb.InsertRefsParams{Refs: all, MailID: m.ID}); err != nil {
		return err
	}
	for _, f := range files {
		if err := q.InsertFile(ctx, inboxdb.InsertFileParams{MailID: m.ID, Seq: f.Seq, Filename: f.Filename, SizeBytes: f.SizeBytes, DocumentID: f.DocumentID, Note: f.Note}); err != nil {
			return err
		}
	}
	return nil
}

// Keep makes a document of a mail that was ignored, as a person decides; needs AddDocuments.
func (s *Service) Keep(ctx context.Context, id ids.ID) error {
	a, err := identity.Require(ctx, identity.AddDocuments)
	if err != nil {
		return err
	}
	m, data, err := s.Raw(ctx, id)
	if err != nil {
		return err
	}
	if m.State != Ignored && m.State != InThread {
		return errs.Conflict("this mail is not one that was left alone")
	}
	f, err := s.itself(ctx, m.Subject, data)
	if err != nil {
		return err
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := inboxdb.New(tx)
		if err := q.InsertFile(ctx, inboxdb.InsertFileParams{MailID: id, Filename: f.Filename, SizeBytes: f.SizeBytes, DocumentID: f.DocumentID}); err != nil {
			return err
		}
		if err := q.Settle(ctx, inboxdb.SettleParams{ID: id, State: Taken}); err != nil {
			return err
		}
		s.tell(tx, a.Org, id)
		return s.Identity.Audit(ctx, tx, identity.Entry{Action: "mail.keep", Kind: "mail", ID: id, Label: m.Subject})
	})
}

func (s *Service) raw(ctx context.Context, m Message) ([]byte, error) {
	rc, _, err := s.Blobs.Get(ctx, m.BlobKey)
	if err != nil {
		return nil, err
	}
	defer rc.Close()
	return io.ReadAll(io.LimitReader(rc, documents.MaxBytes+1))
}

// ForgetKind is the job that forgets old mails.
const ForgetKind = "inbox.forget"

// ignoredKept is how long a mail stays that made no document.
const ignoredKept = 30 * 24 * time.Hour

// Forget deletes mails: those that made no document after thirty days, the others
// once the company's retention is over and their papers are gone. For the program alone.
func (s *Service) Forget(ctx context.Context) error {
	if a, ok := tenant.From(ctx); !ok || a.Role != tenant.SystemRole {
		return errs.Forbidden("only the program forgets mails")
	}
	company, err := s.Identity.Company(ctx)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	var after ids.ID
	for {
		var ms []Message
		err := s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) (err error) {
			ms, err = inboxdb.New(tx).Old(ctx, inboxdb.OldParams{Before: now.Add(-ignoredKept), After: after})
			return err
		})
		if err != nil || len(ms) == 0 {
			return err
		}
		for _, m := range ms {
			after = m.ID
			over, err := s.over(ctx, m, now.AddDate(0, 0, -company.RetentionDays))
			if err != nil {
				return err
			}
			if !over {
				continue
			}
			if err := s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
				return inboxdb.New(tx).DeleteMessage(ctx, m.ID)
			}); err != nil {
				return err
			}
			if err := s.Blobs.Delete(ctx, m.BlobKey); err != nil {
				s.Log.WarnContext(ctx, "mail not deleted from the store", "mail", m.ID, "error", err)
			}
		}
	}
}

// over reports a mail whose time is over. A mail of a thread stays as long as the
// thread has a paper.
func (s *Service) over(ctx context.Context, m Message, retained time.Time) (bool, error) {
	_, thread, err := s.Thread(ctx, m.ID)
	if err != nil {
		return false, err
	}
	papers := false
	for _, e := range thread {
		for _, f := range e.Files {
			if f.DocumentID == nil {
				continue
			}
			papers = true
			if _, err := s.Documents.Get(ctx, *f.DocumentID); err == nil {
				return false, nil
			} else if !errs.Is(err, errs.KindNotFound) {
				return false, err
			}
		}
	}
	return !papers || m.ReceivedAt.Before(retained), nil
}
