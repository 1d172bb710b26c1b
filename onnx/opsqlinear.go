package onnx

import (
	"fmt"
	"math"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// microsoft is the domain of the operators that ONNX Runtime's quantizer writes.
const microsoft = "com.microsoft"

// microsoftOperators lists the operators of that domain that are read.
// https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
var microsoftOperators = map[string]operator{
	"QuantizeLinear":           {6, 21, 2, 3, quantizeLinear},
	"DequantizeLinear":         {6, 21, 2, 3, dequantizeLinear},
	"QLinearAdd":               {6, 21, 7, 8, qLinearPair(arithmetic(ir.Add))},
	"QLinearMul":               {6, 21, 7, 8, qLinearPair(arithmetic(ir.Mul))},
	"QLinearGlobalAveragePool": {6, 21, 5, 5, qLinearOne(globalPool(ir.GlobalAvgPool{}))},
	"QLinearAveragePool":       {6, 21, 4, 5, qLinearOne(averagePool)},
	"QLinearLeakyRelu":         {6, 21, 4, 5, qLinearOne(unary(ir.LeakyRelu, []param{{"alpha", 0.01}}))},
	"QLinearSigmoid":           {6, 21, 4, 5, qLinearOne(unary(ir.Sigmoid, nil))},
	"QLinearSoftmax":           {6, 21, 4, 5, qLinearOne(qLinearSoftmax)},
	"QLinearConcat":            {6, 21, 5, -1, qLinearConcat},
	"QGemm":                    {6, 21, 6, 9, qGemm},
}

// quantizeLinear imports QuantizeLinear to bytes, with or without sign, and to 16 bits.
func quantizeLinear(c *call) error {
	if p := DataType(c.int("precision", 0)); p != 0 && p != TypeFloat {
		return fmt.Errorf("precision is %s: the division by the scale is one of float32; export without it", p)
	}
	to := DataType(c.int("output_dtype", 0))
	if z := c.operand(2); z != nil {
		to = map[ir.DType]DataType{ir.U8: TypeUint8, ir.S8: TypeInt8, ir.S32: c.imp.narrow[z]}[z.Type]
	} else if to == 0 {
		to = TypeUint8
	}
	if block := c.int("block_size", 0); block > 0 || to.narrowBits() > 0 {
		return c.quantizeSpelled(to, c.int("axis", 1), block)
	}
	return c.quantize(c.in[0], 1, to.irType(), c.int("axis", 1))
}

// quantize makes the ONNX node's result the quantized form of y. scale is the number of the
// operand that is the scale, the zero point follows; its type counts, or to without one.
func (c *call) quantize(y *ir.Value, scale int, to ir.DType, ax int64) error {
	s, z := c.operand(scale), c.operand(scale+1)
	if z != nil {
		to = z.Type
	}
	switch {
	case s == nil:
		return fmt.Errorf("operand %d, the scale of the result, is missing", scale)
	case to != ir.U8 && to != ir.S8:
		return fmt.Errorf("quantizes to %s: only integers of 8 and 16 bits are supported", to)
	}
	op := ir.QuantizeLinear{To: to}
	if s.Shape.Elems() > 1 {
		var err error
		if op.Axis, err = axis(ax, len(y.Shape)); err != nil {
			return err
		}
	}
	in := []*ir.Value{y, s}
	if z != nil {
		in = append(in, z)
	}
	if err := checkScales(s); err != nil {
		return err
	}
	if !slices.ContainsFunc(in, func(v *ir.Value) bool { return !v.IsConst() }) && y.Type == ir.F32 {
		return c.quantizeConstant(op, in)
	}
	return c.result(op, in...)
}

// checkScales refuses constant scales that nothing can be divided by.
func checkScales(s *ir.Value) error {
	if !s.IsConst() {
		return nil
	}
	for i, v := range s.Const.F32 {
		if !(v > 0) || v-v != 0 {
			return fmt.Errorf("scale %d (%q) is %g, want finite and positive", i, s.Name, v)
		}
	}
	return nil
}

// quantizeConstant quantizes weights that the model keeps as float.
func (c *call) quantizeConstant(op ir.QuantizeLinear, in []*ir.Value) error {
	n, err := ir.NewNode(c.name, op, in...)
	if err != nil {
		return err
	}
	x := in[0].Const
	if err := c.imp.spend(x.Elems(), foldedElem); err != nil {
		return err
	}
	lo, hi := intLimits(op.To)
	data, zeros := make([]int64, len(x.F32)), zeroPoints(in)
	for i, v := range x.F32 {
		p := parameterOf(x.Shape, op.Axis, in[1].Const.Elems(), i)
		q := math.RoundToEven(float64(v/in[1].Const.F32[p])) + float64(zeros[p])
		if v != v {
			q = float64(zeros[p])
		}
		data[i] = int64(min(max(q, float64(lo)), float64(hi)))
	}
	t, err := intTensor(op.To, n.Out[0].Shape, data)
	if err != nil {
		return err
	}
	return c.constant(t)
}

// parameterOf returns which of n scales, one or one for each index of an axis, is that of element i.
func parameterOf(s ir.Shape, axis, n, i int) int {
	if n == 1 {
		return 0
	}
	return i / s[axis+1:].Elems() % s[axis]
}

// zeroPoints returns those of the operands x, scale and zero, zeros where there are none.
func zeroPoints(in []*ir.Value) []int64 {
	if len(in) < 3 {
		return make([]int64, in[1].Const.Elems())
	}
	z, _ := intData(in[2].Const)
	return z
}

// dequantizeLinear imports DequantizeLinear.
func dequantizeLinear(c *call) error {
	if block := c.int("block_size", 0); block > 0 {
		return c.dequantizeSpelled(c.int("axis", 1), block)
	}
	v, err := c.dequantized(c.node.Outputs[0], c.name, c.in[0], c.in[1], c.operand(2), c.int("axis", 1))
	if err == nil {
		c.imp.values[c.node.Outputs[0]] = v
	}
	return err
}

// dequantized returns the real numbers that x stands for; of a constant, a constant that
// knows the integers it comes from. name and node are what value and node are called.
func (c *call) dequantized(name, node string, x, scale, zero *ir.Value, ax int64) (*ir.Value, error) {
	in, op := []*ir.Value{x, scale}, ir.DequantizeLinear{}
	if zero != nil {
		in = append(in, zero)
	}
	if scale == nil {
		return nil, fmt.Errorf("%q has no scale", x.Name)
	}
	if scale.Shape.Elems() > 1 {
		var err error
		if op.Axis, err = axis(ax, len(x.Shape)); err != nil {
			return nil, err
		}
	}
	if slices.ContainsFunc(in, func(v *ir.Value) bool { return !v.IsConst() }) {
		out, err := c.build(node, []string{name}, op, in)
		if err != nil {
			return nil, err
		}
		return out[0], nil
	}
	if _, err := op.Infer(in); err != nil {
		return nil, err
	}
	if err := c.imp.spend(x.Shape.Elems(), foldedElem); err != nil {
		return nil, err
	}
	data, _ := intData(x.Const)
	n, zeros := scale.Const.Elems(), zeroPoints(in)
	t := ir.Floats(x.Shape.Clone(), floats(len(data), func(i int) float32 {
		p := parameterOf(x.Shape, op.Axis, n, i)
		return float32(float64(data[i]-zeros[p]) * float64(scale.Const.F32[p]))
	}))
	v := ir.Const(name, t)
	v.Quant = weightQuant(op.Axis, in)
	return v, nil
}

// weightQuant returns the parameters of a constant as signed bytes, nil where it has none.
func weightQuant(ax int, in []*ir.Value) *ir.Quant {
	q, shift := &ir.Quant{Axis: ax}, int64(0)
	switch in[0].Type {
	case ir.U8:
		shift = 128
	case ir.S8:
	default:
		return nil
	}
	zeros := zeroPoints(in)
	for i, s := range in[1].Const.F32 {
		if !(s > 0) || s-s != 0 {
			return nil
		}
		q.Scale, q.Zero = append(q.Scale, s), append(q.Zero, int32(zeros[i]-shift))
	}
	return q
}

// real returns operand i as real numbers: operand i+1 is its scale, i+2 its zero point. The
// scale has one element, or one for each index of the axis.
func (c *call) real(i int, ax int64) (*ir.Value, error) {
	x := c.operand(i)
	if x == nil {
		return nil, fmt.Errorf("operand %d is missing", i)
	}
	name := c.imp.names.fresh(fmt.Sprintf("%s/real%d", c.node.Outputs[0], i))
	return c.dequantized(name, c.imp.nodes.fresh(fmt.Sprintf("%s/real%d", c.name, i)), x, c.operand(i+1), c.operand(i+2), ax)
}

// inner runs the import of another operator on the node's attributes and other operands,
// and returns its result.
func (c *call) inner(do func(*call) error, in ...*ir.Value) (*ir.Value, error) {
	name := c.imp.names.fresh(c.node.Outputs[0] + "/exact")
	node := *c.node
	node.Name, node.Outputs = nodeLabel(c.node), []string{name}
	d := &call{imp: c.imp, node: &node, op: c.op, in: in, name: c.imp.nodes.fresh(c.name + "/exact")}
	err := do(d)
	if d.err != nil {
		err = d.err
	}
	if err != nil {
		return nil, err
	}
	v := c.imp.values[name]
	delete(c.imp.values, name)
	return v, nil
}

// qLinearConv imports QLinearConv as a convolution of real numbers between a
// DequantizeLinear of its operands and a QuantizeLinear of its result.
func qLinearConv(c *call) error {
	x, err := c.real(0, 0)
	if err != nil {
		return err
	}
	w, err := c.real(3, 0)
	if err != nil {
		return err
	}
	in := []*ir.Value{x, w}
	if b := c.operand(8); b != nil {
		if b, err = c.bias(b, c.in[1], c.in[4], 1); err != nil {
			return err
		}
		in = append(in, b)
	}
	y, err := c.inner(conv, in...)
	if err != nil {
		return err
	}
	return c.quantize(y, 6, c.in[0].Type, 1)
}

// bias returns a bias in units of the scales of input and weights as real numbers.
func (c *call) bias(b, x, w *ir.Value, factor float32) (*ir.Value, error) {
	if !x.IsConst() || !w.IsConst() || x.Type != ir.F32 || w.Type != ir.F32 || x.Const.Elems() != 1 {
		return nil, fmt.Errorf("the scales of a layer with a bias (%q and %q) must be constant, that of the input one number", x.Name, w.Name)
	}
	s := floats(len(w.Const.F32), func(i int) float32 {
		return float32(float64(x.Const.F32[0]) * float64(w.Const.F32[i]) * float64(factor))
	})
	scale := ir.Const(c.imp.names.fresh(c.node.Outputs[0]+"/biasscale"), ir.Floats(ir.Shape{len(s)}, s))
	name := c.imp.names.fresh(c.node.Outputs[0] + "/bias")
	return c.dequantized(name, c.imp.nodes.fresh(c.name+"/bias"), b, scale, nil, -1)
}

// qLinearMatMul imports QLinearMatMul; scales may be those of rows and of columns.
func qLinearMatMul(c *call) error {
	a, err := c.real(0, -2)
	if err != nil {
		return err
	}
	b, err := c.real(3, -1)
	if err != nil {
		return err
	}
	y, err := c.inner(matMul, a, b)
	if err != nil {
		return err
	}
	return c.quantize(y, 6, c.in[0].Type, -1)
}

// qLinearPair imports an operator on two quantized tensors.
func qLinearPair(do func(*call) error) func(*call) error {
	return func(c *call) error {
		a, err := c.real(0, 0)
		if err != nil {
			return err
		}
		b, err := c.real(3, 0)
		if err != nil {
			return err
		}
		y, err := c.inner(do, a, b)
		if err != nil {
			return err
		}
		return c.quantize(y, 6, c.in[0].Type, 1)
	}
}

// qLinearOne imports an operator on one quantized tensor.
func qLinearOne(do func(*call) error) func(*call) error {
	return func(c *call) error {
		if c.int("channels_last", 0) != 0 {
			return fmt.Errorf("channels_last is 1: only [N,C,H,W] is supported")
		}
		x, err := c.real(0, 0)
		if err != nil {
			return err
		}
		y, err := c.inner(do, x)
		if err != nil {
			return err
		}
		return c.quantize(y, 3, c.in[0].Type, 1)
	}
}

// qLinearSoftmax imports a Softmax of the version of the standard operators that an attribute names.
func qLinearSoftmax(c *call) error {
	opset := c.imp.opset
	defer func() { c.imp.opset = opset }()
	c.imp.opset = int(c.int("opset", int64(opset)))
	return c.softmax(ir.SoftmaxPlain)
}

// qLinearConcat imports QLinearConcat: scale and zero point of the result come first.
func qLinearConcat(c *call) error {
	if (len(c.in)-2)%3 != 0 {
		return fmt.Errorf("has %d operands, want scale and zero point of the result and three for each part", len(c.in))
	}
	var in []*ir.Value
	for i := 2; i < len(c.in); i += 3 {
		x, err := c.real(i, 0)
		if err != nil {
			return err
		}
		in = append(in, x)
	}
	y, err := c.inner(concat, in...)
	if err != nil {
		return err
	}
	return c.quantize(y, 0, c.in[2].Type, 1)
}

// qGemm imports QGemm: without a scale of the result that is float.
func qGemm(c *call) error {
	a, err := c.real(0, 0)
	if err != nil {
		return err
	}
	columns := int64(1)
	if c.int("transB", 0) != 0 {
		columns = 0
	}
	b, err := c.real(3, columns)
	if err != nil {
		return err
	}
	in := []*ir.Value{a, b}
	if v := c.operand(6); v != nil {
		// The bias is added after the factor alpha, and is in units of all three.
		if v, err = c.bias(v, c.in[1], c.in[4], c.float("alpha", 1)); err != nil {
			return err
		}
		in = append(in, v)
	}
	if c.operand(7) == nil {
		v, err := c.inner(gemm, in...)
		if err != nil {
			return err
		}
		return c.result(ir.Identity{}, v)
	}
	y, err := c.inner(gemm, in...)
	if err != nil {
		return err
	}
	return c.quantize(y, 7, c.in[0].Type, 1)
}

// integerOf returns operand i less its zero point, operand zero, as whole real numbers.
func (c *call) integerOf(i, zero int, ax int64) (*ir.Value, error) {
	name := c.imp.names.fresh(fmt.Sprintf("%s/whole%d", c.node.Outputs[0], i))
	ones := 1
	if z := c.operand(zero); z != nil {
		ones = z.Shape.Elems()
	}
	scale := ir.Const(c.imp.names.fresh(name+"/scale"), ir.Floats(ir.Shape{ones}, slices.Repeat([]float32{1}, ones)))
	return c.dequantized(name, c.imp.nodes.fresh(fmt.Sprintf("%s/whole%d", c.name, i)), c.in[i], scale, c.operand(zero), ax)
}

// integerProduct imports ConvInteger and MatMulInteger as the operator on whole real
// numbers, which float32 adds exactly up to 2^24. a and b are the axes of the zero points.
func integerProduct(do func(*call) error, a, b int64) func(*call) error {
	return func(c *call) error {
		x, err := c.integerOf(0, 2, a)
		if err != nil {
			return err
		}
		w, err := c.integerOf(1, 3, b)
		if err != nil {
			return err
		}
		y, err := c.inner(do, x, w)
		if err != nil {
			return err
		}
		if err := c.result(ir.Cast{To: ir.S32}, y); err != nil {
			return err
		}
		c.imp.whole[c.imp.values[c.node.Outputs[0]]] = y
		return nil
	}
}

// dynamicQuantizeLinear imports DynamicQuantizeLinear.
func dynamicQuantizeLinear(c *call) error { return c.result(ir.DynamicQuantizeLinear{}, c.in[0]) }
