package pg

import (
	"context"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sys/unix"

	"truckflow/internal/kit/errs"
)

// A machine that loses power or is cut off says nothing: without these the
// kernel would believe in its connections for a quarter of an hour.
const (
	dialWait   = 5 * time.Second // for one host to answer, where the DSN says nothing else
	silentFor  = 3 * time.Second // a connection on which nothing comes is asked whether it lives
	askedAgain = time.Second     // and so often more, three times
	deadAfter  = 6 * time.Second // so is one given up that does not take what we send
	freshWait  = 2 * time.Second // for a connection after one broke: whoever waits has waited already
	betweenNew = 10 * time.Millisecond
)

// ParsePrimary reads a DSN of one host or several, for connections to the one
// that takes writes: a standby, or a primary that was made read-only, is passed
// over as if it did not answer. A DSN's own target_session_attrs is kept.
func ParsePrimary(dsn string) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		// pgx redacts the password in this error.
		return nil, errs.Invalid("the database address cannot be read").
			Hint("check DATABASE_URL: postgres://user:password@host:5432/database, several hosts as host1:5432,host2:5432").Wrap(err)
	}
	if c := cfg.ConnConfig; c.ValidateConnect == nil {
		c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	lively(cfg)
	return cfg, nil
}

// parseReading reads a DSN for reading while there is no primary: a standby first, and
// any host that answers.
func parseReading(dsn string) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, errs.Invalid("the address of the database to read from cannot be read").Hint("check DATABASE_READ_URL").Wrap(err)
	}
	if c := cfg.ConnConfig; len(c.Fallbacks) > 0 {
		c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPreferStandby
	} else if !strings.Contains(dsn, "target_session_attrs") {
		c.ValidateConnect = nil
	}
	lively(cfg)
	cfg.MaxConnIdleTime = time.Minute // they are needed while the primary is away
	return cfg, nil
}

// lively has dead peers found out, and a pool that lost everything grow again
// step by step: instances that all lost the same primary come back at once.
func lively(cfg *pgxpool.Config) {
	c := cfg.ConnConfig
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = dialWait
	}
	d := &net.Dialer{Timeout: c.ConnectTimeout, Control: giveUpSilent,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: silentFor, Interval: askedAgain, Count: 3}}
	c.DialFunc = d.DialContext
	p := &pace{every: betweenNew}
	cfg.BeforeConnect = func(ctx context.Context, _ *pgx.ConnConfig) error { return p.wait(ctx) }
}

// giveUpSilent ends a connection whose peer confirms nothing of what was sent.
func giveUpSilent(network, _ string, c syscall.RawConn) (err error) {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	if e := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(deadAfter.Milliseconds()))
	}); e != nil {
		return e
	}
	return err
}

// pace lets one through at a time.
type pace struct {
	every time.Duration
	mu    sync.Mutex
	next  time.Time
}

func (p *pace) wait(ctx context.Context) error {
	p.mu.Lock()
	now := time.Now()
	if p.next.Before(now) {
		p.next = now
	}
	d := p.next.Sub(now)
	p.next = p.next.Add(p.every)
	p.mu.Unlock()
	if d <= 0 {
		return nil
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ConnectPrimary makes one connection to the host of dsn that takes writes.
func ConnectPrimary(ctx context.Context, dsn string) (*pgx.Conn, error) {
	cfg, err := ParsePrimary(dsn)
	if err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, cfg.ConnConfig)
}

// ConnectApp is ConnectPrimary for working as the program does: a login that could
// bypass row security becomes AppRole.
func ConnectApp(ctx context.Context, dsn string) (*pgx.Conn, error) {
	c, err := ConnectPrimary(ctx, dsn)
	if err != nil {
		return nil, err
	}
	if err := becomeWeak(ctx, c); err != nil {
		_ = c.Close(ctx)
		return nil, err
	}
	return c, nil
}
