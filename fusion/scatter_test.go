package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// tuples returns constant indices of a box of the first axes, in row-major order.
func tuples(name string, from, size []int) *ir.Value {
	t := &ir.Tensor{Type: ir.I64}
	var walk func(prefix []int64)
	walk = func(prefix []int64) {
		if a := len(prefix); a < len(from) {
			for i := range size[a] {
				walk(append(prefix[:a:a], int64(from[a]+i)))
			}
			return
		}
		t.I64 = append(t.I64, prefix...)
	}
	walk(nil)
	t.Shape = append(ir.Shape(size).Clone(), len(from))
	return ir.Const(name, t)
}

func TestScatterToConcat(t *testing.T) {
	for _, c := range []struct {
		name       string
		from, size []int
		updates    []int
		want       string
	}{
		{"last numbers", []int{0, 0, 0}, []int{2, 3, 2}, []int{2, 3, 2}, "Reshape Slice Concat Identity"},
		{"middle numbers", []int{0, 0, 1}, []int{2, 3, 3}, []int{2, 3, 3}, "Reshape Slice Slice Concat Identity"},
		{"rows", []int{1}, []int{1}, []int{1, 3, 5}, "Reshape Slice Concat Identity"},
		{"rows from the end", []int{-1}, []int{1}, []int{1, 3, 5}, "Reshape Slice Concat Identity"},
		{"corner", []int{1, 1, 3}, []int{1, 2, 2}, []int{1, 2, 2}, "Reshape Slice Concat Slice Concat Slice Concat Identity"},
		{"all", []int{0, 0}, []int{2, 3}, []int{2, 3, 5}, "Reshape Identity"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 2, 3, 5)
			b.out(b.op("y", ir.ScatterND{}, b.x(), tuples("i", c.from, c.size), b.input("u", c.updates...)))
			b.rewrite(each(scatterToConcat), c.want)
			b.fusedInto("y", "y", "y")
		})
	}
	for name, list := range map[string][]int64{"order": {1, 0}, "gap": {0, 0}, "step": {0, 2}} {
		t.Run(name, func(t *testing.T) {
			b := newNet(t, 3, 5)
			i := ir.Const("i", &ir.Tensor{Type: ir.I64, Shape: ir.Shape{2, 1}, I64: list})
			b.out(b.op("y", ir.ScatterND{}, b.x(), i, b.input("u", 2, 5)))
			b.rewrite(each(scatterToConcat), "ScatterND")
		})
	}
	t.Run("sum", func(t *testing.T) {
		b := newNet(t, 3, 5)
		b.out(b.op("y", ir.ScatterND{Fn: ir.ScatterAdd}, b.x(), tuples("i", []int{1}, []int{2}), b.input("u", 2, 5)))
		b.rewrite(each(scatterToConcat), "ScatterND")
	})
}

// The boxes of a detector that changes its scores in place: one Concat is left.
func TestSliceAssignments(t *testing.T) {
	b := newNet(t, 1, 3, 4, 9)
	part := func(name string, x *ir.Value, from, size int) *ir.Value {
		return b.op(name, ir.Slice{Start: []int{0, 0, 0, from}, Step: []int{1, 1, 1, 1}, Size: []int{1, 3, 4, size}}, x)
	}
	y := b.x()
	for i, name := range []string{"xy", "wh"} {
		v := b.act(name, part(name+".in", y, 2*i, 2), sigmoid)
		y = b.op(name+".out", ir.ScatterND{}, y, tuples(name+".i", []int{0, 0, 0, 2 * i}, []int{1, 3, 4, 2}), v)
	}
	b.out(b.reshape("r", y, 1, 12, 9))
	b.rewrite(fuseAll(t), "Slice Unary Slice Slice Unary Slice Concat Reshape")
}

func TestSliceOfConcat(t *testing.T) {
	for _, c := range []struct {
		name             string
		from, step, size int
		want             string
	}{
		{"first", 0, 1, 4, "Slice"},
		{"last", 6, 1, 3, "Slice"},
		{"backwards", 8, -2, 3, "Slice"},
		{"both", 3, 1, 2, "Concat Slice"},
		{"both, backwards", 4, -1, 2, "Concat Slice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 2, 4, 3)
			y := b.op("c", ir.Concat{Axis: 1}, b.x(), b.input("z", 2, 5, 3))
			b.out(b.op("s", ir.Slice{Start: []int{0, c.from, 1}, Step: []int{1, c.step, 1}, Size: []int{2, c.size, 2}}, y))
			b.rewrite(each(sliceOfConcat), c.want)
		})
	}
}
