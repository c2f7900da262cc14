package pgpubsub_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// proxy stands between a driver and the real PostgreSQL, which other tests use
// too, and can vanish as a killed server does.
type proxy struct {
	t      *testing.T
	socket string // where we listen
	server string // where PostgreSQL listens
	DSN    string // leads through the proxy

	mu     sync.Mutex
	l      net.Listener
	conns  map[net.Conn]struct{}
	frozen map[net.Conn]struct{} // bytes of these go nowhere
}

func newProxy(t *testing.T, dsn string) *proxy {
	t.Helper()
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "tfproxy")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, socket: filepath.Join(dir, ".s.PGSQL.5432"), conns: map[net.Conn]struct{}{}, frozen: map[net.Conn]struct{}{}}
	p.server = net.JoinHostPort(cfg.Host, fmt.Sprint(cfg.Port))
	if filepath.IsAbs(cfg.Host) {
		p.server = filepath.Join(cfg.Host, fmt.Sprintf(".s.PGSQL.%d", cfg.Port))
	}
	p.DSN = fmt.Sprintf("host=%s port=5432 user=%s password='%s' dbname=%s sslmode=disable", dir, cfg.User, cfg.Password, cfg.Database)
	p.restart()
	t.Cleanup(func() {
		p.kill()
		os.RemoveAll(dir)
	})
	return p
}

func (p *proxy) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.l.Close()
	for c := range p.conns {
		c.Close()
	}
	clear(p.conns)
	clear(p.frozen)
}

func (p *proxy) restart() {
	l, err := net.Listen("unix", p.socket)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	p.l = l
	p.mu.Unlock()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
}

// freeze lets the connections there are be silent for ever, as when a machine
// loses power: no end of the connection is ever seen.
func (p *proxy) freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		p.frozen[c] = struct{}{}
	}
}

func (p *proxy) serve(c net.Conn) {
	network := "tcp"
	if filepath.IsAbs(p.server) {
		network = "unix"
	}
	s, err := net.Dial(network, p.server)
	if err != nil {
		c.Close()
		return
	}
	p.mu.Lock()
	p.conns[c], p.conns[s] = struct{}{}, struct{}{}
	p.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { p.copy(s, c) })
	both.Go(func() { p.copy(c, s) })
	both.Wait()
}

func (p *proxy) copy(to, from net.Conn) {
	_, _ = io.Copy(writer{p, to}, from)
	p.mu.Lock()
	_, frozen := p.frozen[from]
	p.mu.Unlock()
	if !frozen {
		to.Close()
	}
}

type writer struct {
	p  *proxy
	to net.Conn
}

func (w writer) Write(b []byte) (int, error) {
	w.p.mu.Lock()
	_, frozen := w.p.frozen[w.to]
	w.p.mu.Unlock()
	if frozen {
		return len(b), nil
	}
	return w.to.Write(b)
}
