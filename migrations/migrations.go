// Package migrations holds the schema's history: forward only, one file a
// change, named YYYYMMDDHHMM_room_what.sql, where room is the only writer of
// the tables that the file creates. platform/pg applies them in order.
package migrations

import "embed"

// Files are the migrations; the names order them.
//
//go:embed *.sql
var Files embed.FS
