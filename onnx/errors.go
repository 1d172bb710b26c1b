package onnx

import (
	"fmt"
	"strings"
)

// Error lists everything in a model that can't be imported, so that one run
// tells all there is to change.
type Error struct {
	File     string
	Problems []Problem
}

// Problem is one thing that can't be imported: a node, or where Node and Op are
// empty a part of the model that What names.
type Problem struct {
	Node     string // the node's name, or the name of its first result
	Op       string // operator
	Domain   string // its domain; empty for the standard operators
	Operands string // names, types and shapes, as far as they are known
	What     string // what is wrong and what to do about it
}

// Error returns one line for a single problem, else a line for each.
func (e *Error) Error() string {
	if len(e.Problems) == 1 {
		return fmt.Sprintf("onnx: %s: %s", e.File, e.Problems[0])
	}
	var b strings.Builder
	fmt.Fprintf(&b, "onnx: %s: %d problems:", e.File, len(e.Problems))
	for _, p := range e.Problems[:min(len(e.Problems), mostProblems)] {
		fmt.Fprintf(&b, "\n  %s", p)
	}
	if more := len(e.Problems) - mostProblems; more > 0 {
		fmt.Fprintf(&b, "\n  and %d more", more)
	}
	return b.String()
}

// String returns the problem in one line.
func (p Problem) String() string {
	if p.Op == "" {
		return short(p.What)
	}
	op := p.Op
	if p.Domain != "" {
		op = p.Domain + "." + op
	}
	return fmt.Sprintf("node %q: %s(%s): %s", short(p.Node), short(op), short(p.Operands), short(p.What))
}

// describe lists operands by name, type and shape.
func (imp *importer) describe(names []string) string {
	parts := make([]string, len(names))
	for i, name := range names {
		v, p := imp.values[name], imp.inits[name]
		switch {
		case name == "":
			parts[i] = "_"
		case v != nil:
			parts[i] = fmt.Sprintf("%q %s %s", name, v.Type, v.Shape)
		case p != nil:
			dims := make([]string, len(p.Dims))
			for i, d := range p.Dims {
				dims[i] = fmt.Sprint(d)
			}
			parts[i] = fmt.Sprintf("%q %s %s", name, p.DataType, strings.Join(dims, "x"))
		default:
			parts[i] = fmt.Sprintf("%q ?", name)
		}
	}
	return strings.Join(parts, ", ")
}

// advice says what to do about some operators that are not in the table.
var advice = map[string]string{
	"Loop": "export the model with static control flow, or simplify it first (onnxsim)",
	"Scan": "export the model with static control flow, or simplify it first (onnxsim)",
	"LSTM": "recurrent networks are outside ingot's scope",
	"GRU":  "recurrent networks are outside ingot's scope",
	"RNN":  "recurrent networks are outside ingot's scope",
}

// adviseOn returns what to do about a node whose operator is not in the table.
func adviseOn(n *NodeProto) string {
	if isStandard(n.Domain) {
		if a, ok := advice[n.OpType]; ok {
			return a
		}
		return "express it in supported operators, or cut the model before it"
	}
	return "export the model with standard ONNX operators only"
}

func isStandard(domain string) bool { return domain == "" || domain == "ai.onnx" }
