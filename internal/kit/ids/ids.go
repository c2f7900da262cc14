// Package ids makes and parses the identifiers used inside the house: UUIDv7
// (RFC 9562), which sort by creation time and so keep indexes compact. People
// see short numbers (L-10234) instead.
package ids

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"sync/atomic"
	"time"
)

// ID is a UUID. The zero ID means "none".
type ID [16]byte

// Last is greater than every id that New makes: where a list, newest first, begins.
var Last = ID{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// last is the moment of the newest id, in 1/4096 of a millisecond.
var last atomic.Uint64

// New returns a fresh UUIDv7: 48 bits of Unix milliseconds, 12 of their fraction
// (RFC 9562, 6.2, method 3), then random bits. Of two made by one program the
// later is the greater, however close they are: lists sort by it.
func New() ID {
	ns := uint64(time.Now().UnixNano())
	now := ns/1e6<<12 | ns%1e6<<12/1e6
	for {
		was := last.Load()
		if now <= was {
			now = was + 1
		}
		if last.CompareAndSwap(was, now) {
			break
		}
	}
	id := At(time.UnixMilli(int64(now >> 12)))
	id[6], id[7] = byte(now>>8)&0x0f|0x70, byte(now)
	return id
}

// At returns a UUIDv7 of an instant, for what happened before it was written
// down: lists that show the newest first sort by id.
func At(t time.Time) ID {
	var id ID
	// crypto/rand.Read never fails since Go 1.24: it aborts the program instead.
	_, _ = rand.Read(id[6:])
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(t.UnixMilli()))
	copy(id[:6], ms[2:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}

// Parse reads the 36-character form; anything else is an error.
func Parse(s string) (ID, error) {
	var id ID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return ID{}, fmt.Errorf("not an id: %.40q", s)
	}
	h := s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	if _, err := hex.Decode(id[:], []byte(h)); err != nil {
		return ID{}, fmt.Errorf("not an id: %.40q", s)
	}
	return id, nil
}

// MustParse is Parse for constants in tests; it panics on bad input.
func MustParse(s string) ID {
	id, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return id
}

// IsZero reports whether id means "none".
func (id ID) IsZero() bool { return id == ID{} }

// String returns the 36-character form.
func (id ID) String() string {
	var b [36]byte
	hex.Encode(b[:8], id[:4])
	b[8] = '-'
	hex.Encode(b[9:13], id[4:6])
	b[13] = '-'
	hex.Encode(b[14:18], id[6:8])
	b[18] = '-'
	hex.Encode(b[19:23], id[8:10])
	b[23] = '-'
	hex.Encode(b[24:], id[10:])
	return string(b[:])
}

// MarshalText implements encoding.TextMarshaler; the zero ID is empty text.
func (id ID) MarshalText() ([]byte, error) {
	if id.IsZero() {
		return []byte{}, nil
	}
	return []byte(id.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler; empty text is the zero ID.
func (id *ID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*id = ID{}
		return nil
	}
	v, err := Parse(string(b))
	if err == nil {
		*id = v
	}
	return err
}

// Ptr returns nil for the zero ID, else a pointer to id: how an optional
// reference is written to a nullable column.
func (id ID) Ptr() *ID {
	if id.IsZero() {
		return nil
	}
	return &id
}

// Of returns the ID behind p, or the zero ID for nil.
func Of(p *ID) ID {
	if p == nil {
		return ID{}
	}
	return *p
}
