package portable

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"testing"
)

// Image.go is copied into generated packages: it needs nothing of this
// package's other files, exports nothing and runs nothing at start.
func TestImageSourceStandsAlone(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "image.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range f.Imports {
		if !slices.Contains([]string{`"fmt"`, `"image"`, `"image/color"`}, i.Path.Value) {
			t.Errorf("imports %s", i.Path.Value)
		}
	}
	known := []string{"fmt", "image", "color"}
	for _, name := range f.Unresolved { // what neither the file nor a function declares
		if ast.IsExported(name.Name) || !slices.Contains(known, name.Name) && !builtin(name.Name) {
			t.Errorf("uses %s of another file", name.Name)
		}
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() || d.Name.Name == "init" {
				t.Errorf("func %s", d.Name)
			}
		case *ast.GenDecl:
			if d.Tok == token.VAR {
				t.Error("has a variable")
			}
		}
	}
	for name := range f.Scope.Objects {
		if ast.IsExported(name) {
			t.Errorf("exports %s", name)
		}
	}
}

func builtin(name string) bool {
	return slices.Contains([]string{"any", "bool", "byte", "cap", "copy", "error", "float32", "int", "int64", "len", "make",
		"max", "min", "new", "nil", "true", "uint32", "uint8"}, name)
}
