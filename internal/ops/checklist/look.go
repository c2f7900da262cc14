package checklist

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"sync"
	"time"

	"truckflow/internal/config"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup"
	"truckflow/internal/ops/harden"
	"truckflow/internal/platform/pg"
)

// Service is one thing the program stands on, and whether it works.
type Service struct {
	Name, Detail string
	OK           bool
}

// Sources is what a checklist looks through. Only Config is needed; what is left
// out cannot be told, or is this machine's own.
type Sources struct {
	Config     *config.Config
	Clock      clock.Clock
	System     harden.System
	DB         *pg.DB
	NoDB       string // why there is none
	Migrations fs.FS  // what this program brings
	VulnDB     string // the Go vulnerability database, as harden.Options has it; "" is Config's
	Prometheus string // its address; "" is Config's
	LocalURL   string // where the running program listens on this machine

	Audit    func(ctx context.Context) harden.Report           // nil: of this machine
	Backup   func(ctx context.Context) (*backup.Status, error) // an error says why there are none
	Services func(ctx context.Context) ([]Service, error)      // an error says why nobody can be asked
	Lookup   func(ctx context.Context, host string) ([]netip.Addr, error)
	Here     func() ([]netip.Addr, error) // this machine's addresses
	Roots    *x509.CertPool               // whom to trust; nil is the system's
}

func (s Sources) filled() Sources {
	if s.Clock == nil {
		s.Clock = clock.System
	}
	if s.System.Run == nil {
		s.System = harden.ThisSystem()
	}
	s.VulnDB, s.Prometheus = cmp.Or(s.VulnDB, s.Config.VulnDB), cmp.Or(s.Prometheus, s.Config.Prometheus)
	if s.NoDB == "" && s.DB == nil {
		s.NoDB = "there is no database here"
	}
	if s.Audit == nil {
		s.Audit = s.audit
	}
	if s.Lookup == nil {
		s.Lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	if s.Here == nil {
		s.Here = here
	}
	return s
}

// audit is the whole of truckflow harden audit, with the site that people use.
func (s Sources) audit(ctx context.Context) harden.Report {
	o := harden.Options{Config: s.Config, VulnDB: s.VulnDB}
	if t, ok := s.site(); ok {
		o.Sites = []harden.Target{t}
	}
	o.Build, _ = debug.ReadBuildInfo()
	return harden.Audit(ctx, s.System, o)
}

// site is the address people use, when it has TLS.
func (s Sources) site() (harden.Target, bool) {
	u, err := url.Parse(s.Config.PublicURL)
	if err != nil || u.Scheme != "https" {
		return harden.Target{}, false
	}
	return harden.Target{URL: &url.URL{Scheme: u.Scheme, Host: u.Host}, Roots: s.Roots, Now: s.Clock.Now()}, true
}

func here() (out []netip.Addr, err error) {
	all, err := net.InterfaceAddrs()
	for _, a := range all {
		if p, perr := netip.ParsePrefix(a.String()); perr == nil {
			out = append(out, p.Addr().Unmap())
		}
	}
	return out, err
}

// look is one look at everything: what several probes need is asked once.
type look struct {
	Sources
	now     time.Time
	audited func() harden.Report
	backups func() (*backup.Status, error)
}

func (s Sources) look(ctx context.Context) *look {
	l := &look{Sources: s, now: s.Clock.Now()}
	l.audited = sync.OnceValue(func() harden.Report { return s.Audit(ctx) })
	l.backups = sync.OnceValues(func() (*backup.Status, error) {
		if s.Backup == nil {
			return nil, errs.Unavailable("backups cannot be asked from here")
		}
		return s.Backup(ctx)
	})
	return l
}

// askWithin bounds one request.
const askWithin = 5 * time.Second

// get asks for a page. An answer of another status than 200 is an error of kind
// conflict; none at all is unavailable.
func (s Sources) get(ctx context.Context, address string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", errs.Unavailable("%s is no address", address).Wrap(err)
	}
	tr := &http.Transport{TLSClientConfig: tlsConfig(s.Roots), Proxy: nil}
	defer tr.CloseIdleConnections()
	res, err := (&http.Client{Transport: tr}).Do(r)
	if err != nil {
		return "", errs.Unavailable("%s does not answer", address).Wrap(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 4<<20))
	if err == nil && res.StatusCode != http.StatusOK {
		err = errs.Conflict("%s answers %d: %s", address, res.StatusCode, firstLine(string(b)))
	}
	return string(b), err
}

// why is an error in one line for evidence.
func why(err error) string {
	if p := errs.Public(err); p.Kind != errs.KindInternal {
		return p.Message
	}
	var d *net.DNSError
	if errors.As(err, &d) {
		return d.Err
	}
	return firstLine(err.Error())
}
