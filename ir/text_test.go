package ir

import (
	"bytes"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

const quantizedText = `graph "quantized"
input %image: f32 1x2x4x4
%x: u8 1x2x4x4 quant(0.1,128) = Quantize(%image) {Mul=[10] Add=[0] Zero=128} from ["source of x"]
const %w: s8 2x2x1x1 quant([0.5,0.25],[0,-1]) = [1,-2,3,-4]
const %b: s32 2 = [100,-100]
%conv: u8 1x2x4x4 quant(0.25,3) = QConv(%x,%w,%b,%x) {Kernel=[1,1] Stride=[1,1] Dilation=[1,1] Groups=1 Mul=[0.2,0.1] Pre=true PreHi=+Inf SumMul=0.4 Zero=3 Lo=3 Hi=255} from ["source of conv"]
%concat: u8 1x4x4x4 quant(0.25,3) = Concat(%conv,%conv) {Axis=1} from ["source of concat"]
%table: u8 1x4x4x4 quant(0.1,128) = QTable(%concat) {Table="//79/Pv6"} from ["source of table"]
%real: f32 1x4x4x4 = Dequantize(%table) {Scale=0.1} from ["source of real"]
output %real
`

func TestText(t *testing.T) {
	s := quantized(t).String()
	i := strings.Index(s, "//79/Pv6")
	s = s[:i+8] + s[i+strings.IndexByte(s[i:], '"'):] // the table is long
	if s != quantizedText {
		t.Errorf("text is\n%s\nwant\n%s", s, quantizedText)
	}
}

// sameGraph compares graphs by structure: the same values in the same places.
func sameGraph(t *testing.T, got, want *Graph) {
	t.Helper()
	if got.Name != want.Name || len(got.Nodes) != len(want.Nodes) {
		t.Fatalf("graph %q of %d nodes, want %q of %d", got.Name, len(got.Nodes), want.Name, len(want.Nodes))
	}
	pair := map[*Value]*Value{}
	values := func(what string, a, b []*Value) {
		t.Helper()
		if len(a) != len(b) {
			t.Fatalf("%s: %d values, want %d", what, len(a), len(b))
		}
		for i := range a {
			if (a[i] == nil) != (b[i] == nil) {
				t.Fatalf("%s: operand %d is %v, want %v", what, i, a[i], b[i])
			}
			if a[i] != nil {
				sameValue(t, a[i], b[i])
				if p := pair[a[i]]; p != nil && p != b[i] {
					t.Errorf("%s: value %q stands for two", what, a[i].Name)
				}
				pair[a[i]] = b[i]
			}
		}
	}
	values("inputs", got.Inputs, want.Inputs)
	for i, n := range got.Nodes {
		m := want.Nodes[i]
		if n.Name != m.Name || !reflect.DeepEqual(n.Op, m.Op) || !reflect.DeepEqual(n.From, m.From) {
			t.Errorf("node %q %#v from %q\nwant %q %#v from %q", n.Name, n.Op, n.From, m.Name, m.Op, m.From)
		}
		values(n.Name, n.In, m.In)
		values(n.Name, n.Out, m.Out)
		for _, v := range n.Out {
			if v.Def != n {
				t.Errorf("value %q is not its node's", v.Name)
			}
		}
	}
	values("outputs", got.Outputs, want.Outputs)
}

func sameValue(t *testing.T, a, b *Value) {
	t.Helper()
	if a.Name != b.Name || a.Type != b.Type || !a.Shape.Equal(b.Shape) || !reflect.DeepEqual(a.Quant, b.Quant) {
		t.Errorf("value %+v, want %+v", a, b)
	}
	if a.IsConst() != b.IsConst() || a.IsConst() && (a.Const.Elems() != b.Const.Elems() || !bytes.Equal(encode(a.Const), encode(b.Const))) {
		t.Errorf("value %q has other data", a.Name)
	}
}

func reparse(t *testing.T, g *Graph) *Graph {
	t.Helper()
	var b bytes.Buffer
	if err := Print(&b, g); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	again, err := Parse(&b)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return again
}

// moving has constants of every type, several results, odd names, nothing quantized.
func moving(t *testing.T) *Graph {
	rnd := rand.New(rand.NewPCG(1, 1))
	in := value("input \"0\":\n\xff%", F32, 1, 4)
	g := &Graph{Name: "names: é", Inputs: []*Value{in}}
	add := func(name string, op Op, in ...*Value) *Node {
		n, err := g.Add(name, op, in...)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	parts := add("a/split.0", Split{Axis: 1, Sizes: []int{1, 3}}, in)
	parts.From = []string{"one", "two \"2\""}
	big := NewTensor(F32, Shape{5, 4})
	for i := range big.F32 {
		big.F32[i] = float32(rnd.NormFloat64())
	}
	big.F32[0], big.F32[1], big.F32[2] = inf, float32(math.Copysign(0, -1)), float32(math.NaN())
	w := Const("big", big)
	fc := add("_", FC{Epilogue: Epilogue{Act: Act{Kind: Clip, A: -1, B: inf}}}, in, w)
	g.Outputs = []*Value{parts.Out[1], fc.Out[0], in, w}
	for i, c := range []*Tensor{
		{Type: I64, Shape: Shape{2}, I64: []int64{math.MinInt64, math.MaxInt64}},
		{Type: Bool, Shape: Shape{}, U8: []uint8{1}},
		{Type: S8, Shape: Shape{17}, S8: []int8{-128, 127, 16: 5}},
		{Type: S32, Shape: Shape{17}, S32: []int32{math.MinInt32, math.MaxInt32, 16: 5}},
		{Type: I64, Shape: Shape{17}, I64: []int64{math.MinInt64, math.MaxInt64, 16: 5}},
		{Type: Bool, Shape: Shape{17}, U8: []uint8{1, 0, 16: 1}},
		{Type: F32, Shape: Shape{0, 3}, F32: []float32{}},
		{Type: F32, Shape: Shape{2}, F32: []float32{0.1, math.MaxFloat32}},
	} {
		n := add("id"+string(rune('a'+i)), Identity{}, Const("const"+string(rune('a'+i)), c))
		n.Out[0].Name = "value of " + n.Name
	}
	s := Const("s", &Tensor{Type: S8, Shape: Shape{1, 2}, S8: []int8{3, 4}})
	s.Quant = &Quant{Scale: []float32{1, 2}, Zero: []int32{-128, 127}, Axis: 1}
	add("s8", Identity{}, s).Out[0].Quant = &Quant{Scale: []float32{1}, Zero: []int32{5}, Axis: 1}
	u := Const("u", &Tensor{Type: U8, Shape: Shape{17}, U8: []uint8{255, 16: 9}})
	u.Quant = PerTensor(1.0/3, 255)
	add("last", Identity{}, u).Out[0].Quant = u.Quant
	return g
}

func TestRoundTrip(t *testing.T) {
	for _, g := range []*Graph{quantized(t), moving(t)} {
		sameGraph(t, reparse(t, g), g)
	}
}

// randomAttributes fills every field of an operator.
func randomAttributes(rnd *rand.Rand, v reflect.Value) {
	if names, ok := enumByType[v.Type()]; ok {
		v.SetUint(uint64(rnd.IntN(len(names))))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			randomAttributes(rnd, v.Field(i))
		}
	case reflect.Bool:
		v.SetBool(rnd.IntN(2) == 1)
	case reflect.Int:
		v.SetInt(rnd.Int64() - rnd.Int64())
	case reflect.Uint8:
		v.SetUint(uint64(rnd.IntN(256)))
	case reflect.Float32:
		v.SetFloat([]float64{0, math.Copysign(0, -1), math.Inf(-1), float64(float32(rnd.NormFloat64())), 1e-45}[rnd.IntN(5)])
	case reflect.Slice:
		if n := rnd.IntN(5); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n-1, n-1))
		}
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			randomAttributes(rnd, v.Index(i))
		}
	default:
		panic("no rule for " + v.Type().String())
	}
}

func TestAttributesOfEveryOperator(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 2))
	for _, op := range Ops() {
		for range 20 {
			want := reflect.New(reflect.TypeOf(op)).Elem()
			randomAttributes(rnd, want)
			text := strings.Join(Attributes(want.Interface().(Op)), " ")
			p := &parser{rest: op.Kind() + "{" + text + "}"}
			got := p.operator()
			p.attributes(got)
			if p.err != nil || p.rest != "" {
				t.Fatalf("%s {%s}: %v, rest %q", op.Kind(), text, p.err, p.rest)
			}
			// The texts tell -0 from 0, DeepEqual nil from empty.
			if again := strings.Join(Attributes(got.Interface().(Op)), " "); again != text || !reflect.DeepEqual(got.Interface(), want.Interface()) {
				t.Errorf("%s {%s} came back as {%s}", op.Kind(), text, again)
			}
		}
	}
}

func TestStringLeavesDataOut(t *testing.T) {
	g := moving(t)
	s := g.String()
	if !strings.Contains(s, "const %big: f32 5x4 = hash ") || strings.Contains(s, "base64") {
		t.Errorf("text is\n%s", s)
	}
	if _, err := Parse(strings.NewReader(s)); err == nil || !strings.Contains(err.Error(), "line 4: the data were left out") {
		t.Errorf("error %v", err)
	}
	g.Nodes[1].In[1].Const.F32[7]++
	if g.String() == s {
		t.Error("another weight gives the same text")
	}
}

func TestParseErrors(t *testing.T) {
	const head = "graph \"g\"\n# comment\n\ninput %x: f32 1x4\n"
	cases := []struct{ text, want string }{
		{"hello", `line 5: want graph, input, const, output or %result before "hello"`},
		{"%y: f32 1x4 = Bogus(%x)", `line 5: unknown operator "Bogus"`},
		{"%y: f32 1x4 = Unary(%z)", `"z" is not defined`},
		{"%y: f32 1x4 = Unary(%y)", `"y" is computed from itself`},
		{"%x: f32 1x4 = Unary(%x)", `"x" is defined twice`},
		{"%y: f32 1x4 = Unary(%x) {Foo=1}", `"Foo" is no attribute`},
		{"%y: f32 1x4 = Softmax(%x) {Axis=1 Axis=1}", `"Axis" is no attribute, or is there twice`},
		{"%y: f32 1x4 = Softmax(%x) {Axis=99999999999999999999}", "value out of range"},
		{"%y: f32 1x4 = Softmax(%x) {Axis=one}", `"one": invalid syntax`},
		{"%y: f32 1x4 = Unary(%x) {Act=foo}", `"foo" is none of none, relu`},
		{"%y: f32 1x4 = Unary(%x", "want , or ) at the end of the line"},
		{"%y: f32 1x4 = Unary(%x) {Act=relu", "want a word at the end of the line"},
		{"%y: f32 1x4 = Unary(%x) trailing", `want the end of the line before "trailing"`},
		{"%y: f99 1x4 = Unary(%x)", `"f99" is none of`},
		{"%y: f32 1x-4 = Unary(%x)", `shape "1x-4"`},
		{"%y: f32 9999999999 = Unary(%x)", `shape "9999999999"`},
		{"%y: f32 65536x65536 = Unary(%x)", "more than 2147483647 elements"},
		{"%y: f32 1x4 = MaxPool(%x) {Kernel=[1,2,3]}", "more than 2 entries"},
		{"%y: f32 1x4 = MaxPool(%x) {Kernel=[1]}", "1 entries, want 2"},
		{"%y: f32 1x4 = QTable(%x) {Table=\"!\"}", "base64: illegal"},
		{"%y: f32 1x4 = Unary(%x) from [\"a]", "want a quoted string"},
		{"const %c: f32 2147483647 = [1]", "1 elements for 2147483647"},
		{"const %c: f32 2147483647 = base64 \"AAAA\"", "3 bytes of data for f32 2147483647"},
		{"const %c: u8 1 = [256]", "value out of range"},
		{"const %c: invalid 1 = [1]", "constant of type invalid"},
		{"input %\"\": f32 1", "graph input: a value has no name"},
		{"%y: f32 1x5 = Unary(%x)\noutput %y", `node "y": Unary(f32 1x4): result 0, "y", is f32 1x5`},
		{"", "the graph has no outputs"},
	}
	for _, c := range cases {
		if _, err := Parse(strings.NewReader(head + c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\n\terror %v\n\twant %q", c.text, err, c.want)
		}
	}
}

// TestParseMutations cuts and changes a good text everywhere and wants no panic.
func TestParseMutations(t *testing.T) {
	var b bytes.Buffer
	if err := Print(&b, quantized(t)); err != nil {
		t.Fatal(err)
	}
	good := b.String()
	rnd := rand.New(rand.NewPCG(3, 3))
	for i := range len(good) {
		_, _ = Parse(strings.NewReader(good[:i]))
		_, _ = Parse(strings.NewReader(good[:i] + good[i+1:]))
		bad := []byte(good)
		bad[i] = "%[]{}(),\"=_x09-@\n :\xff"[rnd.IntN(20)]
		_, _ = Parse(bytes.NewReader(bad))
	}
}

func FuzzParse(f *testing.F) {
	f.Add(quantizedText)
	f.Add("graph \"g\"\ninput %x: f32 1x4\n%a: f32 1x1, %b: f32 1x3 = Split(%x) {Axis=1 Sizes=[1,3]} @n\noutput %a,%b\n")
	f.Add("input %x: f32 1x1x4x4\n%y: f32 1x1x2x2 = MaxPool(%x) {Kernel=[2,2] Stride=[2,2] Dilation=[1,1]}\noutput %y")
	f.Fuzz(func(t *testing.T, text string) {
		g, err := Parse(strings.NewReader(text))
		if err == nil {
			sameGraph(t, reparse(t, g), g)
		}
	})
}

func TestPrintBrokenGraph(t *testing.T) {
	g := quantized(t)
	g.Nodes[0].Op, g.Nodes[1].Out[0], g.Nodes[2] = nil, nil, nil
	g.Nodes[3].Op = &QTable{}
	g.Inputs = append(g.Inputs, nil)
	g.Outputs = append(g.Outputs, nil)
	if s := g.String(); !strings.Contains(s, "= nil(%image)") || !strings.Contains(s, "# nil node") {
		t.Errorf("text is\n%s", s)
	}
}

func TestClone(t *testing.T) {
	for _, g := range []*Graph{quantized(t), moving(t)} {
		c := Clone(g)
		sameGraph(t, c, g)
		if err := Verify(c); err != nil {
			t.Fatal(err)
		}
		mine := map[*Value]bool{}
		for _, v := range g.Values() {
			mine[v] = true
		}
		for _, v := range c.Values() {
			if mine[v] {
				t.Errorf("value %q is shared", v.Name)
			}
		}
		before := g.String()
		for _, v := range c.Values() {
			v.Name += "!"
			v.Shape = append(v.Shape, 1)
			if v.Quant != nil {
				v.Quant.Scale[0]++
			}
		}
		for _, n := range c.Nodes {
			n.Name, n.In, n.From = "x", n.In[:0], append(n.From[:0], "y")
		}
		if g.String() != before {
			t.Error("changing the clone changed the graph")
		}
	}
}
