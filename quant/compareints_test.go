package quant

import (
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// Integer outputs are compared by the share of equal elements, beside the cosine of the others.
func TestCompareIntegers(t *testing.T) {
	ints := func(v ...int64) *ir.Tensor { return &ir.Tensor{Type: ir.I64, Shape: ir.Shape{len(v)}, I64: v} }
	masks := func(v ...uint8) *ir.Tensor { return &ir.Tensor{Type: ir.Bool, Shape: ir.Shape{len(v)}, U8: v} }
	real := ir.Floats(ir.Shape{2}, []float32{1, 2})
	a := CompareOutputs([][]*ir.Tensor{{ints(1, 2, 3, 1<<40), masks(1, 0), real}}, [][]*ir.Tensor{{ints(1, 2, 4, 1), masks(1, 0), real}})
	if a.Equal != 0.75 || !a.Integers || !a.Floats || a.MeanCosine < 1-1e-9 {
		t.Errorf("accuracy is %+v", a)
	}
	if text := a.String(); !strings.Contains(text, "cosine 1.0000") || !strings.Contains(text, ", 75.00 % of the integers equal") {
		t.Errorf("prints %s", text)
	}
	b := CompareOutputs([][]*ir.Tensor{{ints(1)}}, [][]*ir.Tensor{{ints(1)}})
	if text := b.String(); text != "100.00 % of the integers equal" || b.Floats {
		t.Errorf("prints %s", text)
	}
	if s := EqualShare(ints(), ints()); s != 1 {
		t.Errorf("of nothing %g are equal", s)
	}
}
