package backup

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sync"

	"filippo.io/age"

	"truckflow/internal/kit/durable"
	"truckflow/internal/kit/errs"
)

// Keys are what a repository is locked, opened and signed with.
type Keys struct {
	identities []age.Identity
	sign       ed25519.PrivateKey // nil: can read, not write
	signer     ed25519.PublicKey  // nil: whoever signed the repository is believed

	mu         sync.RWMutex
	cipher     string // pgBackRest's passphrase, "" while it is not known
	recipients []age.Recipient
	recovery   string // the recovery key's public half, "" while nobody off the server can open anything
}

// lock is whom everything is encrypted for now.
func (k *Keys) lock() (to []age.Recipient, recovery string) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.recipients, k.recovery
}

// renew takes over a recovery key that was made meanwhile, by this process or
// another; it reports whether there was one.
func (k *Keys) renew(home, recipient string) (changed bool, err error) {
	now, err := openKeys(home, recipient)
	if err != nil {
		return false, err
	}
	to, recovery := now.lock()
	k.mu.Lock()
	defer k.mu.Unlock()
	changed = recovery != k.recovery
	k.recipients, k.recovery = to, recovery
	return changed, nil
}

// keyFile is keys.json in the program's backup folder.
type keyFile struct {
	Server   string `json:"server_identity"`              // age secret key
	Sign     string `json:"signing_seed"`                 // ed25519 seed, hex
	Recovery string `json:"recovery_recipient,omitempty"` // age public key
	Cipher   string `json:"pgbackrest_cipher,omitempty"`  // what pgBackRest encrypts with; made when it is first used
}

// keptKeys is keys.json among a backup's settings.
const keptKeys = "backup/keys.json"

func keyPath(home string) string { return filepath.Join(home, "keys.json") }

// openKeys reads the server's keys from home, making them at the first start.
// recipient, when given (TRUCKFLOW_BACKUP_RECIPIENT), is the recovery key's
// public half and wins over the one `backup init` made.
func openKeys(home, recipient string) (*Keys, error) {
	var f keyFile
	b, err := os.ReadFile(keyPath(home))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if f, err = newKeyFile(); err == nil {
			err = writeKeys(home, f)
		}
		if err != nil {
			return nil, err
		}
	case err != nil:
		return nil, errs.Unavailable("the backup keys cannot be read").Wrap(err)
	default:
		if err := json.Unmarshal(b, &f); err != nil {
			return nil, errs.Conflict("the backup keys in %s are damaged", keyPath(home)).Hint("put them back from a backup's settings, or move the file away to begin a new series of backups").Wrap(err)
		}
	}
	if recipient != "" {
		f.Recovery = recipient
	}
	return f.keys()
}

// ensureCipher makes pgBackRest's passphrase where there is none. It travels with
// every backup's settings, so that who can open those can open its copies.
func ensureCipher(home string) error {
	if _, err := openKeys(home, ""); err != nil { // makes the file
		return err
	}
	var f keyFile
	b, err := os.ReadFile(keyPath(home))
	if err == nil {
		err = json.Unmarshal(b, &f)
	}
	if err != nil || f.Cipher != "" {
		return err
	}
	f.Cipher = rand.Text() + rand.Text()
	return writeKeys(home, f)
}

func newKeyFile() (keyFile, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return keyFile{}, err
	}
	seed := make([]byte, ed25519.SeedSize)
	rand.Read(seed) // never fails (crypto/rand)
	return keyFile{Server: id.String(), Sign: hex.EncodeToString(seed)}, nil
}

func writeKeys(home string, f keyFile) error {
	if err := os.MkdirAll(home, 0o700); err != nil {
		return err
	}
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return durable.WriteFile(keyPath(home), append(b, '\n'), 0o600)
}

func (f keyFile) keys() (*Keys, error) {
	id, err := age.ParseX25519Identity(f.Server)
	seed, err2 := hex.DecodeString(f.Sign)
	if err != nil || err2 != nil || len(seed) != ed25519.SeedSize {
		return nil, errs.Conflict("the backup keys are damaged").Wrap(errors.Join(err, err2))
	}
	k := &Keys{cipher: f.Cipher, recipients: []age.Recipient{id.Recipient()}, identities: []age.Identity{id}, sign: ed25519.NewKeyFromSeed(seed)}
	k.signer = k.sign.Public().(ed25519.PublicKey)
	if f.Recovery != "" {
		r, err := age.ParseX25519Recipient(f.Recovery)
		if err != nil {
			return nil, errs.Invalid("TRUCKFLOW_BACKUP_RECIPIENT is not an age public key").Hint("it begins with age1; truckflow backup init makes one")
		}
		k.recipients = append(k.recipients, r)
		k.recovery = f.Recovery
	}
	return k, nil
}

// NewRecoveryKey makes the recovery key, has every later backup locked for it
// too, and returns its text, which is kept nowhere. One that exists is only
// replaced by force: backups taken for it still need it.
func NewRecoveryKey(home string, force bool) (text string, err error) {
	k, err := openKeys(home, "")
	if err != nil {
		return "", err
	}
	if k.recovery != "" && !force {
		return "", errs.Conflict("there is a recovery key already").Hint("--replace makes a new one; backups taken until now still need the old one, so keep both")
	}
	var f keyFile
	b, err := os.ReadFile(keyPath(home))
	if err == nil {
		err = json.Unmarshal(b, &f)
	}
	if err != nil {
		return "", err
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return "", err
	}
	f.Recovery = id.Recipient().String()
	if err := writeKeys(home, f); err != nil {
		return "", err
	}
	return fmt.Sprintf("# TruckFlow recovery key. Who has it can read every backup; without it a lost server is lost data.\n# public: %s\n# signer: %s\n%s\n",
		f.Recovery, hex.EncodeToString(k.signer), id), nil
}

var signerLine = regexp.MustCompile(`(?m)^#\s*signer:\s*([0-9a-f]{64})\s*$`)

// ReadRecoveryKey reads the text of a recovery key: an age identity file, whose
// comment names who must have signed the backups.
func ReadRecoveryKey(text []byte) (*Keys, error) {
	ids, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil {
		return nil, errs.Invalid("that is not a recovery key").Hint("the file has a line that begins with AGE-SECRET-KEY-1").Wrap(err)
	}
	k := &Keys{identities: ids}
	if m := signerLine.FindSubmatch(text); m != nil {
		k.signer, _ = hex.DecodeString(string(m[1])) // the pattern is hex
	}
	return k, nil
}

// NewKeys is the text of a keys.json: several instances of one database are given
// the same, or one could not read what another archived.
func NewKeys() (string, error) {
	f, err := newKeyFile()
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(f)
	return string(b), err
}
