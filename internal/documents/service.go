package documents

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"

	"truckflow/internal/documents/extract"
	"truckflow/internal/documents/internal/documentsdb"
	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/blob"
	"truckflow/internal/platform/jobs"
	"truckflow/internal/platform/llm"
	"truckflow/internal/platform/pg"
)

// MaxBytes bounds one uploaded file; nginx and the pages say the same number.
const MaxBytes = 25 << 20

// Document, Page and the kinds are the stored rows.
type (
	Document = documentsdb.Document
	Page     = documentsdb.DocumentPage
)

// Paper turns files into words and pictures; platform/ocr is one.
type Paper interface {
	// Inspect refuses, in words for a person, what cannot or must not be read,
	// and returns the true content type and number of pages.
	Inspect(ctx context.Context, data []byte) (contentType string, pages int, err error)
	// Read returns the pages with their words, upright.
	Read(ctx context.Context, data []byte) ([]PaperPage, error)
	// Picture returns page no (from 1) as JPEG, so many pixels wide, turned upright.
	Picture(ctx context.Context, data []byte, no, width, turn int) (img []byte, contentType string, err error)
	// Merge writes PDFs and images after each other as one PDF.
	Merge(ctx context.Context, parts [][]byte, w io.Writer) error
}

// PaperPage is one page as read.
type PaperPage struct {
	extract.Page
	Rotation int // degrees it was turned to be upright
}

// Read is told when a document was read, well or not.
type Read struct {
	DocumentID ids.ID `json:"document_id"`
	Kind       string `json:"kind"`
	LoadID     ids.ID `json:"load_id"`
	By         string `json:"by"` // who brought it
}

// EventName implements jobs.Event.
func (Read) EventName() string { return "documents.read" }

// Config is what New needs.
type Config struct {
	DB       *pg.DB
	Clock    clock.Clock
	Identity *identity.Service
	Jobs     *jobs.Runner
	Blobs    blob.Store
	Paper    Paper
	Places   extract.Gazetteer
	Log      *slog.Logger
	AI       Models                                                    // nil: the rules read alone
	Held     func(ctx context.Context, doc, load ids.ID) (bool, error) // whether an open load needs the document
	Changed  func(org, doc ids.ID)                                     // told after commit, for open pages; may be nil
}

// Service is the room's door.
type Service struct{ Config }

type readJob struct {
	DocumentID ids.ID `json:"document_id"`
	By         string `json:"by"`
}

const readKind = "documents.read-document"

// New returns the room and registers its jobs.
func New(c Config) *Service {
	s := &Service{c}
	jobs.Handle(c.Jobs, readKind, jobs.Documents, s.read)
	jobs.Handle(c.Jobs, gapsKind, jobs.Models, s.fillGaps)
	jobs.Handle(c.Jobs, ForgetKind, jobs.Events, func(ctx context.Context, _ struct{}) error { return s.Forget(ctx) })
	jobs.Handle(c.Jobs, dropKind, jobs.Events, s.dropFiles)
	return s
}

// Upload is a file that somebody brings.
type Upload struct {
	Filename string
	Kind     string // "" lets the reader say
	Source   string // upload, api, email
	LoadID   ids.ID // zero: not yet known
	Replaces ids.ID // the document this is a new version of
	Cover    string // what the mail says that brought it, with its head; "" for none
	Body     io.Reader
}

// Receive stores a file and has it read; needs AddDocuments. The same bytes
// twice give the first document back with again = true.
func (s *Service) Receive(ctx context.Context, u Upload) (d Document, again bool, err error) {
	a, err := identity.Require(ctx, identity.AddDocuments)
	if err != nil {
		return d, false, err
	}
	data, err := io.ReadAll(io.LimitReader(u.Body, MaxBytes+1))
	if err != nil {
		return d, false, errs.Invalid("the upload broke off; send the file again").Wrap(err)
	}
	name := cleanName(u.Filename)
	if len(data) > MaxBytes {
		return d, false, errs.TooLarge("%s is larger than %d MB", name, MaxBytes>>20)
	}
	if len(data) == 0 {
		return d, false, errs.Unsupported("%s is empty (0 bytes)", name)
	}
	sum := sha256.Sum256(data)
	if d, err := s.bySHA(ctx, sum[:]); err == nil {
		return d, true, s.reattach(ctx, d, u)
	} else if !errs.Is(err, errs.KindNotFound) {
		return d, false, err
	}
	ct, pages, err := s.Paper.Inspect(ctx, data)
	if err != nil {
		return d, false, err
	}
	version := 1
	if !u.Replaces.IsZero() {
		old, err := s.Get(ctx, u.Replaces)
		if err != nil {
			return d, false, err
		}
		version = old.VersionNo + 1
	}
	company, err := s.Identity.Company(ctx)
	if err != nil {
		return d, false, err
	}
	now, id := s.Clock.Now(), ids.New()
	key := path.Join("documents", a.Org.String(), id.String())
	if _, err := s.Blobs.Put(ctx, key, bytes.NewReader(data), int64(len(data)), ct); err != nil {
		return d, false, err
	}
	kindBy := ""
	if u.Kind == "" {
		u.Kind = "unknown"
	} else {
		kindBy = a.Name
	}
	if u.Source == "" {
		u.Source = "upload"
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := documentsdb.New(tx)
		if err := q.Insert(ctx, documentsdb.InsertParams{ID: id, Kind: u.Kind, KindSetBy: kindBy, Source: u.Source, Filename: name, ContentType: ct,
			SizeBytes: int64(len(data)), Sha256: sum[:], BlobKey: key, PageCount: pages, LoadID: u.LoadID.Ptr(), SupersedesID: u.Replaces.Ptr(), VersionNo: version,
			ReceivedBy: a.Name, ReceivedAt: now, RetainUntil: now.AddDate(0, 0, company.RetentionDays), CoverText: u.Cover}); err != nil {
			return noLoad(err)
		}
		if d, err = q.Get(ctx, id); err != nil {
			return err
		}
		if err := s.Identity.Audit(ctx, tx, identity.Entry{Action: "document.receive", Kind: "document", ID: id, Label: name}); err != nil {
			return err
		}
		s.tell(tx, a.Org, id)
		return s.Jobs.Insert(ctx, tx, readKind, readJob{id, a.Name})
	})
	if errs.Is(err, errs.KindConflict) || errs.Is(err, errs.KindInvalid) {
		// Refused, so the file is nobody's. After a connection lost in the commit the
		// row may be there, and a file too many is better than one too few.
		_ = s.Blobs.Delete(ctx, key)
	}
	if errs.Is(err, errs.KindConflict) { // the same bytes arrived at the same moment
		d, err = s.bySHA(ctx, sum[:])
		return d, true, err
	}
	return d, false, err
}

// noLoad says in words that the load a document should hang on is not there;
// the database checks that, since loads is a room above.
func noLoad(err error) error {
	if pg.IsMissing(err) {
		return errs.Invalid("there is no such load").Field("load_id", "not one of your loads").Wrap(err)
	}
	return err
}

func (s *Service) tell(tx *pg.Tx, org, id ids.ID) {
	if s.Changed != nil {
		tx.AfterCommit(func() { s.Changed(org, id) })
	}
}

// cleanName keeps a file's last path element, printable, at most 120 bytes.
func cleanName(s string) string {
	s = path.Base(strings.ReplaceAll(s, `\`, "/"))
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == '"' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > 120 {
		s = strings.ToValidUTF8(s[len(s)-120:], "")
	}
	if s == "" || s == "." || s == "/" {
		return "document"
	}
	return s
}

func (s *Service) bySHA(ctx context.Context, sum []byte) (d Document, err error) {
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		d, err = documentsdb.New(tx).BySHA(ctx, sum)
		return err
	})
	return d, err
}

// reattach hangs a known file on the load it was now brought for, if it hung on none.
func (s *Service) reattach(ctx context.Context, d Document, u Upload) error {
	if u.LoadID.IsZero() || d.LoadID != nil {
		return nil
	}
	return s.Attach(ctx, d.ID, u.LoadID)
}

// read is the job: one document into words, fields, doubts.
func (s *Service) read(ctx context.Context, j readJob) error {
	d, err := s.Get(ctx, j.DocumentID)
	if err != nil {
		return err
	}
	if d.State == "read" || d.State == "rejected" {
		return nil // done by an earlier attempt
	}
	data, err := s.bytes(ctx, d)
	if err != nil {
		return err
	}
	start := s.Clock.Now()
	pages, err := s.Paper.Read(ctx, data)
	if err != nil {
		if k := errs.KindOf(err); k == errs.KindUnavailable || ctx.Err() != nil {
			return err // tried again
		}
		s.Log.WarnContext(ctx, "document not read", "document", d.ID, "error", err)
		return s.failed(ctx, d, errs.Public(err).Message)
	}
	company, err := s.Identity.Company(ctx)
	if err != nil {
		return err
	}
	o := s.options(company)
	if o.Memory, err = s.memory(ctx); err != nil {
		return err
	}
	r := extract.Read(kernelPages(pages), o)
	s.against(r, d, data, company)
	if !slices.ContainsFunc(pages, func(p PaperPage) bool { return len(p.Words) > 0 }) {
		r.Flags = append(r.Flags, extract.Flag{Field: "document_type", Severity: extract.Check, Reason: "no words could be found on its pages: it is blank, or the picture is too dark or blurred"})
	}
	return s.store(ctx, d, j, pages, r, s.Clock.Now().Sub(start))
}

// options is what the reader knows besides the paper.
func (s *Service) options(c identity.Company) extract.Options {
	return extract.Options{Today: s.Clock.Now(), Places: s.Places, CarrierNames: []string{c.Name}}
}

// against flags where a paper and the mail that brought it differ, also where the
// document is that mail with its attachments.
func (s *Service) against(r *extract.Reading, d Document, data []byte, c identity.Company) {
	said := d.CoverText
	if l, err := OpenLetter(data); d.ContentType == "message/rfc822" && err == nil && len(l.Files) > 0 {
		said = l.Cover()
	}
	if said != "" {
		r.Against(extract.Read(extract.TextPages(said), s.options(c)))
	}
}

func kernelPages(pages []PaperPage) []extract.Page {
	out := make([]extract.Page, len(pages))
	for i, p := range pages {
		out[i] = p.Page
	}
	return out
}

func (s *Service) store(ctx context.Context, d Document, j readJob, pages []PaperPage, r *extract.Reading, took time.Duration) error {
	body, checks, err := packed(r)
	if err != nil {
		return err
	}
	kind := "other"
	if r.DocumentType != nil {
		kind = r.DocumentType.Value
	}
	a, _ := tenant.From(ctx)
	ms := int(took.Milliseconds())
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := documentsdb.New(tx)
		if err := q.DeletePages(ctx, d.ID); err != nil {
			return err
		}
		for i, p := range pages {
			if err := q.InsertPage(ctx, documentsdb.InsertPageParams{DocumentID: d.ID, PageNo: i + 1, WidthPt: float32(p.Width), HeightPt: float32(p.Height),
				Rotation: p.Rotation, Ocr: p.OCR, Text: text(p)}); err != nil {
				return err
			}
		}
		if err := q.InsertReading(ctx, documentsdb.InsertReadingParams{ID: ids.New(), DocumentID: d.ID, Reader: "layout/1", Reading: body,
			Fields: len(r.Fields()), Flags: checks, Ms: ms, CreatedAt: s.Clock.Now()}); err != nil {
			return err
		}
		if err := q.SetRead(ctx, documentsdb.SetReadParams{ID: d.ID, Kind: kind, PageCount: len(pages), ReadAt: s.Clock.Now(), ReadMs: ms}); err != nil {
			return err
		}
		if d.KindSetBy != "" {
			kind = d.Kind
		}
		s.tell(tx, a.Org, d.ID)
		if s.AI != nil && s.AI.Has(llm.Documents) && checks > 0 {
			if err := s.Jobs.Insert(ctx, tx, gapsKind, j); err != nil {
				return err
			}
		}
		return s.Jobs.Emit(ctx, tx, Read{DocumentID: d.ID, Kind: kind, LoadID: ids.Of(d.LoadID), By: j.By})
	})
}

// packed is a reading as it is kept, and how many of its flags want a person.
func packed(r *extract.Reading) (body []byte, checks int, err error) {
	for _, f := range r.Flags {
		if f.Severity == extract.Check {
			checks++
		}
	}
	body, err = json.Marshal(r)
	return body, checks, err
}

func text(p PaperPage) string {
	var b strings.Builder
	for _, w := range p.Words {
		b.WriteString(w.Text)
		b.WriteByte(' ')
	}
	return strings.ReplaceAll(strings.ToValidUTF8(b.String(), ""), "\x00", "")
}

func (s *Service) failed(ctx context.Context, d Document, why string) error {
	a, _ := tenant.From(ctx)
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		s.tell(tx, a.Org, d.ID)
		return documentsdb.New(tx).SetState(ctx, documentsdb.SetStateParams{ID: d.ID, State: "failed", Error: why})
	})
}

func (s *Service) bytes(ctx context.Context, d Document) ([]byte, error) {
	rc, _, err := s.Blobs.Get(ctx, d.BlobKey)
	if err != nil {
		return nil, err
	}
	defer rc.Close()
	return io.ReadAll(io.LimitReader(rc, MaxBytes+1))
}

// Get returns a document; needs SeeDocuments.
func (s *Service) Get(ctx context.Context, id ids.ID) (d Document, err error) {
	if _, err := identity.Require(ctx, identity.SeeDocuments); err != nil {
		return d, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		d, err = documentsdb.New(tx).Get(ctx, id)
		return err
	})
	if errs.Is(err, errs.KindNotFound) || pg.IsNoRows(err) {
		err = errs.NotFound("there is no such document").Wrap(err)
	}
	return d, err
}

// List returns documents, newest first; needs SeeDocuments.
func (s *Service) List(ctx context.Context, req page.Request) (p page.Page[Document], err error) {
	if _, err := identity.Require(ctx, identity.SeeDocuments); err != nil {
		return p, err
	}
	before := ids.Last
	if _, err := page.Decode(req.Cursor, &before); err != nil {
		return p, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := documentsdb.New(tx).List(ctx, documentsdb.ListParams{Before: before, N: int32(req.Rows() + 1)})
		p = page.Cut(rows, req.Rows(), func(d Document) any { return d.ID })
		return err
	})
	return p, err
}

// Waiting returns documents that are being read or could not be; needs SeeDocuments.
func (s *Service) Waiting(ctx context.Context, n int) (ds []Document, err error) {
	return s.many(ctx, func(q *documentsdb.Queries) ([]Document, error) { return q.Waiting(ctx, int32(n)) })
}

// OfLoad returns the documents that hang on a load, oldest first; needs SeeDocuments.
func (s *Service) OfLoad(ctx context.Context, load ids.ID) (ds []Document, err error) {
	return s.many(ctx, func(q *documentsdb.Queries) ([]Document, error) { return q.OfLoad(ctx, load) })
}

func (s *Service) many(ctx context.Context, fn func(q *documentsdb.Queries) ([]Document, error)) (ds []Document, err error) {
	if _, err := identity.Require(ctx, identity.SeeDocuments); err != nil {
		return nil, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		ds, err = fn(documentsdb.New(tx))
		return err
	})
	return ds, err
}

// Reading returns the newest reading of a document with its pages; a nil
// reading when it was not read yet. Needs SeeDocuments.
func (s *Service) Reading(ctx context.Context, id ids.ID) (r *extract.Reading, pages []Page, err error) {
	if _, err := identity.Require(ctx, identity.SeeDocuments); err != nil {
		return nil, nil, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := documentsdb.New(tx)
		if pages, err = q.Pages(ctx, id); err != nil {
			return err
		}
		row, err := q.LastReading(ctx, id)
		if pg.IsNoRows(err) {
			return nil
		} else if err != nil {
			return err
		}
		r = &extract.Reading{}
		return json.Unmarshal(row.Reading, r)
	})
	return r, pages, err
}

// Content returns the file as it came; needs SeeDocuments.
func (s *Service) Content(ctx context.Context, id ids.ID) (d Document, data []byte, err error) {
	if d, err = s.Get(ctx, id); err != nil {
		return d, nil, err
	}
	data, err = s.bytes(ctx, d)
	return d, data, err
}

// Picture returns a page's image, about 1,200 pixels wide, made once and kept; needs SeeDocuments.
func (s *Service) Picture(ctx context.Context, id ids.ID, no int) (img []byte, contentType string, err error) {
	d, err := s.Get(ctx, id)
	if err != nil {
		return nil, "", err
	}
	if no < 1 || no > max(1, d.PageCount) {
		return nil, "", errs.NotFound("the document has %d pages", d.PageCount)
	}
	key := pageKey(d, no)
	if rc, info, err := s.Blobs.Get(ctx, key); err == nil {
		defer rc.Close()
		img, err := io.ReadAll(rc)
		ct := info.ContentType
		if ct == "" {
			ct = "image/jpeg"
		}
		return img, ct, err
	}
	data, err := s.bytes(ctx, d)
	if err != nil {
		return nil, "", err
	}
	turn := 0
	if _, pages, err := s.Reading(ctx, id); err != nil {
		return nil, "", err
	} else if no <= len(pages) {
		turn = pages[no-1].Rotation
	}
	if img, contentType, err = s.Paper.Picture(ctx, data, no, 1200, turn); err != nil {
		return nil, "", err
	}
	if _, err := s.Blobs.Put(ctx, key, bytes.NewReader(img), int64(len(img)), contentType); err != nil {
		s.Log.WarnContext(ctx, "page image not kept", "document", id, "error", err)
	}
	return img, contentType, nil
}

// pageKey is where a page's image is kept.
func pageKey(d Document, no int) string {
	return path.Join("pages", d.OrgID.String(), d.ID.String(), fmt.Sprintf("%03d", no))
}

// Attach hangs a document on a load; needs AddDocuments.
func (s *Service) Attach(ctx context.Context, id, load ids.ID) error {
	return s.change(ctx, id, identity.AddDocuments, "document.attach", func(q *documentsdb.Queries, _ string) error {
		return noLoad(q.Attach(ctx, documentsdb.AttachParams{ID: id, LoadID: load}))
	})
}

// SetKind corrects what a document is; needs AddDocuments.
func (s *Service) SetKind(ctx context.Context, id ids.ID, kind string) error {
	return s.change(ctx, id, identity.AddDocuments, "document.kind", func(q *documentsdb.Queries, by string) error {
		return q.SetKind(ctx, documentsdb.SetKindParams{ID: id, Kind: kind, By: by})
	})
}

// Reject puts a document aside as not ours or not useful; needs DropDocuments.
func (s *Service) Reject(ctx context.Context, id ids.ID, why string) error {
	return s.change(ctx, id, identity.DropDocuments, "document.reject", func(q *documentsdb.Queries, _ string) error {
		return q.SetState(ctx, documentsdb.SetStateParams{ID: id, State: "rejected", Error: why})
	})
}

// ReadAgain has a failed document read once more; needs AddDocuments.
func (s *Service) ReadAgain(ctx context.Context, id ids.ID) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		a, _ := tenant.From(ctx)
		if err := s.change(ctx, id, identity.AddDocuments, "document.read-again", func(q *documentsdb.Queries, _ string) error {
			return q.SetState(ctx, documentsdb.SetStateParams{ID: id, State: "received"})
		}); err != nil {
			return err
		}
		return s.Jobs.Insert(ctx, tx, readKind, readJob{id, a.Name})
	})
}

func (s *Service) change(ctx context.Context, id ids.ID, p identity.Permission, action string, fn func(q *documentsdb.Queries, by string) error) error {
	a, err := identity.Require(ctx, p)
	if err != nil {
		return err
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := documentsdb.New(tx)
		d, err := q.Get(ctx, id)
		if pg.IsNoRows(err) {
			return errs.NotFound("there is no such document")
		} else if err != nil {
			return err
		}
		if err := fn(q, a.Name); err != nil {
			return err
		}
		s.tell(tx, a.Org, id)
		return s.Identity.Audit(ctx, tx, identity.Entry{Action: action, Kind: "document", ID: id, Label: d.Filename})
	})
}
