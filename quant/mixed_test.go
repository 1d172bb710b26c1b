package quant

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/ir/interp"
)

// CheckMixed runs a graph of int8 and fp32 nodes in package exec and every node by
// itself on its operands in package interp: bytes must be the same, float32 within 1e-5 of the
// largest. The tests of real networks use it too.
func CheckMixed(t *testing.T, g *ir.Graph, in []*ir.Tensor) {
	t.Helper()
	seen := map[*ir.Value]*ir.Tensor{}
	for _, v := range g.Values() {
		if v.IsConst() {
			seen[v] = v.Const
		}
	}
	_, err := executor(t, g, 2).Run(in, func(p exec.Point, x *ir.Tensor) {
		if !p.BeforeAct {
			seen[p.Value] = &ir.Tensor{Type: x.Type, Shape: x.Shape.Clone(), F32: slices.Clone(x.F32), U8: slices.Clone(x.U8)}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range g.Nodes {
		var operands []*ir.Tensor
		for _, v := range n.In {
			operands = append(operands, seen[v])
		}
		want, err := interp.Eval(n, operands)
		if err != nil {
			t.Fatalf("node %q (%s): %v", n.Name, n.Op.Kind(), err)
		}
		for i, v := range n.Out {
			if integer := strings.HasPrefix(n.Op.Kind(), "Q"); integer != (v.Type == ir.U8) && !moves(n) {
				t.Errorf("node %q (%s) gives %s", n.Name, n.Op.Kind(), v.Type)
			}
			checkClose(t, v.Name, seen[v], want[i])
		}
	}
}

// checkClose compares a value with what it must be.
func checkClose(t *testing.T, name string, got, want *ir.Tensor) {
	t.Helper()
	if !slices.Equal(got.U8, want.U8) {
		t.Errorf("bytes of %q differ", name)
	}
	largest, worst := 0.0, 0.0
	for i, v := range want.F32 {
		largest = max(largest, math.Abs(float64(v)))
		worst = max(worst, math.Abs(float64(v)-float64(got.F32[i])))
	}
	if !(worst <= 1e-5*largest) {
		t.Errorf("%q differs by %g, its largest is %g", name, worst, largest)
	}
}
