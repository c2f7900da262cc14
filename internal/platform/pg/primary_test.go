package pg_test

import (
	"net"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/pg"
)

// TestSilentPeersAreGivenUp reads the kernel's settings of a connection: a machine
// that lost power says nothing, and must not be believed in for a quarter of an hour.
func TestSilentPeersAreGivenUp(t *testing.T) {
	t.Parallel()
	cfg, err := pg.ParsePrimary("postgres://u:p@127.0.0.1:1,127.0.0.1:2/x")
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c, err := cfg.ConnConfig.DialFunc(t.Context(), "tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ level, opt, want int }{
		{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1}, {unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 3}, {unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 1},
		{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 3}, {unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 6000},
	} {
		if err := raw.Control(func(fd uintptr) {
			if got, err := unix.GetsockoptInt(int(fd), x.level, x.opt); err != nil || got != x.want {
				t.Errorf("option %d is %d, %v, want %d", x.opt, got, err, x.want)
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	if cfg.ConnConfig.ConnectTimeout <= 0 || cfg.ConnConfig.ValidateConnect == nil {
		t.Error("a host that never answers, or a standby, would be waited for or taken")
	}
	if _, err := pg.ParsePrimary("postgres://u:hunter2@:x:/"); !errs.Is(err, errs.KindInvalid) {
		t.Errorf("an address that is none: %v", err)
	}
}
