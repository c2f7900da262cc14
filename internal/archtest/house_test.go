package archtest

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const (
	module = "truckflow/"
	root   = "../.."
)

// rooms lists the domains from the ground floor up. A room may import only
// rooms listed before it; news travels upward as events, never as calls.
var rooms = []string{
	"identity", "assist", "routing", "documents", "inbox", "fleet", "customers", "loads",
	"pricing", "tracking", "dispatch", "billing", "edi", "notify", "copilot",
}

// where names the layer of an import path, and the room it belongs to, if any.
// Layers: kit kernel config platform store room frame edge ops opsedge app cli cmd sim
// migrations, tool (build programs) and testhelp (what only tests import).
func where(path string) (layer, room string) {
	p, ok := strings.CutPrefix(path, module)
	if !ok {
		return "", ""
	}
	if strings.HasSuffix(p, "test") || strings.HasPrefix(p, "e2e") {
		return "testhelp", ""
	}
	for prefix, l := range map[string]string{"cmd/": "cmd", "scripts/": "tool", "tools/": "tool"} {
		if strings.HasPrefix(p+"/", prefix) {
			return l, ""
		}
	}
	if p == "internal/ops/opsweb" {
		return "opsedge", ""
	}
	if p == "migrations" {
		return "migrations", ""
	}
	s := strings.Split(strings.TrimPrefix(p, "internal/"), "/")
	switch {
	case slices.Contains([]string{"kit", "platform", "ops", "config", "app", "cli", "sim"}, s[0]):
		return s[0], ""
	case s[0] == "web" || s[0] == "api":
		return "frame", ""
	case !slices.Contains(rooms, s[0]):
		return "unknown", ""
	case len(s) == 1:
		return "room", s[0]
	case s[1] == "internal":
		return "store", s[0]
	case s[1] == s[0]+"web" || s[1] == s[0]+"api":
		return "edge", s[0]
	}
	return "kernel", s[0]
}

// pkg is one package of the module, parsed.
type pkg struct {
	ImportPath, Name, Dir              string
	Imports                            []string
	GoFiles, TestGoFiles, XTestGoFiles []string

	layer, room string
	files       []file
}

type file struct {
	path   string // from the module's root
	src    string
	ast    *ast.File
	test   bool
	ourOwn bool // written by hand, not generated
}

// short is the import path as people say it.
func (p *pkg) short() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "internal/")
}

var fset = token.NewFileSet()

// load lists and parses the module once for all tests.
var load = sync.OnceValues(func() ([]*pkg, error) {
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Name,Dir,Imports,GoFiles,TestGoFiles,XTestGoFiles", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	base, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	var ps []*pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		p := &pkg{}
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			return ps, nil
		} else if err != nil {
			return nil, err
		}
		p.layer, p.room = where(p.ImportPath)
		if err := p.parse(base); err != nil {
			return nil, err
		}
		if len(p.files) > 0 {
			ps = append(ps, p)
		}
	}
})

func (p *pkg) parse(base string) error {
	for i, name := range slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles) {
		full := filepath.Join(p.Dir, name)
		src, err := os.ReadFile(full)
		if err != nil {
			return err
		}
		af, err := parser.ParseFile(fset, full, src, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(base, full)
		if err != nil {
			return err
		}
		p.files = append(p.files, file{path: rel, src: string(src), ast: af, test: i >= len(p.GoFiles), ourOwn: !ast.IsGenerated(af)})
	}
	return nil
}

func packages(t *testing.T) []*pkg {
	t.Helper()
	ps, err := load()
	if err != nil {
		t.Fatal(err)
	}
	if len(ps) < 40 {
		t.Fatalf("only %d packages found: the rules would check nothing", len(ps))
	}
	return ps
}

// at is a position as path:line from the module's root.
func at(f file, pos token.Pos) string {
	p := fset.Position(pos)
	return f.path + ":" + itoa(p.Line)
}
