// Package imports keeps the architecture's import arrows true: which package may
// import which is the table in docs/architecture.md.
package imports

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

const module = "github.com/ingot-go/ingot"

// may lists for every package the packages of this module that it may import.
// The key and the entries are paths below the module; internal packages count as
// part of their parent's. What isn't in the table is an error, so that a new
// package gets its row.
var may = map[string][]string{
	"":         {"asm/spec", "fusion", "gen", "gen/portable", "internal/bench", "internal/calibdata", "internal/compiled", "internal/gotool", "internal/tune", "ir", "ir/exec", "ir/interp", "ir/pass", "onnx", "onnx/qdq", "plan", "quant"},
	"asm":      {"asm/spec"},
	"asm/emu":  {},
	"asm/spec": {},
	"cmd/ingot": {"", "asm/spec", "internal/bench", "internal/calibdata", "internal/chart", "internal/codesize", "internal/config",
		"internal/gotool", "internal/graphview", "internal/inspect", "internal/npy", "internal/runner", "ir", "ir/exec", "quant"},
	"fusion":                    {"ir", "ir/pass"},
	"gen":                       {"asm", "asm/spec", "gen/portable", "ir", "ir/detmath", "plan"},
	"gen/portable":              {"ir/detmath"},
	"internal/bench":            {"asm", "asm/spec", "internal/codesize", "internal/gotool", "internal/runner", "ir", "quant"},
	"internal/chart":            {},
	"internal/codesize":         {"asm/spec", "internal/gotool"},
	"internal/compiled":         {"asm/spec", "gen", "internal/gotool", "ir", "ir/exec", "plan", "quant"},
	"internal/gotool":           {},
	"internal/graphview":        {"internal/graphview/layout", "ir"},
	"internal/graphview/layout": {},
	"internal/inspect":          {"ir", "quant"},
	"internal/runner":           {"internal/gotool", "ir"},
	"internal/tune":             {"asm/spec", "internal/bench", "internal/gotool", "plan"},
	"internal/calibdata":        {"gen/portable", "internal/npy", "ir"},
	"internal/config":           {"", "asm/spec", "ir", "quant"},
	"internal/npy":              {},
	"ir":                        {},
	"ir/detmath":                {},
	"ir/exec":                   {"ir", "ir/detmath", "ir/interp"},
	"ir/interp":                 {"ir", "ir/detmath"},
	"ir/pass":                   {"ir"},
	"onnx":                      {"ir"},
	"onnx/qdq":                  {"ir", "onnx", "quant"},
	"plan":                      {"asm/spec", "gen/portable", "ir"},
	"quant":                     {"ir", "ir/detmath", "ir/exec", "ir/pass"},
}

// outside lists the packages whose imports from other modules are restricted,
// with what they may have.
var outside = map[string][]string{
	"asm/spec": {}, "gen/portable": {}, "ir": {}, "ir/detmath": {}, "ir/exec": {}, "ir/interp": {}, "ir/pass": {},
	"fusion": {}, "quant": {}, "plan": {}, "onnx": {"google.golang.org/protobuf"}, "onnx/qdq": {},
	"asm": {"github.com/mmcloughlin/avo"}, "gen": {"github.com/dave/jennifer", "golang.org/x/tools"},
	"generated":      {"golang.org/x/sys/cpu"},
	"internal/chart": {"gonum.org/v1/plot"}, "internal/graphview": {}, "internal/graphview/layout": {},
}

func TestArrows(t *testing.T) {
	pkgs, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedImports, Dir: "../.."}, "./...")
	if err != nil {
		t.Fatal(err)
	}
	if len(pkgs) < len(may) {
		t.Fatalf("found %d packages, the table has %d", len(pkgs), len(may))
	}
	for _, p := range pkgs {
		for _, e := range p.Errors {
			t.Error(e)
		}
		for path := range p.Imports {
			if why := forbidden(below(p.PkgPath), path); why != "" {
				t.Errorf("%s imports %s: %s", p.PkgPath, path, why)
			}
		}
	}
}

// below is a package's path below the module.
func below(path string) string { return strings.TrimPrefix(strings.TrimPrefix(path, module), "/") }

// forbidden says why a package may not import another, or nothing.
func forbidden(from, path string) string {
	if top, _, _ := strings.Cut(from, "/"); top == "tests" || top == "examples" {
		return ""
	}
	if strings.HasPrefix(from, "generated/") {
		from = "generated"
	}
	if strings.HasPrefix(from, "asm/emu/internal") {
		return ""
	}
	if path == module || strings.HasPrefix(path, module+"/") {
		allowed, ok := may[from]
		switch {
		case from == "generated":
			return "generated packages stand alone"
		case !ok:
			return "the table has no row for the importing package"
		case !slices.Contains(allowed, below(path)):
			return "no such arrow in the architecture"
		}
		return ""
	}
	allowed, restricted := outside[from]
	if first, _, _ := strings.Cut(path, "/"); !restricted || !strings.Contains(first, ".") {
		return ""
	}
	if !slices.ContainsFunc(allowed, func(a string) bool { return path == a || strings.HasPrefix(path, a+"/") }) {
		return "no such dependency for this package"
	}
	return ""
}

// TestForbidden checks the check.
func TestForbidden(t *testing.T) {
	for _, c := range []struct {
		from, path string
		ok         bool
	}{
		{"ir", "fmt", true},
		{"ir", "golang.org/x/sys/cpu", false},
		{"ir", module + "/onnx", false},
		{"fusion", module + "/ir", true},
		{"fusion", module + "/ir/interp", false},
		{"generated/garments", "golang.org/x/sys/cpu", true},
		{"generated/garments", module + "/gen/portable", false},
		{"asm", "github.com/mmcloughlin/avo/build", true},
		{"newpackage", module + "/ir", false},
		{"tests/zoo", module + "/onnx", true},
	} {
		if why := forbidden(c.from, c.path); (why == "") != c.ok {
			t.Errorf("%s importing %s: %q, want allowed %t", c.from, c.path, why, c.ok)
		}
	}
}
