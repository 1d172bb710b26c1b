package onnx

import (
	"fmt"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// integerLimits returns the least and the greatest number of a type that QuantizeLinear gives.
func integerLimits(d DataType) (lo, hi float32, ok bool) {
	switch d {
	case TypeUint8:
		return 0, 255, true
	case TypeInt8:
		return -128, 127, true
	case TypeUint16:
		return 0, 65535, true
	case TypeInt16:
		return -32768, 32767, true
	}
	return 0, 0, false
}

// parameters returns constant operand i, a scale or zero point for each block of some elements along an
// axis, for each index of it, or for all, as float32 that broadcasts to x. block is 0 where there are none.
func (c *call) parameters(i int, what string, x ir.Shape, ax, block int64) (*ir.Value, error) {
	v := c.operand(i)
	if !v.IsConst() {
		return nil, fmt.Errorf("%s (%q) is computed while the model runs, want a constant", what, v.Name)
	}
	t, err := castTensor(v.Const, ir.F32)
	if v.Type == ir.F32 {
		t, err = v.Const, nil
	}
	if err != nil {
		return nil, err
	}
	data, s := t.F32, ir.Shape{}
	if len(data) > 1 || block > 0 {
		a, err := axis(ax, len(x))
		if err != nil {
			return nil, err
		}
		if block == 0 {
			s = append(ir.Shape{x[a]}, slices.Repeat(ir.Shape{1}, len(x)-a-1)...)
		} else if data, err = c.blockwise(t, x, a, int(min(block, ir.MaxElems))); err != nil {
			return nil, fmt.Errorf("%s %s: %w", what, t.Shape, err)
		} else {
			s = x
		}
		if len(data) != s.Elems() {
			return nil, fmt.Errorf("%s has %d elements, want one or %d along axis %d", what, len(data), x[a], a)
		}
	}
	return ir.Const(c.imp.names.fresh(c.node.Outputs[0]+"/"+what), ir.Floats(s.Clone(), data)), nil
}

// blockwise returns the parameter of each element of x, of which block elements along an axis have the same.
func (c *call) blockwise(t *ir.Tensor, x ir.Shape, axis, block int) ([]float32, error) {
	want := x.Clone()
	want[axis] = (x[axis] + block - 1) / block
	if !t.Shape.Equal(want) {
		return nil, fmt.Errorf("want %s, for blocks of %d along axis %d of %s", want, block, axis, x)
	}
	if err := c.imp.spend(x.Elems(), foldedElem); err != nil {
		return nil, err
	}
	inner := x[axis+1:].Elems()
	return floats(x.Elems(), func(i int) float32 {
		at := i / inner % x[axis]
		return t.F32[(i/(inner*x[axis])*want[axis]+at/block)*inner+i%inner]
	}), nil
}

// quantizeSpelled imports a QuantizeLinear to 16 bits or in blocks as float32 arithmetic: the quotient,
// rounded half to even, plus the zero point, limited, as an integer.
func (c *call) quantizeSpelled(to DataType, ax, block int64) error {
	x := c.in[0]
	lo, hi, ok := integerLimits(to)
	if !ok || x.Type != ir.F32 {
		return fmt.Errorf("quantizes %s to %s: want float to 8 or 16 bits", x.Type, to)
	}
	s, err := c.parameters(1, "scale", x.Shape, ax, block)
	if err != nil {
		return err
	}
	if err := checkScales(s); err != nil {
		return err
	}
	if x, err = c.aux("quotient", ir.Binary{Fn: ir.Div}, x, s); err != nil {
		return err
	}
	if x, err = c.aux("round", ir.Unary{Act: ir.Act{Kind: ir.Round}}, x); err != nil {
		return err
	}
	if c.operand(2) != nil {
		z, err := c.parameters(2, "zero", c.in[0].Shape, ax, block)
		if err != nil {
			return err
		}
		if x, err = c.aux("shift", ir.Binary{}, x, z); err != nil {
			return err
		}
	}
	if x, err = c.aux("limit", ir.Unary{Act: ir.Act{Kind: ir.Clip, A: lo, B: hi}}, x); err != nil {
		return err
	}
	return c.narrowed(ir.Cast{To: to.irType()}, x, to)
}

// dequantizeSpelled imports a DequantizeLinear in blocks so.
func (c *call) dequantizeSpelled(ax, block int64) error {
	x := c.in[0]
	s, err := c.parameters(1, "scale", x.Shape, ax, block)
	if err != nil {
		return err
	}
	if x, err = c.aux("real", ir.Cast{To: ir.F32}, x); err != nil {
		return err
	}
	if c.operand(2) != nil {
		z, err := c.parameters(2, "zero", x.Shape, ax, block)
		if err != nil {
			return err
		}
		if x, err = c.aux("shift", ir.Binary{Fn: ir.Sub}, x, z); err != nil {
			return err
		}
	}
	return c.result(ir.Binary{Fn: ir.Mul}, x, s)
}
