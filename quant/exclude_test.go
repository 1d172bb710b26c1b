package quant

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// mixable is a network in which every way of excluding finds something; nodes stand
// for source nodes of their name with /a and /b.
func mixable(t *testing.T) *ir.Graph {
	b := newBuilder(t, 5)
	x := b.conv(b.input(1, 3, 8, 8), 4, 3, 1, 1, act(ir.Relu))
	y := b.conv(x, 4, 3, 1, 1, act(ir.Relu), x)
	y = b.node(ir.Binary{Fn: ir.Add}, b.node(ir.MaxPool{Window: square(3, 1, 1)}, y), y)
	y = b.node(ir.Unary{Act: ir.Act{Kind: ir.Sigmoid}}, b.conv(y, 4, 1, 1, 1, ir.Epilogue{}))
	y = b.node(ir.Reshape{Shape: ir.Shape{1, 4}}, b.node(ir.GlobalAvgPool{}, y))
	g := b.done(b.fc(y, 10, ir.Epilogue{}))
	for _, n := range g.Nodes {
		n.From = []string{n.Name + "/a", n.Name + "/b"}
	}
	return g
}

// fp32 lists the nodes that stayed fp32 with the reasons.
func fp32(r *Report) string {
	var list []string
	for _, n := range r.Nodes {
		if !n.Int8 {
			list = append(list, n.Name+": "+n.Why)
		}
	}
	return strings.Join(list, "; ")
}

func TestExclude(t *testing.T) {
	const follows = ": its operands are fp32"
	for _, c := range []struct {
		name  string
		x     Exclude
		smart bool
		want  string
	}{
		{"nothing", Exclude{}, false, ""},
		{"name", Exclude{Names: []string{"conv6"}}, false, `conv6: excluded by name "conv6"; maxpool7` + follows + "; binary8" + follows},
		{"source name", Exclude{Names: []string{"conv3/b"}}, false, `conv3: excluded by name "conv3/b"`},
		{"substring", Exclude{Match: []string{"pool"}}, false, `maxpool7: excluded by match "pool"; globalavgpool13: excluded by match "pool"; reshape14` + follows},
		{"glob", Exclude{Match: []string{"conv[13]*a"}}, false, `conv3: excluded by match "conv[13]*a" of its "conv3/a"; conv11: excluded by match "conv[13]*a" of its "conv11/a"; unary12` + follows + "; globalavgpool13" + follows + "; reshape14" + follows},
		{"kind", Exclude{Operators: []string{"FC"}}, false, `fc17: excluded by operator "FC"`},
		{"ONNX operators", Exclude{Operators: []string{"Gemm", "Add", "Sigmoid"}}, false,
			`binary8: excluded by operator "Add"; unary12: excluded by operator "Sigmoid"; globalavgpool13` + follows + "; reshape14" + follows + `; fc17: excluded by operator "Gemm"`},
		{"the first reason counts", Exclude{Names: []string{"fc17"}, Operators: []string{"FC"}}, false, `fc17: excluded by name "fc17"`},
		{"smart, all int8", Exclude{}, true, ""},
		{"smart, before the last layer", Exclude{Operators: []string{"FC"}}, true,
			"unary12: smart: no int8 node reads its result; globalavgpool13: smart: no int8 node reads its result; reshape14: smart: no int8 node reads its result; fc17: excluded by operator \"FC\""},
		{"smart, one operand", Exclude{Names: []string{"maxpool7"}}, true, `maxpool7: excluded by name "maxpool7"; binary8: smart: not all of its operands are int8`},
	} {
		q, rep := quantize(t, mixable(t), Options{Exclude: c.x, Smart: c.smart})
		if got := fp32(rep); got != c.want {
			t.Errorf("%s: fp32 are\n%s\nwant\n%s", c.name, got, c.want)
		}
		for _, n := range rep.Nodes {
			if !n.Int8 && n.Bits != 0 {
				t.Errorf("%s: %s is fp32 with weights of %d bits", c.name, n.Name, n.Bits)
			}
		}
		CheckMixed(t, q, samples(q, 1).list[0])
	}
}

// A network in smart mode whose input an excluded layer reads too.
func TestSmartInput(t *testing.T) {
	b := newBuilder(t, 6)
	x := b.input(1, 3, 8, 8)
	p := b.node(ir.MaxPool{Window: square(3, 1, 1)}, x)
	g := b.done(b.conv(p, 4, 1, 1, 1, ir.Epilogue{}), b.conv(x, 4, 1, 1, 1, ir.Epilogue{}))
	for want, x := range map[string]Exclude{
		"": {},
		"maxpool1: smart: not all of its operands are int8; conv7: excluded by name \"conv7\"": {Names: []string{"conv7"}},
	} {
		q, rep := quantize(t, g, Options{Exclude: x, Smart: true})
		if got := fp32(rep); got != want {
			t.Errorf("fp32 are %s, want %s", got, want)
		}
		CheckMixed(t, q, samples(q, 1).list[0])
	}
}

// What leads from an input to nothing but an excluded layer is not quantized for it.
func TestExcludedHead(t *testing.T) {
	b := newBuilder(t, 7)
	x := b.node(ir.Affine{Mul: []float32{2, 3, 4}, Add: []float32{1}}, b.input(1, 3, 8, 8))
	x = b.conv(x, 4, 3, 1, 1, act(ir.Relu))
	g := b.done(b.conv(x, 4, 3, 1, 1, ir.Epilogue{}))
	q, _ := quantize(t, g, Options{Exclude: Exclude{Names: []string{x.Name}}})
	if got, want := kinds(q), "Affine Conv Quantize QConv Dequantize"; got != want {
		t.Errorf("operators are %s, want %s", got, want)
	}
}

func TestExcludeErrors(t *testing.T) {
	g := mixable(t)
	c := calibrate(t, g, samples(g, 2), MinMax)
	for _, e := range []struct {
		o    Options
		want []string
	}{
		{Options{Exclude: Exclude{Names: []string{"conv6", "conv7"}}}, []string{`no node of the fused graph is called "conv7"`, `"conv3", "conv6"`}},
		{Options{Exclude: Exclude{Match: []string{"Stage1*"}}}, []string{`a name that matches "Stage1*"`, `"unary12`}},
		{Options{Exclude: Exclude{Match: []string{"conv[1"}}}, []string{`match "conv[1": syntax error in pattern`}},
		{Options{Exclude: Exclude{Match: []string{""}}}, []string{"empty match"}},
		{Options{Exclude: Exclude{Operators: []string{"conv"}}}, []string{`is a "conv"`, `"Conv"`, "layer's name"}},
		{Options{Exclude: Exclude{Names: []string{"conv3"}}, WeightBits: []Bits{{"conv3", 7}}}, []string{`all layers called "conv3" are excluded`}},
	} {
		_, _, err := Quantize(g, c, e.o)
		for _, want := range e.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: error %v, want it to say %s", e.o, err, want)
			}
		}
	}
	if _, _, err := Quantize(g, c, Options{Exclude: Exclude{Names: []string{"conv3"}}, WeightBits: []Bits{{"conv*", 7}}}); err != nil {
		t.Errorf("a pattern that also matches int8 layers: %v", err)
	}
}

// Every kind of network with nodes excluded at random, in both modes.
func TestExcludeAtRandom(t *testing.T) {
	for _, c := range networks {
		g := c.make(newBuilder(t, 1))
		cal := calibrate(t, g, samples(g, 8), MinMax)
		in := samples(g, 1).list[0]
		want := run(t, g, in)
		r := rand.New(rand.NewPCG(9, 9))
		for i := range 12 {
			o := Options{Smart: i%2 == 1}
			for _, n := range g.Nodes {
				if r.IntN(3) == 0 {
					o.Exclude.Names = append(o.Exclude.Names, n.Name)
				}
			}
			q, rep, err := Quantize(g, cal, o)
			if err != nil {
				t.Fatalf("%s, %+v: %v", c.name, o, err)
			}
			CheckMixed(t, q, in)
			if snr := snrOf(want, run(t, q, in)); snr < c.snr-2 {
				t.Errorf("%s, %+v: signal to noise %.1f dB, want at least %.0f\n%s", c.name, o, snr, c.snr-2, rep)
			}
		}
	}
}
