package differential

import (
	"strings"
	"testing"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/tests/internal/kerneltest"
)

// TestMistakesAreFound breaks a program that is right and expects an error.
func TestMistakesAreFound(t *testing.T) {
	dense := func(c *kerneltest.Case, f func(d *portable.Dense)) {
		for i, s := range c.Job.Steps {
			if d, ok := s.(portable.Dense); ok {
				f(&d)
				c.Job.Steps[i] = d
				return
			}
		}
		t.Fatal("no dense layer")
	}
	const interpreter, plain = "is not the interpreter's", "differs from plain Go's"
	for _, m := range []struct {
		name string
		edit func(c *kerneltest.Case)
		want string
	}{
		{"nothing", func(*kerneltest.Case) {}, ""},
		{"a weight", func(c *kerneltest.Case) { dense(c, func(d *portable.Dense) { c.Job.Weights[d.W+70] ^= 0x40 }) }, interpreter},
		{"a bias", func(c *kerneltest.Case) { dense(c, func(d *portable.Dense) { c.Job.Weights[d.Bias+5] ^= 0x40 }) }, interpreter},
		{"a factor", func(c *kerneltest.Case) { dense(c, func(d *portable.Dense) { c.Job.Weights[d.Mul+2] ^= 0x40 }) }, interpreter},
		{"the zero point of the padding", func(c *kerneltest.Case) {
			for i, s := range c.Job.Steps {
				if h, ok := s.(portable.Halo); ok {
					h.Value ^= 0x80
					c.Job.Steps[i] = h
				}
			}
		}, interpreter},
		{"a pitch", func(c *kerneltest.Case) { dense(c, func(d *portable.Dense) { d.Y.Pix++ }) }, interpreter},
		{"a kernel without the limits", func(c *kerneltest.Case) {
			for _, list := range c.Kernels {
				for i := range list {
					list[i].Clamp = false
				}
			}
		}, plain},
		{"a kernel for more pixels", func(c *kerneltest.Case) {
			for _, list := range c.Kernels {
				for i := range list {
					if k := &list[i]; k.Family == spec.Dense && k.P < k.Family.MaxPixels(k.ISA, k.OB, k.WZero) {
						k.P++
					}
				}
			}
		}, plain},
		{"the arena ends early", func(c *kerneltest.Case) { c.Job.Arena -= 128 }, "out of range"},
	} {
		c := brokenCase(t)
		m.edit(c)
		var own kerneltest.Suite
		switch err := own.Run(c); {
		case m.want == "" && err != nil:
			t.Errorf("%s: %v", m.name, err)
		case m.want != "" && (err == nil || !strings.Contains(err.Error(), m.want)):
			t.Errorf("%s: error %v, want %q", m.name, err, m.want)
		}
	}
}

// brokenCase is a convolution with limits, of which tests break a copy.
func brokenCase(t *testing.T) *kerneltest.Case {
	m := newMaker(t, 1)
	x, q := m.input(1, 8, 7, 6), ir.PerTensor(0.1, 128)
	win := ir.Window{Kernel: [2]int{3, 3}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Pad: [4]int{1, 1, 1, 1}}
	rq := ir.Requant{Mul: []float32{0.0003}, Zero: 128, Lo: 100, Hi: 150}
	y := m.value(ir.QConv{Window: win, Groups: 1, Requant: rq}, q, x, m.weights(20, 8, 3, 3), m.bias(20))
	m.output(y, y) // two readers, so that the layer stores bytes
	c, err := kerneltest.NewCase(m.g, m.inputs())
	if err != nil {
		t.Fatal(err)
	}
	return c
}
