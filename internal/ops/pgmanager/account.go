package pgmanager

import (
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"truckflow/internal/kit/errs"
)

// account is the unprivileged user that PostgreSQL runs as: ourselves, or, when
// we are root (as whom PostgreSQL refuses to run), a user to drop to.
type account struct {
	name     string
	uid, gid int
	drop     bool // true when we are root and must become this user
}

// Account is who a cluster's server runs as, for programs that work beside it.
type Account struct{ who account }

// AccountOf is the account of the cluster in that folder, or of one that is to be made there.
func AccountOf(cluster string) (Account, error) {
	who, err := whoRuns(cluster)
	return Account{who}, err
}

// Credential is what a child process is started with; nil keeps our own.
func (a Account) Credential() *syscall.Credential { return a.who.credential() }

// Own gives path to the account.
func (a Account) Own(path string) error { return a.who.own(path) }

// PrivateDir makes dir for the account alone. It refuses one behind a folder that
// the account cannot pass.
func (a Account) PrivateDir(dir string) error {
	if wall := a.who.blocked(filepath.Dir(dir)); wall != "" {
		return errs.Forbidden("the user %s, who runs PostgreSQL, cannot enter %s", a.who.name, wall).Hint("chmod o+x %s, or choose another folder", wall)
	}
	return privateDir(dir, a.who)
}

// whoRuns picks the account. An existing cluster is run by whoever owns it, so a
// folder made as root and as "postgres" stays usable when users change.
func whoRuns(cluster string) (account, error) {
	if os.Geteuid() != 0 {
		a := account{uid: os.Geteuid(), gid: os.Getegid(), name: "uid " + strconv.Itoa(os.Geteuid())}
		if uid, _, ok := ownerOf(cluster); ok && uid != a.uid {
			return a, errs.Forbidden("the database folder %s belongs to another user (uid %d)", cluster, uid).
				Hint("start as that user or as root, or choose another data folder")
		}
		return a, nil
	}
	if uid, gid, ok := ownerOf(cluster); ok {
		if uid == 0 {
			return account{}, errs.Conflict("the database folder %s belongs to root, as whom PostgreSQL refuses to run", cluster).
				Hint("give it to an ordinary user: chown -R postgres: %s", cluster)
		}
		a := account{uid: uid, gid: gid, name: "uid " + strconv.Itoa(uid), drop: true}
		if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
			a.name = u.Username
		}
		return a, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 == nil && err2 == nil && uid != 0 {
			return account{name: name, uid: uid, gid: gid, drop: true}, nil
		}
	}
	return account{}, errs.Unavailable("no unprivileged user to run PostgreSQL as").
		Hint("start TruckFlow as an ordinary user, or create one: useradd --system postgres")
}

// own gives path to the account; a no-op when we already are it.
func (a account) own(path string) error {
	if !a.drop {
		return nil
	}
	return os.Chown(path, a.uid, a.gid)
}

// credential is what a child process is started with; nil keeps our own.
func (a account) credential() *syscall.Credential {
	if !a.drop {
		return nil
	}
	return &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
}

// blocked returns the first folder on the way to path (path included) that the
// account may not pass through, or "" when the way is free.
func (a account) blocked(path string) string {
	if !a.drop {
		return ""
	}
	way := []string{path}
	for p := path; p != "/" && p != "."; p = filepath.Dir(p) {
		way = append(way, filepath.Dir(p))
	}
	for i := len(way) - 1; i >= 0; i-- {
		st, err := os.Stat(way[i])
		if err != nil {
			return "" // not made yet: we shall make it passable
		}
		uid, gid, _ := ownerOf(way[i])
		bit := os.FileMode(0o001)
		switch {
		case uid == a.uid:
			bit = 0o100
		case gid == a.gid:
			bit = 0o010
		}
		if st.Mode()&bit == 0 {
			return way[i]
		}
	}
	return ""
}

// ownerOf reports who owns path, and whether it is there at all.
func ownerOf(path string) (uid, gid int, ok bool) {
	st, err := os.Stat(path)
	if err != nil {
		return 0, 0, false
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(sys.Uid), int(sys.Gid), true
}
