package ocr

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"truckflow/internal/platform/ocr/imaging"
)

// Format is what a file is, by its content.
type Format string

// The formats Sniff tells apart.
const (
	Empty       Format = "empty"
	PDF         Format = "pdf"
	JPEG        Format = "jpeg"
	PNG         Format = "png"
	TIFF        Format = "tiff"
	WEBP        Format = "webp"
	GIF         Format = "gif"
	HEIC        Format = "heic"
	Text        Format = "text"
	Mail        Format = "eml"
	HTML        Format = "html"
	Spreadsheet Format = "spreadsheet"
	Office      Format = "office" // Word, PowerPoint, Outlook
	Archive     Format = "archive"
	Executable  Format = "executable"
	Unknown     Format = "unknown"
)

// picture is the decoder for f; "" when f is not a picture we decode.
func (f Format) picture() imaging.Kind {
	switch f {
	case JPEG, PNG, TIFF, WEBP, GIF:
		return imaging.Kind(f)
	}
	return ""
}

// SniffLen is how much of a file Sniff wants to see; it makes do with less.
const SniffLen = 64 << 10

var magic = []struct {
	prefix, contentType string
	format              Format
}{
	{"\xFF\xD8\xFF", "image/jpeg", JPEG},
	{"\x89PNG\r\n\x1a\n", "image/png", PNG},
	{"II*\x00", "image/tiff", TIFF},
	{"MM\x00*", "image/tiff", TIFF},
	{"GIF87a", "image/gif", GIF},
	{"GIF89a", "image/gif", GIF},
	{"\x7fELF", "application/x-executable", Executable},
	{"MZ", "application/x-msdownload", Executable},
	{"\xCF\xFA\xED\xFE", "application/x-mach-binary", Executable},
	{"\xCA\xFE\xBA\xBE", "application/x-mach-binary", Executable},
	{"#!", "text/x-script", Executable},
	{"\x1f\x8b", "application/gzip", Archive},
	{"7z\xBC\xAF\x27\x1C", "application/x-7z-compressed", Archive},
	{"Rar!\x1a\x07", "application/vnd.rar", Archive},
	{"BZh", "application/x-bzip2", Archive},
	{"\xFD7zXZ\x00", "application/x-xz", Archive},
}

// Sniff says what a file is from its first bytes (SniffLen of them, or the whole file)
// and never from its name.
func Sniff(head []byte) (f Format, contentType string) {
	head = head[:min(len(head), SniffLen)]
	if len(head) == 0 {
		return Empty, "application/x-empty"
	}
	// Readers allow up to 1,024 bytes of anything before a PDF's header.
	if bytes.Contains(head[:min(len(head), 1024)], []byte("%PDF-")) {
		return PDF, "application/pdf"
	}
	for _, m := range magic {
		if bytes.HasPrefix(head, []byte(m.prefix)) {
			return m.format, m.contentType
		}
	}
	switch {
	case len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP":
		return WEBP, "image/webp"
	case len(head) >= 12 && string(head[4:8]) == "ftyp":
		return sniffBrand(string(head[8:12]))
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return sniffZip(head)
	case bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		return sniffOLE(head)
	}
	return sniffText(head)
}

func sniffBrand(brand string) (Format, string) {
	switch brand {
	case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1":
		return HEIC, "image/heic"
	}
	return Unknown, "application/octet-stream"
}

func sniffZip(head []byte) (Format, string) {
	has := func(s string) bool { return bytes.Contains(head, []byte(s)) }
	const office = "application/vnd.openxmlformats-officedocument."
	switch {
	case has("xl/"), has("opendocument.spreadsheet"):
		return Spreadsheet, office + "spreadsheetml.sheet"
	case has("word/"):
		return Office, office + "wordprocessingml.document"
	case has("ppt/"):
		return Office, office + "presentationml.presentation"
	case has("opendocument.text"):
		return Office, "application/vnd.oasis.opendocument.text"
	}
	return Archive, "application/zip"
}

// sniffOLE looks for the name of the main stream, which stands in UTF-16 in the
// directory; files whose directory lies further back count as Office.
func sniffOLE(head []byte) (Format, string) {
	for _, name := range []string{"Workbook", "Book"} {
		wide := strings.Join(strings.Split(name, ""), "\x00") + "\x00"
		if bytes.Contains(head, []byte(wide)) {
			return Spreadsheet, "application/vnd.ms-excel"
		}
	}
	return Office, "application/x-ole-storage"
}

func sniffText(head []byte) (Format, string) {
	if bytes.HasPrefix(head, []byte("\xFF\xFE")) || bytes.HasPrefix(head, []byte("\xFE\xFF")) {
		return Text, "text/plain; charset=utf-16"
	}
	controls := 0
	for _, b := range head {
		if b == 0 {
			return Unknown, "application/octet-stream"
		}
		if b < 0x20 && b != '\t' && b != '\n' && b != '\r' && b != '\f' && b != 0x1b {
			controls++
		}
	}
	if controls*50 > len(head) {
		return Unknown, "application/octet-stream"
	}
	start := strings.ToLower(string(bytes.TrimSpace(bytes.TrimPrefix(head[:min(len(head), 2048)], []byte("\xEF\xBB\xBF")))))
	switch {
	case mailHeader(start): // before HTML: a mail's body may be a whole HTML page
		return Mail, "message/rfc822"
	case strings.HasPrefix(start, "<!doctype html"), strings.HasPrefix(start, "<html"), strings.Contains(start, "<head>"):
		return HTML, "text/html"
	case utf8.Valid(head[:max(0, len(head)-utf8.UTFMax)]):
		return Text, "text/plain; charset=utf-8"
	}
	return Text, "text/plain; charset=windows-1252"
}

// mailHeader reports whether a text begins like a stored mail: a header field that only
// mail has, or two that letters rarely open with, before the first empty line.
func mailHeader(lower string) bool {
	head, _, _ := strings.Cut(strings.ReplaceAll(lower, "\r\n", "\n"), "\n\n")
	sure, likely := false, 0
	for i, line := range strings.Split(head, "\n") {
		if i == 0 && strings.HasPrefix(line, "from ") {
			continue // mbox
		}
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			continue
		}
		name, _, ok := strings.Cut(line, ":")
		if !ok || strings.ContainsAny(name, " \t") {
			break
		}
		switch name {
		case "received", "return-path", "message-id", "mime-version", "delivered-to", "dkim-signature", "x-mailer":
			sure = true
		case "from", "to", "subject", "date", "content-type":
			likely++
		}
	}
	return sure || likely >= 3
}
