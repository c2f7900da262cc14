package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"runtime"
	"slices"
	"sync"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"truckflow/internal/kit/errs"
)

// Both are safe for concurrent use of EncodeAll and DecodeAll.
var (
	encoder, _ = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)))
	decoder, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(runtime.GOMAXPROCS(0)), zstd.WithDecoderMaxMemory(maxBlock*2))
)

// maxBlock bounds what one sealed block may open to: the largest WAL file
// (1 GB) is cut before, so nothing honest comes near.
const maxBlock = 64 << 20

// scratchBytes are for what one block is on its way through: making and clearing
// megabytes anew for each costs as much as encrypting them.
var scratchBytes = sync.Pool{New: func() any { return new([]byte) }}

// borrow gives an empty slice of at least n bytes' room, until back is called.
func borrow(n int) (b []byte, back func([]byte)) {
	p := scratchBytes.Get().(*[]byte)
	return slices.Grow((*p)[:0], n), func(used []byte) { *p = used[:0]; scratchBytes.Put(p) }
}

// seal compresses, then encrypts.
func (k *Keys) seal(plain []byte) ([]byte, error) { return k.sealInto(nil, plain) }

// sealInto is seal appending to dst.
func (k *Keys) sealInto(dst, plain []byte) ([]byte, error) {
	if len(plain) > maxBlock {
		return nil, errs.Internal(nil, "a block of %d bytes", len(plain))
	}
	room, back := borrow(len(plain) / 2)
	packed := encoder.EncodeAll(plain, room)
	defer back(packed)
	out := bytes.NewBuffer(slices.Grow(dst, len(packed)+len(packed)/1024+512))
	to, _ := k.lock()
	w, err := age.Encrypt(out, to...)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(packed)
	err = errors.Join(err, w.Close()) // the last bytes come with Close
	return out.Bytes(), err
}

// errWrongKey is for a key that opens nothing here.
func errWrongKey(cause error) error {
	return errs.Forbidden("this key does not open this backup").Hint("use the recovery key that was shown when backups were set up, or the server's own keys.json").Wrap(cause)
}

// open decrypts, then unpacks; name is for the error.
func (k *Keys) open(name string, sealed []byte) ([]byte, error) { return k.openInto(nil, name, sealed) }

// openInto is open appending to dst.
func (k *Keys) openInto(dst []byte, name string, sealed []byte) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), k.identities...)
	if err != nil {
		if no := (*age.NoIdentityMatchError)(nil); errors.As(err, &no) {
			return nil, errWrongKey(err)
		}
		return nil, damaged(name, err)
	}
	room, back := borrow(len(sealed) + bytes.MinRead)
	buf := bytes.NewBuffer(room)
	_, err = buf.ReadFrom(r)
	defer back(buf.Bytes())
	if err != nil {
		return nil, damaged(name, err)
	}
	plain, err := decoder.DecodeAll(buf.Bytes(), dst)
	if err != nil {
		return nil, damaged(name, err)
	}
	return plain, nil
}

// damaged names an object that is not what was stored.
func damaged(name string, cause error) error {
	return errs.Conflict("the stored object %s is damaged", name).Hint("restore an earlier backup (truckflow backup list), or from the other store").Wrap(cause)
}

// sealStream is seal for what may be too large for memory.
func (k *Keys) sealStream(w io.Writer, r io.Reader) error {
	to, _ := k.lock()
	enc, err := age.Encrypt(w, to...)
	if err != nil {
		return err
	}
	z, err := zstd.NewWriter(enc, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	_, err = io.Copy(z, r)
	return errors.Join(err, z.Close(), enc.Close())
}

// openStream is open for what sealStream made.
func (k *Keys) openStream(name string, r io.Reader) (io.ReadCloser, error) {
	dec, err := age.Decrypt(r, k.identities...)
	if err != nil {
		if no := (*age.NoIdentityMatchError)(nil); errors.As(err, &no) {
			return nil, errWrongKey(err)
		}
		return nil, damaged(name, err)
	}
	z, err := zstd.NewReader(dec, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, damaged(name, err)
	}
	return z.IOReadCloser(), nil
}

func hexSHA(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
