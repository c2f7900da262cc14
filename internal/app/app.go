// Package app is the composition root: configuration → drivers → rooms → edges.
// Who hears which event, and what starts and stops in which order, is here.
package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"truckflow/internal/api"
	"truckflow/internal/api/apidocs"
	"truckflow/internal/assist"
	"truckflow/internal/assist/assistweb"
	"truckflow/internal/billing"
	"truckflow/internal/billing/billingapi"
	"truckflow/internal/billing/billingweb"
	"truckflow/internal/config"
	"truckflow/internal/copilot"
	"truckflow/internal/copilot/copilotapi"
	"truckflow/internal/copilot/copilotweb"
	"truckflow/internal/customers"
	"truckflow/internal/customers/customersapi"
	"truckflow/internal/customers/customersweb"
	"truckflow/internal/dispatch"
	"truckflow/internal/dispatch/dispatchapi"
	"truckflow/internal/dispatch/dispatchweb"
	"truckflow/internal/documents"
	"truckflow/internal/documents/documentsapi"
	"truckflow/internal/documents/documentsweb"
	"truckflow/internal/documents/extract"
	"truckflow/internal/fleet"
	"truckflow/internal/fleet/fleetapi"
	"truckflow/internal/fleet/fleetweb"
	"truckflow/internal/identity"
	"truckflow/internal/identity/identityapi"
	"truckflow/internal/identity/identityweb"
	"truckflow/internal/inbox"
	"truckflow/internal/inbox/inboxweb"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/loads/loadsapi"
	"truckflow/internal/loads/loadsweb"
	"truckflow/internal/ops/checklist"
	"truckflow/internal/ops/opsweb"
	"truckflow/internal/ops/scale"
	"truckflow/internal/platform/jobs"
	"truckflow/internal/platform/llm"
	"truckflow/internal/platform/mail/imapmail"
	"truckflow/internal/platform/memory"
	"truckflow/internal/platform/outbox"
	"truckflow/internal/platform/pg"
	"truckflow/internal/platform/telemetry"
	"truckflow/internal/pricing"
	"truckflow/internal/pricing/pricingapi"
	"truckflow/internal/pricing/pricingweb"
	"truckflow/internal/routing"
	"truckflow/internal/tracking"
	"truckflow/internal/tracking/trackingapi"
	"truckflow/internal/web"
	"truckflow/internal/web/gallery"
)

// App is the whole program, built and not yet listening.
type App struct {
	Identity  *identity.Service
	Assist    *assist.Service
	AI        *llm.Gateway
	Fleet     *fleet.Service
	Customers *customers.Service
	Documents *documents.Service
	Inbox     *inbox.Service
	Loads     *loads.Service
	Pricing   *pricing.Service
	Tracking  *tracking.Service
	Dispatch  *dispatch.Service
	Billing   *billing.Service
	Copilot   *copilot.Service
	Outbox    *outbox.Outbox
	Checklist *checklist.Checklist
	Router    *web.Router
	API       *api.API

	cfg      *config.Config
	log      *slog.Logger
	d        *drivers
	jobs     *jobs.Runner
	metrics  *telemetry.Metrics
	stopping chan struct{}
	ready    atomic.Bool
	drained  func() <-chan time.Time // when a load balancer has noticed; a test's own in tests
	version  string
}

// New opens the drivers and builds the rooms and their edges.
func New(ctx context.Context, cfg *config.Config, log *slog.Logger, version string) (*App, error) {
	if err := cfg.EnsureSecrets(); err != nil {
		return nil, err
	}
	d, err := openDrivers(ctx, cfg, log, version)
	if err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, log: log, d: d, jobs: jobs.New(log), metrics: telemetry.NewMetrics(telemetry.Build{Version: version}), stopping: make(chan struct{}), version: version}
	a.drained = func() <-chan time.Time { return time.After(time.Duration(cfg.DrainSeconds) * time.Second) }
	a.Checklist = a.checklist()
	if err := a.rooms(); err != nil {
		d.close()
		return nil, err
	}
	a.edges()
	if d.backup != nil {
		a.metrics.Registry().MustRegister(d.backup.Collector())
	}
	a.metrics.Registry().MustRegister(a.AI)
	a.figures()
	if err := a.jobs.Open(d.db, cfg.ReadWorkers); err != nil {
		d.close()
		return nil, err
	}
	return a, nil
}

// changed publishes a change of one thing to the organisation's open pages.
func (a *App) changed(kind, topic string) func(org, id ids.ID) {
	return func(org, id ids.ID) {
		msg, err := json.Marshal(map[string]string{"id": kind + ":" + id.String(), "topic": topic})
		if err == nil {
			err = a.d.news.Publish(context.Background(), web.LiveTopic(org), msg)
		}
		if err != nil {
			a.log.Debug("live news not published", "error", err)
		}
	}
}

func (a *App) rooms() (err error) {
	d, clk := a.d, clock.System
	if a.Identity, err = identity.New(d.db, clk, d.cache, a.cfg.JWTSecret); err != nil {
		return err
	}
	a.Identity.OnRefusal(func(ctx context.Context, ip, why string) {
		a.log.WarnContext(ctx, "sign-in refused", "ip", ip, "why", why) // Fail2Ban reads this line: internal/ops/harden
	})
	a.Assist = assist.New(d.db, clk, a.Identity, func() []llm.State { return a.AI.States() })
	a.AI = llm.New(llm.Settings{Engines: d.ai, Ledger: a.Assist, Cache: d.cache, Clock: clk, Log: a.log})
	places := placesAdapter{routing.New(routing.Corridor{})}
	a.Customers = customers.New(d.db, clk, a.Identity, places)
	a.Fleet = fleet.New(d.db, clk, a.Identity)
	a.Outbox = outbox.New(d.db, clk, a.jobs, sendMail(d.mail, a.cfg.MailFrom), openBlob(d.blobs))
	reader := documents.Reader{OCR: d.ocr}
	a.Documents = documents.New(documents.Config{DB: d.db, Clock: clk, Identity: a.Identity, Jobs: a.jobs, Blobs: d.blobs, Paper: reader,
		Places: gazetteerAdapter{}, Log: a.log, AI: a.AI, Held: func(ctx context.Context, doc, load ids.ID) (bool, error) { return a.Loads.HoldsPaper(ctx, doc, load) }, Changed: a.changed("document", "documents")})
	reach, err := imapmail.ParseReach(a.cfg.MailboxHosts)
	if err != nil {
		return errs.Invalid("the settings are wrong: TRUCKFLOW_MAILBOX_HOSTS: %s", errs.Public(err).Message)
	}
	if a.Inbox, err = inbox.New(inbox.Config{DB: d.db, Clock: clk, Identity: a.Identity, Jobs: a.jobs, Blobs: d.blobs, Documents: a.Documents, Secret: a.cfg.JWTSecret, Reach: reach,
		Log: a.log, Changed: a.changed("mail", "mail")}); err != nil {
		return err
	}
	a.Loads = loads.New(loads.Config{DB: d.db, Clock: clk, Identity: a.Identity, Jobs: a.jobs, Places: places,
		Payers: loadPayers{payersAdapter{a.Customers}, func(ctx context.Context, c ids.ID) (money.Cents, error) { return a.Billing.Owed(ctx, c) }},
		Sites:  sitesAdapter{a.Customers}, Changed: a.changed("load", "loads")})
	a.Pricing = pricing.New(pricing.Config{DB: d.db, Clock: clk, Identity: a.Identity, Jobs: a.jobs, Loads: a.Loads, Places: lanePlaces{places}, Log: a.log})
	a.Tracking = tracking.New(d.db, clk, a.cfg.PositionDays, a.Fleet.KnownTrucks, func(org ids.ID, msg []byte) { _ = d.news.Publish(context.Background(), web.LiveTopic(org), msg) })
	fl := fleetAdapter{a.Fleet, places}
	a.Dispatch = dispatch.New(dispatch.Config{DB: d.db, Clock: clk, Identity: a.Identity, Loads: a.Loads, Documents: a.Documents, Tracking: a.Tracking, Fleet: fl, Places: places})
	a.Billing = billing.New(billing.Config{DB: d.db, Clock: clk, Identity: a.Identity, Jobs: a.jobs, Loads: a.Loads, Documents: a.Documents,
		Payers: payersAdapter{a.Customers}, Registry: a.registry, Blobs: d.blobs, Merge: reader.Merge, Mail: mailerAdapter{a.Outbox}, Log: a.log})
	a.Copilot = copilot.New(copilot.Config{DB: d.db, Clock: clk, Identity: a.Identity, Routing: places.r, Documents: a.Documents, Fleet: a.Fleet, Customers: a.Customers, Loads: a.Loads, Pricing: a.Pricing,
		Tracking: a.Tracking, Dispatch: a.Dispatch, Billing: a.Billing, Models: a.AI, Log: a.log})

	// Who hears what.
	jobs.Subscribe(a.jobs, "loads.paper", a.hearPaper)
	jobs.Subscribe(a.jobs, "documents.learn", func(ctx context.Context, ev loads.Confirmed) error {
		f, err := a.Loads.Get(ctx, ev.LoadID)
		if err != nil {
			return err
		}
		return a.Documents.Confirm(ctx, ev.DocumentID, f.Said())
	})
	jobs.Subscribe(a.jobs, "pricing.past", func(ctx context.Context, ev billing.HistoryImported) error { return a.Pricing.Learn(ctx, ev.At) })
	jobs.Subscribe(a.jobs, "loads.filled", a.hearFilled)
	a.regularly()
	a.jobs.OnDone(func(kind string, took time.Duration, err error) {
		outcome := telemetry.JobDone
		if err != nil {
			outcome = telemetry.JobFailed
		}
		a.metrics.JobEnded(kind, outcome, took)
	})
	return nil
}

// hearPaper has loads take up a paper that was read, with what its mail thread tells.
func (a *App) hearPaper(ctx context.Context, ev documents.Read) error {
	r, _, err := a.Documents.Reading(ctx, ev.DocumentID)
	if err != nil {
		return err
	}
	p := loads.Paper{ID: ev.DocumentID, Kind: ev.Kind, LoadID: ev.LoadID, Reading: r}
	if p.LoadID.IsZero() {
		d, err := a.Documents.Get(ctx, ev.DocumentID)
		if err != nil {
			return err
		}
		p.LoadID = ids.Of(d.LoadID) // taken up by an earlier attempt, or hung on a load by a person
	}
	if p.LoadID.IsZero() {
		kin, wait, err := a.Inbox.Kin(ctx, ev.DocumentID)
		if err != nil {
			return err
		}
		if wait {
			return errs.Unavailable("an earlier paper of the mail thread of %s is still being read", ev.DocumentID)
		}
		for _, k := range kin {
			p.Thread = append(p.Thread, loads.Kin(k))
		}
	}
	if !p.LoadID.IsZero() && p.Kind == extract.ProofOfDelivery {
		if p.Lading, err = a.lading(ctx, p.LoadID); err != nil {
			return err
		}
	}
	if err := a.Loads.HearPaper(ctx, p, a.Documents.Attach); err != nil || p.Kind != extract.BillOfLading {
		return err
	}
	return a.compareAgain(ctx, ev.DocumentID)
}

// lading is what the newest bill of lading of a load says; nil without one.
func (a *App) lading(ctx context.Context, load ids.ID) (r *extract.Reading, err error) {
	ds, err := a.Documents.OfLoad(ctx, load)
	for _, d := range slices.Backward(ds) {
		if d.Kind == extract.BillOfLading && d.State == "read" {
			r, _, err = a.Documents.Reading(ctx, d.ID)
			return r, err
		}
	}
	return nil, err
}

// compareAgain compares a proof of delivery that waits for its yes with the bill
// of lading that came after it.
func (a *App) compareAgain(ctx context.Context, bill ids.ID) error {
	d, err := a.Documents.Get(ctx, bill)
	if err != nil || d.LoadID == nil {
		return err
	}
	f, err := a.Loads.Get(ctx, *d.LoadID)
	if err != nil || f.State != string(lifecycle.PODReceived) {
		return err
	}
	lading, err := a.lading(ctx, f.ID)
	if err != nil {
		return err
	}
	ds, err := a.Documents.OfLoad(ctx, f.ID)
	if err != nil {
		return err
	}
	for _, d := range ds {
		if d.Kind != extract.ProofOfDelivery || d.State != "read" {
			continue
		}
		r, _, err := a.Documents.Reading(ctx, d.ID)
		if err == nil && r != nil {
			err = a.Loads.CheckDelivery(ctx, loads.Paper{ID: d.ID, Kind: d.Kind, LoadID: f.ID, Reading: r, Lading: lading})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// regularly registers what the program does by itself, without anybody asking.
func (a *App) regularly() {
	jobs.Regularly(a.jobs, "tracking.tend", 6*time.Hour, func(ctx context.Context) error {
		n, err := a.Tracking.Tend(ctx)
		if n > 0 {
			a.log.InfoContext(ctx, "old positions dropped", "days", n)
		}
		return err
	})
	jobs.Regularly(a.jobs, "pg.forget-keys", 24*time.Hour, func(ctx context.Context) error {
		orgs, err := a.Identity.Orgs(ctx)
		for _, org := range orgs {
			if _, kerr := a.d.db.ForgetKeys(tenant.System(ctx, org), clock.System.Now().Add(-pg.KeyAge)); kerr != nil {
				err = errors.Join(err, kerr)
			}
		}
		return err
	})
	jobs.Regularly(a.jobs, "assist.tend", 6*time.Hour, func(ctx context.Context) error {
		orgs, err := a.Identity.Orgs(ctx)
		for _, org := range orgs {
			err = errors.Join(err, a.Assist.Tend(tenant.System(ctx, org)))
		}
		return err
	})
	jobs.Regularly(a.jobs, "inbox.poll-all", time.Minute, func(ctx context.Context) error {
		orgs, err := a.Identity.Orgs(ctx)
		var due []ids.ID
		for _, org := range orgs {
			is, derr := a.Inbox.Due(tenant.System(ctx, org))
			if err = errors.Join(err, derr); is {
				due = append(due, org)
			}
		}
		return errors.Join(err, a.jobs.InsertFor(ctx, due, inbox.PollKind, struct{}{}))
	})
	jobs.Regularly(a.jobs, "checklist.reports", 24*time.Hour, func(ctx context.Context) error {
		kept, err := a.Checklist.KeepDue(ctx)
		if len(kept) > 0 {
			a.log.InfoContext(ctx, "reports kept", "kinds", kept)
		}
		return err
	})
	jobs.Regularly(a.jobs, "documents.forget-all", 24*time.Hour, func(ctx context.Context) error {
		orgs, err := a.Identity.Orgs(ctx)
		if err != nil {
			return err
		}
		return errors.Join(a.jobs.InsertFor(ctx, orgs, documents.ForgetKind, struct{}{}), a.jobs.InsertFor(ctx, orgs, inbox.ForgetKind, struct{}{}))
	})
	jobs.Regularly(a.jobs, "pricing.learn-all", 24*time.Hour, func(ctx context.Context) error {
		orgs, err := a.Identity.Orgs(ctx)
		if err != nil {
			return err
		}
		return a.jobs.InsertFor(ctx, orgs, pricing.LearnKind, struct{}{})
	})
}

func (a *App) edges() {
	d, clk := a.d, clock.System
	names := &namesAdapter{fleet: a.Fleet, customers: a.Customers, lanes: a.Pricing, known: map[ids.ID]nameBook{}, reading: map[ids.ID]chan struct{}{}}
	rt := web.NewRouter(a.Identity, d.db, a.log, a.cfg.TrustedProxies)
	a.Router = rt
	identityweb.Register(rt, a.Identity, identityweb.Deps{Invite: a.inviteMail, Link: a.inviteLink, Reset: a.resetMail, ResetLink: a.resetLink, Forgot: a.forgot()})
	assistweb.Register(rt, a.Assist)
	fleetweb.Register(rt, a.Fleet)
	customersweb.Register(rt, customersweb.Deps{Customers: a.Customers, Money: customerMoney(a.Billing, a.Loads), Visits: facilityVisits(a.Loads, names)})
	documentsweb.Register(rt, a.Documents)
	inboxweb.Register(rt, a.Inbox)
	loadsweb.Register(rt, a.Loads, a.Documents, names)
	pricingweb.Register(rt, pricingweb.Deps{Pricing: a.Pricing, Loads: a.Loads, Customer: names.Customer})
	dispatchweb.Register(rt, dispatchweb.Deps{Dispatch: a.Dispatch, Loads: a.Loads, Tracking: a.Tracking, Identity: a.Identity, Fleet: fleetAdapter{a.Fleet, placesAdapter{routing.New(routing.Corridor{})}},
		Names: names, Clock: clk, Outlines: mapOutlines, Cities: mapCities})
	billingweb.Register(rt, billingweb.Deps{Billing: a.Billing, Loads: a.Loads, Identity: a.Identity, Outbox: a.Outbox, Blobs: d.blobs, Clock: clk, Customer: names.Customer})
	copilotweb.Register(rt, a.Copilot)
	opsweb.Register(rt, opsweb.Deps{DB: d.db, Clock: clk, Drivers: a.opsDrivers, Queues: func(ctx context.Context) (map[string]int, error) { return a.jobs.Depth(ctx, d.db) },
		Sent: a.metrics.Sent, Started: clk.Now(), Version: a.version, DataDir: a.cfg.DataDir, Prices: a.cfg.Prices, History: scale.NewHistory(d.db), Backup: d.backup, Checklist: a.Checklist})
	rt.Handle("GET /gallery", identity.Self, func(w http.ResponseWriter, r *http.Request) error {
		m := rt.Meta(r, web.PageMeta{})
		return web.Render(w, r, 200, gallery.Page(gallery.Meta(m.User, m.CSRF)))
	})
	rt.Live(subscriber{d.news}, a.stopping)
	rt.Counts(a.counts)

	a.API = api.New(a.Identity, d.db, d.cache, a.cfg.RatePerMinute, a.log, rt.ClientIP, a.version)
	registerAuth(a.API, a.Identity, rt.ClientIP)
	identityapi.Register(a.API, a.Identity, a.inviteMail)
	fleetapi.Register(a.API, a.Fleet)
	customersapi.Register(a.API, a.Customers)
	documentsapi.Register(a.API, a.Documents)
	loadsapi.Register(a.API, a.Loads)
	pricingapi.Register(a.API, a.Pricing)
	dispatchapi.Register(a.API, a.Dispatch)
	trackingapi.Register(a.API, a.Tracking)
	copilotapi.Register(a.API, a.Copilot)
	billingapi.Register(a.API, billingapi.Deps{Billing: a.Billing, Outbox: a.Outbox, Blobs: d.blobs})
}

// counts are the figures in the menu.
func (a *App) counts(ctx context.Context) map[string]int {
	if !identity.Can(ctx, identity.SeeLoads) {
		return nil
	}
	n, err := a.Loads.Counts(ctx)
	if err != nil {
		a.log.WarnContext(ctx, "menu counts", "error", err)
		return nil
	}
	out := map[string]int{"review": n["draft"]}
	if identity.Can(ctx, identity.SeeMoney) {
		out["billing"] = n["ready_to_bill"]
	}
	return out
}

// Handler serves everything: pages, API, health, metrics; a worker's the last two alone.
func (a *App) Handler() http.Handler {
	root := http.NewServeMux()
	if a.cfg.Role != config.Worker {
		root.Handle("/", a.Router)
		root.Handle("/v1/", a.API)
		root.Handle("/mcp", copilotapi.MCP(a.Copilot, a.Identity.Bearer, a.Router.ClientIP, a.version))
		root.Handle("GET /v1/docs", apidocs.Handler(a.API))
	}
	root.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	root.HandleFunc("GET /readyz", a.readyz)
	root.Handle("GET /metrics", a.onlyNear(a.metrics.Handler()))
	route := func(r *http.Request) string { return r.Pattern }
	return a.withRequestID(a.metrics.HTTP(a.lastAnswers(root), route))
}

// lastAnswers closes each connection with its next answer once the program is
// ending. Closing them while they idle, as http.Server does by itself, would cut
// off the request that a load balancer has just put on one.
func (a *App) lastAnswers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.ready.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

func (a *App) readyz(w http.ResponseWriter, r *http.Request) {
	if !a.ready.Load() {
		http.Error(w, "starting or stopping", http.StatusServiceUnavailable)
		return
	}
	// One that can show pages stays: a load balancer without any instance shows nothing.
	if err := a.d.db.PingReading(r.Context()); err != nil {
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	if since, away := a.d.db.Away(); away {
		fmt.Fprintln(w, "ready, read only since", since.UTC().Format(time.RFC3339))
		return
	}
	fmt.Fprintln(w, "ready")
}

// onlyNear shows figures to this machine and the trusted proxies' networks only.
func (a *App) onlyNear(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ip := net.ParseIP(a.Router.ClientIP(r))
		if ip == nil || !ip.IsLoopback() && !ip.IsPrivate() {
			http.NotFound(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// withRequestID gives each request an id for logs, jobs and the audit trail.
func (a *App) withRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-Id")
		if len(id) < 8 || len(id) > 64 || strings.ContainsFunc(id, func(c rune) bool { return c <= ' ' || c > '~' }) {
			id = ids.New().String()
		}
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(tenant.WithRequestID(r.Context(), id)))
	})
}

// stopWithin is what running requests and jobs get when the program ends.
const stopWithin = 30 * time.Second

// lastWords is how long connections that a load balancer kept open are answered when nobody is let in any more.
const lastWords = time.Second

// Serve listens until ctx ends, then stops in order: /readyz answers 503 while
// requests are still taken, until a load balancer has noticed; then no new
// requests, running ones finish, running jobs finish, database last.
func (a *App) Serve(ctx context.Context, started func(url string)) error {
	ln, err := net.Listen("tcp", net.JoinHostPort(a.cfg.Listen, fmt.Sprint(a.cfg.Port)))
	if err != nil {
		return errs.Unavailable("port %d cannot be used", a.cfg.Port).Hint("another program listens there (truckflow already running?); set PORT").Wrap(err)
	}
	stopJobs, err := a.startJobs(ctx)
	if err != nil {
		return err
	}
	watch, stopWatch := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWatch()
	telemetry.Go(watch, a.log, "AI engines", a.AI.Watch)
	telemetry.Go(watch, a.log, "memory", memory.GiveBack)
	stopBackup := a.startBackup()
	defer stopBackup() // after the jobs, before the database
	srv := &http.Server{Handler: a.Handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute, WriteTimeout: 3 * time.Minute, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelDebug)}
	fail := make(chan error, 1)
	go func() { fail <- srv.Serve(ln) }()
	a.ready.Store(true)
	if started != nil {
		started(a.cfg.PublicURL)
	}
	select {
	case err = <-fail:
	case <-ctx.Done():
	}
	a.ready.Store(false)
	if err == nil {
		<-a.drained()
		if a.cfg.DrainSeconds > 0 {
			// A request may be on its way on a connection that Shutdown takes for idle and cuts. With nobody let in any more
			// the balancer uses up, each a last time, or gives up what it kept open.
			_ = ln.Close()
			<-time.After(lastWords)
		}
	}
	close(a.stopping)
	stop, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	if e := srv.Shutdown(stop); e != nil {
		a.log.Warn("requests were cut off", "error", e)
	}
	if e := stopJobs(stop); e != nil {
		a.log.Warn("jobs were put back", "error", e)
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// startJobs starts them, and where there was no primary when the program started it does so when there is one: a job is
// taken by writing it down. An instance for people alone starts none.
func (a *App) startJobs(ctx context.Context) (stop func(context.Context) error, err error) {
	works := a.cfg.Role != config.Web
	if !works && !a.d.late {
		return func(context.Context) error { return nil }, nil
	}
	if !a.d.late {
		return a.jobs.Stop, a.jobs.Start(ctx)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan bool, 1)
	go func() {
		for a.d.db.AwaitPrimary(ctx) == nil {
			// The queue's tables and what the program's role may do belong to a start, too.
			err := migrate(ctx, a.cfg.DatabaseURL, a.log)
			if err == nil && works {
				err = a.jobs.Start(ctx)
			}
			if err == nil {
				ended <- works
				return
			}
			a.log.WarnContext(ctx, "the jobs cannot be started yet", "error", err)
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
		}
		ended <- false
	}()
	return func(ctx context.Context) error {
		cancel()
		if !<-ended {
			return nil
		}
		return a.jobs.Stop(ctx)
	}, nil
}

// Close ends the drivers, database last.
func (a *App) Close() {
	a.AI.Close()
	a.d.close()
}

// opsDrivers is Health for the Operations pages.
func (a *App) opsDrivers(ctx context.Context) (out []opsweb.Driver) {
	for _, c := range a.Health(ctx) {
		out = append(out, opsweb.Driver{Port: c.Port, Driver: c.Driver, Why: c.Why, OK: c.OK, Detail: c.Detail, Hint: c.Hint})
	}
	return out
}

// Health asks every driver.
func (a *App) Health(ctx context.Context) []Choice { return a.aiHealth(ctx, a.d.health(ctx)) }
