package bench

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
)

// products returns the multiply-accumulates of a run of a generated package: the sum of
// layerMACs, which its test file has.
func products(dir string) (int64, error) {
	path := filepath.Join(dir, "model_test.go")
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return 0, fmt.Errorf("%s: want a package that ingot generated, with its test: %w", dir, err)
	}
	sum, found := int64(0), false
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || v.Names[0].Name != "layerMACs" || len(v.Values) != 1 {
			return true
		}
		list, ok := v.Values[0].(*ast.CompositeLit)
		if !ok {
			return true
		}
		found = true
		for _, e := range list.Elts {
			if x, ok := e.(*ast.BasicLit); ok && err == nil {
				var macs int64
				macs, err = strconv.ParseInt(x.Value, 10, 64)
				sum += macs
			}
		}
		return false
	})
	if err == nil && !found {
		err = fmt.Errorf("no layerMACs")
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w: build the package again", path, err)
	}
	return sum, nil
}
