package ir

import (
	"errors"
	"fmt"
	"math"
	"reflect"
)

// Verify checks everything that a Graph promises its readers: topological order,
// unique names, every value defined once and before its use, types and shapes
// as the operators infer them, constants whose data fit, quantization parameters
// and attributes that make sense. The error is the first violation; it names the
// node and its operator, or the value.
func Verify(g *Graph) error {
	c := &checker{names: map[string]*Value{}, defined: map[*Value]bool{}}
	for _, v := range g.Inputs {
		if err := c.input(v); err != nil {
			return fmt.Errorf("graph input: %w", err)
		}
	}
	nodes := map[string]bool{}
	for i, n := range g.Nodes {
		switch {
		case n == nil:
			return fmt.Errorf("node %d is nil", i)
		case n.Name == "":
			return fmt.Errorf("node %d has no name", i)
		case nodes[n.Name]:
			return fmt.Errorf("node %q: another node has the same name", n.Name)
		}
		nodes[n.Name] = true
		if err := c.node(n); err != nil {
			return nodeError(n, err)
		}
	}
	if len(g.Outputs) == 0 {
		return errors.New("the graph has no outputs")
	}
	for _, v := range g.Outputs {
		if err := c.use(v); err != nil {
			return fmt.Errorf("graph output: %w", err)
		}
	}
	return nil
}

// nodeError wraps err with the node's name, its operator and its operands.
func nodeError(n *Node, err error) error {
	if n.Op == nil {
		return fmt.Errorf("node %q: %w", n.Name, err)
	}
	return fmt.Errorf("node %q: %s(%s): %w", n.Name, n.Op.Kind(), describe(n.In), err)
}

// checker holds what Verify has seen so far.
type checker struct {
	names   map[string]*Value
	defined map[*Value]bool
}

// define records a value as the owner of its name.
func (c *checker) define(v *Value) error {
	switch {
	case v == nil:
		return errors.New("is nil")
	case v.Name == "":
		return errors.New("a value has no name")
	case c.defined[v]:
		return fmt.Errorf("value %q is defined twice", v.Name)
	case c.names[v.Name] != nil:
		return fmt.Errorf("value %q: another value has the same name", v.Name)
	}
	c.names[v.Name], c.defined[v] = v, true
	if err := checkValue(v); err != nil {
		return fmt.Errorf("value %q: %w", v.Name, err)
	}
	return nil
}

func (c *checker) input(v *Value) error {
	if err := c.define(v); err != nil {
		return err
	}
	if v.Const != nil || v.Def != nil {
		return fmt.Errorf("value %q is also a constant or a node's result", v.Name)
	}
	return nil
}

// use checks that v may be read here: constants define themselves at their first use.
func (c *checker) use(v *Value) error {
	switch {
	case v == nil:
		return errors.New("is nil")
	case c.defined[v]:
		return nil
	case v.Const == nil:
		return fmt.Errorf("value %q is read but no earlier node and no graph input defines it", v.Name)
	case v.Def != nil:
		return fmt.Errorf("value %q is a constant and a node's result", v.Name)
	}
	return c.define(v)
}

func (c *checker) node(n *Node) error {
	for i, v := range n.In {
		if v == nil {
			continue // Infer tells whether it is optional
		}
		if err := c.use(v); err != nil {
			return fmt.Errorf("operand %d: %w", i, err)
		}
	}
	if err := checkNode(n); err != nil {
		return err
	}
	for i, v := range n.Out {
		if err := c.define(v); err != nil {
			return fmt.Errorf("result %d: %w", i, err)
		}
		if v.Def != n || v.Const != nil {
			return fmt.Errorf("result %d: value %q says that something else defines it", i, v.Name)
		}
	}
	return nil
}

// CheckNode checks a node by itself: its attributes, its operands' and results' types,
// shapes and quantization parameters. What it accepts can be evaluated.
func CheckNode(n *Node) error {
	if err := checkNode(n); err != nil {
		return nodeError(n, err)
	}
	for _, v := range append(append([]*Value(nil), n.In...), n.Out...) {
		if v == nil {
			continue
		}
		if err := checkValue(v); err != nil {
			return nodeError(n, fmt.Errorf("value %q: %w", v.Name, err))
		}
	}
	return nil
}

func checkNode(n *Node) error {
	if n.Op == nil {
		return errors.New("has no operator")
	}
	if reflect.TypeOf(n.Op).Kind() != reflect.Struct {
		return fmt.Errorf("operator is a %T, want the struct itself", n.Op)
	}
	if err := checkNumbers(reflect.ValueOf(n.Op)); err != nil {
		return err
	}
	types, err := n.Op.Infer(n.In)
	if err != nil {
		return err
	}
	if len(n.Out) != len(types) || len(types) == 0 {
		return fmt.Errorf("has %d results, the operator gives %d", len(n.Out), len(types))
	}
	for i, t := range types {
		v := n.Out[i]
		switch {
		case v == nil:
			return fmt.Errorf("result %d is nil", i)
		case v.Type != t.Type || !v.Shape.Equal(t.Shape):
			return fmt.Errorf("result %d, %q, is %s %s; the operator gives %s %s", i, v.Name, v.Type, v.Shape, t.Type, t.Shape)
		}
		if err := checkShape(t.Shape); err != nil {
			return fmt.Errorf("result %d, %q: %w", i, v.Name, err)
		}
	}
	return checkOp(n)
}

// checkNumbers bounds every integer attribute, so that inference can't overflow,
// and refuses NaN, whatever the operator.
func checkNumbers(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if err := checkNumbers(v.Field(i)); err != nil {
				return fmt.Errorf("%s: %w", v.Type().Field(i).Name, err)
			}
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return nil
		}
		for i := range v.Len() {
			if err := checkNumbers(v.Index(i)); err != nil {
				return fmt.Errorf("entry %d: %w", i, err)
			}
		}
	case reflect.Int:
		if n := v.Int(); n > MaxElems || n < -MaxElems {
			return fmt.Errorf("%d is larger than %d", n, MaxElems)
		}
	case reflect.Float32:
		if math.IsNaN(v.Float()) {
			return errors.New("is not a number")
		}
	}
	return nil
}

// checkShape refuses negative extents and more than MaxElems elements.
func checkShape(s Shape) error {
	n := 1
	for _, d := range s {
		if d < 0 || d > MaxElems {
			return fmt.Errorf("shape %s has the extent %d", s, d)
		}
		// An extent of 0 later must not excuse a product that overflows.
		if n *= max(d, 1); n > MaxElems {
			return fmt.Errorf("shape %s has more than %d elements", s, MaxElems)
		}
	}
	return nil
}

func checkValue(v *Value) error {
	if v.Type == Invalid || v.Type > Bool {
		return fmt.Errorf("has the type %s", v.Type)
	}
	if err := checkShape(v.Shape); err != nil {
		return err
	}
	if v.Const != nil {
		if err := v.Const.Check(); err != nil {
			return fmt.Errorf("constant: %w", err)
		}
		if v.Const.Type != v.Type || !v.Const.Shape.Equal(v.Shape) {
			return fmt.Errorf("is %s %s, its constant is %s %s", v.Type, v.Shape, v.Const.Type, v.Const.Shape)
		}
	}
	return checkQuant(v)
}

// Check verifies that t's data fit its type and its shape.
func (t *Tensor) Check() error {
	if t.Type == Invalid || t.Type > Bool {
		return fmt.Errorf("tensor of type %s", t.Type)
	}
	if err := checkShape(t.Shape); err != nil {
		return err
	}
	if n := t.Elems(); n != t.Shape.Elems() {
		return fmt.Errorf("tensor %s %s has %d elements of data", t.Type, t.Shape, n)
	}
	if len(t.F32)+len(t.U8)+len(t.S8)+len(t.S32)+len(t.I64) != t.Elems() {
		return fmt.Errorf("tensor %s %s also has data of another type", t.Type, t.Shape)
	}
	return nil
}

func checkQuant(v *Value) error {
	q := v.Quant
	lo, hi := int32(0), int32(255)
	switch {
	case v.Type == S8:
		lo, hi = -128, 127
	case v.Type != U8 && q != nil:
		return fmt.Errorf("is %s and has quantization parameters", v.Type)
	}
	if q == nil {
		return nil
	}
	if len(q.Scale) != len(q.Zero) || len(q.Scale) == 0 {
		return fmt.Errorf("has %d scales and %d zero points", len(q.Scale), len(q.Zero))
	}
	if v.Type == U8 && len(q.Scale) != 1 && q.Axis != 1 {
		return fmt.Errorf("is u8 with %d scales along axis %d, want one, or one a channel", len(q.Scale), q.Axis)
	}
	if n := len(q.Scale); n > 1 && (q.Axis < 0 || q.Axis >= len(v.Shape) || v.Shape[q.Axis] != n) {
		return fmt.Errorf("has %d scales along axis %d of %s", n, q.Axis, v.Shape)
	}
	for i, s := range q.Scale {
		if !(s > 0) || !finite(s) {
			return fmt.Errorf("scale %d is %g, want finite and positive", i, s)
		}
		if z := q.Zero[i]; z < lo || z > hi {
			return fmt.Errorf("zero point %d is %d, want %d to %d", i, z, lo, hi)
		}
	}
	return nil
}

func finite(v float32) bool { return float64(v)-float64(v) == 0 }
