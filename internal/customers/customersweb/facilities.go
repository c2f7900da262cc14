package customersweb

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"truckflow/internal/customers"
	"truckflow/internal/identity"
	"truckflow/internal/web"
	"truckflow/internal/web/records"
	"truckflow/internal/web/ui"
)

func (p *pages) facilityPages() {
	p.rt.Handle("GET /facilities", identity.SeeCustomers, p.facilities)
	p.rt.Handle("GET /facilities/new", identity.EditCustomers, func(w http.ResponseWriter, r *http.Request) error {
		return p.facilityForm(w, r, &customers.Facility{}, nil, nil)
	})
	p.rt.Handle("POST /facilities", identity.EditCustomers, func(w http.ResponseWriter, r *http.Request) error {
		return p.saveFacility(w, r, customers.Facility{}, p.s.AddFacility)
	})
	p.rt.Handle("GET /facilities/{id}", identity.SeeCustomers, p.facility)
	p.rt.Handle("GET /facilities/{id}/edit", identity.EditCustomers, func(w http.ResponseWriter, r *http.Request) error {
		v, err := load(p.s.Facility, r)
		if err != nil {
			return err
		}
		return p.facilityForm(w, r, &v, nil, nil)
	})
	p.rt.Handle("POST /facilities/{id}", identity.EditCustomers, func(w http.ResponseWriter, r *http.Request) error {
		v, err := loadAt(p.s.Facility, r, func(v *customers.Facility) *int { return &v.Version })
		if err != nil {
			return err
		}
		return p.saveFacility(w, r, v, p.s.EditFacility)
	})
	p.rt.Handle("POST /facilities/{id}/archive", identity.EditCustomers, do("/facilities/", p.s.ArchiveFacility))
	p.rt.Handle("POST /facilities/{id}/restore", identity.EditCustomers, do("/facilities/", p.s.RestoreFacility))
}

func (p *pages) facilities(w http.ResponseWriter, r *http.Request) error {
	all, err := p.s.Facilities(r.Context(), customers.Filter{Show: customers.ShowAll})
	if err != nil {
		return err
	}
	vs, err := p.s.Facilities(r.Context(), filter(r))
	if err != nil {
		return err
	}
	v := listView{noun: "facility", plural: "facilities", blank: len(all) == 0, teach: "Warehouses, plants and stores where freight is picked up and delivered, with hours and time zone. Their addresses are found on papers.",
		columns: []ui.Column{{Key: "name", Label: "Name"}, {Key: "address", Label: "Address"}, {Key: "place", Label: "Place"}, {Key: "zip", Label: "ZIP"}, {Label: "Hours", Minor: true}, {Label: "State"}}}
	archived := 0
	for _, f := range all {
		if f.ArchivedAt != nil {
			archived++
		}
	}
	for _, f := range vs {
		v.rows = append(v.rows, facilityRow(f))
	}
	v.chip(r, customers.ShowActive, "Active", len(all)-archived, ui.ToneNone)
	v.chip(r, customers.ShowArchived, "Archived", archived, ui.ToneMuted)
	v.finish(r)
	m := web.PageMeta{Title: "Facilities", Section: "customers", Subtitle: strconv.Itoa(len(vs)) + " facilities", Actions: listActions(v)}
	return web.Render(w, r, http.StatusOK, listPage(p.rt.Meta(r, m), v))
}

func facilityRow(f customers.Facility) row {
	h, _ := customers.ParseHours(f.Hours) // stored hours were checked
	out := row{live: "facility:" + f.ID.String(), href: "/facilities/" + f.ID.String(), label: f.Name,
		cells: []cell{{label: "Address", text: f.Address}, {label: "Place", text: place(f.City, f.State)}, {label: "ZIP", text: f.Zip}, {label: "Hours", text: h.String(), minor: true}},
		sorts: map[string]string{"name": f.NameKey, "address": customers.AddressKey(f.Address), "place": f.State + f.City, "zip": f.Zip}}
	if f.ArchivedAt != nil {
		out.badges = append(out.badges, badge{ui.ToneMuted, "Archived"})
	}
	if f.AppointmentRequired {
		out.badges = append(out.badges, badge{ui.ToneInfo, "Appointment"})
	}
	if f.Lat == nil {
		out.badges = append(out.badges, badge{ui.ToneRisk, "Not on the map"})
	}
	return out
}

type facilityView struct {
	f        customers.Facility
	facts    []factGroup
	position string
	mayEdit  bool
	visits   *Visits // nil for those who may not see loads
}

// shownVisits is how many of a facility's visits its page lists; the dwell counts more.
const shownVisits = 50

// stood is how long a truck was there, in words.
func stood(d time.Duration) string {
	m := int(d.Round(time.Minute) / time.Minute)
	if m < 60 {
		return strconv.Itoa(m) + " min"
	}
	return fmt.Sprintf("%d h %02d min", m/60, m%60)
}

func dwellValue(d Dwell) string {
	if d.Visits == 0 {
		return "–"
	}
	return stood(d.Typical)
}

func dwellDetail(d Dwell) string {
	switch d.Visits {
	case 0:
		return "no arrival and departure known yet"
	case 1:
		return "one visit"
	}
	return fmt.Sprintf("%d visits, nine of ten within %s", d.Visits, stood(d.Bad))
}

type factGroup struct {
	title string
	facts []records.Fact
}

func (v facilityView) href() string { return "/facilities/" + v.f.ID.String() }

var precisions = map[string]string{"exact": "the address itself", "zip": "the middle of its ZIP code", "city": "the middle of its city", "state": "the middle of its state"}

func (p *pages) facility(w http.ResponseWriter, r *http.Request) error {
	f, err := load(p.s.Facility, r)
	if err != nil {
		return err
	}
	v := facilityView{f: f, mayEdit: identity.Can(r.Context(), identity.EditCustomers), position: "Not known: the place is not in the gazetteer. Miles to it cannot be estimated."}
	if pt := customers.Position(f); pt.Valid() {
		v.position = fmt.Sprintf("%.4f, %.4f: %s (estimated)", pt.Lat, pt.Lon, precisions[f.PositionPrecision])
		if f.PositionPrecision == "exact" {
			v.position = fmt.Sprintf("%.4f, %.4f: %s", pt.Lat, pt.Lon, precisions["exact"])
		}
	}
	for _, g := range facilityGroups(f.TimeZone) {
		v.facts = append(v.facts, factGroup{g.Title, records.Facts(g, &f)})
	}
	if identity.Can(r.Context(), identity.SeeLoads) {
		vs, err := p.visits(r.Context(), f.ID)
		if err != nil {
			return err
		}
		v.visits = &vs
	}
	m := p.rt.Meta(r, web.PageMeta{Title: f.Name, Section: "customers", Subtitle: place(f.City, f.State)})
	m.Actions = facilityActions(m.CSRF, v)
	return web.Render(w, r, http.StatusOK, facilityPage(m, v))
}

func (p *pages) saveFacility(w http.ResponseWriter, r *http.Request, v customers.Facility, do func(context.Context, customers.Facility) (customers.Facility, error)) error {
	typed, err := records.Read(facilityGroups(v.TimeZone), &v, r)
	if err == nil {
		var stored customers.Facility
		if stored, err = do(r.Context(), v); err == nil {
			return web.Redirect(w, r, "/facilities/"+stored.ID.String())
		}
	}
	if !records.Refused(err) {
		return err
	}
	return p.facilityForm(w, r, &v, typed, err)
}

func (p *pages) facilityForm(w http.ResponseWriter, r *http.Request, v *customers.Facility, typed map[string]string, refused error) error {
	f := records.FormView{Action: "/facilities", Cancel: "/facilities", Label: "Add facility", Sections: records.Sections(facilityGroups(v.TimeZone), v, typed, refused), Error: refused}
	title := "New facility"
	if !v.ID.IsZero() {
		href := "/facilities/" + v.ID.String()
		f.Action, f.Cancel, f.Label, f.Version, title = href, href, "Save", v.Version, "Edit "+v.Name
	}
	return records.Answer(w, r, p.rt.Meta(r, web.PageMeta{Title: title, Section: "customers"}), f)
}
