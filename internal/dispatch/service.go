// Package dispatch brings loads and trucks together: who could haul this, what
// is every truck doing, and what waits for a person. Suggestions rank by
// availability, equipment and deadhead; hours of service and optimisation join
// at Suggest without changing what it returns.
package dispatch

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"truckflow/internal/dispatch/internal/dispatchdb"
	"truckflow/internal/documents"
	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/geo"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/platform/pg"
	"truckflow/internal/routing"
	"truckflow/internal/tracking"
)

// Truck, Trailer and Driver are the fleet as dispatch sees it.
type (
	Truck struct {
		ID, DriverID ids.ID
		Unit         string
		Home         geo.Point
		HomeName     string
	}
	Trailer struct {
		ID              ids.ID
		Unit, Equipment string
		LengthFt        int
	}
	Driver struct {
		ID          ids.ID
		Name, Phone string
	}
	Expiry struct {
		What, Subject, Href string
		Due                 time.Time
		Days                int
	}
)

// Fleet answers what there is and what the law says about it; fleet is one.
type Fleet interface {
	Trucks(ctx context.Context) ([]Truck, error)
	Trailers(ctx context.Context) ([]Trailer, error)
	Drivers(ctx context.Context) ([]Driver, error)
	// Blocks says why this crew may not be dispatched on that day; empty when it may.
	Blocks(ctx context.Context, truck, trailer, driver ids.ID, on time.Time) ([]string, error)
	Expiring(ctx context.Context, days int) ([]Expiry, error)
}

// Config is what New needs.
type Config struct {
	DB        *pg.DB
	Clock     clock.Clock
	Identity  *identity.Service
	Loads     *loads.Service
	Documents *documents.Service
	Tracking  *tracking.Service
	Fleet     Fleet
	Places    loads.Places
}

// Service is the room's door.
type Service struct{ Config }

// New returns the room.
func New(c Config) *Service { return &Service{c} }

// Where is a truck's next free moment and place.
type Where struct {
	At     time.Time
	Point  geo.Point
	Name   string // "Dallas, TX"
	After  string // the load it must finish first; empty when free now
	Source string // position, delivery, home, unknown
}

// Suggestion is a truck that could haul a load, best first.
type Suggestion struct {
	Truck    Truck
	Driver   Driver
	Trailer  Trailer
	Free     Where
	Deadhead int  // miles empty to the pickup, estimated
	Known    bool // whether Deadhead is known at all
	Late     time.Duration
	Blocks   []string // why it may not be dispatched
	Reasons  []string // why it ranks where it does
	Cost     int      // dollars of deadhead and lateness; the order
}

// Possible reports whether nothing forbids it.
func (s Suggestion) Possible() bool { return len(s.Blocks) == 0 }

// deadheadCost is the marginal dollars an empty mile costs (ATRI 2025: $1.779
// without fuel plus fuel, rounded); late hours weigh a customer's patience.
const (
	deadheadCost = 2
	lateHourCost = 60
)

// Suggest ranks every truck for a load; needs DispatchLoads.
func (s *Service) Suggest(ctx context.Context, load ids.ID) (out []Suggestion, err error) {
	if _, err := identity.Require(ctx, identity.DispatchLoads); err != nil {
		return nil, err
	}
	f, err := s.Loads.Get(ctx, load)
	if err != nil {
		return nil, err
	}
	return s.SuggestFor(ctx, f)
}

// SuggestFor is Suggest for a load that need not be stored; needs DispatchLoads.
func (s *Service) SuggestFor(ctx context.Context, f loads.Full) (out []Suggestion, err error) {
	if _, err := identity.Require(ctx, identity.DispatchLoads); err != nil {
		return nil, err
	}
	if len(f.Stops) == 0 {
		return nil, errs.Conflict("load %s has no stops yet", f.Number)
	}
	w, err := s.world(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range w.trucks {
		sg, err := s.measure(ctx, w, t, f)
		if err == nil {
			err = s.judge(ctx, &sg, f)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, sg)
	}
	slices.SortStableFunc(out, func(a, b Suggestion) int {
		if a.Possible() != b.Possible() {
			if a.Possible() {
				return -1
			}
			return 1
		}
		return a.Cost - b.Cost
	})
	return out, nil
}

// TruckFree is a truck and when and where it is next free.
type TruckFree struct {
	Truck  Truck
	Driver Driver
	Where
}

// Free lists every truck with its next free moment, the earliest first; needs SeeLoads.
func (s *Service) Free(ctx context.Context) (out []TruckFree, err error) {
	if _, err := identity.Require(ctx, identity.SeeLoads); err != nil {
		return nil, err
	}
	w, err := s.world(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range w.trucks {
		out = append(out, TruckFree{t, w.drivers[t.DriverID], w.free(t, ids.ID{})})
	}
	slices.SortStableFunc(out, func(a, b TruckFree) int { return a.At.Compare(b.At) })
	return out, nil
}

// world is everything Suggest compares with, read once.
type world struct {
	now      time.Time
	trucks   []Truck
	trailers []Trailer
	drivers  map[ids.ID]Driver
	busy     map[ids.ID][]loads.Load // by truck, in order of pickup
	lastStop map[ids.ID]loads.Stop   // by load
	last     map[ids.ID]tracking.Last
	hooked   map[ids.ID]string // trailer → load that has it
}

func (s *Service) world(ctx context.Context) (w world, err error) {
	w = world{now: s.Clock.Now(), drivers: map[ids.ID]Driver{}, busy: map[ids.ID][]loads.Load{}, lastStop: map[ids.ID]loads.Stop{}, hooked: map[ids.ID]string{}}
	if w.trucks, err = s.Fleet.Trucks(ctx); err != nil {
		return w, err
	}
	if w.trailers, err = s.Fleet.Trailers(ctx); err != nil {
		return w, err
	}
	ds, err := s.Fleet.Drivers(ctx)
	if err != nil {
		return w, err
	}
	for _, d := range ds {
		w.drivers[d.ID] = d
	}
	active, err := s.Loads.Active(ctx)
	if err != nil {
		return w, err
	}
	var need []ids.ID
	for _, l := range active {
		if l.TruckID == nil || !rolling(lifecycle.State(l.State)) {
			continue
		}
		w.busy[*l.TruckID] = append(w.busy[*l.TruckID], l)
		need = append(need, l.ID)
		if l.TrailerID != nil {
			w.hooked[*l.TrailerID] = l.Number
		}
	}
	stops, err := s.Loads.StopsOf(ctx, need)
	for _, st := range stops {
		w.lastStop[st.LoadID] = st // ordered by sequence: the last one stays
	}
	if err != nil {
		return w, err
	}
	w.last, err = s.Tracking.Lasts(ctx)
	return w, err
}

// rolling reports a load that still needs its truck.
func rolling(st lifecycle.State) bool {
	switch st {
	case lifecycle.Booked, lifecycle.Dispatched, lifecycle.AtPickup, lifecycle.Loaded, lifecycle.InTransit, lifecycle.AtDelivery, lifecycle.OnHold:
		return true
	}
	return false
}

// free finds when and where a truck is next free, not counting the load itself.
func (w world) free(t Truck, except ids.ID) Where {
	var after *loads.Load
	for i, l := range w.busy[t.ID] {
		if l.ID != except {
			after = &w.busy[t.ID][i]
		}
	}
	if after != nil {
		st := w.lastStop[after.ID]
		at := w.now
		if after.DeliverBy != nil && after.DeliverBy.After(at) {
			at = *after.DeliverBy
		}
		return Where{At: at, Point: point(st), Name: after.DestCity + ", " + after.DestState, After: after.Number, Source: "delivery"}
	}
	if p, ok := w.last[t.ID]; ok {
		return Where{At: w.now, Point: geo.Point{Lat: p.Lat, Lon: p.Lon}, Source: "position"}
	}
	if !t.Home.IsZero() {
		return Where{At: w.now, Point: t.Home, Name: t.HomeName, Source: "home"}
	}
	return Where{At: w.now, Source: "unknown"}
}

func point(st loads.Stop) geo.Point {
	if st.Lat == nil || st.Lon == nil {
		return geo.Point{}
	}
	return geo.Point{Lat: *st.Lat, Lon: *st.Lon}
}

// measure says what a truck would cost for a load, not yet whether it may.
func (s *Service) measure(ctx context.Context, w world, t Truck, f loads.Full) (Suggestion, error) {
	sg := Suggestion{Truck: t, Driver: w.drivers[t.DriverID], Free: w.free(t, f.ID)}
	pickup := f.Stops[0]
	if p := point(pickup); !p.IsZero() && !sg.Free.Point.IsZero() {
		m, _, err := s.Places.Miles(ctx, []geo.Point{sg.Free.Point, p})
		if err != nil {
			return sg, err
		}
		sg.Deadhead, sg.Known = m, true
		sg.Reasons = append(sg.Reasons, fmt.Sprintf("%d mi empty to %s", m, f.OriginCity))
	} else {
		sg.Reasons = append(sg.Reasons, "position unknown")
	}
	if sg.Free.After != "" {
		sg.Reasons = append(sg.Reasons, "free after "+sg.Free.After+" at "+sg.Free.Name)
	} else {
		sg.Reasons = append(sg.Reasons, "free now")
	}
	due := pickupDue(f)
	arrive := sg.Free.At.Add(routing.DriveTime(sg.Deadhead))
	if due != nil {
		if limit := due.Add(dayIfDateOnly(pickup)); arrive.After(limit) {
			sg.Late = arrive.Sub(limit)
			sg.Reasons = append(sg.Reasons, "late at pickup by "+hours(sg.Late))
		}
	}
	sg.Trailer = w.trailer(t, f)
	if sg.Trailer.ID.IsZero() && f.Equipment != "power_only" {
		sg.Blocks = append(sg.Blocks, "no free "+strings.ReplaceAll(f.Equipment, "_", " ")+" trailer")
	}
	if sg.Driver.ID.IsZero() {
		sg.Blocks = append(sg.Blocks, "no driver on this truck")
	}
	sg.Cost = sg.Deadhead*deadheadCost + int(math.Ceil(sg.Late.Hours()))*lateHourCost
	if !sg.Known {
		sg.Cost += 5_000
	}
	return sg, nil
}

// judge adds what the law says of a suggestion's crew on the day of the pickup.
func (s *Service) judge(ctx context.Context, sg *Suggestion, f loads.Full) error {
	day := s.Clock.Now()
	if due := pickupDue(f); due != nil {
		day = *due
	}
	legal, err := s.Fleet.Blocks(ctx, sg.Truck.ID, sg.Trailer.ID, sg.Driver.ID, day)
	sg.Blocks = append(sg.Blocks, legal...)
	return err
}

// pickupDue is when a load's first stop closes; nil when that is not known.
func pickupDue(f loads.Full) *time.Time {
	if due := f.Stops[0].WindowEnd; due != nil {
		return due
	}
	return f.Stops[0].WindowStart
}

func dayIfDateOnly(st loads.Stop) time.Duration {
	if st.DateOnly {
		return 24 * time.Hour
	}
	return 0
}

func hours(d time.Duration) string {
	return fmt.Sprintf("%dh %02dm", int(d.Hours()), int(d.Minutes())%60)
}

// trailer picks a free trailer of the right kind: the truck's present one first.
func (w world) trailer(t Truck, f loads.Full) Trailer {
	var spare Trailer
	for _, tr := range w.trailers {
		if tr.Equipment != f.Equipment || f.TrailerLengthFt != nil && tr.LengthFt < *f.TrailerLengthFt {
			continue
		}
		for _, l := range w.busy[t.ID] {
			if l.TrailerID != nil && *l.TrailerID == tr.ID {
				return tr
			}
		}
		if w.hooked[tr.ID] == "" && spare.ID.IsZero() {
			spare = tr
		}
	}
	return spare
}

// Choice is what a dispatcher decided.
type Choice struct {
	TruckID, TrailerID, DriverID ids.ID
	Version                      int
	Dispatch                     bool // also dispatch it now
}

// Assign puts a crew on a load, remembering what was suggested at that moment.
// What the law forbids is refused. Needs DispatchLoads.
func (s *Service) Assign(ctx context.Context, load ids.ID, c Choice) (f loads.Full, err error) {
	sgs, err := s.Suggest(ctx, load)
	if err != nil {
		return f, err
	}
	var rank *int
	var short []map[string]any
	words := ""
	for i, sg := range sgs {
		if i < 5 {
			short = append(short, map[string]any{"truck": sg.Truck.Unit, "deadhead": sg.Deadhead, "cost": sg.Cost, "blocks": sg.Blocks})
		}
		if sg.Truck.ID != c.TruckID {
			continue
		}
		n := i + 1
		rank = &n
		if c.DriverID.IsZero() {
			c.DriverID = sg.Driver.ID
		}
		if c.TrailerID.IsZero() {
			c.TrailerID = sg.Trailer.ID
		}
		words = "truck " + sg.Truck.Unit
	}
	if rank == nil {
		return f, errs.NotFound("there is no such truck, or it is out of service")
	}
	if c.DriverID.IsZero() {
		return f, errs.Conflict("%s has no driver; choose one", words)
	}
	when := s.Clock.Now()
	if f, err = s.Loads.Get(ctx, load); err == nil && f.PickupFrom != nil {
		when = *f.PickupFrom
	}
	if blocks, err := s.Fleet.Blocks(ctx, c.TruckID, c.TrailerID, c.DriverID, when); err != nil {
		return f, err
	} else if len(blocks) > 0 {
		return f, errs.Conflict("%s may not be dispatched: %s", words, strings.Join(blocks, "; "))
	}
	a, _ := tenant.From(ctx)
	suggested, err := json.Marshal(short)
	if err != nil {
		return f, err
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		f, err = s.Loads.Assign(ctx, load, c.Version, loads.Crew{TruckID: c.TruckID, TrailerID: c.TrailerID, DriverID: c.DriverID, Words: words})
		if err != nil {
			return err
		}
		if err := dispatchdb.New(tx).InsertAssignment(ctx, dispatchdb.InsertAssignmentParams{ID: ids.New(), LoadID: load, TruckID: c.TruckID,
			TrailerID: c.TrailerID.Ptr(), DriverID: c.DriverID, Rank: rank, Suggested: suggested, AssignedBy: a.Name, AssignedAt: s.Clock.Now()}); err != nil {
			return err
		}
		if c.Dispatch {
			f, err = s.Loads.Do(ctx, load, loads.Step{Verb: lifecycle.Dispatch})
		}
		return err
	})
	return f, err
}

// Item is something that waits for a person.
type Item struct {
	Key    string // kind:id, for snoozing
	Kind   string // review, reading_failed, unassigned, late, pod, bill, paper
	Title  string
	Detail string
	Href   string
	Since  time.Time
	Stake  money.Cents // money at stake; 0 unknown
	Load   *loads.Load
}

// NeedsYou lists what waits for a person, most money first; snoozed things rest. Needs SeeLoads.
func (s *Service) NeedsYou(ctx context.Context) (out []Item, err error) {
	if _, err := identity.Require(ctx, identity.SeeLoads); err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	active, err := s.Loads.Active(ctx)
	if err != nil {
		return nil, err
	}
	for i := range active {
		if it, ok := waits(&active[i], now); ok {
			out = append(out, it)
		}
	}
	if identity.Can(ctx, identity.SeeDocuments) {
		more, err := s.papers(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	exp, err := s.Fleet.Expiring(ctx, 30)
	if err != nil {
		return nil, err
	}
	for _, e := range exp {
		d := fmt.Sprintf("%s in %d days", e.What, e.Days)
		if e.Days < 0 {
			d = fmt.Sprintf("%s expired %d days ago", e.What, -e.Days)
		}
		out = append(out, Item{Key: "paper:" + e.Subject + ":" + e.What, Kind: "paper", Title: e.Subject, Detail: d, Href: e.Href, Since: e.Due})
	}
	var rest map[string]bool
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := dispatchdb.New(tx).Snoozed(ctx, now)
		rest = map[string]bool{}
		for _, r := range rows {
			rest[r.Item] = true
		}
		return err
	})
	out = slices.DeleteFunc(out, func(i Item) bool { return rest[i.Key] })
	slices.SortStableFunc(out, func(a, b Item) int {
		if a.Stake != b.Stake {
			return int(b.Stake - a.Stake)
		}
		return a.Since.Compare(b.Since)
	})
	return out, err
}

// waits says whether and why a load needs somebody.
func waits(l *loads.Load, now time.Time) (Item, bool) {
	it := Item{Key: "load:" + l.ID.String(), Title: l.Number + " " + l.OriginCity + ", " + l.OriginState + " → " + l.DestCity + ", " + l.DestState,
		Href: "/loads/" + l.ID.String(), Stake: l.TotalCents, Since: l.UpdatedAt, Load: l}
	switch lifecycle.State(l.State) {
	case lifecycle.Booked:
		if l.TruckID != nil || l.PickupFrom == nil || l.PickupFrom.After(now.Add(24*time.Hour)) {
			return it, false
		}
		it.Kind, it.Detail, it.Since = "unassigned", "picks up within a day", *l.PickupFrom
	case lifecycle.Dispatched:
		if l.PickupFrom == nil || now.Before(l.PickupFrom.Add(2*time.Hour)) {
			return it, false
		}
		it.Kind, it.Detail, it.Since = "late", "not at the pickup yet", *l.PickupFrom
	case lifecycle.AtPickup, lifecycle.Loaded, lifecycle.InTransit, lifecycle.AtDelivery:
		if l.DeliverBy == nil || now.Before(*l.DeliverBy) {
			return it, false
		}
		it.Kind, it.Detail, it.Since = "late", "past its delivery time", *l.DeliverBy
	case lifecycle.Delivered:
		it.Kind, it.Detail = "pod", "delivered; the signed paper is not here yet"
	case lifecycle.PODReceived:
		it.Kind, it.Detail = "pod", "proof of delivery waits to be accepted"
	case lifecycle.ReadyToBill:
		it.Kind, it.Detail = "bill", "its proof of delivery is accepted"
	default:
		return it, false
	}
	return it, true
}

func checkWords(n int) string {
	switch n {
	case 0:
		return "read, nothing doubtful"
	case 1:
		return "one thing to look at"
	}
	return fmt.Sprintf("%d things to look at", n)
}

func (s *Service) papers(ctx context.Context) (out []Item, err error) {
	drafts, err := s.Loads.Drafts(ctx, 100)
	if err != nil {
		return nil, err
	}
	for i := range drafts {
		l := &drafts[i]
		out = append(out, Item{Key: "load:" + l.ID.String(), Kind: "review", Title: "Review " + l.Number + " " + l.CustomerRef, Detail: checkWords(loads.Checks(*l)),
			Href: "/review/" + l.ID.String(), Since: l.CreatedAt, Stake: l.TotalCents, Load: l})
	}
	docs, err := s.Documents.Waiting(ctx, 50)
	for _, d := range docs {
		if d.State == "failed" {
			out = append(out, Item{Key: "document:" + d.ID.String(), Kind: "reading_failed", Title: d.Filename, Detail: d.Error, Href: "/documents/" + d.ID.String(), Since: d.ReceivedAt})
		}
	}
	return out, err
}

// Snooze lets an item rest until a time, with a reason; needs EditLoads.
func (s *Service) Snooze(ctx context.Context, key string, until time.Time, reason string) error {
	a, err := identity.Require(ctx, identity.EditLoads)
	if err != nil {
		return err
	}
	if strings.TrimSpace(reason) == "" || len(key) > 200 {
		return errs.Invalid("say why").Field("reason", "required")
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		if err := dispatchdb.New(tx).Snooze(ctx, dispatchdb.SnoozeParams{Item: key, Until: until, Reason: reason, By: a.Name, CreatedAt: s.Clock.Now()}); err != nil {
			return err
		}
		return s.Identity.Audit(ctx, tx, identity.Entry{Action: "item.snooze", Kind: "item", Label: key})
	})
}

// View is a saved filter of a screen.
type View = dispatchdb.SavedView

// Views lists one's own and shared views of a screen.
func (s *Service) Views(ctx context.Context, screen string) (vs []View, err error) {
	a, err := identity.Require(ctx, identity.SeeLoads)
	if err != nil {
		return nil, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		vs, err = dispatchdb.New(tx).Views(ctx, dispatchdb.ViewsParams{Screen: screen, UserID: a.User})
		return err
	})
	return vs, err
}

// Screens are those that have views.
var Screens = []string{"board"}

// SaveView keeps a screen's query string under a name; needs SeeLoads.
func (s *Service) SaveView(ctx context.Context, screen, name, query string, shared bool) (v View, err error) {
	a, err := identity.Require(ctx, identity.SeeLoads)
	if err != nil {
		return v, err
	}
	if name = strings.TrimSpace(name); name == "" || len(name) > 60 {
		return v, errs.Invalid("a view needs a name of at most 60 characters").Field("name", "required")
	}
	if _, err := url.ParseQuery(query); err != nil || len(query) > 1000 || !slices.Contains(Screens, screen) {
		return v, errs.Invalid("this is not what a screen's address ends with").Field("query", "such as q=dallas&only=late")
	}
	v = View{OrgID: a.Org, ID: ids.New(), UserID: a.User, Name: name, Screen: screen, Query: query, Shared: shared, CreatedAt: s.Clock.Now()}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		return dispatchdb.New(tx).InsertView(ctx, dispatchdb.InsertViewParams{ID: v.ID, UserID: v.UserID, Name: v.Name, Screen: v.Screen, Query: v.Query, Shared: v.Shared, CreatedAt: v.CreatedAt})
	})
	return v, err
}

// DeleteView forgets a view of one's own; a colleague's shared one stays theirs. Needs SeeLoads.
func (s *Service) DeleteView(ctx context.Context, id ids.ID) error {
	a, err := identity.Require(ctx, identity.SeeLoads)
	if err != nil {
		return err
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		n, err := dispatchdb.New(tx).DeleteView(ctx, dispatchdb.DeleteViewParams{ID: id, UserID: a.User})
		if err == nil && n == 0 {
			err = errs.NotFound("you have no such view")
		}
		return err
	})
}
