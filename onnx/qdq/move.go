package qdq

import (
	"errors"
	"reflect"
	"slices"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/onnx"
)

// move writes an operator that moves elements.
func (w *writer) move(c call) error {
	name, x, y := c.name, c.in[0], c.out[0]
	switch op := c.op.(type) {
	case ir.Identity:
		w.add("Identity", name, c.in, c.out)
	case ir.Concat:
		w.add("Concat", name, c.in, c.out, integer("axis", op.Axis))
	case ir.Split:
		w.add("Split", name, []string{x, w.ints(name+"/sizes", op.Sizes...)}, c.out, integer("axis", op.Axis))
	case ir.Slice:
		w.slice(c, op)
	case ir.Pad:
		in := []string{x, w.ints(name+"/pads", slices.Concat(op.Before, op.After)...)}
		if op.Mode == ir.PadConstant {
			in = append(in, w.floats(name+"/value", op.Value))
		}
		w.add("Pad", name, in, c.out, text("mode", op.Mode.String()))
	case ir.Reshape:
		w.add("Reshape", name, []string{x, w.ints(name+"/shape", op.Shape...)}, c.out)
	case ir.Transpose:
		w.add("Transpose", name, c.in, c.out, integers("perm", op.Perm...))
	case ir.ChannelShuffle:
		w.shuffle(c, op.Groups)
	case ir.DepthToSpace:
		mode := "DCR"
		if op.CRD {
			mode = "CRD"
		}
		w.add("DepthToSpace", name, c.in, c.out, integer("blocksize", op.Block), text("mode", mode))
	case ir.SpaceToDepth:
		w.add("SpaceToDepth", name, c.in, c.out, integer("blocksize", op.Block))
	case ir.Expand:
		w.add("Expand", name, []string{x, w.ints(name+"/shape", op.Shape...)}, c.out)
	case ir.ResizeNearest:
		w.resize(c, op)
	case ir.Resample:
		return w.resample(c, op)
	case ir.Gather:
		t := ir.NewTensor(ir.I64, op.IndexShape)
		for i, v := range op.Index {
			t.I64[i] = int64(v)
		}
		w.add("Gather", name, []string{x, w.initializer(name+"/indices", t)}, []string{y}, integer("axis", op.Axis))
	default:
		return w.detection(c)
	}
	return nil
}

// slice writes Slice with the ends of all axes.
func (w *writer) slice(c call, op ir.Slice) {
	axes, ends := make([]int, len(op.Start)), make([]int, len(op.Start))
	for i, s := range op.Step {
		axes[i] = i
		// behind the last element; before the first, it counts from the end
		if ends[i] = op.Start[i] + (op.Size[i]-1)*s + sign(s); ends[i] < 0 {
			ends[i] = -c.x[0][i] - 1
		}
	}
	list := func(ending string, v []int) string { return w.ints(c.name+ending, v...) }
	w.add("Slice", c.name, []string{c.in[0], list("/starts", op.Start), list("/ends", ends), list("/axes", axes), list("/steps", op.Step)}, c.out)
}

func sign(v int) int {
	if v < 0 {
		return -1
	}
	return 1
}

// shuffle writes the Reshape, Transpose and Reshape that exchange groups and channels.
func (w *writer) shuffle(c call, groups int) {
	s := c.x[0]
	split, swapped := w.fresh(c.name+"/split"), w.fresh(c.name+"/swapped")
	w.add("Reshape", split, []string{c.in[0], w.ints(c.name+"/groups", s[0], groups, s[1]/groups, s[2], s[3])}, []string{split})
	w.add("Transpose", swapped, []string{split}, []string{swapped}, integers("perm", 0, 2, 1, 3, 4))
	w.add("Reshape", c.name, []string{swapped, w.ints(c.name+"/shape", s...)}, c.out)
}

// resize writes Resize where the positions are those of a whole factor, else a Gather along
// each axis.
func (w *writer) resize(c call, op ir.ResizeNearest) {
	h, v := factor(op.Y, c.x[0][2]), factor(op.X, c.x[0][3])
	if h > 0 && v > 0 {
		w.add("Resize", c.name, []string{c.in[0], "", w.floats(c.name+"/scales", 1, 1, float32(h), float32(v))}, c.out,
			text("mode", "nearest"), text("coordinate_transformation_mode", "asymmetric"), text("nearest_mode", "floor"))
		return
	}
	rows := w.fresh(c.name + "/rows")
	w.add("Gather", rows, []string{c.in[0], w.ints(c.name+"/y", op.Y...)}, []string{rows}, integer("axis", 2))
	w.add("Gather", c.name, []string{rows, w.ints(c.name+"/x", op.X...)}, c.out, integer("axis", 3))
}

// linear are the ways of resizing whose weights Resample may hold.
var linear = []string{"half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel"}

// resample writes the Resize from which the importer makes the same operator.
func (w *writer) resample(c call, op ir.Resample) error {
	for _, mode := range []string{"linear", "cubic"} {
		for _, coordinates := range linear {
			attrs := []*onnx.AttributeProto{text("mode", mode), text("coordinate_transformation_mode", coordinates)}
			if read, ok := resampled(c, attrs); ok && (reflect.DeepEqual(read, op) || reflect.DeepEqual(read.ForBytes(), op)) {
				w.add("Resize", c.name, []string{c.in[0], "", "", w.ints(c.name+"/sizes", c.y[0]...)}, c.out, attrs...)
				return nil
			}
		}
	}
	return w.weighted(c, op)
}

// weighted writes a resampling as the product with a matrix of the weights.
func (w *writer) weighted(c call, op ir.Resample) error {
	n := c.x[0][op.Axis]
	m := ir.NewTensor(ir.F32, ir.Shape{c.y[0][op.Axis], n})
	for i, from := range op.Index {
		m.F32[i/op.Taps*n+from] += op.Weight[i]
	}
	rank := len(c.x[0])
	last := w.swapped(c, "/in", c.in[0], op.Axis, rank)
	rows := w.fresh(c.name + "/rows")
	w.add("Transpose", rows, []string{w.initializer(c.name+"/weights", m)}, []string{rows}, integers("perm", 1, 0))
	product := c.out[0]
	if op.Axis != rank-1 {
		product = w.fresh(c.name + "/product")
	}
	w.add("MatMul", c.name, []string{last, rows}, []string{product})
	if op.Axis != rank-1 {
		back := w.fresh(c.name + "/out")
		w.add("Transpose", back, []string{product}, c.out, integers("perm", exchanged(op.Axis, rank)...))
	}
	return nil
}

// swapped writes the exchange of an axis with the last one, unless it is that.
func (w *writer) swapped(c call, ending, x string, axis, rank int) string {
	if axis == rank-1 {
		return x
	}
	name := w.fresh(c.name + ending)
	w.add("Transpose", name, []string{x}, []string{name}, integers("perm", exchanged(axis, rank)...))
	return name
}

// exchanged is the permutation that exchanges an axis with the last one.
func exchanged(axis, rank int) []int {
	perm := make([]int, rank)
	for i := range perm {
		perm[i] = i
	}
	perm[axis], perm[rank-1] = rank-1, axis
	return perm
}

// resampled returns the operator that the importer makes of a Resize.
func resampled(c call, attrs []*onnx.AttributeProto) (r ir.Resample, ok bool) {
	x, y := &ir.Value{Name: "x", Type: ir.F32, Shape: c.x[0]}, &ir.Value{Name: "y", Type: ir.F32, Shape: c.y[0]}
	in, errX := declared(x)
	out, errY := declared(y)
	w := newWriter(&ir.Graph{Name: "resize", Inputs: []*ir.Value{x}, Outputs: []*ir.Value{y}})
	w.out.Inputs, w.out.Outputs = []*onnx.ValueInfoProto{in}, []*onnx.ValueInfoProto{out}
	w.add("Resize", w.fresh("resize"), []string{"x", "", "", w.ints("sizes", c.y[0]...)}, []string{"y"}, attrs...)
	read, err := onnx.ImportBytes(w.model("").Marshal(), "", onnx.Options{})
	if errors.Join(errX, errY, w.err, err) != nil || len(read.Nodes) != 1 {
		return r, false
	}
	r, ok = read.Nodes[0].Op.(ir.Resample)
	return r, ok
}

// factor returns how often each of n positions is there, if all are as often and in their
// order, else 0.
func factor(index []int, n int) int {
	k := len(index) / n
	for i, from := range index {
		if k*n != len(index) || from != i/k {
			return 0
		}
	}
	return k
}
