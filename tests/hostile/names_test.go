package hostile

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/onnx"
)

// evil are names that try to be code where they are written.
var evil = []string{
	"*/ func init() { panic(1) } /*", "/*", "/* a */ func init() { panic(2) }", "//go:embed /etc/passwd", "//go:build ignore",
	"//go:linkname a runtime.exit", "a\nfunc init() { panic(3) }", "a\r\nvar x = 1", "`+panic(4)+`", `"+panic(5)+"`, `\`, "x\\\n y",
	"type", "len", "Model", "New", "Input", "init", "main", "weights", "program", "_", "", "名前", "\u202etxet\u202d", "\u2028var y int", "a\x00b", "\xff\xfe",
	"../../etc/passwd", "C:\\x", "%s%n%!d(MISSING)", "${HOME}", "$(touch /tmp/x)", "a b\tc", strings.Repeat("long ", 500), "é\u0301", "//line x.go:1", "#include",
}

// hostileNames is a network whose every name is one of the evil ones, the values' made unique.
func hostileNames() *onnx.ModelProto {
	b := newModel(13, 1, 4, 4, 4)
	g := b.m.Graph
	g.Name = evil[0]
	b.weights("w", 4, 4, 1, 1)
	last := "x"
	for i, name := range evil {
		if name == "" {
			name = "empty"
		}
		op := []string{"Sigmoid", "Tanh", "Conv"}[i%3]
		n := &onnx.NodeProto{OpType: op, Name: evil[(i+7)%len(evil)], Inputs: []string{last}, Outputs: []string{name}}
		if op == "Conv" {
			n.Inputs = append(n.Inputs, "w")
		}
		g.Nodes = append(g.Nodes, n)
		last = name
		g.Outputs = append(g.Outputs, &onnx.ValueInfoProto{Name: name, ElemType: onnx.TypeFloat})
	}
	in := *g.Inputs[0]
	in.Name = evil[2] + " "
	g.Inputs = append(g.Inputs, &in)
	g.Nodes = append(g.Nodes, &onnx.NodeProto{OpType: "Mul", Name: "sum", Inputs: []string{last, in.Name}, Outputs: []string{"//go:embed x"}})
	g.Outputs = append(g.Outputs, &onnx.ValueInfoProto{Name: "//go:embed x", ElemType: onnx.TypeFloat})
	return b.m
}

// TestNames compiles a model with hostile names and looks at every declaration and every
// comment of the package: the go command must take it, its own test pass, and nothing in it be
// there because a name said so.
func TestNames(t *testing.T) {
	module := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		if name == "go.mod" {
			data = []byte(strings.Replace(string(data), "module github.com/ingot-go/ingot", "module example.com/m", 1))
		}
		if err := os.WriteFile(filepath.Join(module, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	one := newModel(13, 1, 4)
	one.m.Graph.Inputs[0].Name = "/* x */ func init() { panic(0) }"
	one.node("Relu: x -> y")
	one.m.Graph.Nodes[0].Inputs[0], one.m.Graph.Nodes[0].Outputs[0] = one.m.Graph.Inputs[0].Name, "//go:build ignore"
	models := map[string]*onnx.ModelProto{"type": hostileNames(), "main": one.outputs("//go:build ignore")}
	for folder, m := range models {
		model := filepath.Join(module, "*slash func init(){}*-"+folder+".onnx")
		if err := os.WriteFile(model, m.Marshal(), 0o666); err != nil {
			t.Fatal(err)
		}
		o := ingot.Options{Model: model, Output: filepath.Join(module, folder), Precision: ingot.FP32}
		if folder == "main" {
			o.Labels = evil[:4]
		}
		report, err := ingot.Build(t.Context(), o)
		if err != nil {
			t.Fatalf("%s: %v", folder, err)
		}
		if !token.IsIdentifier(report.Package) || report.Package == "main" {
			t.Errorf("%s: package %s", folder, report.Package)
		}
		checkSource(t, o.Output)
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "./...")
	cmd.Dir = module
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%.3000s", err, out)
	}
}

// checkSource fails for directives and functions that packages don't have.
func checkSource(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == "init" {
				t.Errorf("%s has an init function", name)
			}
		}
		for _, group := range f.Comments {
			for _, c := range group.List {
				allowed := c.Text == "//go:embed weights.bin" || strings.HasPrefix(c.Text, "//go:build ") && c.Pos() < f.Package || c.Text == "//go:noescape"
				if !strings.HasPrefix(c.Text, "// ") && c.Text != "//" && !allowed {
					t.Errorf("%s: comment %.100q", name, c.Text)
				}
				if strings.ContainsAny(c.Text, "\u202e\u202d\u2028\x00\r") {
					t.Errorf("%s: comment %.100q has characters that hide text", name, c.Text)
				}
			}
		}
	}
}
