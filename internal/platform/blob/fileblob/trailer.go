package fileblob

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/blob"
)

// After a file's bytes come: a newline and JSON, the JSON's length as four
// bytes, most significant first, and the magic. A file cut short has no magic
// and is reported as damaged instead of being served in part.
const magic = "truckflow blob 1"

const maxTrailer = 1 << 10

var errDirectory = errors.New("is a directory")

type about struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Type   string `json:"type"`
}

func trailer(i blob.Info) []byte {
	js, err := json.Marshal(about{i.Size, i.SHA256, i.ContentType})
	if err != nil {
		panic(err) // three plain fields always marshal
	}
	js = append([]byte("\n"), js...)
	b := binary.BigEndian.AppendUint32(js, uint32(len(js)))
	return append(b, magic...)
}

func readTrailer(f *os.File) (blob.Info, error) {
	fi, err := f.Stat()
	if err != nil {
		return blob.Info{}, err
	}
	if fi.IsDir() {
		return blob.Info{}, errDirectory
	}
	damaged := func(cause error) error {
		return errs.Internal(cause, "the stored file is damaged").
			Hint("%s was cut short or changed; restore it from a backup", f.Name())
	}
	tail := make([]byte, 4+len(magic))
	at := fi.Size() - int64(len(tail))
	if at < 0 {
		return blob.Info{}, damaged(fs.ErrInvalid)
	}
	if _, err := f.ReadAt(tail, at); err != nil {
		return blob.Info{}, err
	}
	n := int64(binary.BigEndian.Uint32(tail))
	if string(tail[4:]) != magic || n > maxTrailer || n > at {
		return blob.Info{}, damaged(fs.ErrInvalid)
	}
	js := make([]byte, n)
	if _, err := f.ReadAt(js, at-n); err != nil {
		return blob.Info{}, err
	}
	var a about
	if err := json.Unmarshal(js, &a); err != nil || a.Size != at-n {
		return blob.Info{}, damaged(err)
	}
	return blob.Info{Size: a.Size, SHA256: a.SHA256, ContentType: a.Type, Modified: fi.ModTime().UTC()}, nil
}

// byKey sorts as keys sort: a directory as if its name ended in a slash.
func byKey(entries []fs.DirEntry) {
	name := func(e fs.DirEntry) string {
		if e.IsDir() {
			return e.Name() + "/"
		}
		return e.Name()
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(name(a), name(b)) })
}
