package copilot

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"truckflow/internal/copilot/internal/copilotdb"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/money"
	"truckflow/internal/platform/pg"
)

//go:embed questions.yaml
var questions []byte

// asked is one entry of the evaluation set. For names things of the company's own
// in SQL, one row a question; its columns fill {…} in the others. {today} is the
// company's date. What the answer must say is asked of the database by a way of its own.
type asked struct {
	Q       string            `yaml:"q"`
	For     string            `yaml:"for"`
	Facts   map[string]string `yaml:"facts"`   // name → query of one number
	Records string            `yaml:"records"` // query of one column: the set of records
	Says    string            `yaml:"says"`    // words that must stand in the answer
	Refuse  bool              `yaml:"refuse"`  // it must not be answered
}

// Result of one question.
type Result struct {
	Question string `json:"question"`
	Outcome  string `json:"outcome"` // right, wrong, refused
	Why      string `json:"why,omitempty"`
	MS       int64  `json:"ms"`
	engine   string // that answered, where it was a model
}

// Scored is what an evaluation found. Answered = Right + Wrong.
type Scored struct {
	Engine    string   `json:"engine"`
	Questions int      `json:"questions"`
	Answered  int      `json:"answered"`
	Right     int      `json:"right"`
	Wrong     int      `json:"wrong"`
	Refused   int      `json:"refused"` // of those that could be answered
	Kept      int      `json:"kept"`    // rightly not answered
	P95MS     int64    `json:"p95_ms"`
	Results   []Result `json:"results"`
}

// Score asks the built-in copilot, or with model the engine behind Models, the
// evaluation set on this company's data. A model is not asked what the rules must
// refuse: it may know better. Needs SeeMoney and everything else that the tools need.
func (s *Service) Score(ctx context.Context, model bool) (*Scored, error) {
	if _, err := identity.Require(ctx, identity.SeeMoney); err != nil {
		return nil, err
	}
	var set []asked
	d := yaml.NewDecoder(bytes.NewReader(questions))
	d.KnownFields(true)
	if err := d.Decode(&set); err != nil {
		return nil, errs.Internal(err, "the evaluation set cannot be read")
	}
	today, err := s.today(ctx)
	if err != nil {
		return nil, err
	}
	out := &Scored{Engine: BuiltIn}
	for _, x := range set {
		if model && x.Refuse {
			continue
		}
		every, err := s.filled(ctx, x, today)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", x.Q, err)
		}
		for _, one := range every {
			r, err := s.mark(ctx, one, model)
			// A company at work changes between the answer and the truth.
			for again := 0; err == nil && r.Outcome == "wrong" && again < 2; again++ {
				r, err = s.mark(ctx, one, model)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", one.Q, err)
			}
			out.count(r, one.Refuse)
			out.Engine = cmp.Or(r.engine, out.Engine)
		}
	}
	var ms []int64
	for _, r := range out.Results {
		ms = append(ms, r.MS)
	}
	slices.Sort(ms)
	if n := len(ms); n > 0 {
		out.P95MS = ms[n*95/100]
	}
	return out, nil
}

func (o *Scored) count(r Result, refuse bool) {
	o.Questions++
	o.Results = append(o.Results, r)
	switch {
	case r.Outcome == "right" && refuse:
		o.Kept++
	case r.Outcome == "right":
		o.Right++
		o.Answered++
	case r.Outcome == "wrong":
		o.Wrong++
		o.Answered++
	default:
		o.Refused++
	}
}

// filled puts the company's own names into an entry.
func (s *Service) filled(ctx context.Context, x asked, today time.Time) (out []asked, err error) {
	rows := []map[string]any{{}}
	if x.For != "" {
		rows = nil
		found, err := s.truth(ctx, strings.ReplaceAll(x.For, "{today}", "date '"+today.Format(time.DateOnly)+"'"))
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			var m map[string]any
			if err := json.Unmarshal(r, &m); err != nil {
				return nil, err
			}
			rows = append(rows, m)
		}
	}
	for _, m := range rows {
		fill := func(sql bool) func(string) string {
			return func(t string) string {
				for k, v := range m {
					t = strings.ReplaceAll(t, "{"+k+"}", fmt.Sprint(v))
				}
				if sql {
					t = strings.ReplaceAll(t, "{today}", "date '"+today.Format(time.DateOnly)+"'")
				}
				return t
			}
		}
		one := asked{Q: fill(false)(x.Q), Records: fill(true)(x.Records), Says: fill(false)(x.Says), Refuse: x.Refuse, Facts: map[string]string{}}
		for name, q := range x.Facts {
			one.Facts[name] = fill(true)(q)
		}
		out = append(out, one)
	}
	return out, nil
}

func (s *Service) truth(ctx context.Context, sql string) (rows []json.RawMessage, err error) {
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err = copilotdb.Truth(ctx, tx, sql)
		return err
	})
	return rows, err
}

// mark asks one question and compares. Of a model it compares what its look-ups found,
// among which there may be more than was asked for, and wants one of the figures in
// its text: that no other is in it is known already.
func (s *Service) mark(ctx context.Context, x asked, model bool) (r Result, err error) {
	start := s.Clock.Now()
	a, engine, err := s.attempt(ctx, x.Q, model)
	if err != nil {
		return r, err
	}
	r = Result{engine: engine, Question: x.Q, MS: s.Clock.Now().Sub(start).Milliseconds(), Outcome: "right"}
	wrong := func(format string, v ...any) { r.Outcome, r.Why = "wrong", fmt.Sprintf(format, v...) }
	if a.Refused != "" {
		if !x.Refuse {
			r.Outcome, r.Why = "refused", a.Refused
		}
		return r, nil
	}
	if x.Refuse {
		wrong("answered: %s", a.Plain())
		return r, nil
	}
	if x.Says != "" && !strings.Contains(a.Plain(), x.Says) {
		wrong("does not say %q: %s", x.Says, a.Plain())
	}
	told := len(x.Facts) == 0 || !model
	for name, q := range x.Facts {
		want, err := s.column(ctx, q)
		if err != nil {
			return r, err
		}
		got, there := a.Facts[name]
		if len(want) != 1 || !there || fmt.Sprint(got) != want[0] {
			wrong("%s is %d, the database says %v", name, got, want)
		}
		told = told || says(a.Plain(), name, got)
	}
	if !told {
		wrong("says none of the figures: %s", a.Plain())
	}
	if x.Records != "" {
		want, err := s.column(ctx, x.Records)
		if err != nil {
			return r, err
		}
		got := slices.Clone(a.Records)
		if model {
			got = slices.DeleteFunc(got, func(g string) bool { return !slices.Contains(want, g) })
			slices.Sort(got)
			got = slices.Compact(got)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			wrong("names %v, the database %v", got, want)
		}
	}
	return r, nil
}

// attempt has the rules or a model answer; that no model did is a refusal.
func (s *Service) attempt(ctx context.Context, q string, model bool) (a Answer, engine string, err error) {
	if !model {
		a, _, err = s.answer(ctx, Question{Text: q}, func(Progress) {})
		return a, "", err
	}
	a, engine, err = s.byModel(ctx, Question{Text: q}, func(Progress) {})
	if err != nil && ctx.Err() == nil {
		a, err = Answer{Refused: errs.Public(err).Message}, nil
	}
	return a, engine, err
}

// says reports whether a text has a fact's figure: as dollars, or none as a word.
func says(text, name string, v int64) bool {
	want := strconv.FormatInt(v, 10)
	if strings.HasSuffix(name, "_cents") {
		want = plainFigure(strings.TrimPrefix(money.Cents(v).Dollars(), "$"))
	}
	plain, _ := figuresIn(text)
	return slices.Contains(plain, want) || v == 0 && noneRE.MatchString(text) || v == 1 && oneRE.MatchString(text)
}

var (
	noneRE = regexp.MustCompile(`(?i)\b(?:no|none|nothing|nobody|not)\b`)
	oneRE  = regexp.MustCompile(`(?i)\b(?:one|a|an|the only)\b`)
)

// column is the first value of each row, as text.
func (s *Service) column(ctx context.Context, sql string) (out []string, err error) {
	rows, err := s.truth(ctx, sql)
	for _, r := range rows {
		d := json.NewDecoder(bytes.NewReader(r))
		d.UseNumber()
		for range 3 { // {, the name, the value
			tok, err := d.Token()
			if err != nil {
				return nil, err
			}
			if v := fmt.Sprint(tok); v != "{" {
				out = append(out, v)
			}
		}
		out = slices.Delete(out, len(out)-2, len(out)-1) // the name
	}
	return out, err
}
