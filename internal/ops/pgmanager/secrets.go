package pgmanager

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"truckflow/internal/kit/durable"
	"truckflow/internal/kit/errs"
)

// The roles of an embedded cluster.
const (
	superRole = "postgres"        // administration only: roles, databases, extensions
	ownerRole = "truckflow_owner" // owns the database and its tables; runs migrations
	appRole   = "truckflow_app"   // the program: owns nothing, obeys row security
)

// secrets maps a role to its password.
type secrets map[string]string

// loadSecrets reads the passwords; nil without an error when there are none.
func loadSecrets(path string) (secrets, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var s secrets
	if err := json.Unmarshal(b, &s); err != nil || s[superRole] == "" || s[ownerRole] == "" || s[appRole] == "" {
		return nil, errs.Conflict("the database passwords in %s are damaged", path).
			Hint("move the file away and start again: new passwords are made, no data is lost").Wrap(err)
	}
	return s, nil
}

// newSecrets generates passwords of 130 bits and stores them.
func newSecrets(path string) (secrets, error) {
	s := secrets{superRole: rand.Text(), ownerRole: rand.Text(), appRole: rand.Text()}
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, err
	}
	return s, durable.WriteFile(path, append(b, '\n'), 0o600)
}

// scramIterations is PostgreSQL's own default.
const scramIterations = 4096

// verifier turns a password into what PostgreSQL stores for it (RFC 5803), so
// that a password never travels in a statement or reaches a log.
func verifier(password string) string {
	salt := make([]byte, 16)
	rand.Read(salt) // never fails (crypto/rand)
	v, err := verifierWith(password, salt, scramIterations)
	if err != nil {
		panic(err) // only for a key length that SHA-256 cannot give; ours is constant
	}
	return v
}

func verifierWith(password string, salt []byte, iterations int) (string, error) {
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return "", err
	}
	stored := sha256.Sum256(mac(salted, "Client Key"))
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", iterations, b64(salt), b64(stored[:]), b64(mac(salted, "Server Key"))), nil
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// verifies reports whether stored (pg_authid.rolpassword) is password's.
func verifies(stored, password string) bool {
	rest, ok := strings.CutPrefix(stored, "SCRAM-SHA-256$")
	if !ok {
		return false
	}
	head, _, _ := strings.Cut(rest, "$")
	n, saltText, _ := strings.Cut(head, ":")
	iterations, err1 := strconv.Atoi(n)
	salt, err2 := base64.StdEncoding.DecodeString(saltText)
	if err1 != nil || err2 != nil || iterations < 1 {
		return false
	}
	want, err := verifierWith(password, salt, iterations)
	return err == nil && hmac.Equal([]byte(want), []byte(stored))
}
