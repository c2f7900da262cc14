package wire

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"truckflow/internal/platform/llm"
)

func TestInside(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]bool{
		"http://127.0.0.1:11434": true, "http://[::1]:11434": true, "http://localhost:1": true, "http://10.0.0.7/v1": true, "http://192.168.1.9": true, "http://gpu:8000": true,
		"http://gpu.lan": true, "https://Box.Internal.": true, "http://[fe80::1]": true, "http://[::ffff:10.0.0.1]": true,
		"https://api.openai.com/v1": false, "https://ollama.com": false, "http://8.8.8.8": false, "http://[2001:db8::1]": false, "": false, "10.0.0.7": false, "https://localhost.evil.example": false,
		"https://llm.carrier.example": true, "http://127.0.0.1.nip.io": false,
	} {
		if got := Inside(base, []string{"llm.carrier.example"}); got != want {
			t.Errorf("%q inside: %v, want %v", base, got, want)
		}
	}
}

// TestNoRedirectIsFollowed: a server on the premises cannot send a question elsewhere.
func TestNoRedirectIsFollowed(t *testing.T) {
	t.Parallel()
	asked := 0
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer elsewhere.Close()
	here := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer here.Close()
	_, err := New(here.URL, nil, true).Post(t.Context(), "/api/chat", map[string]string{"secret": "rate"})
	var f *llm.Failure
	if !errors.As(err, &f) || f.Trouble != llm.Malformed || f.Status != http.StatusTemporaryRedirect || asked != 0 {
		t.Errorf("%v, elsewhere was asked %d times", err, asked)
	}
}

// TestAnErrorTellsNothingOfTheQuestion: servers quote what they were sent.
func TestAnErrorTellsNothingOfTheQuestion(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error": {"type": "invalid_request_error", "message": "cannot read: Attn Jane Doe, 312-555-0147"}}`))
	}))
	defer s.Close()
	_, err := New(s.URL, nil, true).Post(context.Background(), "/", nil)
	if want := "rejected (400): invalid_request_error"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
