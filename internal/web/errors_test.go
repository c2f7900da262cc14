package web

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"truckflow/internal/kit/errs"
)

// TestLinksAreNotLogged: a link that failed is still good, and logs are read by more people than mails.
func TestLinksAreNotLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	rt := &Router{log: slog.New(slog.NewTextHandler(&log, nil))}
	for _, path := range []string{"/reset/SECRET", "/join/SECRET", "/loads/7"} {
		rt.Fail(httptest.NewRecorder(), httptest.NewRequest("POST", path, nil), errs.Unavailable("the database does not answer"))
	}
	if got := log.String(); strings.Contains(got, "SECRET") || !strings.Contains(got, "path=/reset/...") || !strings.Contains(got, "path=/loads/7") {
		t.Error(got)
	}
}
