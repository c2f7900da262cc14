package keptmail_test

import (
	"log/slog"
	"testing"

	"truckflow/internal/platform/mail/keptmail"
	"truckflow/internal/platform/mail/mailtest"
)

func TestSuite(t *testing.T) {
	s := keptmail.New(slog.New(slog.DiscardHandler))
	mailtest.Run(t, s)
	if s.Delivers() {
		t.Error("kept mail must not claim to be delivered")
	}
}
