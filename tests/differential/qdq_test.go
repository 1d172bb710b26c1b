package differential

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/fusion"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/ir/pass"
	"github.com/ingot-go/ingot/onnx"
	"github.com/ingot-go/ingot/onnx/qdq"
	"github.com/ingot-go/ingot/quant"
)

// TestQDQ writes random int8 and mixed graphs as ONNX files and computes these node by
// node as ONNX defines them. Every value must be the int8 graph's, but for a step where sums
// of float32 were rounded otherwise.
func TestQDQ(t *testing.T) {
	for i := range *graphs {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			m := newNet(t, *seed+uint64(i), 21)
			options := m.bits
			if i%2 == 1 {
				options = m.mixture
			}
			p := pass.Pipeline{Passes: fusion.Passes(interp.Eval)}
			if _, err := p.Run(m.g); err != nil {
				t.Fatal(err)
			}
			ex, err := exec.New(m.g, 1)
			if err != nil {
				t.Fatal(err)
			}
			c, err := quant.Calibrate(m.g, ex, quant.NewSamples(m.inputs(), m.inputs()), quant.CalibrateOptions{Mode: quant.MinMax})
			if err != nil {
				t.Fatal(err)
			}
			q, report, err := quant.Quantize(m.g, c, options(m.g))
			if err != nil {
				t.Fatal(err)
			}
			f, err := qdq.Model(q, report, "test")
			if err != nil {
				t.Fatal(err)
			}
			if f, err = onnx.Unmarshal(f.Marshal()); err != nil {
				t.Fatal(err)
			}
			l := literal{model: f, values: map[string]*ir.Tensor{}}
			if err := l.run(q, m.inputs()); err != nil {
				t.Errorf("%v\n%.6000s", err, q)
			}
		})
	}
}

// literal computes an ONNX model node by node, beside the int8 graph that it was written from.
type literal struct {
	model  *onnx.ModelProto
	values map[string]*ir.Tensor
	inits  map[string]*onnx.TensorProto
}

// run computes both. Values that are known of the graph replace the file's, so that what
// is a step beside stays one step.
func (l *literal) run(g *ir.Graph, in []*ir.Tensor) error {
	want, err := trace(g, in)
	if err != nil {
		return err
	}
	for i, v := range l.model.Graph.Inputs {
		l.values[v.Name] = in[i]
	}
	l.inits = map[string]*onnx.TensorProto{}
	for _, p := range l.model.Graph.Initializers {
		if l.inits[p.Name] = p; l.values[p.Name] != nil {
			return fmt.Errorf("two values are called %q", p.Name)
		}
		if l.values[p.Name], err = p.Tensor(); err != nil {
			return err
		}
	}
	nodes := map[string]bool{}
	for _, n := range l.model.Graph.Nodes {
		if nodes[n.Name] || n.Domain != "" {
			return fmt.Errorf("node %q of domain %q: want one of its name, of the standard operators", n.Name, n.Domain)
		}
		nodes[n.Name] = true
		out, err := l.node(n, want)
		if err != nil {
			return fmt.Errorf("%s %q: %w", n.OpType, n.Name, err)
		}
		for i, name := range n.Outputs {
			if l.values[name] != nil {
				return fmt.Errorf("two values are called %q", name)
			}
			l.values[name] = out[i]
			if w := want[name]; w != nil {
				steps := 1
				if l.values[strings.TrimSuffix(name, "_QuantizeLinear_Output")+"/before_QuantizeLinear_Output"] != nil {
					steps = 4 // a step before a curved activation
				}
				if err := near(out[i], w, steps, l.ties(n)); err != nil {
					return fmt.Errorf("%s %q: %w", n.OpType, n.Name, err)
				}
				l.values[name] = w
				delete(want, name)
			}
		}
	}
	for name := range want {
		return fmt.Errorf("nothing computes %q", name)
	}
	for _, v := range l.model.Graph.Outputs {
		if l.values[v.Name] == nil {
			return fmt.Errorf("nothing computes the output %q", v.Name)
		}
	}
	return nil
}

// trace returns the values of an int8 graph under their names in the file.
func trace(g *ir.Graph, in []*ir.Tensor) (map[string]*ir.Tensor, error) {
	named, outputs := map[string]*ir.Tensor{}, map[*ir.Value]string{}
	for _, n := range g.Nodes {
		if n.Op.Kind() == "Dequantize" && g.IsOutput(n.Out[0]) {
			outputs[n.In[0]] = n.Out[0].Name
		}
	}
	_, err := interp.Trace(g, in, func(v *ir.Value, x *ir.Tensor) {
		name := v.Name
		if v.Type == ir.U8 && v.Quant != nil && len(v.Quant.Scale) > 1 {
			return // not rounded again
		}
		if v.Type == ir.U8 {
			if o, ok := outputs[v]; ok {
				name = o
			}
			name += "_QuantizeLinear_Output"
		}
		if v.Def != nil && (v.Def.Op.Kind() != "Dequantize" || g.IsOutput(v)) { // others have the name of the bytes
			named[name] = x
		}
	})
	return named, err
}

// node computes a node by importing it alone.
func (l *literal) node(n *onnx.NodeProto, want map[string]*ir.Tensor) ([]*ir.Tensor, error) {
	g := &onnx.GraphProto{Name: "node", Nodes: []*onnx.NodeProto{n}}
	var in []*ir.Tensor
	seen := map[string]bool{"": true}
	for _, name := range n.Inputs {
		x := l.values[name]
		switch {
		case seen[name]:
		case l.inits[name] != nil:
			g.Initializers = append(g.Initializers, l.inits[name])
		case x == nil:
			return nil, fmt.Errorf("operand %q is not there", name)
		default:
			info := &onnx.ValueInfoProto{Name: name, ElemType: elemTypes[x.Type], HasShape: true}
			for _, d := range x.Shape {
				info.Dims = append(info.Dims, onnx.Dim{Value: int64(d), HasValue: true})
			}
			g.Inputs, in = append(g.Inputs, info), append(in, x)
		}
		seen[name] = true
	}
	for _, name := range n.Outputs {
		info := &onnx.ValueInfoProto{Name: name}
		if w := want[name]; w != nil {
			info.ElemType = elemTypes[w.Type]
		}
		g.Outputs = append(g.Outputs, info)
	}
	m := onnx.ModelProto{IRVersion: l.model.IRVersion, OpsetImport: l.model.OpsetImport, Graph: g}
	one, err := onnx.ImportBytes(m.Marshal(), "", onnx.Options{})
	if err != nil {
		return nil, err
	}
	return interp.Run(one, in)
}

// elemTypes are ONNX's names of the types.
var elemTypes = map[ir.DType]onnx.DataType{
	ir.F32: onnx.TypeFloat, ir.U8: onnx.TypeUint8, ir.S8: onnx.TypeInt8, ir.S32: onnx.TypeInt32, ir.I64: onnx.TypeInt64, ir.Bool: onnx.TypeBool,
}

// ties is the share of bytes that may lie in the middle between two steps: of linear resizing to
// the double, quarters of a step are a fourth; of the mean of two channels, halves are half.
func (l *literal) ties(n *onnx.NodeProto) float64 {
	for _, m := range l.model.Graph.Nodes {
		if m.Outputs[0] != n.Inputs[0] {
			continue
		}
		switch m.OpType {
		case "Resize":
			return 0.25
		case "Conv":
			if w := l.values[m.Inputs[1]]; w.Elems() == 2 && w.F32[0] == w.F32[1] {
				return 0.5
			}
		}
	}
	return 0.1
}

// near compares bytes, of which few may be some steps beside, and real numbers.
func near(got, want *ir.Tensor, steps int, ties float64) error {
	if got.Type != want.Type || !got.Shape.Equal(want.Shape) {
		return fmt.Errorf("is %s %s, want %s %s", got.Type, got.Shape, want.Type, want.Shape)
	}
	beside := 0
	for i, w := range want.U8 {
		d := int(got.U8[i]) - int(w)
		if d != 0 {
			beside++
		}
		if d < -steps || d > steps {
			return fmt.Errorf("element %d is %d, want %d", i, got.U8[i], w)
		}
	}
	if beside > 4+int(ties*float64(len(want.U8))) { // means of few bytes are ties often
		return fmt.Errorf("%d of %d bytes are beside", beside, len(want.U8))
	}
	largest := 0.0
	for _, w := range want.F32 {
		largest = max(largest, math.Abs(float64(w)))
	}
	for i, w := range want.F32 {
		if !(math.Abs(float64(got.F32[i])-float64(w)) <= 1e-4*largest) {
			return fmt.Errorf("element %d is %v, want %v", i, got.F32[i], w)
		}
	}
	return nil
}
