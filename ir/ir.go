// Package ir is the graph that every stage of ingot reads and rewrites.
//
// A Graph is a list of Nodes in topological order; a Node applies one typed
// Op to Values. Shapes are static. Images are logically NCHW, whatever their
// layout in memory will be: layout is the business of package plan.
//
// A Value is a graph input, a constant, or the output of one node. Optional
// operands of an Op have a fixed position in Node.In and are nil when absent.
package ir

import (
	"fmt"
	"slices"
)

// DType is the element type of a Value.
type DType uint8

// The element types. Activations of an int8 graph are U8 with quantization parameters, its
// weights S8 and its biases S32. U8 without parameters is plain integers, as S8, S32 and I64
// are elsewhere.
const (
	Invalid DType = iota
	F32
	U8
	S8
	S32
	I64
	Bool
)

var dtypeNames = [...]string{"invalid", "f32", "u8", "s8", "s32", "i64", "bool"}

// String returns the name that the text form uses: f32, u8, s8, s32, i64, bool.
func (t DType) String() string {
	if int(t) < len(dtypeNames) {
		return dtypeNames[t]
	}
	return fmt.Sprintf("dtype(%d)", uint8(t))
}

// Size returns the bytes of one element.
func (t DType) Size() int {
	switch t {
	case F32, S32:
		return 4
	case I64:
		return 8
	}
	return 1
}

// Shape holds the extent of each axis; a scalar has none.
type Shape []int

// Elems returns the number of elements.
func (s Shape) Elems() int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// Equal reports whether both shapes have the same axes.
func (s Shape) Equal(t Shape) bool { return slices.Equal(s, t) }

// Clone returns a copy.
func (s Shape) Clone() Shape { return slices.Clone(s) }

// String returns the extents joined by x, as in 1x3x224x224; a scalar is "scalar".
func (s Shape) String() string {
	if len(s) == 0 {
		return "scalar"
	}
	b := []byte{}
	for i, d := range s {
		if i > 0 {
			b = append(b, 'x')
		}
		b = fmt.Appendf(b, "%d", d)
	}
	return string(b)
}

// Quant says what the integers of a quantized Value stand for:
// real = Scale * (stored - Zero). Scale and Zero have one element (per tensor)
// or one for each index of Axis (per channel). Activations have several only where a
// Concat joins parts with parameters of their own.
type Quant struct {
	Scale []float32
	Zero  []int32
	Axis  int
}

// At returns the parameters of index i of Axis as those of a tensor.
func (q *Quant) At(i int) *Quant {
	if len(q.Scale) == 1 {
		return q
	}
	return PerTensor(q.Scale[i], q.Zero[i])
}

// PerTensor returns the parameters of a tensor with one scale and zero point.
func PerTensor(scale float32, zero int32) *Quant {
	return &Quant{Scale: []float32{scale}, Zero: []int32{zero}}
}

// Tensor is constant data in row-major order. Exactly the slice that Type
// names is set; Bool is kept in U8 as 0 and 1.
type Tensor struct {
	Type  DType
	Shape Shape
	F32   []float32
	U8    []uint8
	S8    []int8
	S32   []int32
	I64   []int64
}

// NewTensor returns a tensor of zeros.
func NewTensor(t DType, s Shape) *Tensor {
	x, n := &Tensor{Type: t, Shape: s.Clone()}, s.Elems()
	switch t {
	case F32:
		x.F32 = make([]float32, n)
	case U8, Bool:
		x.U8 = make([]uint8, n)
	case S8:
		x.S8 = make([]int8, n)
	case S32:
		x.S32 = make([]int32, n)
	case I64:
		x.I64 = make([]int64, n)
	}
	return x
}

// Floats returns an F32 tensor that holds v itself.
func Floats(s Shape, v []float32) *Tensor { return &Tensor{Type: F32, Shape: s, F32: v} }

// Value is an edge of the graph.
type Value struct {
	Name  string // unique within the graph
	Type  DType
	Shape Shape
	Quant *Quant  // of U8 activations and S8 weights of int8 operators, else nil: plain integers
	Const *Tensor // data of a constant, else nil
	Def   *Node   // the node that computes it; nil for graph inputs and constants
}

// IsConst reports whether v is there and is a constant.
func (v *Value) IsConst() bool { return v != nil && v.Const != nil }

// Scale returns the per-tensor scale, Zero its zero point.
func (v *Value) Scale() float32 { return v.Quant.Scale[0] }

// Zero returns the per-tensor zero point, as the stored byte; plain integers have 0.
func (v *Value) Zero() int32 {
	if v.Quant == nil {
		return 0
	}
	return v.Quant.Zero[0]
}

// Node applies an operator.
type Node struct {
	Name string // unique within the graph
	Op   Op
	In   []*Value // by position; nil where an optional operand is absent
	Out  []*Value
	From []string // names of the source model's nodes that it stands for, in their order
}

// Graph is a network with static shapes.
type Graph struct {
	Name    string
	Inputs  []*Value
	Outputs []*Value
	Nodes   []*Node // topological order
}

// Const adds nothing to g's nodes: it returns a constant Value that nodes may read.
// Its name must be unique in the graph; FreshName makes one.
func Const(name string, t *Tensor) *Value {
	return &Value{Name: name, Type: t.Type, Shape: t.Shape.Clone(), Const: t}
}

// NewNode makes a node and its output values, typed by the operator's shape
// inference, without adding it to a graph. One output takes the node's own
// name; several take name.0, name.1 and so on.
func NewNode(name string, op Op, in ...*Value) (*Node, error) {
	types, err := op.Infer(in)
	if err != nil {
		return nil, fmt.Errorf("node %q: %s(%s): %w", name, op.Kind(), describe(in), err)
	}
	n := &Node{Name: name, Op: op, In: in}
	for i, t := range types {
		vn := name
		if len(types) > 1 {
			vn = fmt.Sprintf("%s.%d", name, i)
		}
		n.Out = append(n.Out, &Value{Name: vn, Type: t.Type, Shape: t.Shape, Def: n})
	}
	return n, nil
}

// Add makes a node as NewNode does and appends it to g.
func (g *Graph) Add(name string, op Op, in ...*Value) (*Node, error) {
	n, err := NewNode(name, op, in...)
	if err != nil {
		return nil, err
	}
	g.Nodes = append(g.Nodes, n)
	return n, nil
}

// describe lists operand types for error messages.
func describe(in []*Value) string {
	b := []byte{}
	for i, v := range in {
		if i > 0 {
			b = append(b, ", "...)
		}
		if v == nil {
			b = append(b, '_')
			continue
		}
		b = fmt.Appendf(b, "%s %s", v.Type, v.Shape)
	}
	return string(b)
}

// Readers returns for every value the nodes that read it, in graph order, a
// node once for each operand position.
func (g *Graph) Readers() map[*Value][]*Node {
	r := map[*Value][]*Node{}
	for _, n := range g.Nodes {
		for _, v := range n.In {
			if v != nil {
				r[v] = append(r[v], n)
			}
		}
	}
	return r
}

// IsOutput reports whether v is an output of the graph.
func (g *Graph) IsOutput(v *Value) bool { return slices.Contains(g.Outputs, v) }

// Replace makes every reader of old, and the graph's outputs, use new instead.
func (g *Graph) Replace(old, new *Value) {
	for _, n := range g.Nodes {
		for i, v := range n.In {
			if v == old {
				n.In[i] = new
			}
		}
	}
	for i, v := range g.Outputs {
		if v == old {
			g.Outputs[i] = new
		}
	}
}

// Values returns every value once: inputs, then for each node its operands
// that were not seen before (constants) and its outputs.
func (g *Graph) Values() []*Value {
	seen := map[*Value]bool{}
	var all []*Value
	add := func(vs []*Value) {
		for _, v := range vs {
			if v != nil && !seen[v] {
				seen[v] = true
				all = append(all, v)
			}
		}
	}
	add(g.Inputs)
	for _, n := range g.Nodes {
		add(n.In)
		add(n.Out)
	}
	add(g.Outputs)
	return all
}

// FreshName returns base, or base with the first free number behind it, so that
// it names no value or node of g yet.
func (g *Graph) FreshName(base string) string {
	used := map[string]bool{}
	for _, v := range g.Values() {
		used[v.Name] = true
	}
	for _, n := range g.Nodes {
		used[n.Name] = true
	}
	name := base
	for i := 1; used[name]; i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	return name
}

// RemoveDead drops nodes none of whose outputs are read or are outputs of the
// graph, and returns how many.
func (g *Graph) RemoveDead() int {
	live := map[*Value]bool{}
	for _, v := range g.Outputs {
		live[v] = true
	}
	keep := make([]*Node, 0, len(g.Nodes))
	for _, n := range slices.Backward(g.Nodes) {
		if !slices.ContainsFunc(n.Out, func(v *Value) bool { return live[v] }) {
			continue
		}
		for _, v := range n.In {
			live[v] = true
		}
		keep = append(keep, n)
	}
	slices.Reverse(keep)
	dead := len(g.Nodes) - len(keep)
	g.Nodes = keep
	return dead
}
