package checklist

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/config"
	"truckflow/internal/kit/lines"
	"truckflow/internal/ops/backup"
	"truckflow/internal/ops/harden"
	"truckflow/internal/ops/tune"
	"truckflow/internal/ops/usage"
	"truckflow/internal/platform/pg"
)

func firstLine(s string) string {
	s = lines.First(s)
	return s[:min(len(s), 200)]
}

func tlsConfig(roots *x509.CertPool) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
}

// provisioned wants what the program itself cannot do without; how much is enough is
// a question of trucks, which truckflow scale capacity answers.
func provisioned(_ context.Context, l *look) finding {
	m := tune.ThisMachine()
	d, err := usage.DiskOf(l.Config.DataDir)
	if err != nil {
		return found(CannotTell, "the disk of %s cannot be measured", l.Config.DataDir).mend("set TRUCKFLOW_DATA to the folder that truckflow serve uses")
	}
	text := fmt.Sprintf("%d cores, %.1f GB of memory, %s of %s disk free (the specification's single server: 16, 64 GB, 2 TB)", m.Cores, float64(m.RAMMB)/1024, usage.Size(d.Free), usage.Size(d.Total))
	const leastRAM = 1800 // MB: PostgreSQL, the program and one reader
	if m.RAMMB < leastRAM || 10*d.Free < d.Total {
		return found(Red, "%s; at least 2 GB and a tenth of the disk must be free", text)
	}
	return found(Green, "%s", text)
}

// hardened sums up the part of the audit whose ids begin with one of these. What
// fails is red when it is grave or a line of defence; what is only untidy is named.
func hardened(prefixes ...string) func(context.Context, *look) finding {
	return func(_ context.Context, l *look) finding {
		var items []harden.Item
		for _, i := range l.audited().Items {
			if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(i.ID, p) }) {
				items = append(items, i)
			}
		}
		return sum(items, harden.NewReport(l.now, items))
	}
}

func sum(items []harden.Item, r harden.Report) finding {
	var bad []harden.Item
	var grave, untidy, unknown []string
	blind := false
	for _, i := range items {
		switch {
		case i.Status == harden.Fail && i.Severity == harden.Low:
			untidy = append(untidy, i.ID)
		case i.Status == harden.Fail:
			grave, bad = append(grave, i.ID), append(bad, i)
		case i.Status == harden.CannotTell:
			unknown = append(unknown, i.ID)
			blind = blind || i.Severity == harden.High
		}
	}
	list := func(name string, ids []string) string {
		if len(ids) == 0 {
			return ""
		}
		return "; " + name + ": " + strings.Join(ids, ", ")
	}
	text := fmt.Sprintf("score %d of 100, %d of %d pass", r.Score, r.Count[harden.Pass], len(items)-r.Count[harden.NotApplicable]) +
		list("fail", grave) + list("untidy", untidy) + list("cannot be told", unknown)
	if len(items) == 1 {
		text = items[0].Evidence
	}
	switch {
	case len(bad) == 1:
		return found(Red, "%s", text).mend("%s", strings.ReplaceAll(bad[0].Fix, "\n", "; "))
	case len(bad) > 1:
		return found(Red, "%s", text)
	case len(items) == r.Count[harden.NotApplicable]:
		return found(NotApplicable, "there is nothing of the kind here")
	case len(items) == 1 && items[0].Status == harden.CannotTell:
		return found(CannotTell, "%s", text).mend("%s", items[0].Fix)
	case blind || r.Count[harden.Pass] == 0:
		return found(CannotTell, "%s", text).mend("run it as root: sudo truckflow checklist")
	}
	return found(Green, "%s", text)
}

// domain wants the public name to lead to this program: to an address of this
// machine, or through a proxy or router to something that answers as we do.
func domain(ctx context.Context, l *look) finding {
	u, err := url.Parse(l.Config.PublicURL)
	if err != nil {
		return found(Red, "TRUCKFLOW_URL is no address")
	}
	host := u.Hostname()
	if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") {
		return found(Red, "people reach it at %s, which is no name of a domain", l.Config.PublicURL)
	}
	addrs, err := l.Lookup(ctx, host)
	var missing *net.DNSError
	switch {
	case errors.As(err, &missing) && missing.IsNotFound:
		return found(Red, "%s is not in the DNS", host)
	case err != nil:
		return found(CannotTell, "%s cannot be looked up: %s", host, why(err))
	}
	var names []string
	for _, a := range addrs {
		names = append(names, a.Unmap().String())
	}
	to := host + " is " + strings.Join(names, ", ")
	mine, err := l.Here()
	if err != nil {
		return found(CannotTell, "this machine's addresses cannot be read: %s", why(err))
	}
	if slices.ContainsFunc(addrs, func(a netip.Addr) bool { return slices.Contains(mine, a.Unmap()) }) {
		return found(Green, "%s, an address of this machine", to)
	}
	at := (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/readyz"}).String()
	text, err := l.get(ctx, at)
	switch {
	case err != nil:
		return found(Red, "%s, not an address of this machine, and %s", to, why(err))
	case strings.TrimSpace(text) != "ready":
		return found(Red, "%s, not an address of this machine, and what answers there is another program", to)
	}
	return found(Green, "%s; through it %s answers that it is ready (a proxy or router is between)", to, at)
}

// noDatabase is the answer of every probe that needs one.
func (l *look) noDatabase() (finding, bool) {
	return found(CannotTell, "%s", l.NoDB).mend("start truckflow serve, or set DATABASE_URL"), l.DB == nil
}

func schema(ctx context.Context, l *look) finding {
	if f, none := l.noDatabase(); none {
		return f
	}
	applied := map[string]string{}
	err := l.DB.WithoutTenant(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := tx.Query(ctx, "select name, sum from schema_migrations")
		if err != nil {
			return err
		}
		var name, sum string
		_, err = pgx.ForEachRow(rows, []any{&name, &sum}, func() error { applied[name] = sum; return nil })
		return err
	})
	if err != nil {
		return found(Red, "the database has no schema of ours")
	}
	names, err := fs.Glob(l.Migrations, "*.sql")
	if err != nil || len(names) == 0 {
		return found(CannotTell, "this build names no migrations")
	}
	var missing, other []string
	for _, n := range names {
		b, err := fs.ReadFile(l.Migrations, n)
		if err != nil {
			return found(CannotTell, "%s cannot be read", n)
		}
		h := sha256.Sum256(b)
		switch sum, ok := applied[n]; {
		case !ok:
			missing = append(missing, n)
		case sum != hex.EncodeToString(h[:]):
			other = append(other, n)
		}
		delete(applied, n)
	}
	switch {
	case len(other) > 0:
		return found(Red, "applied in another form: %s", strings.Join(other, ", ")).mend("this program and this database do not belong together: install the version that the database was made by, or restore")
	case len(missing) > 0:
		return found(Red, "%d of %d migrations are not applied: %s", len(missing), len(names), strings.Join(missing, ", "))
	case len(applied) > 0:
		return found(Red, "the database is newer: it has %d migrations that this program does not know", len(applied)).mend("install the newer version of the program")
	}
	return found(Green, "all %d migrations, each as shipped; the newest is %s", len(names), slices.Max(names))
}

func rowSecurity(ctx context.Context, l *look) finding {
	if f, none := l.noDatabase(); none {
		return f
	}
	var all int
	var open []string
	err := l.DB.WithoutTenant(ctx, func(ctx context.Context, tx *pg.Tx) error {
		return tx.QueryRow(ctx, `select count(*), coalesce(array_agg(c.relname::text order by c.relname) filter (where not (c.relrowsecurity and c.relforcerowsecurity)), '{}')
			from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped
			where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')`).Scan(&all, &open)
	})
	switch {
	case err != nil:
		return found(CannotTell, "the catalog cannot be read: %s", why(err))
	case all == 0:
		return found(Red, "there is no table of a company").mend("start truckflow serve once with this version: it migrates the database")
	case len(open) > 0:
		return found(Red, "not forced on %s", strings.Join(open, ", "))
	}
	return found(Green, "forced on all %d tables that have rows of companies", all)
}

// settings are valid when there is a Config at all: it is refused otherwise. What a
// server on the internet needs beside that is looked at here.
func settings(_ context.Context, l *look) finding {
	given := len(l.Config.Environment())
	if strings.HasSuffix(l.Config.MailFrom, "@localhost") && l.Config.SMTPURL != "" {
		return found(Red, "mail is sent as %s, which others refuse", l.Config.MailFrom).mend("set TRUCKFLOW_MAIL_FROM to an address of your domain")
	}
	return found(Green, "%d settings, %d given, the rest their defaults; checked together", len(config.Settings), given)
}

func mailed(_ context.Context, l *look) finding {
	if l.Config.SMTPURL == "" {
		return found(Waiting, "SMTP_URL is not set: mail is kept and shown in the app")
	}
	return found(Green, "SMTP_URL is set, mail comes from %s", l.Config.MailFrom)
}

// backupStatus is the backups', or what to say without.
func (l *look) backupStatus() (*backup.Status, finding) {
	st, err := l.backups()
	if err != nil {
		return nil, found(Waiting, "the program takes no backups here: %s", why(err)).mend("let the program take them (truckflow config, TRUCKFLOW_BACKUP_…); or, where others back it up")
	}
	return st, finding{}
}

func backupVerified(_ context.Context, l *look) finding {
	st, none := l.backupStatus()
	switch {
	case st == nil:
		return none
	case st.Newest == nil:
		return found(Red, "there is no backup yet")
	case st.Verified == nil:
		return found(Red, "the newest backup, %s, was never read back", st.Newest.ID).mend("truckflow backup verify")
	case l.now.Sub(*st.Verified) > 48*time.Hour:
		return found(Red, "no backup has been read back since %s", ago(l.now, *st.Verified)).mend("truckflow backup verify")
	}
	return found(Green, "%s, %s, was read back %s ago; backups kept: %d", st.Newest.ID, usage.Size(st.Newest.Bytes), ago(l.now, *st.Verified), st.Backups)
}

func drilled(days int) func(context.Context, *look) finding {
	return func(_ context.Context, l *look) finding {
		st, none := l.backupStatus()
		switch {
		case st == nil:
			return none
		case st.LastDrill == nil:
			return found(Red, "a restore was never rehearsed")
		case !st.LastDrill.OK:
			return found(Red, "the last rehearsal, %s ago, failed: %s", ago(l.now, st.LastDrill.At), st.LastDrill.Problem)
		case l.now.Sub(st.LastDrill.At) > time.Duration(days)*24*time.Hour:
			return found(Red, "the last rehearsal is %s old", ago(l.now, st.LastDrill.At))
		}
		return found(Green, "%s ago: %s", ago(l.now, st.LastDrill.At), st.LastDrill)
	}
}

func recoveryKey(_ context.Context, l *look) finding {
	st, none := l.backupStatus()
	switch {
	case st == nil:
		return none
	case !st.Recovery:
		return found(Red, "there is none: if this server is lost, so are its backups")
	}
	return found(Green, "backups are also locked for a recovery key")
}

// ago is a span in words.
func ago(now, t time.Time) string {
	switch d := now.Sub(t); {
	case d < time.Hour:
		return fmt.Sprintf("%d minutes", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	}
}
