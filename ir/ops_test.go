package ir_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// TestOpsIsComplete finds every type with an Infer method in the sources.
func TestOpsIsComplete(t *testing.T) {
	listed := map[string]bool{}
	for _, op := range ir.Ops() {
		if listed[op.Kind()] {
			t.Errorf("%s is listed twice", op.Kind())
		}
		listed[op.Kind()] = true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Name.Name != "Infer" || fn.Recv == nil {
				continue
			}
			found++
			if name := fn.Recv.List[0].Type.(*ast.Ident).Name; !listed[name] {
				t.Errorf("%s is an operator that Ops does not list", name)
			}
		}
	}
	if found != len(listed) {
		t.Errorf("%d operators in the sources, %d in Ops", found, len(listed))
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{ir.Div.String(), "Div"}, {ir.BinaryKind(9).String(), "invalid"},
		{ir.PadReflect.String(), "reflect"}, {ir.PadMode(9).String(), "invalid"},
	} {
		if c.got != c.want {
			t.Errorf("name is %q, want %q", c.got, c.want)
		}
	}
}
