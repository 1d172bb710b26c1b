// Package inspect lists the operators of a graph for people.
package inspect

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/quant"
)

// Table writes a line for each node of a graph: name, operator, shapes, parameters,
// multiply-accumulates; then the totals. With a report, g is what quantization
// made, and lines also have types, scales, zero points and the bits of weights.
func Table(w io.Writer, g *ir.Graph, r *quant.Report) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, v := range g.Inputs {
		fmt.Fprintf(t, "input %s: %s %s\n", Name(v.Name), v.Type, v.Shape)
	}
	bits := map[string]int{}
	head := "NODE\tOPERATOR\tINPUTS\tOUTPUTS\tPARAMETERS\tMACS"
	if r != nil {
		head += "\tTYPE\tSCALE AND ZERO POINT\tWEIGHT BITS"
		for _, n := range r.Nodes {
			bits[n.Name] = n.Bits
		}
	}
	fmt.Fprintln(t, head)
	ops := map[string]int{}
	for _, n := range g.Nodes {
		ops[n.Op.Kind()]++
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s", Name(n.Name), form(n), shapes(n.In), shapes(n.Out), count(ir.Params(n)), count(ir.MACs(n)))
		if r != nil {
			fmt.Fprintf(t, "\t%s\t%s\t%s", n.Out[0].Type, scale(n.Out[0]), count(int64(bits[n.Name])))
		}
		fmt.Fprintln(t)
	}
	for _, v := range g.Outputs {
		fmt.Fprintf(t, "output %s: %s %s\n", Name(v.Name), v.Type, v.Shape)
	}
	fmt.Fprintf(t, "total: %d nodes, %d parameters, %.4g million MACs\n", len(g.Nodes), g.Params(), float64(g.MACs())/1e6)
	return t.Flush()
}

// Name is a name of a model as it may go to a terminal: in quotes, as in Go, where it has
// characters that are not printed, such as those that a terminal obeys.
func Name(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) || !utf8.ValidString(s) {
		return strconv.Quote(s)
	}
	return s
}

// Dot writes a graph for graphviz.
func Dot(w io.Writer, g *ir.Graph) error { return ir.Dot(w, g) }

// form is an operator with what makes it costly or special: window, stride,
// groups, activation.
func form(n *ir.Node) string {
	s := n.Op.Kind()
	window := func(w ir.Window) {
		s += fmt.Sprintf(" %dx%d", w.Kernel[0], w.Kernel[1])
		if w.Stride != [2]int{1, 1} {
			s += fmt.Sprintf(" stride %d", w.Stride[0])
		}
	}
	groups := func(n int) {
		if n > 1 {
			s += fmt.Sprintf(" groups %d", n)
		}
	}
	act := func(a ir.Act) {
		if !a.IsNone() {
			s += " " + a.String()
		}
	}
	switch o := n.Op.(type) {
	case ir.Conv:
		window(o.Window)
		groups(o.Groups)
		act(o.Act)
	case ir.QConv:
		window(o.Window)
		groups(o.Groups)
	case ir.FC:
		act(o.Act)
	case ir.MaxPool:
		window(o.Window)
	case ir.AvgPool:
		window(o.Window)
	case ir.QAvgPool:
		window(o.Window)
	case ir.Unary:
		act(o.Act)
	case ir.Binary:
		s += " " + o.Fn.String()
		act(o.Act)
	}
	return s
}

// shapes lists the shapes of values that are not constants; of a layer's constants
// the first, its weights.
func shapes(vs []*ir.Value) string {
	var list []string
	for i, v := range vs {
		if v == nil || v.IsConst() && i != 1 {
			continue
		}
		list = append(list, v.Shape.String())
	}
	return strings.Join(list, " ")
}

// count writes a number, and nothing for zero.
func count(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// scale writes a value's quantization.
func scale(v *ir.Value) string {
	switch {
	case v.Quant == nil:
		return ""
	case len(v.Quant.Scale) > 1:
		return "of its parts"
	}
	return fmt.Sprintf("%.4g, %d", v.Scale(), v.Zero())
}
