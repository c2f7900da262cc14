package archtest

import (
	"slices"
	"strings"
	"testing"
)

// may lists, for each layer, the layers it may import. Anything absent is refused.
var may = map[string][]string{
	"kit":        {"kit"},
	"kernel":     {"kit", "kernel"},
	"config":     {"kit"},
	"platform":   {"kit", "platform"},
	"store":      {"kit", "kernel", "platform"},
	"room":       {"kit", "kernel", "platform", "store", "room"},
	"frame":      {"kit", "platform", "room", "frame"},
	"edge":       {"kit", "kernel", "frame", "room", "platform"}, // platform: only edgePlatform
	"ops":        {"kit", "config", "platform", "ops"},
	"opsedge":    {"kit", "ops", "platform", "frame", "room"}, // room: identity, for who may
	"sim":        {"kit", "sim", "kernel"},                    // a client of the public API; kernel: only the published gazetteer
	"app":        {"kit", "config", "platform", "ops", "opsedge", "room", "frame", "edge", "migrations", "kernel"},
	"cli":        {"kit", "config", "platform", "ops", "app", "sim", "kernel"},
	"cmd":        {"cli", "platform"}, // platform: cmd/truckflow-ocr is the second reader's program and nothing else
	"migrations": {},
	"tool":       {"kit", "tool"},
	"testhelp":   nil, // see TestImportsPointOneWay: may import anything, imported by tests alone
}

// published kernels are used beyond their room, each for a reason.
var published = map[string]string{
	"documents/extract": "the Reading is how a paper travels: the type of documents.Reading, drafted from by loads, printed by the command line",
	"loads/lifecycle":   "states and verbs are the words in which billing, dispatch and their pages speak about a load",
	"pricing/lanerate":  "the backtest's report is what the command line prints",
	"pricing/gbm":       "the backtest's options, chosen on the command line",
	"routing/gazetteer": "places are data, not a service: app joins it to the readers, sim invents addresses from it",
}

// edgePlatform are the ports whose types an edge hands on; anything else of
// platform is the room's business.
var edgePlatform = map[string]string{
	"platform/blob":   "files are streamed to the browser from where they lie",
	"platform/outbox": "the kept mails are shown on a page",
}

// only names libraries that a few layers may touch, with the reason.
var only = []struct {
	lib    string
	layers []string
	except []string // packages
	why    string
}{
	{"net/http", []string{"platform", "frame", "edge", "ops", "opsedge", "app", "cli", "sim", "testhelp", "tool"}, nil, "rooms, stores and kernels do not speak HTTP"},
	{"github.com/jackc/pgx", []string{"platform", "store", "ops", "testhelp"}, nil, "SQL lives in the room's private store"},
	{"github.com/riverqueue/river", []string{"platform"}, nil, "rooms enqueue through platform/jobs"},
	{"github.com/a-h/templ", []string{"frame", "edge", "opsedge"}, nil, "HTML lives in web packages"},
	{"github.com/danielgtaylor/huma", []string{"frame", "edge", "app"}, nil, "OpenAPI lives in api packages; app has the token's route"},
	{"os/exec", []string{"ops", "platform", "testhelp", "tool"}, []string{"sim/paper/printset"}, "only the operations plane runs programs; printset prints test papers with Chromium"},
	{"github.com/ebitengine/purego", nil, []string{"platform/ocr/onnx"}, "native code stays in a child program"},
	{"truckflow/internal/platform/ocr/onnx", nil, []string{"cmd/truckflow-ocr"}, "it would make the server depend on the system's C library, and a crash in native code would be the server's"},
	{"github.com/alecthomas/kong", []string{"cli"}, nil, "commands live in cli"},
	{"log", nil, nil, "use the *slog.Logger you were given"},
	{"math/rand", []string{"sim", "testhelp"}, []string{"platform/pg"}, "secrets come from crypto/rand, ids from kit/ids; only the demo rolls dice, and instances that must not come back to a database at one moment"},
}

func TestImportsPointOneWay(t *testing.T) {
	for _, p := range packages(t) {
		if p.layer == "unknown" {
			t.Errorf("%s: no such room or layer; add it to archtest.rooms on purpose or move it", p.ImportPath)
		}
		if p.layer == "testhelp" || p.layer == "unknown" {
			continue
		}
		for _, imp := range p.Imports {
			if why := refused(p, imp); why != "" {
				t.Errorf("%s (%s) imports %s: %s", p.short(), p.layer, strings.TrimPrefix(imp, module+"internal/"), why)
			}
		}
	}
}

// refused says why p may not import one of our own packages, or "".
func refused(p *pkg, imp string) string {
	to, target := where(imp)
	short := strings.TrimPrefix(strings.TrimPrefix(imp, module), "internal/")
	switch {
	case to == "":
		return ""
	case to == "testhelp":
		return "only tests may import test helpers"
	case !slices.Contains(may[p.layer], to):
		return p.layer + " may import only " + strings.Join(may[p.layer], ", ")
	case to == "store" && target != p.room:
		return "another room's private store; call its service instead"
	case to == "kernel" && target != p.room:
		if published[short] == "" {
			return "another room's inside; call its service instead"
		}
		if p.layer == "sim" && short != "routing/gazetteer" {
			return "the demo knows what a client knows"
		}
		if p.room != "" && slices.Index(rooms, target) > slices.Index(rooms, p.room) {
			return target + " is upstairs"
		}
	case (p.layer == "room" || p.layer == "edge") && to == "room" && target != p.room && slices.Index(rooms, target) > slices.Index(rooms, p.room):
		return target + " is upstairs of " + p.room + "; publish an event instead"
	case (p.layer == "frame" || p.layer == "opsedge") && to == "room" && target != "identity":
		return "it knows only identity"
	case p.layer == "edge" && to == "platform" && edgePlatform[short] == "":
		return "an edge asks its room; the ports it may name are in archtest.edgePlatform"
	}
	return ""
}

func TestLibrariesStayInTheirLayers(t *testing.T) {
	for _, p := range packages(t) {
		for _, imp := range p.Imports {
			for _, o := range only {
				ours := imp == o.lib || o.lib != "log" && strings.HasPrefix(imp, o.lib+"/")
				if ours && !slices.Contains(o.layers, p.layer) && !slices.Contains(o.except, p.short()) {
					t.Errorf("%s (%s) imports %s: %s", p.short(), p.layer, imp, o.why)
				}
			}
			// The first element of a module's path has a dot; the standard library's has none.
			first, _, _ := strings.Cut(imp, "/")
			if (p.layer == "kit" || p.layer == "kernel") && strings.Contains(first, ".") {
				t.Errorf("%s (%s) imports %s: kit and kernels stand on the standard library alone", p.short(), p.layer, imp)
			}
		}
	}
}

// TestExceptionsAreUsed keeps the lists of exceptions honest.
func TestExceptionsAreUsed(t *testing.T) {
	used := map[string]bool{}
	for _, p := range packages(t) {
		for _, imp := range p.Imports {
			to, target := where(imp)
			short := strings.TrimPrefix(strings.TrimPrefix(imp, module), "internal/")
			used[short] = used[short] || to == "kernel" && target != p.room || to == "platform" && p.layer == "edge"
		}
	}
	for _, list := range []map[string]string{published, edgePlatform} {
		for name := range list {
			if !used[name] {
				t.Errorf("%s is an exception that nobody needs any more; take it off the list", name)
			}
		}
	}
}
