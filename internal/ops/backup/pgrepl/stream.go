package pgrepl

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"truckflow/internal/kit/errs"
)

// Receiver takes the log as it arrives. All calls come from one goroutine.
type Receiver interface {
	// Write takes bytes of the log beginning at at; sent is when the server
	// sent them, by its own clock. It returns up to where the log is safe, which
	// may be before what was just written.
	Write(at LSN, data []byte, sent time.Time) (safe LSN, err error)
	// Idle is called at least once a tick: where the log is safe now, end being
	// the server's end and sent its clock, zero when the server said nothing.
	Idle(end LSN, sent time.Time) (safe LSN, err error)
}

// Next is where a timeline went on under another number.
type Next struct {
	Timeline uint32
	At       LSN
}

// ErrSlotBusy says that another archiver is connected to the slot.
var ErrSlotBusy = errors.New("the slot is in use")

// ErrLogGone says that the server has not kept the log from the asked position.
var ErrLogGone = errors.New("the log from that position is gone")

// Stream receives timeline's log from position from until ctx ends, the
// connection breaks, or the timeline does: only then it returns where the log
// goes on, and no error. tick bounds the time between two answers to the server.
func (c *Conn) Stream(ctx context.Context, slot string, timeline uint32, from LSN, tick time.Duration, r Receiver) (*Next, error) {
	sql := fmt.Sprintf("START_REPLICATION SLOT %s PHYSICAL %s TIMELINE %d", quoteIdent(slot), from, timeline)
	c.pg.Frontend().SendQuery(&pgproto3.Query{String: sql})
	if err := c.pg.Frontend().Flush(); err != nil {
		return nil, err
	}
	s := streamer{c: c, r: r, safe: from, next: time.Now().Add(tick)}
	for {
		wait, cancel := context.WithDeadline(ctx, s.next)
		m, err := c.pg.ReceiveMessage(wait)
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && pgconn.Timeout(err):
			err = s.idle(0, time.Time{})
		case err != nil:
			return nil, errs.Unavailable("the log's stream broke off").Wrap(err)
		default:
			var done bool
			if done, err = s.take(m); done || err != nil {
				return s.after, err
			}
		}
		if err == nil && !time.Now().Before(s.next) {
			if err = s.idle(0, time.Time{}); err == nil {
				err = s.answer()
			}
			s.next = time.Now().Add(tick)
		}
		if err != nil {
			return nil, err
		}
	}
}

type streamer struct {
	c      *Conn
	r      Receiver
	safe   LSN
	next   time.Time // when the server is answered at the latest
	after  *Next
	failed error
}

func (s *streamer) take(m pgproto3.BackendMessage) (done bool, err error) {
	switch v := m.(type) {
	case *pgproto3.CopyData:
		return false, s.data(v.Data)
	case *pgproto3.CopyDone: // the timeline has ended; we end our side too
		s.c.pg.Frontend().Send(&pgproto3.CopyDone{})
		return false, s.c.pg.Frontend().Flush()
	case *pgproto3.DataRow:
		if len(v.Values) >= 2 {
			tl, err := strconv.ParseUint(string(v.Values[0]), 10, 32)
			if err != nil {
				return true, err
			}
			at, err := ParseLSN(string(v.Values[1]))
			if err != nil {
				return true, err
			}
			s.after = &Next{uint32(tl), at}
		}
	case *pgproto3.ErrorResponse:
		s.failed = streamError(pgconn.ErrorResponseToPgError(v))
	case *pgproto3.ReadyForQuery:
		if s.failed == nil && s.after == nil {
			s.failed = errs.Unavailable("the server ended the log's stream")
		}
		return true, s.failed
	}
	return false, nil
}

func streamError(pe *pgconn.PgError) error {
	switch pe.Code {
	case "55006":
		return errors.Join(ErrSlotBusy, pe)
	case "58P01", "55000": // segment removed; slot invalidated
		return errors.Join(ErrLogGone, pe)
	case "42704":
		return errs.NotFound("the replication slot is not there").Wrap(pe)
	}
	return errs.Unavailable("the server ended the log's stream: %s", pe.Message).Wrap(pe)
}

// data takes w(AL) and k(eepalive) messages.
func (s *streamer) data(d []byte) (err error) {
	switch {
	case len(d) >= 25 && d[0] == 'w':
		before := s.safe
		s.safe, err = s.r.Write(LSN(binary.BigEndian.Uint64(d[1:])), d[25:], time.UnixMicro(micros(d[17:])).UTC())
		if err == nil && s.safe > before {
			err = s.answer()
		}
	case len(d) >= 18 && d[0] == 'k':
		err = s.idle(LSN(binary.BigEndian.Uint64(d[1:])), time.UnixMicro(micros(d[9:])).UTC())
		if err == nil && d[17] == 1 {
			err = s.answer()
		}
	}
	return err
}

func (s *streamer) idle(end LSN, sent time.Time) (err error) {
	before := s.safe
	if s.safe, err = s.r.Idle(end, sent); err == nil && s.safe > before {
		err = s.answer()
	}
	return err
}

// answer tells the server up to where the log is safe with us: it may forget
// what lies before, and a synchronous commit that waits for it may return.
func (s *streamer) answer() error {
	b := make([]byte, 34)
	b[0] = 'r'
	for i := range 3 { // written, flushed, applied
		binary.BigEndian.PutUint64(b[1+8*i:], uint64(s.safe))
	}
	binary.BigEndian.PutUint64(b[25:], uint64(time.Now().UnixMicro()-epoch*1_000_000))
	s.c.pg.Frontend().Send(&pgproto3.CopyData{Data: b})
	return s.c.pg.Frontend().Flush()
}
