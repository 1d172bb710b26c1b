package fusion

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// TestRandomGraphs fuses graphs of random operators, with second readers, shared
// constants and several outputs, and compares their results.
func TestRandomGraphs(t *testing.T) {
	fewer := 0
	for seed := range uint64(400) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			b := newNet(t, 1, 4, 4, 4)
			b.rng = rand.New(rand.NewPCG(seed, 7))
			pool := []*ir.Value{b.x()}
			for i := range 4 + b.rng.IntN(12) {
				pool = append(pool, b.random(fmt.Sprintf("n%d", i), pool))
			}
			b.out(pool[len(pool)-1])
			if v := pool[1+b.rng.IntN(len(pool)-1)]; v != b.Outputs[0] && b.rng.IntN(2) == 0 {
				b.out(v)
			}
			before := len(b.Nodes)
			b.rewriteAny(fuseAll(t))
			if len(b.Nodes) < before {
				fewer++
			}
		})
	}
	if fewer < 300 {
		t.Errorf("only %d graphs got smaller", fewer)
	}
}

// random adds a random operator whose operands are mostly the latest values.
func (b *net) random(name string, pool []*ir.Value) *ir.Value {
	pick := func() *ir.Value {
		return pool[max(0, len(pool)-1-b.rng.IntN(1+b.rng.IntN(4)))]
	}
	x := pick()
	if len(x.Shape) != 4 || x.Shape[2] == 1 { // nothing but elementwise operators and a way back
		if x.Shape.Elems() == 64 && b.rng.IntN(2) == 0 {
			return b.reshape(name, x, 1, 4, 4, 4)
		}
		return b.act(name, x, b.randomAct())
	}
	c := x.Shape[1]
	switch b.rng.IntN(17) {
	case 0, 1:
		for _, n := range b.Nodes { // weights of another layer
			if o, ok := n.Op.(ir.Conv); ok && o.Kernel[0] == 3 && n.In[1].Shape[0] == c && b.rng.IntN(3) == 0 {
				return b.op(name, ir.Conv{Window: window(3, 1), Groups: 1}, x, n.In[1], n.In[2])
			}
		}
		return b.conv(name, x, c, 3, 1)
	case 2:
		op := ir.Conv{Window: window(1, 0), Groups: 2}
		return b.op(name, op, x, b.rand(name+".w", c, c/2, 1, 1))
	case 3, 4:
		return b.bn(name, x)
	case 5, 6:
		return b.act(name, x, b.randomAct())
	case 7, 8:
		if y := pick(); y.Shape.Equal(x.Shape) {
			return b.bin(name, ir.BinaryKind(b.rng.IntN(3)), x, y)
		}
		return b.act(name, x, relu)
	case 9:
		k := b.rand(name+".k", c, 1, 1)
		if b.rng.IntN(2) == 0 {
			return b.bin(name, ir.BinaryKind(b.rng.IntN(3)), k, x)
		}
		return b.bin(name, ir.BinaryKind(b.rng.IntN(3)), x, k)
	case 10:
		return b.transpose(name, x, [][]int{{0, 1, 3, 2}, {0, 2, 3, 1}, {0, 3, 1, 2}}[b.rng.IntN(3)]...)
	case 11:
		return b.reshape(name, x, [][]int{{1, 64}, {1, 4, 16}, {1, 4, 4, 4}}[b.rng.IntN(3)]...)
	case 12:
		p := b.op(name+".pad", ir.Pad{Before: []int{0, 0, 1, 1}, After: []int{0, 0, 1, 1}}, x)
		if b.rng.IntN(2) == 0 {
			return b.conv(name, p, c, 3, 0)
		}
		return b.op(name, ir.MaxPool{Window: window(3, 0)}, p)
	case 13:
		return b.op(name, ir.Identity{}, x)
	case 14:
		s := b.act(name+".s", x, sigmoid)
		return b.bin(name, ir.Mul, s, x)
	case 15:
		g := b.act(name+".clip", b.bin(name+".add", ir.Add, x, k(name+".three", 3)), relu6)
		return b.bin(name, ir.Div, b.bin(name+".mul", ir.Mul, x, g), k(name+".six", 6))
	}
	return b.op(name, ir.ChannelShuffle{Groups: 2}, x)
}

func (b *net) randomAct() ir.Act {
	return []ir.Act{relu, relu6, sigmoid, {Kind: ir.Tanh}, {Kind: ir.Clip, A: -1, B: 2}, {Kind: ir.LeakyRelu, A: 0.1}}[b.rng.IntN(6)]
}
