// Package onnx reads ONNX files into the graph of package ir. Nothing else in
// the project knows ONNX.
//
// The operators that it reads are the rows of one table, in table.go. Whatever
// in a model it can't read, it reports all at once.
package onnx

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ingot-go/ingot/ir"
)

// The versions of the standard operators that are read. Of version 6 only those
// operators are, whose form version 7 did not change. Version tableOpset is the last that changed
// what an operator of the table does: the later ones add operators, element types (bfloat16, and
// floats and integers of 8 bits and less), and attributes for these.
const (
	minOpset   = 6
	tableOpset = 21
	maxOpset   = 28
)

// maxFile is the size above which protobuf can't encode a message.
const maxFile = 1 << 31

// Options says how to import a model.
type Options struct {
	// Shapes fixes the shapes of graph inputs by their names. A model whose
	// first axis is dynamic gets 1 there without it.
	Shapes map[string]ir.Shape
}

// Import reads the ONNX file at path, and the files of external data beside it.
// What the model needs and ingot lacks is an *Error that lists all of it.
func Import(path string, o Options) (*ir.Graph, error) {
	data, err := readModel(path)
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	return importModel(path, data, filepath.Dir(path), o)
}

// ImportBytes imports the ONNX file whose content is data. External data are
// looked for in the folder dir; where that is empty they are an error.
func ImportBytes(data []byte, dir string, o Options) (*ir.Graph, error) {
	return importModel("model", data, dir, o)
}

func readModel(path string) ([]byte, error) {
	info, err := os.Stat(path) // before opening, which would wait on a pipe
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file; give an ONNX file", path)
	case info.Size() > maxFile:
		return nil, fmt.Errorf("%s has %d bytes, an ONNX file has at most %d; keep the weights as external data", path, info.Size(), int64(maxFile))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, nil
}

// importModel imports the model in data; file names it in errors.
func importModel(file string, data []byte, dir string, o Options) (*ir.Graph, error) {
	m := &ModelProto{}
	if err := m.unmarshal(data); err != nil {
		return nil, fmt.Errorf("onnx: %s: %w; give a complete ONNX file", file, err)
	}
	if m.Graph == nil || len(m.Graph.Nodes) == 0 && len(m.Graph.Outputs) == 0 {
		return nil, fmt.Errorf("onnx: %s: is not an ONNX model: it has no graph", file)
	}
	opset, err := m.opset()
	if err != nil {
		return nil, fmt.Errorf("onnx: %s: %w", file, err)
	}
	imp := &importer{
		file:   file,
		files:  externalFiles{dir: dir, total: new(int64)},
		opset:  opset,
		graph:  &ir.Graph{Name: graphName(m.Graph.Name, file)},
		inits:  map[string]*TensorProto{},
		values: map[string]*ir.Value{},
		bad:    map[string]bool{},
		read:   map[string]bool{},
		names:  nameSet{},
		nodes:  nameSet{},
		budget: maxFolded,
		whole:  map[*ir.Value]*ir.Value{},
		narrow: map[*ir.Value]DataType{},
	}
	return imp.run(m.Graph, o)
}

// graphName returns the graph's own name, else the file's without its ending.
func graphName(name, file string) string {
	if name != "" {
		return name
	}
	return strings.TrimSuffix(filepath.Base(file), ".onnx")
}

// opset returns the version of the standard operators, as the table has it.
func (m *ModelProto) opset() (int, error) {
	for _, o := range m.OpsetImport {
		if !isStandard(o.Domain) {
			continue
		}
		if o.Version < minOpset || o.Version > maxOpset {
			return 0, fmt.Errorf("the model uses opset %d, ingot reads 7 to %d: export it again with opset_version=17, or convert it with onnx.version_converter", o.Version, maxOpset)
		}
		return min(int(o.Version), tableOpset), nil
	}
	return 0, fmt.Errorf("the model does not say which opset it uses; export it again with opset 7 to %d", maxOpset)
}

// importer holds the state of one import. Values are known by their ONNX names.
type importer struct {
	file     string
	files    externalFiles
	opset    int
	graph    *ir.Graph
	inits    map[string]*TensorProto // by name, those that were not converted yet
	values   map[string]*ir.Value
	bad      map[string]bool         // values that could not be made; the reason is in problems
	read     map[string]bool         // values that a node or an output of the graph reads
	names    nameSet                 // of values
	nodes    nameSet                 // of nodes
	budget   int                     // bytes that folding may still use
	whole    map[*ir.Value]*ir.Value // sums of integers, as the whole real numbers that they were cast from
	narrow   map[*ir.Value]DataType  // what values hold of integers that ir lacks
	problems []Problem

	scopes     []map[string]string // of the branches around the current node: the names of what they define
	inBranches int                 // nodes of all branches that were taken
}

func (imp *importer) run(g *GraphProto, o Options) (*ir.Graph, error) {
	if err := imp.declare(g); err != nil {
		return nil, fmt.Errorf("onnx: %s: %w", imp.file, err)
	}
	order, err := sorted(g.Nodes)
	if err != nil {
		return nil, fmt.Errorf("onnx: %s: %w", imp.file, err)
	}
	imp.inputs(g, o)
	for _, n := range order {
		imp.node(n)
	}
	imp.outputs(g)
	if len(imp.problems) > 0 {
		return nil, &Error{File: imp.file, Problems: imp.problems}
	}
	imp.graph.RemoveDead()
	imp.checkConstants()
	if len(imp.problems) > 0 {
		return nil, &Error{File: imp.file, Problems: imp.problems}
	}
	if err := ir.Verify(imp.graph); err != nil {
		return nil, fmt.Errorf("onnx: %s: %w", imp.file, err)
	}
	if err := checkMemory(imp.graph); err != nil {
		return nil, fmt.Errorf("onnx: %s: %w", imp.file, err)
	}
	return imp.graph, nil
}

// report adds a problem that belongs to no node.
func (imp *importer) report(format string, args ...any) {
	imp.problems = append(imp.problems, Problem{What: fmt.Sprintf(format, args...)})
}

// declare checks that every value has one definition, and collects the names.
func (imp *importer) declare(g *GraphProto) error {
	if err := checkSizes(g); err != nil {
		return err
	}
	if g.Sparse > 0 {
		return fmt.Errorf("the graph has %d sparse initializers; export it with dense ones", g.Sparse)
	}
	for _, t := range g.Initializers {
		if t.Name == "" || imp.inits[t.Name] != nil {
			return fmt.Errorf("initializer %q has no name of its own; every one needs a name that no other has", t.Name)
		}
		imp.inits[t.Name] = t
		imp.names.add(t.Name)
	}
	for _, v := range g.Inputs {
		if imp.inits[v.Name] == nil && imp.names.has(v.Name) || v.Name == "" {
			return fmt.Errorf("graph input %q has no name of its own; every one needs a name that no other has", v.Name)
		}
		imp.names.add(v.Name)
	}
	for _, n := range g.Nodes {
		for _, o := range n.Outputs {
			if o == "" {
				continue
			}
			if imp.names.has(o) {
				return fmt.Errorf("node %q (%s) writes %q, which something else defines already; every value needs a name that no other has", nodeLabel(n), n.OpType, o)
			}
			imp.names.add(o)
		}
		for _, i := range n.Inputs {
			imp.read[i] = true
		}
	}
	for _, v := range g.Outputs {
		imp.read[v.Name] = true
	}
	return nil
}

// nameSet holds the names that are taken, each with the number to try next
// behind it.
type nameSet map[string]int

func (s nameSet) add(name string)      { s[name] = max(s[name], 1) }
func (s nameSet) has(name string) bool { return s[name] > 0 }

// fresh returns base, or base with a number, and takes it.
func (s nameSet) fresh(base string) string {
	name := base
	for i := max(s[base], 1); s.has(name); i++ {
		name = base + "_" + strconv.Itoa(i)
		s[base] = i + 1
	}
	s.add(name)
	return name
}

// lookup returns the value of that name, converting an initializer at its
// first use; nil where it could not be made.
func (imp *importer) lookup(name string) (v *ir.Value, known bool) {
	if v := imp.values[name]; v != nil {
		return v, true
	}
	if imp.bad[name] {
		return nil, true
	}
	p := imp.inits[name]
	if p == nil {
		return nil, false
	}
	t, err := p.tensor(imp.files)
	if err != nil {
		imp.bad[name] = true
		imp.report("initializer %q: %v", name, err)
		return nil, true
	}
	delete(imp.inits, name)
	imp.budget += ownFolded * t.Elems()
	imp.values[name] = ir.Const(name, t)
	imp.markNarrow(imp.values[name], p.DataType)
	return imp.values[name], true
}

// node imports n, or reports why not.
func (imp *importer) node(n *NodeProto) {
	if n.OpType == "If" && isStandard(n.Domain) {
		if err := imp.conditional(n); err != nil {
			imp.fail(n, err)
		}
		return
	}
	c, err := imp.call(n)
	if err == nil && c != nil {
		err = c.run()
	}
	if err != nil {
		imp.fail(n, err)
	}
	if c == nil {
		imp.spoil(n)
	}
}

// fail reports why a node can't be imported.
func (imp *importer) fail(n *NodeProto, err error) {
	p := Problem{Node: nodeLabel(n), Op: n.OpType, Operands: imp.describe(n.Inputs), What: err.Error()}
	if !isStandard(n.Domain) {
		p.Domain = n.Domain
	}
	imp.problems = append(imp.problems, p)
	imp.spoil(n)
}

// outputs sets the graph's outputs.
func (imp *importer) outputs(g *GraphProto) {
	seen := map[string]bool{}
	for _, o := range g.Outputs {
		v, known := imp.lookup(o.Name)
		switch {
		case !known:
			imp.report("graph output %q: no node computes it; was the model cut short?", o.Name)
			continue
		case seen[o.Name]:
			imp.report("graph output %q is listed twice; list it once", o.Name)
			continue
		case v == nil:
			continue // reported with its node
		}
		seen[o.Name] = true
		if v.Def == nil {
			v = imp.computed(v)
		}
		imp.graph.Outputs = append(imp.graph.Outputs, v)
	}
	if len(g.Outputs) == 0 {
		imp.report("the graph has no outputs; was the model cut short?")
	}
}

// computed returns a copy of v, a constant or a graph input, that a node
// computes. A constant leaves its name to the copy.
func (imp *importer) computed(v *ir.Value) *ir.Value {
	name := v.Name
	if v.IsConst() {
		v.Name = imp.names.fresh(name + "_const")
	} else {
		name = imp.names.fresh(name + "_out")
	}
	n, err := ir.NewNode(name, ir.Identity{}, v)
	if err != nil {
		imp.report("graph output %q: %v", name, err)
		return v
	}
	n.Name = imp.nodes.fresh("Identity_" + name)
	imp.graph.Nodes = append(imp.graph.Nodes, n)
	return n.Out[0]
}
