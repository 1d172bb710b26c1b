package fusion

import (
	"errors"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
)

func TestFoldConstants(t *testing.T) {
	b := newNet(t, 1, 6)
	w := b.transpose("wt", b.reshape("wr", b.rand("w", 12), 6, 2), 1, 0)
	s := b.op("s", ir.Split{Axis: 1, Sizes: []int{2, 6}}, b.rand("p", 1, 8))
	y := b.op("fc", ir.FC{}, b.x(), w, nil)
	b.out(b.bin("y", ir.Add, y, s))
	b.rewrite(each(foldConstants(interp.Eval)), "FC Binary")
	if c := b.node("fc").In[1]; c.Name != "wt" || !c.IsConst() || c.Def != nil {
		t.Errorf("the weights are %+v, want the constant wt", c)
	}
}

func TestFoldConstantsStops(t *testing.T) {
	t.Run("at an output", func(t *testing.T) {
		b := newNet(t, 1, 2)
		b.out(b.act("y", b.rand("c", 1, 2), relu), b.act("z", b.x(), relu))
		b.rewrite(each(foldConstants(interp.Eval)), "Unary Unary")
	})
	t.Run("where the result is large", func(t *testing.T) {
		b := newNet(t, 1, foldLimit+1)
		one := vals("one", ir.Shape{1, 1}, 1)
		c := b.op("c", ir.Gather{Axis: 1, Index: make([]int, foldLimit+1), IndexShape: ir.Shape{foldLimit + 1}}, one)
		b.out(b.bin("y", ir.Add, b.x(), c))
		if n, err := each(foldConstants(interp.Eval))(b.Graph); n != 0 || err != nil {
			t.Errorf("%d changes, error %v: want none", n, err)
		}
	})
}

func TestFoldConstantsFails(t *testing.T) {
	broken := func(*ir.Node, []*ir.Tensor) ([]*ir.Tensor, error) { return nil, errors.New("no luck") }
	empty := func(*ir.Node, []*ir.Tensor) ([]*ir.Tensor, error) { return nil, nil }
	for want, eval := range map[string]Eval{"no luck": broken, "gave 0 results, want 1": empty} {
		b := newNet(t, 1, 2)
		b.out(b.bin("y", ir.Add, b.x(), b.act("c", b.rand("k", 1, 2), relu)))
		_, err := each(foldConstants(eval))(b.Graph)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `node "c"`) {
			t.Errorf("error %v, want %q of node c", err, want)
		}
	}
}
