// Package capacity reckons how many trucks the specification's two ways of running
// (single server, cluster) can carry, from what one load, position, page and paper
// cost when measured, and names the part that is used up first. Beyond one database
// companies are spread over several by org_id: a shard holds whole companies.
package capacity

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/usage"
)

// Default are the unit costs that are built in, with how they were measured.
//
//go:embed units.yaml
var Default []byte

// Measured is what one of something takes.
type Measured struct {
	Program  float64 `yaml:"program_us"`  // microseconds of processor, of the program
	Database float64 `yaml:"database_us"` // and of PostgreSQL
	Bytes    float64 `yaml:"bytes"`       // stored in the database, indexes included
	Files    float64 `yaml:"file_bytes"`  // stored in the file store
	Sent     float64 `yaml:"sent_bytes"`  // to whoever asked
}

// Habits are how carriers work: assumptions, each with its reason in units.yaml.
type Habits struct {
	LoadsPerTruckDay   float64 `yaml:"loads_per_truck_day"`
	PapersPerLoad      float64 `yaml:"papers_per_load"`
	PingSeconds        float64 `yaml:"ping_seconds"`
	TrucksPerDesk      float64 `yaml:"trucks_per_desk"`
	ViewsPerDeskMinute float64 `yaml:"views_per_desk_minute"`
	BoardShare         float64 `yaml:"board_share"` // of views
	StepsPerLoad       float64 `yaml:"steps_per_load"`
	PeakFactor         float64 `yaml:"peak_factor"` // the busy hour over the day's average
	PositionDays       float64 `yaml:"position_days"`
	ScanShare          float64 `yaml:"scan_share"` // of papers
	FullAt             float64 `yaml:"full_at"`    // a part is full at this use: what is above queues
}

// Machine is what a way of running has.
type Machine struct {
	Name       string  `yaml:"name"`
	AppCores   float64 `yaml:"app_cores"`
	DataCores  float64 `yaml:"database_cores"` // of one primary
	DataBytes  float64 `yaml:"database_bytes"`
	FileBytes  float64 `yaml:"file_bytes"`
	SentPerSec float64 `yaml:"network_bytes"`
	Commits    float64 `yaml:"commits"` // durable ones a second
}

// Units is the whole file.
type Units struct {
	Date    string   `yaml:"date"`
	How     string   `yaml:"how"`
	Load    Measured `yaml:"load"`  // from booking to invoice
	Step    Measured `yaml:"step"`  // arrive, load, depart …
	Ping    Measured `yaml:"ping"`  // one position
	Page    Measured `yaml:"page"`  // a list, a search, a load's page
	Board   Measured `yaml:"board"` // with 1,000 loads alive
	Paper   Measured `yaml:"paper"` // a PDF with text
	Scan    Measured `yaml:"scan"`  // a picture
	Habits  Habits   `yaml:"habits"`
	Single  Machine  `yaml:"single"`
	Cluster Machine  `yaml:"cluster"`
	Fleets  []int    `yaml:"fleets"` // trucks
}

// Parse reads units; what is zero or negative is refused.
func Parse(b []byte) (*Units, error) {
	var u Units
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(&u); err != nil {
		return nil, errs.Invalid("the unit costs cannot be read: %s", strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n", " "))
	}
	h := u.Habits
	for name, v := range map[string]float64{"loads_per_truck_day": h.LoadsPerTruckDay, "ping_seconds": h.PingSeconds, "trucks_per_desk": h.TrucksPerDesk, "peak_factor": h.PeakFactor,
		"full_at": h.FullAt, "position_days": h.PositionDays, "single.app_cores": u.Single.AppCores, "single.database_cores": u.Single.DataCores, "single.commits": u.Single.Commits,
		"cluster.app_cores": u.Cluster.AppCores, "cluster.database_cores": u.Cluster.DataCores, "cluster.commits": u.Cluster.Commits,
		"single.database_bytes": u.Single.DataBytes, "single.file_bytes": u.Single.FileBytes, "single.network_bytes": u.Single.SentPerSec,
		"cluster.database_bytes": u.Cluster.DataBytes, "cluster.file_bytes": u.Cluster.FileBytes, "cluster.network_bytes": u.Cluster.SentPerSec} {
		if v <= 0 {
			return nil, errs.Invalid("the unit costs are wrong: %s must be more than zero", name)
		}
	}
	if h.FullAt > 1 || h.ScanShare < 0 || h.ScanShare > 1 || h.BoardShare < 0 || h.BoardShare > 1 {
		return nil, errs.Invalid("the unit costs are wrong: full_at, scan_share and board_share are between 0 and 1")
	}
	if len(u.Fleets) == 0 {
		return nil, errs.Invalid("the unit costs are wrong: no fleet to reckon for")
	}
	return &u, nil
}

// Work is what a fleet brings.
type Work struct {
	Trucks       int     `json:"trucks"`
	LoadsDay     float64 `json:"loads_a_day"`
	PingsSec     float64 `json:"pings_a_second"`
	ViewsSec     float64 `json:"views_a_second_at_peak"`
	PapersDay    float64 `json:"papers_a_day"`
	DatabaseYear float64 `json:"database_bytes_a_year"` // positions as long as they are kept
	FilesYear    float64 `json:"file_bytes_a_year"`
}

// Part is one thing that can be used up.
type Part struct {
	Name string  `json:"name"`
	Use  float64 `json:"use"` // 1 is all there is, at the busiest hour, after a year
}

// Fit is how a fleet sits on a way of running.
type Fit struct {
	Machine string  `json:"machine"`
	Parts   []Part  `json:"parts"`
	First   string  `json:"first"` // the part that is used up first
	Most    float64 `json:"most"`  // its use
	Carries bool    `json:"carries"`
	Shards  int     `json:"shards"` // databases that are needed, each with whole companies
}

// Row is one fleet.
type Row struct {
	Work    Work `json:"work"`
	Single  Fit  `json:"single"`
	Cluster Fit  `json:"cluster"`
}

// Report is the table.
type Report struct {
	Date         string   `json:"measured_on"`
	How          string   `json:"how"`
	Rows         []Row    `json:"rows"`
	SingleUpTo   int      `json:"single_up_to_trucks"`
	ClusterUpTo  int      `json:"cluster_up_to_trucks"` // with one database
	SingleFirst  string   `json:"single_first"`
	ClusterFirst string   `json:"cluster_first"`
	FullAt       float64  `json:"full_at"`
	Limits       []string `json:"limits"` // what the table does not say
}

// Reckon computes the table for the fleets of u and for trucks besides; 0 for none.
func (u *Units) Reckon(trucks int) Report {
	r := Report{Date: u.Date, How: u.How, FullAt: u.Habits.FullAt, Limits: []string{
		"reckoned, not tried: the unit costs are measured, the fleets are not; a company of up to 300 trucks was, and one that is larger has a larger board",
		"memory, the disks' speed when the database has outgrown memory, and AI are no parts of it",
		"shards hold whole companies by org_id, so a single company stays within one database; an installation speaks to one, so several databases are several installations behind one load balancer",
	}}
	fleets := u.Fleets
	if trucks > 0 {
		fleets = []int{trucks}
	}
	for _, n := range fleets {
		w := u.work(n)
		r.Rows = append(r.Rows, Row{w, u.fit(w, u.Single), u.fit(w, u.Cluster)})
	}
	// Every use grows in proportion with the trucks.
	const probe = 1000
	w := u.work(probe)
	single, cluster := u.fit(w, u.Single), u.fit(w, u.Cluster)
	r.SingleUpTo, r.SingleFirst = int(probe*u.Habits.FullAt/single.Most), single.First
	r.ClusterUpTo, r.ClusterFirst = int(probe*u.Habits.FullAt/cluster.Most), cluster.First
	return r
}

const day, year = 86_400.0, 365.0

func (u *Units) work(trucks int) Work {
	h, t := u.Habits, float64(trucks)
	w := Work{Trucks: trucks, LoadsDay: t * h.LoadsPerTruckDay, PingsSec: t / h.PingSeconds}
	w.PapersDay = w.LoadsDay * h.PapersPerLoad
	w.ViewsSec = t / h.TrucksPerDesk * h.ViewsPerDeskMinute / 60
	w.DatabaseYear = year*(w.LoadsDay*u.Load.Bytes+w.PapersDay*u.paper(Measured.bytes)) + w.PingsSec*day*h.PositionDays*u.Ping.Bytes
	w.FilesYear = year * w.PapersDay * u.paper(Measured.files)
	return w
}

// Growth is what a day adds to the disks while a company works as it did in the month
// that w counts. Positions are not in it: old ones go as new ones come.
func (u *Units) Growth(w usage.Work) int64 {
	loads, papers := float64(w.Loads)/30, float64(w.Documents)/30
	file := u.paper(Measured.files)
	if w.DocumentsKept > 0 {
		file = float64(w.DocumentBytes) / float64(w.DocumentsKept)
	}
	return int64(loads*u.Load.Bytes + papers*(u.paper(Measured.bytes)+file))
}

func (m Measured) bytes() float64 { return m.Bytes }
func (m Measured) files() float64 { return m.Files }

// paper is what a paper takes, of those with text and those that are pictures.
func (u *Units) paper(of func(Measured) float64) float64 {
	return (1-u.Habits.ScanShare)*of(u.Paper) + u.Habits.ScanShare*of(u.Scan)
}

// fit puts a fleet's busiest hour and its first year on a machine.
func (u *Units) fit(w Work, m Machine) Fit {
	h := u.Habits
	loads, papers := w.LoadsDay/day*h.PeakFactor, w.PapersDay/day*h.PeakFactor
	busy := func(of func(Measured) float64) float64 { // a second
		return loads*(of(u.Load)+h.StepsPerLoad*of(u.Step)) + w.PingsSec*of(u.Ping) + w.ViewsSec*(h.BoardShare*of(u.Board)+(1-h.BoardShare)*of(u.Page)) + papers*u.paper(of)
	}
	program := func(x Measured) float64 { return x.Program / 1e6 }
	database := func(x Measured) float64 { return x.Database / 1e6 }
	sent := func(x Measured) float64 { return x.Sent }
	// A batch of positions is one commit, and it holds a company's whole fleet.
	commits := loads*(1+h.StepsPerLoad) + 2*papers + w.PingsSec/h.TrucksPerDesk
	f := Fit{Machine: m.Name, Parts: []Part{
		{"program processors", busy(program) / m.AppCores}, {"database processors", busy(database) / m.DataCores}, {"durable commits", commits / m.Commits},
		{"database disk", w.DatabaseYear / m.DataBytes}, {"file store", w.FilesYear / m.FileBytes}, {"network", busy(sent) / m.SentPerSec},
	}}
	for _, p := range f.Parts {
		if p.Use > f.Most {
			f.First, f.Most = p.Name, p.Use
		}
	}
	f.Carries = f.Most <= h.FullAt
	// What one more database helps: its processors, its commits, its disk.
	f.Shards = 1
	for _, i := range []int{1, 2, 3} {
		f.Shards = max(f.Shards, int(f.Parts[i].Use/h.FullAt)+1)
	}
	return f
}

// Percent prints a use.
func Percent(use float64) string {
	switch {
	case use >= 0.1:
		return fmt.Sprintf("%.0f %%", 100*use)
	case use >= 0.001:
		return fmt.Sprintf("%.1f %%", 100*use)
	}
	return "<0.1 %"
}
