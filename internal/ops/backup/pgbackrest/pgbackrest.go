// Package pgbackrest drives the program of that name: it writes its settings,
// runs its commands as the account the database runs as, and reads what they
// say. It knows nothing of what a backup means to the house.
//
// Version 2.45 (Debian 12) or newer. Its manual: https://pgbackrest.org.
package pgbackrest

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // pgBackRest's names of segments
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/klauspost/compress/zstd"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/lines"
	"truckflow/internal/ops/backup/pgrepl"
)

// Stanza is the name under which pgBackRest knows the database.
const Stanza = "truckflow"

// Repo is one place where pgBackRest keeps copies and log. Either Path is a
// folder of this machine, or S3 says where the bucket is and Path is within it.
type Repo struct {
	Path string
	S3   *S3
}

// S3 is a bucket. pgBackRest speaks to it over TLS only.
type S3 struct {
	Host, Port         string
	Bucket, Region     string
	AccessKey, Secret  string
	CertificateOfStore string // file of the authority; "": those the system knows
}

// Server is the database, for the commands that speak to it.
type Server struct {
	Cluster              string // its data folder
	Socket, Port         string
	User, Password, Name string // Name is the database connected to
}

// Settings are what pgBackRest is told.
type Settings struct {
	Dir        string // its own folder: settings, locks; made when missing
	Repos      []Repo
	Cipher     string // passphrase; AES-256-CBC
	Server     Server
	QueueMax   string              // log that may wait on the database's disk before it is given up: "8GB"
	Processes  int                 // that compress and copy side by side
	Credential *syscall.Credential // whom it runs as; nil: as we do
	Own        func(path string) error
}

// Program is pgBackRest with its settings.
type Program struct {
	bin string
	set Settings
}

// Find is where the program is.
func Find() (string, error) {
	bin, err := exec.LookPath("pgbackrest")
	if err != nil {
		return "", errs.Unavailable("pgbackrest is not installed").Hint("apt install pgbackrest, or set TRUCKFLOW_BACKUP_ENGINE=builtin").Wrap(err)
	}
	return bin, nil
}

// ConfPath is the settings' file in dir.
func ConfPath(dir string) string { return filepath.Join(dir, "pgbackrest.conf") }

// ArchiveCommand is PostgreSQL's setting of that name, for settings in dir.
func ArchiveCommand(program, dir string) string {
	return strings.ReplaceAll(fmt.Sprintf(`"%s" --config="%s" --stanza=%s archive-push "`, program, ConfPath(dir), Stanza), "%", "%%") + `%p"`
}

// Open writes the settings.
func Open(s Settings) (*Program, error) {
	bin, err := Find()
	if err != nil {
		return nil, err
	}
	p := &Program{bin, s}
	text, err := Render(s)
	if err != nil {
		return nil, err
	}
	// Renamed into place: the server may be reading it just now.
	next := ConfPath(s.Dir) + ".new"
	if err := errors.Join(os.WriteFile(next, []byte(text), 0o600), s.Own(next)); err != nil {
		return nil, err
	}
	return p, os.Rename(next, ConfPath(s.Dir))
}

// Render is pgbackrest.conf.
func Render(s Settings) (string, error) {
	var b strings.Builder
	bad := ""
	set := func(name, value string) {
		if strings.ContainsAny(value, "\n\r") || strings.TrimSpace(value) != value {
			bad = name
		}
		if value != "" {
			fmt.Fprintf(&b, "%s=%s\n", name, value)
		}
	}
	b.WriteString("# Written by TruckFlow at every start.\n[global]\n")
	set("lock-path", filepath.Join(s.Dir, "lock"))
	set("spool-path", filepath.Join(s.Dir, "spool"))
	set("log-level-file", "off")
	set("process-max", strconv.Itoa(max(s.Processes, 1)))
	set("compress-type", "zst")
	set("compress-level", "1") // as quick as the program's own engine, within a few per cent of the size
	set("start-fast", "y")
	set("io-timeout", "15") // a store that is away is tried again later
	set("expire-auto", "n") // what goes is decided by the program's retention
	set("archive-push-queue-max", s.QueueMax)
	for i, r := range s.Repos {
		repo := "repo" + strconv.Itoa(i+1) + "-"
		set(repo+"path", r.Path)
		set(repo+"bundle", "y")
		set(repo+"cipher-type", "aes-256-cbc")
		set(repo+"cipher-pass", s.Cipher)
		set(repo+"retention-full", keepAll)
		if x := r.S3; x != nil {
			set(repo+"type", "s3")
			set(repo+"s3-endpoint", x.Host)
			set(repo+"storage-port", x.Port)
			set(repo+"s3-bucket", x.Bucket)
			set(repo+"s3-region", x.Region)
			set(repo+"s3-key", x.AccessKey)
			set(repo+"s3-key-secret", x.Secret)
			set(repo+"s3-uri-style", "path")
			set(repo+"storage-ca-file", x.CertificateOfStore)
		}
	}
	fmt.Fprintf(&b, "\n[%s]\n", Stanza)
	set("pg1-path", s.Server.Cluster)
	set("pg1-socket-path", s.Server.Socket)
	set("pg1-port", s.Server.Port)
	set("pg1-user", s.Server.User)
	set("pg1-database", s.Server.Name)
	if bad != "" {
		return "", errs.Invalid("pgBackRest's settings cannot carry this %s", bad).Hint("it begins or ends with a space, or has a line break")
	}
	return b.String(), nil
}

// keepAll is pgBackRest's largest number of copies: it expires none by itself.
const keepAll = "9999999"

// Dir is the program's own folder.
func (p *Program) Dir() string { return p.set.Dir }

// Cluster is the database's data folder.
func (p *Program) Cluster() string { return p.set.Server.Cluster }

// failure is a command that did not succeed.
type failure struct {
	code int
	text string // its first ERROR, with what follows
}

func (f *failure) Error() string {
	return fmt.Sprintf("pgbackrest ended with %d: %s", f.code, f.text)
}

// Codes with which pgBackRest ends (its error.yaml) when what is stored is wrong.
const (
	codeChecksum = 26
	codeFormat   = 29
	codeInvalid  = 39
	codeLocked   = 50 // nothing wrong: another is at it
	codeMissing  = 55
	codeCrypto   = 95
)

// Damage reports whether pgBackRest failed because what is stored is not what
// was stored, and which of it.
func Damage(err error) (what string, ok bool) {
	var f *failure
	if !errors.As(err, &f) {
		return "", false
	}
	switch f.code {
	case codeChecksum, codeFormat, codeInvalid, codeMissing, codeCrypto:
		return lines.First(f.text), true
	}
	return lines.First(f.text), strings.Contains(f.text, "[FormatError]") || strings.Contains(f.text, "[ChecksumError]") || strings.Contains(f.text, "[CryptoError]")
}

// gone ends what is left of a process group, and waits until nothing is: a helper
// that still writes would be in the way of whoever clears up.
func gone(group int) {
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for try := 0; syscall.Kill(-group, 0) == nil && try < 100; try++ {
		if try > 0 {
			_ = syscall.Kill(-group, syscall.SIGKILL)
		}
		<-again.C
	}
}

// listener cuts what is written into lines.
type listener struct {
	heed func(line string)
	rest string
}

func (l *listener) Write(b []byte) (int, error) {
	l.rest += string(b)
	for {
		line, rest, ok := strings.Cut(l.rest, "\n")
		if !ok {
			return len(b), nil
		}
		l.heed(line)
		l.rest = rest
	}
}

// run gives a command's output; each line of its log goes to heed. Another that
// holds pgBackRest's lock (a stanza being made by the archiver) is waited for.
func (p *Program) run(ctx context.Context, heed func(line string), args ...string) (out string, err error) {
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for range 60 {
		out, err = p.once(ctx, heed, args...)
		if f := (*failure)(nil); !errors.As(err, &f) || f.code != codeLocked {
			break
		}
		<-again.C
	}
	return out, err
}

func (p *Program) once(ctx context.Context, heed func(line string), args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, p.bin, append([]string{"--config=" + ConfPath(p.set.Dir), "--stanza=" + Stanza}, args...)...)
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", "PGPASSWORD=" + p.set.Server.Password}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.set.Credential, Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) } // its helpers too: they write
	cmd.WaitDelay = 10 * time.Second
	var all, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &all, &said
	if heed != nil {
		cmd.Stdout = io.MultiWriter(&all, &listener{heed: heed})
	}
	err := cmd.Run()
	if ctx.Err() != nil {
		if cmd.Process != nil {
			gone(cmd.Process.Pid)
		}
		return "", ctx.Err()
	}
	if err == nil {
		return all.String(), nil
	}
	f := &failure{code: cmd.ProcessState.ExitCode(), text: lines.Last(said.String(), 1)}
	if _, after, ok := strings.Cut(said.String()+all.String(), "ERROR: "); ok {
		f.text = strings.TrimSpace(after)
	}
	return all.String(), errs.Unavailable("pgbackrest %s failed: %s", args[0], lines.First(f.text)).Wrap(f)
}

func repoArg(n int) string { return "--repo=" + strconv.Itoa(n) }

// StanzaCreate prepares every repository for the database; one that is prepared
// stays as it is.
func (p *Program) StanzaCreate(ctx context.Context) error {
	_, err := p.run(ctx, nil, "stanza-create")
	return err
}

// Kinds of copies.
const (
	Full = "full" // everything
	Diff = "diff" // what changed since the last full one
	Incr = "incr" // what changed since the last of any kind
)

var (
	label   = regexp.MustCompile(`new backup label = (\S+)`)
	percent = regexp.MustCompile(`, (\d+(?:\.\d+)?)%\)`)
)

// Backup takes a copy of the kind into repository n and returns its label. The
// log that makes it whole is there then.
func (p *Program) Backup(ctx context.Context, n int, kind string, progress func(percent float64)) (name string, err error) {
	_, err = p.run(ctx, func(line string) {
		if m := label.FindStringSubmatch(line); m != nil {
			name = m[1]
		}
		tell(line, progress)
	}, "backup", repoArg(n), "--type="+kind, "--log-level-console=detail")
	if err == nil && name == "" {
		err = errs.Internal(nil, "pgbackrest did not say how the copy is called")
	}
	return name, err
}

func tell(line string, progress func(float64)) {
	m := percent.FindStringSubmatch(line)
	if m == nil || progress == nil {
		return
	}
	v, _ := strconv.ParseFloat(m[1], 64) // the pattern is a number
	progress(v)
}

// Set is one copy in a repository.
type Set struct {
	Label       string
	Kind        string
	Needs       []string // labels of the copies that hold a part of it
	Start, Stop pgrepl.LSN
	Timeline    uint32
	Began       time.Time
	Ended       time.Time
	Bytes       int64 // the cluster's size
	Stored      int64 // what it takes in the repository by itself
	SystemID    string
	Bad         bool // pgBackRest saw damaged pages while it copied
}

// Info lists the copies of repository n, oldest first.
func (p *Program) Info(ctx context.Context, n int) ([]Set, error) {
	out, err := p.run(ctx, nil, "info", repoArg(n), "--output=json")
	if err != nil {
		return nil, err
	}
	return parseInfo([]byte(out))
}

type infoFile struct {
	Backup []struct {
		Label     string   `json:"label"`
		Type      string   `json:"type"`
		Reference []string `json:"reference"`
		Error     bool     `json:"error"`
		LSN       struct {
			Start, Stop pgrepl.LSN
		} `json:"lsn"`
		Archive   struct{ Start string } `json:"archive"`
		Timestamp struct{ Start, Stop int64 }
		Info      struct {
			Size       int64
			Repository struct{ Delta int64 }
		}
		Database struct{ ID int }
	}
	DB []struct {
		ID       int
		SystemID uint64 `json:"system-id"`
	}
	Status struct {
		Code    int
		Message string
	}
	Repo []struct {
		Status struct {
			Code    int
			Message string
		}
	}
}

// parseInfo reads `info --output=json`.
func parseInfo(b []byte) ([]Set, error) {
	var stanzas []infoFile
	if err := json.Unmarshal(b, &stanzas); err != nil && bytes.Contains(b, []byte("[FormatError]")) {
		// It quotes the bytes that a wrong passphrase made of its file.
		return nil, errs.Conflict("pgbackrest cannot read its repository: it is damaged, or locked with another passphrase").Wrap(err)
	} else if err != nil {
		return nil, errs.Unavailable("pgbackrest info says what cannot be read").Wrap(err)
	}
	var out []Set
	for _, st := range stanzas {
		switch st.Status.Code {
		case 0, 1, 2, 3: // in order; no such stanza; no copies yet; nor anything else
		default:
			why := st.Status.Message
			if len(st.Repo) > 0 {
				why = lines.First(st.Repo[0].Status.Message)
			}
			return nil, errs.Unavailable("pgbackrest cannot read its repository: %s", why)
		}
		ids := map[int]string{}
		for _, d := range st.DB {
			ids[d.ID] = strconv.FormatUint(d.SystemID, 10)
		}
		for _, x := range st.Backup {
			tl, _ := strconv.ParseUint(x.Archive.Start[:min(8, len(x.Archive.Start))], 16, 32)
			out = append(out, Set{Label: x.Label, Kind: x.Type, Needs: x.Reference, Start: x.LSN.Start, Stop: x.LSN.Stop, Timeline: uint32(tl), Bad: x.Error,
				Began: time.Unix(x.Timestamp.Start, 0).UTC(), Ended: time.Unix(x.Timestamp.Stop, 0).UTC(), Bytes: x.Info.Size, Stored: x.Info.Repository.Delta, SystemID: ids[x.Database.ID]})
		}
	}
	return out, nil
}

// Restore unpacks the copy called label of repository n into the empty folder
// that the settings name as the cluster; tablespaces go to folders in spaces, by
// name. The log is not touched.
func (p *Program) Restore(ctx context.Context, n int, label, spaces string, progress func(percent float64)) error {
	_, err := p.run(ctx, func(line string) { tell(line, progress) }, "restore", repoArg(n), "--set="+label, "--type=none",
		"--tablespace-map-all="+spaces, "--log-level-console=detail")
	return err
}

type stored struct {
	Type string
	Size int64
}

func (p *Program) list(ctx context.Context, n int, within string) (files map[string]stored, err error) {
	args := []string{"repo-ls", repoArg(n), "--recurse", "--output=json"}
	if within != "" {
		args = append(args, within)
	}
	out, err := p.run(ctx, nil, args...)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(out), &files); err != nil {
		return nil, errs.Unavailable("pgbackrest repo-ls says what cannot be read").Wrap(err)
	}
	return files, nil
}

// Log lists the files of the log in repository n: by their names in PostgreSQL
// (segments and histories) where they lie.
func (p *Program) Log(ctx context.Context, n int) (map[string]string, error) {
	files, err := p.list(ctx, n, "archive/"+Stanza)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for at, f := range files {
		base := path.Base(at)
		if name, _, ok := strings.Cut(base, "-"); ok && f.Type == "file" && len(name) == segmentName { // SEGMENT-SHA1.zst
			names[name] = at
		} else if f.Type == "file" && strings.HasSuffix(base, ".history") {
			names[base] = at
		}
	}
	return names, nil
}

// Size is the bytes that repository n takes.
func (p *Program) Size(ctx context.Context, n int) (total int64, err error) {
	files, err := p.list(ctx, n, "")
	for _, f := range files {
		total += f.Size
	}
	return total, err
}

// Push archives a file of the log that the server was not told to archive; path
// is within its data folder.
func (p *Program) Push(ctx context.Context, path string) error {
	_, err := p.run(ctx, nil, "archive-push", path)
	return err
}

// segmentName is the length of a segment's name.
const segmentName = 24

// Get reads a file of the log that Log found at. Neither needs a database, as
// pgBackRest's own archive-get does; a segment is held against the hash in its name.
func (p *Program) Get(ctx context.Context, n int, at string) ([]byte, error) {
	out, err := p.run(ctx, nil, "repo-get", repoArg(n), "archive/"+Stanza+"/"+at)
	if err != nil {
		return nil, err
	}
	b := []byte(out)
	_, sum, segment := strings.Cut(path.Base(at), "-")
	if !segment {
		return b, nil
	}
	sum, packed := strings.CutSuffix(sum, ".zst")
	if packed {
		if b, err = unpack.DecodeAll(b, nil); err != nil {
			return nil, &failure{code: codeFormat, text: at + ": " + err.Error()}
		}
	}
	if have := sha1.Sum(b); hex.EncodeToString(have[:]) != sum {
		return nil, &failure{code: codeChecksum, text: at + " is not what its name says"}
	}
	return b, nil
}

// unpack is safe for concurrent use; the largest segment has 1 GB.
var unpack, _ = zstd.NewReader(nil, zstd.WithDecoderMaxMemory(1<<30+1<<20))

// Expire removes the copy called set ("": none) and those that need it from
// repository n, and the log that only copies before the newest keep full ones
// would need.
func (p *Program) Expire(ctx context.Context, n int, set string, keep int) error {
	args := []string{"expire", repoArg(n), fmt.Sprintf("--repo%d-retention-archive-type=full", n), fmt.Sprintf("--repo%d-retention-archive=%d", n, max(keep, 1))}
	if set != "" {
		args = append(args, "--set="+set)
	}
	_, err := p.run(ctx, nil, args...)
	return err
}
