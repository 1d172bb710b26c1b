package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/onnx"
)

// pictures is how many the statistics are taken of. One is not enough: what differs between
// pictures would be amplified from layer to layer where a layer reads means over a picture.
const pictures = 3

// settle runs the network on random pictures, node by node, and makes its parameters fit:
// batch normalizations get the statistics that their inputs have, and layers without one
// are scaled to results whose squares have the mean one. So values stay sane at any depth.
func (n *net) settle() error {
	g, err := onnx.ImportBytes(n.model().Marshal(), "", onnx.Options{})
	if err != nil {
		return err
	}
	s := settling{g.Readers(), map[*ir.Value][]*ir.Tensor{}}
	r := rand.New(rand.NewPCG(3, 4))
	for range pictures {
		x := ir.NewTensor(ir.F32, n.size)
		n.fill(x, r)
		s.results[g.Inputs[0]] = append(s.results[g.Inputs[0]], x)
	}
	for _, node := range g.Nodes {
		if _, ok := node.Op.(ir.BatchNorm); ok {
			normalize(node, s.results[node.In[0]])
		}
		if err := s.run(node); err != nil {
			return err
		}
		s.scale(node)
		s.forget(node)
	}
	return n.store(g)
}

// settling is a run of a network in which parameters change.
type settling struct {
	readers map[*ir.Value][]*ir.Node   // that have not run
	results map[*ir.Value][]*ir.Tensor // of each picture
}

// run computes the results of a node.
func (s *settling) run(node *ir.Node) error {
	part := &ir.Graph{Name: node.Name, Nodes: []*ir.Node{node}, Outputs: node.Out}
	for _, v := range node.In {
		if s.results[v] != nil {
			part.Inputs = append(part.Inputs, v)
		}
	}
	e, err := exec.New(part, runtime.NumCPU())
	if err != nil {
		return err
	}
	for i := range pictures {
		var in []*ir.Tensor
		for _, v := range part.Inputs {
			in = append(in, s.results[v][i])
		}
		out, err := e.Run(in, nil)
		if err != nil {
			return err
		}
		for j, v := range node.Out {
			s.results[v] = append(s.results[v], out[j])
		}
	}
	return nil
}

// forget drops the operands that no other node will read.
func (s *settling) forget(node *ir.Node) {
	for _, v := range node.In {
		if v == nil || v.IsConst() {
			continue
		}
		if s.readers[v] = s.readers[v][1:]; len(s.readers[v]) == 0 {
			delete(s.results, v)
		}
	}
}

// normalize sets mean and variance of a batch normalization.
func normalize(node *ir.Node, inputs []*ir.Tensor) {
	mean, variance := node.In[3].Const.F32, node.In[4].Const.F32
	each := node.In[0].Shape[2:].Elems()
	for c := range mean {
		var all []float32
		for _, x := range inputs {
			all = append(all, x.F32[c*each:(c+1)*each]...)
		}
		m, v := statistics(all)
		mean[c], variance[c] = float32(m), float32(v)
	}
}

// scale scales a layer with weights whose result is not normalized. Convolutions of a mean are left alone:
// they make factors of channels, which had better not depend much on the picture.
func (s *settling) scale(node *ir.Node) {
	switch node.Op.(type) {
	case ir.FC, ir.Gemm:
	case ir.Conv:
		if node.Out[0].Shape[2:].Elems() == 1 {
			return
		}
	default:
		return
	}
	for _, r := range s.readers[node.Out[0]] {
		if _, ok := r.Op.(ir.BatchNorm); ok {
			return
		}
	}
	sum := 0.0
	for _, x := range s.results[node.Out[0]] {
		m, v := statistics(x.F32)
		sum += v + float64(m*m)
	}
	f := float32(1 / math.Sqrt(sum/pictures))
	for _, x := range s.results[node.Out[0]] {
		multiply(x.F32, f)
	}
	for _, p := range node.In[1:] {
		multiply(p.Const.F32, f)
	}
}

func multiply(x []float32, f float32) {
	for i := range x {
		x[i] *= f
	}
}

// statistics returns mean and variance. The conversions keep machines from fusing
// operations: the sums are the same everywhere.
func statistics(x []float32) (mean, variance float64) {
	for _, v := range x {
		mean += float64(v)
	}
	mean /= float64(len(x))
	for _, v := range x {
		d := float64(v) - mean
		variance += float64(d * d)
	}
	return mean, variance / float64(len(x))
}

// store writes the graph's parameters back to the model's.
func (n *net) store(g *ir.Graph) error {
	at := map[string]int{}
	for i, t := range n.graph.Initializers {
		at[t.Name] = i
	}
	for _, node := range g.Nodes {
		for _, v := range node.In {
			if !v.IsConst() || v.Type != ir.F32 {
				continue
			}
			i, ok := at[v.Name]
			if !ok {
				return fmt.Errorf("node %q: operand %q is no parameter of the model", node.Name, v.Name)
			}
			n.graph.Initializers[i] = onnx.NewTensor(v.Name, v.Const)
		}
	}
	return nil
}
