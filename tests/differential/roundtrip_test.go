package differential

import (
	"bytes"
	"fmt"
	"reflect"
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

// TestRoundTrip writes random int8 and mixed graphs as ONNX files, and reads and quantizes these.
// The same graph must come back: every operator, constant, scale and zero point.
func TestRoundTrip(t *testing.T) {
	for i := range *graphs {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			m := newNet(t, *seed+uint64(i), 22)
			options := m.bits
			if i%4 == 3 {
				options = m.mixture
			}
			fuse(t, m.g)
			m.g = reread(t, m.g, &quant.Report{}) // as a model's file is
			ex, err := exec.New(m.g, 1)
			if err != nil {
				t.Fatal(err)
			}
			c, err := quant.Calibrate(m.g, ex, quant.NewSamples(m.inputs(), m.inputs()), quant.CalibrateOptions{Mode: quant.MinMax})
			if err != nil {
				t.Fatal(err)
			}
			o := options(m.g)
			o.Smart = false // what it leaves fp32 may be int8 when it is read
			q, report, err := quant.Quantize(m.g, c, o)
			if err != nil {
				t.Fatal(err)
			}
			back := reread(t, q, report)
			if !quant.HasParameters(back) { // all of it is fp32
				return
			}
			again, _, err := quant.Quantize(back, nil, quant.Options{Exclude: o.Exclude})
			if err != nil {
				t.Fatalf("%v\n%.6000s", err, back)
			}
			if err := equalGraphs(q, again); err != nil {
				t.Errorf("%v\n%.9000s\n%.9000s\n%.9000s", err, q, back, again)
			}
		})
	}
}

// reread returns what is read and fused of a graph's file.
func reread(t *testing.T, g *ir.Graph, r *quant.Report) *ir.Graph {
	t.Helper()
	f, err := qdq.Model(g, r, "test")
	if err != nil {
		t.Fatal(err)
	}
	back, err := onnx.ImportBytes(f.Marshal(), "", onnx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	fuse(t, back)
	return back
}

func fuse(t *testing.T, g *ir.Graph) {
	t.Helper()
	p := pass.Pipeline{Passes: fusion.Passes(interp.Eval)}
	if _, err := p.Run(g); err != nil {
		t.Fatalf("%v\n%s", err, g)
	}
}

// equalGraphs compares two graphs but for names and the order of their nodes.
func equalGraphs(a, b *ir.Graph) error {
	if len(a.Inputs) != len(b.Inputs) || len(a.Outputs) != len(b.Outputs) {
		return fmt.Errorf("%d inputs and %d outputs, want %d and %d", len(b.Inputs), len(b.Outputs), len(a.Inputs), len(a.Outputs))
	}
	same := map[*ir.Value]*ir.Value{}
	for i, v := range a.Inputs {
		same[v] = b.Inputs[i]
	}
	for i, v := range a.Outputs {
		if err := equalValues(same, v, b.Outputs[i]); err != nil {
			return err
		}
	}
	return nil
}

// operands are those of a node but for absent ones at the end.
func operands(n *ir.Node) []*ir.Value {
	in := n.In
	for len(in) > 0 && in[len(in)-1] == nil {
		in = in[:len(in)-1]
	}
	return in
}

// line is a node in the text of its graph.
func line(n *ir.Node) string {
	g := ir.Graph{Nodes: []*ir.Node{n}}
	return g.String()
}

// equalValues compares what gives two values.
func equalValues(same map[*ir.Value]*ir.Value, v, w *ir.Value) error {
	if v == nil || w == nil {
		if v != w {
			return fmt.Errorf("an operand is missing")
		}
		return nil
	}
	if s, ok := same[v]; ok {
		if s != w {
			return fmt.Errorf("value %q is %q, want %q", v.Name, w.Name, s.Name)
		}
		return nil
	}
	same[v] = w
	if v.Type != w.Type || !v.Shape.Equal(w.Shape) || !reflect.DeepEqual(v.Quant, w.Quant) {
		return fmt.Errorf("value %q is %q %s %s %v, want %s %s %v", v.Name, w.Name, w.Type, w.Shape, w.Quant, v.Type, v.Shape, v.Quant)
	}
	if v.IsConst() || w.IsConst() {
		if !v.IsConst() || !w.IsConst() || !bytes.Equal(v.Const.Bytes(), w.Const.Bytes()) {
			return fmt.Errorf("constant %q is another, %q", v.Name, w.Name)
		}
		return nil
	}
	if v.Def == nil || w.Def == nil {
		return fmt.Errorf("one of %q and %q is an input", v.Name, w.Name)
	}
	n, m := v.Def, w.Def
	if !reflect.DeepEqual(n.Op, m.Op) || len(operands(n)) != len(operands(m)) {
		return fmt.Errorf("node %q is\n%swant\n%s", n.Name, line(m), line(n))
	}
	for i, x := range operands(n) {
		if err := equalValues(same, x, m.In[i]); err != nil {
			return err
		}
	}
	return nil
}
