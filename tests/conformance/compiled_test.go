package conformance

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/fusion"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/ir/pass"
	"github.com/ingot-go/ingot/onnx"
	"github.com/ingot-go/ingot/plan"
	"github.com/ingot-go/ingot/tests/internal/kerneltest"
)

var withKernels = flag.Bool("kernels", false, "run the compiled tests of operators on all kernels too, emulated and on hardware")

// kernels counts what ran on kernels.
var kernels kerneltest.Suite

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if *withKernels {
		fmt.Printf("compiled tests: %v\n", &kernels)
	}
	if err := kerneltest.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// quantizedOps are ONNX's operators of quantized models.
var quantizedOps = []string{"QuantizeLinear", "DequantizeLinear", "QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger", "DynamicQuantizeLinear"}

// isQuantized reports whether a model has quantized operators.
func isQuantized(m *onnx.ModelProto) bool {
	return slices.ContainsFunc(m.Graph.Nodes, func(n *onnx.NodeProto) bool { return slices.Contains(quantizedOps, n.OpType) })
}

// compiled takes the result of compiling: that of int8 where the model is quantized.
func (o *outcome) compiled(err error) {
	if o.fp32 = err; o.quantized {
		o.int8, o.fp32 = err, outOfScope{quantizedModel, "compiled in int8"}
	}
}

// compile fuses and compiles a graph, runs it and checks the outputs. A panic is an error of
// this stage.
func (c *testCase) compile(check func([]*ir.Tensor, error) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panics: %v", r)
		}
	}()
	p := pass.Pipeline{Passes: fusion.Passes(interp.Eval)}
	if _, err := p.Run(c.g); err != nil {
		return err
	}
	return check(runCompiled(c.g, c.in))
}

// runCompiled plans a graph and runs the program in plain Go.
func runCompiled(g *ir.Graph, in []*ir.Tensor) (out []*ir.Tensor, err error) {
	prog, err := plan.Build(g, plan.Options{})
	if err != nil {
		return nil, planReason(err)
	}
	var arrays [][]byte
	for _, x := range in {
		arrays = append(arrays, x.Bytes())
	}
	for _, v := range g.Outputs {
		y := ir.NewTensor(v.Type, v.Shape)
		out, arrays = append(out, y), append(arrays, y.Bytes())
	}
	portable.Bind(prog.Steps, prog.Weights, nil, 0).RunBytes(portable.NewWork(prog.Arena, len(arrays)), arrays...)
	if *withKernels {
		if err := kernels.Graph(g, in); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// planReason is the reason why a graph has no program.
func planReason(err error) error {
	reason := err.Error()
	op := ""
	if i, j := strings.Index(reason, " ("), strings.Index(reason, "): "); i >= 0 && j > i {
		op, reason = reason[i+2:j], reason[j+3:]
	} else if inner := errors.Unwrap(err); inner != nil {
		reason = inner.Error()
	}
	c := classOf(op, reason)
	if op != "" {
		reason = op + ": " + reason
	}
	return outOfScope{c, reason}
}

// TestClasses checks what the table's classes are told by.
func TestClasses(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{importReason(&onnx.Error{Problems: []onnx.Problem{{Op: "Loop", What: "the operator is not supported; unroll it"}}}), "control flow: Loop: not supported"},
		{importReason(&onnx.Error{Problems: []onnx.Problem{{Op: "Foo", What: "the operator is not supported; cut it"}}}), "not yet: Foo: not supported"},
		{importReason(&onnx.Error{Problems: []onnx.Problem{{What: `graph input "x": has elements of uint16, want float`}}}), `element types: graph input "x": has elements of uint16`},
		{importReason(&onnx.Error{Problems: []onnx.Problem{{Op: "Dropout", What: `result 1, "mask", is not supported`}}}), `training: Dropout: result 1, "mask", is not supported`},
		{planReason(fmt.Errorf("planning node %q (%s): %w", "n", "Foo", errors.New("has no kernel"))), "not yet: Foo: has no kernel"},
		{planReason(fmt.Errorf("planning output %q: %w", "y", errors.New("is s32: outputs of a package are float32"))), "element types: is s32: outputs of a package are float32"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
