// Package cli has the program's commands. Each prints for people or, with
// --json, for programs, and ends with 0 (good), 1 (found wrong) or 2 (could not).
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/alecthomas/kong"

	"truckflow/internal/config"
	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/telemetry"
)

// Version is stamped in by the build.
var Version = "dev"

type commands struct {
	Serve     serveCmd     `cmd:"" help:"Run TruckFlow: pages, API and jobs.\n\nExample: truckflow serve --demo"`
	Extract   extractCmd   `cmd:"" help:"Read documents, or score the reader on labelled ones.\n\nExample: truckflow extract ratecon.pdf --json"`
	Backup    backupCmd    `cmd:"" help:"Keep, prove and restore backups."`
	Upgrade   upgradeCmd   `cmd:"" help:"Before a new version takes over: whether it can, and the way back."`
	Export    exportCmd    `cmd:"" help:"Write one company with everything it has into one file of open formats.\n\nExample: truckflow export --org 'Prairie Line' --out prairie.tar.zst"`
	Import    importCmd    `cmd:"" help:"Read a company in that truckflow export wrote, whole or not at all.\n\nExample: truckflow import prairie.tar.zst"`
	Doctor    doctorCmd    `cmd:"" help:"Say which driver was chosen for each service, why, and whether it works.\n\nExample: truckflow doctor --json"`
	Tune      tuneCmd      `cmd:"" help:"Settings of PostgreSQL, Redis and the kernel for a machine, each with its reason; shows, changes, undoes.\n\nExample: truckflow tune postgres --ram 64GB --cores 16"`
	Harden    hardenCmd    `cmd:"" help:"Firewall, SSH, TLS, databases, containers, secrets: look, write what makes them safe, put it into force.\n\nExample: truckflow harden audit"`
	Checklist checklistCmd `cmd:"" help:"The go-live checklist: what is ready, what is not, what a person has to confirm."`
	Copilot   copilotCmd   `cmd:"" help:"The copilot: how right it is."`
	MCP       mcpCmd       `cmd:"" name:"mcp" help:"Give an assistant on this desk the copilot's tools: MCP on stdin and stdout, answered by the running program.\n\nExample: truckflow mcp --key-file key.txt"`
	User      userCmd      `cmd:"" help:"Accounts, for whoever has the server itself."`
	Pricing   pricingCmd   `cmd:"" help:"Lane prices: how good they are."`
	Cost      costCmd      `cmd:"" help:"Say what running this costs a month, by load and truck, and when a cluster or a GPU pays.\n\nExample: truckflow cost --revenue 500000"`
	Scale     scaleCmd     `cmd:"" help:"Add and remove instances by the load: check rules, try them, run them."`
	Deploy    deployCmd    `cmd:"" help:"Describe, render and check a deployment on servers of your own.\n\nExample: truckflow deploy render --out production"`
	AI        aiCmd        `cmd:"" name:"ai" help:"Engines for language models: measure them, and what becomes of calls when they fail."`
	Config    configCmd    `cmd:"" help:"List every setting with its value, secrets hidden.\n\nExample: truckflow config --json"`
	Version   versionCmd   `cmd:"" help:"Print the version.\n\nExample: truckflow version"`
}

// wrong is an answer of "found wrong": exit 1.
var errWrong = errors.New("found wrong")

// env is what commands work with.
type env struct {
	ctx         context.Context
	out, errOut io.Writer
}

// Main runs the command line and returns the exit code.
func Main(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, args, os.Stdout, os.Stderr)
}

func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	var c commands
	exited := -1
	k, err := kong.New(&c, kong.Name("truckflow"), kong.Description("Self-hosted dispatch for truckload carriers: from rate confirmation to money received."),
		kong.Writers(out, errOut), kong.Exit(func(code int) { exited = code; panic(exit{}) }), kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(errOut, "truckflow:", err)
		return 2
	}
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(exit); !ok {
				panic(r)
			}
		}
	}()
	if len(args) > 0 && args[0] == "help" {
		args = append(args[1:], "--help")
	}
	kctx, err := parse(k, args, &exited)
	if exited >= 0 {
		return min(exited, 2)
	}
	if err != nil {
		fmt.Fprintf(errOut, "truckflow: %v\n", err)
		return 2
	}
	err = kctx.Run(&env{ctx, out, errOut})
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errWrong):
		return 1
	}
	p := errs.Public(err)
	msg := p.Message
	if p.Kind == errs.KindInternal && p.Cause != nil {
		msg = err.Error()
	}
	fmt.Fprintf(errOut, "truckflow: %s\n", msg)
	if p.HintMsg != "" {
		fmt.Fprintf(errOut, "  %s\n", p.HintMsg)
	}
	return 2
}

type exit struct{}

func parse(k *kong.Kong, args []string, exited *int) (ctx *kong.Context, err error) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(exit); !ok {
				panic(r)
			}
		}
	}()
	return k.Parse(args)
}

func (e *env) json(v any) error {
	enc := json.NewEncoder(e.out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// jsonLine prints v on one line of its own.
func (e *env) jsonLine(v any) error { return json.NewEncoder(e.out).Encode(v) }

// logger makes the program's log as cfg says.
func (e *env) logger(cfg *config.Config, files bool) (*slog.Logger, func() error, error) {
	var lvl slog.Level
	if err := lvl.UnmarshalText([]byte(cfg.LogLevel)); err != nil {
		return nil, nil, err
	}
	s := telemetry.LogSettings{Level: lvl, Console: e.errOut}
	if files {
		s.Dir = filepath.Join(cfg.DataDir, "logs")
	}
	return telemetry.NewLog(s)
}

type versionCmd struct {
	JSON bool `help:"For programs."`
}

// Run prints the version.
func (c versionCmd) Run(e *env) error {
	if c.JSON {
		return e.json(map[string]string{"version": Version})
	}
	_, err := fmt.Fprintln(e.out, "truckflow", Version)
	return err
}

type configCmd struct {
	JSON bool `help:"For programs."`
}

// Run lists the settings.
func (c configCmd) Run(e *env) error {
	cfg, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	vals := cfg.Dump()
	if c.JSON {
		return e.json(vals)
	}
	for _, s := range config.Settings {
		fmt.Fprintf(e.out, "%-28s %-24s %s\n", s.Name, vals[s.Name], s.Help)
	}
	return nil
}
