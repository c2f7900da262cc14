package app

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// TestEndingWhileOthersAsk: told to end, the program says so on /readyz and goes
// on answering, each connection a last time, until the load balancer has noticed.
func TestEndingWhileOthersAsk(t *testing.T) {
	t.Parallel()
	a := build(t, t.TempDir())
	ln := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	a.cfg.DrainSeconds = 1
	a.cfg.Port = ln.Addr().(*net.TCPAddr).Port
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	noticed := make(chan time.Time)
	a.drained = func() <-chan time.Time { return noticed }
	ctx, end := context.WithCancel(t.Context())
	defer end()
	ended := make(chan error, 1)
	started := make(chan struct{})
	go func() { ended <- a.Serve(ctx, func(string) { close(started) }) }()
	select {
	case <-started:
	case err := <-ended:
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{}}
	ask := func(path string) (status int, last bool) {
		res := must(client.Get(a.LocalURL() + path))(t)
		defer res.Body.Close()
		_, _ = io.Copy(io.Discard, res.Body)
		return res.StatusCode, res.Close
	}
	if status, last := ask("/readyz"); status != 200 || last {
		t.Fatalf("while it runs: %d, last %v", status, last)
	}
	kept := must(net.Dial("tcp", ln.Addr().String()))(t)
	defer kept.Close()
	if _, err := io.WriteString(kept, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if res, err := http.ReadResponse(bufio.NewReader(kept), nil); err != nil || res.Close {
		t.Fatalf("on a connection to keep: %+v, %v", res, err)
	}
	end()
	until(t, "not ready", func() bool { status, _ := ask("/readyz"); return status == http.StatusServiceUnavailable })
	for range 3 {
		if status, last := ask("/sign-in"); status != http.StatusSeeOther && status != 200 || !last {
			t.Errorf("while it ends: %d, last %v", status, last)
		}
	}
	select {
	case err := <-ended:
		t.Fatalf("ended before the load balancer had noticed: %v", err)
	default:
	}
	close(noticed)
	until(t, "nobody is let in", func() bool {
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	// What was on its way on a connection kept open is answered, not cut.
	if _, err := io.WriteString(kept, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if res, err := http.ReadResponse(bufio.NewReader(kept), nil); err != nil || res.StatusCode != http.StatusOK || !res.Close {
		t.Errorf("on a kept connection at the end: %+v, %v", res, err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := client.Get(a.LocalURL() + "/healthz"); err == nil {
		t.Error("it still listens")
	}
}
