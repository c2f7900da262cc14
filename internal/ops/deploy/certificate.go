package deploy

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// renewedBy is when a certificate that renews itself has long been replaced: below it
// something is wrong with the renewal.
const renewedBy = 10 * 24 * time.Hour

// checkCertificate looks at the pair that nginx will serve: do chain and key belong
// together, is it for the domain, and how long does it last.
func checkCertificate(dir string, p Plan, now time.Time) Finding {
	folder := filepath.Join(dir, "tls")
	if p.Run == Systemd {
		folder = onServer.TLSDir
	}
	f := Finding{"certificate", "rules", Bad, ""}
	if p.IsCluster() {
		f.Status, f.Detail = Unchecked, "it is on the balancers; truckflow harden audit --host https://"+p.Domain+" looks at it"
		return f
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(folder, "fullchain.pem"), filepath.Join(folder, "privkey.pem"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.Status, f.Detail = Unchecked, "there is none in "+folder+" yet: bash certificate.sh first"
		return f
	case errors.Is(err, os.ErrPermission):
		f.Status, f.Detail = Unchecked, "its key cannot be read by this user"
		return f
	case err != nil:
		f.Detail = err.Error() // "private key does not match public key"
		return f
	}
	c, left := pair.Leaf, pair.Leaf.NotAfter.Sub(now)
	switch err := c.VerifyHostname(p.Domain); {
	case err != nil:
		f.Detail = fmt.Sprintf("it is for %v, not for %s", c.DNSNames, p.Domain)
	case left <= 0:
		f.Detail = "it expired on " + c.NotAfter.UTC().Format(time.DateOnly)
	case now.Before(c.NotBefore):
		f.Detail = "it is valid from " + c.NotBefore.UTC().Format(time.DateOnly) + " only"
	case left < renewedBy && !ownMade(c):
		f.Detail = fmt.Sprintf("it ends in %d days; renewal does not work: bash certificate.sh renew", int(left.Hours()/24))
	case ownMade(c):
		f.Status, f.Detail = OK, "our own, for the first start; bash certificate.sh get"
	default:
		f.Status, f.Detail = OK, "until "+c.NotAfter.UTC().Format(time.DateOnly)
	}
	return f
}

// ownMade says that nobody vouches for a certificate but itself.
func ownMade(c *x509.Certificate) bool { return c.Issuer.String() == c.Subject.String() }
