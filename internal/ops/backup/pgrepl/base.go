package pgrepl

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"truckflow/internal/kit/errs"
)

// Tablespace is a part of the database with a tar of its own.
type Tablespace struct {
	OID      string // "" is the data folder itself
	Location string // where it lies on the server; "" for the data folder
	Size     int64  // bytes, as the server estimated before it began
}

// Sink takes what a base backup sends. Archive is called once for each
// tablespace, in order, and closed when its tar is whole; Manifest last.
type Sink interface {
	Archive(ts Tablespace) (io.WriteCloser, error)
	Manifest() (io.WriteCloser, error)
}

// Base is what a base backup was of.
type Base struct {
	Timeline    uint32
	Start, Stop LSN // the log between them is needed to make the copy whole
	Tablespaces []Tablespace
}

// BaseBackup sends a copy of the whole cluster to sink while the server works
// on. rate bounds it in kilobytes a second (0: as fast as it can).
func (c *Conn) BaseBackup(ctx context.Context, label string, rate int, sink Sink) (b Base, err error) {
	opts := []string{"LABEL '" + strings.ReplaceAll(label, "'", "''") + "'", "CHECKPOINT 'fast'", "WAIT false", "TABLESPACE_MAP true", "PROGRESS true",
		"MANIFEST 'yes'", "MANIFEST_CHECKSUMS 'CRC32C'"}
	if rate > 0 {
		opts = append(opts, fmt.Sprintf("MAX_RATE %d", max(rate, 32)))
	}
	c.pg.Frontend().SendQuery(&pgproto3.Query{String: "BASE_BACKUP (" + strings.Join(opts, ", ") + ")"})
	if err := c.pg.Frontend().Flush(); err != nil {
		return b, err
	}
	r := baseReader{sink: sink, base: &b}
	for {
		m, err := c.pg.ReceiveMessage(ctx)
		if err != nil {
			return b, errs.Unavailable("the base backup broke off").Wrap(err)
		}
		done, err := r.take(m)
		if err != nil {
			return b, err
		}
		if done {
			return b, nil
		}
	}
}

// baseReader follows one BASE_BACKUP through its messages.
type baseReader struct {
	sink   Sink
	base   *Base
	result int // which result set we are in: 1 start, 2 tablespaces, 3 end
	next   int // tablespace whose archive comes next
	cur    io.WriteCloser
	failed error // the server's own; it still sends ReadyForQuery
}

func (r *baseReader) take(m pgproto3.BackendMessage) (done bool, err error) {
	switch v := m.(type) {
	case *pgproto3.RowDescription:
		r.result++
	case *pgproto3.DataRow:
		err = r.row(v.Values)
	case *pgproto3.CopyData:
		err = r.copy(v.Data)
	case *pgproto3.CopyDone:
		err = r.close()
	case *pgproto3.ErrorResponse:
		r.failed = pgconn.ErrorResponseToPgError(v)
	case *pgproto3.ReadyForQuery:
		if r.failed != nil {
			return true, errs.Unavailable("the server ended the base backup: %s", r.failed.Error()).Wrap(r.failed)
		}
		return true, r.close()
	}
	return false, err
}

func (r *baseReader) row(v [][]byte) (err error) {
	switch {
	case r.result == 1 && len(v) >= 2:
		var tl uint64
		if r.base.Start, err = ParseLSN(string(v[0])); err == nil {
			tl, err = strconv.ParseUint(string(v[1]), 10, 32)
			r.base.Timeline = uint32(tl)
		}
	case r.result == 2 && len(v) >= 3:
		size, _ := strconv.ParseInt(string(v[2]), 10, 64) // kilobytes; absent without PROGRESS
		r.base.Tablespaces = append(r.base.Tablespaces, Tablespace{OID: string(v[0]), Location: string(v[1]), Size: size << 10})
	case r.result > 2 && len(v) >= 1:
		r.base.Stop, err = ParseLSN(string(v[0]))
	}
	return err
}

// copy takes one message of the backup's stream: n(ew archive), m(anifest),
// d(ata) or p(rogress).
func (r *baseReader) copy(d []byte) (err error) {
	if len(d) == 0 {
		return nil
	}
	switch d[0] {
	case 'n':
		if err := r.close(); err != nil {
			return err
		}
		name, rest, _ := bytes.Cut(d[1:], []byte{0})
		location, _, _ := bytes.Cut(rest, []byte{0})
		ts := Tablespace{Location: string(location)}
		if string(name) != "base.tar" {
			ts.OID = strings.TrimSuffix(string(name), ".tar")
		}
		for _, x := range r.base.Tablespaces {
			if x.OID == ts.OID {
				ts = x
			}
		}
		r.cur, err = r.sink.Archive(ts)
	case 'm':
		if err := r.close(); err != nil {
			return err
		}
		r.cur, err = r.sink.Manifest()
	case 'd':
		if r.cur == nil {
			return errs.Internal(nil, "the server sent bytes of no archive")
		}
		_, err = r.cur.Write(d[1:])
	}
	return err
}

func (r *baseReader) close() error {
	if r.cur == nil {
		return nil
	}
	c := r.cur
	r.cur = nil
	return c.Close()
}

// epoch is 2000-01-01, from which the protocol counts microseconds.
const epoch = 946684800

// micros turns the protocol's time into a Unix one, in microseconds.
func micros(b []byte) int64 { return int64(binary.BigEndian.Uint64(b)) + epoch*1_000_000 }
