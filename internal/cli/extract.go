package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"truckflow/internal/app"
	"truckflow/internal/config"
	"truckflow/internal/documents/extract"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/cache/memcache"
	"truckflow/internal/platform/llm"
	"truckflow/internal/platform/llm/stub"
	"truckflow/internal/platform/pg"
)

type extractCmd struct {
	Read  extractReadCmd  `cmd:"" default:"withargs" help:"Read documents: PDF, image, .txt and .eml.\n\nExample: truckflow extract ratecon.pdf --json"`
	Score extractScoreCmd `cmd:"" help:"Score the reader on a folder of labelled documents.\n\nExample: truckflow extract score testdata/reading/heldout"`
	Cases extractCasesCmd `cmd:"" help:"Write the papers that a company corrected the reader on, as a zip for extract score.\n\nExample: truckflow extract cases --out cases.zip"`
}

type extractCasesCmd struct {
	Company string `help:"A part of the company's name, where the database holds several."`
	Out     string `required:"" help:"The file to write." placeholder:"FILE"`
}

// Run writes the file whole or not at all.
func (c extractCasesCmd) Run(e *env) error {
	cfg, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	files, err := app.OpenFiles(e.ctx, cfg)
	if err != nil {
		return err
	}
	return e.onDatabase(func(db *pg.DB, log *slog.Logger) error {
		f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return errs.Conflict("%s cannot be made", c.Out).Hint("is it there already?").Wrap(err)
		}
		n, err := app.ExportCases(e.ctx, db, files, log, c.Company, f)
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			_ = os.Remove(c.Out)
			return err
		}
		fmt.Fprintf(e.out, "%d corrected papers in %s; unpack it and run truckflow extract score on the folder\n", n, c.Out)
		return nil
	})
}

type extractReadCmd struct {
	Files  []string `arg:"" type:"path" help:"Documents to read."`
	Engine string   `help:"Also ask this engine for what the rules leave open: ollama, server, openai or anthropic; the last two get the paper as it is."`
	JSON   bool     `help:"One JSON document a file (docs/extract.md)."`
}

// Run reads each file; exit 2 with one line when one cannot be read.
func (c extractReadCmd) Run(e *env) error {
	rd, done, err := openReader(e, c.Engine)
	if err != nil {
		return err
	}
	defer done()
	var last error // the rest is read although one cannot be
	for _, f := range c.Files {
		g, _, err := rd(e.ctx, f, nil)
		r := g.Reading
		if err != nil {
			if last != nil {
				fmt.Fprintf(e.errOut, "truckflow: %s\n", errs.Public(last).Message)
			}
			last = named(f, err)
			continue
		}
		if c.JSON {
			if err := e.json(r); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintln(e.out, filepath.Base(f))
		for _, v := range r.Fields() {
			fmt.Fprintf(e.out, "  %-28s %-40s %3.0f%%  page %d\n", v.Path, v.Value, 100*v.Confidence, v.Page)
		}
		for _, x := range r.Flags {
			fmt.Fprintf(e.out, "  %s %s: %s\n", x.Severity, x.Field, x.Reason)
		}
	}
	return last
}

func named(file string, err error) error {
	p := *errs.Public(err)
	p.Message = filepath.Base(file) + ": " + p.Message
	return &p
}

type readFunc func(ctx context.Context, file string, m extract.Memory) (app.GapReading, time.Duration, error)

// openReader builds the reader alone: no database, no server. engine, where it is
// not empty, is the one that is asked for what the rules leave open.
func openReader(e *env, engine string) (readFunc, func(), error) {
	cfg, err := config.FromEnvironment()
	if err != nil {
		return nil, nil, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	p, done, err := app.NewReader(filepath.Join(cache, "truckflow", "pdfium"), cfg.Tesseract, cfg.SecondReader)
	if err != nil {
		return nil, nil, err
	}
	var ai app.Models // none
	if engine != "" {
		if ai, err = oneEngine(e.ctx, cfg, engine); err != nil {
			return nil, nil, err
		}
	}
	return func(ctx context.Context, file string, m extract.Memory) (g app.GapReading, took time.Duration, err error) {
		data, err := os.ReadFile(file)
		if err != nil {
			return g, 0, errs.NotFound("cannot be opened").Wrap(err)
		}
		start := time.Now()
		if _, _, err := p.Inspect(ctx, data); err != nil {
			return g, 0, err
		}
		g, err = app.ReadPaper(ctx, p, data, start, ai, m)
		return g, time.Since(start), err
	}, done, nil
}

// oneEngine is a gateway to the one engine that was named, probed. Who names one
// outside on the command line has decided that what is asked may go there.
func oneEngine(ctx context.Context, cfg *config.Config, engine string) (*llm.Gateway, error) {
	for _, s := range app.AIEngines(cfg) {
		if s.Name == engine {
			g := llm.New(llm.Settings{Engines: []llm.EngineSettings{s}, Ledger: &stub.Ledger{Permits: llm.Allowed, Budget: math.MaxInt64}, Cache: memcache.New(memcache.Settings{}, clock.System),
				Clock: clock.System, Log: slog.New(slog.DiscardHandler)})
			g.Probe(ctx)
			return g, nil
		}
	}
	return nil, errs.Invalid("the engine %q is not set up", engine).Hint("OLLAMA_HOST, TRUCKFLOW_AI_SERVER, OPENAI_API_KEY and ANTHROPIC_API_KEY set one up")
}

type extractScoreCmd struct {
	Dir    string `arg:"" type:"path" help:"Folder with NAME.label.json beside each document, or a ground_truth.json."`
	Engine string `help:"Also ask this engine for what the rules leave open: ollama, server, openai or anthropic; the last two get the papers as they are."`
	Learn  bool   `help:"Read each document with what confirming those before it, in the order of their names, has taught about their layouts."`
	Misses bool   `help:"Also list every field that was not read as labelled."`
	JSON   bool   `help:"For programs."`
}

// tally is the score of one medium.
type tally struct {
	Documents    int      `json:"documents"`
	Clean        int      `json:"documents_without_correction"`
	Fields       int      `json:"fields"`
	Exact        int      `json:"exact"`
	Missed       int      `json:"missed"`
	Wrong        int      `json:"wrong"`
	Extra        int      `json:"extra"`
	Silent       int      `json:"silent"`
	Alarms       int      `json:"exact_but_flagged"`
	ExactPercent float64  `json:"exact_percent"`
	SilentRate   float64  `json:"silent_percent"`
	Planted      int      `json:"planted_errors"`
	Caught       int      `json:"planted_errors_flagged"`
	P50ms        float64  `json:"p50_ms"`
	P95ms        float64  `json:"p95_ms"`
	Asked        int      `json:"documents_asked_about"`
	Taken        int      `json:"findings_taken"`
	Discarded    int      `json:"findings_discarded"`
	Unread       []string `json:"unread,omitempty"`
	Misses       []miss   `json:"misses,omitempty"`

	sum extract.Score
	ms  []float64
}

// miss is one field of one file that was not read as labelled.
type miss struct {
	File   string `json:"file"`
	Field  string `json:"field"`
	Want   string `json:"want"`
	Got    string `json:"got"`
	Silent bool   `json:"silent"`
}

// heard counts what an engine found in a document's gaps.
func (t *tally) heard(vs []extract.Verdict) {
	if vs == nil {
		return
	}
	t.Asked++
	for _, v := range vs {
		if v.Why == "" {
			t.Taken++
		} else {
			t.Discarded++
		}
	}
}

func (t *tally) finish() {
	s := t.sum
	t.Documents, t.Clean, t.Fields, t.Exact, t.Missed, t.Wrong, t.Extra, t.Silent = s.Documents, s.Clean, s.Fields, s.Exact, s.Missed, s.Wrong, s.Extra, s.Silent
	t.Alarms, t.Planted, t.Caught = s.Alarms, s.FlagsExpected, s.FlagsRaised
	sort.Float64s(t.ms)
	if n := len(t.ms); n > 0 {
		t.P50ms, t.P95ms = t.ms[n/2], t.ms[min(n-1, n*95/100)]
	}
	if t.Fields > 0 {
		t.ExactPercent, t.SilentRate = 100*float64(t.Exact)/float64(t.Fields), 100*float64(t.Silent)/float64(t.Fields)
	}
}

// Run scores; exit 1 when the goals are missed.
func (c extractScoreCmd) Run(e *env) error {
	if st, err := os.Stat(c.Dir); err != nil || !st.IsDir() {
		return errs.NotFound("%s is not a folder", c.Dir)
	}
	rd, done, err := openReader(e, c.Engine)
	if err != nil {
		return err
	}
	defer done()
	cases, err := findCases(c.Dir)
	if err != nil {
		return err
	}
	if len(cases) == 0 {
		return errs.NotFound("%s has no labelled documents", c.Dir).Hint("put NAME.label.json beside NAME.pdf, or a ground_truth.json")
	}
	all := map[string]*tally{}
	var memory extract.Memory
	for _, k := range cases {
		read, took, err := rd(e.ctx, k.file, memory)
		r := read.Reading
		for _, g := range []string{"all", k.medium} {
			if all[g] == nil {
				all[g] = &tally{}
			}
			if err != nil {
				all[g].Unread = append(all[g].Unread, filepath.Base(k.file)+": "+errs.Public(err).Message)
				continue
			}
			all[g].heard(read.Verdicts)
			want := k.want(r)
			if c.Learn && g == "all" {
				memory = read.Learn(memory, want.Values)
			}
			s := extract.Compare(r, want)
			all[g].sum.Add(s)
			for _, m := range s.Misses {
				if c.Misses && g == "all" {
					all[g].Misses = append(all[g].Misses, miss{filepath.Base(k.file), m.Path, m.Want, m.Got, m.Silent})
				}
			}
			all[g].ms = append(all[g].ms, float64(took.Microseconds())/1000)
		}
	}
	for _, t := range all {
		t.finish()
	}
	if c.JSON {
		err = e.json(all)
	} else {
		printScore(e, all)
	}
	if t := all["all"]; err == nil && (t.ExactPercent < 95 || t.SilentRate > 0.5 || len(t.Unread) > 0) {
		return errWrong
	}
	return err
}

func printScore(e *env, all map[string]*tally) {
	var groups []string
	for g := range all {
		groups = append(groups, g)
	}
	sort.Strings(groups)
	fmt.Fprintf(e.out, "%-12s %5s %6s %7s %7s %7s %6s %6s %8s %7s %8s %8s %9s\n", "medium", "docs", "clean", "fields", "exact%", "missed", "wrong", "extra", "silent%", "alarm%", "p50 ms", "p95 ms", "caught")
	for _, g := range groups {
		t := all[g]
		fmt.Fprintf(e.out, "%-12s %5d %6d %7d %7.2f %7d %6d %6d %8.2f %7.1f %8.1f %8.1f %4d/%d\n", g, t.Documents, t.Clean, t.Fields, t.ExactPercent, t.Missed, t.Wrong, t.Extra,
			t.SilentRate, 100*float64(t.Alarms)/float64(max(1, t.Fields)), t.P50ms, t.P95ms, t.Caught, t.Planted)
	}
	var names []string
	for f := range all["all"].sum.PerField {
		names = append(names, f)
	}
	sort.Strings(names)
	fmt.Fprintf(e.out, "\n%-34s %7s %7s %7s %6s %7s\n", "field", "labels", "exact", "missed", "wrong", "silent")
	for _, f := range names {
		n := all["all"].sum.PerField[f]
		fmt.Fprintf(e.out, "%-34s %7d %7d %7d %6d %7d\n", f, n.Fields, n.Exact, n.Missed, n.Wrong, n.Silent)
	}
	if t := all["all"]; t.Asked > 0 {
		fmt.Fprintf(e.out, "\nasked the engine about %d documents: %d findings taken, each flagged for a person; %d discarded\n", t.Asked, t.Taken, t.Discarded)
	}
	for _, m := range all["all"].Misses {
		silent := ""
		if m.Silent {
			silent = "  (silent)"
		}
		fmt.Fprintf(e.out, "%s  %s  want %q  got %q%s\n", m.File, m.Field, m.Want, m.Got, silent)
	}
	for _, u := range all["all"].Unread {
		fmt.Fprintln(e.out, "could not be read:", u)
	}
}

// labelled is a document with what it should read as.
type labelled struct {
	file, medium string
	want         func(r *extract.Reading) extract.Label
}

func findCases(dir string) (out []labelled, err error) {
	media := map[string]string{}
	err = filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && d.Name() == "manifest.json" {
			var rows []struct{ File, Medium string }
			if b, err := os.ReadFile(p); err == nil && json.Unmarshal(b, &rows) == nil {
				for _, r := range rows {
					media[filepath.Join(filepath.Dir(p), r.File)] = r.Medium
				}
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	err = filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Name() == "ground_truth.json" {
			b, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			truths, err := extract.ParseTruth(b)
			if err != nil {
				return named(p, errs.Invalid("not a ground truth").Wrap(err))
			}
			for name, want := range truths {
				out = append(out, labelled{filepath.Join(filepath.Dir(p), name), strings.TrimPrefix(filepath.Ext(name), "."), want})
			}
			return nil
		}
		base, ok := strings.CutSuffix(p, ".label.json")
		if !ok {
			return nil
		}
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		want, err := extract.ParseLabel(b)
		if err != nil {
			return named(p, errs.Invalid("not a label").Wrap(err))
		}
		for _, ext := range []string{".pdf", ".png", ".jpg", ".txt", ".eml", ".tif"} {
			if _, err := os.Stat(base + ext); err == nil {
				m := media[base+ext]
				if m == "" {
					m = strings.TrimPrefix(ext, ".")
				}
				out = append(out, labelled{base + ext, m, func(*extract.Reading) extract.Label { return want }})
			}
		}
		return nil
	})
	return out, err
}
