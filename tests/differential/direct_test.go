package differential

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/plan"
	"github.com/ingot-go/ingot/tests/internal/kerneltest"
	"github.com/ingot-go/ingot/tests/internal/kerneltest/job"
)

// TestEveryKernel runs every kernel that can be generated, whatever the planner
// would choose, on steps made by hand.
func TestEveryKernel(t *testing.T) {
	all := spec.All()
	const parts = 16
	for part := range parts {
		t.Run(fmt.Sprint(part), func(t *testing.T) {
			t.Parallel()
			for i := part; i < len(all); i += parts {
				if all[i].VBMI {
					continue // a case of the kernel without runs on it too
				}
				trials := uint64(2)
				if all[i].P == 0 { // families of few kernels, whose sizes matter more
					trials = 6
				}
				for trial := range trials {
					d := &direct{Rand: rand.New(rand.NewPCG(uint64(i), trial)), k: all[i]}
					c := &kerneltest.Case{Job: d.job()}
					c.Kernels[d.k.ISA] = append([]spec.Kernel{d.k}, d.others...)
					if err := kernels.Run(c); err != nil {
						t.Errorf("trial %d: %v\n%+v", trial, err, c.Job.Steps[1])
					}
				}
			}
		})
	}
}

// direct makes a job for one kernel.
type direct struct {
	*rand.Rand
	k       spec.Kernel
	others  []spec.Kernel // that its step calls beside it, from index 1 on
	weights []byte
	arena   int
	excess  int  // by which the weights of bundles of K steps may pass the bound
	only    *int // the only form of bundles, of the steps that it leaves over signed ones
	bright  bool // all activations are 255
}

// job runs a random step of the kernel.
func (d *direct) job() job.Job {
	var step portable.Step
	switch d.k.Family {
	case spec.Dense:
		step = d.dense()
	case spec.Depthwise:
		step = d.depthwise()
	case spec.MaxPool, spec.AvgPool:
		step = d.pool()
	case spec.Add, spec.Mul, spec.MulChannels:
		step = d.binary()
	case spec.Table:
		x, y := d.sameTensors()
		step = portable.Table{X: x, Y: y, Table: d.table()}
	case spec.Quantize, spec.QuantizeRGB:
		step = d.quantize()
	case spec.Dequantize:
		step = d.dequantize()
	case spec.DenseF32:
		step = d.denseF32()
	case spec.DepthwiseF32:
		step = d.depthwiseF32()
	case spec.WinogradInput, spec.WinogradOutput:
		step = d.winograd()
	case spec.Interleave, spec.InterleaveF32:
		step = d.interleave(d.channels())
	default:
		step = d.rowsF32()
	}
	return d.jobOf(step)
}

// jobOf loads random bytes into the whole arena and runs a step on them, twice.
func (d *direct) jobOf(step portable.Step) job.Job {
	d.arena = (d.arena + 63) / 64 * 64
	j := job.Job{Name: d.k.Name(), Arena: d.arena, Runs: make([][][]byte, 1)}
	for range 2 {
		from := d.add(d.activations(d.arena))
		j.Steps = append(j.Steps, portable.Load{From: from, N: d.arena, Kind: portable.KindU8}, step)
	}
	j.Weights = d.weights
	return j
}

func (d *direct) pick(v ...int) int { return v[d.IntN(len(v))] }

func (d *direct) yes() bool { return d.IntN(2) == 0 }

// add puts data into the weights on a cache line.
func (d *direct) add(data []byte) int {
	d.weights = append(d.weights, make([]byte, -len(d.weights)&63)...)
	at := len(d.weights)
	d.weights = append(d.weights, data...)
	return at
}

// list adds n words of 32 bits.
func (d *direct) list(n int, f func(i int) uint32) int {
	var data []byte
	for i := range n {
		data = binary.LittleEndian.AppendUint32(data, f(i))
	}
	return d.add(data)
}

// activations are random bytes, some of them all extreme; in the arena of a quantization
// every dword is a float32.
func (d *direct) activations(n int) []byte {
	b := make([]byte, n)
	extreme := d.IntN(3) == 0
	for i := range b {
		if b[i] = byte(d.Uint32()); extreme {
			b[i] = byte(d.pick(0, 254, 255))
		}
		if d.bright {
			b[i] = 255
		}
	}
	if d.k.Family.Float() {
		for i := 0; i+4 <= n; i += 4 {
			binary.LittleEndian.PutUint32(b[i:], math.Float32bits(float32(d.NormFloat64())))
		}
	}
	if d.k.Family == spec.Quantize || d.k.Family == spec.QuantizeRGB || d.k.Family > spec.DepthwiseF32 && d.yes() {
		for i := 0; i+4 <= n; i += 4 {
			binary.LittleEndian.PutUint32(b[i:], math.Float32bits(randomFloat(d.Rand)))
		}
	}
	return b
}

// randomFloat is mostly of the size of activations, and anything sometimes.
func randomFloat(r *rand.Rand) float32 {
	special := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0, float32(math.Copysign(0, -1)),
		math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, 0.5, 1.5, 2.5, -0.5, 1e9, -3e9, 2147483648, -2147483648}
	switch r.IntN(8) {
	case 0:
		return special[r.IntN(len(special))]
	case 1:
		return math.Float32frombits(r.Uint32())
	}
	return float32(r.NormFloat64() * 3)
}

func (d *direct) table() int {
	t := make([]byte, 256)
	for i := range t {
		t[i] = byte(d.Uint32())
	}
	return d.add(plan.PackTable(t))
}

// tensor makes room for an activation with a border, with gaps between pixels
// and rows.
func (d *direct) tensor(h, w, c, border int) portable.Tensor {
	t := portable.Tensor{H: h, W: w, C: c, Pix: c + d.pick(0, 0, 1, 5)}
	t.Row = (w+2*border)*t.Pix + d.pick(0, 3)
	t.Off = d.arena + d.pick(0, 7) + border*(t.Row+t.Pix)
	d.arena = t.Off + (h+border)*t.Row
	return t
}

// sameTensors are two of the same shape.
func (d *direct) sameTensors() (x, y portable.Tensor) {
	h, w, c := 1+d.IntN(4), 1+d.IntN(6), 1+d.IntN(150)
	return d.tensor(h, w, c, 0), d.tensor(h, w, c, 0)
}

// epilogue is of the kernel's form.
func (d *direct) epilogue() portable.Epilogue {
	e := portable.Epilogue{Zero: byte(d.Uint32()), Hi: 255, Table: -1}
	if d.k.Clamp {
		e.Lo = byte(d.Uint32())
		e.Hi = e.Lo + byte(d.IntN(256-int(e.Lo)))
	}
	if d.k.Sum {
		e.ResMul, e.ResZero = float32(d.NormFloat64()), byte(d.Uint32())
	}
	if d.k.Pre {
		e.Pre = true
		e.PreLo, e.PreHi = float32(-d.IntN(50)), float32(d.IntN(50))
		if d.yes() {
			e.PreLo, e.PreHi = 0, float32(math.Inf(1))
		}
	}
	if d.k.Table {
		e.Table = d.table()
	}
	return e
}

// factor brings sums of up to most to the range of bytes or beyond; far beyond
// what integers hold where the kernel has limits.
func (d *direct) factor(most float64) float32 {
	f := 400 * d.NormFloat64() / most
	switch {
	case d.IntN(8) > 0:
	case d.k.Clamp:
		f *= 1e20
	default:
		f = 1e9 / most
	}
	return float32(f)
}
