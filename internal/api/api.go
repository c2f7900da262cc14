// Package api is the frame of /v1: bearer tokens, permissions, problem+json
// (RFC 9457), idempotency keys on every POST, rate limits and the OpenAPI 3.1
// document. Rooms register typed operations on it.
package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/pg"
)

// Limits of the API.
const (
	RatePerMinute = 6000     // requests a minute an organisation may make
	MaxBody       = 64 << 20 // bytes; uploads have their own, smaller limits
)

// Limiter counts requests; platform/cache is one.
type Limiter interface {
	Allow(ctx context.Context, key string, limit int, window time.Duration) (ok bool, retryAfter time.Duration, err error)
}

// API registers operations and serves them.
type API struct {
	huma   huma.API
	mux    *http.ServeMux
	ids    *identity.Service
	db     *pg.DB
	limit  Limiter
	rate   int
	log    *slog.Logger
	client func(*http.Request) string
	routes []Route
}

// Route is a registered operation with what it takes, for the walk over all routes.
type Route struct {
	Method, Path string
	Permission   identity.Permission
	Public       bool
}

// New returns an API without operations. client finds a caller's address;
// rate is requests a minute for an organisation (0: RatePerMinute).
func New(s *identity.Service, db *pg.DB, l Limiter, rate int, log *slog.Logger, client func(*http.Request) string, version string) *API {
	if rate == 0 {
		rate = RatePerMinute
	}
	mux := http.NewServeMux()
	cfg := huma.DefaultConfig("TruckFlow AI", version)
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "/v1/openapi", "", "/v1/schemas"
	cfg.CreateHooks = nil
	cfg.Info.Description = "What the screens do, but for the company's settings and the audit trail. Get a token from POST /v1/auth/token and send it as `Authorization: Bearer …`. Money is a decimal string of dollars. Every POST takes an `Idempotency-Key`, remembered for seven days."
	cfg.Components.Schemas = newRegistry()
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT"}}
	return &API{huma: humago.New(mux, cfg), mux: mux, ids: s, db: db, limit: l, rate: rate, log: log, client: client}
}

// Routes lists what was registered.
func (a *API) Routes() []Route { return a.routes }

// Huma is for what Register does not cover (schemas, groups).
func (a *API) Huma() huma.API { return a.huma }

// Register adds an operation for callers whose role has p. op needs Method,
// Path, Summary, Tags and OperationID.
func Register[I, O any](a *API, op huma.Operation, p identity.Permission, h func(ctx context.Context, in *I) (*O, error)) {
	op.Security = []map[string][]string{{"bearer": {}}}
	op.Description = strings.TrimSpace(op.Description + "\n\nNeeds the permission `" + string(p) + "`.")
	a.routes = append(a.routes, Route{Method: op.Method, Path: op.Path, Permission: p})
	register(a, op, func(ctx context.Context, in *I) (*O, error) {
		if _, err := identity.Require(ctx, p); err != nil {
			return nil, err
		}
		return h(ctx, in)
	})
}

// RegisterWhole is Register for an operation that is one change and nothing else:
// it runs as one transaction, in which its answer is kept under the caller's
// Idempotency-Key too. answer says what a reply's status and body are.
func RegisterWhole[I, O any](a *API, op huma.Operation, p identity.Permission, answer func(*O) (status int, body any), h func(ctx context.Context, in *I) (*O, error)) {
	Register(a, op, p, func(ctx context.Context, in *I) (out *O, err error) {
		err = a.db.WithAnswer(ctx, func(ctx context.Context) (status int, _ []byte, err error) {
			if out, err = h(ctx, in); err != nil {
				return 0, nil, err
			}
			var b bytes.Buffer
			status, body := answer(out)
			err = a.huma.Marshal(&b, "application/json", body)
			return status, b.Bytes(), err
		})
		return out, err
	})
}

// Public adds an operation that needs no token.
func Public[I, O any](a *API, op huma.Operation, h func(ctx context.Context, in *I) (*O, error)) {
	a.routes = append(a.routes, Route{Method: op.Method, Path: op.Path, Public: true})
	register(a, op, h)
}

func register[I, O any](a *API, op huma.Operation, h func(ctx context.Context, in *I) (*O, error)) {
	op.Errors = []int{401, 403, 404, 409, 422, 429, 503}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (out *O, err error) {
		if ctx.Value(onceKey{}) != nil {
			out, err = h(ctx, in)
		} else {
			err = a.db.Repeat(ctx, func(ctx context.Context) (err error) { out, err = h(ctx, in); return err })
		}
		switch {
		case errs.Is(err, errs.KindUnavailable):
			return nil, huma.ErrorWithHeaders(a.problem(ctx, err), http.Header{"Retry-After": {"5"}})
		case err != nil:
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

// onceKey marks a request whose body is a stream: it is read once.
type onceKey struct{}

func (a *API) problem(ctx context.Context, err error) error {
	status, pub := Status(err), errs.Public(err)
	if status >= 500 {
		a.log.ErrorContext(ctx, "api request failed", "error", err)
	}
	m := &huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: pub.Message}
	for f, msg := range pub.Fields {
		m.Errors = append(m.Errors, &huma.ErrorDetail{Location: "body." + f, Message: msg})
	}
	return m
}

// Status returns the HTTP status of an error's kind.
func Status(err error) int {
	switch errs.KindOf(err) {
	case errs.KindInvalid:
		return 422
	case errs.KindUnauthenticated:
		return 401
	case errs.KindForbidden:
		return 403
	case errs.KindNotFound:
		return 404
	case errs.KindConflict:
		return 409
	case errs.KindTooLarge:
		return 413
	case errs.KindUnsupported:
		return 415
	case errs.KindRateLimited:
		return 429
	case errs.KindUnavailable:
		return 503
	}
	return 500
}

// ServeHTTP authenticates, limits, and answers; a POST with an Idempotency-Key
// that was answered before gets the same answer again.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
	ctx := context.WithValue(r.Context(), ipKey{}, a.client(r))
	switch {
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		ctx = pg.WithReplica(ctx)
	case r.ContentLength != 0 && !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"):
		ctx = context.WithValue(ctx, onceKey{}, true)
	}
	if tok, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		who, err := a.ids.Bearer(ctx, tok, a.client(r))
		if err == nil {
			err = a.throttle(ctx, w, who.Org)
		}
		if err == nil && who.ReadOnly && r.Method != http.MethodGet && r.Method != http.MethodHead {
			err = errs.Forbidden("this API key may only read").Hint("make one that may change things under Settings, My account")
		}
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		ctx = tenant.With(ctx, who)
	}
	r = r.WithContext(ctx)
	key := r.Header.Get("Idempotency-Key")
	if _, ok := tenant.From(ctx); r.Method != http.MethodPost || key == "" || !ok {
		a.mux.ServeHTTP(w, r)
		return
	}
	if err := a.once(w, r, key); err != nil {
		a.refuse(w, r, err)
	}
}

type ipKey struct{}

// ClientIP returns the caller's address within an operation.
func ClientIP(ctx context.Context) string {
	ip, _ := ctx.Value(ipKey{}).(string)
	return ip
}

func (a *API) throttle(ctx context.Context, w http.ResponseWriter, org ids.ID) error {
	ok, wait, err := a.limit.Allow(ctx, "api:"+org.String(), a.rate, time.Minute)
	if err != nil || ok {
		return err
	}
	w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
	return errs.RateLimited("too many requests; at most %d a minute", a.rate)
}

// once serves a POST under its key: the effect and the key commit together.
func (a *API) once(w http.ResponseWriter, r *http.Request, key string) error {
	if len(key) > 200 {
		return errs.Invalid("an idempotency key has at most 200 characters")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return errs.TooLarge("the request is larger than %d MB", MaxBody>>20).Wrap(err)
	}
	who, _ := tenant.From(r.Context())
	h := sha256.New()
	h.Write(who.User[:]) // an answer is given again to the one who got it: a colleague's role may not see it
	h.Write([]byte(r.Method + " " + r.URL.RequestURI() + "\n"))
	// A multipart boundary differs between tries; its content type is not hashed, its body is.
	h.Write(body)
	claim := &pg.Claim{Key: key, Route: r.Method + " " + r.URL.Path, RequestHash: h.Sum(nil)}
	replay, err := a.db.Lookup(r.Context(), key, claim.Route, claim.RequestHash)
	if err != nil {
		return err
	}
	if replay != nil {
		again(w, replay)
		return nil
	}
	r = r.WithContext(pg.WithClaim(r.Context(), claim))
	r.Body = io.NopCloser(bytes.NewReader(body))
	rec := &recorder{ResponseWriter: w, status: 200}
	a.mux.ServeHTTP(rec, r)
	if claim.Replayed { // another request with this key was quicker
		if replay, err = a.db.Lookup(r.Context(), key, claim.Route, claim.RequestHash); err == nil && replay != nil {
			again(w, replay)
			return nil
		} else if err != nil {
			return err
		}
	}
	if rec.status < 400 {
		if err := a.db.Keep(r.Context(), claim, rec.status, rec.body.Bytes()); err != nil {
			a.log.ErrorContext(r.Context(), "idempotent answer not kept", "error", err)
		}
	}
	w.WriteHeader(rec.status)
	_, _ = w.Write(rec.body.Bytes())
	return nil
}

// again gives the answer that was given before.
func again(w http.ResponseWriter, replay *pg.Replay) {
	w.Header().Set("Idempotency-Replayed", "true")
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(replay.Status)
	_, _ = w.Write(replay.Response)
}

// recorder holds an answer back until it is known to be the one to give.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader notes the status.
func (r *recorder) WriteHeader(s int) { r.status = s }

// Write keeps the body.
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	m := a.problem(r.Context(), err).(*huma.ErrorModel)
	w.Header().Set("Content-Type", "application/problem+json")
	if m.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	w.WriteHeader(m.Status)
	_ = a.huma.Marshal(w, "application/json", m)
}
