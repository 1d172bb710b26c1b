package graphview

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-go/ingot/ir"
)

// details is what the page's panel says of a box, and what its search looks through.
type details struct {
	ID, Name, Kind string
	From           []string
	Sections       []section
}

// section is a table in the panel: names and what they stand for.
type section struct {
	Title string
	Rows  [][2]string
}

// longest is how much of an attribute or a name the panel shows.
const longest = 160

// nodeDetails describes a node.
func nodeDetails(n *ir.Node) details {
	d := details{Name: shorten(clean(n.Name), longest), Kind: form(n)}
	for _, from := range n.From {
		d.From = append(d.From, shorten(clean(from), longest))
	}
	var attributes [][2]string
	for _, a := range ir.Attributes(n.Op) {
		name, text, _ := strings.Cut(a, "=")
		attributes = append(attributes, [2]string{name, shorten(text, longest)})
	}
	if m := ir.MACs(n); m > 0 {
		attributes = append(attributes, [2]string{"MACs", fmt.Sprint(m)})
	}
	if p := ir.Params(n); p > 0 {
		attributes = append(attributes, [2]string{"Parameters", fmt.Sprint(p)})
	}
	d.section("Attributes", attributes)
	for i, v := range n.In {
		if v == nil {
			continue
		}
		d.section(operand(n, i), valueRows(v))
	}
	for i, v := range n.Out {
		title := "Result"
		if len(n.Out) > 1 {
			title = fmt.Sprintf("Result %d", i)
		}
		d.section(title, valueRows(v))
	}
	return d
}

func (d *details) section(title string, rows [][2]string) {
	if len(rows) > 0 {
		d.Sections = append(d.Sections, section{title, rows})
	}
}

// operand names an operand.
func operand(n *ir.Node, i int) string {
	if residualOperand(n) >= 0 && i < 4 {
		return []string{"Input", "Weights", "Bias", "Residual operand"}[i]
	}
	if n.In[i].IsConst() {
		return fmt.Sprintf("Constant %d", i)
	}
	return fmt.Sprintf("Input %d", i)
}

// valueRows describes a value.
func valueRows(v *ir.Value) [][2]string {
	rows := [][2]string{{"Name", shorten(clean(v.Name), longest)}, {"Type", v.Type.String()}, {"Shape", v.Shape.String()}}
	q := v.Quant
	switch {
	case q == nil:
	case len(q.Scale) == 1:
		rows = append(rows, [2]string{"Scale", fmt.Sprintf("%.6g", q.Scale[0])}, [2]string{"Zero point", fmt.Sprint(q.Zero[0])})
	case len(q.Scale) > 1:
		rows = append(rows,
			[2]string{"Scale", fmt.Sprintf("%.6g to %.6g, %d along axis %d", slices.Min(q.Scale), slices.Max(q.Scale), len(q.Scale), q.Axis)},
			[2]string{"Zero point", fmt.Sprintf("%d to %d", slices.Min(q.Zero), slices.Max(q.Zero))})
	}
	return rows
}
