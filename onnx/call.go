package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// call is the import of one node.
type call struct {
	imp  *importer
	node *NodeProto
	op   *operator
	name string      // of the ir node that gives the results
	in   []*ir.Value // by position; nil where absent
	err  error       // the first attribute that has the wrong type
}

// call finds the operator of n and its operands. It returns nil without an
// error if an operand is missing for a reason that was reported before.
func (imp *importer) call(n *NodeProto) (*call, error) {
	op, ok := operators[n.OpType]
	if n.Domain == microsoft {
		op, ok = microsoftOperators[n.OpType]
	}
	if !ok || !isStandard(n.Domain) && n.Domain != microsoft {
		return nil, fmt.Errorf("the operator is not supported: %s", adviseOn(n))
	}
	if imp.opset < op.min || imp.opset > op.max {
		return nil, fmt.Errorf("opset %d's form of the operator is not supported, %d to %d are; export the model with opset 17", imp.opset, op.min, op.last())
	}
	c := &call{imp: imp, node: n, op: &op}
	poisoned := false
	for i, name := range n.Inputs {
		if name == "" {
			c.in = append(c.in, nil)
			continue
		}
		v, known := imp.lookup(name)
		if !known {
			return nil, fmt.Errorf("operand %d, %q, is no graph input, initializer or result of a node; was the model cut short?", i, name)
		}
		poisoned = poisoned || v == nil
		c.in = append(c.in, v)
	}
	if poisoned {
		return nil, nil
	}
	for len(c.in) > 0 && c.in[len(c.in)-1] == nil {
		c.in = c.in[:len(c.in)-1]
	}
	return c, c.checkArity()
}

// checkArity checks the numbers of operands and results, and that operands hold something.
func (c *call) checkArity() error {
	if n := len(c.in); n < c.op.least || c.op.most >= 0 && n > c.op.most {
		want := fmt.Sprintf("%d to %d", c.op.least, c.op.most)
		switch {
		case c.op.most < 0:
			want = fmt.Sprintf("at least %d", c.op.least)
		case c.op.least == c.op.most:
			want = fmt.Sprint(c.op.least)
		}
		return fmt.Errorf("has %d operands, opset %d's form has %s: export the model again", n, c.imp.opset, want)
	}
	if len(c.node.Outputs) == 0 || c.node.Outputs[0] == "" {
		return errors.New("has no result")
	}
	for i := range c.op.least {
		if c.in[i] == nil {
			return fmt.Errorf("operand %d is missing", i)
		}
	}
	return nil
}

// run imports the node and checks that all its results that are read were made.
func (c *call) run() error {
	imp := c.imp
	base := c.node.Name
	if base == "" {
		base = c.node.OpType + "_" + c.node.Outputs[0]
	}
	c.name = imp.nodes.fresh(base)
	err := c.op.do(c)
	if c.err != nil { // the likely cause of err as well
		return c.err
	}
	if err != nil {
		return err
	}
	for i, o := range c.node.Outputs {
		if o != "" && imp.values[o] == nil && imp.read[o] {
			return fmt.Errorf("result %d, %q, is not supported; export the model without it", i, o)
		}
	}
	return nil
}

// operand returns operand i, or nil where it is absent.
func (c *call) operand(i int) *ir.Value {
	if i < len(c.in) {
		return c.in[i]
	}
	return nil
}

// build makes a node, or a constant where the operands are constants and the
// operator only moves data; nodes are added to the graph.
func (c *call) build(node string, names []string, op ir.Op, in []*ir.Value) ([]*ir.Value, error) {
	n, err := ir.NewNode(node, op, in...)
	if err != nil {
		// The node is in the message already.
		return nil, fmt.Errorf("%w; the model contradicts itself or has a form that ingot does not know: look at it with onnx.checker, or export it again", errors.Unwrap(err))
	}
	for i, v := range n.Out {
		v.Name = names[i]
		if v.Shape.Elems() == 0 && v.Type == ir.F32 && !in[0].IsConst() {
			return nil, fmt.Errorf("the result would be empty: %s", v.Shape)
		}
	}
	if err := ir.CheckNode(n); err != nil {
		return nil, errors.Unwrap(err)
	}
	folded, err := c.imp.fold(op, in, n.Out)
	if err != nil {
		return nil, err
	}
	if folded != nil {
		return folded, nil
	}
	n.From = []string{nodeLabel(c.node)}
	c.imp.graph.Nodes = append(c.imp.graph.Nodes, n)
	return n.Out, nil
}

// aux adds a node that stands beside the main one; suffix tells it from that.
func (c *call) aux(suffix string, op ir.Op, in ...*ir.Value) (*ir.Value, error) {
	name := c.imp.names.fresh(c.node.Outputs[0] + "/" + suffix)
	out, err := c.buildNarrow(c.imp.nodes.fresh(c.name+"/"+suffix), []string{name}, op, in)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// result adds the node that gives the results of the ONNX node.
func (c *call) result(op ir.Op, in ...*ir.Value) error {
	types, err := op.Infer(in)
	if err != nil {
		return err
	}
	n := len(types)
	names := slices.Clone(c.node.Outputs)
	for len(names) < n {
		names = append(names, "")
	}
	for i := range names[:n] {
		if names[i] == "" {
			names[i] = c.imp.names.fresh(fmt.Sprintf("%s.%d", c.node.Outputs[0], i))
		}
	}
	out, err := c.buildNarrow(c.name, names[:n], op, in)
	if err != nil {
		return err
	}
	for _, v := range out {
		c.imp.values[v.Name] = v
	}
	return nil
}

// constant makes t the result of the ONNX node.
func (c *call) constant(t *ir.Tensor) error {
	if err := t.Check(); err != nil {
		return err
	}
	name := c.node.Outputs[0]
	c.imp.values[name] = ir.Const(name, t)
	return nil
}

// scalar makes a constant of one float beside the node.
func (c *call) scalar(suffix string, v float32) *ir.Value {
	name := c.imp.names.fresh(c.node.Outputs[0] + "/" + suffix)
	return ir.Const(name, ir.Floats(ir.Shape{}, []float32{v}))
}

// attr returns the attribute of that name if it is there and of that type.
func (c *call) attr(name string, t AttrType) *AttributeProto {
	for _, a := range c.node.Attributes {
		if a.Name != name {
			continue
		}
		if a.Type == t {
			return a
		}
		have := fmt.Sprint(a.Type)
		if a.Type >= 0 && int(a.Type) < len(attrTypeNames) {
			have = attrTypeNames[a.Type]
		}
		if c.err == nil {
			c.err = fmt.Errorf("attribute %s is of type %s, want %s", name, have, attrTypeNames[t])
		}
	}
	return nil
}

// has reports whether an attribute of that name is there.
func (c *call) has(name string) bool {
	return slices.ContainsFunc(c.node.Attributes, func(a *AttributeProto) bool { return a.Name == name })
}

func (c *call) int(name string, def int64) int64 {
	if a := c.attr(name, AttrInt); a != nil {
		return a.I
	}
	return def
}

func (c *call) float(name string, def float32) float32 {
	if a := c.attr(name, AttrFloat); a != nil {
		return a.F
	}
	return def
}

func (c *call) str(name, def string) string {
	if a := c.attr(name, AttrString); a != nil {
		return string(a.S)
	}
	return def
}

func (c *call) ints(name string) []int64 {
	if a := c.attr(name, AttrInts); a != nil {
		return a.Ints
	}
	return nil
}

// smallInts converts numbers that later arithmetic must not overflow with.
func smallInts(what string, v []int64) ([]int, error) {
	out := make([]int, len(v))
	for i, x := range v {
		if x > math.MaxInt32 || x < math.MinInt32 {
			return nil, fmt.Errorf("%s %v: %d is out of range", what, v, x)
		}
		out[i] = int(x)
	}
	return out, nil
}

// constInts returns the numbers of the constant operand i, what the operator
// calls it; nil where it is absent.
func (c *call) constInts(i int, what string) ([]int64, error) {
	v := c.operand(i)
	if v == nil {
		return nil, nil
	}
	if !v.IsConst() {
		return nil, fmt.Errorf("%s (%q) is computed while the model runs, want a constant: fix the input shapes when you export the model, or simplify it (onnxsim)", what, v.Name)
	}
	n, ok := intData(v.Const)
	if !ok {
		return nil, fmt.Errorf("%s (%q) is %s, want integers", what, v.Name, v.Type)
	}
	return n, nil
}

// constFloats is constInts for floating point numbers.
func (c *call) constFloats(i int, what string) ([]float32, error) {
	v := c.operand(i)
	if v == nil {
		return nil, nil
	}
	if !v.IsConst() {
		return nil, fmt.Errorf("%s (%q) is computed while the model runs, want a constant", what, v.Name)
	}
	if v.Type != ir.F32 {
		return nil, fmt.Errorf("%s (%q) is %s, want float", what, v.Name, v.Type)
	}
	return v.Const.F32, nil
}

// constFloat returns the only number of the constant operand i, def where it is absent.
func (c *call) constFloat(i int, what string, def float32) (float32, error) {
	v, err := c.constFloats(i, what)
	if err != nil || v == nil {
		return def, err
	}
	if len(v) != 1 {
		return 0, fmt.Errorf("%s has %d elements, want one", what, len(v))
	}
	if v[0] != v[0] {
		return 0, fmt.Errorf("%s is not a number", what)
	}
	return v[0], nil
}

// axis converts an axis that may count from the end.
func axis(a int64, rank int) (int, error) {
	if a < -int64(rank) || a >= int64(rank) {
		return 0, fmt.Errorf("axis %d of a %d-dimensional operand", a, rank)
	}
	if a < 0 {
		a += int64(rank)
	}
	return int(a), nil
}

// axes converts a list of different axes and sorts it.
func axes(list []int64, rank int) ([]int, error) {
	if len(list) > maxRank {
		return nil, fmt.Errorf("%d axes: at most %d are supported", len(list), maxRank)
	}
	var out []int
	for _, a := range list {
		i, err := axis(a, rank)
		if err != nil {
			return nil, err
		}
		if slices.Contains(out, i) {
			return nil, fmt.Errorf("axes %v name axis %d twice", list, i)
		}
		out = append(out, i)
	}
	slices.Sort(out)
	return out, nil
}
