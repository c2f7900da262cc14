// Package documentsweb has the pages of the documents room: bringing paper in,
// the list, and one document with its picture beside what was read from it.
package documentsweb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"truckflow/internal/documents"
	"truckflow/internal/documents/extract"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

type pages struct {
	rt   *web.Router
	docs *documents.Service
}

// Register adds the pages.
func Register(rt *web.Router, s *documents.Service) {
	p := &pages{rt, s}
	rt.Handle("GET /documents", identity.SeeDocuments, p.list)
	rt.Handle("POST /documents", identity.AddDocuments, p.receive)
	rt.Handle("GET /documents/cases.zip", identity.EditCompany, p.cases)
	rt.Handle("GET /documents/{id}", identity.SeeDocuments, p.one)
	rt.Handle("GET /documents/{id}/progress", identity.SeeDocuments, p.progress)
	rt.Handle("GET /documents/{id}/pages/{page}", identity.SeeDocuments, p.picture)
	rt.Handle("GET /documents/{id}/file", identity.SeeDocuments, p.file)
	rt.Handle("POST /documents/{id}/kind", identity.AddDocuments, p.setKind)
	rt.Handle("POST /documents/{id}/reject", identity.DropDocuments, p.reject)
	rt.Handle("POST /documents/{id}/read-again", identity.AddDocuments, p.readAgain)
}

// Kinds are what a document can be, in the order people meet them.
var Kinds = []ui.Option{{Value: "unknown", Label: "Not known yet"}, {Value: extract.RateConfirmation, Label: "Rate confirmation"}, {Value: extract.BillOfLading, Label: "Bill of lading"},
	{Value: extract.ProofOfDelivery, Label: "Proof of delivery"}, {Value: extract.Invoice, Label: "Invoice"}, {Value: extract.LumperReceipt, Label: "Lumper receipt"},
	{Value: extract.ScaleTicket, Label: "Scale ticket"}, {Value: "receipt", Label: "Receipt"}, {Value: extract.Other, Label: "Something else"}}

func kindWords(kind string) string {
	for _, k := range Kinds {
		if k.Value == kind {
			return k.Label
		}
	}
	return ui.Capital(strings.ReplaceAll(kind, "_", " "))
}

func known(kind string) bool {
	for _, k := range Kinds {
		if k.Value == kind {
			return true
		}
	}
	return false
}

type listView struct {
	Docs   []documents.Document
	Zone   string
	URL    string
	Next   string
	First  bool
	MayAdd bool
	CSRF   string
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx, cursor := r.Context(), r.FormValue("cursor")
	got, err := p.docs.List(ctx, page.Request{Cursor: cursor})
	if err != nil {
		return err
	}
	v := listView{Docs: got.Items, Zone: web.Zone(ctx), URL: r.URL.RequestURI(), First: cursor == "", MayAdd: identity.Can(ctx, identity.AddDocuments)}
	if got.Next != "" {
		v.Next = ui.WithQuery(v.URL, "cursor", got.Next)
	}
	m := p.rt.Meta(r, web.PageMeta{Title: "Documents", Subtitle: "Every paper that came in, newest first", Section: "documents"})
	if identity.Can(ctx, identity.EditCompany) {
		n, err := p.docs.Corrections(ctx)
		if err != nil {
			return err
		}
		m.Actions = listActions(n)
	}
	v.CSRF = m.CSRF
	return web.Render(w, r, http.StatusOK, listPage(m, v))
}

// receipt is the answer to one uploaded file, as the page's script shows it.
type receipt struct {
	Text string `json:"text"`
	Href string `json:"href"`
	Tone string `json:"tone"`
	ID   string `json:"id"`
}

// limits of the fields that travel with a file, in bytes each.
const maxField = 200

func (p *pages) receive(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, documents.MaxBytes+1<<20)
	parts, err := r.MultipartReader()
	if err != nil {
		return errs.Invalid("this is not a file upload").Wrap(err)
	}
	got, up, err := p.take(r.Context(), parts)
	if err != nil {
		return err
	}
	if len(got) == 0 {
		return errs.Invalid("no file came with the form; choose one and send it again")
	}
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		w.Header().Set("Content-Type", "application/json")
		return json.NewEncoder(w).Encode(got[0])
	}
	if !up.LoadID.IsZero() {
		return web.Redirect(w, r, "/loads/"+up.LoadID.String())
	}
	return web.Redirect(w, r, got[0].Href)
}

// take stores each file as it streams by; the fields stand before the files.
func (p *pages) take(ctx context.Context, parts *multipart.Reader) (got []receipt, up documents.Upload, err error) {
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return got, up, nil
		} else if err != nil {
			return nil, up, broken(err)
		}
		if part.FileName() == "" {
			if err := field(part, &up); err != nil {
				return nil, up, err
			}
			continue
		}
		one := up
		one.Filename, one.Body, one.Source = part.FileName(), part, "upload"
		d, again, err := p.docs.Receive(ctx, one)
		if err != nil {
			return nil, up, err
		}
		if again && up.Kind != "" && up.Kind != d.Kind && !up.LoadID.IsZero() && (d.LoadID == nil || *d.LoadID == up.LoadID) {
			// The same file brought again as something else: a person corrects what it is.
			if err := p.docs.SetKind(ctx, d.ID, up.Kind); err != nil {
				return nil, up, err
			}
		}
		got = append(got, received(d, again, up.LoadID))
	}
}

func broken(err error) error {
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return errs.TooLarge("that is larger than %d MB", documents.MaxBytes>>20).Wrap(err)
	}
	return errs.Invalid("the upload broke off; send the file again").Wrap(err)
}

func field(part *multipart.Part, up *documents.Upload) error {
	b, err := io.ReadAll(io.LimitReader(part, maxField))
	if err != nil {
		return broken(err)
	}
	v := strings.TrimSpace(string(b))
	switch part.FormName() {
	case "kind":
		if v != "" && !known(v) {
			return errs.Invalid("unknown kind of document %q", v).Field("kind", "choose one of the list")
		}
		if v != "unknown" {
			up.Kind = v
		}
	case "load_id":
		if v == "" {
			return nil
		}
		if up.LoadID, err = ids.Parse(v); err != nil {
			return errs.NotFound("there is no such load").Wrap(err)
		}
	case "replaces":
		if v == "" {
			return nil
		}
		if up.Replaces, err = ids.Parse(v); err != nil {
			return errs.NotFound("there is no such document").Wrap(err)
		}
	}
	return nil
}

func received(d documents.Document, again bool, load ids.ID) receipt {
	r := receipt{Text: "Received; it is being read", Href: "/documents/" + d.ID.String(), Tone: "ok", ID: d.ID.String()}
	switch {
	case again && !load.IsZero() && ids.Of(d.LoadID) != load && d.LoadID != nil:
		r.Text, r.Tone = "This file is here already and hangs on another load", "risk"
	case again:
		r.Text, r.Tone = "This file was here already; nothing was stored twice", "risk"
	case !load.IsZero():
		r.Text = "Added to the load; it is being read"
	}
	return r
}

type oneView struct {
	Doc                        documents.Document
	Reading                    *extract.Reading
	Pages                      []ui.SheetPage
	Fields                     []ui.FieldProps
	Flags                      []extract.Flag
	Zone                       string
	CSRF                       string
	MayAdd, MayDrop, MayReview bool
	Waiting                    bool
}

// draftWait is how long a page waits for the draft load of a rate confirmation that was just read.
const draftWait = 15 * time.Second

// waiting reports a document that is not read, or whose draft is not made yet:
// its page asks again by itself.
func (p *pages) waiting(d documents.Document) bool {
	switch d.State {
	case "received", "reading":
		return true
	case "read":
		return d.Kind == extract.RateConfirmation && d.LoadID == nil && d.ReadAt != nil && p.docs.Clock.Now().Sub(*d.ReadAt) < draftWait
	}
	return false
}

// progress has the page loaded again as soon as there is something new to see:
// its pictures, boxes and buttons all belong to the reading.
func (p *pages) progress(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	d, err := p.docs.Get(r.Context(), id)
	if err != nil {
		return err
	}
	if !p.waiting(d) {
		w.Header().Set("HX-Refresh", "true")
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (p *pages) one(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	ctx := r.Context()
	v := oneView{Zone: web.Zone(ctx), MayAdd: identity.Can(ctx, identity.AddDocuments), MayDrop: identity.Can(ctx, identity.DropDocuments), MayReview: identity.Can(ctx, identity.EditLoads)}
	if v.Doc, err = p.docs.Get(ctx, id); err != nil {
		return err
	}
	var pp []documents.Page
	if v.Reading, pp, err = p.docs.Reading(ctx, id); err != nil {
		return err
	}
	v.Pages = sheet(v.Doc, pp)
	v.Fields, v.Waiting = fields(v.Reading), p.waiting(v.Doc)
	if v.Reading != nil {
		v.Flags = v.Reading.Flags
	}
	m := p.rt.Meta(r, web.PageMeta{Title: v.Doc.Filename, Subtitle: kindWords(v.Doc.Kind), Section: "documents", Fill: true, Scripts: []string{"review.js"}})
	m.Actions = oneActions(v)
	v.CSRF = m.CSRF
	return web.Render(w, r, http.StatusOK, onePage(m, v))
}

// sheet shows the pages as read; before that, the first page in letter size, because its picture can be made already.
func sheet(d documents.Document, pp []documents.Page) []ui.SheetPage {
	src := func(n int) string { return fmt.Sprintf("/documents/%s/pages/%d.jpg", d.ID, n) }
	var out []ui.SheetPage
	for _, x := range pp {
		out = append(out, ui.SheetPage{Number: x.PageNo, Src: src(x.PageNo), Width: float64(x.WidthPt), Height: float64(x.HeightPt), Alt: fmt.Sprintf("%s, page %d", d.Filename, x.PageNo)})
	}
	if len(out) == 0 && d.State != "failed" && d.PageCount > 0 {
		out = append(out, ui.SheetPage{Number: 1, Src: src(1), Width: 612, Height: 792, Alt: d.Filename + ", page 1"})
	}
	return out
}

// fields are the leaves of a reading with their places on the paper.
func fields(r *extract.Reading) []ui.FieldProps {
	if r == nil {
		return nil
	}
	why := map[string]string{}
	for _, f := range r.Flags {
		if f.Severity == extract.Check {
			why[f.Field] = f.Reason
		}
	}
	var out []ui.FieldProps
	for _, v := range r.Fields() {
		out = append(out, ui.FieldProps{Name: v.Path, Label: fieldWords(v.Path, v.Kind), Value: v.Value, ReadOnly: true, Flag: why[v.Path],
			Evidence: &ui.Evidence{Page: v.Page, Box: v.Box, Confidence: v.Confidence, Text: v.Text}})
	}
	return out
}

var abbreviations = strings.NewReplacer("zip", "ZIP", "usdot", "USDOT", "bol ", "BOL ", "pro ", "PRO ", "tonu", "TONU", " lb\x00", ", lb", " ft\x00", ", ft", " f\x00", ", °F")

// fieldWords says a path as people do: "stops[1].window_start" is "Stop 2, window start".
func fieldWords(path, kind string) string {
	group, rest, nested := strings.Cut(path, ".")
	label := ""
	if name, index, ok := strings.Cut(strings.TrimSuffix(group, "]"), "["); ok {
		n, _ := strconv.Atoi(index)
		label = fmt.Sprintf("%s %d", map[string]string{"stops": "Stop", "line_items": "Line"}[name], n+1)
	} else if nested {
		label = ui.Capital(group)
	}
	if !nested {
		rest = group
	}
	rest, _, _ = strings.Cut(rest, "[")
	if rest == "references" {
		rest = "reference " + kind
	}
	if rest == "mc" {
		rest = "MC"
	}
	rest = strings.TrimSpace(strings.TrimSuffix(abbreviations.Replace(strings.ReplaceAll(rest, "_", " ")+"\x00"), "\x00"))
	if label == "" {
		return ui.Capital(rest)
	}
	return label + ", " + rest
}

func (p *pages) picture(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(r.PathValue("page"), ".jpg"))
	if err != nil {
		return errs.NotFound("there is no such page").Wrap(err)
	}
	img, ct, err := p.docs.Picture(r.Context(), id, n)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", ct)
	h.Set("Cache-Control", "private, max-age=86400, immutable") // a page's picture never changes
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Length", strconv.Itoa(len(img)))
	_, err = w.Write(img)
	return err
}

// shown are the types a browser may show itself, sandboxed; the rest is downloaded.
var shown = map[string]bool{"application/pdf": true, "image/jpeg": true, "image/png": true}

func (p *pages) file(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	d, data, err := p.docs.Content(r.Context(), id)
	if err != nil {
		return err
	}
	h := w.Header()
	ct, way := d.ContentType, "attachment"
	if shown[ct] && r.FormValue("download") == "" {
		way = "inline"
	} else if !shown[ct] {
		ct = "application/octet-stream" // mail and text are never rendered on our address
	}
	h.Set("Content-Type", ct)
	h.Set("Content-Disposition", disposition(way, d.Filename))
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(data)))
	_, err = w.Write(data)
	return err
}

// disposition names the file for old and new browsers (RFC 6266).
func disposition(way, name string) string {
	plain := strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || r < ' ' || r == '"' || r == '\\' {
			return '_'
		}
		return r
	}, name)
	var enc strings.Builder
	for _, b := range []byte(name) {
		if b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte("-._~", b) >= 0 {
			enc.WriteByte(b)
		} else {
			fmt.Fprintf(&enc, "%%%02X", b)
		}
	}
	return fmt.Sprintf(`%s; filename="%s"; filename*=UTF-8''%s`, way, plain, enc.String())
}

// cases are the papers that the reader was corrected on, for whoever mends it.
func (p *pages) cases(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="cases.zip"`)
	h.Set("X-Content-Type-Options", "nosniff")
	_, err := p.docs.ExportCases(r.Context(), w)
	return err
}

func (p *pages) setKind(w http.ResponseWriter, r *http.Request) error {
	return p.change(w, r, func(ctx context.Context, id ids.ID) error {
		kind := r.PostFormValue("kind")
		if !known(kind) {
			return errs.Invalid("unknown kind of document %q", kind).Field("kind", "choose one of the list")
		}
		return p.docs.SetKind(ctx, id, kind)
	})
}

func (p *pages) reject(w http.ResponseWriter, r *http.Request) error {
	return p.change(w, r, func(ctx context.Context, id ids.ID) error {
		why := strings.TrimSpace(r.PostFormValue("reason"))
		if why == "" || len(why) > 1000 {
			return errs.Invalid("say why in at most 1,000 characters").Field("reason", "required")
		}
		return p.docs.Reject(ctx, id, why)
	})
}

func (p *pages) readAgain(w http.ResponseWriter, r *http.Request) error {
	return p.change(w, r, p.docs.ReadAgain)
}

func (p *pages) change(w http.ResponseWriter, r *http.Request, fn func(ctx context.Context, id ids.ID) error) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := fn(r.Context(), id); err != nil {
		return err
	}
	return web.Redirect(w, r, "/documents/"+id.String())
}
