package onnx

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// Integers that ir lacks are held in wider ones: int16 and uint16 in s32, uint32 and uint64 in i64.
// What an operator computes of them beyond their range wraps as theirs do; only numbers of
// uint64 from 2^63 on are taken for negative ones.

// narrowBits returns the bits of a type that is held in a wider one, 0 for others.
func (d DataType) narrowBits() int {
	switch d {
	case TypeInt16, TypeUint16:
		return 16
	case TypeUint32:
		return 32
	}
	return 0
}

// markNarrow notes that v holds integers of a type that is narrower than its own.
func (imp *importer) markNarrow(v *ir.Value, d DataType) {
	if d.narrowBits() > 0 && v != nil {
		imp.narrow[v] = d
	}
}

// narrowOf returns the narrow type of a node's operands, if any has one.
func (imp *importer) narrowOf(in []*ir.Value) (d DataType, held ir.DType) {
	for _, v := range in {
		if t, ok := imp.narrow[v]; ok {
			return t, v.Type
		}
	}
	return 0, ir.Invalid
}

// carriesNarrow reports whether result i of an operator is of the type of its operands.
func carriesNarrow(op ir.Op, i int) bool {
	switch op.(type) {
	case ir.ArgMax, ir.ArgMaxPool, ir.Cast, ir.NonMaxSuppression, ir.OneHot:
		return false
	case ir.TopK:
		return i == 0
	}
	return true
}

// overflows reports whether the result of an operator on narrow integers may leave their range.
func overflows(op ir.Op, d DataType) bool {
	switch op := op.(type) {
	case ir.CumSum:
		return true
	case ir.Binary:
		return slices.Contains([]ir.BinaryKind{ir.Add, ir.Sub, ir.Mul, ir.Pow}, op.Fn) || op.Fn == ir.Div && d == TypeInt16 // -32768 / -1
	}
	return false
}

// buildNarrow is build where operands may hold narrow integers.
func (c *call) buildNarrow(node string, names []string, op ir.Op, in []*ir.Value) ([]*ir.Value, error) {
	d, held := c.imp.narrowOf(in)
	if d == 0 {
		return c.build(node, names, op, in)
	}
	if overflows(op, d) {
		whole, err := c.build(c.imp.nodes.fresh(c.name+"/whole"), []string{c.imp.names.fresh(names[0] + "/whole")}, op, in)
		if err != nil {
			return nil, err
		}
		v, err := c.wrap(node, names[0], whole[0], d)
		return []*ir.Value{v}, err
	}
	out, err := c.build(node, names, op, in)
	for i, v := range out {
		if v.Type == held && carriesNarrow(op, i) {
			c.imp.markNarrow(v, d)
		}
	}
	return out, err
}

// wrap adds the nodes that take integers back into the range of a narrow type; the last has these names.
func (c *call) wrap(node, name string, v *ir.Value, d DataType) (*ir.Value, error) {
	size := int64(1) << d.narrowBits()
	type step struct {
		fn ir.BinaryKind
		n  int64
	}
	steps := []step{{ir.Mod, size}} // the rest has the sign of the divisor
	if d == TypeInt16 {
		steps = []step{{ir.Add, size / 2}, {ir.Mod, size}, {ir.Sub, size / 2}}
	}
	for i, s := range steps {
		t, err := intTensor(v.Type, ir.Shape{}, []int64{s.n})
		if err != nil {
			return nil, err
		}
		n, result := node, name
		if i < len(steps)-1 {
			n, result = c.imp.nodes.fresh(c.name+"/wrap"), c.imp.names.fresh(name+"/wrap")
		}
		k := ir.Const(c.imp.names.fresh(name+"/range"), t)
		out, err := c.build(n, []string{result}, ir.Binary{Fn: s.fn}, []*ir.Value{v, k})
		if err != nil {
			return nil, err
		}
		v = out[0]
	}
	c.imp.markNarrow(v, d)
	return v, nil
}

// castNarrow casts to a type that is held in a wider one: integers wrap.
func (c *call) castNarrow(x *ir.Value, target DataType) error {
	to := target.irType()
	if x.Type == ir.F32 || x.Type == ir.Bool {
		return c.narrowed(ir.Cast{To: to}, x, target)
	}
	var err error
	if x.Type != to {
		if x, err = c.aux("wide", ir.Cast{To: to}, x); err != nil {
			return err
		}
	}
	v, err := c.wrap(c.name, c.node.Outputs[0], x, target)
	if err == nil {
		c.imp.values[c.node.Outputs[0]] = v
	}
	return err
}

// narrowed is result for an operator whose only result is of type d, whatever its operand is.
func (c *call) narrowed(op ir.Op, x *ir.Value, d DataType) error {
	out, err := c.build(c.name, c.node.Outputs[:1], op, []*ir.Value{x})
	if err == nil {
		c.imp.markNarrow(out[0], d)
		c.imp.values[c.node.Outputs[0]] = out[0]
	}
	return err
}
