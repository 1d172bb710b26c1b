package quant

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// Bits chooses the weight bits of the layers whose node name a pattern matches.
type Bits struct {
	Pattern string // a name in which * stands for any characters
	Bits    int    // 8 or 7
}

// Options are the options of Quantize.
type Options struct {
	WeightBits []Bits  // the last that matches counts; without one 8
	Exclude    Exclude // what stays fp32
	// Smart keeps what is no convolution or fully connected layer fp32 unless it stands
	// between int8 neighbours, so that nothing is quantized for its sake. See Quantize.
	Smart bool
}

// Quantize returns the int8 form of g, an fp32 graph that has been fused and
// calibrated, and leaves g alone. Values keep their names, so that both
// graphs can be compared; where a value is there as u8 and as f32, the graph's inputs and
// outputs stay f32 and the u8 one is called name/int8, elsewhere the f32 one
// is called name/float.
//
// A node becomes int8 if it has an int8 form and, unless it is a convolution or
// a fully connected layer, if its operands are int8 already or a layer follows. What
// follows an fp32 node stays fp32 up to the next layer. What Options.Exclude names
// never does; the layer behind it quantizes what it gives.
//
// With Options.Smart, a node that is no layer becomes int8 only if it would without
// and
//   - each of its operands that isn't constant is computed by an int8 node, or is an
//     input of the graph that only int8 nodes read, and
//   - an int8 node reads one of its results.
//
// The rule counts nodes that it turned fp32 itself, so that a chain of operators stays
// int8 from one layer to another or not at all.
//
// The operands of a Concat along the channels that only Affines with a factor a
// channel read keep their own scales: the depthwise convolutions that those become have a
// multiplier and a bias for each channel anyhow. The operands of any other share the
// result's scale. All values that elements are moved between take one scale if the range of each
// is at least half as wide as that of all (joinLimit). Else an operand that only the Concat
// reads, directly or through nodes that move elements, takes the joined scale if its own range is
// at least half as wide; another is requantized by a table.
//
// A graph that HasParameters is not calibrated, and c not looked at: a node becomes int8 if it
// has an int8 form and the graph gives the parameters of all that it reads and writes. Weights are
// the integers of the source model.
func Quantize(g *ir.Graph, c *Calibration, o Options) (*ir.Graph, *Report, error) {
	if err := checkSource(g, c, o); err != nil {
		return nil, nil, err
	}
	if err := o.check(g); err != nil {
		return nil, nil, err
	}
	excluded, err := o.Exclude.nodes(g)
	if err != nil {
		return nil, nil, err
	}
	r := newRewriter(g, c, o, excluded)
	if err := r.choose(); err != nil {
		return nil, nil, err
	}
	for _, n := range g.Nodes {
		if err := r.node(n); err != nil {
			return nil, nil, fmt.Errorf("quantize: node %q (%s): %w", n.Name, n.Op.Kind(), err)
		}
	}
	if err := r.outputs(); err != nil {
		return nil, nil, err
	}
	r.dst.RemoveDead()
	r.foldTables()
	if err := ir.Verify(r.dst); err != nil {
		return nil, nil, fmt.Errorf("quantize: %w", err)
	}
	if r.given == nil {
		r.reportClipped()
	}
	return r.dst, r.report, nil
}

// checkSource fails where there are not parameters from one source.
func checkSource(g *ir.Graph, c *Calibration, o Options) error {
	switch given := HasParameters(g); {
	case given && o.Smart:
		return errors.New("quantize: the model says itself what is quantized: leave out quantize smart")
	case given:
		return nil
	case c == nil:
		return errors.New("quantize: the model has no quantization parameters: calibrate it")
	}
	return c.Check(g)
}

// choose decides what becomes int8 and with which parameters.
func (r *rewriter) choose() error {
	if HasParameters(r.src) {
		r.findGiven()
		r.chooseGiven()
		return r.checkBits()
	}
	r.chooseDomains()
	if err := r.checkBits(); err != nil {
		return err
	}
	return r.chooseRanges()
}

// check fails for bits that there are not and for patterns that match no layer.
func (o Options) check(g *ir.Graph) error {
	for _, b := range o.WeightBits {
		if b.Bits != 7 && b.Bits != 8 {
			return fmt.Errorf("weight bits of %q are %d: want 7 or 8", b.Pattern, b.Bits)
		}
		if !slices.ContainsFunc(g.Nodes, func(n *ir.Node) bool { return isLayer(n) && match(b.Pattern, n.Name) }) {
			return fmt.Errorf("weight bits: no convolution or fully connected layer is called %q", b.Pattern)
		}
	}
	return nil
}

// checkBits fails for weight bits of layers that are all excluded.
func (r *rewriter) checkBits() error {
	for _, b := range r.opts.WeightBits {
		if !slices.ContainsFunc(r.src.Nodes, func(n *ir.Node) bool {
			return isLayer(n) && match(b.Pattern, n.Name) && r.excluded[n] == ""
		}) {
			return fmt.Errorf("weight bits: all layers called %q are excluded from int8: leave out the one or the other", b.Pattern)
		}
	}
	return nil
}

func (o Options) bits(name string) int {
	bits := 8
	for _, b := range o.WeightBits {
		if match(b.Pattern, name) {
			bits = b.Bits
		}
	}
	return bits
}

// match reports whether name is pattern, in which * stands for any characters.
func match(pattern, name string) bool {
	for i := range len(pattern) {
		if pattern[i] == '*' {
			for j := 0; j <= len(name); j++ {
				if match(pattern[i+1:], name[j:]) {
					return true
				}
			}
			return false
		}
		if len(name) == 0 || name[0] != pattern[i] {
			return false
		}
		name = name[1:]
	}
	return name == ""
}

// rewriter builds the int8 graph.
type rewriter struct {
	src, dst *ir.Graph
	opts     Options
	report   *Report
	readers  map[*ir.Value][]*ir.Node
	ahead    map[*ir.Value]bool   // whether an int8 layer follows without a node before it that can't be int8
	seen     map[string]Range     // calibration, by point
	means    map[string][]float32 // and of what layers read, by value

	excluded      map[*ir.Node]string       // nodes that the options keep fp32, with the reason
	why           map[*ir.Node]string       // why a node stays fp32; "" means int8
	stacked       map[*ir.Value]bool        // results of a Concat whose channels have the scales of its operands
	merged        map[*ir.Node]bool         // nodes that others take up
	given         map[*ir.Value]*ir.Quant   // parameters of the model itself; nil where it has none
	exact         map[*ir.Value]bool        // and values that bytes with those stand for exactly
	composed      map[*ir.Node]function     // elementwise nodes that become a table of a value before them
	ranges        map[*ir.Value]span        // of every value that is u8 somewhere
	quants        map[*ir.Value]*ir.Quant   // made of ranges
	u8            map[*ir.Value]*ir.Value   // u8 forms in dst
	f32           map[*ir.Value]*ir.Value   // f32 forms in dst
	requantized   map[*ir.Value][]*ir.Value // of u8 forms in dst, those with other parameters
	values, nodes names
}

func newRewriter(g *ir.Graph, c *Calibration, o Options, excluded map[*ir.Node]string) *rewriter {
	r := &rewriter{
		src: g, dst: &ir.Graph{Name: g.Name}, opts: o, report: &Report{Real: map[*ir.Node]Real{}},
		readers: g.Readers(), seen: map[string]Range{}, means: map[string][]float32{},
		excluded: excluded, why: map[*ir.Node]string{}, merged: map[*ir.Node]bool{}, stacked: map[*ir.Value]bool{},
		composed: map[*ir.Node]function{}, ranges: map[*ir.Value]span{}, quants: map[*ir.Value]*ir.Quant{},
		u8: map[*ir.Value]*ir.Value{}, f32: map[*ir.Value]*ir.Value{},
		requantized: map[*ir.Value][]*ir.Value{}, values: newNames(g), nodes: newNames(g),
	}
	if !HasParameters(g) {
		for _, p := range c.Points {
			r.seen[p.Name] = p
		}
		for _, m := range c.Means {
			r.means[m.Name] = m.Channels
		}
	}
	for _, v := range g.Inputs {
		in := &ir.Value{Name: r.values.own(v.Name), Type: v.Type, Shape: v.Shape.Clone()}
		r.dst.Inputs = append(r.dst.Inputs, in)
		r.f32[v] = in
	}
	return r
}

// soleReader returns the only reader of a value that is no output, or nil.
func (r *rewriter) soleReader(v *ir.Value) *ir.Node {
	if rd := r.readers[v]; len(rd) == 1 && !r.src.IsOutput(v) {
		return rd[0]
	}
	return nil
}

// outputs makes the graph's outputs, f32 under their own names.
func (r *rewriter) outputs() error {
	for _, v := range r.src.Outputs {
		f, err := r.float(v)
		if err != nil {
			return fmt.Errorf("quantize: output %q: %w", v.Name, err)
		}
		r.dst.Outputs = append(r.dst.Outputs, f)
	}
	return nil
}

// reportClipped lists the points whose thresholds cut something off.
func (r *rewriter) reportClipped() {
	byName := map[string]bool{}
	for _, v := range r.dst.Values() {
		byName[v.Name] = v.Type == ir.U8 || byName[v.Name]
	}
	list, _ := observers(r.src, MinMax)
	for _, o := range list {
		p := r.seen[o.name]
		s := clip(p)
		if byName[o.name] && (float64(p.Min) < s.lo || float64(p.Max) > s.hi) {
			r.report.Clipped = append(r.report.Clipped, Clipped{p.Name, p.Min, p.Max, float32(s.lo), float32(s.hi)})
		}
	}
}

// clip returns the range of a point within its threshold.
func clip(p Range) span {
	t := float64(p.Threshold)
	return span{min(max(float64(p.Min), -t), t), max(min(float64(p.Max), t), -t)}
}
