package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
)

// Demo is the sign-in of the invented carrier.
type Demo struct{ Email, Password string }

const demoEmail = "owner@demo.example.com"

// EnsureDemo makes the invented carrier's company and owner on an empty server,
// or returns the sign-in that an earlier start kept. A server with a real
// company is left alone.
func (a *App) EnsureDemo(ctx context.Context) (*Demo, error) {
	f := filepath.Join(a.cfg.DataDir, "demo.password")
	empty, err := a.Identity.Empty(ctx)
	if err != nil {
		return nil, err
	}
	if b, err := os.ReadFile(f); err == nil && !empty {
		return &Demo{demoEmail, strings.TrimSpace(string(b))}, nil
	}
	if !empty {
		return nil, errs.Conflict("this server has a company already").Hint("start without --demo, or give the demo its own folder with TRUCKFLOW_DATA")
	}
	raw := make([]byte, 8)
	_, _ = rand.Read(raw)
	pw := "demo-" + hex.EncodeToString(raw)
	if err := os.WriteFile(f, []byte(pw), 0o600); err != nil {
		return nil, err
	}
	_, err = a.Identity.Found(ctx, identity.Founding{Name: "Dana Ortiz", Email: demoEmail, Password: pw, Company: identity.Company{Name: "Prairie Line Transport LLC",
		Usdot: "3999001", Mc: "999001", Email: "billing@demo.example.com", Phone: "(555) 010-0100", Address: "4100 Demo Yard Rd", City: "Joliet", State: "IL", Zip: "60431", TimeZone: "America/Chicago"}})
	return &Demo{demoEmail, pw}, err
}

// LocalURL is how this machine reaches the program.
func (a *App) LocalURL() string { return fmt.Sprintf("http://127.0.0.1:%d", a.cfg.Port) }
