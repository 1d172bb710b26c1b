package interp

import (
	"fmt"
	"math"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func dims(d ...int) ir.Shape { return ir.Shape(d) }

func f32(s ir.Shape, v ...float32) *ir.Tensor { return ir.Floats(s, v) }

func u8(s ir.Shape, v ...uint8) *ir.Tensor { return &ir.Tensor{Type: ir.U8, Shape: s, U8: v} }

func s8(s ir.Shape, v ...int8) *ir.Tensor { return &ir.Tensor{Type: ir.S8, Shape: s, S8: v} }

func s32(s ir.Shape, v ...int32) *ir.Tensor { return &ir.Tensor{Type: ir.S32, Shape: s, S32: v} }

func i64(s ir.Shape, v ...int64) *ir.Tensor { return &ir.Tensor{Type: ir.I64, Shape: s, I64: v} }

func boolean(s ir.Shape, v ...uint8) *ir.Tensor { return &ir.Tensor{Type: ir.Bool, Shape: s, U8: v} }

// build makes a node that reads tensors: s8 and s32 as constants, the others as inputs.
// quants are the operands' parameters; results of type u8 get result.
func build(op ir.Op, in []*ir.Tensor, quants []*ir.Quant, result *ir.Quant) (*ir.Node, error) {
	values := make([]*ir.Value, len(in))
	for i, x := range in {
		if x == nil {
			continue
		}
		values[i] = &ir.Value{Name: fmt.Sprintf("in%d", i), Type: x.Type, Shape: x.Shape}
		if x.Type == ir.S8 || x.Type == ir.S32 {
			values[i].Const = x
		}
		if i < len(quants) {
			values[i].Quant = quants[i]
		}
	}
	n, err := ir.NewNode("n", op, values...)
	if err != nil {
		return nil, err
	}
	for _, v := range n.Out {
		if v.Type == ir.U8 {
			v.Quant = result
		}
	}
	return n, nil
}

func mustBuild(t *testing.T, op ir.Op, in []*ir.Tensor, quants []*ir.Quant, result *ir.Quant) *ir.Node {
	t.Helper()
	n, err := build(op, in, quants, result)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// differ describes the first difference of two tensors; real numbers may differ by 1e-6 relative.
func differ(got, want *ir.Tensor) string {
	if got.Type != want.Type || !got.Shape.Equal(want.Shape) {
		return fmt.Sprintf("%s %s, want %s %s", got.Type, got.Shape, want.Type, want.Shape)
	}
	if err := got.Check(); err != nil {
		return err.Error()
	}
	for i, w := range want.F32 {
		g := got.F32[i]
		same := g == w || g != g && w != w
		if !same && !(math.Abs(float64(g)-float64(w)) <= 1e-6*math.Abs(float64(w))) {
			return fmt.Sprintf("element %d is %g, want %g", i, g, w)
		}
	}
	if g, w := fmt.Sprint(got.U8, got.S8, got.S32, got.I64), fmt.Sprint(want.U8, want.S8, want.S32, want.I64); g != w {
		return fmt.Sprintf("%s, want %s", g, w)
	}
	return ""
}
