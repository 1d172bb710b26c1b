package gen

import (
	"bytes"
	"embed"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ast/astutil"

	"github.com/ingot-go/ingot/ir/detmath"
)

//go:embed portable/*.go
var portableSource embed.FS

// library writes the declarations of package portable that the program's layers
// reach, and those of detmath that these call, unexported.
func (g *generator) library() error {
	lib, err := parseLibrary()
	if err != nil {
		return err
	}
	roots := []string{"newModel", "setArray", "kernel", "slack"}
	for _, s := range g.prog.Steps {
		roots = append(roots, reflect.TypeOf(s).Name())
		roots = appendDynamic(roots, reflect.ValueOf(s))
	}
	if g.o.Image != nil {
		roots = append(roots, "imageFormat", "imageScratch")
	}
	lib.reach(roots)
	for _, f := range lib.files {
		src, err := f.source(lib, g.o.Package)
		if err != nil {
			return err
		}
		if src != nil {
			g.files[f.name] = src
		}
	}
	return nil
}

// appendDynamic appends the names of the types that are behind interfaces in a step.
func appendDynamic(names []string, v reflect.Value) []string {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			names = append(names, v.Elem().Type().Name())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			names = appendDynamic(names, v.Field(i))
		}
	case reflect.Slice, reflect.Array:
		if k := v.Type().Elem().Kind(); k == reflect.Struct || k == reflect.Interface {
			for i := range v.Len() {
				names = appendDynamic(names, v.Index(i))
			}
		}
	}
	return names
}

// library is the parsed source of the common part of all packages.
type library struct {
	fset  *token.FileSet
	files []*libraryFile
	uses  map[string][]string // identifiers that the declarations of a name mention
	kept  map[string]bool
}

type libraryFile struct {
	name  string
	src   []byte
	file  *ast.File
	decls []libraryDecl
}

// libraryDecl is a top-level declaration: the names it declares, or the
// receiver's type of a method.
type libraryDecl struct {
	names    []string
	from, to int // in the source, with its comment
}

// left are the files of package portable that generated packages don't get.
var left = []string{"export.go", "imageapi.go"}

func parseLibrary() (*library, error) {
	lib := &library{fset: token.NewFileSet(), uses: map[string][]string{}, kept: map[string]bool{}}
	names, err := fs.Glob(portableSource, "portable/*.go")
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		base := path.Base(n)
		if slices.Contains(left, base) || strings.HasSuffix(base, "_test.go") {
			continue
		}
		src, err := portableSource.ReadFile(n)
		if err != nil {
			return nil, err
		}
		if err := lib.add(base, src); err != nil {
			return nil, err
		}
	}
	for _, f := range []struct{ name, source string }{
		{"detmath.go", detmath.Source}, {"trig.go", detmath.TrigSource}, {"hyperbolic.go", detmath.HyperbolicSource},
	} {
		if err := lib.add(f.name, []byte(f.source)); err != nil {
			return nil, err
		}
	}
	return lib, nil
}

// add parses a file. The functions of detmath get names of their own, unexported,
// where they are declared and where they are called.
func (lib *library) add(name string, src []byte) error {
	src, err := localDetmath(name, src)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(lib.fset, name, src, parser.ParseComments)
	if err != nil {
		return fmt.Errorf("source of generated packages: %w", err)
	}
	f := &libraryFile{name: name, src: src, file: file}
	for _, d := range file.Decls {
		if decl, ok := lib.declare(file, d); ok {
			f.decls = append(f.decls, decl)
		}
	}
	lib.files = append(lib.files, f)
	return nil
}

// localDetmath rewrites detmath.Exp, and Exp inside of detmath, to detExp.
func localDetmath(name string, src []byte) ([]byte, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, parser.ParseComments)
	if err != nil {
		return nil, fmt.Errorf("source of generated packages: %w", err)
	}
	itself := file.Name.Name == "detmath"
	astutil.Apply(file, nil, func(c *astutil.Cursor) bool {
		switch n := c.Node().(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "detmath" {
				c.Replace(ast.NewIdent("det" + n.Sel.Name))
			}
		case *ast.Ident:
			// Selected names, of package math, are exported as well.
			if sel, ok := c.Parent().(*ast.SelectorExpr); itself && n.IsExported() && (!ok || sel.Sel != n) {
				n.Name = "det" + n.Name
			}
		case *ast.FuncDecl:
			if itself && n.Doc != nil {
				first := n.Doc.List[0]
				first.Text = strings.Replace(first.Text, "// "+strings.TrimPrefix(n.Name.Name, "det")+" ", "// "+n.Name.Name+" ", 1)
			}
		}
		return true
	})
	var out bytes.Buffer
	if err := format.Node(&out, fset, file); err != nil {
		return nil, fmt.Errorf("source of generated packages: %s: %w", name, err)
	}
	return out.Bytes(), nil
}

// declare notes what a declaration of a file declares and mentions.
func (lib *library) declare(file *ast.File, d ast.Decl) (libraryDecl, bool) {
	decl := libraryDecl{from: lib.offset(d.Pos()), to: lib.offset(d.End())}
	var doc *ast.CommentGroup
	switch d := d.(type) {
	case *ast.FuncDecl:
		doc = d.Doc
		decl.names = []string{d.Name.Name}
		if d.Recv != nil {
			decl.names = []string{receiver(d)}
		}
	case *ast.GenDecl:
		if d.Tok == token.IMPORT {
			return decl, false
		}
		doc = d.Doc
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				decl.names = append(decl.names, s.Name.Name)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					decl.names = append(decl.names, n.Name)
				}
			}
		}
	}
	if doc != nil {
		decl.from = lib.offset(doc.Pos())
	}
	for _, id := range mentioned(file, d) {
		for _, name := range decl.names {
			lib.uses[name] = append(lib.uses[name], id)
		}
	}
	return decl, true
}

// mentioned returns the identifiers of a declaration that may name another one: neither
// local variables nor what is selected, fields and methods.
func mentioned(file *ast.File, d ast.Node) (names []string) {
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			names = append(names, mentioned(file, n.X)...)
			return false
		case *ast.Ident:
			if n.Obj == nil || file.Scope.Lookup(n.Name) == n.Obj {
				names = append(names, n.Name)
			}
		}
		return true
	})
	return names
}

func (lib *library) offset(p token.Pos) int { return lib.fset.Position(p).Offset }

func receiver(d *ast.FuncDecl) string {
	t := d.Recv.List[0].Type
	if s, ok := t.(*ast.StarExpr); ok {
		t = s.X
	}
	if x, ok := t.(*ast.IndexExpr); ok {
		t = x.X
	}
	return t.(*ast.Ident).Name
}

// reach marks what the roots mention, directly or not.
func (lib *library) reach(roots []string) {
	for len(roots) > 0 {
		n := roots[len(roots)-1]
		roots = roots[:len(roots)-1]
		if uses, ok := lib.uses[n]; ok && !lib.kept[n] {
			lib.kept[n] = true
			roots = append(roots, uses...)
		}
	}
}

// source returns what is left of a file, or nil for nothing.
func (f *libraryFile) source(lib *library, pkg string) ([]byte, error) {
	var body bytes.Buffer
	for _, d := range f.decls {
		if slices.ContainsFunc(d.names, func(n string) bool { return lib.kept[n] }) {
			body.Write(f.src[d.from:d.to])
			body.WriteString("\n\n")
		}
	}
	if body.Len() == 0 {
		return nil, nil
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s\n\npackage %s\n\n", header, pkg)
	for _, i := range f.file.Imports {
		name, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return nil, err
		}
		if strings.Contains(body.String(), path.Base(name)+".") {
			fmt.Fprintf(&out, "import %s\n", i.Path.Value)
		}
	}
	// Comments between the package clause and the first declaration are about the file.
	out.WriteString("\n" + f.comment(lib))
	out.Write(body.Bytes())
	src, err := format.Source(out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("source of generated packages: %s: %w", f.name, err)
	}
	return src, nil
}

// comment returns the comments at the top of a file, behind its package clause.
func (f *libraryFile) comment(lib *library) string {
	var b strings.Builder
	for _, c := range f.file.Comments {
		if at := lib.offset(c.Pos()); at > lib.offset(f.file.Name.End()) && at < f.decls[0].from &&
			(len(f.file.Imports) == 0 || at < lib.offset(f.file.Imports[0].Pos())) {
			b.Write(f.src[at:lib.offset(c.End())])
			b.WriteString("\n\n")
		}
	}
	return b.String()
}
