package qdq

import (
	"fmt"
	"math"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/onnx"
)

// functions are the activations that are one node, with the names of A and B.
var functions = map[ir.ActKind]struct {
	op   string
	a, b string
}{
	ir.ActNone: {op: "Identity"}, ir.Relu: {op: "Relu"}, ir.LeakyRelu: {"LeakyRelu", "alpha", ""}, ir.Sigmoid: {op: "Sigmoid"},
	ir.Tanh: {op: "Tanh"}, ir.HardSigmoid: {"HardSigmoid", "alpha", "beta"}, ir.HardSwish: {op: "HardSwish"},
	ir.Elu: {"Elu", "alpha", ""}, ir.Exp: {op: "Exp"}, ir.Selu: {"Selu", "alpha", "gamma"}, ir.Celu: {"Celu", "alpha", ""},
	ir.Softplus: {op: "Softplus"}, ir.Softsign: {op: "Softsign"}, ir.ThresholdedRelu: {"ThresholdedRelu", "alpha", ""},
	ir.Shrink: {"Shrink", "lambd", "bias"}, ir.Abs: {op: "Abs"}, ir.Neg: {op: "Neg"}, ir.Reciprocal: {op: "Reciprocal"},
	ir.Sqrt: {op: "Sqrt"}, ir.Log: {op: "Log"}, ir.Erf: {op: "Erf"}, ir.Floor: {op: "Floor"}, ir.Ceil: {op: "Ceil"},
	ir.Round: {op: "Round"}, ir.Sign: {op: "Sign"}, ir.Sin: {op: "Sin"}, ir.Cos: {op: "Cos"}, ir.Tan: {op: "Tan"},
	ir.Asin: {op: "Asin"}, ir.Acos: {op: "Acos"}, ir.Atan: {op: "Atan"}, ir.Sinh: {op: "Sinh"}, ir.Cosh: {op: "Cosh"},
	ir.Asinh: {op: "Asinh"}, ir.Acosh: {op: "Acosh"}, ir.Atanh: {op: "Atanh"},
}

// activation writes an elementwise function from one name to another.
func (w *writer) activation(name string, a ir.Act, from, to string) error {
	switch a.Kind {
	case ir.Clip:
		limit := func(ending string, v float32) string {
			if math.IsInf(float64(v), 0) {
				return ""
			}
			return w.floats(name+ending, v)
		}
		w.add("Clip", name, []string{from, limit("/min", a.A), limit("/max", a.B)}, []string{to})
		return nil
	case ir.Power:
		w.add("Pow", name, []string{from, w.floats(name+"/exponent", a.A)}, []string{to})
		return nil
	}
	if p := (&product{w, name, from}); p.write(a, to) {
		return nil
	}
	f, ok := functions[a.Kind]
	if !ok {
		return fmt.Errorf("ingot writes no ONNX form of the function %s", a.Kind)
	}
	var attrs []*onnx.AttributeProto
	if f.a != "" {
		attrs = append(attrs, number(f.a, a.A))
	}
	if f.b != "" {
		attrs = append(attrs, number(f.b, a.B))
	}
	w.add(f.op, name, []string{from}, []string{to}, attrs...)
	return nil
}

// product is a function of x that is x times another function: several nodes in opset 17.
type product struct {
	w       *writer
	name, x string
}

// write writes the functions that are such products, as exporters spell them, and reports
// whether a is one.
func (p *product) write(a ir.Act, to string) bool {
	switch a.Kind {
	case ir.Silu:
		p.end(p.node("Sigmoid", p.x), to)
	case ir.Swish:
		p.end(p.node("Sigmoid", p.node("Mul", p.x, p.number("alpha", a.A))), to)
	case ir.Mish:
		p.end(p.node("Tanh", p.node("Softplus", p.x)), to)
	case ir.Gelu:
		erf := p.node("Erf", p.node("Div", p.x, p.number("sqrt2", math.Sqrt2)))
		p.half(p.node("Add", erf, p.number("one", 1)), to)
	case ir.GeluTanh:
		cube := p.node("Pow", p.x, p.number("three", 3))
		sum := p.node("Add", p.x, p.node("Mul", cube, p.number("cubic", 0.044715)))
		tanh := p.node("Tanh", p.node("Mul", sum, p.number("scale", float32(math.Sqrt(2/math.Pi)))))
		p.half(p.node("Add", tanh, p.number("one", 1)), to)
	default:
		return false
	}
	return true
}

// node writes an operator and returns the name of its result.
func (p *product) node(op string, in ...string) string {
	name := p.w.fresh(p.name + "/" + op)
	p.w.add(op, name, in, []string{name})
	return name
}

func (p *product) number(ending string, v float32) string { return p.w.floats(p.name+"/"+ending, v) }

// end writes the product of x and a factor.
func (p *product) end(factor, to string) {
	p.w.add("Mul", p.name, []string{p.x, factor}, []string{to})
}

// half writes half the product of x and a factor.
func (p *product) half(factor, to string) {
	p.w.add("Mul", p.name, []string{p.node("Mul", p.x, factor), p.number("half", 0.5)}, []string{to})
}
