package pg

import (
	"cmp"
	"context"
	"io/fs"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/errs"
)

// Reachable says with what a program that brings the migrations of fsys can start: the primary, or without one a
// server to read from (Settings.Absent) on which none of them is missing. Of an error, Gone says whether time may help.
func Reachable(ctx context.Context, s Settings, fsys fs.FS) (primary bool, err error) {
	c, err := ConnectPrimary(ctx, s.DSN)
	if err == nil {
		return true, c.Close(ctx)
	}
	if !gone(err) {
		return false, noAnswer(err)
	}
	cfg, perr := parseReading(cmp.Or(s.ReadDSN, s.DSN))
	if perr != nil {
		return false, perr
	}
	r, rerr := pgx.ConnectConfig(ctx, cfg.ConnConfig)
	if rerr != nil {
		return false, noAnswer(err)
	}
	defer r.Close(context.WithoutCancel(ctx))
	pending, rerr := compareSchema(ctx, r, fsys)
	switch {
	case errs.Is(rerr, errs.KindConflict):
		return false, rerr
	case rerr != nil, len(pending) > 0:
		return false, errs.Unavailable("the database has no primary, and its standby has not yet the schema of this program").Wrap(err)
	}
	return false, nil
}

// Gone reports an error of a database that is not there, or takes no writes; a wrong password is none.
func Gone(err error) bool { return gone(err) }

func noAnswer(cause error) error {
	return errs.Unavailable("the database does not answer").Hint("is PostgreSQL running, and is DATABASE_URL right?").Wrap(cause)
}
