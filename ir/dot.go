package ir

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Dot writes g for graphviz: a box for each node with its operator, name, constants
// and MACs, an ellipse for each input and output, and the types on the edges.
func Dot(w io.Writer, g *Graph) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "digraph %s {\n\tnode [shape=box, fontname=\"sans-serif\"]\n", dotQuote(g.Name))
	id := map[*Value]string{}
	for i, v := range g.Inputs {
		id[v] = fmt.Sprintf("in%d", i)
		fmt.Fprintf(b, "\t%s [shape=ellipse, label=%s]\n", id[v], dotQuote(v.Name))
	}
	edge := func(v *Value, to string) {
		if from, ok := id[v]; ok {
			fmt.Fprintf(b, "\t%s -> %s [label=%s]\n", from, to, dotQuote(v.Type.String()+" "+v.Shape.String()))
		}
	}
	for i, n := range g.Nodes {
		name := fmt.Sprintf("n%d", i)
		fmt.Fprintf(b, "\t%s [label=%s]\n", name, dotQuote(dotLabel(n)))
		for _, v := range n.In {
			edge(v, name)
		}
		for _, v := range n.Out {
			id[v] = name
		}
	}
	for i, v := range g.Outputs {
		name := fmt.Sprintf("out%d", i)
		fmt.Fprintf(b, "\t%s [shape=ellipse, label=%s]\n", name, dotQuote(v.Name))
		edge(v, name)
	}
	fmt.Fprintln(b, "}")
	return b.Flush()
}

func dotLabel(n *Node) string {
	lines := []string{n.Op.Kind(), n.Name}
	for i, v := range n.In {
		if v.IsConst() {
			lines = append(lines, fmt.Sprintf("operand %d: %s %s", i, v.Type, v.Shape))
		}
	}
	for _, v := range n.Out {
		lines = append(lines, v.Type.String()+" "+v.Shape.String())
	}
	if m := MACs(n); m > 0 {
		lines = append(lines, fmt.Sprintf("%d MACs", m))
	}
	return strings.Join(lines, "\n")
}

// dotQuote returns a quoted string of the DOT language, where only the quote, the
// backslash and the line's end are special.
func dotQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
