package harden

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Socket is one that waits for connections (tcp) or datagrams (udp).
type Socket struct {
	Proto string
	Addr  netip.Addr
	Port  int
}

// Loopback says that only this machine reaches it.
func (s Socket) Loopback() bool { return s.Addr.IsLoopback() }

// String is "0.0.0.0:5432/tcp".
func (s Socket) String() string {
	return netip.AddrPortFrom(s.Addr, uint16(s.Port)).String() + "/" + s.Proto
}

// ListeningSockets reads the kernel's tables below root ("/" outside tests).
func ListeningSockets(root string) (out []Socket, err error) {
	read := 0
	for _, t := range []struct{ file, proto, state string }{
		{"tcp", "tcp", "0A"}, {"tcp6", "tcp", "0A"}, // LISTEN
		{"udp", "udp", "07"}, {"udp6", "udp", "07"}, // unconnected
	} {
		b, err := os.ReadFile(filepath.Join(root, "proc/net", t.file))
		if errors.Is(err, fs.ErrNotExist) {
			continue // no IPv6, perhaps
		} else if err != nil {
			return nil, err
		}
		read++
		for n, line := range strings.Split(string(b), "\n") {
			w := strings.Fields(line)
			if n == 0 || len(w) < 4 || w[3] != t.state {
				continue
			}
			s, err := parseSocket(t.proto, w[1])
			if err != nil {
				return nil, err
			}
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	if read == 0 {
		return nil, fmt.Errorf("%s is not there", filepath.Join(root, "proc/net/tcp"))
	}
	return out, nil
}

// parseSocket reads "0100007F:1538": words of four bytes in the machine's order,
// which is little-endian on everything we run on.
func parseSocket(proto, s string) (Socket, error) {
	host, port, _ := strings.Cut(s, ":")
	b, err := hex.DecodeString(host)
	n, err2 := strconv.ParseUint(port, 16, 16)
	if err := errors.Join(err, err2); err != nil || len(b)%4 != 0 {
		return Socket{}, fmt.Errorf("socket %q: %w", s, err)
	}
	for i := 0; i+4 <= len(b); i += 4 {
		slices.Reverse(b[i : i+4])
	}
	a, ok := netip.AddrFromSlice(b)
	if !ok {
		return Socket{}, fmt.Errorf("socket %q has no address", s)
	}
	return Socket{proto, a.Unmap(), int(n)}, nil
}
