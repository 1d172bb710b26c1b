package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func k(name string, v float32) *ir.Value { return vals(name, ir.Shape{}, v) }

// gate adds min(max(x+3, 0), 6), not yet divided.
func (b *net) gate(x *ir.Value) *ir.Value {
	return b.act("clip", b.bin("add", ir.Add, x, k("three", 3)), relu6)
}

// spellings of hard-swish.
var hardSwishes = map[string]func(b *net, x *ir.Value) *ir.Value{
	"x*clip/6": func(b *net, x *ir.Value) *ir.Value {
		return b.bin("y", ir.Div, b.bin("mul", ir.Mul, x, b.gate(x)), k("six", 6))
	},
	"clip*x*(1/6)": func(b *net, x *ir.Value) *ir.Value {
		return b.bin("y", ir.Mul, k("sixth", 1.0/6), b.bin("mul", ir.Mul, b.gate(x), x))
	},
	"x*(clip/6)": func(b *net, x *ir.Value) *ir.Value {
		return b.bin("y", ir.Mul, x, b.bin("div", ir.Div, b.gate(x), k("six", 6)))
	},
	"(x/6)*clip": func(b *net, x *ir.Value) *ir.Value {
		return b.bin("y", ir.Mul, b.bin("div", ir.Div, x, k("six", 6)), b.gate(x))
	},
	"x*clip(x/6+0.5,0,1)": func(b *net, x *ir.Value) *ir.Value {
		a := b.bin("half", ir.Add, b.bin("div", ir.Div, x, k("six", 6)), k("h", 0.5))
		return b.bin("y", ir.Mul, x, b.act("clip", a, ir.Act{Kind: ir.Clip, A: 0, B: 1}))
	},
	"x*(clip(x,-3,3)+3)/6": func(b *net, x *ir.Value) *ir.Value {
		a := b.bin("three", ir.Add, b.act("clip", x, ir.Act{Kind: ir.Clip, A: -3, B: 3}), k("c3", 3))
		return b.bin("y", ir.Div, b.bin("mul", ir.Mul, x, a), k("six", 6))
	},
	"x*hardsigmoid": func(b *net, x *ir.Value) *ir.Value {
		return b.bin("y", ir.Mul, b.act("hs", x, ir.Act{Kind: ir.HardSigmoid, A: 1.0 / 6, B: 0.5}), x)
	},
	"relu, then min": func(b *net, x *ir.Value) *ir.Value {
		a := b.act("relu", b.bin("add", ir.Add, x, k("three", 3)), relu)
		a = b.act("min", a, ir.Act{Kind: ir.Clip, A: -inf, B: 6})
		return b.bin("y", ir.Div, b.bin("mul", ir.Mul, x, a), k("six", 6))
	},
}

func TestRecognizeHardSwish(t *testing.T) {
	for name, spell := range hardSwishes {
		t.Run(name, func(t *testing.T) {
			b := newNet(t, 1, 200)
			b.out(spell(b, b.x()))
			b.rewrite(fuseAll(t), "Unary")
			if got := b.Nodes[0].Op.(ir.Unary).Act.Kind; got != ir.HardSwish {
				t.Errorf("got %v", got)
			}
		})
		t.Run(name+" of a normalised convolution", func(t *testing.T) {
			b := newNet(t, 1, 3, 5, 5)
			b.out(spell(b, b.bn("bn", b.conv("c", b.x(), 4, 3, 1))))
			b.rewrite(fuseAll(t), "Conv")
			if got := b.Nodes[0].Op.(ir.Conv).Act.Kind; got != ir.HardSwish {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestHardSwishStops(t *testing.T) {
	kept := func(name string, want string, build func(b *net) *ir.Value) {
		t.Run(name, func(t *testing.T) {
			b := newNet(t, 1, 200)
			b.out(build(b))
			b.rewrite(fuseAll(t), want)
		})
	}
	kept("other factor", "Affine Unary Binary Affine", func(b *net) *ir.Value {
		return b.bin("y", ir.Div, b.bin("mul", ir.Mul, b.x(), b.gate(b.x())), k("c", 5))
	})
	kept("other tensor", "Affine Unary Binary Affine", func(b *net) *ir.Value {
		return b.bin("y", ir.Div, b.bin("mul", ir.Mul, b.input("z", 1, 200), b.gate(b.x())), k("c", 6))
	})
	kept("other slope", "Unary Binary", func(b *net) *ir.Value {
		return b.bin("y", ir.Mul, b.act("hs", b.x(), ir.Act{Kind: ir.HardSigmoid, A: 0.2, B: 0.5}), b.x())
	})
	kept("second reader of the clamp", "Affine Unary Binary Affine", func(b *net) *ir.Value {
		g := b.gate(b.x())
		b.out(g)
		return b.bin("y", ir.Div, b.bin("mul", ir.Mul, b.x(), g), k("c", 6))
	})
	kept("second reader of the product", "Affine Unary Binary Affine", func(b *net) *ir.Value {
		p := b.bin("mul", ir.Mul, b.x(), b.gate(b.x()))
		b.out(p)
		return b.bin("y", ir.Div, p, k("c", 6))
	})
	kept("second reader of the shift", "Affine Unary Binary Affine", func(b *net) *ir.Value {
		p := b.bin("mul", ir.Mul, b.x(), b.gate(b.x()))
		b.out(b.node("add").Out[0])
		return b.bin("y", ir.Div, p, k("c", 6))
	})
}

func TestRecognizeHardSigmoid(t *testing.T) {
	conv := func(b *net) *ir.Value { return b.conv("c", b.x(), 4, 3, 1) }
	for _, c := range []struct {
		name, want string
		act        ir.Act
		build      func(b *net) *ir.Value
	}{
		{"clip/6", "Conv", ir.Act{Kind: ir.HardSigmoid, A: 1.0 / 6, B: 0.5}, func(b *net) *ir.Value {
			return b.bin("y", ir.Div, b.gate(conv(b)), k("six", 6))
		}},
		{"(clip(x,-3,3)+3)/6", "Conv", ir.Act{Kind: ir.HardSigmoid, A: 1.0 / 6, B: 0.5}, func(b *net) *ir.Value {
			y := b.act("clip", conv(b), ir.Act{Kind: ir.Clip, A: -3, B: 3})
			return b.op("y", ir.Affine{Mul: []float32{1.0 / 6}, Add: []float32{0.5}}, y)
		}},
		{"normalised relu6", "Conv Affine", relu6, func(b *net) *ir.Value {
			return b.bin("y", ir.Div, b.act("clip", conv(b), relu6), k("six", 6))
		}},
		{"second reader", "Conv Affine", relu6, func(b *net) *ir.Value {
			g := b.gate(conv(b))
			b.out(g)
			return b.bin("y", ir.Div, g, k("six", 6))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 1, 3, 5, 5)
			b.out(c.build(b))
			b.rewrite(fuseAll(t), c.want)
			if got := b.node("c").Op.(ir.Conv).Act; got != c.act {
				t.Errorf("epilogue %v, want %v", got, c.act)
			}
		})
	}
	t.Run("squeeze and excite", func(t *testing.T) {
		b := newNet(t, 1, 4, 5, 5)
		s := b.conv("c", b.op("pool", ir.GlobalAvgPool{}, b.x()), 4, 1, 0)
		b.out(b.bin("scale", ir.Mul, b.x(), b.bin("y", ir.Div, b.gate(s), k("six", 6))))
		b.rewrite(fuseAll(t), "GlobalAvgPool Conv Binary")
	})
}
