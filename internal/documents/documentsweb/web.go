// Package documentsweb has the papers' pages: drop, list, look, correct.
package documentsweb

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"truckflow/internal/documents"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

type pages struct {
	rt  *web.Router
	s   *documents.Service
	ids *identity.Service
}

// Register adds the pages.
func Register(rt *web.Router, s *documents.Service, who *identity.Service) {
	p := &pages{rt, s, who}
	rt.Handle("GET /documents", identity.SeeDocuments, p.list)
	rt.Handle("POST /documents", identity.AddDocuments, p.upload)
	rt.Handle("GET /documents/{id}", identity.SeeDocuments, p.one)
	rt.Handle("GET /documents/{id}/file", identity.SeeDocuments, p.file)
	rt.Handle("GET /documents/{id}/pages/{n}", identity.SeeDocuments, p.picture)
	rt.Handle("POST /documents/{id}/kind", identity.AddDocuments, p.kind)
	rt.Handle("POST /documents/{id}/reject", identity.DropDocuments, p.reject)
	rt.Handle("POST /documents/{id}/read-again", identity.AddDocuments, p.again)
}

var stateWords = map[string]struct {
	word string
	tone ui.Tone
}{"received": {"being read", ui.ToneInfo}, "reading": {"being read", ui.ToneInfo}, "read": {"read", ui.ToneOK}, "failed": {"could not be read", ui.ToneLate}, "rejected": {"put aside", ui.ToneMuted}}

func stateWord(s string) string  { return stateWords[s].word }
func stateTone(s string) ui.Tone { return stateWords[s].tone }
func words(s string) string      { return strings.ReplaceAll(s, "_", " ") }

func kindOptions() (out []ui.Option) {
	for _, k := range []string{"rate_confirmation", "bill_of_lading", "proof_of_delivery", "invoice", "lumper_receipt", "scale_ticket", "receipt", "other"} {
		out = append(out, ui.Option{Value: k, Label: words(k)})
	}
	return out
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	docs, err := p.s.List(r.Context(), page.Request{Cursor: r.FormValue("cursor")})
	if err != nil {
		return err
	}
	c, err := p.ids.Company(r.Context())
	if err != nil {
		return err
	}
	m := p.rt.Meta(r, web.PageMeta{Title: "Documents", Section: "documents"})
	return web.Render(w, r, 200, listPage(m, docs.Items, c.TimeZone, docs.Next))
}

// upload takes one file a request, streamed: the form's fields come before it.
func (p *pages) upload(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, documents.MaxBytes+1<<20)
	mr, err := r.MultipartReader()
	if err != nil {
		return errs.Invalid("choose a file first").Wrap(err)
	}
	u := documents.Upload{Source: "upload"}
	for {
		part, err := mr.NextPart()
		if err == io.EOF {
			return errs.Invalid("choose a file first")
		} else if err != nil {
			return errs.Invalid("the upload broke off; send the file again").Wrap(err)
		}
		if part.FileName() == "" {
			b, err := io.ReadAll(io.LimitReader(part, 1000))
			if err != nil {
				return errs.Invalid("the upload broke off; send the file again").Wrap(err)
			}
			switch part.FormName() {
			case "kind":
				u.Kind = string(b)
			case "load_id", "load":
				if len(b) > 0 {
					if u.LoadID, err = ids.Parse(string(b)); err != nil {
						return errs.Invalid("that load does not exist").Wrap(err)
					}
				}
			}
			continue
		}
		u.Filename, u.Body = part.FileName(), part
		d, again, err := p.s.Receive(r.Context(), u)
		if err != nil {
			return err
		}
		return p.received(w, r, d, again)
	}
}

func (p *pages) received(w http.ResponseWriter, r *http.Request, d documents.Document, again bool) error {
	href := "/documents/" + d.ID.String()
	if !strings.Contains(r.Header.Get("Accept"), "application/json") {
		return web.Redirect(w, r, href)
	}
	msg := "received, being read"
	if again {
		msg = "already here: the same file came before"
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(map[string]any{"id": d.ID, "href": href, "message": msg, "text": msg, "again": again, "state": d.State})
}

func (p *pages) one(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	d, err := p.s.Get(r.Context(), id)
	if err != nil {
		return err
	}
	reading, pgs, err := p.s.Reading(r.Context(), id)
	if err != nil {
		return err
	}
	m := p.rt.Meta(r, web.PageMeta{Title: d.Filename, Subtitle: words(d.Kind), Section: "documents", Scripts: []string{"review.js"}})
	return web.Render(w, r, 200, onePage(m, d, reading, Sheets(d, pgs), identity.Can(r.Context(), identity.DropDocuments)))
}

// Sheets are a document's pages as the viewer shows them; none for text and mail.
func Sheets(d documents.Document, pgs []documents.Page) (out []ui.SheetPage) {
	if d.ContentType != "application/pdf" && !strings.HasPrefix(d.ContentType, "image/") {
		return nil
	}
	for _, pg := range pgs {
		out = append(out, ui.SheetPage{Number: pg.PageNo, Src: fmt.Sprintf("/documents/%s/pages/%d", d.ID, pg.PageNo), Width: float64(pg.WidthPt), Height: float64(pg.HeightPt),
			Alt: fmt.Sprintf("Page %d of %s", pg.PageNo, d.Filename)})
	}
	return out
}

func (p *pages) file(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	d, b, err := p.s.Content(r.Context(), id)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", d.ContentType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.Filename}))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	_, err = w.Write(b)
	return err
}

func (p *pages) picture(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil {
		return errs.NotFound("there is no such page")
	}
	b, ct, err := p.s.Picture(r.Context(), id, n)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", ct)
	w.Header().Set("Cache-Control", "private, max-age=86400")
	_, err = w.Write(b)
	return err
}

func (p *pages) change(w http.ResponseWriter, r *http.Request, fn func(id ids.ID) error) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := fn(id); err != nil {
		return err
	}
	return web.Redirect(w, r, "/documents/"+id.String())
}

func (p *pages) kind(w http.ResponseWriter, r *http.Request) error {
	return p.change(w, r, func(id ids.ID) error { return p.s.SetKind(r.Context(), id, r.PostFormValue("kind")) })
}

func (p *pages) reject(w http.ResponseWriter, r *http.Request) error {
	return p.change(w, r, func(id ids.ID) error { return p.s.Reject(r.Context(), id, r.PostFormValue("reason")) })
}

func (p *pages) again(w http.ResponseWriter, r *http.Request) error {
	return p.change(w, r, func(id ids.ID) error { return p.s.ReadAgain(r.Context(), id) })
}
