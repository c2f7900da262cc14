package cli

import (
	"fmt"
	"log/slog"
	"time"

	"truckflow/internal/app"
	"truckflow/internal/config"
	"truckflow/internal/platform/pg"
)

type userCmd struct {
	ResetPassword userResetCmd `cmd:"" name:"reset-password" help:"Take an account's password away and print a link to choose a new one: for an owner whom no other owner can help.\n\nExample: truckflow user reset-password dana@carrier.example"`
}

type userResetCmd struct {
	Email string `arg:"" help:"The e-mail the person signs in with."`
	JSON  bool   `help:"For programs."`
}

// Run makes the link. It is printed and nowhere else.
func (c userResetCmd) Run(e *env) error {
	cfg, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	return e.onDatabase(func(db *pg.DB, _ *slog.Logger) error {
		r, err := app.ResetPassword(e.ctx, db, c.Email)
		if err != nil {
			return err
		}
		link := app.ResetURL(cfg.PublicURL, r)
		if c.JSON {
			return e.json(map[string]any{"email": r.Email, "link": link, "expires_at": r.ExpiresAt})
		}
		_, err = fmt.Fprintf(e.out, "%s is signed out everywhere, has no API keys any more and chooses a new password here, once and until %s:\n\n%s\n", r.Name, r.ExpiresAt.Local().Format(time.RFC1123), link)
		return err
	})
}
