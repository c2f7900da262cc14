// Package pgrepl speaks PostgreSQL's streaming replication protocol: base
// backups and the write-ahead log (WAL) as it is written, from a server of
// version 15 or newer (the protocol of base backups changed there), with no
// client program of the same version.
//
// Source of every message: PostgreSQL's manual, "Streaming Replication Protocol".
package pgrepl

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"truckflow/internal/kit/errs"
)

// MinVersion is the oldest server, as server_version_num counts.
const MinVersion = 150000

// LSN is a position in the write-ahead log, in bytes since its beginning.
type LSN uint64

// String writes the position as PostgreSQL does: 16/B374D848.
func (l LSN) String() string { return fmt.Sprintf("%X/%X", uint32(l>>32), uint32(l)) }

// MarshalText makes JSON show what people know from PostgreSQL.
func (l LSN) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText is ParseLSN.
func (l *LSN) UnmarshalText(b []byte) (err error) {
	*l, err = ParseLSN(string(b))
	return err
}

// ParseLSN reads 16/B374D848.
func ParseLSN(s string) (LSN, error) {
	hi, lo, ok := strings.Cut(s, "/")
	a, err1 := strconv.ParseUint(hi, 16, 32)
	b, err2 := strconv.ParseUint(lo, 16, 32)
	if !ok || err1 != nil || err2 != nil {
		return 0, errs.Invalid("%.40q is not a position in the log", s).Hint("write it as PostgreSQL does, such as 16/B374D848")
	}
	return LSN(a<<32 | b), nil
}

// SegmentName is the file that holds segment number n of a timeline, for
// segments of size bytes each.
func SegmentName(timeline uint32, n uint64, size int64) string {
	per := uint64(0x1_0000_0000) / uint64(size)
	return fmt.Sprintf("%08X%08X%08X", timeline, n/per, n%per)
}

var segmentName = regexp.MustCompile(`^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$`)

// ParseSegment reads a segment's file name; ok is false for anything else.
func ParseSegment(name string, size int64) (timeline uint32, n uint64, ok bool) {
	m := segmentName.FindStringSubmatch(name)
	if m == nil {
		return 0, 0, false
	}
	var v [3]uint64
	for i := range v {
		v[i], _ = strconv.ParseUint(m[i+1], 16, 32) // eight hex digits
	}
	per := uint64(0x1_0000_0000) / uint64(size)
	return uint32(v[0]), v[1]*per + v[2], v[2] < per
}

// System is who the server is and where its log ends.
type System struct {
	ID          string // the system identifier that initdb drew; the same on every replica and restored copy
	Timeline    uint32
	End         LSN   // the last position on the server's disk
	Version     int   // server_version_num: 150020
	SegmentSize int64 // bytes of one WAL file
}

// Major is the server's major version: 15.
func (s System) Major() int { return s.Version / 10000 }

// Conn is one replication connection; not for concurrent use.
type Conn struct{ pg *pgconn.PgConn }

// Connect opens a replication connection under the name app, which is also
// what synchronous_standby_names knows it by. The role needs REPLICATION (a
// superuser has it); the error for one without says the exact statement.
func Connect(ctx context.Context, dsn, app string) (*Conn, error) {
	cfg, err := pgconn.ParseConfig(dsn)
	if err != nil {
		return nil, errs.Invalid("the database's address for backups cannot be read").Wrap(err)
	}
	cfg.RuntimeParams["replication"] = "true"
	cfg.RuntimeParams["application_name"] = app
	delete(cfg.RuntimeParams, "statement_timeout")
	c, err := pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, refused(err, cfg.User)
	}
	return &Conn{c}, nil
}

// refused says what a person can do about a server that does not let us in.
func refused(err error, user string) error {
	pe := (*pgconn.PgError)(nil)
	switch {
	case !errors.As(err, &pe):
		return errs.Unavailable("the database does not answer a backup").Wrap(err)
	case pe.Code == "42501":
		return errs.Forbidden("the role %s may not take backups", user).
			Hint("as a superuser: ALTER ROLE %s REPLICATION;", quoteIdent(user)).Wrap(err)
	case pe.Code == "28000" && strings.Contains(pe.Message, "pg_hba.conf"):
		return errs.Forbidden("the server lets no replication connection of %s in", user).
			Hint("add to pg_hba.conf, then reload: host replication %s samenet scram-sha-256", user).Wrap(err)
	case pe.Code == "53300":
		return errs.Unavailable("the server has no free WAL sender").Hint("raise max_wal_senders, or end another backup or replica").Wrap(err)
	case pe.Code == "28P01":
		return errs.Forbidden("the server does not accept the password of %s", user).Wrap(err)
	}
	return errs.Unavailable("the database refuses a backup: %s", pe.Message).Wrap(err)
}

func quoteIdent(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// Close ends the connection.
func (c *Conn) Close(ctx context.Context) { _ = c.pg.Close(ctx) }

// rows runs a replication command and returns its first result, as text.
func (c *Conn) rows(ctx context.Context, sql string) ([][]string, error) {
	res, err := c.pg.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, err
	}
	var out [][]string
	if len(res) > 0 {
		for _, r := range res[0].Rows {
			row := make([]string, len(r))
			for i, v := range r {
				row[i] = string(v)
			}
			out = append(out, row)
		}
	}
	return out, nil
}

// Identify asks the server who it is. One older than MinVersion is refused.
func (c *Conn) Identify(ctx context.Context) (System, error) {
	rows, err := c.rows(ctx, "IDENTIFY_SYSTEM")
	if err != nil {
		return System{}, errs.Unavailable("the database does not say who it is").Wrap(err)
	}
	if len(rows) != 1 || len(rows[0]) < 3 {
		return System{}, errs.Internal(nil, "IDENTIFY_SYSTEM answered %d rows", len(rows))
	}
	s := System{ID: rows[0][0]}
	tl, err := strconv.ParseUint(rows[0][1], 10, 32)
	if err != nil {
		return s, errs.Internal(err, "the server's timeline")
	}
	s.Timeline = uint32(tl)
	if s.End, err = ParseLSN(rows[0][2]); err != nil {
		return s, err
	}
	if s.Version, err = c.version(ctx); err != nil {
		return s, err
	}
	s.SegmentSize, err = c.segmentSize(ctx)
	return s, err
}

func (c *Conn) version(ctx context.Context) (int, error) {
	rows, err := c.rows(ctx, "SHOW server_version_num")
	if err != nil || len(rows) == 0 {
		return 0, errs.Unavailable("the server does not say its version").Wrap(err)
	}
	v, err := strconv.Atoi(rows[0][0])
	if err == nil && v < MinVersion {
		err = errs.Unsupported("PostgreSQL %d is too old for backups; %d or newer is needed", v/10000, MinVersion/10000)
	}
	return v, err
}

// segmentSize reads "16MB"; PostgreSQL allows 1 MB to 1 GB, powers of two.
func (c *Conn) segmentSize(ctx context.Context) (int64, error) {
	rows, err := c.rows(ctx, "SHOW wal_segment_size")
	if err != nil || len(rows) == 0 {
		return 0, errs.Unavailable("the server does not say how large a WAL file is").Wrap(err)
	}
	text, shift := rows[0][0], 0
	for unit, bits := range map[string]int{"kB": 10, "MB": 20, "GB": 30} {
		if rest, ok := strings.CutSuffix(text, unit); ok {
			text, shift = rest, bits
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n << shift, err
}

// CreateSlot makes a physical replication slot that keeps the log from now on;
// one that is there already is no error.
func (c *Conn) CreateSlot(ctx context.Context, slot string) error {
	_, err := c.rows(ctx, "CREATE_REPLICATION_SLOT "+quoteIdent(slot)+" PHYSICAL RESERVE_WAL")
	if pe := (*pgconn.PgError)(nil); errors.As(err, &pe) && pe.Code == "42710" {
		return nil
	}
	if pe := (*pgconn.PgError)(nil); errors.As(err, &pe) && pe.Code == "53400" {
		return errs.Unavailable("the server has no free replication slot").Hint("raise max_replication_slots, or drop a slot nobody uses").Wrap(err)
	}
	return err
}

// DropSlot gives up a slot, and with it the log it kept.
func (c *Conn) DropSlot(ctx context.Context, slot string) error {
	_, err := c.rows(ctx, "DROP_REPLICATION_SLOT "+quoteIdent(slot))
	return err
}

// History returns the file that says where a timeline left its parents; a
// timeline 1 has none.
func (c *Conn) History(ctx context.Context, timeline uint32) (name string, content []byte, err error) {
	rows, err := c.rows(ctx, fmt.Sprintf("TIMELINE_HISTORY %d", timeline))
	if err != nil || len(rows) == 0 || len(rows[0]) < 2 {
		return "", nil, errs.Unavailable("the history of timeline %d is not on the server", timeline).Wrap(err)
	}
	return rows[0][0], []byte(rows[0][1]), nil
}
