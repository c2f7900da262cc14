package identity_test

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/page"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/cache/memcache"
	"truckflow/internal/platform/pg"
	"truckflow/internal/platform/pg/schematest"
)

const (
	secret = "0123456789abcdef0123456789abcdef"
	phrase = "a long enough passphrase 7"
	ip     = "203.0.113.7"
)

// open returns the room on a database of its own, and its clock.
func open(t *testing.T) (*identity.Service, *clock.Fake) {
	t.Helper()
	db, clk := database(t)
	s, err := identity.New(db, clk, memcache.New(memcache.Settings{}, clk), []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return s, clk
}

func database(t *testing.T) (*pg.DB, *clock.Fake) {
	t.Helper()
	d := schematest.New(t)
	db, err := pg.Open(t.Context(), pg.Settings{DSN: d.AppDSN, MaxConns: 6})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db, clock.At(time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC))
}

// found makes a company and returns its owner, signed in, with the cookie.
func found(t *testing.T, s *identity.Service, email string) (context.Context, string) {
	t.Helper()
	if _, err := s.Found(t.Context(), identity.Founding{Company: identity.Company{Name: "Carrier"}, Name: "Olive", Email: email, Password: phrase}); err != nil {
		t.Fatal(err)
	}
	return signIn(t, s, email, phrase)
}

func signIn(t *testing.T, s *identity.Service, email, password string) (context.Context, string) {
	t.Helper()
	cookie, err := s.SignIn(t.Context(), email, password, ip, "test")
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Resume(t.Context(), cookie, ip)
	if err != nil {
		t.Fatal(err)
	}
	return tenant.With(t.Context(), a), cookie
}

func invite(t *testing.T, s *identity.Service, by context.Context, email, name string, role identity.Role) identity.Offer {
	t.Helper()
	o, err := s.Invite(by, email, name, role, nil)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func want(t *testing.T, err error, k errs.Kind) {
	t.Helper()
	if !errs.Is(err, k) {
		t.Fatalf("got %v, want kind %v", err, k)
	}
}

// TestTwoFirstVisitorsMakeOneCompany races the set-up page.
func TestTwoFirstVisitorsMakeOneCompany(t *testing.T) {
	s, _ := open(t)
	var wg sync.WaitGroup
	got := make([]error, 4)
	for i := range got {
		wg.Go(func() {
			_, got[i] = s.Found(t.Context(), identity.Founding{First: true, Company: identity.Company{Name: "Carrier"}, Name: "Olive",
				Email: string(rune('a'+i)) + "@race.example", Password: phrase})
		})
	}
	wg.Wait()
	made := 0
	for _, err := range got {
		if err == nil {
			made++
		} else {
			want(t, err, errs.KindNotFound)
		}
	}
	if made != 1 {
		t.Fatalf("%d companies were founded, want 1: %v", made, got)
	}
}

func TestSignInTellsNothingAndEnds(t *testing.T) {
	s, clk := open(t)
	ctx, cookie := found(t, s, "owner@one.example")
	_, wrong := s.SignIn(t.Context(), "owner@one.example", "not the passphrase", "198.51.100.1", "")
	_, nobody := s.SignIn(t.Context(), "nobody@one.example", "not the passphrase", "198.51.100.1", "")
	want(t, wrong, errs.KindUnauthenticated)
	if wrong.Error() != nobody.Error() {
		t.Fatalf("a wrong password says %q, a wrong e-mail %q", wrong, nobody)
	}
	_, err := s.Resume(t.Context(), cookie+"x", ip)
	want(t, err, errs.KindUnauthenticated)
	if err := s.SignOut(ctx); err != nil {
		t.Fatal(err)
	}
	_, err = s.Resume(t.Context(), cookie, ip)
	want(t, err, errs.KindUnauthenticated)

	_, idle := signIn(t, s, "owner@one.example", phrase)
	clk.Advance(identity.SessionIdle + time.Second)
	_, err = s.Resume(t.Context(), idle, ip)
	want(t, err, errs.KindUnauthenticated)

	_, busy := signIn(t, s, "owner@one.example", phrase)
	for used := time.Duration(0); used < identity.SessionMax; used += identity.SessionIdle / 2 {
		if _, err := s.Resume(t.Context(), busy, ip); err != nil {
			t.Fatalf("a session in use ended after %s: %v", used, err)
		}
		clk.Advance(identity.SessionIdle / 2)
	}
	clk.Advance(time.Second)
	_, err = s.Resume(t.Context(), busy, ip)
	want(t, err, errs.KindUnauthenticated)
}

// TestGuessingIsThrottledNotTheOwner lets a stranger guess: they are stopped, and
// the owner still signs in from elsewhere.
func TestGuessingIsThrottledNotTheOwner(t *testing.T) {
	s, clk := open(t)
	refused := map[string]int{}
	s.OnRefusal(func(_ context.Context, ip, why string) { refused[ip+" "+why]++ })
	found(t, s, "owner@one.example")
	guess := func() error {
		_, err := s.SignIn(t.Context(), "owner@one.example", "a guess", "198.51.100.9", "")
		return err
	}
	n := 0
	for ; n < 20 && errs.Is(guess(), errs.KindUnauthenticated); n++ {
	}
	if n < 3 || n > 10 {
		t.Fatalf("%d guesses from one address before the throttle", n)
	}
	want(t, guess(), errs.KindRateLimited)
	signIn(t, s, "OWNER@one.example ", phrase)
	if len(refused) != 2 || refused["198.51.100.9 unauthenticated"] != n || refused["198.51.100.9 rate_limited"] != 2 {
		t.Errorf("told of %v, want %d wrong and 2 too many", refused, n)
	}
	clk.Advance(16 * time.Minute)
	want(t, guess(), errs.KindUnauthenticated)
}

func TestBearerIsRefused(t *testing.T) {
	s, clk := open(t)
	ctx, _ := found(t, s, "owner@one.example")
	token, expires, err := s.IssueToken(t.Context(), "owner@one.example", phrase, ip)
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Bearer(t.Context(), token, ip)
	if err != nil || a.Role != "owner" {
		t.Fatal(a, err)
	}
	parts := strings.Split(token, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + "."
	var c jwt.MapClaims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &c); err != nil {
		t.Fatal(err)
	}
	sign := func(m jwt.SigningMethod, key string, change func(jwt.MapClaims)) string {
		mine := jwt.MapClaims{}
		for k, v := range c {
			mine[k] = v
		}
		change(mine)
		out, err := jwt.NewWithClaims(m, mine).SignedString([]byte(key))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	same := func(jwt.MapClaims) {}
	for name, bad := range map[string]string{
		"unsigned":          none,
		"another key":       sign(jwt.SigningMethodHS256, strings.Repeat("x", 32), same),
		"another algorithm": sign(jwt.SigningMethodHS512, secret, same),
		"another issuer":    sign(jwt.SigningMethodHS256, secret, func(c jwt.MapClaims) { c["iss"] = "else" }),
		"without an end":    sign(jwt.SigningMethodHS256, secret, func(c jwt.MapClaims) { delete(c, "exp") }),
		"an older version":  sign(jwt.SigningMethodHS256, secret, func(c jwt.MapClaims) { c["ver"] = 0 }),
		"another company":   sign(jwt.SigningMethodHS256, secret, func(c jwt.MapClaims) { c["org"] = "01940000-0000-7000-8000-000000000001" }),
		"empty":             "",
	} {
		if _, err := s.Bearer(t.Context(), bad, ip); !errs.Is(err, errs.KindUnauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Bearer(t.Context(), sign(jwt.SigningMethodHS256, secret, same), ip); err != nil {
		t.Fatalf("the forger's tool is broken, so the refusals prove nothing: %v", err)
	}
	if err := s.ChangePassword(ctx, phrase, "another long passphrase"); err != nil {
		t.Fatal(err)
	}
	_, err = s.Bearer(t.Context(), token, ip)
	want(t, err, errs.KindUnauthenticated)
	fresh, _, err := s.IssueToken(t.Context(), "owner@one.example", "another long passphrase", ip)
	if err != nil {
		t.Fatal(err)
	}
	clk.Set(expires.Add(time.Second))
	_, err = s.Bearer(t.Context(), fresh, ip)
	want(t, err, errs.KindUnauthenticated)
}

func TestInvitationIsGoodOnce(t *testing.T) {
	s, clk := open(t)
	owner, _ := found(t, s, "owner@one.example")
	token := invite(t, s, owner, "dee@one.example", "Dee", identity.Dispatcher).Token
	want(t, s.Accept(t.Context(), token, "Dee", "short"), errs.KindInvalid)
	want(t, s.Accept(t.Context(), token, "Dee", "Password123"), errs.KindInvalid)
	want(t, s.Accept(t.Context(), token+"x", "Dee", phrase), errs.KindNotFound)
	if err := s.Accept(t.Context(), token, "Dee", phrase); err != nil {
		t.Fatal(err)
	}
	want(t, s.Accept(t.Context(), token, "Dee", phrase), errs.KindNotFound)
	dee, _ := signIn(t, s, "dee@one.example", phrase)
	_, err := s.Invite(dee, "more@one.example", "More", identity.Owner, nil)
	want(t, err, errs.KindForbidden)

	again := invite(t, s, owner, "dee@one.example", "Dee", identity.Owner).Token
	want(t, s.Accept(t.Context(), again, "Dee", phrase), errs.KindConflict)
	back := invite(t, s, owner, "back@one.example", "Back", identity.Viewer)
	want(t, s.RevokeInvitation(dee, back.ID), errs.KindForbidden)
	if err := s.RevokeInvitation(owner, back.ID); err != nil {
		t.Fatal(err)
	}
	want(t, s.Accept(t.Context(), back.Token, "Back", phrase), errs.KindNotFound)
	want(t, s.RevokeInvitation(owner, back.ID), errs.KindNotFound)
	late := invite(t, s, owner, "late@one.example", "Late", identity.Viewer).Token
	clk.Advance(identity.InviteLife + time.Second)
	want(t, s.Accept(t.Context(), late, "Late", phrase), errs.KindNotFound)
}

// TestLastOwnerStays races two owners who take each other's role away.
func TestLastOwnerStays(t *testing.T) {
	s, _ := open(t)
	one, _ := found(t, s, "one@one.example")
	token := invite(t, s, one, "two@one.example", "Two", identity.Owner).Token
	if err := s.Accept(t.Context(), token, "Two", phrase); err != nil {
		t.Fatal(err)
	}
	two, cookie := signIn(t, s, "two@one.example", phrase)
	us, _, err := s.People(one)
	if err != nil || len(us) != 2 {
		t.Fatal(us, err)
	}
	a, _ := tenant.From(two)
	got := make([]error, 2)
	var wg sync.WaitGroup
	for i, u := range us {
		by := one
		if u.ID != a.User {
			by = two
		}
		wg.Go(func() { got[i] = s.SetPerson(by, u.ID, u.Version, u.Name, identity.Viewer, false) })
	}
	wg.Wait()
	if (got[0] == nil) == (got[1] == nil) {
		t.Fatalf("exactly one of two may stop being owner: %v", got)
	}
	for i, u := range us {
		if got[i] == nil && u.ID == a.User {
			_, err := s.Resume(t.Context(), cookie, ip)
			want(t, err, errs.KindUnauthenticated)
		}
	}
}

// TestCompaniesDoNotMeet asks for one company's people and trail as another's owner.
func TestCompaniesDoNotMeet(t *testing.T) {
	s, _ := open(t)
	one, _ := found(t, s, "owner@one.example")
	two, _ := found(t, s, "owner@two.example")
	a, _ := tenant.From(one)
	want(t, s.SetPerson(two, a.User, 1, "Mine now", identity.Viewer, true), errs.KindNotFound)
	us, _, err := s.People(two)
	if err != nil || len(us) != 1 || us[0].Email != "owner@two.example" {
		t.Fatal(us, err)
	}
	trail, err := s.AuditTrail(two, page.Request{})
	if err != nil || len(trail.Items) == 0 {
		t.Fatal(trail, err)
	}
	for _, l := range trail.Items {
		if l.ActorID != nil && *l.ActorID == a.User {
			t.Fatalf("another company's line: %+v", l)
		}
	}
	_, err = s.Found(t.Context(), identity.Founding{Company: identity.Company{Name: "Third"}, Name: "T", Email: "owner@one.example", Password: phrase})
	want(t, err, errs.KindConflict)
}

// TestVisitorsAreAskedForEachTime has two instances serve one browser: what one of
// them changes of the person and the company, the other knows at the next request.
func TestVisitorsAreAskedForEachTime(t *testing.T) {
	db, clk := database(t)
	s, err := identity.New(db, clk, memcache.New(memcache.Settings{}, clk), []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	owner, _ := found(t, s, "owner@one.example")
	here, _ := tenant.From(owner)
	if here.Company != "Carrier" || here.Zone != "America/Chicago" {
		t.Errorf("the visitor brought the company %q, %q", here.Company, here.Zone)
	}
	link := invite(t, s, owner, "dan@one.example", "Dan", identity.Dispatcher).Token
	if err := s.Accept(t.Context(), link, "Dan", phrase); err != nil {
		t.Fatal(err)
	}
	dan, cookie := signIn(t, s, "dan@one.example", phrase)
	other, err := identity.New(db, clk, memcache.New(memcache.Settings{}, clk), []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Company(owner)
	if err != nil {
		t.Fatal(err)
	}
	c.Name, c.TimeZone = "Carrier & Daughters", "America/Denver"
	if err := s.UpdateCompany(owner, c); err != nil {
		t.Fatal(err)
	}
	if a, err := other.Resume(t.Context(), cookie, ip); err != nil || a.Role != "dispatcher" || a.Company != c.Name || a.Zone != c.TimeZone {
		t.Errorf("the other instance sees %+v, %v", a, err)
	}
	who, _ := tenant.From(dan)
	if err := s.SetPerson(owner, who.User, 1, "Dan", identity.Viewer, false); err != nil {
		t.Fatal(err)
	}
	_, err = other.Resume(t.Context(), cookie, ip)
	want(t, err, errs.KindUnauthenticated)
}

func TestWeakSecretIsRefused(t *testing.T) {
	_, err := identity.New(nil, clock.System, nil, []byte("short"))
	want(t, err, errs.KindInvalid)
	if errs.Public(err).HintMsg == "" {
		t.Fatal("no hint how to make a good one")
	}
}

// lost is a company with an owner and Dan, who forgot his password.
type lost struct {
	*testing.T
	*identity.Service
	clk        *clock.Fake
	owner, dan context.Context
	cookie     string // Dan's
}

const dans, fresh = "dan@carrier.example", "another passphrase 8"

func loses(t *testing.T) *lost {
	t.Helper()
	s, clk := open(t)
	owner, _ := found(t, s, "olive@carrier.example")
	offer, err := s.Invite(owner, dans, "Dan", identity.Dispatcher, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Accept(t.Context(), offer.Token, "Dan", phrase); err != nil {
		t.Fatal(err)
	}
	dan, cookie := signIn(t, s, dans, phrase)
	return &lost{t, s, clk, owner, dan, cookie}
}

func (l *lost) refuses(what string, err error, want errs.Kind) {
	l.Helper()
	if errs.KindOf(err) != want {
		l.Errorf("%s: %v, want %s", what, err, want)
	}
}

// asks has somebody say that they forgot a password, and returns what was mailed.
func (l *lost) asks(email string) (mailed []identity.Reset) {
	l.Helper()
	if err := l.Forgot(l.Context(), email, ip, func(_ context.Context, _ *pg.Tx, r identity.Reset) error { mailed = append(mailed, r); return nil }); err != nil {
		l.Fatal(err)
	}
	return mailed
}

func (l *lost) over(what string) {
	l.Helper()
	_, err := l.Resume(l.Context(), l.cookie, ip)
	l.refuses(what, err, errs.KindUnauthenticated)
}

// TestAnOwnerResetsAPassword: what was signed in ends at once, the old password and
// older links with it; the new link is good once.
func TestAnOwnerResetsAPassword(t *testing.T) {
	t.Parallel()
	l := loses(t)
	who, _ := tenant.From(l.dan)
	bearer, _, err := l.IssueToken(t.Context(), dans, phrase, ip)
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.ResetPassword(l.dan, who.User, nil)
	l.refuses("a dispatcher resets", err, errs.KindForbidden)
	self, _ := tenant.From(l.owner)
	_, err = l.ResetPassword(l.owner, self.User, nil)
	l.refuses("an owner resets themselves", err, errs.KindConflict)
	older := l.asks(dans)
	key, err := l.MakeKey(l.dan, "somebody's program", false)
	if err != nil {
		t.Fatal(err)
	}
	made, err := l.ResetPassword(l.owner, who.User, nil)
	if err != nil {
		t.Fatal(err)
	}
	l.over("a session after the reset")
	_, err = l.Bearer(t.Context(), bearer, ip)
	l.refuses("a token after the reset", err, errs.KindUnauthenticated)
	_, err = l.Bearer(t.Context(), key, ip)
	l.refuses("an API key after the reset", err, errs.KindUnauthenticated)
	_, err = l.SignIn(t.Context(), dans, phrase, ip, "test")
	l.refuses("the lost password", err, errs.KindUnauthenticated)
	l.refuses("an older link", l.ChooseAnew(t.Context(), older[0].Token, fresh, ip), errs.KindNotFound)
	l.asks(dans) // takes nothing away
	l.refuses("a short password", l.ChooseAnew(t.Context(), made.Token, "short", ip), errs.KindInvalid)
	if u, err := l.ResetOf(t.Context(), made.Token); err != nil || u.Email != dans {
		t.Errorf("%+v, %v", u, err)
	}
	if err := l.ChooseAnew(t.Context(), made.Token, fresh, ip); err != nil {
		t.Fatal(err)
	}
	l.refuses("a used link", l.ChooseAnew(t.Context(), made.Token, phrase, ip), errs.KindNotFound)
	signIn(t, l.Service, dans, fresh)
	var got []string
	trail, err := l.AuditTrail(l.owner, page.Request{})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range trail.Items {
		if x.Action == "person.reset_password" || x.Action == "person.password" {
			got = append(got, x.ActorName+" "+strings.TrimPrefix(x.Action, "person.")+" "+x.SubjectLabel)
		}
	}
	if want := []string{"Dan password Dan", "somebody who is not signed in reset_password Dan", "Olive reset_password Dan", "somebody who is not signed in reset_password Dan"}; !slices.Equal(got, want) {
		t.Errorf("audited: %q", got)
	}
}

// TestForgottenPassword: a link that anybody can ask for changes nothing before it is used.
func TestForgottenPassword(t *testing.T) {
	t.Parallel()
	l := loses(t)
	if got := l.asks("nobody@carrier.example"); len(got) != 0 {
		t.Errorf("a stranger is mailed %+v", got)
	}
	asked := l.asks(" Dan@carrier.example ")
	if len(asked) != 1 || asked[0].Email != dans || asked[0].MadeBy != "" {
		t.Fatalf("mailed: %+v", asked)
	}
	signIn(t, l.Service, dans, phrase)
	l.clk.Advance(identity.ForgotLife + time.Second)
	l.refuses("a link that is too old", l.ChooseAnew(t.Context(), asked[0].Token, fresh, ip), errs.KindNotFound)
	if _, err := l.Resume(t.Context(), l.cookie, ip); err != nil {
		t.Errorf("asking for a link ended a session: %v", err)
	}
	asked, second := l.asks(dans), l.asks(dans)
	if err := l.ChooseAnew(t.Context(), asked[0].Token, fresh, ip); err != nil {
		t.Fatal(err)
	}
	l.refuses("the other link, after one was used", l.ChooseAnew(t.Context(), second[0].Token, phrase, ip), errs.KindNotFound)
	l.over("a session after the link was used")
	signIn(t, l.Service, dans, fresh)

	asked = l.asks(dans)
	us, _, err := l.People(l.owner)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range us {
		if u.Email == dans {
			if err := l.SetPerson(l.owner, u.ID, u.Version, u.Name, identity.Dispatcher, true); err != nil {
				t.Fatal(err)
			}
			_, err = l.ResetPassword(l.owner, u.ID, nil)
			l.refuses("a disabled person's reset", err, errs.KindConflict)
		}
	}
	l.refuses("a disabled person's link", l.ChooseAnew(t.Context(), asked[0].Token, phrase, ip), errs.KindNotFound)
	if got := l.asks(dans); len(got) != 0 {
		t.Errorf("a disabled person is mailed %+v", got)
	}
}

// TestTheServerResetsTheLastOwner, whom nobody else could.
func TestTheServerResetsTheLastOwner(t *testing.T) {
	t.Parallel()
	l := loses(t)
	made, err := l.ResetFor(t.Context(), "OLIVE@carrier.example")
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.ResetFor(t.Context(), "nobody@carrier.example")
	l.refuses("nobody's reset at the server", err, errs.KindNotFound)
	if err := l.ChooseAnew(t.Context(), made.Token, fresh, ip); err != nil {
		t.Fatal(err)
	}
	owner, _ := signIn(t, l.Service, "olive@carrier.example", fresh)
	trail, err := l.AuditTrail(owner, page.Request{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(trail.Items, func(x identity.AuditLine) bool {
		return x.Action == "person.reset_password" && x.ActorName == "the server's command line" && x.SubjectLabel == "Olive"
	}) {
		t.Errorf("not audited: %+v", trail.Items)
	}
}

// TestAskingForLinksIsThrottled, whether or not there is such an account.
func TestAskingForLinksIsThrottled(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	found(t, s, "olive@carrier.example")
	for _, email := range []string{"olive@carrier.example", "nobody@carrier.example"} {
		n := 0
		for ; n < 50 && s.MayForget(t.Context(), email, "198.51.100."+email[:1]) == nil; n++ {
		}
		if n != 3 {
			t.Errorf("%s may ask %d times", email, n)
		}
	}
	n := 0
	for ; n < 50 && s.MayForget(t.Context(), strings.Repeat("x", n+1)+"@carrier.example", ip) == nil; n++ {
	}
	if n != 10 {
		t.Errorf("one address may ask %d times", n)
	}
}
