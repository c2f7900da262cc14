// Package jobs is durable work: a job is a row written in the same transaction
// as the change that needs it, so neither exists without the other. An event is
// one job for each subscriber. It stands on River (PostgreSQL); rooms see only
// kinds and payloads. Handlers run at least once and must bear repetition.
package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/pg"
)

// Queue separates work by what it strains, so that reading a pile of scans
// never delays an event.
type Queue string

// The queues.
const (
	Events    Queue = "events"    // short, database only
	Documents Queue = "documents" // reading: processor-heavy
	Mail      Queue = "mail"      // slow networks
	Inbox     Queue = "inbox"     // mailboxes of others, which may hang: what is sent does not wait for them
	Models    Queue = "models"    // language models: long waits, little work here
)

// Event is news that a room tells; Name is room.past-tense: "documents.read".
type Event interface{ EventName() string }

// task is the one kind of River job: what to do, for whom, with what.
type task struct {
	Do      string          `json:"do"`
	Org     ids.ID          `json:"org"`
	Actor   string          `json:"actor,omitempty"`
	Request string          `json:"request,omitempty"`
	Payload json.RawMessage `json:"payload"`
}

// Kind names the River job kind.
func (task) Kind() string { return "task" }

type handler struct {
	queue Queue
	run   func(ctx context.Context, payload []byte) error
}

// Runner takes registrations, inserts jobs and works them.
type Runner struct {
	log      *slog.Logger
	handlers map[string]handler
	subs     map[string][]string // event → handlers
	client   *river.Client[pgx.Tx]
	db       *pg.DB
	end      func() // stops saying that we live
	onDone   func(kind string, took time.Duration, err error)
	regular  []*river.PeriodicJob
}

// New returns a Runner to register on; call Start once everything is registered.
func New(log *slog.Logger) *Runner {
	return &Runner{log: log, handlers: map[string]handler{}, subs: map[string][]string{}}
}

// OnDone sets an observer of finished attempts (for metrics).
func (r *Runner) OnDone(fn func(kind string, took time.Duration, err error)) { r.onDone = fn }

// Handle registers fn for jobs of the given kind ("documents.read-document").
func Handle[T any](r *Runner, kind string, q Queue, fn func(ctx context.Context, in T) error) {
	if _, dup := r.handlers[kind]; dup {
		panic("jobs: two handlers for " + kind)
	}
	r.handlers[kind] = handler{q, func(ctx context.Context, payload []byte) error {
		var in T
		if err := json.Unmarshal(payload, &in); err != nil {
			return river.JobCancel(fmt.Errorf("payload of %s: %w", kind, err))
		}
		return fn(ctx, in)
	}}
}

// Regularly runs fn once in every period of the given length (counted in UTC: a day's begins at midnight), at the
// period's first start or when the time is up, on one instance and for no organisation: what it does for each it inserts
// as jobs (see InsertFor).
func Regularly(r *Runner, kind string, every time.Duration, fn func(ctx context.Context) error) {
	Handle(r, kind, Events, func(ctx context.Context, _ struct{}) error { return fn(ctx) })
	r.regular = append(r.regular, river.NewPeriodicJob(river.PeriodicInterval(every), func() (river.JobArgs, *river.InsertOpts) { return regular(kind, every) },
		&river.PeriodicJobOpts{RunOnStart: true}))
}

// regular is one turn of what is done regularly. Whoever leads inserts it, and whoever has just become the leader or
// still believes to be it (a machine that stood still) does so again: the database takes one in a period.
func regular(kind string, every time.Duration) (river.JobArgs, *river.InsertOpts) {
	return task{Do: kind, Payload: json.RawMessage("{}")},
		&river.InsertOpts{Queue: string(Events), MaxAttempts: 3, UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: every}}
}

// InsertFor adds a job for each of the organisations, in one transaction of its own.
func (r *Runner) InsertFor(ctx context.Context, orgs []ids.ID, kind string, payload any) error {
	b, err := json.Marshal(payload)
	if err != nil || len(orgs) == 0 {
		return err
	}
	h, ok := r.handlers[kind]
	if !ok {
		return fmt.Errorf("jobs: nobody handles %s", kind)
	}
	var ps []river.InsertManyParams
	for _, org := range orgs {
		ps = append(ps, river.InsertManyParams{Args: task{Do: kind, Org: org, Payload: b}, InsertOpts: &river.InsertOpts{Queue: string(h.queue), MaxAttempts: 12}})
	}
	_, err = r.client.InsertManyFast(ctx, ps)
	return err
}

// Subscribe has fn hear every event of type T under the subscriber's name ("loads.draft").
func Subscribe[T Event](r *Runner, subscriber string, fn func(ctx context.Context, ev T) error) {
	var zero T
	name := zero.EventName()
	kind := name + "→" + subscriber
	Handle(r, kind, Events, fn)
	r.subs[name] = append(r.subs[name], kind)
}

// Wiring lists who hears which event, for the doctor and the tests.
func (r *Runner) Wiring() map[string][]string { return r.subs }

// Insert adds a job to tx.
func (r *Runner) Insert(ctx context.Context, tx *pg.Tx, kind string, payload any) error {
	return r.insert(ctx, tx, []string{kind}, payload)
}

// Emit tells ev to its subscribers: one job each, in tx.
func (r *Runner) Emit(ctx context.Context, tx *pg.Tx, ev Event) error {
	kinds := r.subs[ev.EventName()]
	if len(kinds) == 0 {
		return nil
	}
	return r.insert(ctx, tx, kinds, ev)
}

func (r *Runner) insert(ctx context.Context, tx *pg.Tx, kinds []string, payload any) error {
	a, ok := tenant.From(ctx)
	if !ok {
		return errs.Internal(errors.New("job without a tenant"), "this needs an organisation")
	}
	b, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	var ps []river.InsertManyParams
	for _, k := range kinds {
		h, ok := r.handlers[k]
		if !ok {
			return fmt.Errorf("jobs: nobody handles %s", k)
		}
		ps = append(ps, river.InsertManyParams{
			Args:       task{k, a.Org, a.Name, tenant.RequestID(ctx), b},
			InsertOpts: &river.InsertOpts{Queue: string(h.queue), MaxAttempts: 12},
		})
	}
	raw, err := tx.Raw(ctx)
	if err != nil {
		return err
	}
	_, err = r.client.InsertManyFastTx(ctx, raw, ps)
	return err
}

type worker struct {
	river.WorkerDefaults[task]
	r *Runner
}

// Timeout bounds one attempt; reading the largest allowed scan takes minutes.
func (w *worker) Timeout(*river.Job[task]) time.Duration { return 10 * time.Minute }

// Work runs one attempt as the program, for the job's organisation.
func (w *worker) Work(ctx context.Context, j *river.Job[task]) error {
	t := j.Args
	h, ok := w.r.handlers[t.Do]
	if !ok {
		return river.JobCancel(fmt.Errorf("nobody handles %s", t.Do))
	}
	if !t.Org.IsZero() {
		ctx = tenant.System(ctx, t.Org)
	}
	ctx = tenant.WithRequestID(ctx, t.Request)
	start := time.Now()
	err := h.run(ctx, t.Payload)
	if w.r.onDone != nil {
		w.r.onDone(t.Do, time.Since(start), err)
	}
	switch errs.KindOf(err) {
	case errs.KindInvalid, errs.KindUnsupported, errs.KindTooLarge, errs.KindNotFound, errs.KindForbidden:
		w.r.log.WarnContext(ctx, "job given up", "job", t.Do, "error", err)
		return river.JobCancel(err) // trying again cannot help
	case "":
		return nil
	}
	w.r.log.WarnContext(ctx, "job will be tried again", "job", t.Do, "attempt", j.Attempt, "error", err)
	return err
}

// Migrate creates or updates the queue's own tables; dsn is the owner's. Several
// instances may do it at once.
func Migrate(ctx context.Context, dsn string) error {
	cfg, err := pg.ParsePrimary(dsn)
	if err != nil {
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer pool.Close()
	// Instances that start at one moment wait for each other: River's migrator does not.
	lock, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Conn().Close(context.WithoutCancel(ctx)); lock.Release() }() // which gives the lock back
	if _, err := lock.Exec(ctx, "select pg_advisory_lock(hashtextextended('queue migrates', 0))"); err != nil {
		return err
	}
	m, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// Open connects the queue without working it, so that jobs can be inserted.
// documentWorkers is how many documents are read side by side.
func (r *Runner) Open(db *pg.DB, documentWorkers int) error {
	ws := river.NewWorkers()
	river.AddWorker(ws, &worker{r: r})
	c, err := river.NewClient(riverpgxv5.New(db.Pool()), &river.Config{
		Logger: slog.New(slog.DiscardHandler), // Work logs what matters
		Queues: map[string]river.QueueConfig{
			string(Events):    {MaxWorkers: 8},
			string(Documents): {MaxWorkers: max(1, documentWorkers)},
			string(Mail):      {MaxWorkers: 4},
			string(Inbox):     {MaxWorkers: 4},
			string(Models):    {MaxWorkers: 4},
		},
		Workers:              ws,
		PeriodicJobs:         r.regular,
		FetchCooldown:        20 * time.Millisecond,
		RescueStuckJobsAfter: 12 * time.Minute,
		RetryPolicy:          retry{},
	})
	r.client, r.db = c, db
	return err
}

// retry waits 1 s, 4 s, 9 s … up to ten minutes.
type retry struct{}

func (retry) NextRetry(j *rivertype.JobRow) time.Time {
	n := min(len(j.Errors)+1, 24)
	return time.Now().UTC().Add(time.Duration(n*n) * time.Second)
}

// Start works the queues until Stop, first what a program that died left.
func (r *Runner) Start(ctx context.Context) (err error) {
	ctx = context.WithoutCancel(ctx)
	if r.end, err = r.live(ctx); err != nil {
		return err
	}
	if err = r.client.Start(ctx); err != nil {
		r.end()
	}
	return err
}

// Stop takes no new jobs and waits for the running ones until ctx ends, then
// cancels them: their rows stay and are tried again.
func (r *Runner) Stop(ctx context.Context) error {
	defer r.end()
	if err := r.client.Stop(ctx); err != nil {
		c, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		return r.client.StopAndCancel(c)
	}
	return nil
}

// Depth counts jobs that wait or run, by queue, over all tenants.
func (r *Runner) Depth(ctx context.Context, db *pg.DB) (map[string]int, error) {
	out := map[string]int{}
	err := db.WithoutTenant(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := tx.Query(ctx, "select queue, count(*) from river_job where state in ('available','retryable','running','scheduled') group by 1")
		if err != nil {
			return err
		}
		var q string
		var n int
		_, err = pgx.ForEachRow(rows, []any{&q, &n}, func() error { out[q] = n; return nil })
		return err
	})
	return out, err
}

// Backlog is what waits in a queue: how many jobs, and for how long the one that
// has been due longest. Jobs set for later, and those being worked on, do not wait.
type Backlog struct {
	Jobs int
	Age  time.Duration
}

// Backlogs returns every queue's, over all tenants; an idle queue is there with zeros.
func (r *Runner) Backlogs(ctx context.Context, db *pg.DB) (map[string]Backlog, error) {
	out := map[string]Backlog{string(Events): {}, string(Documents): {}, string(Mail): {}}
	err := db.WithoutTenant(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := tx.Query(ctx, `select queue, count(*), extract(epoch from now() - min(scheduled_at))::float8
			from river_job where state in ('available', 'retryable', 'scheduled') and scheduled_at <= now() group by 1`)
		if err != nil {
			return err
		}
		var q string
		var n int
		var age float64
		_, err = pgx.ForEachRow(rows, []any{&q, &n, &age}, func() error {
			out[q] = Backlog{n, time.Duration(age * float64(time.Second))}
			return nil
		})
		return err
	})
	return out, err
}
