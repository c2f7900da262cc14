// Package sealed keeps secrets that must be opened again, such as the password
// of a mailbox: AES-256-GCM under a key made for one purpose from the program's
// own secret (HKDF, RFC 5869). What is sealed opens for the same owner only.
package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
)

// Box seals and opens.
type Box struct{ aead cipher.AEAD }

// ErrOpen is returned for what another secret or another owner sealed, or was changed since.
var ErrOpen = errors.New("sealed: this was not sealed here, or not for this owner")

// New returns a Box for a purpose; secret has 32 bytes or more.
func New(secret []byte, purpose string) (*Box, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "truckflow "+purpose, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &Box{aead}, err
}

// Seal returns plain sealed for owner; the same twice looks different.
func (b *Box) Seal(plain, owner string) []byte {
	return b.aead.Seal(nil, nil, []byte(plain), []byte(owner))
}

// Open returns what Seal was given, or ErrOpen.
func (b *Box) Open(data []byte, owner string) (string, error) {
	plain, err := b.aead.Open(nil, nil, data, []byte(owner))
	if err != nil {
		return "", ErrOpen
	}
	return string(plain), nil
}
