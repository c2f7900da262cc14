package checklist

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/ops/backup"
	"truckflow/internal/ops/capacity"
	"truckflow/internal/ops/harden"
	"truckflow/internal/ops/usage"
	"truckflow/internal/platform/pg"
)

// Kind is one of the three reports that the specification's upkeep asks for.
type Kind string

const (
	// Restore is the monthly test: what the rehearsed restores found.
	Restore Kind = "restore"
	// Performance is the quarterly review: what the system measured of itself.
	Performance Kind = "performance"
	// Security is the annual audit, as what changed since the one before.
	Security Kind = "security"
)

// Kinds in the order of the specification.
var Kinds = []Kind{Restore, Performance, Security}

// every is how often the specification wants each, and the item that a person signs
// once he has read it.
var every = map[Kind]struct {
	days        int
	title, item string
}{
	Restore:     {31, "Monthly restore test", "restore.monthly"},
	Performance: {quarter, "Quarterly performance review", "performance.review"},
	Security:    {year, "Annual security audit", "security.audit"},
}

// Title is what it is called.
func (k Kind) Title() string { return every[k].title }

// Item is the checklist's item that it is read for.
func (k Kind) Item() string { return every[k].item }

// Made is one report: tables to read, and the facts that the next one is compared with.
type Made struct {
	Kind    Kind              `json:"kind"`
	Title   string            `json:"title"`
	At      time.Time         `json:"at"`
	Before  *time.Time        `json:"before,omitempty"` // of the kept one that it is compared with
	Summary string            `json:"summary"`
	Tables  []Table           `json:"tables"`
	Facts   map[string]string `json:"facts"`
}

// Table is one of a report's.
type Table struct {
	Title   string     `json:"title"`
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
}

// Report makes one from what can be measured now, compared with the last that was kept.
func (c *Checklist) Report(ctx context.Context, kind Kind) (m Made, err error) {
	if _, known := every[kind]; !known {
		return m, errs.NotFound("there is no report %q", short(string(kind))).Hint("restore, performance or security")
	}
	before, at, err := c.kept(ctx, kind)
	if err != nil {
		return m, err
	}
	l := c.lately(ctx)
	m = Made{Kind: kind, Title: kind.Title(), At: c.src.Clock.Now()}
	if !at.IsZero() {
		m.Before = &at
	}
	switch kind {
	case Restore:
		m.restores(l)
	case Performance:
		err = m.performance(ctx, l, before)
	case Security:
		m.security(l, before)
	}
	return m, err
}

// lately is what the last look saw while it is fresh, else a look of its own, which asks only
// what the report needs.
func (c *Checklist) lately(ctx context.Context) *look {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.last; s != nil && c.src.Clock.Now().Sub(s.at) < Fresh {
		return s.look
	}
	return c.src.look(context.WithoutCancel(ctx))
}

// factsOf is what a signature keeps: the figures of the report that was read.
func factsOf(kind Kind) func(context.Context, *Checklist) (any, error) {
	return func(ctx context.Context, c *Checklist) (any, error) {
		m, err := c.Report(ctx, kind)
		return m.Facts, err
	}
}

// Keep stores a report's facts for the next one.
func (c *Checklist) Keep(ctx context.Context, m Made) error {
	if c.src.DB == nil {
		return errs.Unavailable("the report cannot be kept: %s", c.src.NoDB)
	}
	facts, err := json.Marshal(m.Facts)
	if err != nil {
		return err
	}
	return c.src.DB.WithoutTenant(ctx, func(ctx context.Context, tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `insert into checklist_reports (id, kind, at, facts) values ($1, $2, $3, $4)`, ids.New(), string(m.Kind), m.At, facts)
		return err
	})
}

// kept is the last report of a kind that was kept; the zero time where there is none.
func (c *Checklist) kept(ctx context.Context, kind Kind) (facts map[string]string, at time.Time, err error) {
	if c.src.DB == nil {
		return nil, at, nil
	}
	err = c.src.DB.WithoutTenant(ctx, func(ctx context.Context, tx *pg.Tx) error {
		var raw json.RawMessage
		err := tx.QueryRow(ctx, `select at, facts from checklist_reports where kind = $1 order by at desc, id desc limit 1`, string(kind)).Scan(&at, &raw)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err == nil {
			err = json.Unmarshal(raw, &facts)
		}
		return err
	})
	return facts, at, err
}

// KeepDue makes and keeps each report whose time has come, and says which: the
// program does it by itself, so that there is always one to compare with. The first
// of each is due a day after the database was made.
func (c *Checklist) KeepDue(ctx context.Context) (done []Kind, err error) {
	const day = 24 * time.Hour
	var made time.Time
	err = c.src.DB.WithoutTenant(ctx, func(ctx context.Context, tx *pg.Tx) error {
		return tx.QueryRow(ctx, "select min(applied_at) from schema_migrations").Scan(&made)
	})
	if err != nil {
		return nil, err
	}
	for _, kind := range Kinds {
		_, at, err := c.kept(ctx, kind)
		if err != nil {
			return done, err
		}
		due := at.Add(time.Duration(every[kind].days) * day)
		if at.IsZero() {
			due = made.Add(day)
		}
		if c.src.Clock.Now().Before(due) {
			continue
		}
		m, err := c.Report(ctx, kind)
		if err == nil {
			err = c.Keep(ctx, m)
		}
		if err != nil {
			return done, err
		}
		done = append(done, kind)
	}
	return done, nil
}

// LastKept says when each kind was kept last.
func (c *Checklist) LastKept(ctx context.Context) (map[Kind]time.Time, error) {
	out := map[Kind]time.Time{}
	for _, kind := range Kinds {
		_, at, err := c.kept(ctx, kind)
		if err != nil {
			return nil, err
		}
		if !at.IsZero() {
			out[kind] = at
		}
	}
	return out, nil
}

func (m *Made) table(title string, columns []string, rows [][]string) {
	if len(rows) > 0 {
		m.Tables = append(m.Tables, Table{title, columns, rows})
	}
}

// restores lists the rehearsals of the last month.
func (m *Made) restores(l *look) {
	m.Facts = map[string]string{}
	st, err := l.backups()
	if err != nil {
		m.Summary = "The program takes no backups here, so it rehearsed no restore: " + why(err)
		return
	}
	var rows [][]string
	bad, slowest := 0, time.Duration(0)
	for _, d := range slices.Backward(st.Drills) {
		if m.At.Sub(d.At) > 31*24*time.Hour {
			break
		}
		result := "as it should be"
		if !d.OK {
			bad, result = bad+1, "failed: "+d.Problem
		}
		slowest = max(slowest, d.RTO)
		rows = append(rows, []string{d.At.UTC().Format("2006-01-02 15:04"), result, d.Backup, d.RTO.Round(time.Millisecond).String(), d.RPO.Round(time.Second).String(),
			fmt.Sprintf("%d tables, %d rows%s", d.Tables, d.Rows, map[bool]string{true: ", each compared"}[d.Exact]), fmt.Sprintf("%d indexes, %d uploads", d.Indexes, d.Files)})
	}
	m.Facts = map[string]string{"rehearsals": strconv.Itoa(len(rows)), "failed": strconv.Itoa(bad), "slowest_seconds": fmt.Sprintf("%.1f", slowest.Seconds())}
	m.table("Rehearsed restores of the last 31 days", []string{"When (UTC)", "Result", "Copy", "Took", "Would have lost", "Compared", "Opened"}, rows)
	switch {
	case len(rows) == 0:
		m.Summary = "No restore was rehearsed in 31 days."
	case bad > 0:
		m.Summary = fmt.Sprintf("%d of %d rehearsals in 31 days failed.", bad, len(rows))
	default:
		m.Summary = fmt.Sprintf("All %d rehearsals in 31 days worked; the slowest took %s, the objective is %s.", len(rows), slowest.Round(time.Second), backup.ObjectiveRTO)
	}
	if st.Projected > 0 {
		m.Summary += fmt.Sprintf(" A restore of today's database would take about %s.", st.Projected.Round(time.Second))
	}
}

// security compares the audit with the kept one.
func (m *Made) security(l *look, before map[string]string) {
	audit := l.audited()
	m.Facts = map[string]string{}
	var changed, failing [][]string
	worse, mended := 0, 0
	for _, i := range audit.Items {
		m.Facts[i.ID] = string(i.Status)
		was, known := before[i.ID]
		if before != nil && was != string(i.Status) {
			if i.Status == harden.Fail {
				worse++
			}
			if was == string(harden.Fail) {
				mended++
			}
			if !known {
				was = "not looked at"
			}
			changed = append(changed, []string{i.Title + " (" + i.ID + ")", was, string(i.Status), i.Evidence})
		}
		if i.Status == harden.Fail {
			failing = append(failing, []string{string(i.Severity), i.Title + " (" + i.ID + ")", i.Evidence, i.Fix})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(before)) {
		if _, still := m.Facts[id]; !still && id != "score" {
			changed = append(changed, []string{id, before[id], "not looked at", "there is nothing of the kind here any more"})
		}
	}
	order := []string{string(harden.High), string(harden.Medium), string(harden.Low)}
	slices.SortStableFunc(failing, func(a, b []string) int { return cmp.Compare(slices.Index(order, a[0]), slices.Index(order, b[0])) })
	m.Facts["score"] = strconv.Itoa(audit.Score)
	m.Summary = fmt.Sprintf("Score %d of 100: %d pass, %d fail, %d cannot be told.", audit.Score, audit.Count[harden.Pass], audit.Count[harden.Fail], audit.Count[harden.CannotTell])
	if before == nil {
		m.Summary += " It is the first that is kept: there is none to compare with."
	} else {
		m.Summary += fmt.Sprintf(" Before it was %s; since then %d began to fail, %d were mended, %d changed in all.", cmp.Or(before["score"], "unknown"), worse, mended, len(changed))
	}
	m.table("What changed", []string{"Item", "Before", "Now", "Seen"}, changed)
	m.table("What fails now", []string{"Severity", "Item", "Seen", "What mends it"}, failing)
}

// performance is what was measured of speed, work that waits and room.
func (m *Made) performance(ctx context.Context, l *look, before map[string]string) error {
	m.Facts = map[string]string{}
	var rows [][]string
	add := func(name, label, value, raw string) {
		was := "-"
		if v, ok := before[name]; ok {
			was = v
		}
		m.Facts[name] = raw
		rows = append(rows, []string{label, value, was})
	}
	section := func(title string) {
		m.table(title, []string{"Measured", "Now", "Before"}, rows)
		rows = nil
	}
	speed := l.speed(ctx)
	for _, f := range speed.figures {
		add(f.name, f.label, f.text, f.text)
	}
	section("Speed and work, " + speed.over)
	if l.DB != nil {
		s, err := usage.Stored(ctx, l.DB)
		if err != nil {
			return err
		}
		add("database", "Database", usage.Size(s.Bytes), usage.Size(s.Bytes))
		add("connections", "Connections in use, of those there are", fmt.Sprintf("%d of %d", s.InUse, s.Most), fmt.Sprintf("%d of %d", s.InUse, s.Most))
		for n, t := range s.Tables {
			if n < 8 {
				add("table."+t.Name, "Table "+t.Name, usage.Size(t.Bytes), usage.Size(t.Bytes))
			} else { // small now, perhaps among the largest next time
				m.Facts["table."+t.Name] = usage.Size(t.Bytes)
			}
		}
	}
	if d, err := usage.DiskOf(l.Config.DataDir); err == nil {
		add("disk.free", "Disk free", fmt.Sprintf("%s of %s", usage.Size(d.Free), usage.Size(d.Total)), usage.Size(d.Free))
	}
	section("Room")
	load, err := m.capacity(ctx, l)
	if err != nil {
		return err
	}
	m.Summary = strings.TrimSpace(speed.summary + " " + load)
	return nil
}

// capacity reckons the model for the fleet there is: of the visitor's company on a page,
// of all together for who runs the server. Nothing of it is kept.
func (m *Made) capacity(ctx context.Context, l *look) (string, error) {
	if l.DB == nil {
		return "The database was not asked: " + l.NoDB + ".", nil
	}
	measure, whose := usage.OfAll, "all companies'"
	if _, onPage := tenant.From(ctx); onPage {
		measure, whose = usage.Of, "your"
	}
	work, err := measure(ctx, l.DB, l.now)
	if err != nil {
		return "", err
	}
	u, err := capacity.Parse(capacity.Default)
	if err != nil {
		return "", err
	}
	if work.Trucks == 0 {
		return "There are no trucks yet to reckon the capacity for.", nil
	}
	r := u.Reckon(work.Trucks)
	x := r.Rows[0]
	m.table("Capacity, reckoned for "+whose+" fleet", []string{"Way of running", "Use of the fullest part", "Which part", "Carries"}, [][]string{
		{"single server", capacity.Percent(x.Single.Most), x.Single.First, fmt.Sprintf("%d trucks", r.SingleUpTo)},
		{"cluster, one database", capacity.Percent(x.Cluster.Most), x.Cluster.First, fmt.Sprintf("%d trucks", r.ClusterUpTo)},
	})
	return fmt.Sprintf("%d trucks use %s of the specification's single server.", work.Trucks, capacity.Percent(x.Single.Most)), nil
}
