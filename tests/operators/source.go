package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// reader is what the import of an operator reads.
type reader struct{ attributes, constants []string }

// getters are the methods that read an attribute, whose name is the first argument, or a
// constant operand, whose name is the second.
var getters = map[string]int{
	"int": 0, "ints": 0, "float": 0, "str": 0, "has": 0, "attr": 0,
	"constInts": 1, "constFloats": 1, "constFloat": 1,
}

// readers finds what each operator reads in the source of package onnx: the names in calls of
// getters, in its function and in all that this calls.
func readers(source string) (map[string]*reader, error) {
	files, err := filepath.Glob(filepath.Join(source, "*.go"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("%s: no source of package onnx (%v)", source, err)
	}
	s := scan{funcs: map[string]*ast.FuncDecl{}}
	var table *ast.CompositeLit
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
		if err != nil {
			return nil, err
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				s.funcs[receiver(d)+d.Name.Name] = d
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if v, ok := spec.(*ast.ValueSpec); ok && v.Names[0].Name == "operators" && len(v.Values) == 1 {
						table, _ = v.Values[0].(*ast.CompositeLit)
					}
				}
			}
		}
	}
	if table == nil {
		return nil, fmt.Errorf("%s: no table of operators", source)
	}
	all := map[string]*reader{}
	for _, e := range table.Elts {
		row := e.(*ast.KeyValueExpr)
		s.reader, s.seen = &reader{}, map[string]bool{}
		ast.Inspect(row.Value, s.visit)
		slices.Sort(s.reader.attributes)
		all[text(row.Key)] = s.reader
	}
	return all, nil
}

// scan walks over what one operator's import calls.
type scan struct {
	funcs map[string]*ast.FuncDecl
	seen  map[string]bool
	*reader
}

// visit is called for every part of the source.
func (s *scan) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.CallExpr:
		s.call(n)
	case *ast.SelectorExpr: // a method, of whatever type has it
		for _, t := range receivers {
			s.follow(t + n.Sel.Name)
		}
		ast.Inspect(n.X, s.visit)
		return false
	case *ast.Ident:
		s.follow(n.Name)
	case *ast.CompositeLit: // parameters of an elementwise function: names and defaults
		if t, ok := n.Type.(*ast.ArrayType); ok && name(t.Elt) == "param" {
			for _, e := range n.Elts {
				s.add(&s.attributes, text(e.(*ast.CompositeLit).Elts[0]))
			}
		}
	}
	return true
}

// call takes the name in a call of a getter.
func (s *scan) call(c *ast.CallExpr) {
	f, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		// a function of the function's own that reads lists
		if fn := name(c.Fun); fn == "list" && s.funcs[fn] == nil && len(c.Args) > 1 {
			s.add(&s.attributes, text(c.Args[0]))
		}
		return
	}
	at, ok := getters[f.Sel.Name]
	ok = ok && name(f.X) == "c"
	if !ok || at >= len(c.Args) {
		return
	}
	list := &s.attributes
	if at > 0 {
		list = &s.constants
	}
	s.add(list, text(c.Args[at]))
}

// receivers are the types whose methods read for an operator; the importer's are shared by all.
var receivers = []string{"call.", "resizing."}

// follow walks over a function of the package.
func (s *scan) follow(fn string) {
	d := s.funcs[fn]
	if d == nil || s.seen[fn] || d.Body == nil {
		return
	}
	s.seen[fn] = true
	ast.Inspect(d.Body, s.visit)
}

func (s *scan) add(list *[]string, word string) {
	if word != "" && !slices.Contains(*list, word) {
		*list = append(*list, word)
	}
}

// receiver returns the name of a method's type and a dot, or nothing.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	t := d.Recv.List[0].Type
	if p, ok := t.(*ast.StarExpr); ok {
		t = p.X
	}
	return name(t) + "."
}

// name returns an identifier, or nothing.
func name(e ast.Expr) string {
	if i, ok := e.(*ast.Ident); ok {
		return i.Name
	}
	return ""
}

// text returns the text of a string, or nothing.
func text(e ast.Expr) string {
	if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
		s, _ := strconv.Unquote(l.Value)
		return s
	}
	return ""
}
