// Package migrations holds the schema's history: forward only, one file a
// change, named YYYYMMDDHHMM_room_what.sql, where room is the only writer of
// the tables that the file creates. platform/pg applies them in order.
package migrations

import "embed"

// Files are the migrations; the names order them.
//
//go:embed *.sql
var Files embed.FS

// Released is the newest migration of the last release. What is newer runs beside
// the programs of that release during an upgrade, and may only add: what takes away
// names, in a line "-- contract: after NAME", a migration up to here, which every
// program that may still run knows. archtest holds them to it. Raise it with each release.
const Released = "202611251400_ops_checklist.sql"
