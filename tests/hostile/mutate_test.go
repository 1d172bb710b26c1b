package hostile

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/ingot-go/ingot/onnx"
)

// mutator changes one model in ways that depend on its seed alone.
type mutator struct {
	*rand.Rand
	m *onnx.ModelProto
}

// mutate returns a changed copy of a file, and what was changed: bytes of it, or fields.
func mutate(file []byte, seed uint64) ([]byte, string) {
	r := rand.New(rand.NewPCG(seed, 77))
	if r.IntN(4) == 0 {
		return mutateBytes(append([]byte{}, file...), r)
	}
	m, err := onnx.Unmarshal(append([]byte{}, file...))
	if err != nil || m.Graph == nil {
		return mutateBytes(append([]byte{}, file...), r)
	}
	u := mutator{r, m}
	var did []string
	for range 1 + r.IntN(3)*r.IntN(2) { // most often one
		did = append(did, u.field())
	}
	return m.Marshal(), strings.Join(did, "; ")
}

// mutateBytes flips bits, cuts the file or takes a piece out of it.
func mutateBytes(b []byte, r *rand.Rand) ([]byte, string) {
	if len(b) == 0 {
		return b, "nothing"
	}
	at := r.IntN(len(b))
	switch r.IntN(4) {
	case 0:
		return b[:at], fmt.Sprintf("cut at %d", at)
	case 1:
		end := min(len(b), at+1+r.IntN(64))
		return append(b[:at:at], b[end:]...), fmt.Sprintf("without bytes %d to %d", at, end)
	}
	// Most of a file are weights: what is near its start or end says more.
	if r.IntN(2) == 0 {
		at = r.IntN(min(len(b), 2000))
	}
	n := 1 + r.IntN(8)
	for i := range n {
		b[min(len(b)-1, at+i*r.IntN(40))] ^= 1 << r.IntN(8)
	}
	return b, fmt.Sprintf("%d bits flipped from %d on", n, at)
}

// nasty are the numbers that break arithmetic.
var nasty = []int64{0, 1, 2, 3, 5, -1, -2, 7, 64, 1000, 1 << 16, 1<<31 - 1, 1 << 31, 1 << 32, 1 << 40, math.MaxInt64, math.MinInt64}

func (u mutator) number(old int64) int64 {
	switch u.IntN(4) {
	case 0:
		return old + int64(u.IntN(3)) - 1
	case 1:
		return old * 2
	}
	return nasty[u.IntN(len(nasty))]
}

var nastyFloats = []float32{0, -1, 1e-45, 1e30, -3e38, float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0.5, 1e-20}

// operatorNames are what a node's operator is changed to.
var operatorNames = strings.Fields(`Conv Gemm MatMul BatchNormalization Relu LeakyRelu Elu HardSigmoid HardSwish Sigmoid Tanh Exp Clip
	PRelu Softmax Add Sub Mul Div Sum Mean Identity Dropout Cast MaxPool AveragePool GlobalAveragePool GlobalMaxPool ReduceMean
	Concat Split Slice Pad Flatten Reshape Squeeze Unsqueeze Transpose DepthToSpace Gather Resize Constant ConstantOfShape Shape
	Range Floor Equal Where Expand Loop QuantizeLinear ConvTranspose Tile ReduceSum Sqrt Greater Not TopK ArgMax ReduceMax
	ReduceL2 GatherElements GatherND ScatterND ScatterElements OneHot CumSum LRN LpPool LpNormalization
	InstanceNormalization LayerNormalization GroupNormalization LogSoftmax Hardmax NonMaxSuppression SpaceToDepth
	GridSample RoiAlign Upsample DequantizeLinear QLinearConv QLinearMatMul MatMulInteger ConvInteger DynamicQuantizeLinear
	Pow Abs Erf Max Min And Or Mod Gelu Mish Compress NonZero Trilu EyeLike`)

// field changes one field and says which.
func (u mutator) field() string {
	g := u.m.Graph
	if len(g.Nodes) == 0 {
		return "nothing"
	}
	n := g.Nodes[u.IntN(len(g.Nodes))]
	who := fmt.Sprintf("node %.40q", n.Name)
	switch u.IntN(13) {
	case 0:
		return who + ": " + u.attribute(n)
	case 1, 2:
		return who + ": " + u.operands(n)
	case 3:
		n.OpType = operatorNames[u.IntN(len(operatorNames))]
		return who + " becomes " + n.OpType
	case 4:
		i := u.IntN(len(g.Nodes))
		g.Nodes = append(g.Nodes[:i:i], g.Nodes[i+1:]...)
		return "a node removed"
	case 5:
		return u.input()
	case 6, 7, 8:
		return u.initializer()
	case 9:
		return u.graphOutput()
	case 10:
		u.m.OpsetImport = []onnx.OperatorSetID{{Version: int64(5 + u.IntN(18))}}
		return fmt.Sprintf("opset %d", u.m.OpsetImport[0].Version)
	case 11:
		i, j := u.IntN(len(g.Nodes)), u.IntN(len(g.Nodes))
		g.Nodes[i], g.Nodes[j] = g.Nodes[j], g.Nodes[i]
		g.Nodes[i].Outputs, g.Nodes[j].Outputs = g.Nodes[j].Outputs, g.Nodes[i].Outputs
		return fmt.Sprintf("results of nodes %d and %d swapped", i, j)
	}
	return u.reused(n)
}

// reused makes one more reader of a value, or an output of it, so that fusion has to stop there.
func (u mutator) reused(n *onnx.NodeProto) string {
	if len(n.Outputs) == 0 {
		return "nothing"
	}
	v := n.Outputs[u.IntN(len(n.Outputs))]
	u.m.Graph.Outputs = append(u.m.Graph.Outputs, &onnx.ValueInfoProto{Name: v, ElemType: onnx.TypeFloat})
	return fmt.Sprintf("%.40q is an output too", v)
}

// attribute changes, removes or renames an attribute.
func (u mutator) attribute(n *onnx.NodeProto) string {
	if len(n.Attributes) == 0 {
		n.Attributes = append(n.Attributes, &onnx.AttributeProto{Name: "axis", Type: onnx.AttrInt, I: u.number(0)})
		return fmt.Sprintf("an axis of %d", n.Attributes[0].I)
	}
	i := u.IntN(len(n.Attributes))
	a := n.Attributes[i]
	switch u.IntN(8) {
	case 0:
		n.Attributes = append(n.Attributes[:i:i], n.Attributes[i+1:]...)
		return "no " + a.Name
	case 1:
		a.Type = onnx.AttrType(u.IntN(12))
		return fmt.Sprintf("%s of type %d", a.Name, a.Type)
	}
	a.I, a.F = u.number(a.I), nastyFloats[u.IntN(len(nastyFloats))]
	switch {
	case len(a.Ints) > 0 && u.IntN(4) == 0:
		a.Ints = a.Ints[:len(a.Ints)-1]
	case len(a.Ints) > 0:
		j := u.IntN(len(a.Ints))
		a.Ints[j] = u.number(a.Ints[j])
	case len(a.S) > 0:
		a.S = []byte([]string{"", "SAME_LOWER", "VALID", "reflect", "edge", "linear", "align_corners", "\xff"}[u.IntN(8)])
	case a.T != nil:
		u.tensor(a.T)
	}
	return fmt.Sprintf("%s is now i=%d f=%g ints=%v s=%q", a.Name, a.I, a.F, a.Ints, a.S)
}

// operands swaps, drops, adds or redirects what a node reads.
func (u mutator) operands(n *onnx.NodeProto) string {
	if len(n.Inputs) == 0 {
		return "nothing"
	}
	i, j := u.IntN(len(n.Inputs)), u.IntN(len(n.Inputs))
	switch u.IntN(5) {
	case 0:
		n.Inputs[i], n.Inputs[j] = n.Inputs[j], n.Inputs[i]
		return fmt.Sprintf("operands %d and %d swapped", i, j)
	case 1:
		n.Inputs = append(n.Inputs[:i:i], n.Inputs[i+1:]...)
		return fmt.Sprintf("operand %d removed", i)
	case 2:
		n.Inputs[i] = ""
		return fmt.Sprintf("operand %d absent", i)
	case 3:
		n.Inputs = append(n.Inputs, u.value())
		return "one operand more: " + n.Inputs[len(n.Inputs)-1]
	}
	n.Inputs[i] = u.value()
	return fmt.Sprintf("operand %d is %.40q", i, n.Inputs[i])
}

// value is the name of any value of the graph.
func (u mutator) value() string {
	g := u.m.Graph
	var all []string
	for _, v := range g.Inputs {
		all = append(all, v.Name)
	}
	for _, t := range g.Initializers {
		all = append(all, t.Name)
	}
	for _, n := range g.Nodes {
		all = append(all, n.Outputs...)
	}
	if len(all) == 0 {
		return ""
	}
	return all[u.IntN(len(all))]
}

func (u mutator) input() string {
	g := u.m.Graph
	if len(g.Inputs) == 0 {
		return "nothing"
	}
	v := g.Inputs[u.IntN(len(g.Inputs))]
	if len(v.Dims) == 0 || u.IntN(8) == 0 {
		v.ElemType = onnx.DataType(u.IntN(18))
		return fmt.Sprintf("input %q of type %s", v.Name, v.ElemType)
	}
	d := &v.Dims[u.IntN(len(v.Dims))]
	d.HasValue, d.Value = true, u.number(d.Value)
	return fmt.Sprintf("input %q has the dims %v", v.Name, v.Dims)
}

func (u mutator) graphOutput() string {
	g := u.m.Graph
	if len(g.Outputs) == 0 {
		return "nothing"
	}
	o := g.Outputs[u.IntN(len(g.Outputs))]
	o.Name = u.value()
	return fmt.Sprintf("the output is %.40q", o.Name)
}

func (u mutator) initializer() string {
	g := u.m.Graph
	if len(g.Initializers) == 0 {
		return "nothing"
	}
	t := g.Initializers[u.IntN(len(g.Initializers))]
	return fmt.Sprintf("initializer %.40q: %s", t.Name, u.tensor(t))
}

// tensor changes dimensions, type or data.
func (u mutator) tensor(t *onnx.TensorProto) string {
	switch k := u.IntN(8); {
	case k == 0 && len(t.Dims) > 0:
		i := u.IntN(len(t.Dims))
		t.Dims[i] = u.number(t.Dims[i])
	case k == 1 && len(t.Dims) > 1:
		i := u.IntN(len(t.Dims) - 1)
		t.Dims[i], t.Dims[i+1] = t.Dims[i+1], t.Dims[i]
	case k == 2:
		t.DataType = onnx.DataType(u.IntN(18))
	case k == 3:
		t.Dims = append(t.Dims, 1)
	case k == 4 && len(t.RawData) > 0:
		t.RawData = t.RawData[:u.IntN(len(t.RawData))]
	default:
		return u.data(t)
	}
	return fmt.Sprintf("%s of %v, %d bytes", t.DataType, t.Dims, len(t.RawData))
}

// data changes one element.
func (u mutator) data(t *onnx.TensorProto) string {
	f, i := nastyFloats[u.IntN(len(nastyFloats))], nasty[u.IntN(len(nasty))]
	switch {
	case len(t.FloatData) > 0:
		t.FloatData[u.IntN(len(t.FloatData))] = f
		return fmt.Sprintf("an element is %g", f)
	case len(t.Int64Data) > 0:
		t.Int64Data[u.IntN(len(t.Int64Data))] = i
	case len(t.RawData) >= 8 && t.DataType == onnx.TypeInt64:
		at := u.IntN(len(t.RawData)/8) * 8
		t.RawData = append([]byte{}, t.RawData...)
		for k := range 8 {
			t.RawData[at+k] = byte(i >> (8 * k))
		}
	case len(t.RawData) >= 4:
		at := u.IntN(len(t.RawData)/4) * 4
		t.RawData = append([]byte{}, t.RawData...)
		bits := math.Float32bits(f)
		for k := range 4 {
			t.RawData[at+k] = byte(bits >> (8 * k))
		}
		return fmt.Sprintf("an element is %g", f)
	}
	return fmt.Sprintf("an element is %d", i)
}
