package archtest

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func itoa(n int) string { return strconv.Itoa(n) }

// banned calls, with the layers that may make them. A program's main package
// may always print and exit.
var banned = map[string]struct {
	except []string
	why    string
}{
	"os.Getenv":          {[]string{"config", "testhelp", "tool"}, "configuration enters through internal/config"},
	"os.LookupEnv":       {[]string{"config", "testhelp", "tool"}, "configuration enters through internal/config"},
	"os.Environ":         {[]string{"config", "ops", "testhelp", "tool"}, "configuration enters through internal/config; ops hands it to programs it starts"},
	"time.Now":           {[]string{"kit", "platform", "ops", "app", "cli", "testhelp", "tool"}, "take a clock.Clock"},
	"time.Since":         {[]string{"kit", "platform", "ops", "app", "cli", "testhelp", "tool"}, "take a clock.Clock"},
	"time.Until":         {[]string{"kit", "platform", "ops", "app", "cli", "testhelp", "tool"}, "take a clock.Clock"},
	"time.Sleep":         {[]string{"testhelp", "tool"}, "wait on a channel or a context"},
	"fmt.Print":          {[]string{"tool"}, "only the command line prints, to the writer it was given"},
	"fmt.Printf":         {[]string{"tool"}, "only the command line prints, to the writer it was given"},
	"fmt.Println":        {[]string{"tool"}, "only the command line prints, to the writer it was given"},
	"slog.Default":       {nil, "use the logger you were given"},
	"slog.Info":          {nil, "use the logger you were given"},
	"slog.Warn":          {nil, "use the logger you were given"},
	"slog.Error":         {nil, "use the logger you were given"},
	"context.TODO":       {nil, "pass the caller's context"},
	"os.Exit":            {[]string{"cmd"}, "return an error"},
	"http.DefaultClient": {nil, "a client without a timeout waits for ever"},
	"http.Get":           {nil, "a client without a timeout waits for ever"},
	"http.Post":          {nil, "a client without a timeout waits for ever"},
}

// moneyRE matches names of amounts. Money is money.Cents.
var moneyRE = regexp.MustCompile(`(?i)(amount|price|charge|linehaul|balance|payout|cents|dollars)$`)

func TestCodeHabits(t *testing.T) {
	for _, p := range packages(t) {
		for _, f := range p.files {
			if !f.ourOwn || f.test {
				continue
			}
			ast.Inspect(f.ast, func(n ast.Node) bool {
				switch x := n.(type) {
				case *ast.SelectorExpr:
					id, ok := x.X.(*ast.Ident)
					if !ok {
						break
					}
					call := id.Name + "." + x.Sel.Name
					mainMay := p.Name == "main" && (call == "os.Exit" || strings.HasPrefix(call, "fmt."))
					if b, ok := banned[call]; ok && !slices.Contains(b.except, p.layer) && !mainMay {
						t.Errorf("%s: %s in %s: %s", at(f, x.Pos()), call, p.layer, b.why)
					}
				case *ast.Field:
					id, ok := x.Type.(*ast.Ident)
					if !ok || !strings.HasPrefix(id.Name, "float") {
						break
					}
					for _, nm := range x.Names {
						if moneyRE.MatchString(nm.Name) {
							t.Errorf("%s: %s is %s; money is money.Cents", at(f, x.Pos()), nm.Name, id.Name)
						}
					}
				}
				return true
			})
		}
	}
}

const (
	maxFuncLines = 100
	maxFileLines = 800
)

// TestSizes fails on what is too big and prints the size of the house (-v).
func TestSizes(t *testing.T) {
	var lines, tests, generated int
	var bigFile, bigFunc struct {
		name  string
		lines int
	}
	ps := packages(t)
	for _, p := range ps {
		for _, f := range p.files {
			n := strings.Count(f.src, "\n")
			if !f.ourOwn {
				generated += n
				continue
			}
			if f.test {
				tests += n
			} else {
				lines += n
			}
			if n > maxFileLines {
				t.Errorf("%s: %d lines, limit %d: it has more than one subject", f.path, n, maxFileLines)
			}
			if n > bigFile.lines {
				bigFile.name, bigFile.lines = f.path, n
			}
			for _, d := range f.ast.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok {
					continue
				}
				l := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1
				if l > maxFuncLines {
					t.Errorf("%s: %s is %d lines, limit %d", at(f, fn.Pos()), fn.Name.Name, l, maxFuncLines)
				}
				if l > bigFunc.lines {
					bigFunc.name, bigFunc.lines = at(f, fn.Pos())+" "+fn.Name.Name, l
				}
			}
		}
	}
	t.Logf("the house: %d packages, %d lines of Go by hand, %d of tests, %d generated", len(ps), lines, tests, generated)
	t.Logf("largest file: %s, %d lines; longest function: %s, %d lines", bigFile.name, bigFile.lines, bigFunc.name, bigFunc.lines)
}

func TestEverythingIsDocumented(t *testing.T) {
	exported, bare := 0, 0
	for _, p := range packages(t) {
		said, code := false, false
		for _, f := range p.files {
			if f.test {
				continue
			}
			code = true
			said = said || f.ast.Doc != nil && strings.TrimSpace(f.ast.Doc.Text()) != ""
			if !f.ourOwn || p.Name == "main" || p.layer == "store" {
				continue
			}
			for _, x := range exports(f.ast) {
				exported++
				if !x.documented {
					bare++
					t.Errorf("%s: %s is exported and has no doc comment: say what the reader cannot guess", at(f, x.pos), x.name)
				}
			}
		}
		// A store is what sqlc makes of the queries; its room speaks for it.
		if code && !said && p.layer != "store" {
			t.Errorf("%s has no package comment: say what it is for, in a sentence a newcomer understands", p.short())
		}
	}
	t.Logf("%d exported names, %d without a doc comment", exported, bare)
}

type export struct {
	name       string
	pos        token.Pos
	documented bool
}

// exports lists a file's exported names. A group's comment speaks for its
// constants and variables, as does a comment at the end of the line.
func exports(f *ast.File) (out []export) {
	for _, d := range f.Decls {
		switch x := d.(type) {
		case *ast.FuncDecl:
			if x.Name.IsExported() && (x.Recv == nil || exportedReceiver(x.Recv)) {
				out = append(out, export{x.Name.Name, x.Pos(), x.Doc != nil})
			}
		case *ast.GenDecl:
			for _, s := range x.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					if s.Name.IsExported() {
						out = append(out, export{s.Name.Name, s.Pos(), x.Doc != nil || s.Doc != nil || s.Comment != nil})
					}
				case *ast.ValueSpec:
					for _, n := range s.Names {
						if n.IsExported() {
							out = append(out, export{n.Name, n.Pos(), x.Doc != nil || s.Doc != nil || s.Comment != nil})
						}
					}
				}
			}
		}
	}
	return out
}

func exportedReceiver(r *ast.FieldList) bool {
	t := r.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}
