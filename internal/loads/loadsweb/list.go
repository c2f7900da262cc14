package loadsweb

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"truckflow/internal/identity"
	"truckflow/internal/kit/csvio"
	"truckflow/internal/kit/ids"
	"truckflow/internal/loads"
	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

// dayNames are the parameters of the four days, as listView.Days has them.
var dayNames = [4]string{"pickup_from", "pickup_to", "deliver_from", "deliver_to"}

func days(q url.Values) (out [4]string) {
	for i, n := range dayNames {
		out[i] = q.Get(n)
	}
	return out
}

// tidy is an address without the choices that were left empty: a form sends them too.
func tidy(u *url.URL) string {
	q := u.Query()
	for name := range q {
		if q.Get(name) == "" {
			q.Del(name)
		}
	}
	if len(q) == 0 {
		return u.Path
	}
	return u.Path + "?" + q.Encode()
}

// filter reads what narrows and orders the list from its address.
func (p *pages) filter(r *http.Request) (f loads.Filter, err error) {
	q := r.URL.Query()
	f = loads.Filter{Text: strings.TrimSpace(q.Get("q")), State: q.Get("state"), Sort: q.Get("sort"), CustomerID: idOf(q.Get("customer")), TruckID: idOf(q.Get("truck"))}
	if f.Text != "" {
		f.Sort = "" // what is found by words comes newest first
	}
	d := days(q)
	return f, p.loads.Days(r.Context(), &f, d[0], d[1], d[2], d[3])
}

// exportHref is the same list as a file.
func exportHref(u string) string {
	_, query, _ := strings.Cut(ui.WithQuery(u, "cursor", ""), "?")
	if query == "" {
		return "/loads/export.csv"
	}
	return "/loads/export.csv?" + query
}

var exportColumns = []string{"load_number", "state", "customer", "customer_load_number", "equipment", "commodity", "weight_lb", "pieces", "miles", "miles_estimated",
	"origin_city", "origin_state", "pickup_from", "pickup_time_zone", "destination_city", "destination_state", "deliver_by", "delivery_time_zone", "stops",
	"truck", "trailer", "driver", "booked_at", "delivered_at"}

// export writes every load of the list as CSV, as it is read: a year of loads is
// never held in memory. A list that breaks off in the middle cuts the connection,
// so that no spreadsheet takes half of it for the whole.
func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	f, err := p.filter(r)
	if err != nil {
		return err
	}
	money, zone := identity.Can(r.Context(), identity.SeeMoney), web.Zone(r.Context())
	header := exportColumns
	if money {
		header = append(header[:len(header):len(header)], "total", "currency")
	}
	begun := false
	begin := func() error {
		begun = true
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="loads.csv"`)
		return csvio.Write(w, header, nil)
	}
	err = p.loads.Each(r.Context(), f, func(ls []loads.Load) error {
		if !begun {
			if err := begin(); err != nil {
				return err
			}
		}
		rows := make([][]string, len(ls))
		for i, l := range ls {
			rows[i] = p.exportRow(r.Context(), l, zone, money)
		}
		return csvio.WriteRows(w, rows)
	})
	if err == nil && !begun {
		return begin()
	}
	if err != nil && begun {
		panic(http.ErrAbortHandler)
	}
	return err
}

func (p *pages) exportRow(ctx context.Context, l loads.Load, zone string, money bool) []string {
	estimated := ""
	if l.Miles != nil {
		estimated = strconv.FormatBool(l.MilesEstimated)
	}
	row := []string{l.Number, l.State, p.names.Customer(ctx, ids.Of(l.CustomerID)), l.CustomerRef, l.Equipment, l.Commodity, whole(l.WeightLb), whole(l.Pieces), whole(l.Miles), estimated,
		l.OriginCity, l.OriginState, spaced(loads.Wall(l.PickupFrom, l.PickupZone, false)), l.PickupZone, l.DestCity, l.DestState, spaced(loads.Wall(l.DeliverBy, l.DeliverZone, false)), l.DeliverZone,
		strconv.Itoa(l.StopCount), p.names.Truck(ctx, ids.Of(l.TruckID)), p.names.Trailer(ctx, ids.Of(l.TrailerID)), p.names.Driver(ctx, ids.Of(l.DriverID)),
		spaced(loads.Wall(l.BookedAt, zone, false)), spaced(loads.Wall(l.DeliveredAt, l.DeliverZone, false))}
	if money {
		row = append(row, l.TotalCents.String(), l.Currency)
	}
	return row
}

// orderWords say in which order the rows stand.
var orderWords = map[string]string{"": "newest first", "pickup": "earliest pickup first", "-pickup": "latest pickup first", "deliver": "earliest delivery first",
	"-deliver": "latest delivery first", "rate": "lowest rate first", "-rate": "highest rate first"}

// narrowed reports whether anything but the order was chosen.
func (v listView) narrowed() bool {
	return v.Query+v.State+v.Customer+v.Truck+v.Days[0]+v.Days[1]+v.Days[2]+v.Days[3] != ""
}

// keep are the other choices that a search carries along.
func (v listView) keep() map[string]string {
	out := map[string]string{}
	for name, value := range map[string]string{"state": v.State, "customer": v.Customer, "truck": v.Truck, dayNames[0]: v.Days[0], dayNames[1]: v.Days[1], dayNames[2]: v.Days[2], dayNames[3]: v.Days[3]} {
		if value != "" {
			out[name] = value
		}
	}
	return out
}
