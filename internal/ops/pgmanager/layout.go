package pgmanager

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"truckflow/internal/kit/durable"
	"truckflow/internal/kit/errs"
)

// maxSocketPath is what the kernel accepts for a Unix socket's path, without
// the closing NUL (sun_path).
const maxSocketPath = 107

// layout names the files of one folder. dir is ours; home holds what the
// server's account must reach, and is the same folder unless place moved it.
type layout struct {
	dir, home               string
	lock, passwords         string
	cluster, log, run, conf string
}

func newLayout(dir string) layout {
	return layout{dir: dir, lock: filepath.Join(dir, "lock"), passwords: filepath.Join(dir, "passwords.json")}.at(dir)
}

func (l layout) at(home string) layout {
	l.home = home
	l.cluster = filepath.Join(home, "cluster")
	l.log = filepath.Join(home, "log")
	l.run = filepath.Join(home, "run")
	l.conf = filepath.Join(l.cluster, "truckflow.conf")
	return l
}

// openDir makes the folder and resolves links in its path, because the path is
// compared with what /proc says about running servers.
func openDir(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(abs, 0o755); err != nil {
		return "", errs.Unavailable("cannot make the data folder %s", abs).
			Hint("choose another data folder, or make this one writable").Wrap(err)
	}
	return filepath.EvalSymlinks(abs)
}

// place decides where the cluster lives. Normally that is l.dir. When we are
// root and the folder lies behind one that the server's account cannot enter (a
// clone in /root), the cluster goes to a folder of its own under /var/lib and
// l.dir/location says where: opening up /root would be worse. The new folder's
// name is random, so deleting l.dir always means starting empty.
func place(l layout, log *slog.Logger) (layout, error) {
	pointer := filepath.Join(l.dir, "location")
	if b, err := os.ReadFile(pointer); err == nil {
		return l.at(strings.TrimSpace(string(b))), nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return l, err
	}
	who, err := whoRuns(l.cluster)
	if err != nil {
		return l, err
	}
	wall := who.blocked(filepath.Dir(l.dir))
	if wall == "" {
		return l, nil
	}
	if _, err := os.Stat(l.cluster); err == nil {
		return l, errs.Forbidden("the user %s, who runs PostgreSQL, cannot enter %s", who.name, wall).
			Hint("chmod o+x %s, or move the data folder to a place such as /var/lib/truckflow", wall)
	}
	base := "/var/lib/truckflow"
	if strings.HasPrefix(l.dir, os.TempDir()+"/") {
		base = os.TempDir() // what belongs to a scratch folder stays scratch
	}
	home := filepath.Join(base, "truckflow-pg-"+strings.ToLower(rand.Text()[:12]))
	if b := who.blocked(base); b != "" {
		return l, errs.Forbidden("the user %s, who runs PostgreSQL, cannot enter %s", who.name, wall).
			Hint("chmod o+x %s, or choose a data folder such as /srv/truckflow", wall)
	}
	if err := os.MkdirAll(home, 0o711); err != nil {
		return l, err
	}
	log.Warn("the database is kept outside the data folder, which its user cannot enter",
		"folder", home, "user", who.name, "closed", wall)
	note := []byte("the database of " + l.dir + "\n")
	if err := os.WriteFile(filepath.Join(home, "belongs-to"), note, 0o644); err != nil {
		return l, err
	}
	return l.at(home), durable.WriteFile(pointer, []byte(home+"\n"), 0o644)
}

// prepare makes the folders around the cluster with the owners they need.
func (l layout) prepare(who account) error {
	if who.drop {
		// The account passes through, and sees only its own folders.
		if err := os.Chmod(l.home, 0o711); err != nil {
			return err
		}
	}
	for _, d := range []string{l.log, l.run} {
		if err := privateDir(d, who); err != nil {
			return err
		}
	}
	return nil
}

// privateDir makes d for the account alone. A folder that someone else made (in
// a shared /tmp) is refused: the socket's folder is part of the protection.
func privateDir(d string, who account) error {
	if err := os.Mkdir(d, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	st, err := os.Lstat(d)
	if err != nil {
		return err
	}
	uid, _, _ := ownerOf(d)
	if !st.IsDir() || (uid != os.Geteuid() && uid != who.uid) {
		return errs.Forbidden("%s is not ours to use", d).Hint("remove it, or choose another data folder")
	}
	if err := os.Chmod(d, 0o700); err != nil {
		return err
	}
	return who.own(d)
}

// socketDir returns the folder of the socket: run/, or a short private one when
// the kernel would refuse the path. The short one is in /tmp, not in
// XDG_RUNTIME_DIR: that folder is emptied at log-out, and a server outlives it.
// PostgreSQL itself touches its sockets hourly, so /tmp cleaners leave them.
func (l layout) socketDir(who account, port string) (string, error) {
	if len(filepath.Join(l.run, ".s.PGSQL."+port)) <= maxSocketPath {
		return l.run, nil
	}
	h := sha256.Sum256([]byte(l.cluster))
	d := "/tmp/truckflow-" + hex.EncodeToString(h[:6])
	return d, privateDir(d, who)
}
