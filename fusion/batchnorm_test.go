package fusion

import (
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// bn adds a BatchNorm with random parameters.
func (b *net) bn(name string, x *ir.Value) *ir.Value {
	b.t.Helper()
	c := x.Shape[1]
	v := b.rand(name+".var", c)
	for i, d := range v.Const.F32 {
		v.Const.F32[i] = d*d + 0.1
	}
	return b.op(name, ir.BatchNorm{Epsilon: 1e-3}, x,
		b.rand(name+".scale", c), b.rand(name+".bias", c), b.rand(name+".mean", c), v)
}

func TestBatchNormToAffine(t *testing.T) {
	for _, shape := range [][]int{{2, 3}, {2, 3, 4}, {2, 3, 4, 5}} {
		b := newNet(t, shape...)
		b.out(b.bn("bn", b.x()))
		b.rewrite(each(batchNormToAffine), "Affine")
		b.fusedInto("bn", "bn", "bn")
	}
	t.Run("computed parameters", func(t *testing.T) {
		b := newNet(t, 1, 2)
		y := b.bn("bn", b.x())
		y.Def.In[1] = b.input("scale", 2)
		b.out(y)
		b.rewrite(each(batchNormToAffine), "BatchNorm")
	})
	for _, variance := range []float32{-1, 0} {
		b := newNet(t, 1, 2)
		y := b.bn("norm", b.x())
		y.Def.Op = ir.BatchNorm{}
		y.Def.In[4].Const.F32[1] = variance
		b.out(y)
		_, err := each(batchNormToAffine)(b.Graph)
		if err == nil || !strings.Contains(err.Error(), `node "norm"`) || !strings.Contains(err.Error(), "channel 1") {
			t.Errorf("variance %g: error %v, want the node and the channel", variance, err)
		}
	}
}
