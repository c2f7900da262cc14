// Package documentsapi has /v1's documents: upload, read, correct.
package documentsapi

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"truckflow/internal/api"
	"truckflow/internal/documents"
	"truckflow/internal/documents/extract"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
)

type document struct {
	ID          string     `json:"id"`
	Kind        string     `json:"kind"`
	State       string     `json:"state" enum:"received,reading,read,failed,rejected"`
	Error       string     `json:"error,omitempty"`
	Filename    string     `json:"filename"`
	ContentType string     `json:"content_type"`
	SizeBytes   int64      `json:"size_bytes"`
	Pages       int        `json:"pages"`
	LoadID      string     `json:"load_id,omitempty"`
	Version     int        `json:"version_no"`
	ReceivedAt  time.Time  `json:"received_at"`
	ReadAt      *time.Time `json:"read_at,omitempty"`
	ReadMS      *int       `json:"read_ms,omitempty"`
	Again       bool       `json:"again,omitempty" doc:"these bytes were here already; this is the document they made"`
}

func show(d documents.Document, again bool) document {
	o := document{ID: d.ID.String(), Kind: d.Kind, State: d.State, Error: d.Error, Filename: d.Filename, ContentType: d.ContentType, SizeBytes: d.SizeBytes,
		Pages: d.PageCount, Version: d.VersionNo, ReceivedAt: d.ReceivedAt, ReadAt: d.ReadAt, ReadMS: d.ReadMs, Again: again}
	if d.LoadID != nil {
		o.LoadID = d.LoadID.String()
	}
	return o
}

type one struct {
	Status int
	Body   document
}

// ByID is a path that names one thing. It is exported because huma reads
// embedded types only when they are.
type ByID struct {
	ID string `path:"id" format:"uuid"`
}

func (b ByID) id() (ids.ID, error) {
	id, err := ids.Parse(b.ID)
	if err != nil {
		return id, errs.NotFound("there is no such document")
	}
	return id, nil
}

func optional(s string) (ids.ID, error) {
	if s == "" {
		return ids.ID{}, nil
	}
	id, err := ids.Parse(s)
	if err != nil {
		return id, errs.Invalid("%.40q is not an id", s)
	}
	return id, nil
}

func op(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"documents"}}
}

// uploadForm is the multipart form of an upload.
type uploadForm struct {
	File     huma.FormFile `form:"file" required:"true"`
	Kind     string        `form:"kind" required:"false"`
	LoadID   string        `form:"load_id" required:"false"`
	Replaces string        `form:"replaces" required:"false"`
}

// Register adds the operations.
func Register(a *api.API, s *documents.Service) {
	type upload struct {
		RawBody huma.MultipartFormFiles[uploadForm]
	}
	up := op("upload-document", http.MethodPost, "/v1/documents", "Upload a document; it is read in the background. 201 when new, 200 when the same bytes were here already.")
	up.MaxBodyBytes = documents.MaxBytes + 1<<20
	api.Register(a, up, identity.AddDocuments, func(ctx context.Context, i *upload) (*one, error) {
		f := i.RawBody.Data()
		load, err := optional(f.LoadID)
		if err != nil {
			return nil, err
		}
		replaces, err := optional(f.Replaces)
		if err != nil {
			return nil, err
		}
		d, again, err := s.Receive(ctx, documents.Upload{Filename: f.File.Filename, Kind: f.Kind, Source: "api", LoadID: load, Replaces: replaces, Body: f.File})
		o := &one{201, show(d, again)}
		if again {
			o.Status = 200
		}
		return o, err
	})
	type listIn struct {
		LoadID string `query:"load_id" format:"uuid" doc:"only those that hang on this load, oldest first"`
		Cursor string `query:"cursor"`
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	type listOut struct {
		Body struct {
			Items []document `json:"items"`
			Next  string     `json:"next,omitempty"`
		}
	}
	api.Register(a, op("list-documents", http.MethodGet, "/v1/documents", "Documents, newest first"), identity.SeeDocuments, func(ctx context.Context, i *listIn) (*listOut, error) {
		req := page.Request{Cursor: i.Cursor, Limit: i.Limit}
		load, err := optional(i.LoadID)
		if err != nil {
			return nil, err
		}
		var p page.Page[documents.Document]
		if load.IsZero() {
			p, err = s.List(ctx, req)
		} else {
			var ds []documents.Document
			if ds, err = s.OfLoad(ctx, load); err == nil {
				p, err = page.Slice(ds, req, func(d documents.Document) string { return d.ID.String() })
			}
		}
		o := &listOut{}
		o.Body.Next, o.Body.Items = p.Next, []document{}
		for _, d := range p.Items {
			o.Body.Items = append(o.Body.Items, show(d, false))
		}
		return o, err
	})
	api.Register(a, op("get-document", http.MethodGet, "/v1/documents/{id}", "One document"), identity.SeeDocuments, func(ctx context.Context, i *ByID) (*one, error) {
		id, err := i.id()
		if err != nil {
			return nil, err
		}
		d, err := s.Get(ctx, id)
		return &one{200, show(d, false)}, err
	})
	type readingOut struct{ Body *extract.Reading }
	api.Register(a, op("get-reading", http.MethodGet, "/v1/documents/{id}/reading", "What was read, with evidence (docs/extract.md)"), identity.SeeDocuments, func(ctx context.Context, i *ByID) (*readingOut, error) {
		id, err := i.id()
		if err != nil {
			return nil, err
		}
		if _, err := s.Get(ctx, id); err != nil {
			return nil, err
		}
		r, _, err := s.Reading(ctx, id)
		if err == nil && r == nil {
			err = errs.NotFound("this document was not read yet")
		}
		return &readingOut{r}, err
	})
	files(a, s)
	changes(a, s)
}

type file struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func files(a *api.API, s *documents.Service) {
	api.Register(a, op("get-document-content", http.MethodGet, "/v1/documents/{id}/content", "The file as it came"), identity.SeeDocuments, func(ctx context.Context, i *ByID) (*file, error) {
		id, err := i.id()
		if err != nil {
			return nil, err
		}
		d, b, err := s.Content(ctx, id)
		return &file{d.ContentType, fmt.Sprintf("attachment; filename=%q", d.Filename), b}, err
	})
	type pageIn struct {
		ByID
		Page int `path:"page" minimum:"1"`
	}
	api.Register(a, op("get-page-image", http.MethodGet, "/v1/documents/{id}/pages/{page}/image", "A page's image"), identity.SeeDocuments, func(ctx context.Context, i *pageIn) (*file, error) {
		id, err := i.id()
		if err != nil {
			return nil, err
		}
		b, ct, err := s.Picture(ctx, id, i.Page)
		return &file{ContentType: ct, Body: b}, err
	})
}

func changes(a *api.API, s *documents.Service) {
	type attach struct {
		ByID
		Body struct {
			LoadID string `json:"load_id" format:"uuid"`
		}
	}
	none := func(o huma.Operation) huma.Operation { o.DefaultStatus = 204; return o }
	api.Register(a, none(op("attach-document", http.MethodPost, "/v1/documents/{id}/attach", "Hang a document on a load")), identity.AddDocuments, func(ctx context.Context, i *attach) (*struct{}, error) {
		id, err := i.id()
		if err != nil {
			return nil, err
		}
		load, err := optional(i.Body.LoadID)
		if err != nil {
			return nil, err
		}
		return nil, s.Attach(ctx, id, load)
	})
	type kind struct {
		ByID
		Body struct {
			Kind string `json:"kind" enum:"rate_confirmation,bill_of_lading,proof_of_delivery,invoice,lumper_receipt,scale_ticket,receipt,other"`
		}
	}
	api.Register(a, none(op("set-document-kind", http.MethodPost, "/v1/documents/{id}/kind", "Correct what a document is")), identity.AddDocuments, func(ctx context.Context, i *kind) (*struct{}, error) {
		id, err := i.id()
		if err != nil {
			return nil, err
		}
		return nil, s.SetKind(ctx, id, i.Body.Kind)
	})
	type reject struct {
		ByID
		Body struct {
			Reason string `json:"reason" minLength:"1"`
		}
	}
	api.Register(a, none(op("reject-document", http.MethodPost, "/v1/documents/{id}/reject", "Put a document aside")), identity.DropDocuments, func(ctx context.Context, i *reject) (*struct{}, error) {
		id, err := i.id()
		if err != nil {
			return nil, err
		}
		return nil, s.Reject(ctx, id, i.Body.Reason)
	})
	api.Register(a, none(op("read-document-again", http.MethodPost, "/v1/documents/{id}/read-again", "Have a document read once more")), identity.AddDocuments, func(ctx context.Context, i *ByID) (*struct{}, error) {
		id, err := i.id()
		if err != nil {
			return nil, err
		}
		return nil, s.ReadAgain(ctx, id)
	})
}
