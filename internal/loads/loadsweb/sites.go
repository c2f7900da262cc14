package loadsweb

import (
	"context"

	"truckflow/internal/loads"
)

// shownSites bounds the list of facilities that a form offers: one longer is not
// looked through, and typing the name finds the others when the load is saved.
const shownSites = 500

// label is a facility as it is offered, so that two of one name are told apart.
func label(s loads.Site) string { return s.Name + ", " + lane(s.City, s.State) }

// pickSites fills the stops in which a facility was picked by its label.
func (p *pages) pickSites(ctx context.Context, f *form) {
	known := map[string]loads.Site{}
	for _, s := range p.names.Sites(ctx) {
		known[label(s)] = s
	}
	for i := range f.Stops {
		s, ok := known[f.Values[at("stops", i, "name")]]
		if !ok {
			continue
		}
		for name, v := range map[string]string{"facility_id": s.ID.String(), "name": s.Name, "address": s.Address, "city": s.City, "state": s.State, "zip": s.ZIP, "time_zone": s.TimeZone} {
			f.Values[at("stops", i, name)] = v
		}
		if phone := at("stops", i, "phone"); f.Values[phone] == "" {
			f.Values[phone] = s.Phone
		}
	}
}
