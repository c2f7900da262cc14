package records

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"

	"truckflow/internal/identity"
	"truckflow/internal/kit/csvio"
	"truckflow/internal/kit/errs"
	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

// Importer is one list that goes out and in as CSV. It serves GET and POST
// Path, POST Path/confirm and GET Export.
type Importer struct {
	Path, Export string // "/fleet/import/trucks", "/fleet/export/trucks.csv"
	Back         string // where the list is
	Title        string // "Import trucks"
	Section      string // the lit menu entry
	FileName     string // of the export, without its date: "trucks"
	Columns      []string
	Note         string // for a list that only grows: how its columns are meant; Export is then an example
	See, Edit    identity.Permission
	Preview      func(ctx context.Context, file []byte) (csvio.Preview, error)
	Import       func(ctx context.Context, file []byte, digest string) (csvio.Preview, error)
	Write        func(ctx context.Context, w io.Writer, r *http.Request) error
}

type importView struct {
	Importer
	action  string
	problem string
	preview *csvio.Preview
	done    *csvio.Preview
	data    string // the file, base64: nothing is kept here between preview and import
}

// Register adds the importer's pages.
func (im Importer) Register(rt *web.Router) {
	show := func(w http.ResponseWriter, r *http.Request, status int, v importView) error {
		v.Importer, v.action = im, im.Path
		m := rt.Meta(r, web.PageMeta{Title: im.Title, Section: im.Section})
		if r.Header.Get("HX-Request") == "true" {
			return web.Render(w, r, status, importStep(m.CSRF, v))
		}
		return web.Render(w, r, status, importPage(m, v))
	}
	refuse := func(w http.ResponseWriter, r *http.Request, err error) error {
		switch errs.KindOf(err) {
		case errs.KindInvalid, errs.KindTooLarge, errs.KindUnsupported:
			pub := errs.Public(err)
			text := ui.Sentence(pub.Message)
			if pub.HintMsg != "" {
				text += " " + ui.Sentence(pub.HintMsg)
			}
			return show(w, r, http.StatusUnprocessableEntity, importView{problem: text})
		}
		return err
	}
	rt.Handle("GET "+im.Path, im.Edit, func(w http.ResponseWriter, r *http.Request) error { return show(w, r, http.StatusOK, importView{}) })
	rt.Handle("POST "+im.Path, im.Edit, func(w http.ResponseWriter, r *http.Request) error {
		file, err := upload(w, r)
		if err != nil {
			return refuse(w, r, err)
		}
		p, err := im.Preview(r.Context(), file)
		if err != nil {
			return refuse(w, r, err)
		}
		return show(w, r, http.StatusOK, importView{preview: &p, data: base64.RawURLEncoding.EncodeToString(file)})
	})
	rt.Handle("POST "+im.Path+"/confirm", im.Edit, func(w http.ResponseWriter, r *http.Request) error {
		file, err := base64.RawURLEncoding.DecodeString(r.PostFormValue("data"))
		if err != nil || len(file) == 0 {
			return refuse(w, r, errs.Invalid("the file got lost on the way; choose it again").Wrap(err))
		}
		digest := r.PostFormValue("digest")
		if digest == "" {
			return refuse(w, r, errs.Invalid("look at the preview first"))
		}
		p, err := im.Import(r.Context(), file, digest)
		if err != nil {
			return refuse(w, r, err)
		}
		return show(w, r, http.StatusOK, importView{done: &p})
	})
	rt.Handle("GET "+im.Export, im.See, func(w http.ResponseWriter, r *http.Request) error {
		var b bytes.Buffer
		if err := im.Write(r.Context(), &b, r); err != nil {
			return err
		}
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", im.FileName+".csv"))
		_, err := w.Write(b.Bytes())
		return err
	})
}

// upload returns the one file of a form, refusing more than a list may have.
func upload(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	tooLarge := errs.TooLarge("the file is larger than %d MB", csvio.MaxBytes>>20).Hint("split the list into several files")
	r.Body = http.MaxBytesReader(w, r.Body, csvio.MaxBytes+1<<20)
	f, head, err := r.FormFile("file")
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return nil, tooLarge
	}
	if err != nil {
		return nil, errs.Invalid("no file was chosen").Wrap(err)
	}
	defer f.Close()
	if head.Size > csvio.MaxBytes {
		return nil, tooLarge
	}
	return io.ReadAll(f)
}
