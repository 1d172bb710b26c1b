package onnx

import (
	"reflect"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func boolTensor(v ...bool) *ir.Tensor {
	t := &ir.Tensor{Type: ir.Bool, Shape: ir.Shape{len(v)}}
	for _, b := range v {
		t.U8 = append(t.U8, boolByte(b))
	}
	return t
}

// TestFoldedShape imports x.view(x.size(0), -1, x.size(2)*2) as PyTorch
// exports it, with a float detour.
func TestFoldedShape(t *testing.T) {
	m := model(11, value("x", -1, 2, 4, 7), []*TensorProto{some("two", 2)},
		node("Shape: x -> s"),
		node("Constant: -> zero", attrT("value", NewTensor("", &ir.Tensor{Type: ir.I64, Shape: ir.Shape{}, I64: []int64{0}}))),
		node("Gather: s, zero -> n", attrI("axis", 0)),
		node("Unsqueeze: n -> n1", attrIs("axes", 0)),
		node("Constant: -> minus", attrT("value", longs("", -1))),
		node("Constant: -> from", attrT("value", longs("", 2))),
		node("Constant: -> to", attrT("value", longs("", 3))),
		node("Slice: s, from, to -> h"),
		node("Cast: h -> hf", attrI("to", int64(TypeFloat))),
		node("Mul: hf, two -> h2"),
		node("Floor: h2 -> h3"),
		node("Cast: h3 -> h4", attrI("to", int64(TypeInt64))),
		node("Concat: n1, minus, h4 -> shape", attrI("axis", 0)),
		node("Reshape: x, shape -> y"))
	want := "Reshape{Shape:1x7x8}(x) -> y 1x7x8"
	if got := ops(mustImport(t, m)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestFolding checks the value of each constant expression.
func TestFolding(t *testing.T) {
	i64 := func(v ...int64) *ir.Tensor { return &ir.Tensor{Type: ir.I64, Shape: ir.Shape{len(v)}, I64: v} }
	scalar := func(v int64) *ir.Tensor { return &ir.Tensor{Type: ir.I64, Shape: ir.Shape{}, I64: []int64{v}} }
	a, b := longs("a", 7, -7, 8), longs("b", 2, 2, -3)
	for _, c := range []struct {
		name  string
		inits []*TensorProto
		node  *NodeProto
		want  *ir.Tensor
	}{
		{"add", []*TensorProto{a, b}, node("Add: a, b -> y"), i64(9, -5, 5)},
		{"sub", []*TensorProto{a, b}, node("Sub: a, b -> y"), i64(5, -9, 11)},
		{"mul", []*TensorProto{a, b}, node("Mul: a, b -> y"), i64(14, -14, -24)},
		{"div", []*TensorProto{a, b}, node("Div: a, b -> y"), i64(3, -3, -2)},
		{"broadcast", []*TensorProto{a, longs("one", 1)}, node("Add: a, one -> y"), i64(8, -6, 9)},
		{"int32", []*TensorProto{{Name: "i", Dims: []int64{1}, DataType: TypeInt32, Int32Data: []int32{5}}}, node("Mul: i, i -> y"), &ir.Tensor{Type: ir.S32, Shape: ir.Shape{1}, S32: []int32{25}}},
		{"floats", []*TensorProto{some("f", 1, 3)}, node("Div: f, f -> y"), ir.Floats(ir.Shape{2}, []float32{1, 1})},
		{"float add", []*TensorProto{some("f", 1, 3)}, node("Add: f, f -> y"), ir.Floats(ir.Shape{2}, []float32{2, 6})},
		{"float sub", []*TensorProto{some("f", 1, 3)}, node("Sub: f, f -> y"), ir.Floats(ir.Shape{2}, []float32{0, 0})},
		{"float mul", []*TensorProto{some("f", 1, 3)}, node("Mul: f, f -> y"), ir.Floats(ir.Shape{2}, []float32{1, 9})},
		{"float equal", []*TensorProto{some("f", 1, 3), some("g", 3)}, node("Equal: f, g -> y"), boolTensor(false, true)},
		{"bytes", []*TensorProto{NewTensor("u", &ir.Tensor{Type: ir.U8, Shape: ir.Shape{2}, U8: []uint8{1, 255}})}, node("Cast: u -> y", attrI("to", int64(TypeInt64))), i64(1, 255)},
		{"signed bytes", []*TensorProto{NewTensor("u", &ir.Tensor{Type: ir.S8, Shape: ir.Shape{2}, S8: []int8{1, -1}})}, node("Concat: u, u -> y", attrI("axis", 0)),
			&ir.Tensor{Type: ir.S8, Shape: ir.Shape{4}, S8: []int8{1, -1, 1, -1}}},
		{"neg", []*TensorProto{a}, node("Neg: a -> y"), i64(-7, 7, -8)},
		{"abs", []*TensorProto{a}, node("Abs: a -> y"), i64(7, 7, 8)},
		{"sign", []*TensorProto{a}, node("Sign: a -> y"), i64(1, -1, 1)},
		{"floor", []*TensorProto{some("f", 1.5, -1.5)}, node("Floor: f -> y"), ir.Floats(ir.Shape{2}, []float32{1, -2})},
		{"cast to int", []*TensorProto{some("f", 1.7, -1.7)}, node("Cast: f -> y", attrI("to", int64(TypeInt64))), i64(1, -1)},
		{"cast to bool", []*TensorProto{some("f", 0.5, 0)}, node("Cast: f -> y", attrI("to", int64(TypeBool))), boolTensor(true, false)},
		{"cast to float", []*TensorProto{b}, node("Cast: b -> y", attrI("to", int64(TypeFloat))), ir.Floats(ir.Shape{3}, []float32{2, 2, -3})},
		{"shape", nil, node("Shape: x -> y"), i64(2, 3, 4)},
		{"shape cut", nil, node("Shape: x -> y", attrI("start", -2), attrI("end", 9)), i64(3, 4)},
		{"gather scalar", []*TensorProto{a, NewTensor("i", scalar(-1))}, node("Gather: a, i -> y"), scalar(8)},
		{"gather", []*TensorProto{a, longs("i", 2, 0)}, node("Gather: a, i -> y"), i64(8, 7)},
		{"slice", []*TensorProto{a, longs("s", -1), longs("e", -9), longs("t", -1), longs("ax", 0)}, node("Slice: a, s, e, ax, t -> y"), i64(8, -7, 7)},
		{"concat", []*TensorProto{a, longs("e"), b}, node("Concat: a, e, b -> y", attrI("axis", 0)), i64(7, -7, 8, 2, 2, -3)},
		{"squeeze", []*TensorProto{longs("o", 4)}, node("Squeeze: o -> y"), scalar(4)},
		{"unsqueeze", []*TensorProto{NewTensor("s", scalar(4)), longs("ax", 0)}, node("Unsqueeze: s, ax -> y"), i64(4)},
		{"transpose", []*TensorProto{NewTensor("m", &ir.Tensor{Type: ir.I64, Shape: ir.Shape{2, 2}, I64: []int64{1, 2, 3, 4}})}, node("Transpose: m -> y"),
			&ir.Tensor{Type: ir.I64, Shape: ir.Shape{2, 2}, I64: []int64{1, 3, 2, 4}}},
		{"reshape float", []*TensorProto{ramp("w", 2, 3), longs("s", 3, 2)}, node("Reshape: w, s -> y"), ir.Floats(ir.Shape{3, 2}, []float32{0, 1, 2, 3, 4, 5})},
		{"fill", []*TensorProto{longs("s", 2, 1)}, node("ConstantOfShape: s -> y"), ir.Floats(ir.Shape{2, 1}, []float32{0, 0})},
		{"fill int", []*TensorProto{longs("s", 3)}, node("ConstantOfShape: s -> y", attrT("value", longs("", 9))), i64(9, 9, 9)},
		{"range", []*TensorProto{longs("f", 5), longs("l", 0), longs("d", -2)}, node("Range: f, l, d -> y"), i64(5, 3, 1)},
		{"range empty", []*TensorProto{longs("f", 5), longs("l", 0), longs("d", 2)}, node("Range: f, l, d -> y"), i64()},
		{"equal", []*TensorProto{a, longs("c", 7)}, node("Equal: a, c -> y"), boolTensor(true, false, false)},
		{"where", []*TensorProto{NewTensor("c", boolTensor(true, false, true)), a, b}, node("Where: c, a, b -> y"), i64(7, 2, 8)},
		{"expand", []*TensorProto{longs("o", 4), longs("s", 2, 1)}, node("Expand: o, s -> y"), &ir.Tensor{Type: ir.I64, Shape: ir.Shape{2, 1}, I64: []int64{4, 4}}},
		{"constant float", nil, node("Constant: -> y", attrF("value_float", 1.5)), ir.Floats(ir.Shape{}, []float32{1.5})},
		{"constant floats", nil, node("Constant: -> y", attrFs("value_floats", 1, 2)), ir.Floats(ir.Shape{2}, []float32{1, 2})},
		{"constant int", nil, node("Constant: -> y", attrI("value_int", 3)), scalar(3)},
		{"constant ints", nil, node("Constant: -> y", attrIs("value_ints", 3, 4)), i64(3, 4)},
		{"constant float16", nil, node("Constant: -> y", attrT("value", &TensorProto{Dims: []int64{1}, DataType: TypeFloat16, Int32Data: []int32{0x3800}})), ir.Floats(ir.Shape{1}, []float32{0.5})},
	} {
		g := mustImport(t, model(15, value("x", 2, 3, 4), c.inits, c.node))
		if len(g.Nodes) != 1 || g.Nodes[0].Op != (ir.Identity{}) || !g.Nodes[0].In[0].IsConst() {
			t.Errorf("%s: not folded:\n%s", c.name, ops(g))
			continue
		}
		if got := g.Nodes[0].In[0].Const; !sameTensor(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

// sameTensor compares tensors, an absent slice and an empty one being the same.
func sameTensor(a, b *ir.Tensor) bool {
	pa, pb := NewTensor("", a), NewTensor("", b)
	return len(pa.Dims) == len(pb.Dims) && reflect.DeepEqual(pa, pb)
}

func TestFoldingErrors(t *testing.T) {
	for _, c := range []struct {
		want  string
		inits []*TensorProto
		node  *NodeProto
	}{
		{"division of integers by zero", []*TensorProto{longs("a", 1), longs("b", 0)}, node("Div: a, b -> y")},
		{"element 0 is 1e+20, outside i64", []*TensorProto{some("f", 1e20)}, node("Cast: f -> y", attrI("to", int64(TypeInt64)))},
		{"outside u8", []*TensorProto{longs("a", 256)}, node("Cast: a -> y", attrI("to", int64(TypeUint8)))},
		{"operands of types i64 and f32", []*TensorProto{longs("a", 1), some("f", 1)}, node("Add: a, f -> y")},
		{"do not broadcast", []*TensorProto{longs("a", 1, 2), longs("b", 1, 2, 3)}, node("Add: a, b -> y")},
		{"delta is 0", []*TensorProto{longs("a", 1), longs("z", 0)}, node("Range: a, a, z -> y")},
		{"out of range", []*TensorProto{longs("a", 1<<62), longs("z", 1)}, node("Range: a, a, z -> y")},
		{"the condition is i64", []*TensorProto{longs("a", 1)}, node("Where: a, a, a -> y")},
		{"has the shape 2, want one element", []*TensorProto{longs("a", 1)}, node("ConstantOfShape: a -> y", attrT("value", longs("", 1, 2)))},
		{"-1 is no extent", []*TensorProto{longs("a", -1)}, node("ConstantOfShape: a -> y")},
	} {
		_, err := ImportBytes(model(13, value("x", 1), c.inits, c.node).Marshal(), "", Options{})
		wantError(t, err, c.want)
	}
}

// Large float constants are left to the passes on the graph.
func TestLargeFloatsStay(t *testing.T) {
	g := mustImport(t, model(13, value("x", 1), []*TensorProto{ramp("w", 2048)}, node("Add: w, w -> y"), node("Transpose: w -> z")))
	want := "Binary{Fn:Add Act:none}(w, w) -> y 2048\nTranspose{Perm:[0]}(w) -> z 2048"
	if got := ops(g); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
