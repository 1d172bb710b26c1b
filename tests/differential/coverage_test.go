package differential

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// function is an operator's name with that of its function or mode.
func function(op ir.Op) string {
	name := op.Kind() + " "
	switch o := op.(type) {
	case ir.Unary:
		return name + o.Act.Kind.String()
	case ir.Binary:
		return name + o.Fn.String()
	case ir.Reduce:
		return name + o.Fn.String()
	case ir.Softmax:
		return name + o.Fn.String()
	case ir.ScatterElements:
		return name + o.Fn.String()
	case ir.ScatterND:
		return name + o.Fn.String()
	case ir.Pad:
		return name + o.Mode.String()
	case ir.GridSample:
		return name + o.Mode.String() + " " + o.Edge.String()
	case ir.Compare:
		return name + o.Fn.String()
	case ir.Logic:
		return name + o.Fn.String()
	case ir.Cast:
		return name + o.To.String()
	}
	return op.Kind()
}

// functions are the operators with each of their functions and modes.
func functions() []string {
	var all []string
	for _, op := range ir.Ops() {
		all = append(all, op.Kind())
	}
	for k := ir.Relu; k <= lastAct; k++ {
		all = append(all, function(ir.Unary{Act: ir.Act{Kind: k}}))
	}
	for k := ir.Add; k <= ir.FMod; k++ {
		all = append(all, function(ir.Binary{Fn: k}))
	}
	for k := ir.ReduceMean; k <= ir.ReduceSumSquare; k++ {
		all = append(all, function(ir.Reduce{Fn: k}))
	}
	for k := ir.SoftmaxPlain; k <= ir.SoftmaxHard; k++ {
		all = append(all, function(ir.Softmax{Fn: k}))
	}
	for k := ir.ScatterSet; k <= ir.ScatterMin; k++ {
		all = append(all, function(ir.ScatterElements{Fn: k}), function(ir.ScatterND{Fn: k}))
	}
	for k := ir.PadConstant; k <= ir.PadWrap; k++ {
		all = append(all, function(ir.Pad{Mode: k}))
	}
	for k := ir.SampleLinear; k <= ir.SampleCubic; k++ {
		for e := ir.EdgeZeros; e <= ir.EdgeReflect; e++ {
			all = append(all, function(ir.GridSample{Mode: k, Edge: e}))
		}
	}
	for k := ir.Equal; k <= ir.LessOrEqual; k++ {
		all = append(all, function(ir.Compare{Fn: k}))
	}
	for k := ir.And; k <= ir.Xor; k++ {
		all = append(all, function(ir.Logic{Fn: k}))
	}
	for k := ir.F32; k <= ir.Bool; k++ {
		all = append(all, function(ir.Cast{To: k}))
	}
	return all
}

const (
	toFC     = "fusion makes an FC of it, since its weights are constant"
	toAffine = "fusion makes an Affine of it"
	ofBytes  = "quantization makes it"
)

// unreached are the operators that random graphs do not have, with why.
var unreached = map[string]map[string]string{
	"source": {},
	"fp32":   {"Gemm": toFC, "BatchNorm": toAffine},
	"int8":   {"Gemm": toFC, "BatchNorm": toAffine},
}

// TestOperatorsAreReached wants random graphs to have every operator, as the source has it and as
// it is planned.
func TestOperatorsAreReached(t *testing.T) {
	const tried = 3000
	for _, op := range []ir.Op{ir.QConv{}, ir.QFC{}, ir.QAdd{}, ir.QMul{}, ir.QAvgPool{}, ir.QGlobalAvgPool{}, ir.QTable{}, ir.Quantize{}, ir.Dequantize{}} {
		unreached["source"][op.Kind()], unreached["fp32"][op.Kind()] = ofBytes, ofBytes
	}
	seen := map[string]map[string]int{"source": {}, "fp32": {}, "int8": {}}
	count := func(where string, g *ir.Graph) {
		for _, n := range g.Nodes {
			seen[where][n.Op.Kind()]++
			seen[where][function(n.Op)]++
		}
	}
	for i := range uint64(tried) {
		g := newOps(t, i, 31).g
		count("source", g)
		p := precisions[i%uint64(len(precisions))]
		low, err := p.lower(g, rand.New(rand.NewPCG(i, 30)))
		if err != nil {
			t.Errorf("%d %s: %v\n%.4000s", i, p.name, err, g)
			continue
		}
		if p.name == "fp32" || p.name == "unfused" {
			count("fp32", low)
		} else if slices.ContainsFunc(low.Nodes, func(n *ir.Node) bool { return n.Out[0].Type == ir.U8 }) {
			count("int8", low)
		}
	}
	for where, kinds := range seen {
		for _, name := range functions() {
			why, excepted := unreached[where][name]
			switch n := kinds[name]; {
			case n == 0 && !excepted:
				t.Errorf("no random graph has %s in %s", name, where)
			case n > 0 && excepted:
				t.Errorf("random graphs have %s in %s, though %s", name, where, why)
			}
		}
	}
}
