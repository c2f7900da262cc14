// Package gazetteer knows the places of the United States: every ZIP code with
// its city, county, position and time zone, a type-ahead search, the nearest
// town to a position, and what the first map draws.
//
// It embeds two files that are packed, not committed. When the compiler says
//
//	pattern places.bin: no matching files found
//
// run `go run -C tools ./assets` (the Makefile does it before every build).
//
// Memory: the data stays in the executable's read-only pages and is read in
// place; nothing is unpacked at start. The city index (about 0.15 MB) is built
// by the first search by name or position.
//
// Source: GeoNames postal codes, CC BY 4.0 (credited in NOTICE); the time
// zones are our own county tables (zones.go). Positions are the ZIP's centroid
// or post office: good to a few miles, not a street address.
package gazetteer
