package onnx

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-go/ingot/ir"
)

// The limits of what is imported. Networks stay far below them; a file that does not would
// take memory or time that nobody expects of it.
const (
	maxNodes = 1 << 17 // of a graph
	maxName  = 1 << 12 // bytes of a name
	maxAlive = 1 << 30 // bytes of the values that are needed at one time
)

// checkSizes fails for too many nodes and for names that are too long.
func checkSizes(g *GraphProto) error {
	if len(g.Nodes) > maxNodes {
		return fmt.Errorf("the graph has %d nodes, at most %d are supported", len(g.Nodes), maxNodes)
	}
	var err error
	check := func(what string, names ...string) {
		for _, n := range names {
			if len(n) > maxName && err == nil {
				err = fmt.Errorf("the name of %s that begins with %q has %d bytes, at most %d are supported: rename it", what, n[:40], len(n), maxName)
			}
		}
	}
	check("the graph", g.Name)
	for _, n := range g.Nodes {
		check("a node", n.Name, n.OpType, n.Domain)
		check("a value", n.Inputs...)
		check("a value", n.Outputs...)
	}
	for _, t := range g.Initializers {
		check("an initializer", t.Name)
	}
	for _, list := range [][]*ValueInfoProto{g.Inputs, g.Outputs} {
		for _, v := range list {
			check("a value", v.Name)
			for _, d := range v.Dims {
				check("a dimension", d.Param)
			}
		}
	}
	return err
}

// checkMemory fails where the values that are needed at one time take more than maxAlive.
func checkMemory(g *ir.Graph) error {
	last := map[*ir.Value]int{}
	for i, n := range g.Nodes {
		for _, v := range append(n.In[:len(n.In):len(n.In)], n.Out...) {
			last[v] = i
		}
	}
	for _, v := range g.Outputs {
		last[v] = len(g.Nodes)
	}
	alive := 0
	add := func(what string, list []*ir.Value) error {
		for _, v := range list {
			alive += v.Shape.Elems() * v.Type.Size()
			if alive > maxAlive {
				return fmt.Errorf("%s %q, %s %s, needs more memory than there is for activations: the values that are needed there at one time take %d MiB, at most %d MiB are supported; give a smaller input, with -shape if its shape is dynamic",
					what, v.Name, v.Type, v.Shape, alive>>20, maxAlive>>20)
			}
		}
		return nil
	}
	if err := add("graph input", g.Inputs); err != nil {
		return err
	}
	for i, n := range g.Nodes {
		if err := add(fmt.Sprintf("node %q (%s): result", n.Name, n.Op.Kind()), n.Out); err != nil {
			return err
		}
		for j, v := range append(n.In[:len(n.In):len(n.In)], n.Out...) {
			if v != nil && !v.IsConst() && last[v] == i && !slices.Contains(n.In[:min(j, len(n.In))], v) {
				alive -= v.Shape.Elems() * v.Type.Size()
			}
		}
	}
	return nil
}

// The most of a model's text, and of its problems, that errors repeat.
const (
	mostText     = 600
	mostProblems = 40
)

// short cuts text from a model off where it is too long for a message.
func short(s string) string {
	if len(s) <= mostText {
		return s
	}
	return strings.ToValidUTF8(s[:mostText], "") + fmt.Sprintf("... (%d bytes more)", len(s)-mostText)
}
