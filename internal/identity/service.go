package identity

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/mail"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"truckflow/internal/identity/internal/identitydb"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/pg"
)

// How long things last.
const (
	SessionIdle   = 12 * time.Hour      // a session unused so long ends
	SessionMax    = 30 * 24 * time.Hour // and every session ends then
	TokenLife     = time.Hour           // of a bearer token
	InviteLife    = 7 * 24 * time.Hour  // of an invitation link
	ThrottleFor   = 15 * time.Minute    // the window in which sign-ins count
	triesPerPair  = 8                   // sign-ins that one e-mail from one address may try in it
	triesPerEmail = 60                  // and one e-mail from everywhere: a stranger cannot lock an owner out with a few
	TriesPerIP    = 40                  // and one address
)

// Limiter counts attempts; platform/cache is one.
type Limiter interface {
	Allow(ctx context.Context, key string, limit int, window time.Duration) (ok bool, retryAfter time.Duration, err error)
}

// Service is the room's door. Build it with New.
type Service struct {
	db     *pg.DB
	clock  clock.Clock
	limit  Limiter
	secret []byte
	refuse func(ctx context.Context, ip, why string)
}

// OnRefusal has f told of every sign-in that is refused, with the address and
// why ("unauthenticated" or "rate_limited"); never whose e-mail it was.
func (s *Service) OnRefusal(f func(ctx context.Context, ip, why string)) { s.refuse = f }

// New returns the room; jwtSecret signs bearer tokens and must have 32 bytes or more.
func New(db *pg.DB, c clock.Clock, l Limiter, jwtSecret []byte) (*Service, error) {
	if len(jwtSecret) < 32 {
		return nil, errs.Invalid("JWT_SECRET is too weak: it has %d bytes, 32 are needed", len(jwtSecret)).Hint("leave JWT_SECRET unset and one is made, or use: openssl rand -hex 32")
	}
	return &Service{db: db, clock: c, limit: l, secret: jwtSecret}, nil
}

// Company is the tenant's own card, printed on invoices.
type Company = identitydb.Company

// User is a person with an account. PasswordHash never leaves the server.
type User = identitydb.User

// Founding is what the first visitor fills in.
type Founding struct {
	Company               Company // Name and Email at least
	Name, Email, Password string
	First                 bool // refuse unless no company exists yet: two first visitors make one company
}

// Empty reports whether no company exists yet.
func (s *Service) Empty(ctx context.Context) (empty bool, err error) {
	err = s.db.WithoutTenant(ctx, func(ctx context.Context, tx *pg.Tx) error {
		n, err := identitydb.New(tx).CountOrgs(ctx)
		empty = n == 0
		return err
	})
	return empty, err
}

// Orgs lists every tenant, for work that goes over all of them.
func (s *Service) Orgs(ctx context.Context) (orgs []ids.ID, err error) {
	err = s.db.WithoutTenant(ctx, func(ctx context.Context, tx *pg.Tx) error {
		orgs, err = identitydb.New(tx).ListOrgs(ctx)
		return err
	})
	return orgs, err
}

// Found creates a company and its owner in one transaction. The setup page
// asks with First, so that only the first visitor may.
func (s *Service) Found(ctx context.Context, f Founding) (org ids.ID, err error) {
	email, err := cleanEmail(f.Email)
	if err != nil {
		return org, err
	}
	if strings.TrimSpace(f.Company.Name) == "" {
		return org, errs.Invalid("the company needs a name").Field("company", "required")
	}
	if strings.TrimSpace(f.Name) == "" {
		return org, errs.Invalid("your name is needed").Field("name", "required")
	}
	hash, err := HashPassword(f.Password)
	if err != nil {
		return org, err
	}
	org = ids.New()
	now := s.clock.Now()
	ctx = tenant.With(ctx, tenant.Actor{Org: org, Name: f.Name, Role: string(Owner)})
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := identitydb.New(tx)
		if f.First {
			if err := q.LockFounding(ctx); err != nil {
				return err
			}
			if n, err := q.CountOrgs(ctx); err != nil {
				return err
			} else if n > 0 {
				return errs.NotFound("this server has its company already; ask its owner for an invitation")
			}
		}
		if err := q.InsertOrg(ctx, identitydb.InsertOrgParams{ID: org, CreatedAt: now}); err != nil {
			return err
		}
		c := f.Company
		if c.TimeZone == "" {
			c.TimeZone = "America/Chicago"
		}
		if err := q.InsertCompany(ctx, identitydb.InsertCompanyParams{Name: c.Name, Usdot: c.Usdot, Mc: c.Mc, Phone: c.Phone, Email: c.Email,
			Address: c.Address, City: c.City, State: c.State, Zip: c.Zip, TimeZone: c.TimeZone, RemitTo: c.RemitTo, UpdatedAt: now, UpdatedBy: f.Name}); err != nil {
			return err
		}
		id := ids.New()
		if err := q.InsertUser(ctx, identitydb.InsertUserParams{ID: id, Email: email, Name: f.Name, Role: string(Owner), PasswordHash: hash, CreatedAt: now}); err != nil {
			return err
		}
		return s.Audit(ctx, tx, Entry{Action: "company.found", Kind: "company", ID: org, Label: c.Name})
	})
	if errs.Is(err, errs.KindConflict) {
		err = errs.Conflict("an account with that e-mail exists already").Field("email", "already used")
	}
	return org, err
}

func cleanEmail(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 {
		return "", errs.Invalid("that is not an e-mail address").Field("email", "not an e-mail address")
	}
	return s, nil
}

// check returns the user whose password this is; the same error for a wrong
// e-mail, a wrong password and a disabled account.
func (s *Service) check(ctx context.Context, email, password, ip string) (User, error) {
	u, err := s.match(ctx, email, password, ip)
	if k := errs.KindOf(err); s.refuse != nil && (k == errs.KindUnauthenticated || k == errs.KindRateLimited) {
		s.refuse(ctx, ip, string(k))
	}
	return u, err
}

func (s *Service) match(ctx context.Context, email, password, ip string) (User, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	keyed := sha256.Sum256([]byte(email))
	who := "signin:e:" + hex.EncodeToString(keyed[:8])
	for _, l := range []struct {
		key string
		n   int
	}{{who + ":" + ip, triesPerPair}, {who, triesPerEmail}, {"signin:ip:" + ip, TriesPerIP}} {
		ok, wait, err := s.limit.Allow(ctx, l.key, l.n, ThrottleFor)
		if err != nil {
			return User{}, err
		}
		if !ok {
			return User{}, errs.RateLimited("too many sign-ins; try again in %d minutes", int(wait.Minutes())+1)
		}
	}
	u, err := s.byEmail(ctx, email)
	if errs.Is(err, errs.KindNotFound) {
		u.PasswordHash = decoyHash
	} else if err != nil {
		return User{}, err
	}
	if !passwordMatches(u.PasswordHash, password) || u.ID.IsZero() || u.DisabledAt != nil {
		return User{}, errs.Unauthenticated("that e-mail and password do not belong together")
	}
	return u, nil
}

func actorOf(u User, session ids.ID, ip string) tenant.Actor {
	return tenant.Actor{Org: u.OrgID, User: u.ID, Name: u.Name, Role: u.Role, Session: session, IP: ip}
}

// SignIn starts a browser session and returns the cookie's secret.
func (s *Service) SignIn(ctx context.Context, email, password, ip, userAgent string) (token string, err error) {
	u, err := s.check(ctx, email, password, ip)
	if err != nil {
		return "", err
	}
	token, hash := newToken()
	now, id := s.clock.Now(), ids.New()
	err = s.db.WithTx(tenant.With(ctx, actorOf(u, id, ip)), func(ctx context.Context, tx *pg.Tx) error {
		q := identitydb.New(tx)
		if err := q.InsertSession(ctx, identitydb.InsertSessionParams{ID: id, UserID: u.ID, TokenHash: hash, CreatedAt: now,
			ExpiresAt: now.Add(SessionIdle), Ip: ip, UserAgent: clip(userAgent, 200)}); err != nil {
			return err
		}
		if err := q.TouchLogin(ctx, identitydb.TouchLoginParams{ID: u.ID, At: now}); err != nil {
			return err
		}
		return s.Audit(ctx, tx, Entry{Action: "session.start", Kind: "user", ID: u.ID, Label: u.Name})
	})
	return token, err
}

func clip(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return s
}

// Resume returns who a cookie's secret belongs to, extending the session;
// errs.KindUnauthenticated when it is over, revoked, or the account disabled.
func (s *Service) Resume(ctx context.Context, token, ip string) (a tenant.Actor, err error) {
	over := errs.Unauthenticated("your session is over; sign in again")
	hash := hashToken(token)
	var v identitydb.Visit
	err = s.db.WithKey(ctx, hash, func(ctx context.Context, tx *pg.Tx) (err error) {
		v, err = identitydb.ReadVisit(ctx, tx, hash)
		return err
	})
	if errs.Is(err, errs.KindNotFound) {
		return a, over
	} else if err != nil {
		return a, err
	}
	now := s.clock.Now()
	if v.RevokedAt != nil || now.After(v.ExpiresAt) || now.After(v.CreatedAt.Add(SessionMax)) || v.DisabledAt != nil {
		return a, over
	}
	a = tenant.Actor{Org: v.OrgID, User: v.UserID, Name: v.Name, Role: v.Role, Session: v.ID, IP: ip, Company: v.Company, Zone: v.TimeZone}
	if now.Sub(v.SeenAt) < time.Minute {
		return a, nil
	}
	return a, s.touch(ctx, v.OrgID, func(ctx context.Context, q *identitydb.Queries) error {
		return q.TouchSession(ctx, identitydb.TouchSessionParams{ID: v.ID, SeenAt: now, ExpiresAt: now.Add(SessionIdle)})
	})
}

// touch notes that somebody was here. Pages can be read while nothing can be
// written: then the next visit is noted.
func (s *Service) touch(ctx context.Context, org ids.ID, fn func(ctx context.Context, q *identitydb.Queries) error) error {
	err := s.db.WithTx(pg.NoWait(tenant.System(ctx, org)), func(ctx context.Context, tx *pg.Tx) error { return fn(ctx, identitydb.New(tx)) })
	if errs.Is(err, errs.KindUnavailable) {
		return nil
	}
	return err
}

// SignOut ends the actor's own session.
func (s *Service) SignOut(ctx context.Context) error {
	a, err := Require(ctx, Self)
	if err != nil {
		return err
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		_, err := identitydb.New(tx).RevokeSession(ctx, identitydb.RevokeSessionParams{ID: a.Session, UserID: a.User, At: s.clock.Now()})
		return err
	})
}

type claims struct {
	Org     string `json:"org"`
	Version int    `json:"ver"`
	jwt.RegisteredClaims
}

// IssueToken trades e-mail and password for a bearer token (HS256, TokenLife).
func (s *Service) IssueToken(ctx context.Context, email, password, ip string) (token string, expires time.Time, err error) {
	u, err := s.check(ctx, email, password, ip)
	if err != nil {
		return "", expires, err
	}
	now := s.clock.Now()
	expires = now.Add(TokenLife)
	token, err = jwt.NewWithClaims(jwt.SigningMethodHS256, claims{u.OrgID.String(), u.TokenVersion, jwt.RegisteredClaims{
		Issuer: "truckflow", Subject: u.ID.String(), ID: ids.New().String(), IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expires)}}).SignedString(s.secret)
	return token, expires, err
}

// Bearer returns who a bearer token or an API key belongs to; a raised token
// version, a disabled account, another algorithm, an old token or a revoked key
// is errs.KindUnauthenticated.
func (s *Service) Bearer(ctx context.Context, token, ip string) (a tenant.Actor, err error) {
	if strings.HasPrefix(token, keyPrefix) {
		return s.byKey(ctx, token, ip)
	}
	bad := errs.Unauthenticated("the bearer token is not valid; get a new one")
	var c claims
	_, err = jwt.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return s.secret, nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer("truckflow"), jwt.WithExpirationRequired(), jwt.WithTimeFunc(s.clock.Now))
	if err != nil {
		return a, bad.Wrap(err)
	}
	org, err1 := ids.Parse(c.Org)
	user, err2 := ids.Parse(c.Subject)
	if err1 != nil || err2 != nil {
		return a, bad
	}
	err = s.db.WithRead(tenant.System(ctx, org), func(ctx context.Context, tx *pg.Tx) error {
		u, err := identitydb.New(tx).User(ctx, user)
		if pg.IsNoRows(err) || err == nil && (u.DisabledAt != nil || u.TokenVersion != c.Version) {
			return bad
		}
		a = actorOf(u, ids.ID{}, ip)
		return err
	})
	return a, err
}

// CSRF returns the token that forms of this session must carry: an HMAC of the
// session's id under the signing secret, so nothing is stored.
func (s *Service) CSRF(session ids.ID) string {
	h := hmac.New(sha256.New, s.secret)
	h.Write([]byte("csrf:"))
	h.Write(session[:])
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Company returns the tenant's card; every signed-in person may see it.
func (s *Service) Company(ctx context.Context) (c Company, err error) {
	if _, err := Require(ctx, Self); err != nil {
		return c, err
	}
	err = s.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		c, err = identitydb.New(tx).Company(ctx)
		return err
	})
	return c, err
}

// UpdateCompany saves c over the version it was read at; needs EditCompany.
func (s *Service) UpdateCompany(ctx context.Context, c Company) error {
	a, err := Require(ctx, EditCompany)
	if err != nil {
		return err
	}
	if strings.TrimSpace(c.Name) == "" {
		return errs.Invalid("the company needs a name").Field("name", "required")
	}
	if _, err := clock.Zone(c.TimeZone); err != nil || c.TimeZone == "" {
		return errs.Invalid("unknown time zone").Field("time_zone", "an IANA name such as America/Chicago")
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		n, err := identitydb.New(tx).UpdateCompany(ctx, identitydb.UpdateCompanyParams{Name: c.Name, Usdot: c.Usdot, Mc: c.Mc, Scac: c.Scac, Phone: c.Phone,
			Email: c.Email, Address: c.Address, City: c.City, State: c.State, Zip: c.Zip, TimeZone: c.TimeZone, RemitTo: c.RemitTo, TermsDays: c.TermsDays,
			InvoicePrefix: c.InvoicePrefix, LoadPrefix: c.LoadPrefix, RetentionDays: c.RetentionDays, UpdatedAt: s.clock.Now(), UpdatedBy: a.Name, Version: c.Version})
		if err == nil && n == 0 {
			err = errs.Conflict("somebody changed the company's settings meanwhile; look again and repeat your change")
		}
		if err != nil {
			return err
		}
		return s.Audit(ctx, tx, Entry{Action: "company.edit", Kind: "company", ID: a.Org, Label: c.Name})
	})
}
