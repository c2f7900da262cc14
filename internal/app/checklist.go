package app

import (
	"context"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup"
	"truckflow/internal/ops/checklist"
)

// checklist is the go-live checklist as the running program sees it.
func (a *App) checklist() *checklist.Checklist {
	return checklist.New(checklist.Sources{Config: a.cfg, DB: a.d.db, Migrations: Migrations(), LocalURL: a.LocalURL(),
		Backup: func(ctx context.Context) (*backup.Status, error) {
			if a.d.backup == nil {
				return nil, errs.Unavailable("it was told not to (truckflow doctor says why)")
			}
			st, err := a.d.backup.Status(ctx)
			return &st, err
		},
		Services: func(ctx context.Context) (out []checklist.Service, err error) {
			for _, c := range a.Health(ctx) {
				out = append(out, checklist.Service{Name: c.Port, Detail: c.Detail, OK: c.OK})
			}
			return out, nil
		}})
}
