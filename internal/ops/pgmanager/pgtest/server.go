package pgtest

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"

	"github.com/jackc/pgx/v5/pgxpool"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/pgmanager"
)

// idleSeconds is how long the server outlives the last test process.
const idleSeconds = 300

//go:embed watch.sh
var watchScript string

// server is the machine's shared test server, as this process sees it.
type server struct {
	pg   *pgmanager.Server
	pool *pgxpool.Pool // superuser, database postgres
	use  *os.File      // shared flock, held until the process ends: we are using it
}

// shared starts or joins the server, once per process.
var shared = sync.OnceValues(func() (*server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return open(ctx)
})

func open(ctx context.Context) (*server, error) {
	bin, err := pgmanager.Find("")
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("truckflow-pgtest-%d-%d", os.Geteuid(), bin.Major))
	if err := ownFolder(dir); err != nil {
		return nil, err
	}
	s := &server{}
	// First say that we use it, then look whether it runs: the watchdog stops it
	// only while it holds this lock alone, so it cannot stop under us.
	if s.use, err = os.OpenFile(filepath.Join(dir, "users"), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(s.use.Fd()), syscall.LOCK_SH); err != nil {
		return nil, err
	}
	var started bool
	if s.pg, started, err = pgmanager.Share(ctx, pgmanager.Config{Dir: dir, Bin: bin.Dir}); err != nil {
		return nil, err
	}
	if started {
		if err := watch(s.use.Name(), s.pg); err != nil {
			return nil, err
		}
	}
	cfg, err := pgxpool.ParseConfig(s.pg.SuperDSN())
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = 4 // templates are cloned side by side, but the server is shared by many processes
	if s.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return nil, err
	}
	return s, s.sweep(ctx)
}

// ownFolder makes dir, and refuses one that somebody else put there: its name in
// the shared temporary folder can be guessed.
func ownFolder(dir string) error {
	if err := os.Mkdir(dir, 0o711); err != nil && !os.IsExist(err) {
		return err
	}
	st, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if sys, ok := st.Sys().(*syscall.Stat_t); !ok || !st.IsDir() || int(sys.Uid) != os.Geteuid() {
		return errs.Forbidden("%s is not ours", dir).Hint("remove it")
	}
	return nil
}

// watch leaves a watchdog behind that ends the server when nobody has used it
// for a while. It is a shell script because it must outlive every test binary.
func watch(users string, pg *pgmanager.Server) error {
	cmd := exec.Command("sh", "-c", watchScript, "truckflow-pgtest-watch",
		users, strconv.Itoa(pg.PID()), pg.Cluster(), strconv.Itoa(idleSeconds))
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	go cmd.Wait() // not to leave a zombie while we live
	return nil
}
