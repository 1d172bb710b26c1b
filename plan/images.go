package plan

import (
	"fmt"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// maxImageNodes bounds the nodes that the images of a graph become.
const maxImageNodes = 1 << 16

// singleImages makes of every operator that has kernels for one image only, such as a
// convolution of [N,C,H,W], N nodes on an image each. Operators between them, which could take all images at once, become N nodes too, so
// that the images stay apart from the first of them to the last: there a Split, which is a
// view, and a Concat along the first axis stand. Copies of a layer share its constants. With
// keep every value is still there. Values are the same objects as before, so g must be the caller's own.
func singleImages(g *ir.Graph, keep bool) error {
	if err := channelsToImages(g); err != nil {
		return err
	}
	s := images{g: g, keep: keep, readers: g.Readers(), split: map[*ir.Node]bool{}, parts: map[*ir.Value][]*ir.Value{}}
	if err := s.choose(); err != nil || len(s.split) == 0 {
		return err
	}
	nodes := g.Nodes
	g.Nodes = nil
	for len(nodes) > 0 {
		run := 0
		for run < len(nodes) && s.split[nodes[run]] && imagesOf(nodes[run]) == imagesOf(nodes[0]) {
			run++
		}
		if run == 0 {
			g.Nodes, nodes = append(g.Nodes, nodes[0]), nodes[1:]
			continue
		}
		if err := s.divide(nodes[:run]); err != nil {
			return err
		}
		nodes = nodes[run:]
	}
	return nil
}

// needsSingleImages reports whether singleImages would change a graph.
func needsSingleImages(g *ir.Graph) bool {
	return slices.ContainsFunc(g.Nodes, func(n *ir.Node) bool { return wantsOneImage(n) || channelsOfNoImage(n) })
}

// hasChannels reports whether an operator on bytes has a table or factors for each channel.
func hasChannels(op ir.Op) bool {
	switch op := op.(type) {
	case ir.QTable:
		return len(op.Table) > 256
	case ir.Quantize:
		return len(op.Mul) > 1 || len(op.Add) > 1
	}
	return false
}

// channelsOfNoImage reports whether such an operator is on something else than images; a table
// has a kernel for the rows of a matrix too.
func channelsOfNoImage(n *ir.Node) bool {
	_, table := n.Op.(ir.QTable)
	rank := len(n.Out[0].Shape)
	return hasChannels(n.Op) && rank != 4 && !(table && rank == 2)
}

// channelsToImages gives what such operators read the shape of images.
func channelsToImages(g *ir.Graph) error {
	for i := 0; i < len(g.Nodes); i++ {
		n := g.Nodes[i]
		if !channelsOfNoImage(n) {
			continue
		}
		y := n.Out[0]
		s := ir.Shape{y.Shape[0], y.Shape[1], 1, y.Shape[2:].Elems()}
		before, err := ir.NewNode(n.Name+"/channels", ir.Reshape{Shape: s}, n.In[0])
		if err != nil {
			return err
		}
		op, err := ir.NewNode(n.Name, n.Op, before.Out[0])
		if err != nil {
			return err
		}
		before.Out[0].Quant, op.Out[0].Quant, op.From = n.In[0].Quant, y.Quant, n.From
		op.Out[0].Name = y.Name + "/image"
		y.Def = &ir.Node{Name: n.Name + "/shape", Op: ir.Reshape{Shape: y.Shape}, In: op.Out, Out: n.Out, From: n.From}
		g.Nodes = slices.Replace(g.Nodes, i, i+1, before, op, y.Def)
		i += 2
	}
	return nil
}

// images is a graph whose images are being set apart.
type images struct {
	g       *ir.Graph
	keep    bool // all values
	readers map[*ir.Value][]*ir.Node
	split   map[*ir.Node]bool         // becomes a node for each image
	parts   map[*ir.Value][]*ir.Value // the images of a value
}

// imagesOf returns how many images a node gives.
func imagesOf(n *ir.Node) int { return n.Out[0].Shape[0] }

// isBatch reports whether v is several images.
func isBatch(v *ir.Value) bool { return v != nil && len(v.Shape) == 4 && v.Shape[0] > 1 }

// wantsOneImage reports whether a node's operand is several images, and its kernels take one.
func wantsOneImage(n *ir.Node) bool {
	if len(n.In) == 0 || !isBatch(n.In[0]) {
		return false
	}
	switch n.Op.(type) {
	case ir.Conv, ir.QConv, ir.AvgPool, ir.QAvgPool, ir.GlobalAvgPool, ir.QGlobalAvgPool, ir.MaxPool, ir.GlobalMaxPool:
		return true
	}
	return hasChannels(n.Op)
}

// choose finds the nodes to divide: those that must be, and of those that can be the ones that
// read from them, or that nobody else reads.
func (s *images) choose() error {
	for _, n := range s.g.Nodes {
		if wantsOneImage(n) {
			s.split[n] = true
		}
	}
	for settled := len(s.split) == 0; !settled; {
		settled = true
		for _, n := range s.g.Nodes {
			if !s.split[n] && ofOneImage(n) != nil && (s.readsDivided(n) || s.readByDivided(n)) {
				s.split[n], settled = true, false
			}
		}
	}
	count := 0
	for _, n := range s.g.Nodes {
		if s.split[n] {
			if count += imagesOf(n); count > maxImageNodes {
				return fmt.Errorf("node %q (%s): with a batch of %d, on which every image is computed by itself, the graph has more than %d nodes: fix the batch at less with -shape",
					n.Name, n.Op.Kind(), imagesOf(n), maxImageNodes)
			}
		}
	}
	return nil
}

func (s *images) readsDivided(n *ir.Node) bool {
	return slices.ContainsFunc(n.In, func(v *ir.Value) bool {
		return isBatch(v) && v.Def != nil && s.split[v.Def] && v.Shape[0] == imagesOf(n)
	})
}

func (s *images) readByDivided(n *ir.Node) bool {
	for _, v := range n.Out {
		if s.g.IsOutput(v) || len(s.readers[v]) == 0 {
			return false
		}
		for _, r := range s.readers[v] {
			if !s.split[r] {
				return false
			}
		}
	}
	return true
}

// ofOneImage returns a node's operator as it acts on one of its images, or nil where
// it does not act on each by itself.
func ofOneImage(n *ir.Node) ir.Op {
	for _, v := range n.Out {
		if !isBatch(v) || v.Shape[0] != imagesOf(n) {
			return nil
		}
	}
	switch op := n.Op.(type) {
	case ir.Conv, ir.QConv, ir.AvgPool, ir.QAvgPool, ir.GlobalAvgPool, ir.QGlobalAvgPool, ir.MaxPool, ir.GlobalMaxPool,
		ir.Identity, ir.Unary, ir.Affine, ir.PRelu, ir.Binary, ir.QAdd, ir.QMul, ir.QTable, ir.Quantize, ir.Dequantize,
		ir.ChannelShuffle, ir.DepthToSpace, ir.SpaceToDepth, ir.ResizeNearest:
		return op
	case ir.Concat:
		return unless(op.Axis == 0, op)
	case ir.Split:
		return unless(op.Axis == 0, op)
	case ir.Softmax:
		return unless(op.Axis == 0, op)
	case ir.Resample:
		return unless(op.Axis == 0, op)
	case ir.Transpose:
		return unless(op.Perm[0] != 0, op)
	case ir.Pad:
		return unless(op.Before[0] != 0 || op.After[0] != 0, op)
	case ir.Reduce:
		return unless(slices.Contains(op.Axes, 0), op)
	case ir.Slice:
		if op.Start[0] != 0 || op.Step[0] != 1 {
			return nil
		}
		op.Size = append([]int{1}, op.Size[1:]...)
		return op
	}
	return nil
}

// unless returns op, or nil where the condition holds.
func unless(no bool, op ir.Op) ir.Op {
	if no {
		return nil
	}
	return op
}

// divide appends a run of nodes to the graph once for each image: all of them on the first, then
// on the next, so that what they compute stays in the cache. In front stand the Splits of what
// they read, behind them the Concats of what others read.
func (s *images) divide(run []*ir.Node) error {
	inside := map[*ir.Value]bool{}
	count := imagesOf(run[0])
	for _, n := range run {
		for i, v := range n.In {
			if s.perImage(n, i) && !inside[v] {
				if err := s.separate(v); err != nil {
					return err
				}
			}
		}
		for _, v := range n.Out {
			inside[v] = true
			s.parts[v] = make([]*ir.Value, count)
		}
	}
	for i := range count {
		for _, n := range run {
			if err := s.copyOf(n, i); err != nil {
				return err
			}
		}
	}
	for _, n := range run {
		for _, v := range n.Out {
			if s.keep || s.g.IsOutput(v) || len(s.readers[v]) == 0 || slices.ContainsFunc(s.readers[v], func(r *ir.Node) bool { return !s.split[r] }) {
				s.join(n, v)
			}
		}
	}
	return nil
}

// perImage reports whether operand i of a node that is divided has a part for each image: all that
// have its images but the weights.
func (s *images) perImage(n *ir.Node, i int) bool {
	_, conv := convWindow(n)
	return isBatch(n.In[i]) && n.In[i].Shape[0] == imagesOf(n) && !(conv && i == 1)
}

// separate finds the images of a value that no divided node computes.
func (s *images) separate(v *ir.Value) error {
	if s.parts[v] != nil {
		return nil
	}
	sizes := make([]int, v.Shape[0])
	for i := range sizes {
		sizes[i] = 1
	}
	n, err := ir.NewNode(v.Name+"/images", ir.Split{Sizes: sizes}, v)
	if err != nil {
		return err
	}
	for i, part := range n.Out {
		part.Name, part.Quant, part.Def = fmt.Sprintf("%s/image%d", v.Name, i), v.Quant, n
	}
	s.g.Nodes = append(s.g.Nodes, n)
	s.parts[v] = n.Out
	return nil
}

// copyOf appends a node as it acts on image i.
func (s *images) copyOf(n *ir.Node, i int) error {
	in := slices.Clone(n.In)
	for k, v := range in {
		if s.perImage(n, k) {
			in[k] = s.parts[v][i]
		}
	}
	c, err := ir.NewNode(fmt.Sprintf("%s/image%d", n.Name, i), ofOneImage(n), in...)
	if err != nil {
		return fmt.Errorf("node %q (%s) on image %d of its batch: %w", n.Name, n.Op.Kind(), i, err)
	}
	c.From = n.From
	for k, v := range n.Out {
		part := c.Out[k]
		part.Name, part.Quant, part.Def = fmt.Sprintf("%s/image%d", v.Name, i), v.Quant, c
		s.parts[v][i] = part
	}
	s.g.Nodes = append(s.g.Nodes, c)
	return nil
}

// join makes a value of its images again.
func (s *images) join(n *ir.Node, v *ir.Value) {
	v.Def = &ir.Node{Name: v.Name + "/batch", Op: ir.Concat{}, In: s.parts[v], Out: []*ir.Value{v}, From: n.From}
	s.g.Nodes = append(s.g.Nodes, v.Def)
}
