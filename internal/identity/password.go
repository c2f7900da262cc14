package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"truckflow/internal/kit/errs"
)

// argon2id parameters: RFC 9106's second recommended option (64 MiB, 3 passes)
// with one lane; the encoded hash carries them, so they can rise later.
const (
	argonTime   = 3
	argonMemory = 64 * 1024 // KiB
	argonKey    = 32
)

// argonGate bounds how many hashes run at once: each takes 64 MiB.
var argonGate = make(chan struct{}, 2)

// HashPassword returns the PHC string of an acceptable password: 10 to 200
// characters, not one of the obvious ones.
func HashPassword(pw string) (string, error) {
	if n := len([]rune(pw)); n < 10 || n > 200 {
		return "", errs.Invalid("the password must have 10 to 200 characters").Field("password", "10 to 200 characters")
	}
	if weak[strings.ToLower(pw)] {
		return "", errs.Invalid("that password is among the first anybody would try").Field("password", "choose another")
	}
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	return encodeHash(pw, salt), nil
}

var weak = map[string]bool{"password12": true, "1234567890": true, "qwertyuiop": true, "password123": true, "truckflow1": true, "1111111111": true, "0123456789": true, "letmein123": true}

func encodeHash(pw string, salt []byte) string {
	argonGate <- struct{}{}
	defer func() { <-argonGate }()
	key := argon2.IDKey([]byte(pw), salt, argonTime, argonMemory, 1, argonKey)
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=1$%s$%s", argonMemory, argonTime, b.EncodeToString(salt), b.EncodeToString(key))
}

func passwordMatches(hash, pw string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || len(pw) > 800 {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	return err == nil && subtle.ConstantTimeCompare([]byte(encodeHash(pw, salt)), []byte(hash)) == 1
}

// decoyHash is compared when there is no such user, so that timing does not tell.
var decoyHash = "$argon2id$v=19$m=65536,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// newToken returns a 256-bit secret for a cookie or a link, and what is stored of it.
func newToken() (token, hash string) {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	token = base64.RawURLEncoding.EncodeToString(b)
	return token, hashToken(token)
}

func hashToken(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}
