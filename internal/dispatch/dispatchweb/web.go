// Package dispatchweb has the screens a dispatcher keeps open: Needs you, the
// board in two views, the map, the assign dialog and search everything.
package dispatchweb

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"truckflow/internal/dispatch"
	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/tracking"
	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

// Names turns ids into what people call things.
type Names interface {
	Customer(ctx context.Context, id ids.ID) string
	Truck(ctx context.Context, id ids.ID) string
	Driver(ctx context.Context, id ids.ID) string
}

// Deps is what Register needs. Outlines and Cities return the map's GeoJSON and labels.
type Deps struct {
	Dispatch *dispatch.Service
	Loads    *loads.Service
	Tracking *tracking.Service
	Identity *identity.Service
	Fleet    dispatch.Fleet
	Names    Names
	Clock    clock.Clock
	Outlines func() []byte
	Cities   func() []byte
}

type pages struct {
	rt *web.Router
	Deps
}

// Register adds the pages.
func Register(rt *web.Router, d Deps) {
	p := &pages{rt, d}
	rt.Handle("GET /{$}", identity.SeeLoads, p.needs)
	rt.Handle("GET /needs/snooze", identity.EditLoads, p.snoozeForm)
	rt.Handle("POST /needs/snooze", identity.EditLoads, p.snooze)
	rt.Handle("GET /board", identity.SeeLoads, p.board)
	rt.Handle("POST /board/views", identity.SeeLoads, p.saveView)
	rt.Handle("POST /board/views/{id}/delete", identity.SeeLoads, p.deleteView)
	rt.Handle("GET /board/bulk", identity.SeeLoads, p.bulkForm)
	rt.Handle("POST /board/bulk", identity.SeeLoads, p.bulk)
	rt.Handle("POST /board/bulk/assign", identity.DispatchLoads, p.pair)
	rt.Handle("GET /board/check", identity.DispatchLoads, p.check)
	rt.Handle("POST /board/assign", identity.DispatchLoads, p.drop)
	rt.Handle("GET /loads/{id}/assign", identity.DispatchLoads, p.assignForm)
	rt.Handle("POST /loads/{id}/assign", identity.DispatchLoads, p.assign)
	rt.Handle("GET /map", identity.SeeLoads, p.mapScreen)
	rt.Handle("GET /map/data.json", identity.SeeLoads, p.mapData)
	rt.Handle("GET /map/outlines.json", identity.SeeLoads, func(w http.ResponseWriter, r *http.Request) error { return fixed(w, d.Outlines()) })
	rt.Handle("GET /map/cities.json", identity.SeeLoads, func(w http.ResponseWriter, r *http.Request) error { return fixed(w, d.Cities()) })
	rt.Handle("GET /search", identity.SeeLoads, p.search)
}

func fixed(w http.ResponseWriter, b []byte) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "private, max-age=86400")
	_, err := w.Write(b)
	return err
}

var kinds = map[string]struct {
	word string
	tone ui.Tone
}{"review": {"to review", ui.ToneNeed}, "reading_failed": {"unreadable", ui.ToneLate}, "unassigned": {"no truck", ui.ToneRisk}, "late": {"late", ui.ToneLate},
	"pod": {"no POD", ui.ToneNeed}, "bill": {"to bill", ui.ToneNeed}, "paper": {"expiring", ui.ToneRisk}}

func kindWord(k string) string  { return kinds[k].word }
func kindTone(k string) ui.Tone { return kinds[k].tone }
func join(s []string) string    { return strings.Join(s, " · ") }

func (p *pages) needs(w http.ResponseWriter, r *http.Request) error {
	items, err := p.Dispatch.NeedsYou(r.Context())
	if err != nil {
		return err
	}
	if len(items) > 100 {
		items = items[:100]
	}
	m := p.rt.Meta(r, web.PageMeta{Title: "Needs you", Subtitle: fmt.Sprintf("%d things wait for a person, most money first", len(items)), Section: "needs"})
	return web.Render(w, r, 200, needsPage(m, items, web.Zone(r.Context()), identity.Can(r.Context(), identity.SeeMoney)))
}

func (p *pages) snoozeForm(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, 200, snoozeDialog(r.FormValue("item"), p.rt.Meta(r, web.PageMeta{}).CSRF))
}

func (p *pages) snooze(w http.ResponseWriter, r *http.Request) error {
	h, err := strconv.Atoi(r.PostFormValue("hours"))
	if err != nil || h < 1 || h > 24*30 {
		return errs.Invalid("for how long?").Field("hours", "1 hour to 30 days")
	}
	if err := p.Dispatch.Snooze(r.Context(), r.PostFormValue("item"), p.Clock.Now().Add(time.Duration(h)*time.Hour), r.PostFormValue("reason")); err != nil {
		return err
	}
	return web.Redirect(w, r, "/")
}

type boardView struct {
	Query, Text string
	Timeline    bool
	Chips       []ui.Chip
	Lanes       []lane
	Time        ui.TimelineProps
	Saved       []dispatch.View
	On          dispatch.View // the saved view that is shown, if one is
	Mine        bool          // and whether it is the person's own
}

// lanes in the order of a load's life.
var lanes = []struct {
	title  string
	states []lifecycle.State
}{
	{"Unassigned", []lifecycle.State{lifecycle.Tendered, lifecycle.Booked}},
	{"Dispatched", []lifecycle.State{lifecycle.Dispatched}},
	{"At pickup", []lifecycle.State{lifecycle.AtPickup, lifecycle.Loaded}},
	{"Rolling", []lifecycle.State{lifecycle.InTransit}},
	{"At delivery", []lifecycle.State{lifecycle.AtDelivery}},
	{"Delivered", []lifecycle.State{lifecycle.Delivered, lifecycle.PODReceived}},
	{"To bill", []lifecycle.State{lifecycle.ReadyToBill}},
	{"Stopped", []lifecycle.State{lifecycle.OnHold, lifecycle.Claim}},
}

func (p *pages) board(w http.ResponseWriter, r *http.Request) error {
	ls, err := p.Loads.Active(r.Context())
	if err != nil {
		return err
	}
	q := r.URL.Query()
	v := boardView{Text: q.Get("q"), Timeline: q.Get("view") == "timeline"}
	chip := q.Get("only")
	q.Del("view")
	v.Query = q.Encode()
	now := p.Clock.Now()
	n := map[string]int{}
	ls = slices.DeleteFunc(ls, func(l loads.Load) bool {
		if !p.matches(r.Context(), l, v.Text) {
			return true
		}
		hit := chip == ""
		for _, m := range markKeys(l, now) {
			n[m]++
			hit = hit || m == chip
		}
		return !hit
	})
	for _, c := range []struct{ key, label string }{{"late", "Late"}, {"unassigned", "No truck"}, {"nopod", "No POD"}} {
		to := url.Values{"only": {c.key}}
		if chip == c.key {
			to.Del("only")
		}
		if v.Text != "" {
			to.Set("q", v.Text)
		}
		v.Chips = append(v.Chips, ui.Chip{Label: c.label, Count: n[c.key], On: chip == c.key, Href: "/board?" + to.Encode()})
	}
	if v.Saved, err = p.Dispatch.Views(r.Context(), "board"); err != nil {
		return err
	}
	if i := slices.IndexFunc(v.Saved, func(s dispatch.View) bool { return v.Query != "" && s.Query == v.Query }); i >= 0 {
		who, _ := tenant.From(r.Context())
		v.On, v.Mine = v.Saved[i], v.Saved[i].UserID == who.User
	}
	if v.Timeline {
		if err := p.timeline(r, &v, ls, now); err != nil {
			return err
		}
	} else {
		p.fillLanes(r.Context(), &v, ls, now)
	}
	m := p.rt.Meta(r, web.PageMeta{Title: "Board", Subtitle: fmt.Sprintf("%d loads alive", len(ls)), Section: "board", Scripts: []string{"board.js"}, Fill: true})
	return web.Render(w, r, 200, boardPage(m, v))
}

func (p *pages) matches(ctx context.Context, l loads.Load, text string) bool {
	if text == "" {
		return true
	}
	hay := strings.ToLower(strings.Join([]string{l.Number, l.CustomerRef, l.OriginCity, l.OriginState, l.DestCity, l.DestState, l.Commodity, l.Equipment,
		p.Names.Customer(ctx, ids.Of(l.CustomerID)), p.Names.Truck(ctx, ids.Of(l.TruckID)), p.Names.Driver(ctx, ids.Of(l.DriverID))}, " "))
	for _, w := range strings.Fields(strings.ToLower(text)) {
		if !strings.Contains(hay, w) {
			return false
		}
	}
	return true
}

func markKeys(l loads.Load, now time.Time) (out []string) {
	st := lifecycle.State(l.State)
	if st == lifecycle.Booked && l.TruckID == nil {
		out = append(out, "unassigned")
	}
	if st == lifecycle.Delivered {
		out = append(out, "nopod")
	}
	before := st == lifecycle.Booked || st == lifecycle.Dispatched
	rolling := st == lifecycle.AtPickup || st == lifecycle.Loaded || st == lifecycle.InTransit
	if before && l.PickupFrom != nil && now.After(l.PickupFrom.Add(2*time.Hour)) || rolling && l.DeliverBy != nil && now.After(*l.DeliverBy) {
		out = append(out, "late")
	}
	return out
}

func (p *pages) strip(ctx context.Context, l loads.Load, now time.Time) ui.Strip {
	s := ui.Strip{ID: l.ID.String(), Version: strconv.Itoa(l.Version), Number: l.Number, Href: "/loads/" + l.ID.String(), State: l.State,
		Customer: p.Names.Customer(ctx, ids.Of(l.CustomerID)), From: l.OriginCity + ", " + l.OriginState, To: l.DestCity + ", " + l.DestState,
		PickupTZ: l.PickupZone, DeliverTZ: l.DeliverZone, Rate: l.TotalCents, HideRate: !identity.Can(ctx, identity.SeeMoney),
		Equipment: strings.ReplaceAll(l.Equipment, "_", " "), Truck: p.Names.Truck(ctx, ids.Of(l.TruckID)), Driver: p.Names.Driver(ctx, ids.Of(l.DriverID))}
	if l.Miles != nil {
		s.Miles = *l.Miles
	}
	if l.PickupFrom != nil {
		s.PickupAt = *l.PickupFrom
	}
	if l.DeliverBy != nil {
		s.DeliverAt = *l.DeliverBy
	}
	st := lifecycle.State(l.State)
	s.Bulk = identity.Can(ctx, identity.EditLoads) || identity.Can(ctx, identity.Bill)
	if identity.Can(ctx, identity.DispatchLoads) && (st == lifecycle.Booked || st == lifecycle.Dispatched) {
		s.Assign = "/loads/" + l.ID.String() + "/assign"
	}
	for _, k := range markKeys(l, now) {
		switch k {
		case "late":
			s.Marks = append(s.Marks, ui.Mark{Tone: ui.ToneLate, Text: "Late"})
		case "nopod":
			s.Marks = append(s.Marks, ui.Mark{Tone: ui.ToneNeed, Text: "No POD"})
		}
	}
	return s
}

func (p *pages) fillLanes(ctx context.Context, v *boardView, ls []loads.Load, now time.Time) {
	for _, def := range lanes {
		ln := lane{Title: def.title}
		for _, l := range ls {
			if slices.Contains(def.states, lifecycle.State(l.State)) {
				ln.Strips = append(ln.Strips, p.strip(ctx, l, now))
			}
		}
		if len(ln.Strips) > 0 || def.title != "Stopped" {
			v.Lanes = append(v.Lanes, ln)
		}
	}
}

func (p *pages) timeline(r *http.Request, v *boardView, ls []loads.Load, now time.Time) error {
	trucks, err := p.Fleet.Trucks(r.Context())
	if err != nil {
		return err
	}
	bars := map[ids.ID][]ui.Bar{}
	for _, l := range ls {
		if l.TruckID == nil || l.PickupFrom == nil {
			continue
		}
		end := l.PickupFrom.Add(8 * time.Hour)
		if l.DeliverBy != nil && l.DeliverBy.After(*l.PickupFrom) {
			end = *l.DeliverBy
		}
		tone := ui.ToneInfo
		if slices.Contains(markKeys(l, now), "late") {
			tone = ui.ToneLate
		}
		bars[*l.TruckID] = append(bars[*l.TruckID], ui.Bar{Start: *l.PickupFrom, End: end, Label: l.Number + " " + l.OriginCity + " → " + l.DestCity,
			Href: "/loads/" + l.ID.String(), Tone: tone, Load: l.ID.String()})
	}
	v.Time = ui.TimelineProps{From: now.Add(-24 * time.Hour).Truncate(time.Hour), To: now.Add(72 * time.Hour).Truncate(time.Hour), Now: now, Zone: web.Zone(r.Context()),
		AssignURL: "/board/assign", CheckURL: "/board/check"}
	for _, t := range trucks {
		v.Time.Rows = append(v.Time.Rows, ui.TruckRow{ID: t.ID.String(), Unit: t.Unit, Detail: p.Names.Driver(r.Context(), t.DriverID), Href: "/fleet/trucks/" + t.ID.String(), Bars: bars[t.ID]})
	}
	return nil
}

func (p *pages) saveView(w http.ResponseWriter, r *http.Request) error {
	if _, err := p.Dispatch.SaveView(r.Context(), "board", r.PostFormValue("name"), r.PostFormValue("query"), r.PostFormValue("shared") == "yes"); err != nil {
		return err
	}
	return web.Redirect(w, r, "/board?"+r.PostFormValue("query"))
}

func (p *pages) deleteView(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := p.Dispatch.DeleteView(r.Context(), id); err != nil {
		return err
	}
	return web.Redirect(w, r, "/board")
}

func formID(r *http.Request, name string) ids.ID {
	id, err := ids.Parse(r.FormValue(name))
	if err != nil {
		return ids.ID{}
	}
	return id
}

// check answers whether a truck can haul a load, in a line, before it is dropped.
func (p *pages) check(w http.ResponseWriter, r *http.Request) error {
	sgs, err := p.Dispatch.Suggest(r.Context(), formID(r, "load"))
	if err != nil {
		return err
	}
	truck := formID(r, "truck")
	for _, s := range sgs {
		if s.Truck.ID != truck {
			continue
		}
		if !s.Possible() {
			return errs.Conflict("%s: %s", s.Truck.Unit, join(s.Blocks))
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, err := fmt.Fprintf(w, "%s: %s", s.Truck.Unit, join(s.Reasons))
		return err
	}
	return errs.NotFound("there is no such truck")
}

func (p *pages) drop(w http.ResponseWriter, r *http.Request) error {
	v, _ := strconv.Atoi(r.PostFormValue("version"))
	f, err := p.Dispatch.Assign(r.Context(), formID(r, "load"), dispatch.Choice{TruckID: formID(r, "truck"), Version: v})
	if err != nil {
		return err
	}
	w.Header().Set("HX-Trigger", fmt.Sprintf(`{"toast":{"text":"Assigned %s to truck %s","tone":"ok"}}`, f.Number, strconv.Quote(p.Names.Truck(r.Context(), ids.Of(f.TruckID)))[1:]))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (p *pages) assignForm(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := p.Loads.Get(r.Context(), id)
	if err != nil {
		return err
	}
	sgs, err := p.Dispatch.Suggest(r.Context(), id)
	if err != nil {
		return err
	}
	ts, err := p.Fleet.Trailers(r.Context())
	if err != nil {
		return err
	}
	ds, err := p.Fleet.Drivers(r.Context())
	if err != nil {
		return err
	}
	return web.Render(w, r, 200, assignDialog(f, sgs, ts, ds, p.rt.Meta(r, web.PageMeta{}).CSRF))
}

func (p *pages) assign(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	v, _ := strconv.Atoi(r.PostFormValue("version"))
	c := dispatch.Choice{TruckID: formID(r, "truck_id"), TrailerID: formID(r, "trailer_id"), DriverID: formID(r, "driver_id"), Version: v, Dispatch: r.PostFormValue("dispatch") == "yes"}
	if c.TruckID.IsZero() {
		return errs.Invalid("choose a truck").Field("truck_id", "required")
	}
	if _, err := p.Dispatch.Assign(r.Context(), id, c); err != nil {
		return err
	}
	return web.Redirect(w, r, "/loads/"+id.String())
}

func (p *pages) mapScreen(w http.ResponseWriter, r *http.Request) error {
	m := p.rt.Meta(r, web.PageMeta{Title: "Map", Section: "map", Scripts: []string{"map.js"}, Fill: true})
	return web.Render(w, r, 200, mapPage(m))
}

func (p *pages) mapData(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	trucks, err := p.Fleet.Trucks(ctx)
	if err != nil {
		return err
	}
	lasts, err := p.Tracking.Lasts(ctx)
	if err != nil {
		return err
	}
	active, err := p.Loads.Active(ctx)
	if err != nil {
		return err
	}
	onTruck := map[ids.ID]loads.Load{}
	var need []ids.ID
	for _, l := range active {
		st := lifecycle.State(l.State)
		if l.TruckID != nil && st != lifecycle.Booked && st != lifecycle.Delivered && st != lifecycle.PODReceived && st != lifecycle.ReadyToBill {
			onTruck[*l.TruckID] = l
			need = append(need, l.ID)
		}
	}
	stops, err := p.Loads.StopsOf(ctx, need)
	if err != nil {
		return err
	}
	type m map[string]any
	out := m{"trucks": []m{}, "stops": []m{}, "paths": []m{}}
	now := p.Clock.Now()
	var ts, ss []m
	for _, t := range trucks {
		pos, ok := lasts[t.ID]
		if !ok {
			continue
		}
		row := m{"id": t.ID, "unit": t.Unit, "driver": p.Names.Driver(ctx, t.DriverID), "lat": pos.Lat, "lon": pos.Lon, "heading": pos.Heading, "tone": "ok",
			"status": "empty", "href": "/fleet/trucks/" + t.ID.String(), "at": pos.At}
		if l, ok := onTruck[t.ID]; ok {
			row["tone"], row["status"], row["load"], row["href"] = "info", l.Number+" "+lifecycle.State(l.State).Words(), l.ID, "/loads/"+l.ID.String()
			if slices.Contains(markKeys(l, now), "late") {
				row["tone"] = "late"
			}
		}
		ts = append(ts, row)
	}
	paths := map[ids.ID][][2]float64{}
	for _, s := range stops {
		if s.Lat == nil || s.Lon == nil {
			continue
		}
		paths[s.LoadID] = append(paths[s.LoadID], [2]float64{*s.Lat, *s.Lon})
		ss = append(ss, m{"id": s.LoadID.String() + "-" + strconv.Itoa(s.Seq), "load": s.LoadID, "kind": s.Kind, "name": strings.TrimSpace(s.Name + " " + s.City + ", " + s.State),
			"lat": *s.Lat, "lon": *s.Lon, "tone": "muted", "href": "/loads/" + s.LoadID.String()})
	}
	var ps []m
	for l, pts := range paths {
		ps = append(ps, m{"load": l, "points": pts})
	}
	if ts != nil {
		out["trucks"] = ts
	}
	if ss != nil {
		out["stops"], out["paths"] = ss, ps
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(out)
}

// search answers the overlay: loads by word, then trucks and drivers by name.
func (p *pages) search(w http.ResponseWriter, r *http.Request) error {
	q := strings.TrimSpace(r.FormValue("q"))
	var hits []ui.SearchHit
	if q != "" {
		found, err := p.Loads.List(r.Context(), loads.Filter{Text: q}, page.Request{Limit: 8})
		if err != nil {
			return err
		}
		for _, l := range found.Items {
			hits = append(hits, ui.SearchHit{Kind: "Load", Icon: "loads", Title: l.Number + "  " + l.OriginCity + " → " + l.DestCity,
				Detail: p.Names.Customer(r.Context(), ids.Of(l.CustomerID)) + " " + l.CustomerRef, Href: "/loads/" + l.ID.String(), State: l.State})
		}
		trucks, err := p.Fleet.Trucks(r.Context())
		if err != nil {
			return err
		}
		for _, t := range trucks {
			d := p.Names.Driver(r.Context(), t.DriverID)
			if len(hits) < 14 && strings.Contains(strings.ToLower(t.Unit+" "+d), strings.ToLower(q)) {
				hits = append(hits, ui.SearchHit{Kind: "Truck", Icon: "fleet", Title: t.Unit, Detail: d, Href: "/fleet/trucks/" + t.ID.String()})
			}
		}
	}
	return web.Render(w, r, 200, ui.SearchHits(q, hits))
}
