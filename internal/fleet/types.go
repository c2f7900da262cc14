package fleet

import (
	"slices"
	"strings"
	"time"

	"truckflow/internal/fleet/internal/fleetdb"
	"truckflow/internal/identity"
	"truckflow/internal/kit/ids"
)

// Truck, Trailer and Driver are the stored rows.
type (
	Truck   = fleetdb.Truck
	Trailer = fleetdb.Trailer
	Driver  = fleetdb.Driver
)

// Kind is one of the three things a fleet is made of.
type Kind string

// The kinds; also the subject kinds of the audit trail.
const (
	KindTruck   Kind = "truck"
	KindTrailer Kind = "trailer"
	KindDriver  Kind = "driver"
)

// Kinds lists the kinds in the order screens show them.
var Kinds = []Kind{KindTruck, KindTrailer, KindDriver}

// Plural returns "trucks", as in addresses: /fleet/trucks.
func (k Kind) Plural() string { return string(k) + "s" }

// Edit returns the permission it takes to change things of this kind.
func (k Kind) Edit() identity.Permission {
	if k == KindDriver {
		return identity.EditDrivers
	}
	return identity.EditFleet
}

// Equipments are the trailer kinds a trailer can be, as the codes loads ask for.
var Equipments = []string{"van", "reefer", "flatbed", "step_deck", "conestoga", "hotshot", "box_truck", "container", "tanker",
	"lowboy", "double_drop", "dump", "auto_carrier"}

// Endorsements are the CDL endorsement letters (49 CFR 383.153): hazmat,
// tank, passenger, school bus, doubles/triples, and X for hazmat with tank.
var Endorsements = []string{"H", "N", "P", "S", "T", "X"}

// Show narrows a list.
type Show string

// What a list can show. ShowActive is the default and includes what is out of service.
const (
	ShowActive       Show = "active"
	ShowOutOfService Show = "out"
	ShowArchived     Show = "archived"
	ShowAll          Show = "all"
)

// Filter narrows a list; Query is matched, word by word, against unit number,
// name, VIN, plate, make, equipment, home and license.
type Filter struct {
	Show  Show
	Query string
}

// core is what the three kinds have in common, as pointers into the row.
type core struct {
	id               ids.ID
	label            string
	version          *int
	archived         **time.Time
	from, until      **time.Time
	reason           *string
	created, updated *time.Time
	words            []string
}

func truckCore(t *Truck) core {
	return core{t.ID, t.UnitNumber, &t.Version, &t.ArchivedAt, &t.OutOfServiceFrom, &t.OutOfServiceUntil, &t.OutOfServiceReason, &t.CreatedAt, &t.UpdatedAt,
		[]string{t.UnitNumber, t.Vin, t.Plate, t.Make, t.Model, t.HomeCity, t.HomeState}}
}

func trailerCore(t *Trailer) core {
	return core{t.ID, t.UnitNumber, &t.Version, &t.ArchivedAt, &t.OutOfServiceFrom, &t.OutOfServiceUntil, &t.OutOfServiceReason, &t.CreatedAt, &t.UpdatedAt,
		[]string{t.UnitNumber, t.Vin, t.Plate, t.Equipment, strings.ReplaceAll(t.Equipment, "_", " "), t.City, t.State}}
}

func driverCore(d *Driver) core {
	return core{d.ID, d.Name, &d.Version, &d.ArchivedAt, &d.OutOfServiceFrom, &d.OutOfServiceUntil, &d.OutOfServiceReason, &d.CreatedAt, &d.UpdatedAt,
		[]string{d.Name, d.Phone, d.Email, d.CdlNumber, d.CdlState, d.HomeCity, d.HomeState}}
}

// outOn reports whether a thing with this core is out of service on a day.
func (c core) outOn(day time.Time) bool {
	from, until := *c.from, *c.until
	return from != nil && !day.Before(*from) && (until == nil || !day.After(*until))
}

// TruckOut, TrailerOut and DriverOut report whether it is out of service on a day; both ends count.
func TruckOut(t Truck, day time.Time) bool { return truckCore(&t).outOn(day) }

// TrailerOut is TruckOut for a trailer.
func TrailerOut(t Trailer, day time.Time) bool { return trailerCore(&t).outOn(day) }

// DriverOut is TruckOut for a driver.
func DriverOut(d Driver, day time.Time) bool { return driverCore(&d).outOn(day) }

func (f Filter) fits(c core, today time.Time) bool {
	switch f.Show {
	case ShowAll:
	case ShowArchived:
		if *c.archived == nil {
			return false
		}
	case ShowOutOfService:
		if *c.archived != nil || !c.outOn(today) {
			return false
		}
	default:
		if *c.archived != nil {
			return false
		}
	}
	text := strings.ToLower(strings.Join(c.words, "\n"))
	return !slices.ContainsFunc(strings.Fields(strings.ToLower(f.Query)), func(w string) bool { return !strings.Contains(text, w) })
}
