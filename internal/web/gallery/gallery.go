// Package gallery is the page /gallery: every part of the product's pages in
// every state, for whoever builds a page and for the tests that look at all of them.
package gallery

import (
	"time"

	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

// The gallery's moment is fixed, so that two looks at it are the same.
var now = time.Date(2026, 11, 23, 18, 42, 0, 0, time.UTC)

const (
	central = "America/Chicago"
	eastern = "America/New_York"
)

// Meta is the frame of the gallery for whoever is signed in.
func Meta(user web.UserView, csrf string) web.PageMeta {
	return web.PageMeta{
		Title: "Parts", Subtitle: "Every part of the pages, in every state", User: user, CSRF: csrf,
		Actions: actions(), Section: "board", Scripts: []string{"review.js", "board.js"},
		Counts: map[string]int{"needs": 12, "review": 4, "billing": 31, "mail": 1204},
		Flash:  &web.Flash{Tone: ui.ToneOK, Text: "Booked L-10234 for Redwood Logistics.", Href: "#", Action: "Undo"},
	}
}

func hours(h float64) time.Time { return now.Add(time.Duration(h * float64(time.Hour))) }

type row struct {
	id, number, state, customer, lane, zone string
	pickup                                  time.Time
	miles                                   int
	rate                                    int64
	mark                                    ui.Mark
}

var rows = []row{
	{"1", "L-10234", "in_transit", "Redwood Logistics", "Dallas, TX → Memphis, TN", central, hours(-9), 452, 131500, ui.Mark{Tone: ui.ToneLate, Text: "Late 42 min"}},
	{"2", "L-10235", "booked", "C.H. Robinson", "Laredo, TX → Columbus, OH", central, hours(4), 1387, 342000, ui.Mark{Tone: ui.ToneRisk, Text: "No truck, 4 h"}},
	{"3", "L-10236", "at_pickup", "Landstar", "Joliet, IL → Scranton, PA", central, hours(-1), 742, 198050, ui.Mark{Tone: ui.ToneRisk, Text: "Detention 1:20"}},
	{"4", "L-10237", "ready_to_bill", "Total Quality Logistics", "Savannah, GA → Nashville, TN", eastern, hours(-30), 495, 152575, ui.Mark{}},
	{"5", "L-10238", "paid", "Coyote", "Reno, NV → Salt Lake City, UT", "America/Los_Angeles", hours(-260), 518, 160000, ui.Mark{}},
	{"6", "L-10239", "cancelled", "Arrive Logistics", "Tulsa, OK → Wichita, KS", central, hours(-50), 176, -15000, ui.Mark{}},
}

var columns = []ui.Column{
	{Label: "Load", Key: "number"}, {Label: "State", Key: "state"}, {Label: "Customer", Key: "customer"},
	{Label: "Lane"}, {Label: "Pickup", Key: "pickup"}, {Label: "Marks"},
	{Label: "Miles", Key: "miles", Num: true, Minor: true}, {Label: "Rate", Key: "rate", Num: true}, {Label: "$/mile", Num: true},
}

func strip(id, state, truck string, marks ...ui.Mark) ui.Strip {
	s := ui.Strip{
		ID: id, Version: "3", Number: "L-1024" + id, Href: "#L-1024" + id, State: state, Customer: "Redwood Logistics",
		From: "Dallas, TX", To: "Memphis, TN", PickupAt: hours(-9), PickupTo: hours(-5), PickupTZ: central,
		DeliverAt: hours(6), DeliverTZ: central, Miles: 452, Rate: 131500, Equipment: "Reefer 34 °F", Marks: marks, Assign: "/board/assign", Bulk: true,
	}
	if truck != "" {
		s.Truck, s.Driver, s.Equipment = truck, "D. Okafor", ""
	}
	return s
}

func timeline() ui.TimelineProps {
	bar := func(id string, from, to float64, tone ui.Tone, label string) ui.Bar {
		return ui.Bar{Start: hours(from), End: hours(to), Load: id, Tone: tone, Href: "#" + id, Label: label}
	}
	return ui.TimelineProps{
		From: hours(-18.7), To: hours(53.3), Now: now, Zone: central, AssignURL: "/board/assign", CheckURL: "/board/check",
		Rows: []ui.TruckRow{
			{ID: "t1", Unit: "104", Detail: "D. Okafor", Href: "#t1", Bars: []ui.Bar{
				bar("1", -16, -2, ui.ToneOK, "L-10201 Waco → Dallas"), bar("2", -1, 14, ui.ToneLate, "L-10234 Dallas → Memphis"), bar("3", 20, 44, ui.ToneNone, "L-10250 Memphis → Atlanta")}},
			{ID: "t2", Unit: "117", Detail: "M. Alvarez", Href: "#t2", Tone: ui.ToneRisk, Bars: []ui.Bar{
				bar("4", -6, 22, ui.ToneInfo, "L-10236 Joliet → Scranton"), bar("5", 26, 60, ui.ToneRisk, "L-10240 Scranton → Toledo")}},
			{ID: "t3", Unit: "121", Detail: "out of service until Wed", Href: "#t3", Tone: ui.ToneMuted},
			{ID: "t4", Unit: "130", Detail: "S. Petrov", Href: "#t4", Bars: []ui.Bar{bar("6", 3, 9, ui.ToneInfo, "L-10260 Tulsa → Wichita")}},
		},
	}
}

var history = []ui.HistoryItem{
	{At: hours(-0.2), Zone: central, Who: "Tracking", Machine: true, Text: "arrived at pickup, 7 min early", Icon: "pin", Tone: ui.ToneOK},
	{At: hours(-2), Zone: central, Who: "Dana Reyes", Text: "dispatched truck 104, D. Okafor", Icon: "truck", Tone: ui.ToneInfo},
	{At: hours(-3), Zone: central, Who: "Dana Reyes", Text: "changed the rate", Detail: "$1,280.00 → $1,315.00, fuel surcharge missed by the reader", Icon: "edit"},
	{At: hours(-3.1), Zone: central, Who: "Reader", Machine: true, Text: "read 38 fields, 2 to check", Icon: "review", Tone: ui.ToneNeed, Href: "#"},
	{At: hours(-3.2), Zone: central, Who: "Redwood Logistics", Text: "sent the rate confirmation by mail"},
}
