package sim

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"truckflow/internal/kit/geo"
	"truckflow/internal/kit/money"
)

// fileField is the multipart field that carries an uploaded file.
const fileField = "file"

// The shapes below are the parts of /v1 that the simulator reads and writes.

type idOnly struct {
	ID string `json:"id"`
}

type wireTruck struct {
	ID       string `json:"id"`
	Unit     string `json:"unit_number"`
	DriverID string `json:"driver_id"`
}

type wireDriver struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type wireTrailer struct {
	ID        string `json:"id"`
	Unit      string `json:"unit_number"`
	Equipment string `json:"equipment"`
}

type wireCustomer struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	USDOT string `json:"usdot"`
	MC    string `json:"mc"`
	Terms int    `json:"terms_days"`
}

type wireRef struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

type wireStop struct {
	Kind        string     `json:"type"`
	Name        string     `json:"name"`
	Address     string     `json:"address"`
	City        string     `json:"city"`
	State       string     `json:"state"`
	ZIP         string     `json:"zip"`
	TimeZone    string     `json:"time_zone"`
	Appointment string     `json:"appointment,omitempty"`
	From        string     `json:"window_start"`
	To          string     `json:"window_end,omitempty"`
	Refs        []wireRef  `json:"references,omitempty"`
	Seq         int        `json:"seq,omitempty"`
	Lat         *float64   `json:"lat,omitempty"`
	Lon         *float64   `json:"lon,omitempty"`
	ArrivedAt   *time.Time `json:"arrived_at,omitempty"`
	CompletedAt *time.Time `json:"completed_at,omitempty"`
	DepartedAt  *time.Time `json:"departed_at,omitempty"`
}

type wireCharge struct {
	Kind        string      `json:"kind"`
	Description string      `json:"description"`
	Amount      money.Cents `json:"amount"`
}

type wireLoad struct {
	ID         string       `json:"id"`
	Number     string       `json:"number"`
	State      string       `json:"state"`
	CustomerID string       `json:"customer_id"`
	Ref        string       `json:"customer_load_number"`
	Equipment  string       `json:"equipment"`
	Commodity  string       `json:"commodity"`
	WeightLb   *int         `json:"weight_lb"`
	Pieces     *int         `json:"pieces"`
	TruckID    string       `json:"truck_id"`
	Miles      *int         `json:"miles"`
	NextStop   int          `json:"next_stop"`
	Flags      []struct{}   `json:"flags"`
	Stops      []wireStop   `json:"stops"`
	Charges    []wireCharge `json:"charges"`
}

// newLoad is what POST /v1/loads takes.
type newLoad struct {
	CustomerID string       `json:"customer_id"`
	Ref        string       `json:"customer_load_number"`
	Equipment  string       `json:"equipment"`
	TempMin    *int         `json:"temperature_min_f,omitempty"`
	TempMax    *int         `json:"temperature_max_f,omitempty"`
	Commodity  string       `json:"commodity"`
	WeightLb   int          `json:"weight_lb"`
	Pieces     int          `json:"pieces"`
	Stops      []wireStop   `json:"stops"`
	Charges    []wireCharge `json:"charges"`
	Override   string       `json:"override_reason,omitempty"`
}

type wireInvoice struct {
	ID         string      `json:"id"`
	Kind       string      `json:"kind"`
	CustomerID string      `json:"customer_id"`
	Ref        string      `json:"customer_load_number"`
	Open       money.Cents `json:"open"`
}

type ping struct {
	TruckID  string    `json:"truck_id"`
	At       time.Time `json:"at"`
	Lat      float64   `json:"lat"`
	Lon      float64   `json:"lon"`
	Heading  float64   `json:"heading,omitempty"`
	SpeedMPH float64   `json:"speed_mph,omitempty"`
}

type items[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// all reads up to max items of a list, page by page.
func all[T any](ctx context.Context, c *client, path string, q url.Values, max int) ([]T, error) {
	var out []T
	if q == nil {
		q = url.Values{}
	}
	q.Set("limit", strconv.Itoa(min(200, max)))
	for {
		var p items[T]
		if err := c.get(ctx, path+"?"+q.Encode(), &p); err != nil {
			return out, err
		}
		out = append(out, p.Items...)
		if p.Next == "" || len(out) >= max {
			return out, nil
		}
		q.Set("cursor", p.Next)
	}
}

func (c *client) loads(ctx context.Context, state string, max int) ([]wireLoad, error) {
	q := url.Values{}
	if state != "" {
		q.Set("state", state)
	}
	return all[wireLoad](ctx, c, "/v1/loads", q, max)
}

func (c *client) load(ctx context.Context, id string) (l wireLoad, err error) {
	err = c.get(ctx, "/v1/loads/"+id, &l)
	return l, err
}

func (c *client) book(ctx context.Context, key string, in newLoad) (l wireLoad, err error) {
	err = c.post(ctx, "/v1/loads", key, in, &l)
	return l, err
}

func (c *client) assign(ctx context.Context, key, load, truck, trailer, driver string, dispatch bool) error {
	return c.post(ctx, "/v1/loads/"+load+"/assignment", key, struct {
		Truck    string `json:"truck_id"`
		Trailer  string `json:"trailer_id,omitempty"`
		Driver   string `json:"driver_id,omitempty"`
		Dispatch bool   `json:"dispatch,omitempty"`
	}{truck, trailer, driver, dispatch}, nil)
}

// step does a verb to a load and returns the load after it; a zero at is now.
func (c *client) step(ctx context.Context, key, load, verb string, at time.Time) (l wireLoad, err error) {
	in := map[string]any{}
	if !at.IsZero() {
		in["at"] = at.UTC()
	}
	err = c.post(ctx, "/v1/loads/"+load+"/"+verb, key, in, &l)
	return l, err
}

// paper uploads a document; kind and load may be empty.
func (c *client) paper(ctx context.Context, key, kind, load, filename string, data []byte) (id string, err error) {
	var fields [][2]string
	if kind != "" {
		fields = append(fields, [2]string{"kind", kind})
	}
	if load != "" {
		fields = append(fields, [2]string{"load_id", load})
	}
	var d idOnly
	err = c.upload(ctx, "/v1/documents", key, fields, filename, data, &d)
	return d.ID, err
}

func (c *client) acceptPOD(ctx context.Context, key, load, doc string) error {
	settled := map[string]string{"reason": "compared with the bill of lading by eye"} // asked for where the paper differs
	return c.post(ctx, "/v1/loads/"+load+"/pod/"+doc+"/accept", key, settled, nil)
}

func (c *client) invoice(ctx context.Context, key, load string) (v wireInvoice, err error) {
	err = c.post(ctx, "/v1/loads/"+load+"/invoice", key, nil, &v)
	return v, err
}

func (c *client) report(ctx context.Context, ps []ping) error {
	for len(ps) > 0 {
		n := min(len(ps), 500)
		if err := c.post(ctx, "/v1/positions", "", map[string]any{"positions": ps[:n]}, nil); err != nil {
			return err
		}
		ps = ps[n:]
	}
	return nil
}

func (c *client) positions(ctx context.Context) (map[string]geo.Point, error) {
	var p items[ping]
	err := c.get(ctx, "/v1/positions", &p)
	out := map[string]geo.Point{}
	for _, x := range p.Items {
		out[x.TruckID] = geo.Point{Lat: x.Lat, Lon: x.Lon}
	}
	return out, err
}
