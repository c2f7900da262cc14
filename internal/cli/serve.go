package cli

import (
	"context"
	"fmt"
	"sync"

	"truckflow/internal/app"
	"truckflow/internal/config"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/sim"
)

type serveCmd struct {
	Demo bool  `help:"Fill an empty server with a living, invented carrier."`
	Seed int64 `help:"The demo's seed: the same seed, the same carrier." default:"1"`
}

// Run serves until it is interrupted.
func (c serveCmd) Run(e *env) error {
	cfg, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	if c.Demo && cfg.Role != config.All {
		return errs.Invalid("--demo needs an instance that does everything; TRUCKFLOW_ROLE is %s", cfg.Role)
	}
	if err := cfg.EnsureSecrets(); err != nil { // also makes the data folder, which the logs would make too narrow
		return err
	}
	log, closeLog, err := e.logger(cfg, true)
	if err != nil {
		return err
	}
	defer closeLog()
	if err := app.Await(e.ctx, cfg, log); err != nil || e.ctx.Err() != nil {
		return err
	}
	a, err := app.New(e.ctx, cfg, log, Version)
	if err != nil {
		log.Error("cannot start", "error", err)
		return err
	}
	defer a.Close()
	var demo *app.Demo
	if c.Demo {
		if demo, err = a.EnsureDemo(e.ctx); err != nil {
			return err
		}
	}
	simCtx, stopSim := context.WithCancel(e.ctx)
	defer stopSim()
	var moving sync.WaitGroup // the demo, once it is started
	err = a.Serve(e.ctx, func(url string) {
		fmt.Fprintf(e.out, "\n  TruckFlow is running: %s\n", url)
		if demo == nil {
			return
		}
		fmt.Fprintf(e.out, "  Sign in as %s with the password %s\n\n", demo.Email, demo.Password)
		s := sim.Config{URL: a.LocalURL(), Email: demo.Email, Password: demo.Password, Seed: c.Seed, Log: log, Clock: clock.System}
		moving.Go(func() { live(simCtx, s) })
	})
	stopSim()
	moving.Wait()
	return err
}

// live fills the demo and keeps it moving; it ends with ctx.
func live(ctx context.Context, s sim.Config) {
	if err := sim.Seed(ctx, s); err != nil {
		if ctx.Err() == nil {
			s.Log.Error("the demo could not be filled", "error", err)
		}
		return
	}
	past := make(chan struct{})
	go func() {
		defer close(past)
		err := sim.History(ctx, s)
		if err == nil {
			err = sim.PastPapers(ctx, s)
		}
		if err != nil && ctx.Err() == nil {
			s.Log.Warn("the demo's past is incomplete", "error", err)
		}
	}()
	if err := sim.Run(ctx, s); err != nil && ctx.Err() == nil {
		s.Log.Warn("the demo stopped moving", "error", err)
	}
	<-past
}

type doctorCmd struct {
	JSON bool `help:"For programs."`
}

// Run opens every driver and asks whether it works: exit 1 when one does not.
func (c doctorCmd) Run(e *env) error {
	cfg, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	log, closeLog, err := e.logger(cfg, false)
	if err != nil {
		return err
	}
	defer closeLog()
	a, err := app.New(e.ctx, cfg, log, Version)
	if errs.Is(err, errs.KindConflict) {
		return errs.Public(err).Hint("truckflow runs already on this data folder; ask its /readyz, or stop it first")
	} else if err != nil {
		return err
	}
	defer a.Close()
	all := a.Health(e.ctx)
	bad := false
	for _, x := range all {
		bad = bad || !x.OK
	}
	if c.JSON {
		if err := e.json(all); err != nil {
			return err
		}
	} else {
		for _, x := range all {
			mark := "ok  "
			if !x.OK {
				mark = "FAIL"
			}
			fmt.Fprintf(e.out, "%s  %-10s %-28s %s\n", mark, x.Port, x.Driver, x.Why)
			if x.Detail != "" || x.Hint != "" {
				fmt.Fprintf(e.out, "      %s %s\n", x.Detail, x.Hint)
			}
		}
	}
	if bad {
		return errWrong
	}
	return nil
}
