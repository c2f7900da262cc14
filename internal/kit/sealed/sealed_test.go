package sealed_test

import (
	"bytes"
	"errors"
	"testing"

	"truckflow/internal/kit/sealed"
)

func TestOnlyItsOwnerOpens(t *testing.T) {
	t.Parallel()
	box := func(secret byte, purpose string) *sealed.Box {
		b, err := sealed.New(bytes.Repeat([]byte{secret}, 32), purpose)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := box(1, "mailbox")
	x, y := b.Seal("hunter2 ünï", "org one"), b.Seal("hunter2 ünï", "org one")
	if bytes.Equal(x, y) || bytes.Contains(x, []byte("hunter2")) {
		t.Error("the same secret looks the same twice, or can be read")
	}
	if got, err := box(1, "mailbox").Open(x, "org one"); got != "hunter2 ünï" || err != nil {
		t.Error(got, err)
	}
	changed := bytes.Clone(x)
	changed[len(changed)-1] ^= 1
	for name, try := range map[string]func() (string, error){
		"another owner":   func() (string, error) { return b.Open(x, "org two") },
		"another purpose": func() (string, error) { return box(1, "other").Open(x, "org one") },
		"another secret":  func() (string, error) { return box(2, "mailbox").Open(x, "org one") },
		"changed":         func() (string, error) { return b.Open(changed, "org one") },
		"cut off":         func() (string, error) { return b.Open(x[:5], "org one") },
		"nothing":         func() (string, error) { return b.Open(nil, "org one") },
	} {
		if got, err := try(); got != "" || !errors.Is(err, sealed.ErrOpen) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
