package pricing

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/geo"
	"truckflow/internal/kit/ids"
	"truckflow/internal/loads"
	"truckflow/internal/platform/jobs"
	"truckflow/internal/platform/pg"
	"truckflow/internal/pricing/lanerate"
)

// Place is an end of a lane as somebody writes it: in one line, or in parts, of
// which a ZIP or a city with its state is enough.
type Place struct {
	Text             string // "Dallas, TX", "75201"; ignored when a part is given
	City, State, ZIP string
}

// Spot is where a place is, with its ZIP and city as far as known.
type Spot struct {
	Point            geo.Point
	City, State, ZIP string
}

// Places finds the ends of lanes and the miles between them; routing is one.
type Places interface {
	Spot(ctx context.Context, p Place) (Spot, error)
	// Area is the small area around a place: the first three digits of its city's
	// main ZIP, so that each ZIP of a city is in the same one; "" when unknown.
	Area(city, state, zip string) string
	Miles(ctx context.Context, stops []geo.Point) (miles int, estimated bool, err error)
}

// Config is what New needs.
type Config struct {
	DB       *pg.DB
	Clock    clock.Clock
	Identity *identity.Service
	Jobs     *jobs.Runner
	Loads    *loads.Service
	Places   Places
	Log      *slog.Logger
}

// Service is the room's door.
type Service struct {
	Config
	mu   sync.Mutex
	held []heldModel // the newest used last

	learning sync.Mutex
}

// heldModel is a company's model in memory: it is read from the database once
// and again when a newer one was learned.
type heldModel struct {
	org     ids.ID
	learned time.Time
	*snapshot
}

// mostHeld companies' models stay in memory; each takes some megabytes.
const mostHeld = 8

// New returns the room and registers its job.
func New(c Config) *Service {
	s := &Service{Config: c}
	jobs.Handle(c.Jobs, LearnKind, jobs.Events, func(ctx context.Context, j learnJob) error { return s.Learn(ctx, j.After) })
	return s
}

// snapshot is what a night's learning leaves.
type snapshot struct {
	Baseline *lanerate.Baseline      `json:"baseline"`
	Model    *lanerate.Model         `json:"model"` // nil: the baseline answers
	Recent   map[string][]Comparable `json:"recent"`
	Diesel   float64                 `json:"diesel"` // dollars a gallon, the newest known; 0 without
}

// Comparable is a load that was hauled on a lane.
type Comparable struct {
	Load   ids.ID `json:"load"`
	Number string `json:"number"`
	Payer  ids.ID `json:"payer,omitzero"`
	Day    int    `json:"day"` // of booking, days since 1970-01-01
	Miles  int    `json:"miles"`
	Cents  int64  `json:"cents"` // line haul and fuel
}

// Date is the day of booking.
func (c Comparable) Date() time.Time { return dayTime(c.Day) }

const dayLength = 24 * time.Hour

func dayOf(t time.Time) int { return int(t.Unix() / int64(dayLength/time.Second)) }

func dayTime(day int) time.Time { return time.Unix(0, 0).UTC().AddDate(0, 0, day) }
