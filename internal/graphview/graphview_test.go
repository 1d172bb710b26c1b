package graphview

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/fusion"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/ir/pass"
	"github.com/ingot-go/ingot/onnx"
)

// networks are models whose graphs differ: residual, chain, fire modules, heads at
// several depths, dense blocks, inception modules, shuffles.
var networks = []string{
	"models/cifar10/resnet56-cifar10.onnx", "models/imagenet/mobilenetv1-0.75-224.onnx", "models/imagenet/squeezenet1.1.onnx",
	"models/face/face-slim-320.onnx", "conformance/onnx-light/light_densenet121.onnx",
	"conformance/onnx-light/light_inception_v2.onnx", "conformance/onnx-light/light_shufflenet.onnx",
}

// load imports a network, and fuses it if asked to.
func load(t *testing.T, path string, fused bool) *ir.Graph {
	t.Helper()
	g, err := onnx.Import(path, onnx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if fused {
		p := pass.Pipeline{Passes: fusion.Passes(interp.Eval)}
		if _, err := p.Run(g); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

func TestNetworks(t *testing.T) {
	root := os.Getenv("INGOT_DATA")
	if root == "" {
		if os.Getenv("INGOT_REQUIRE_DATA") == "1" {
			t.Fatal("INGOT_DATA is not set, and INGOT_REQUIRE_DATA wants it")
		}
		t.Skip("INGOT_DATA is not set: no real networks to draw")
	}
	for _, name := range networks {
		for _, fused := range []bool{false, true} {
			form := map[bool]string{false: "source", true: "fused"}[fused]
			t.Run(form+" "+filepath.Base(name), func(t *testing.T) {
				checkGraph(t, load(t, filepath.Join(root, name), fused))
			})
		}
	}
}

// checkGraph draws g twice and checks the picture and the page.
func checkGraph(t *testing.T, g *ir.Graph) {
	t.Helper()
	s := newScene("net", g)
	checkPlaces(t, s)
	picture, doc := svg(t, g), html(t, g)
	wellFormed(t, picture)
	wellFormed(t, pictureOf(t, doc))
	if picture != svg(t, g) || doc != html(t, g) {
		t.Error("the second drawing has other bytes")
	}
	var d []details
	if err := json.Unmarshal([]byte(dataOf(t, doc)), &d); err != nil {
		t.Fatal(err)
	}
	if want := len(g.Nodes) + len(g.Inputs) + len(g.Outputs); len(d) != want {
		t.Errorf("details of %d boxes, want %d", len(d), want)
	}
	for _, b := range d {
		if strings.Count(picture, ` id="`+b.ID+`"`) != 1 {
			t.Errorf("box %s of %q is not there once", b.ID, b.Name)
		}
	}
	for i, n := range g.Nodes {
		if b := d[len(g.Inputs)+i]; b.Name != n.Name {
			t.Errorf("box %s has the name %q, want %q", b.ID, b.Name, n.Name)
		}
		for _, v := range n.In {
			if v != nil && v.Def != nil && !joined(s, v.Def, n) {
				t.Errorf("no edge from %q to %q", v.Def.Name, n.Name)
			}
		}
	}
}

// checkPlaces checks that no boxes overlap and that edges lead down.
func checkPlaces(t *testing.T, s *scene) {
	t.Helper()
	for a := range s.boxes {
		p := s.plan.Corner[a]
		for b := range a {
			q := s.plan.Corner[b]
			if p.X < q.X+s.sizes[b].W && q.X < p.X+s.sizes[a].W && p.Y < q.Y+s.sizes[b].H && q.Y < p.Y+s.sizes[a].H {
				t.Errorf("%s and %s overlap", s.boxes[a].label, s.boxes[b].label)
			}
		}
	}
	for i, e := range s.edges {
		if s.plan.Layer[e.to] <= s.plan.Layer[e.from] {
			t.Errorf("the edge %s leads up", e.label)
		}
		for k, p := range s.plan.Routes[i][1:] {
			if p.Y < s.plan.Routes[i][k].Y {
				t.Errorf("the line of %s leads up", e.label)
			}
		}
	}
}

func joined(s *scene, from, to *ir.Node) bool {
	for _, e := range s.edges {
		if s.boxes[e.from].label == from.Name && s.boxes[e.to].label == to.Name {
			return true
		}
	}
	return false
}

func svg(t *testing.T, g *ir.Graph) string {
	t.Helper()
	var b strings.Builder
	if err := SVG(&b, g.Name, g); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func html(t *testing.T, g *ir.Graph) string {
	t.Helper()
	var b strings.Builder
	if err := HTML(&b, g.Name, g); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// wellFormed fails the test if text is not XML.
func wellFormed(t *testing.T, text string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

var (
	pictureIn = regexp.MustCompile(`(?s)<svg .*?</svg>`)
	dataIn    = regexp.MustCompile(`(?s)<script id="details" type="application/json">(.*?)</script>`)
)

func pictureOf(t *testing.T, doc string) string {
	t.Helper()
	all := pictureIn.FindAllString(doc, -1)
	if len(all) != 1 {
		t.Fatalf("the page has %d pictures", len(all))
	}
	return all[0]
}

func dataOf(t *testing.T, doc string) string {
	t.Helper()
	all := dataIn.FindAllStringSubmatch(doc, -1)
	if len(all) != 1 {
		t.Fatalf("the page has %d scripts of data", len(all))
	}
	return all[0][1]
}

// block is a convolution, one that adds the first's result, and a pooling, with names
// made from name.
func block(t *testing.T, name string) *ir.Graph {
	t.Helper()
	x := &ir.Value{Name: "x" + name, Type: ir.F32, Shape: ir.Shape{1, 8, 6, 6}}
	g := &ir.Graph{Name: "net" + name, Inputs: []*ir.Value{x}}
	add := func(n string, op ir.Op, in ...*ir.Value) *ir.Value {
		node, err := g.Add(n+name, op, in...)
		if err != nil {
			t.Fatal(err)
		}
		return node.Out[0]
	}
	one := ir.Window{Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
	w := ir.Const("w"+name, ir.NewTensor(ir.F32, ir.Shape{8, 8, 1, 1}))
	first := add("first", ir.Conv{Window: one, Groups: 1}, x, w)
	second := add("second", ir.Conv{Window: one, Groups: 1}, first, w)
	third := add("third", ir.Conv{Window: one, Groups: 1, Epilogue: ir.Epilogue{Act: ir.Act{Kind: ir.Relu}}}, second, w, nil, first)
	g.Nodes[2].From = []string{"third" + name, "sum" + name, "relu" + name}
	g.Outputs = []*ir.Value{third}
	return g
}

func TestContent(t *testing.T) {
	g := block(t, "")
	g.Nodes[0].Out[0].Quant = ir.PerTensor(0.25, 7)
	checkGraph(t, g)
	picture := svg(t, g)
	for _, want := range []string{">Conv 1x1<", ">third<", ">→ residual sum → relu<", ">+ sum<", ">+ relu<", ">f32 1x8x6x6<",
		">2.3 k MACs<", ">fp32 (3)<", ">residual operand<", ">3 nodes, 6.91 k MACs, 64 parameters<", ">input x: f32 1x8x6x6<"} {
		if !strings.Contains(picture, want) {
			t.Errorf("the picture lacks %s", want)
		}
	}
	if n := strings.Count(picture, `class="edge residual" data-from="n0" data-to="n2"`); n != 1 {
		t.Errorf("%d residual edges from n0 to n2", n)
	}
	if n := strings.Count(picture, "data-from="); n != 5 {
		t.Errorf("%d edges, want 5", n)
	}
	data := dataOf(t, html(t, g))
	for _, want := range []string{`["Scale","0.25"],["Zero point","7"]`, `"Title":"Weights","Rows":[["Name","w"],["Type","f32"],["Shape","8x8x1x1"]]`,
		`"From":["third","sum","relu"]`, `["Kernel","[1,1]"]`} {
		if !strings.Contains(data, want) {
			t.Errorf("the details lack %s:\n%s", want, data)
		}
	}
}

// TestHostileNames draws graphs whose names try to break out of the text that they stand in.
func TestHostileNames(t *testing.T) {
	for _, name := range []string{`</script><script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'"&<>]]>`, "\x00\x01\x1b\x7f\r\n\t",
		"\u202egnp.exe", "\xff\xfe", strings.Repeat("long/", 50_000), strings.Repeat("宽", 300), "-->", "{{.Title}}", "${x}`\\"} {
		g := block(t, name)
		picture, doc := svg(t, g), html(t, g)
		wellFormed(t, picture)
		wellFormed(t, pictureOf(t, doc))
		if n := strings.Count(doc, "<script"); n != 2 {
			t.Errorf("%.20q: the page has %d scripts", name, n)
		}
		for _, bad := range []string{"<img", "\u202e", "\x00", "\x1b", "</script><"} {
			if strings.Contains(doc, bad) || strings.Contains(picture, bad) {
				t.Errorf("%.20q: %q is in the page as it is", name, bad)
			}
		}
		if len(doc) > 100_000 {
			t.Errorf("%.20q: the page has %d bytes", name, len(doc))
		}
		for i, b := range newScene(name, g).boxes {
			for _, l := range b.lines {
				if w, _ := measure([]textLine{l}); w > lineRunes*lineAdvance/100+2*margin+2 {
					t.Errorf("%.20q: box %d has a line %d pixels wide", name, i, w)
				}
			}
		}
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{{"short", 5, "short"}, {"abcdefghij", 7, "abc…hij"}, {"abcdefghij", 6, "ab…hij"}, {"宽宽宽宽", 6, "宽…宽"}} {
		if got := shorten(c.text, c.n); got != c.want || columns(got) > c.n {
			t.Errorf("shorten(%q, %d) = %q, want %q", c.text, c.n, got, c.want)
		}
	}
}

func TestHuman(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1 k", 12845056: "12.8 M", 999_600_000: "1 G", 4_089_000_000: "4.09 G", 1e15: "1000 T"} {
		if got := human(n); got != want {
			t.Errorf("human(%d) = %q, want %q", n, got, want)
		}
	}
}

// TestClasses draws a node of each colour.
func TestClasses(t *testing.T) {
	x := &ir.Value{Name: "x", Type: ir.F32, Shape: ir.Shape{1, 4, 4, 4}}
	g := &ir.Graph{Name: "net", Inputs: []*ir.Value{x}}
	for i, op := range []ir.Op{ir.Unary{Act: ir.Act{Kind: ir.Relu}}, ir.Quantize{Mul: []float32{1}, Add: []float32{0}}, ir.QTable{Table: make([]uint8, 256)},
		ir.Reshape{Shape: ir.Shape{1, 64}}, ir.Dequantize{Scale: 1}} {
		n, err := g.Add(op.Kind(), op, x)
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"fp32", "border", "int8", "move", "border"}[i]; class(n) != want {
			t.Errorf("%s has the colour of %s, want %s", op.Kind(), class(n), want)
		}
		x = n.Out[0]
	}
	g.Outputs = []*ir.Value{x}
	checkGraph(t, g)
	for _, want := range []string{">int8 (1)<", ">fp32 (1)<", ">border: quantize, dequantize (2)<", ">data movement (1)<"} {
		if !strings.Contains(svg(t, g), want) {
			t.Errorf("the legend lacks %s", want)
		}
	}
}
