package gen

import (
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/dave/jennifer/jen"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
)

// TestArguments holds the kernels' view of the argument structure against Go's.
func TestArguments(t *testing.T) {
	typ := reflect.TypeFor[portable.Args]()
	scratch := false
	for _, a := range spec.Args {
		if a.Name == "RowsLeft" {
			scratch = true
			if f, _ := typ.FieldByName("scratch"); int(f.Offset) != spec.Offset(a.Name) {
				t.Errorf("scratch starts at %d, the kernels' at %d", f.Offset, spec.Offset(a.Name))
			}
		}
		if scratch {
			if end := spec.Offset(a.Name) + a.Size; end > int(typ.Size()) {
				t.Errorf("%s ends at %d, the structure at %d", a.Name, end, typ.Size())
			}
			continue
		}
		f, ok := typ.FieldByName(a.Name)
		if !ok || int(f.Offset) != spec.Offset(a.Name) || int(f.Type.Size()) != a.Size {
			t.Errorf("%s: %d bytes at %d in the kernels, %d at %d in Go", a.Name, a.Size, spec.Offset(a.Name), f.Type.Size(), f.Offset)
		}
	}
	if !reflect.DeepEqual(spec.Consts[:], portable.KernelConsts[:]) {
		t.Error("the kernels' constants are not the packages'")
	}
}

func TestPortNames(t *testing.T) {
	for _, c := range []struct{ in, want []string }{
		{[]string{"input"}, []string{"Input"}},
		{[]string{"Plus214_Output_0"}, []string{"Plus214Output0"}},
		{[]string{"a.b", "a_b", "a/b"}, []string{"AB", "AB2", "AB3"}},
		{[]string{"3", "", "名前"}, []string{"X3", "X", "X2"}},
		{[]string{"x}\nfunc init(){"}, []string{"XFuncInit"}},
	} {
		got := portNames(c.in)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
		for _, n := range got {
			if !token.IsIdentifier(n) || !ast.IsExported(n) {
				t.Errorf("%q is no exported identifier", n)
			}
		}
	}
}

// TestOneLine checks that names from a model stay inside a comment.
func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"a\nvar x = 1":     "a var x = 1",
		"a\r\u2028b":       "a  b",
		"*/ func f() {}":   "*/ func f() {}",
		"layer1/conv":      "layer1/conv",
		"\x00\x07tab\tend": "  tab end",
	} {
		if got := oneLine(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if n := len(oneLine(strings.Repeat("é", 1000))); n > 410 {
		t.Errorf("a long name takes %d bytes", n)
	}
}

// TestLiteral reads printed values back.
func TestLiteral(t *testing.T) {
	v := portable.Dense{Name: "a\"b", KH: 3, Epilogue: portable.Epilogue{PreHi: float32(math.Inf(1)), PreLo: -0.1, Table: -1},
		Tiling: [2]portable.Tiling{{Merge: 2, Parts: []portable.Part{{OB: 1}}}}}
	f := jen.NewFile("p")
	f.Var().Id("v").Op("=").Add(literal(reflect.ValueOf(v), true))
	var b bytes.Buffer
	if err := f.Render(&b); err != nil {
		t.Fatal(err)
	}
	if _, err := parser.ParseFile(token.NewFileSet(), "p.go", b.Bytes(), 0); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"a\"b"`, "KH: ", "PreHi: float32(math.Inf(1))", "PreLo: -0.1", "Table: -1", "[2]tiling{{Merge: 2, Parts: []part{{OB: 1}}}"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "RunLen") {
		t.Error("a zero field is printed")
	}
}

// TestInstall replaces a package, keeps what is not generated, and leaves
// everything alone on an error.
func TestInstall(t *testing.T) {
	ctx, root := context.Background(), t.TempDir()
	dir := filepath.Join(root, "net")
	write := func(name, data string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(root, "go.mod"), "module example.com/m\n\ngo 1.26\n")
	write(filepath.Join(dir, "generate.go"), "package net\n")
	write(filepath.Join(dir, "old.go"), header+"\n\npackage net\n")
	write(filepath.Join(dir, "testdata", "x"), "data")
	good := map[string][]byte{"model.go": []byte(header + "\n\npackage net\n\nconst A = 1\n")}
	if err := Install(ctx, dir, good); err != nil {
		t.Fatal(err)
	}
	list := func() string {
		var names []string
		err := filepath.WalkDir(root, func(p string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				data, _ := os.ReadFile(p)
				names = append(names, strings.TrimPrefix(p, root)+":"+string(data))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(names, "\n")
	}
	after := list()
	for name, want := range map[string]bool{"/net/generate.go": true, "/net/old.go": false, "/net/model.go": true, "/net/testdata/x": true} {
		if strings.Contains(after, name+":") != want {
			t.Errorf("%s is there: %t, want %t", name, !want, want)
		}
	}
	for name, bad := range map[string]map[string][]byte{
		"a type error":       {"model.go": []byte(header + "\n\npackage net\n\nconst A int = \"\"\n")},
		"a file of the user": {"model.go": good["model.go"], "generate.go": []byte(header + "\n\npackage net\n")},
	} {
		if err := Install(ctx, dir, bad); err == nil {
			t.Errorf("%s: no error", name)
		}
		if list() != after {
			t.Errorf("%s: the folder has changed", name)
		}
	}
}
