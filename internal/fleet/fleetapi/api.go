// Package fleetapi has /v1's trucks, trailers and drivers.
package fleetapi

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"truckflow/internal/api"
	"truckflow/internal/fleet"
	"truckflow/internal/identity"
	"truckflow/internal/kit/csvio"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
)

// resource is one kind as /v1 serves it: T is stored, V is shown, F is sent.
type resource[T, V, F any] struct {
	kind      fleet.Kind
	list      func(context.Context, fleet.Filter) ([]T, error)
	get       func(context.Context, ids.ID) (T, error)
	add, edit func(context.Context, T) (T, error)
	show      func(T, time.Time) V
	fill      func(*T, F) (version int, err error)
	version   func(*T) *int
	key       func(T) string
}

type (
	// ByID is a path that names one thing; huma reads embedded types only when they are exported.
	ByID struct {
		ID string `path:"id" format:"uuid"`
	}
	listIn struct {
		Show   string `query:"show" enum:"active,out,archived,all" default:"active" doc:"out: out of service today"`
		Query  string `query:"q" doc:"words that must all occur"`
		Cursor string `query:"cursor"`
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	bodyIn[F any] struct{ Body F }
	editIn[F any] struct {
		ByID
		Body F
	}
	out[V any]     struct{ Body V }
	listOut[V any] struct {
		Body struct {
			Items []V    `json:"items"`
			Next  string `json:"next,omitempty"`
		}
	}
	versionIn struct {
		ByID
		Body struct {
			Version int `json:"version" minimum:"1" doc:"the version you read"`
		}
	}
	outIn struct {
		ByID
		Body struct {
			Version int    `json:"version" minimum:"1" doc:"the version you read"`
			From    string `json:"from" format:"date"`
			Until   string `json:"until,omitempty" format:"date" doc:"last day; left out: until further notice"`
			Reason  string `json:"reason" minLength:"1" maxLength:"300"`
		}
	}
)

func (b ByID) id() (ids.ID, error) {
	id, err := ids.Parse(b.ID)
	if err != nil {
		return id, errs.NotFound("there is no such thing")
	}
	return id, nil
}

// Register adds the operations.
func Register(a *api.API, s *fleet.Service) {
	register(a, s, resource[fleet.Truck, truck, TruckFields]{fleet.KindTruck, s.Trucks, s.Truck, s.AddTruck, s.EditTruck, showTruck, fillTruck,
		func(t *fleet.Truck) *int { return &t.Version }, func(t fleet.Truck) string { return t.UnitNumber + " " + t.ID.String() }})
	register(a, s, resource[fleet.Trailer, trailer, TrailerFields]{fleet.KindTrailer, s.Trailers, s.Trailer, s.AddTrailer, s.EditTrailer, showTrailer, fillTrailer,
		func(t *fleet.Trailer) *int { return &t.Version }, func(t fleet.Trailer) string { return t.UnitNumber + " " + t.ID.String() }})
	register(a, s, resource[fleet.Driver, driver, DriverFields]{fleet.KindDriver, s.Drivers, s.Driver, s.AddDriver, s.EditDriver, showDriver, fillDriver,
		func(d *fleet.Driver) *int { return &d.Version }, func(d fleet.Driver) string { return d.Name + " " + d.ID.String() }})
	papers(a, s)
}

func register[T, V, F any](a *api.API, s *fleet.Service, r resource[T, V, F]) {
	k, base := string(r.kind), "/v1/"+r.kind.Plural()
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: base + path, Summary: summary, Tags: []string{"fleet"}}
	}
	one := func(ctx context.Context, v T, err error) (*out[V], error) {
		if err != nil {
			return nil, err
		}
		today, err := s.Today(ctx)
		return &out[V]{r.show(v, today)}, err
	}
	api.Register(a, op("list-"+k+"s", http.MethodGet, "", "List "+k+"s"), identity.SeeFleet, func(ctx context.Context, in *listIn) (*listOut[V], error) {
		vs, err := r.list(ctx, fleet.Filter{Show: fleet.Show(in.Show), Query: in.Query})
		if err != nil {
			return nil, err
		}
		p, err := page.Slice(vs, page.Request{Cursor: in.Cursor, Limit: in.Limit}, r.key)
		if err != nil {
			return nil, err
		}
		today, err := s.Today(ctx)
		o := &listOut[V]{}
		o.Body.Items, o.Body.Next = []V{}, p.Next
		for _, v := range p.Items {
			o.Body.Items = append(o.Body.Items, r.show(v, today))
		}
		return o, err
	})
	api.Register(a, op("get-"+k, http.MethodGet, "/{id}", "One "+k), identity.SeeFleet, func(ctx context.Context, in *ByID) (*out[V], error) {
		id, err := in.id()
		if err != nil {
			return nil, err
		}
		v, err := r.get(ctx, id)
		return one(ctx, v, err)
	})
	add := op("add-"+k, http.MethodPost, "", "Add a "+k)
	add.DefaultStatus = http.StatusCreated
	api.Register(a, add, r.kind.Edit(), func(ctx context.Context, in *bodyIn[F]) (*out[V], error) {
		var v T
		if _, err := r.fill(&v, in.Body); err != nil {
			return nil, err
		}
		v, err := r.add(ctx, v)
		return one(ctx, v, err)
	})
	api.Register(a, op("edit-"+k, http.MethodPatch, "/{id}", "Change what is sent; leave the rest"), r.kind.Edit(), func(ctx context.Context, in *editIn[F]) (*out[V], error) {
		id, err := in.id()
		if err != nil {
			return nil, err
		}
		v, err := r.get(ctx, id)
		if err != nil {
			return nil, err
		}
		version, err := r.fill(&v, in.Body)
		if err != nil {
			return nil, err
		}
		if version == 0 {
			return nil, errs.Invalid("send the version you read").Field("version", "needed")
		}
		*r.version(&v) = version
		v, err = r.edit(ctx, v)
		return one(ctx, v, err)
	})
	steps(a, s, r, op, one)
	lists(a, s, r.kind, op)
}

// steps adds what is done to one thing.
func steps[T, V, F any](a *api.API, s *fleet.Service, r resource[T, V, F], op func(id, method, path, summary string) huma.Operation, one func(context.Context, T, error) (*out[V], error)) {
	k := string(r.kind)
	again := func(ctx context.Context, id ids.ID, err error) (*out[V], error) {
		if err != nil {
			return nil, err
		}
		v, err := r.get(ctx, id)
		return one(ctx, v, err)
	}
	for _, step := range []struct {
		verb, summary string
		do            func(context.Context, fleet.Kind, ids.ID, int) error
	}{
		{"archive", "Take a " + k + " out of every list", s.Archive},
		{"restore", "Bring an archived " + k + " back", s.Restore},
		{"back-in-service", "End out of service", s.BackInService},
	} {
		api.Register(a, op(step.verb+"-"+k, http.MethodPost, "/{id}/"+step.verb, step.summary), r.kind.Edit(), func(ctx context.Context, in *versionIn) (*out[V], error) {
			id, err := in.id()
			if err != nil {
				return nil, err
			}
			return again(ctx, id, step.do(ctx, r.kind, id, in.Body.Version))
		})
	}
	api.Register(a, op("out-of-service-"+k, http.MethodPost, "/{id}/out-of-service", "Take a "+k+" off the road for some days"), r.kind.Edit(), func(ctx context.Context, in *outIn) (*out[V], error) {
		id, err := in.id()
		if err != nil {
			return nil, err
		}
		from, err := csvio.ParseDate(in.Body.From)
		if err != nil || from == nil {
			return nil, errs.Invalid("from is not a date").Field("from", "a date such as 2026-11-23")
		}
		until, err := csvio.ParseDate(in.Body.Until)
		if err != nil {
			return nil, errs.Invalid("until is not a date").Field("until", "a date such as 2026-11-23")
		}
		return again(ctx, id, s.OutOfService(ctx, r.kind, id, in.Body.Version, *from, until, in.Body.Reason))
	})
}

// lists adds CSV in and out.
func lists(a *api.API, s *fleet.Service, k fleet.Kind, op func(id, method, path, summary string) huma.Operation) {
	type fileIn struct {
		DryRun  bool `query:"dry_run" doc:"only say what would change"`
		RawBody []byte
	}
	imp := op("import-"+k.Plural(), http.MethodPost, "/import", "Import a CSV: good rows are applied together, bad rows are named")
	imp.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}}}
	imp.MaxBodyBytes = csvio.MaxBytes + 1
	api.Register(a, imp, k.Edit(), func(ctx context.Context, in *fileIn) (*out[csvio.Preview], error) {
		if in.DryRun {
			p, err := s.Preview(ctx, k, in.RawBody)
			return &out[csvio.Preview]{p}, err
		}
		p, err := s.Import(ctx, k, in.RawBody, "")
		return &out[csvio.Preview]{p}, err
	})
	type fileOut struct {
		ContentType string `header:"Content-Type"`
		Body        []byte
	}
	api.Register(a, op("export-"+k.Plural(), http.MethodGet, "/export.csv", "All active "+k.Plural()+" as CSV"), identity.SeeFleet, func(ctx context.Context, _ *struct{}) (*fileOut, error) {
		var b bytes.Buffer
		err := s.Export(ctx, k, fleet.Filter{}, &b)
		return &fileOut{"text/csv; charset=utf-8", b.Bytes()}, err
	})
}

type expiry struct {
	Kind      string `json:"kind" enum:"truck,trailer,driver"`
	SubjectID string `json:"subject_id"`
	Subject   string `json:"subject"`
	What      string `json:"what"`
	Due       string `json:"due" format:"date"`
	Days      int    `json:"days" doc:"from today; negative when it has run out"`
}

func showExpiry(e fleet.Expiry) expiry {
	return expiry{string(e.Kind), e.SubjectID.String(), e.Subject, e.What, e.Due.Format(time.DateOnly), e.Days}
}

type block struct {
	Kind      string `json:"kind" enum:"truck,trailer,driver"`
	SubjectID string `json:"subject_id"`
	What      string `json:"what"`
	Why       string `json:"why"`
}

// papers adds what runs out and what the law says about a crew.
func papers(a *api.API, s *fleet.Service) {
	type expiriesIn struct {
		Days int `query:"days" minimum:"0" maximum:"3650" default:"60"`
	}
	type expiriesOut struct {
		Body struct {
			Items []expiry `json:"items"`
		}
	}
	api.Register(a, huma.Operation{OperationID: "list-expiries", Method: http.MethodGet, Path: "/v1/fleet/expiries", Summary: "Papers that run out, most urgent first", Tags: []string{"fleet"}},
		identity.SeeFleet, func(ctx context.Context, in *expiriesIn) (*expiriesOut, error) {
			es, err := s.Expiries(ctx, in.Days)
			o := &expiriesOut{}
			o.Body.Items = []expiry{}
			for _, e := range es {
				o.Body.Items = append(o.Body.Items, showExpiry(e))
			}
			return o, err
		})
	type legalIn struct {
		Driver  string `query:"driver_id"`
		Truck   string `query:"truck_id"`
		Trailer string `query:"trailer_id"`
		On      string `query:"on" format:"date" doc:"left out: today"`
	}
	type legalOut struct {
		Body struct {
			Legal  bool    `json:"legal"`
			Blocks []block `json:"blocks"`
		}
	}
	api.Register(a, huma.Operation{OperationID: "legal-to-dispatch", Method: http.MethodGet, Path: "/v1/fleet/legal", Summary: "Why a crew may not be dispatched on a day", Tags: []string{"fleet"}},
		identity.SeeFleet, func(ctx context.Context, in *legalIn) (*legalOut, error) {
			var crew fleet.Crew
			for name, p := range map[string]struct {
				text string
				id   *ids.ID
			}{"driver_id": {in.Driver, &crew.Driver}, "truck_id": {in.Truck, &crew.Truck}, "trailer_id": {in.Trailer, &crew.Trailer}} {
				if err := p.id.UnmarshalText([]byte(p.text)); err != nil {
					return nil, errs.Invalid("%s is not an id", name)
				}
			}
			on, err := csvio.ParseDate(in.On)
			if err != nil {
				return nil, errs.Invalid("on is not a date")
			}
			if on == nil {
				today, err := s.Today(ctx)
				if err != nil {
					return nil, err
				}
				on = &today
			}
			bs, err := s.LegalToDispatch(ctx, crew, *on)
			o := &legalOut{}
			o.Body.Legal, o.Body.Blocks = len(bs) == 0, []block{}
			for _, b := range bs {
				o.Body.Blocks = append(o.Body.Blocks, block{string(b.Kind), b.SubjectID.String(), b.What, b.Why})
			}
			return o, err
		})
}
