package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestPreluToLeaky(t *testing.T) {
	for _, c := range []struct {
		slope *ir.Value
		want  string
	}{
		{vals("s", ir.Shape{1}, 0.25), "Unary"},
		{vals("s", ir.Shape{3, 1, 1}, 0.25, 0.25, 0.25), "Unary"},
		{vals("s", ir.Shape{3, 1, 1}, 0.25, 0.5, 0.25), "PRelu"},
	} {
		b := newNet(t, 1, 3, 2, 4)
		b.out(b.op("y", ir.PRelu{}, b.x(), c.slope))
		b.rewrite(each(preluToLeaky), c.want)
	}
	b := newNet(t, 1, 3, 2, 4)
	b.out(b.op("y", ir.PRelu{}, b.x(), b.input("s", 1)))
	b.rewrite(each(preluToLeaky), "PRelu")
}
