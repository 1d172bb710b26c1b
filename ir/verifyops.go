package ir

import (
	"errors"
	"fmt"
)

// checkOp checks what an operator's attributes and its values' quantization
// parameters owe each other. Operands and results fit Infer already.
func checkOp(n *Node) error {
	if err := checkStacked(n); err != nil {
		return err
	}
	switch o := n.Op.(type) {
	case Conv:
		return checkEpilogue(o.Epilogue, at(n.In, 3))
	case FC:
		return checkEpilogue(o.Epilogue, at(n.In, 3))
	case Gemm:
		return wantFinite("Alpha and Beta", o.Alpha, o.Beta)
	case BatchNorm:
		if !(o.Epsilon >= 0) || !finite(o.Epsilon) {
			return fmt.Errorf("Epsilon is %g, want finite and not negative", o.Epsilon)
		}
	case Affine:
		return errors.Join(wantFinite("Mul", o.Mul...), wantFinite("Add", o.Add...))
	case Unary:
		return checkAct(o.Act)
	case PRelu:
		return errors.Join(wantType(n.In[0], 0, F32), wantType(n.In[1], 1, F32))
	case Compare:
		if int(o.Fn) >= len(compareNames) {
			return fmt.Errorf("unknown comparison %d", o.Fn)
		}
		return checkPlain(n)
	case Logic:
		if int(o.Fn) >= len(logicNames) {
			return fmt.Errorf("unknown function %d", o.Fn)
		}
	case Where:
		return checkPlain(n)
	case Binary:
		return checkBinary(o, n)
	case Reduce:
		return checkReduce(o, n)
	case Normalize:
		return checkNormalize(o)
	case Softmax:
		if int(o.Fn) >= len(softmaxNames) {
			return fmt.Errorf("unknown function %d", o.Fn)
		}
	case LRN:
		return wantFinite("Alpha, Beta and Bias", o.Alpha, o.Beta, o.Bias)
	case TopK:
		return sameQuant(&Node{In: n.In, Out: n.Out[:1]})
	case GatherAt, GatherND, GatherElements:
		return checkIndexed(n)
	case ScatterElements:
		return checkScatter(o.Fn, n)
	case ScatterND:
		return checkScatter(o.Fn, n)
	case Pad:
		if int(o.Mode) >= len(padModeNames) {
			return fmt.Errorf("unknown mode %d", o.Mode)
		}
		return sameQuant(n)
	case Cast:
		if o.To == Invalid || o.To > Bool {
			return fmt.Errorf("to the type %s", o.To)
		}
		return checkPlain(n)
	case Concat:
		return concatQuant(n)
	case MaxPool, GlobalMaxPool, Identity, Split, Slice, Reshape, Transpose,
		ChannelShuffle, DepthToSpace, ResizeNearest, Gather, Expand:
		return sameQuant(n)
	default:
		return checkQOp(n)
	}
	return nil
}

func checkQOp(n *Node) error {
	out := n.Out[0]
	if err := wantQuant(n); err != nil {
		return err
	}
	switch o := n.Op.(type) {
	case QConv:
		return checkRequant(o.Requant, n)
	case QFC:
		return checkRequant(o.Requant, n)
	case QAdd:
		return errors.Join(wantFinite("MulA and MulB", o.MulA, o.MulB), checkResult(out, o.Zero, o.Lo, o.Hi, o.Table))
	case QMul:
		return errors.Join(wantFinite("Mul", o.Mul), checkResult(out, o.Zero, o.Lo, o.Hi, o.Table))
	case QAvgPool:
		return errors.Join(wantFinite("Mul", o.Mul...), checkResult(out, o.Zero, o.Lo, o.Hi, nil))
	case QGlobalAvgPool:
		return errors.Join(wantFinite("Mul", o.Mul), checkResult(out, o.Zero, o.Lo, o.Hi, nil))
	case Quantize:
		return errors.Join(wantFinite("Mul", o.Mul...), wantFinite("Add", o.Add...), checkResult(out, o.Zero, 0, 255, nil))
	case Dequantize:
		return wantFinite("Scale", o.Scale)
	}
	return nil
}

// wantQuant checks that an int8 operator's bytes have quantization parameters.
func wantQuant(n *Node) error {
	switch n.Op.(type) {
	case QConv, QFC, QAdd, QMul, QAvgPool, QGlobalAvgPool, QTable, Quantize, Dequantize:
	default:
		return nil
	}
	for _, v := range append(n.In[:len(n.In):len(n.In)], n.Out...) {
		if v != nil && v.Type == U8 && v.Quant == nil {
			return fmt.Errorf("%q is u8 without quantization parameters", v.Name)
		}
	}
	return nil
}

func checkAct(a Act) error {
	if int(a.Kind) >= len(actNames) {
		return fmt.Errorf("unknown activation %d", a.Kind)
	}
	return nil
}

func checkEpilogue(e Epilogue, residual *Value) error {
	if residual == nil && !e.Pre.IsNone() {
		return fmt.Errorf("Pre is %s but there is no residual operand", e.Pre)
	}
	return errors.Join(checkAct(e.Pre), checkAct(e.Act))
}

func checkBinary(o Binary, n *Node) error {
	if int(o.Fn) >= len(binaryNames) {
		return fmt.Errorf("unknown function %d", o.Fn)
	}
	if (n.In[0].Type != F32 || o.Fn > Div) && !o.Act.IsNone() {
		return fmt.Errorf("activation %s on %s of %s", o.Act, o.Fn, n.In[0].Type)
	}
	return errors.Join(checkAct(o.Act), checkPlain(n))
}

// sameQuant checks an operator that moves bytes: all its u8 values share one
// scale and zero point.
func sameQuant(n *Node) error {
	first := n.In[0]
	if first.Type != U8 {
		return nil
	}
	for _, v := range append(n.In[1:len(n.In):len(n.In)], n.Out...) {
		a, b := first.Quant, v.Quant
		switch {
		case a == nil && b == nil: // plain integers
		case a == nil || b == nil || len(a.Scale) != 1 || len(b.Scale) != 1 || len(a.Zero) != 1 || len(b.Zero) != 1:
			return fmt.Errorf("%q and %q: want a scale and a zero point each", first.Name, v.Name)
		case a.Scale[0] != b.Scale[0] || a.Zero[0] != b.Zero[0]:
			return fmt.Errorf("%q has scale %g and zero point %d, %q has %g and %d: want the same",
				first.Name, a.Scale[0], a.Zero[0], v.Name, b.Scale[0], b.Zero[0])
		}
	}
	return nil
}

// checkStacked allows activations with parameters a channel, which a Concat along the
// channels makes, as operands of such a Concat and of a convolution that has each channel by
// itself and no padding, which would need a byte a channel.
func checkStacked(n *Node) error {
	for i, v := range append(n.In[:len(n.In):len(n.In)], n.Out...) {
		if v == nil || v.Type != U8 || v.Quant == nil || len(v.Quant.Scale) == 1 {
			continue
		}
		if err := checkQuant(v); err != nil {
			return fmt.Errorf("value %q: %w", v.Name, err)
		}
		concat, isConcat := n.Op.(Concat)
		conv, isConv := n.Op.(QConv)
		if isConcat && concat.Axis == 1 || isConv && i == 0 && conv.Groups == v.Shape[1] && conv.Pad == [4]int{} {
			continue
		}
		return fmt.Errorf("%q has a scale for each channel: only Concat along axis 1 and depthwise convolutions without padding take those", v.Name)
	}
	return nil
}

// concatQuant checks a Concat of bytes: all share one scale and zero point, or the
// result has those of its operands, a channel each.
func concatQuant(n *Node) error {
	y := n.Out[0]
	if y.Type != U8 || y.Quant == nil || len(y.Quant.Scale) == 1 {
		return sameQuant(n)
	}
	from := 0
	for _, v := range n.In {
		if err := checkQuant(v); err != nil {
			return fmt.Errorf("value %q: %w", v.Name, err)
		}
		for c := range v.Shape[1] {
			a, b := v.Quant.At(c), y.Quant.At(from+c)
			if a.Scale[0] != b.Scale[0] || a.Zero[0] != b.Zero[0] {
				return fmt.Errorf("channel %d of %q has scale %g and zero point %d, %q has %g and %d there: want the same",
					c, v.Name, a.Scale[0], a.Zero[0], y.Name, b.Scale[0], b.Zero[0])
			}
		}
		from += v.Shape[1]
	}
	return nil
}

// checkRequant checks QConv and QFC: constants, the weights' parameters, the epilogue.
func checkRequant(r Requant, n *Node) error {
	w, b, residual := n.In[1], at(n.In, 2), at(n.In, 3)
	m := w.Shape[0]
	switch {
	case !w.IsConst():
		return fmt.Errorf("weights %q are not constant", w.Name)
	case b != nil && !b.IsConst():
		return fmt.Errorf("bias %q is not constant", b.Name)
	case w.Quant == nil:
		return fmt.Errorf("weights %q have no quantization parameters", w.Name)
	case len(w.Quant.Scale) > 1 && w.Quant.Axis != 0:
		return fmt.Errorf("weights %q are quantized along axis %d, want 0", w.Name, w.Quant.Axis)
	case len(r.Mul) != 1 && len(r.Mul) != m:
		return fmt.Errorf("has %d multipliers, want 1 or %d", len(r.Mul), m)
	case residual == nil && r.Pre:
		return errors.New("has a clamp before the sum but no residual operand")
	case r.Pre && r.PreLo > r.PreHi:
		return fmt.Errorf("limits before the sum are %g and %g", r.PreLo, r.PreHi)
	}
	return errors.Join(wantFinite("Mul", r.Mul...), wantFinite("SumMul", r.SumMul),
		checkResult(n.Out[0], r.Zero, r.Lo, r.Hi, r.Table))
}

// checkResult checks the last steps of an int8 operator against its result. A table
// gives the result parameters of its own; without one Zero is the result's zero point.
func checkResult(out *Value, zero, lo, hi uint8, table []uint8) error {
	switch {
	case lo > hi:
		return fmt.Errorf("limits are %d and %d", lo, hi)
	case len(table) != 0 && len(table) != 256:
		return fmt.Errorf("table has %d entries, want 256 or none", len(table))
	case len(table) == 0 && out.Quant != nil && len(out.Quant.Zero) == 1 && out.Quant.Zero[0] != int32(zero):
		return fmt.Errorf("rounds to the zero point %d, the result %q has %d", zero, out.Name, out.Quant.Zero[0])
	}
	return nil
}

func wantFinite(name string, vs ...float32) error {
	for i, v := range vs {
		if !finite(v) {
			return fmt.Errorf("%s: entry %d is %g, want a finite number", name, i, v)
		}
	}
	return nil
}
