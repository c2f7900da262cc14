package csvio

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"truckflow/internal/kit/errs"
)

// high1252 is what bytes 0x80–0x9F mean in Windows-1252; the five unassigned
// ones become U+FFFD, which Plan reports as a lost character.
var high1252 = [32]rune{'€', 0xFFFD, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0xFFFD, 'Ž', 0xFFFD,
	0xFFFD, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0xFFFD, 'ž', 'Ÿ'}

// decode returns the text of a file and the name of the encoding it was in.
func decode(b []byte) (text, encoding string, err error) {
	switch {
	case bytes.HasPrefix(b, []byte("PK\x03\x04")), bytes.HasPrefix(b, []byte{0xD0, 0xCF, 0x11, 0xE0}):
		return "", "", errs.Unsupported("this is a spreadsheet file, not a CSV").Hint("open it in your spreadsheet program, choose Save as, and take \"CSV UTF-8\"")
	case bytes.HasPrefix(b, []byte{0xEF, 0xBB, 0xBF}):
		b, encoding = b[3:], "UTF-8"
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE}):
		return decode16(b[2:], binary.LittleEndian)
	case bytes.HasPrefix(b, []byte{0xFE, 0xFF}):
		return decode16(b[2:], binary.BigEndian)
	}
	if bytes.IndexByte(b, 0) >= 0 {
		return "", "", errs.Unsupported("this is not a text file").Hint("save the list as \"CSV UTF-8\" and try again")
	}
	if utf8.Valid(b) {
		return string(b), "UTF-8", nil
	}
	if encoding != "" { // it says UTF-8 and is not: show what was lost rather than guess
		return strings.ToValidUTF8(string(b), "\uFFFD"), encoding, nil
	}
	var sb strings.Builder
	for _, c := range b {
		if c >= 0x80 && c < 0xA0 {
			sb.WriteRune(high1252[c-0x80])
		} else {
			sb.WriteRune(rune(c))
		}
	}
	return sb.String(), "Windows-1252", nil
}

func decode16(b []byte, order binary.ByteOrder) (string, string, error) {
	if len(b)%2 != 0 {
		return "", "", errs.Unsupported("this UTF-16 file is cut short").Hint("save the list again as \"CSV UTF-8\"")
	}
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = order.Uint16(b[2*i:])
	}
	return string(utf16.Decode(u)), "UTF-16", nil
}
