package backup

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/ops/pgmanager"
	"truckflow/internal/ops/usage"
	"truckflow/internal/platform/blob/fileblob"
)

var benchMB = flag.Int64("mb", 100, "size of the database that BenchmarkBesideFloors fills")

// BenchmarkBesideFloors measures backups beside their floors: a base backup beside
// PostgreSQL's own pg_basebackup, a restore beside copying the files. The two take
// turns, so that what else the machine does falls on both. It needs about three
// times the size on the disk of TMPDIR; -benchtime 3x is three rounds.
func BenchmarkBesideFloors(b *testing.B) {
	root, err := os.MkdirTemp("", "tf-floors-")
	if err != nil {
		b.Fatal(err)
	}
	defer os.RemoveAll(root)
	if err := os.Chmod(root, 0o777); err != nil { // the database's account works here too
		b.Fatal(err)
	}
	if d, err := usage.DiskOf(root); err != nil || d.Free < 3**benchMB<<20+4<<30 {
		b.Fatalf("the disk of %s has %s free, and %s is needed: %v", root, usage.Size(d.Free), usage.Size(3**benchMB<<20+4<<30), err)
	}
	srv, err := pgmanager.Start(b.Context(), pgmanager.Config{Dir: filepath.Join(root, "data", "postgres"), MemoryMB: 2048})
	if err != nil {
		b.Fatal(err)
	}
	defer srv.Stop(context.Background())
	x := &bench{root: root, srv: srv}
	if err := x.fill(b.Context(), *benchMB<<20); err != nil {
		b.Fatal(err)
	}
	var all []turn
	for b.Loop() {
		t, err := x.turn(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, t)
	}
	x.print(all)
}

// turn is one round, in seconds.
type turn struct{ floorBackup, backup, readBack, copied, synced, restoreFiles, restore float64 }

type bench struct {
	root   string
	srv    *pgmanager.Server
	bytes  int64 // of the cluster
	stored int64
	memory [2]int64 // most that a backup and a restore held, bytes
}

// fill makes rows as a carrier's are: words that come again, numbers that do not.
func (b *bench) fill(ctx context.Context, size int64) error {
	c, err := pgx.Connect(ctx, b.srv.OwnerDSN())
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	_, err = c.Exec(ctx, `set synchronous_commit = off; create table load (id bigint primary key, number text, origin text, destination text, rate bigint, at timestamptz, note text)`)
	for n, at := int64(0), int64(0); err == nil && at < size; n += 200_000 {
		_, err = c.Exec(ctx, `insert into load select n, 'L-' || n, (array['Dallas, TX','Memphis, TN','Laredo, TX','Atlanta, GA','Fresno, CA','Joliet, IL'])[1 + n % 6],
			(array['Columbus, OH','Newark, NJ','Savannah, GA','Denver, CO'])[1 + n % 4], (random() * 400000)::int, now() - n * interval '1 minute',
			'Driver to check in at gate ' || n % 17 || ', reference ' || md5(n::text) || ', temperature ' || (random() * 60)::int || ' F, call before arrival'
			from generate_series($1::bigint, $1::bigint + 199999) n`, n)
		if err == nil {
			err = c.QueryRow(ctx, "select pg_database_size(current_database())").Scan(&at)
		}
	}
	if err == nil {
		_, err = c.Exec(ctx, "vacuum analyze load")
	}
	s, serr := pgx.Connect(ctx, b.srv.SuperDSN())
	if err = errors.Join(err, serr); err != nil {
		return err
	}
	defer s.Close(context.WithoutCancel(ctx))
	_, err = s.Exec(ctx, "checkpoint")
	return err
}

// turn measures each once: floor, ours, floor, ours.
func (b *bench) turn(ctx context.Context) (t turn, err error) {
	if t.floorBackup, err = b.baseBackup(ctx); err != nil {
		return t, err
	}
	store, home := filepath.Join(b.root, "store"), filepath.Join(b.root, "home")
	defer func() { err = errors.Join(err, os.RemoveAll(store), os.RemoveAll(home)) }()
	to, err := fileblob.Open(store)
	if err != nil {
		return t, err
	}
	defer to.Close()
	svc, err := Open(Config{Home: home, DSN: b.srv.SuperDSN(), Database: "truckflow", Stores: []Store{{Name: "folder", Blob: to}}})
	if err != nil {
		return t, err
	}
	forget()
	began := time.Now()
	m, err := svc.Run(ctx, nil)
	if err != nil {
		return t, err
	}
	t.backup, t.readBack = m.Took.Seconds(), time.Since(began).Seconds()-m.Took.Seconds()
	b.bytes, b.stored, b.memory[0] = m.Bytes, m.Stored, max(b.memory[0], most())
	if t.copied, t.synced, err = b.copy(ctx); err != nil {
		return t, err
	}
	forget()
	into := filepath.Join(b.root, "into")
	r, err := svc.Restore(ctx, Target{Into: into}, nil)
	if err != nil {
		return t, err
	}
	t.restoreFiles, t.restore, b.memory[1] = r.Copied.Seconds(), r.Took.Seconds(), max(b.memory[1], most())
	return t, os.RemoveAll(into)
}

// baseBackup is PostgreSQL's own, in clear, without checksums or waiting for the disk.
func (b *bench) baseBackup(ctx context.Context) (float64, error) {
	to := filepath.Join(b.root, "floor")
	if err := os.MkdirAll(to, 0o700); err != nil {
		return 0, err
	}
	defer os.RemoveAll(to)
	began := time.Now()
	cmd := exec.CommandContext(ctx, filepath.Join(b.srv.Bin(), "pg_basebackup"), "-d", b.srv.SuperDSN(), "-D", to, "-X", "none", "-c", "fast", "--no-manifest", "--no-sync")
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("pg_basebackup: %w: %s", err, out)
	}
	return time.Since(began).Seconds(), nil
}

// copy is what the files take to copy, and until they are on the disk, as those of
// a database that has been started are. The log is no part of it.
func (b *bench) copy(ctx context.Context) (copied, synced float64, err error) {
	to := filepath.Join(b.root, "copy")
	if err := os.Mkdir(to, 0o700); err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(to)
	es, err := os.ReadDir(b.srv.Cluster())
	if err != nil {
		return 0, 0, err
	}
	args := []string{"-r"}
	for _, e := range es {
		if e.Name() != "pg_wal" {
			args = append(args, filepath.Join(b.srv.Cluster(), e.Name()))
		}
	}
	began := time.Now()
	if out, err := exec.CommandContext(ctx, "cp", append(args, to)...).CombinedOutput(); err != nil {
		return 0, 0, fmt.Errorf("cp: %w: %s", err, out)
	}
	copied = time.Since(began).Seconds()
	err = filepath.WalkDir(to, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
	return copied, time.Since(began).Seconds(), err
}

// forget begins the measure of memory anew.
func forget() {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o200) // without it the measure is only too high
}

// most is the most memory held since forget.
func most() int64 {
	b, _ := os.ReadFile("/proc/self/status") // Linux
	var kb int64
	_, rest, _ := strings.Cut(string(b), "VmHWM:")
	_, _ = fmt.Sscan(rest, &kb)
	return kb << 10
}

func (b *bench) print(all []turn) {
	mb := float64(b.bytes) / 1e6
	mid := func(of func(turn) float64) float64 {
		var v []float64
		for _, t := range all {
			v = append(v, of(t))
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	fmt.Printf("database %.0f MB, stored %.0f MB; %d cores, medians of %d rounds taken in turns\n", mb, float64(b.stored)/1e6, runtime.NumCPU(), len(all))
	fmt.Printf("%-44s %8s %10s %10s\n", "", "seconds", "MB/s", "of floor")
	row := func(name string, of, floor func(turn) float64) {
		share := "–"
		if floor != nil { // the middle of the rounds' own shares: both of a round ran in the same minute
			share = fmt.Sprintf("%.0f %%", 100*mid(func(t turn) float64 { return floor(t) / of(t) }))
		}
		fmt.Printf("%-44s %8.1f %10.0f %10s\n", name, mid(of), mb/mid(of), share)
	}
	base, files, synced := func(t turn) float64 { return t.floorBackup }, func(t turn) float64 { return t.copied }, func(t turn) float64 { return t.synced }
	row("floor: pg_basebackup, in clear, no sync", base, nil)
	row("backup: compressed, encrypted, on disk", func(t turn) float64 { return t.backup }, base)
	row("and read back", func(t turn) float64 { return t.readBack }, nil)
	row("floor: cp of the files", files, nil)
	row("restore: the files", func(t turn) float64 { return t.restoreFiles }, files)
	row("floor: cp, until they are on the disk", synced, nil)
	row("restore: to a database that takes writes", func(t turn) float64 { return t.restore }, synced)
	fmt.Printf("%-44s %8.0f MB\n%-44s %8.0f MB\n", "most memory, backup", float64(b.memory[0])/1e6, "most memory, restore", float64(b.memory[1])/1e6)
	gb := mb / 1000
	fmt.Printf("%-44s %8.1f s\n%-44s %8.1f s\n%-44s %8.0f MB\n", "each GB more: backup", mid(func(t turn) float64 { return t.backup })/gb,
		"each GB more: restore", mid(func(t turn) float64 { return t.restore })/gb, "each GB more: stored", float64(b.stored)/1e6/gb)
}
