package quant

import (
	"fmt"
	"strings"

	"github.com/ingot-go/ingot/ir"
)

// NodeReport says what became of one node of the fp32 graph.
type NodeReport struct {
	Name string
	Op   string // kind in the fp32 graph
	Int8 bool
	Why  string // why it stayed fp32, or what is special about its int8 form
	Bits int    // of the weights; 0 where there are none
}

// Clipped is a point whose threshold cuts off values that calibration saw.
type Clipped struct {
	Name     string
	Min, Max float32 // seen
	Lo, Hi   float32 // kept
}

// Report says what Quantize did.
type Report struct {
	Nodes   []NodeReport // in the graph's order
	Clipped []Clipped
	Notes   []string // such as layers whose weights lost bits
	Real    map[*ir.Node]Real
}

// Real says what a node of the int8 graph computes in real numbers, as far as its integers
// don't show it. Nodes that move elements have none.
type Real struct {
	Node    *ir.Node  // of the fp32 graph; nil for a table from one scale to another
	Act     ir.Act    // what the limits of its epilogue are
	Several bool      // whether the node is the last of several of which a table was made
	Tables  []Rounded // what the table of its epilogue makes of its bytes, one after the other
}

// Rounded is a function of rounded values.
type Rounded struct {
	Quant   *ir.Quant // that they are rounded to
	Op      ir.Op     // Unary, Affine, or Identity
	Several bool      // whether that is the last of several
}

// Counts returns the number of nodes that became int8 and that stayed fp32.
func (r *Report) Counts() (int8s, floats int) {
	for _, n := range r.Nodes {
		if n.Int8 {
			int8s++
		} else {
			floats++
		}
	}
	return int8s, floats
}

// String returns the counts, the fp32 nodes with their reasons, and the notes.
func (r *Report) String() string {
	var b strings.Builder
	i, f := r.Counts()
	fmt.Fprintf(&b, "%d nodes int8, %d fp32, %d ranges clipped\n", i, f, len(r.Clipped))
	for _, n := range r.Nodes {
		if !n.Int8 {
			fmt.Fprintf(&b, "fp32: %s (%s): %s\n", n.Name, n.Op, n.Why)
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintln(&b, n)
	}
	return b.String()
}
