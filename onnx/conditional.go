package onnx

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// maxBranches bounds how deep conditions stand within branches of others.
const maxBranches = 16

// conditional imports If whose condition is constant, as that of shapes is: exporters write it for
// a squeeze of an axis that they don't know. The nodes of the branch that is taken become part of
// the graph; the other is not looked at.
func (imp *importer) conditional(n *NodeProto) error {
	if len(n.Inputs) != 1 {
		return fmt.Errorf("has %d operands, want the condition alone: export the model again", len(n.Inputs))
	}
	cond, known := imp.lookup(n.Inputs[0])
	switch {
	case !known:
		return fmt.Errorf("the condition %q is no graph input, initializer or result of a node; was the model cut short?", n.Inputs[0])
	case cond == nil:
		imp.spoil(n) // the reason was reported
		return nil
	case cond.Type != ir.Bool || cond.Shape.Elems() != 1:
		return fmt.Errorf("the condition is %s %s, want one bool: export the model again", cond.Type, cond.Shape)
	case !cond.IsConst():
		return errors.New("the condition is computed while the model runs: export the model with static control flow, or simplify it first (onnxsim)")
	case len(imp.scopes) >= maxBranches:
		return fmt.Errorf("stands in branches %d deep, at most %d are supported: simplify the model (onnxsim)", len(imp.scopes), maxBranches)
	}
	branch := "else_branch"
	if cond.Const.U8[0] != 0 {
		branch = "then_branch"
	}
	i := slices.IndexFunc(n.Attributes, func(a *AttributeProto) bool { return a.Name == branch && a.Type == AttrGraph })
	if i < 0 {
		return fmt.Errorf("has no %s: export the model again", branch)
	}
	g := &GraphProto{}
	if err := g.unmarshal(n.Attributes[i].Graph); err != nil {
		return fmt.Errorf("%s: %w; give a complete ONNX file", branch, err)
	}
	return imp.branch(n, branch, g)
}

// branch imports the nodes of g, a branch of n. Its own names are made different from those of
// the graph; other names are those of the graph around it.
func (imp *importer) branch(n *NodeProto, what string, g *GraphProto) error {
	if err := imp.openScope(g); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer func() { imp.scopes = imp.scopes[:len(imp.scopes)-1] }()
	if len(g.Outputs) != len(n.Outputs) {
		return fmt.Errorf("%s has %d results, the node %d: export the model again", what, len(g.Outputs), len(n.Outputs))
	}
	order, err := sorted(g.Nodes)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	for _, m := range order {
		imp.node(m)
	}
	base := nodeLabel(n)
	for i, o := range n.Outputs {
		name := imp.local(g.Outputs[i].Name)
		v, known := imp.lookup(name)
		switch {
		case !known:
			return fmt.Errorf("%s: no node computes its result %q; was the model cut short?", what, g.Outputs[i].Name)
		case v == nil: // reported with its node
			imp.bad[o] = true
			continue
		case o == "":
			continue
		}
		c := &call{imp: imp, node: n}
		out, err := c.build(imp.nodes.fresh(base), []string{o}, ir.Identity{}, []*ir.Value{v})
		if err != nil {
			return err
		}
		imp.values[o] = out[0]
	}
	return nil
}

// openScope declares what a branch defines, and renames it in g where the name is taken.
func (imp *importer) openScope(g *GraphProto) error {
	if err := checkSizes(g); err != nil {
		return err
	}
	if imp.inBranches += len(g.Nodes); imp.inBranches > maxNodes {
		return fmt.Errorf("the branches that are taken have more than %d nodes", maxNodes)
	}
	if g.Sparse > 0 || len(g.Inputs) > 0 {
		return errors.New("the branch has inputs or sparse initializers: export the model again")
	}
	scope := map[string]string{}
	define := func(name string) error {
		if _, twice := scope[name]; twice {
			return fmt.Errorf("%q is defined twice; every value needs a name that no other has", name)
		}
		scope[name] = imp.names.fresh(name)
		return nil
	}
	for _, t := range g.Initializers {
		if err := define(t.Name); err != nil {
			return err
		}
		t.Name = scope[t.Name]
		imp.inits[t.Name] = t
	}
	for _, m := range g.Nodes {
		for _, o := range m.Outputs {
			if o == "" {
				continue
			}
			if err := define(o); err != nil {
				return err
			}
		}
	}
	imp.scopes = append(imp.scopes, scope)
	for _, m := range g.Nodes {
		imp.rename(m.Inputs)
		imp.rename(m.Outputs)
		for _, i := range m.Inputs {
			imp.read[i] = true
		}
	}
	for _, o := range g.Outputs {
		imp.read[imp.local(o.Name)] = true
	}
	return nil
}

// rename replaces names of a branch by those that the importer knows them by.
func (imp *importer) rename(names []string) {
	for i, name := range names {
		names[i] = imp.local(name)
	}
}

// local returns what the importer calls a value that the innermost branch calls name.
func (imp *importer) local(name string) string {
	for _, scope := range slices.Backward(imp.scopes) {
		if own, ok := scope[name]; ok {
			return own
		}
	}
	return name
}

// spoil marks the results of a node as not made, for a reason that was reported.
func (imp *importer) spoil(n *NodeProto) {
	for _, o := range n.Outputs {
		imp.bad[o] = true
	}
}
