// Package pgpubsub carries news between instances with PostgreSQL's LISTEN and
// NOTIFY, so that several instances need nothing but the database. Each
// process holds one connection that listens and at most two that publish.
//
// LISTEN needs a session of its own: the DSN must lead to PostgreSQL itself or
// to a pooler in session mode.
package pgpubsub

import (
	"context"
	"encoding/base64"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/pg"
	"truckflow/internal/platform/pubsub"
	"truckflow/internal/platform/pubsub/hub"
)

// Settings say where PostgreSQL is.
type Settings struct {
	DSN       string        // any role that may connect will do
	Channel   string        // the one NOTIFY channel all topics share; default "truckflow_news"
	Timeout   time.Duration // for publishing, and for Subscribe to wait for the link; default 2 s
	Keepalive time.Duration // how long the link may be silent before it is checked; default 20 s
	Absent    bool          // the server does not answer yet: do not ask
	Log       *slog.Logger  // told when the link breaks and comes back
}

// PubSub is a pubsub.PubSub.
type PubSub struct {
	pool  *pgxpool.Pool // publishes
	set   Settings
	hub   *hub.Hub
	stop  context.CancelFunc
	ended sync.WaitGroup
}

var _ pubsub.PubSub = (*PubSub)(nil)

// Open connects; the server must answer now (but see Settings.Absent). Later breaks heal by themselves.
func Open(ctx context.Context, s Settings) (*PubSub, error) {
	if s.Channel == "" {
		s.Channel = "truckflow_news"
	}
	if s.Timeout <= 0 {
		s.Timeout = 2 * time.Second
	}
	if s.Keepalive <= 0 {
		s.Keepalive = 20 * time.Second
	}
	cfg, err := pg.ParsePrimary(s.DSN) // a standby neither listens nor notifies
	if err != nil {
		return nil, err
	}
	cfg.MaxConns, cfg.MinConns = 2, 0
	cfg.MaxConnIdleTime = time.Minute
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), cfg)
	if err != nil {
		return nil, unreachable(err)
	}
	p := &PubSub{pool: pool, set: s, hub: hub.New()}
	if !s.Absent {
		if err := p.Ping(ctx); err != nil {
			pool.Close()
			return nil, err
		}
	}
	listen, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.stop = stop
	p.ended.Go(func() { p.keepListening(listen) })
	return p, nil
}

func unreachable(cause error) error {
	return errs.Unavailable("the database does not answer").
		Hint("check that PostgreSQL runs and that DATABASE_URL is right").Wrap(cause)
}

// keepListening keeps the link alive until ctx ends.
func (p *PubSub) keepListening(ctx context.Context) {
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, 3*time.Second) {
		began := time.Now()
		err := p.listen(ctx)
		p.hub.Down()
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > 10*time.Second {
			pause = 20 * time.Millisecond
		}
		p.set.Log.Warn("the news link to postgresql broke, connecting again", "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// listen connects and hands out messages until the link breaks.
func (p *PubSub) listen(ctx context.Context) error {
	conn, err := p.connect(ctx)
	if err != nil {
		return err
	}
	defer func() {
		bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(bye)
	}()
	p.hub.Up()
	p.set.Log.Debug("listening for news through postgresql")
	for {
		quiet, cancel := context.WithTimeout(ctx, p.set.Keepalive)
		n, err := conn.WaitForNotification(quiet)
		silent := quiet.Err() != nil
		cancel()
		switch {
		case err == nil:
			p.receive(n.Payload)
		case ctx.Err() != nil:
			return ctx.Err()
		case silent && !conn.IsClosed():
			// Nothing came: a peer that vanished without a word looks the
			// same, so ask.
			if err := p.check(ctx, conn); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

func (p *PubSub) connect(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, p.pool.Config().ConnConfig)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{p.set.Channel}.Sanitize()); err != nil {
		_ = conn.Close(ctx)
		return nil, err
	}
	return conn, nil
}

func (p *PubSub) check(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, p.set.Timeout)
	defer cancel()
	return conn.Ping(ctx)
}

// A payload is the topic, a newline (which no topic holds), t for text or b
// for base64, and the message.
func encode(topic string, msg []byte) string {
	if pubsub.IsText(msg) {
		return topic + "\nt" + string(msg)
	}
	return topic + "\nb" + base64.RawStdEncoding.EncodeToString(msg)
}

func decode(payload string) (topic string, msg []byte, ok bool) {
	topic, body, ok := strings.Cut(payload, "\n")
	if !ok || topic == "" || body == "" {
		return "", nil, false
	}
	switch body[0] {
	case 't':
		return topic, []byte(body[1:]), true
	case 'b':
		msg, err := base64.RawStdEncoding.DecodeString(body[1:])
		return topic, msg, err == nil
	}
	return "", nil, false
}

func (p *PubSub) receive(payload string) {
	topic, msg, ok := decode(payload)
	if !ok {
		p.set.Log.Warn("a notification on our channel is not ours", "channel", p.set.Channel, "bytes", len(payload))
		return
	}
	p.hub.Deliver(topic, msg)
}

// Publish implements pubsub.PubSub. What the server cannot carry this process's
// own subscribers hear all the same.
func (p *PubSub) Publish(ctx context.Context, topic string, msg []byte) error {
	if err := pubsub.Check(topic, msg); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, p.set.Timeout)
	defer cancel()
	if _, err := p.pool.Exec(ctx, "SELECT pg_notify($1, $2)", p.set.Channel, encode(topic, msg)); err != nil {
		p.hub.Deliver(topic, msg)
		return unreachable(err)
	}
	return nil
}

// Subscribe implements pubsub.PubSub.
func (p *PubSub) Subscribe(ctx context.Context, topic string) (<-chan []byte, func()) {
	wait, cancel := context.WithTimeout(ctx, p.set.Timeout)
	defer cancel()
	p.hub.Wait(wait)
	return p.hub.Subscribe(ctx, topic)
}

// Ping implements pubsub.PubSub.
func (p *PubSub) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.set.Timeout)
	defer cancel()
	if err := p.pool.Ping(ctx); err != nil {
		return unreachable(err)
	}
	return nil
}

// Close implements pubsub.PubSub. It waits for connections to say goodbye, but
// not longer than Timeout: one whose server fell silent takes the pool 15 s,
// which must not hold up the program's end.
func (p *PubSub) Close() {
	p.stop()
	p.hub.Close()
	p.ended.Wait()
	closed := make(chan struct{})
	go func() {
		p.pool.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(p.set.Timeout):
	}
}
