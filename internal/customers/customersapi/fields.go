package customersapi

import (
	"context"
	"net/http"
	"time"

	"truckflow/internal/api"
	"truckflow/internal/customers"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/geo"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
)

// CustomerFields is what can be sent about a customer; what is left out stays as it is, "" clears.
type CustomerFields struct {
	Version      int          `json:"version,omitempty" doc:"to edit: the version you read"`
	Name         *string      `json:"name,omitempty"`
	Kind         *string      `json:"kind,omitempty" enum:"broker,shipper"`
	USDOT        *string      `json:"usdot,omitempty" doc:"unique among active customers"`
	MC           *string      `json:"mc,omitempty"`
	Phone        *string      `json:"phone,omitempty"`
	Email        *string      `json:"email,omitempty"`
	BillingEmail *string      `json:"billing_email,omitempty" doc:"where invoices go"`
	Address      *string      `json:"address,omitempty"`
	City         *string      `json:"city,omitempty"`
	State        *string      `json:"state,omitempty"`
	ZIP          *string      `json:"zip,omitempty"`
	Notes        *string      `json:"notes,omitempty"`
	Terms        *TermsFields `json:"terms,omitempty" doc:"only when adding"`
}

func (f *CustomerFields) fill(c *customers.Customer) {
	for dst, src := range map[*string]*string{&c.Name: f.Name, &c.Kind: f.Kind, &c.Usdot: f.USDOT, &c.Mc: f.MC, &c.Phone: f.Phone, &c.Email: f.Email,
		&c.BillingEmail: f.BillingEmail, &c.Address: f.Address, &c.City: f.City, &c.State: f.State, &c.Zip: f.ZIP, &c.Notes: f.Notes} {
		set(dst, src)
	}
}

type customer struct {
	ID            string      `json:"id"`
	Version       int         `json:"version" doc:"send it back with the next change"`
	Name          string      `json:"name"`
	Kind          string      `json:"kind" enum:"broker,shipper"`
	USDOT         string      `json:"usdot"`
	MC            string      `json:"mc"`
	Phone         string      `json:"phone"`
	Email         string      `json:"email"`
	BillingEmail  string      `json:"billing_email"`
	Address       string      `json:"address"`
	City          string      `json:"city"`
	State         string      `json:"state"`
	ZIP           string      `json:"zip"`
	TermsDays     int         `json:"terms_days"`
	QuickPayBps   int         `json:"quick_pay_bps"`
	QuickPayDays  int         `json:"quick_pay_days"`
	CreditLimit   money.Cents `json:"credit_limit"`
	Factored      bool        `json:"factored"`
	Blocked       bool        `json:"blocked"`
	BlockedReason string      `json:"blocked_reason,omitempty"`
	Notes         string      `json:"notes"`
	ArchivedAt    *time.Time  `json:"archived_at,omitempty"`
}

func showCustomer(c customers.Customer) customer {
	return customer{c.ID.String(), c.Version, c.Name, c.Kind, c.Usdot, c.Mc, c.Phone, c.Email, c.BillingEmail, c.Address, c.City, c.State, c.Zip,
		c.TermsDays, c.QuickPayBps, c.QuickPayDays, c.CreditLimitCents, c.Factored, c.BlockedAt != nil, c.BlockedReason, c.Notes, c.ArchivedAt}
}

// FacilityFields is what can be sent about a facility; what is left out stays as it is, "" clears.
type FacilityFields struct {
	Version             int             `json:"version,omitempty" doc:"to edit: the version you read"`
	Name                *string         `json:"name,omitempty"`
	Address             *string         `json:"address,omitempty"`
	City                *string         `json:"city,omitempty"`
	State               *string         `json:"state,omitempty"`
	ZIP                 *string         `json:"zip,omitempty"`
	TimeZone            *string         `json:"time_zone,omitempty" doc:"IANA; left out: the place's own"`
	Hours               customers.Hours `json:"hours,omitempty" doc:"day (mon … sun) to opening and closing, local: {\"mon\":[\"07:00\",\"15:00\"]}"`
	AppointmentRequired *bool           `json:"appointment_required,omitempty"`
	Phone               *string         `json:"phone,omitempty"`
	Notes               *string         `json:"notes,omitempty"`
}

func (f *FacilityFields) fill(v *customers.Facility) {
	for dst, src := range map[*string]*string{&v.Name: f.Name, &v.Address: f.Address, &v.City: f.City, &v.State: f.State, &v.Zip: f.ZIP,
		&v.TimeZone: f.TimeZone, &v.Phone: f.Phone, &v.Notes: f.Notes} {
		set(dst, src)
	}
	set(&v.AppointmentRequired, f.AppointmentRequired)
	if f.Hours != nil {
		v.Hours = f.Hours.JSON()
	}
}

type facility struct {
	ID                  string          `json:"id"`
	Version             int             `json:"version" doc:"send it back with the next change"`
	Name                string          `json:"name"`
	Address             string          `json:"address"`
	City                string          `json:"city"`
	State               string          `json:"state"`
	ZIP                 string          `json:"zip"`
	Position            *geo.Point      `json:"position,omitempty"`
	Precision           string          `json:"precision" enum:"exact,zip,city,state,"`
	TimeZone            string          `json:"time_zone"`
	Hours               customers.Hours `json:"hours" doc:"a missing day is closed; no day at all is unknown"`
	AppointmentRequired bool            `json:"appointment_required"`
	Phone               string          `json:"phone"`
	Notes               string          `json:"notes"`
	ArchivedAt          *time.Time      `json:"archived_at,omitempty"`
}

func showFacility(v customers.Facility) facility {
	h, _ := customers.ParseHours(v.Hours) // stored hours were checked
	f := facility{v.ID.String(), v.Version, v.Name, v.Address, v.City, v.State, v.Zip, nil, v.PositionPrecision, v.TimeZone, h, v.AppointmentRequired, v.Phone, v.Notes, v.ArchivedAt}
	if p := customers.Position(v); p.Valid() {
		f.Position = &p
	}
	return f
}

func facilities(a *api.API, s *customers.Service) {
	api.Register(a, op("list-facilities", http.MethodGet, "/facilities", "List facilities by name"), identity.SeeCustomers, func(ctx context.Context, in *listIn) (*listOut[facility], error) {
		vs, err := s.Facilities(ctx, customers.Filter{Show: customers.Show(in.Show), Query: in.Query})
		if err != nil {
			return nil, err
		}
		return list(vs, in, func(v customers.Facility) string { return v.NameKey + " " + v.ID.String() }, showFacility)
	})
	api.Register(a, op("get-facility", http.MethodGet, "/facilities/{id}", "One facility"), identity.SeeCustomers, func(ctx context.Context, in *ByID) (*out[facility], error) {
		id, err := parse(in.ID)
		if err != nil {
			return nil, err
		}
		v, err := s.Facility(ctx, id)
		return one(showFacility, v, err)
	})
	api.Register(a, created(op("add-facility", http.MethodPost, "/facilities", "Add a facility; its position and time zone come from the address")), identity.EditCustomers,
		func(ctx context.Context, in *bodyIn[FacilityFields]) (*out[facility], error) {
			v := customers.Facility{}
			in.Body.fill(&v)
			v, err := s.AddFacility(ctx, v)
			return one(showFacility, v, err)
		})
	api.Register(a, op("edit-facility", http.MethodPatch, "/facilities/{id}", "Change what is sent; leave the rest"), identity.EditCustomers, func(ctx context.Context, in *editIn[FacilityFields]) (*out[facility], error) {
		id, err := parse(in.ID)
		if err == nil {
			err = needVersion(in.Body.Version)
		}
		if err != nil {
			return nil, err
		}
		v, err := s.Facility(ctx, id)
		if err != nil {
			return nil, err
		}
		in.Body.fill(&v)
		v.Version = in.Body.Version
		v, err = s.EditFacility(ctx, v)
		return one(showFacility, v, err)
	})
	for verb, do := range map[string]func(context.Context, ids.ID, int) error{"archive": s.ArchiveFacility, "restore": s.RestoreFacility} {
		api.Register(a, op(verb+"-facility", http.MethodPost, "/facilities/{id}/"+verb, "Take a facility out of lists, or bring it back"), identity.EditCustomers, func(ctx context.Context, in *versionIn) (*out[facility], error) {
			id, err := parse(in.ID)
			if err == nil {
				err = do(ctx, id, in.Body.Version)
			}
			if err != nil {
				return nil, err
			}
			v, err := s.Facility(ctx, id)
			return one(showFacility, v, err)
		})
	}
	type matchIn struct {
		Name    string `query:"name"`
		Address string `query:"address"`
		ZIP     string `query:"zip"`
	}
	api.Register(a, op("match-facility", http.MethodGet, "/facilities/match", "Which facility a paper names; 404 when none or several"), identity.SeeCustomers, func(ctx context.Context, in *matchIn) (*out[facility], error) {
		v, ok, err := s.MatchFacility(ctx, in.Name, in.Address, in.ZIP)
		if err == nil && !ok {
			err = errs.NotFound("no facility of that name and address")
		}
		return one(showFacility, v, err)
	})
}
