package exec

import (
	"math"

	"github.com/ingot-go/ingot/ir"
)

// fakeQuant rounds to the steps of one scale; of several, package interp does it.
func (c *call) fakeQuant(op ir.FakeQuant) (func(report), error) {
	if len(op.Scale) != 1 {
		return nil, nil
	}
	x, out, scale, zero := c.in[0], c.out[0], op.Scale[0], float64(op.Zero[0])
	return func(report) {
		c.pool.ranges(len(x.F32), func(lo, hi int) {
			dst := out.F32[lo:hi]
			for i, v := range x.F32[lo:hi] {
				q := min(max(math.RoundToEven(float64(v/scale)), -zero), 255-zero)
				if v != v {
					q = 0
				}
				dst[i] = float32(q * float64(scale))
			}
		})
	}, nil
}
