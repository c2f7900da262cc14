package harden

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"truckflow/internal/config"
	"truckflow/internal/ops/pgmanager"
)

// Options say what to look at beside this machine.
type Options struct {
	Config *config.Config
	Sites  []Target // whose TLS and headers are probed; none: those items do not apply
	Folder string   // a rendered deployment; "" for none
	RAMMB  int      // of the machine it is for; 0 when not said
	VulnDB string   // the Go vulnerability database; "" for none
	Build  *debug.BuildInfo
}

// secretFiles are those that settings name (JWT_SECRET_FILE).
func secretFiles(environ []string) (files []string) {
	for _, kv := range environ {
		k, v, _ := strings.Cut(kv, "=")
		base, ok := strings.CutSuffix(k, "_FILE")
		if ok && v != "" && slices.ContainsFunc(config.Settings, func(s config.Setting) bool { return s.Name == base && s.Secret }) {
			files = append(files, v)
		}
	}
	return files
}

// Audit runs every probe and reports every item of the catalogue at least once.
func Audit(ctx context.Context, s System, o Options) Report {
	f, fwErr := ReadFirewall(ctx, s)
	sockets, sockErr := ListeningSockets(s.Root)
	ssh, sshErr := SSHConfig(ctx, s)
	items := FirewallItems(f, fwErr, sockets, sockErr)
	items = append(items, SSHItems(ssh, sshErr)...)
	items = append(items, Fail2BanItems(ctx, s)...)
	items = append(items, WireGuardItems(ctx, s)...)
	items = append(items, UpdateItems(ctx, s)...)
	items = append(items, HostItems(ctx, s)...)
	for _, t := range o.Sites {
		items = append(items, SiteItems(ctx, t)...)
	}
	if o.Config.DatabaseURL != "" {
		items = append(items, PostgresItems(ctx, o.Config.DatabaseURL, "")...)
	} else if own, err := pgmanager.Running(ctx, pgmanager.Config{Dir: filepath.Join(o.Config.DataDir, "postgres"), Bin: o.Config.PGBin}); err == nil {
		items = append(items, PostgresItems(ctx, own.AppDSN(), own.SuperDSN())...)
	}
	if o.Config.RedisURL != "" {
		items = append(items, RedisItems(ctx, o.Config.RedisURL)...)
	}
	if o.Folder != "" {
		items = append(items, FolderItems(o.Folder, o.RAMMB)...)
	}
	items = append(items, FileItems(s, o.Config.DataDir, secretFiles(os.Environ()))...)
	items = append(items, SecretItem(secretsOf(o.Config)), Exposed(o.Config), VulnerabilityItem(o.VulnDB, o.Build, s.Clock.Now()))
	return NewReport(s.Clock.Now(), inOrder(items))
}

// FolderItems judges the files of a rendered deployment by their names. ramMB is
// the memory of the machine it is for; 0 leaves that out.
func FolderItems(dir string, ramMB int) (items []Item) {
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // what cannot be read is not there; compose.loads says so
		}
		switch name := d.Name(); {
		case slices.Contains([]string{"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"}, name):
			items = append(items, ComposeItems(path)...)
		case name == "postgresql.conf":
			items = append(items, PostgresFile(path, ramMB))
		case strings.HasSuffix(name, ".conf") && strings.Contains(path, "nginx"):
			items = append(items, NginxFile(path))
		}
		return nil
	})
	return items
}

// without says why an item of the catalogue has no finding.
func without(i Item) Item {
	switch i.Area {
	case "tls", "web":
		return i.absent("no site was named: --host https://…")
	case "postgres":
		return i.absent("DATABASE_URL is not set, and the program's own database does not run now, or not for this user")
	case "redis":
		return i.absent("REDIS_URL is not set")
	case "containers":
		return i.absent("no rendered deployment was named, or it has no such file: --dir DIR")
	}
	return i.unknown("nothing was found")
}

// inOrder sorts findings as the catalogue has them and adds what is missing.
func inOrder(found []Item) (out []Item) {
	for _, d := range catalogue {
		n := len(out)
		for _, i := range found {
			if id, _, _ := strings.Cut(i.ID, "@"); id == d.ID {
				out = append(out, i)
			}
		}
		if len(out) == n {
			out = append(out, without(d))
		}
	}
	return out
}

// Exposed looks at how the program itself is set up to be reached.
func Exposed(c *config.Config) Item {
	i := item("app.exposed")
	u, err := url.Parse(c.PublicURL)
	ip, perr := netip.ParseAddr(c.Listen)
	near := c.Listen == "localhost" || perr == nil && ip.IsLoopback()
	var wrong []string
	if !near {
		wrong = append(wrong, "it listens on "+net.JoinHostPort(c.Listen, "PORT")+" without TLS")
	}
	if err == nil && u.Scheme != "https" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" {
		wrong = append(wrong, "people reach it at "+c.PublicURL)
	}
	return i.judge(wrong, "it listens on "+c.Listen+", people reach it at "+c.PublicURL)
}

// secretsOf are the settings that must not be guessed. What only opens a
// service of others (mail, files) is theirs to judge.
func secretsOf(c *config.Config) []Secret {
	pass := func(address string) string {
		u, err := url.Parse(address)
		if err != nil || u.User == nil {
			return ""
		}
		p, _ := u.User.Password()
		return p
	}
	return []Secret{
		{"JWT_SECRET", string(c.JWTSecret), 96}, {"DATABASE_URL's password", pass(c.DatabaseURL), 60},
		{"REDIS_URL's password", pass(c.RedisURL), 60}, {"S3_SECRET_ACCESS_KEY", c.S3SecretKey, 60},
	}
}

// HostOf is the host's name in an address; "" when there is none.
func HostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
