package backup

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/clock"
	"truckflow/internal/ops/pgmanager"
	"truckflow/internal/platform/blob"
	"truckflow/internal/platform/blob/fileblob"
	"truckflow/internal/platform/blob/s3blob"
	"truckflow/internal/platform/blob/versitygwtest"
)

// torture runs every fault several times instead of two once (make torture).
var torture = flag.Bool("torture", false, "every fault, several times each")

// TestMain lets this test binary also play the carrier's machine that dies.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "machine" {
		if err := machine(os.Args[2:]); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// machine is what a server does: its database, the archiver, a base backup. It
// prints "ready DSN PID" and lives until it is killed. Arguments: data folder,
// async or sync, then one store each: a folder or an S3 address.
func machine(args []string) error {
	ctx := context.Background()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	srv, err := pgmanager.Start(ctx, pgmanager.Config{Dir: filepath.Join(args[0], "postgres"), MemoryMB: 1024, Log: log})
	if err != nil {
		return err
	}
	if err := Unblock(ctx, srv.SuperDSN()); err != nil {
		return err
	}
	cfg := Config{Home: filepath.Join(args[0], "backup"), DSN: srv.SuperDSN(), Database: "truckflow", Every: 200 * time.Millisecond, Clock: jumpy{args[0]}, Sync: args[1] == "sync", Log: log, SpoolMax: 64 << 20}
	for _, a := range args[2:] {
		b, err := openStore(ctx, a)
		if err != nil {
			return err
		}
		cfg.Stores = append(cfg.Stores, Store{Name: a, Blob: b})
	}
	s, err := Open(cfg)
	if err != nil {
		return err
	}
	c, err := pgx.Connect(ctx, srv.OwnerDSN())
	if err != nil {
		return err
	}
	if _, err := c.Exec(ctx, "create table if not exists load (id bigint primary key, note text not null)"); err != nil {
		return err
	}
	s.ArchiveMeanwhile(ctx)
	if _, err := s.Run(ctx, nil); err != nil {
		return err
	}
	fmt.Println("ready", srv.OwnerDSN(), srv.PID())
	select {}
}

// jumpy is a clock that somebody sets while the machine runs: the file "clock" in
// the data folder says by how much it is wrong. It is the program's own, because
// libfaketime reaches only programs that ask the C library for the time, and ours
// asks the kernel; so the database and the archiver disagree, which is the harder case.
type jumpy struct{ dir string }

func (j jumpy) Now() time.Time {
	now := clock.System.Now()
	b, err := os.ReadFile(filepath.Join(j.dir, "clock"))
	if err != nil {
		return now
	}
	wrong, err := time.ParseDuration(string(b))
	if err != nil {
		panic(err)
	}
	return now.Add(wrong)
}

// setClock makes the victim's clock wrong by d.
func (v *victim) setClock(d time.Duration) {
	v.t.Helper()
	f := filepath.Join(v.dir, "clock")
	if err := errors.Join(os.WriteFile(f+".new", []byte(d.String()), 0o600), os.Rename(f+".new", f)); err != nil {
		v.t.Fatal(err)
	}
	v.wrong = d
}

func openStore(ctx context.Context, at string) (blob.Store, error) {
	if !strings.HasPrefix(at, "http") {
		return fileblob.Open(at)
	}
	u, err := url.Parse(at)
	if err != nil {
		return nil, err
	}
	pass, _ := u.User.Password()
	return s3blob.Open(ctx, s3blob.Settings{Endpoint: "http://" + u.Host, Bucket: "backup", AccessKey: u.User.Username(), SecretKey: pass, PathStyle: true, CreateBucket: true})
}

// victim is a running machine and what it has acknowledged.
type victim struct {
	t      *testing.T
	dir    string
	stores []string
	cmd    *exec.Cmd
	dsn    string
	pg     int
	quit   chan struct{}
	work   sync.WaitGroup
	next   atomic.Int64
	wrong  time.Duration // by how much its clock is wrong
	mu     sync.Mutex
	acked  map[int64]time.Time // outside of the database, on another machine so to speak
}

func born(t *testing.T, mode string, stores ...string) *victim {
	t.Helper()
	v := &victim{t: t, dir: filepath.Join(scratch(t), "data"), stores: stores, quit: make(chan struct{}), acked: map[int64]time.Time{}}
	if err := os.MkdirAll(v.dir, 0o711); err != nil {
		t.Fatal(err)
	}
	v.cmd = exec.CommandContext(context.Background(), os.Args[0], append([]string{"machine", v.dir, mode}, stores...)...)
	var said strings.Builder
	v.cmd.Stderr = &said
	out, err := v.cmd.StdoutPipe()
	if err == nil {
		err = v.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.kill(); v.die() })
	line, err := bufio.NewReader(out).ReadString('\n')
	f := strings.Fields(line)
	if err != nil || len(f) != 3 || f[0] != "ready" {
		t.Fatalf("the machine did not start: %q %v\n%s", line, err, said.String())
	}
	v.dsn = f[1]
	v.pg, _ = strconv.Atoi(f[2]) // 0 fails at the first kill
	for range 4 {
		v.work.Go(v.write)
	}
	return v
}

// write commits load after load, reconnecting when the database dies.
func (v *victim) write() {
	for {
		c, err := pgx.Connect(context.Background(), v.dsn)
		for err == nil {
			select {
			case <-v.quit:
				_ = c.Close(context.Background())
				return
			default:
			}
			id := v.next.Add(1)
			if _, err = c.Exec(context.Background(), "insert into load values ($1, repeat('acknowledged ', 8))", id); err == nil {
				v.mu.Lock()
				v.acked[id] = time.Now()
				v.mu.Unlock()
			}
		}
		select {
		case <-v.quit:
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (v *victim) count() int { v.mu.Lock(); defer v.mu.Unlock(); return len(v.acked) }

// grow waits for n more acknowledged loads.
func (v *victim) grow(n int) {
	v.t.Helper()
	from := v.count()
	await(v.t, "loads to be acknowledged", func() bool { return v.count() >= from+n })
}

// toil has loads acknowledged, some of them certainly stored, some just now.
func (v *victim) toil() {
	v.t.Helper()
	v.grow(1000)
	v.settle()
	v.grow(200)
}

// kill ends database and program at once, as a power cut does.
func (v *victim) kill() {
	if v.cmd.ProcessState != nil {
		return
	}
	if b, err := os.ReadFile(filepath.Join(v.dir, "postgres", "cluster", "postmaster.pid")); err == nil {
		line, _, _ := strings.Cut(string(b), "\n")
		if pid, err := strconv.Atoi(line); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL) // its children end with it
		}
	}
	_ = v.cmd.Process.Kill()
	_ = v.cmd.Wait()
}

func (v *victim) die() {
	select {
	case <-v.quit:
	default:
		close(v.quit)
	}
	v.work.Wait()
}

// outcome is one row of the table.
type outcome struct {
	fault         string
	acked, lost   int // lost: acknowledged before the moment the program said was safe
	beyond        int // acknowledged after it and gone: what the shown recovery point allows
	shown, window time.Duration
	rto           time.Duration
}

// after restores from the stores alone and holds the result against what was
// acknowledged and attempted.
func (v *victim) after(fault string, died time.Time) outcome {
	v.t.Helper()
	v.die()
	var st State
	b, err := os.ReadFile(filepath.Join(v.dir, "backup", "state.json"))
	if err == nil {
		err = json.Unmarshal(b, &st)
	}
	keys, kerr := openKeys(filepath.Join(v.dir, "backup"), "")
	if err := errors.Join(err, kerr, os.RemoveAll(filepath.Join(v.dir, "postgres"))); err != nil { // the machine is gone for good
		v.t.Fatal(err)
	}
	st.Covered = st.Covered.Add(-v.wrong) // what its clock calls so
	cfg := Config{Home: scratch(v.t)}
	for _, a := range v.stores {
		s, err := openStore(v.t.Context(), a)
		if err != nil {
			v.t.Fatal(err)
		}
		cfg.Stores = append(cfg.Stores, Store{Name: a, Blob: s})
	}
	into := filepath.Join(scratch(v.t), "into")
	r, err := open(cfg, keys).Restore(v.t.Context(), Target{Into: into}, nil)
	if err != nil {
		v.t.Fatalf("%s: %v", fault, err)
	}
	o := outcome{fault: fault, acked: len(v.acked), shown: died.Sub(st.Covered), rto: r.Took}
	have := map[int64]bool{}
	for _, id := range loads(v.t, into) {
		have[id] = true
		if id < 1 || id > v.next.Load() {
			v.t.Errorf("%s: load %d was never written", fault, id)
		}
	}
	first := died
	for id, at := range v.acked {
		if have[id] {
			continue
		}
		if at.Before(first) {
			first = at
		}
		if at.Before(st.Covered) {
			o.lost++
		} else {
			o.beyond++
		}
	}
	o.window = died.Sub(first)
	if o.lost > 0 {
		v.t.Errorf("%s: %d of %d loads that were said to be safe are lost", fault, o.lost, o.acked)
	}
	return o
}

// TestTorture kills the machine in every way while loads are acknowledged, and
// restores from the stores alone: what was said to be safe is there, and
// nothing is that was never written.
func TestTorture(t *testing.T) {
	folder := func(t *testing.T) string { return filepath.Join(scratch(t), "store") }
	faults := []struct {
		name string
		long bool
		run  func(t *testing.T) outcome
	}{
		{"power cut", false, func(t *testing.T) outcome {
			v := born(t, "async", folder(t))
			v.toil()
			died := time.Now()
			v.kill()
			return v.after("power cut", died)
		}},
		{"power cut, S3", false, func(t *testing.T) outcome {
			gw := versitygwtest.Start(t)
			v := born(t, "async", fmt.Sprintf("http://%s:%s@%s", gw.AccessKey, gw.SecretKey, strings.TrimPrefix(gw.Endpoint, "http://")))
			v.toil()
			died := time.Now()
			v.kill()
			return v.after("power cut, S3", died)
		}},
		{"clock set on, then back", false, func(t *testing.T) outcome {
			v := born(t, "async", folder(t))
			for _, wrong := range []time.Duration{2 * time.Hour, -3 * time.Hour} {
				v.setClock(wrong)
				v.toil()
			}
			died := time.Now()
			v.kill()
			return v.after("clock set on, then back", died)
		}},
		{"power cut, synchronous", false, func(t *testing.T) outcome {
			v := born(t, "sync", folder(t))
			time.Sleep(time.Second) // commits wait for the archiver from here on
			v.toil()
			died := time.Now()
			v.kill()
			if err := v.ship(); err != nil { // the spool is what synchronous means; its disk is there
				t.Fatal(err)
			}
			o := v.after("power cut, synchronous", died)
			if o.beyond > 0 {
				t.Errorf("synchronous archiving lost %d acknowledged loads", o.beyond)
			}
			return o
		}},
		{"database killed, then the power", true, func(t *testing.T) outcome {
			v := born(t, "async", folder(t))
			v.grow(200)
			if err := syscall.Kill(v.pg, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			v.toil() // it came back, and the archiver with it
			died := time.Now()
			v.kill()
			return v.after("database killed, then the power", died)
		}},
		{"program killed", true, func(t *testing.T) outcome {
			v := born(t, "async", folder(t))
			v.toil()
			died := time.Now()
			_ = v.cmd.Process.Kill()
			_ = v.cmd.Wait()
			return v.after("program killed", died)
		}},
		{"torn segment in the spool", true, func(t *testing.T) outcome {
			v := born(t, "async", folder(t))
			v.toil()
			died := time.Now()
			v.kill()
			parts, _ := filepath.Glob(filepath.Join(v.dir, "backup", "spool", "*"+partial))
			for _, p := range parts {
				if st, err := os.Stat(p); err != nil || os.Truncate(p, st.Size()/2) != nil {
					t.Fatal("the spool could not be torn")
				}
			}
			return v.after("torn segment in the spool", died)
		}},
		{"store full", true, storeFull},
		{"S3 away, slow and cut off", true, storeAway},
	}
	times := 1
	if *torture {
		times = 3
	}
	var all []outcome
	for _, f := range faults {
		if f.long && !*torture {
			continue
		}
		for range times {
			t.Run(f.name, func(t *testing.T) { all = append(all, f.run(t)) })
		}
	}
	t.Logf("%-34s %8s %6s %8s %10s %10s %8s", "fault", "acked", "lost", "beyond", "shown RPO", "window", "RTO")
	for _, o := range all {
		t.Logf("%-34s %8d %6d %8d %10s %10s %8s", o.fault, o.acked, o.lost, o.beyond, o.shown.Round(time.Millisecond), o.window.Round(time.Millisecond), o.rto.Round(10*time.Millisecond))
	}
}

// ship stores what the dead machine's spool holds, as its next start would.
func (v *victim) ship() error {
	keys, err := openKeys(filepath.Join(v.dir, "backup"), "")
	if err != nil {
		return err
	}
	st, err := openStore(v.t.Context(), v.stores[0])
	if err != nil {
		return err
	}
	s := open(Config{Home: filepath.Join(v.dir, "backup"), Stores: []Store{{Blob: st}}}, keys)
	m, err := s.repo.pick(v.t.Context(), "", time.Time{})
	if err != nil {
		return err
	}
	parts, err := filepath.Glob(filepath.Join(v.dir, "backup", "spool", "0*"))
	for _, p := range parts {
		b, rerr := os.ReadFile(p)
		name := strings.TrimSuffix(filepath.Base(p), partial)
		if _, perr := s.repo.putWAL(v.t.Context(), walHeader{m.SystemID, name, 0, int64(len(b)), time.Time{}}, m.SegmentSize, b); len(b) > 0 {
			err = errors.Join(err, rerr, perr)
		}
	}
	return err
}

// storeFull gives the first store a disk of 12 MB on which it runs full while
// loads are written.
func storeFull(t *testing.T) outcome {
	dir := filepath.Join(scratch(t), "small")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=12m"); err != nil {
		t.Fatalf("this fault needs root, to mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	v := born(t, "async", filepath.Join(dir, "store"))
	v.grow(200)
	filler := filepath.Join(dir, "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(f, io.LimitReader(zeros{}, 64<<20))
	if err = errors.Join(err, f.Close()); err == nil {
		t.Fatal("the disk did not run full")
	}
	v.grow(400) // commits go on
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	v.settle()
	died := time.Now()
	v.kill()
	return v.after("store full for a while", died)
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// settle waits until a moment after now is covered.
func (v *victim) settle() {
	v.t.Helper()
	now := time.Now()
	await(v.t, "the archiver to catch up", func() bool {
		var st State
		b, err := os.ReadFile(filepath.Join(v.dir, "backup", "state.json"))
		// A moment that the clock, as it is now, has not come to was noted before it was set.
		if err != nil || json.Unmarshal(b, &st) != nil {
			return false
		}
		covered := st.Covered.Add(-v.wrong)
		return covered.After(now) && !covered.After(time.Now())
	})
}

// storeAway has an S3 store as the only one, behind a wire that is cut, that
// crawls, and that breaks uploads off in the middle.
func storeAway(t *testing.T) outcome {
	gw := versitygwtest.Start(t)
	u, err := url.Parse(gw.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, u.Host)
	at := fmt.Sprintf("http://%s:%s@%s", gw.AccessKey, gw.SecretKey, w.addr())
	v := born(t, "async", at)
	v.grow(200)
	for _, how := range []int32{wireCut, wireHalf, wireSlow} {
		w.how.Store(how)
		v.grow(200)
		time.Sleep(time.Second)
	}
	w.how.Store(wireWhole)
	v.settle()
	v.grow(100)
	died := time.Now()
	v.kill()
	return v.after("S3 away, slow and cut off", died)
}

// The states of a wire.
const (
	wireWhole int32 = iota
	wireCut         // nothing connects
	wireHalf        // every connection breaks off after a few kilobytes
	wireSlow        // a few kilobytes a second
)

// wire is a TCP connection with faults.
type wire struct {
	ln  net.Listener
	to  string
	how atomic.Int32
}

func newWire(t *testing.T, to string) *wire {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{ln: ln, to: to}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go w.carry(c)
		}
	}()
	return w
}

func (w *wire) addr() string { return w.ln.Addr().String() }

func (w *wire) carry(c net.Conn) {
	defer c.Close()
	if w.how.Load() == wireCut {
		return
	}
	d, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer d.Close()
	go func() { _, _ = io.Copy(c, d); _ = c.Close() }()
	buf, sent := make([]byte, 4096), 0
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		switch w.how.Load() {
		case wireCut:
			return
		case wireHalf:
			if sent += n; sent > 8<<10 {
				return
			}
		case wireSlow:
			time.Sleep(100 * time.Millisecond)
		}
		if _, err := d.Write(buf[:n]); err != nil {
			return
		}
	}
}
