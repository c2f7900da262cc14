// Package loadsapi has /v1's loads: book, change, and every step of their life.
package loadsapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"truckflow/internal/api"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
)

// LoadFields is a load as a client gives it; exported because huma reads embedded types only when they are.
type LoadFields struct {
	CustomerID      string              `json:"customer_id,omitempty" doc:"needed to book"`
	CustomerRef     string              `json:"customer_load_number,omitempty" maxLength:"100"`
	Equipment       string              `json:"equipment,omitempty"`
	TrailerLengthFt *int                `json:"trailer_length_ft,omitempty"`
	TemperatureMinF *int                `json:"temperature_min_f,omitempty"`
	TemperatureMaxF *int                `json:"temperature_max_f,omitempty"`
	Commodity       string              `json:"commodity,omitempty" maxLength:"200"`
	WeightLb        *int                `json:"weight_lb,omitempty"`
	Pieces          *int                `json:"pieces,omitempty"`
	Miles           *int                `json:"miles,omitempty" doc:"left out: estimated from the stops"`
	Stops           []loads.StopInput   `json:"stops,omitempty" maxItems:"50"`
	Charges         []loads.ChargeInput `json:"charges,omitempty" maxItems:"50"`
}

func (b LoadFields) input() (in loads.Input, err error) {
	if b.CustomerID != "" {
		if in.CustomerID, err = ids.Parse(b.CustomerID); err != nil {
			return in, errs.Invalid("customer_id is not an id").Field("customer_id", "not an id")
		}
	}
	in.CustomerRef, in.Equipment, in.TrailerLengthFt, in.TemperatureMinF, in.TemperatureMaxF = b.CustomerRef, b.Equipment, b.TrailerLengthFt, b.TemperatureMinF, b.TemperatureMaxF
	in.Commodity, in.WeightLb, in.Pieces, in.Miles, in.Stops, in.Charges, in.Source = b.Commodity, b.WeightLb, b.Pieces, b.Miles, b.Stops, b.Charges, "api"
	return in, nil
}

// stop is a stop as shown: what was given, and what happened there.
type stop struct {
	loads.StopInput
	Seq         int        `json:"seq"`
	Lat         *float64   `json:"lat,omitempty"`
	Lon         *float64   `json:"lon,omitempty"`
	ArrivedAt   *time.Time `json:"arrived_at,omitempty"`
	CompletedAt *time.Time `json:"completed_at,omitempty"`
	DepartedAt  *time.Time `json:"departed_at,omitempty"`
}

type load struct {
	ID             string              `json:"id"`
	Number         string              `json:"number"`
	State          string              `json:"state"`
	Version        int                 `json:"version"`
	CustomerID     string              `json:"customer_id,omitempty"`
	CustomerRef    string              `json:"customer_load_number,omitempty"`
	Equipment      string              `json:"equipment,omitempty"`
	Commodity      string              `json:"commodity,omitempty"`
	WeightLb       *int                `json:"weight_lb,omitempty"`
	Pieces         *int                `json:"pieces,omitempty"`
	Miles          *int                `json:"miles,omitempty"`
	MilesEstimated bool                `json:"miles_estimated"`
	Currency       string              `json:"currency"`
	Total          string              `json:"total,omitempty" doc:"left out for roles that may not see money"`
	TruckID        string              `json:"truck_id,omitempty"`
	TrailerID      string              `json:"trailer_id,omitempty"`
	DriverID       string              `json:"driver_id,omitempty"`
	DocumentID     string              `json:"document_id,omitempty"`
	Origin         string              `json:"origin"`
	Destination    string              `json:"destination"`
	PickupFrom     *time.Time          `json:"pickup_from,omitempty"`
	DeliverBy      *time.Time          `json:"deliver_by,omitempty"`
	NextStop       int                 `json:"next_stop"`
	Stops          []stop              `json:"stops,omitempty"`
	Charges        []loads.ChargeInput `json:"charges,omitempty"`
	Flags          []loads.Flag        `json:"flags,omitempty"`
	Steps          []string            `json:"steps,omitempty" doc:"what you may do to it next"`
	Terms          json.RawMessage     `json:"terms,omitempty"`
	Barrier        *barrier            `json:"booking_barrier,omitempty" doc:"of a draft or tendered load: why it should not be booked"`
	CreatedAt      time.Time           `json:"created_at"`
}

// barrier is what stands in the way of booking; the figures are left out for
// roles that may not see money.
type barrier struct {
	Words    string `json:"words"`
	Blocked  string `json:"blocked,omitempty" doc:"why we do not haul for them"`
	Over     string `json:"over_limit_by,omitempty"`
	Limit    string `json:"credit_limit,omitempty"`
	Owed     string `json:"open_invoices,omitempty"`
	Unbilled string `json:"not_invoiced_yet,omitempty"`
}

func (l *load) barrier(ctx context.Context, s *loads.Service, f loads.Full) error {
	if st := lifecycle.State(f.State); st != lifecycle.Draft && st != lifecycle.Tendered || !identity.Can(ctx, identity.EditLoads) {
		return nil
	}
	b, err := s.Barrier(ctx, ids.Of(f.CustomerID), f.TotalCents, f.ID)
	if err != nil || b == nil {
		return err
	}
	l.Barrier = &barrier{Words: b.Words(ctx), Blocked: b.Blocked}
	if b.Over() > 0 && identity.Can(ctx, identity.SeeMoney) {
		l.Barrier.Over, l.Barrier.Limit, l.Barrier.Owed, l.Barrier.Unbilled = b.Over().String(), b.Limit.String(), b.Owed.String(), b.Unbilled.String()
	}
	return nil
}

func text(p *ids.ID) string {
	if p == nil {
		return ""
	}
	return p.String()
}

func brief(ctx context.Context, l loads.Load) load {
	o := load{ID: l.ID.String(), Number: l.Number, State: l.State, Version: l.Version, CustomerID: text(l.CustomerID), CustomerRef: l.CustomerRef, Equipment: l.Equipment,
		Commodity: l.Commodity, WeightLb: l.WeightLb, Pieces: l.Pieces, Miles: l.Miles, MilesEstimated: l.MilesEstimated, Currency: l.Currency,
		TruckID: text(l.TruckID), TrailerID: text(l.TrailerID), DriverID: text(l.DriverID), DocumentID: text(l.DocumentID),
		Origin: l.OriginCity + ", " + l.OriginState, Destination: l.DestCity + ", " + l.DestState, PickupFrom: l.PickupFrom, DeliverBy: l.DeliverBy,
		NextStop: l.NextStop, CreatedAt: l.CreatedAt}
	if identity.Can(ctx, identity.SeeMoney) {
		o.Total = l.TotalCents.String()
	}
	return o
}

func whole(ctx context.Context, f loads.Full) load {
	o := brief(ctx, f.Load)
	in := f.Input()
	for i, s := range f.Stops {
		o.Stops = append(o.Stops, stop{in.Stops[i], s.Seq, s.Lat, s.Lon, s.ArrivedAt, s.CompletedAt, s.DepartedAt})
	}
	if identity.Can(ctx, identity.SeeMoney) {
		o.Charges, o.Terms = in.Charges, f.Terms
	}
	o.Flags = loads.Flags(f.Load)
	for _, v := range loads.Steps(ctx, f) {
		o.Steps = append(o.Steps, string(v))
	}
	return o
}

type one struct {
	Status int
	Body   load
}

func (o *one) answer() (int, any) { return o.Status, o.Body }

// ByID is a path that names one thing. It is exported because huma reads
// embedded types only when they are.
type ByID struct {
	ID string `path:"id" format:"uuid"`
}

func (b ByID) id() (ids.ID, error) {
	id, err := ids.Parse(b.ID)
	if err != nil {
		return id, errs.NotFound("there is no such load")
	}
	return id, nil
}

func op(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"loads"}}
}

// Register adds the operations.
func Register(a *api.API, s *loads.Service) {
	type create struct {
		Body struct {
			LoadFields
			Status   string `json:"status,omitempty" enum:"booked,draft" default:"booked"`
			Override string `json:"override_reason,omitempty" maxLength:"500" doc:"why it is booked although the customer is blocked or would exceed its credit limit; needs the permission to block customers"`
		}
	}
	c := op("create-load", http.MethodPost, "/v1/loads", "Book a load, or save a draft of one")
	c.DefaultStatus = 201
	api.RegisterWhole(a, c, identity.EditLoads, (*one).answer, func(ctx context.Context, i *create) (*one, error) {
		in, err := i.Body.input()
		if err != nil {
			return nil, err
		}
		in.Override = i.Body.Override
		do := s.Book
		if i.Body.Status == "draft" {
			do = s.Draft
		}
		f, err := do(ctx, in)
		if err != nil {
			return nil, err
		}
		o := &one{201, whole(ctx, f)}
		return o, o.Body.barrier(ctx, s, f)
	})
	reading(a, s)
	type edit struct {
		ByID
		Body struct {
			LoadFields
			Version  int    `json:"version" minimum:"1" doc:"the version you saw; 409 when somebody was faster"`
			Override string `json:"override_reason,omitempty" maxLength:"500" doc:"why a booked load goes to a customer who is blocked or would exceed its credit limit"`
		}
	}
	api.Register(a, op("edit-load", http.MethodPut, "/v1/loads/{id}", "Replace what a load says"), identity.EditLoads, func(ctx context.Context, i *edit) (*one, error) {
		id, err := i.id()
		if err != nil {
			return nil, err
		}
		in, err := i.Body.input()
		if err != nil {
			return nil, err
		}
		in.Override = i.Body.Override
		f, err := s.Edit(ctx, id, i.Body.Version, in)
		if err != nil {
			return nil, err
		}
		return &one{200, whole(ctx, f)}, nil
	})
	steps(a, s)
	papers(a, s)
}

func reading(a *api.API, s *loads.Service) {
	type listIn struct {
		Text       string `query:"text" maxLength:"200"`
		State      string `query:"state"`
		CustomerID string `query:"customer_id"`
		TruckID    string `query:"truck_id"`
		Picks      string `query:"pickup_from" format:"date" doc:"first day of the pickup, in the company's time zone"`
		PicksTo    string `query:"pickup_to" format:"date" doc:"last day of the pickup"`
		Delivers   string `query:"deliver_from" format:"date" doc:"first day of the delivery"`
		DeliversTo string `query:"deliver_to" format:"date" doc:"last day of the delivery"`
		Sort       string `query:"sort" enum:",pickup,-pickup,deliver,-deliver,rate,-rate" doc:"left out: newest first; not together with text"`
		Cursor     string `query:"cursor"`
		Limit      int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	type listOut struct {
		Body struct {
			Items []load `json:"items"`
			Next  string `json:"next,omitempty"`
		}
	}
	api.Register(a, op("list-loads", http.MethodGet, "/v1/loads", "Loads, newest first or sorted; text searches numbers, references, cities, stops"), identity.SeeLoads, func(ctx context.Context, i *listIn) (*listOut, error) {
		f := loads.Filter{Text: i.Text, State: i.State, Sort: i.Sort}
		for _, x := range []struct {
			name, value string
			into        *ids.ID
		}{{"customer_id", i.CustomerID, &f.CustomerID}, {"truck_id", i.TruckID, &f.TruckID}} {
			var err error
			if *x.into, err = ids.Parse(x.value); x.value != "" && err != nil {
				return nil, errs.Invalid("%s is not an id", x.name)
			}
		}
		if i.Text != "" && i.Sort != "" {
			return nil, errs.Invalid("what is searched by words comes newest first; leave sort or text out")
		}
		if err := s.Days(ctx, &f, i.Picks, i.PicksTo, i.Delivers, i.DeliversTo); err != nil {
			return nil, err
		}
		p, err := s.List(ctx, f, page.Request{Cursor: i.Cursor, Limit: i.Limit})
		o := &listOut{}
		o.Body.Next, o.Body.Items = p.Next, []load{}
		for _, l := range p.Items {
			o.Body.Items = append(o.Body.Items, brief(ctx, l))
		}
		return o, err
	})
	api.Register(a, op("get-load", http.MethodGet, "/v1/loads/{id}", "One load with stops, charges and what may be done next"), identity.SeeLoads, func(ctx context.Context, i *ByID) (*one, error) {
		id, err := i.id()
		if err != nil {
			return nil, err
		}
		f, err := s.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		o := &one{200, whole(ctx, f)}
		return o, o.Body.barrier(ctx, s, f)
	})
	type event struct {
		At         time.Time `json:"at"`
		RecordedAt time.Time `json:"recorded_at"`
		Verb       string    `json:"verb"`
		From       string    `json:"from,omitempty"`
		To         string    `json:"to,omitempty"`
		Stop       *int      `json:"stop,omitempty"`
		By         string    `json:"by"`
		Text       string    `json:"text,omitempty"`
	}
	type history struct {
		Body struct {
			Items []event `json:"items"`
		}
	}
	api.Register(a, op("load-history", http.MethodGet, "/v1/loads/{id}/history", "Everything that happened to a load"), identity.SeeLoads, func(ctx context.Context, i *ByID) (*history, error) {
		id, err := i.id()
		if err != nil {
			return nil, err
		}
		st, err := s.Story(ctx, id)
		o := &history{}
		for _, e := range st.Events {
			o.Body.Items = append(o.Body.Items, event{e.At, e.RecordedAt, e.Verb, e.FromState, e.ToState, e.StopSeq, e.ActorName, e.Text})
		}
		return o, err
	})
}

// verbs are the steps a client may ask for, with what they mean.
var verbs = []struct {
	verb    lifecycle.Verb
	perm    identity.Permission
	summary string
}{
	{lifecycle.Tender, identity.EditLoads, "Mark a draft as tendered to us"},
	{lifecycle.Book, identity.EditLoads, "Book a draft"},
	{lifecycle.Dispatch, identity.DispatchLoads, "Send the assigned truck"},
	{lifecycle.Recall, identity.DispatchLoads, "Take the truck off before it arrives"},
	{lifecycle.Arrive, identity.DispatchLoads, "The truck arrived at its next stop"},
	{lifecycle.Load, identity.DispatchLoads, "The freight is on"},
	{lifecycle.Unload, identity.DispatchLoads, "An intermediate stop is unloaded"},
	{lifecycle.Depart, identity.DispatchLoads, "The truck left the stop"},
	{lifecycle.Deliver, identity.DispatchLoads, "The last stop is unloaded"},
	{lifecycle.Release, identity.Bill, "Let a TONU be billed"},
	{lifecycle.Cancel, identity.EditLoads, "Cancel"},
	{lifecycle.NotUsed, identity.EditLoads, "Truck ordered, not used"},
	{lifecycle.Hold, identity.EditLoads, "Put on hold"},
	{lifecycle.OpenClaim, identity.EditLoads, "Open a claim"},
	{lifecycle.Resume, identity.EditLoads, "Go on after a hold or claim"},
}

func steps(a *api.API, s *loads.Service) {
	type in struct {
		ByID
		Body struct {
			At      time.Time `json:"at,omitempty" doc:"when it happened; left out: now"`
			Reason  string    `json:"reason,omitempty" maxLength:"1000" doc:"needed to cancel, hold, claim and for a TONU, and to book against a barrier"`
			Version int       `json:"version,omitempty" doc:"the version you saw; left out: any"`
		}
	}
	for _, v := range verbs {
		api.Register(a, op(string(v.verb)+"-load", http.MethodPost, "/v1/loads/{id}/"+string(v.verb), v.summary), v.perm, func(ctx context.Context, i *in) (*one, error) {
			id, err := i.id()
			if err != nil {
				return nil, err
			}
			if _, err := s.Do(ctx, id, loads.Step{Verb: v.verb, At: i.Body.At, Reason: i.Body.Reason, Version: i.Body.Version}); err != nil {
				return nil, err
			}
			f, err := s.Get(ctx, id)
			return &one{200, whole(ctx, f)}, err
		})
	}
	type note struct {
		ByID
		Body struct {
			Text string `json:"text" minLength:"1" maxLength:"4000"`
		}
	}
	n := op("note-load", http.MethodPost, "/v1/loads/{id}/notes", "Write a note into the history")
	n.DefaultStatus = 204
	api.Register(a, n, identity.EditLoads, func(ctx context.Context, i *note) (*struct{}, error) {
		id, err := i.id()
		if err != nil {
			return nil, err
		}
		return nil, s.AddNote(ctx, id, i.Body.Text)
	})
}

func papers(a *api.API, s *loads.Service) {
	type check struct {
		DocumentID string          `json:"document_id"`
		Clean      bool            `json:"clean"`
		Findings   []loads.Finding `json:"findings"`
		AcceptedBy string          `json:"accepted_by,omitempty"`
	}
	type checks struct {
		Body struct {
			Items []check `json:"items"`
		}
	}
	api.Register(a, op("pod-checks", http.MethodGet, "/v1/loads/{id}/pod", "Proofs of delivery compared with the load"), identity.SeeLoads, func(ctx context.Context, i *ByID) (*checks, error) {
		id, err := i.id()
		if err != nil {
			return nil, err
		}
		st, err := s.Story(ctx, id)
		o := &checks{}
		o.Body.Items = []check{}
		for _, c := range st.Checks {
			o.Body.Items = append(o.Body.Items, check{c.DocumentID.String(), c.Clean, loads.Findings(c), c.AcceptedBy})
		}
		return o, err
	})
	type pod struct {
		ByID
		Doc  string `path:"document_id" format:"uuid"`
		Body struct {
			Reason string `json:"reason,omitempty"`
		}
	}
	api.Register(a, op("accept-pod", http.MethodPost, "/v1/loads/{id}/pod/{document_id}/accept", "Let the load go to billing"), identity.AcceptPOD, func(ctx context.Context, i *pod) (*one, error) {
		id, err := i.id()
		if err != nil {
			return nil, err
		}
		doc, err := ByID{i.Doc}.id()
		if err != nil {
			return nil, err
		}
		f, err := s.AcceptPOD(ctx, id, doc, i.Body.Reason)
		return &one{200, brief(ctx, f.Load)}, err
	})
	api.Register(a, op("reject-pod", http.MethodPost, "/v1/loads/{id}/pod/{document_id}/reject", "Ask for a better paper"), identity.AcceptPOD, func(ctx context.Context, i *pod) (*one, error) {
		id, err := i.id()
		if err != nil {
			return nil, err
		}
		doc, err := ByID{i.Doc}.id()
		if err != nil {
			return nil, err
		}
		f, err := s.RejectPOD(ctx, id, doc, i.Body.Reason)
		return &one{200, brief(ctx, f.Load)}, err
	})
}
