// Package bench times networks side by side: generated packages, and other runtimes
// that speak the same protocol. All take turns, so that what disturbs the machine
// for a while disturbs all of them.
package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/internal/codesize"
	"github.com/ingot-go/ingot/internal/gotool"
	"github.com/ingot-go/ingot/internal/runner"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/quant"
)

// each is how long a row is timed in a round.
const each = 100 * time.Millisecond

// Row is one variant of a network on one instruction set and a number of threads.
type Row struct {
	Variant, ISA string
	Threads      int
	Rounds       []Round
	MACs         int64           // of a run
	Code         int             // bytes of kernels, 0 if not known
	Weights      int             // bytes, 0 if not known
	Accuracy     *quant.Accuracy // nil where nothing was compared

	program *runner.Program
}

// Round is how often a row ran in a round, and how long a run took.
type Round struct {
	Runs int
	Time time.Duration
}

// Session is a network's variants, running. The rows are in the order in which they
// were added.
type Session struct {
	Rows   []*Row
	closer []func() error
}

// Close ends all programs and removes them.
func (s *Session) Close() error {
	var all []error
	for _, f := range slices.Backward(s.closer) {
		all = append(all, f())
	}
	return errors.Join(all...)
}

// AddPackage compiles a generated package and starts it on the given instruction sets and
// numbers of threads: if no instruction set is given, on all that it has kernels for and the
// machine has.
func (s *Session) AddPackage(ctx context.Context, variant string, pkg gotool.Folder, isas []string, threads []int) error {
	b, err := runner.Build(ctx, pkg)
	if err != nil {
		return err
	}
	s.closer = append(s.closer, b.Close)
	macs, err := products(pkg.Path)
	if err != nil {
		return err
	}
	weights, err := os.Stat(filepath.Join(pkg.Path, "weights.bin"))
	if err != nil {
		return err
	}
	code, err := codesize.Kernels(ctx, pkg)
	if err != nil {
		code = nil // where the toolchain can't tell, the column stays empty
	}
	for _, n := range threads {
		programs, err := start(ctx, b, isas, n)
		for _, p := range programs {
			s.closer = append(s.closer, p.Close)
		}
		if err != nil {
			return err
		}
		for _, p := range programs {
			err := s.add(&Row{Variant: variant, ISA: p.ISA, Threads: n, MACs: macs, Code: code[p.ISA], Weights: int(weights.Size()), program: p})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// add adds a row, whose network must take and give what the others do.
func (s *Session) add(r *Row) error {
	if len(s.Rows) > 0 {
		a, b := s.Rows[0].program.Info, r.program.Info
		if in, out := same(a.InputShapes, b.InputShapes), same(a.OutputShapes, b.OutputShapes); !in || !out {
			return fmt.Errorf("%s takes %v and gives %v, but %s takes %v and gives %v: give networks of one kind to be compared",
				r.Variant, b.InputShapes, b.OutputShapes, s.Rows[0].Variant, a.InputShapes, a.OutputShapes)
		}
	}
	s.Rows = append(s.Rows, r)
	return nil
}

func same(a, b []ir.Shape) bool {
	return slices.EqualFunc(a, b, func(x, y ir.Shape) bool { return x.Elems() == y.Elems() })
}

// start starts a program on each instruction set. The programs that it returns run,
// also where there is an error.
func start(ctx context.Context, b *runner.Binary, isas []string, threads int) (all []*runner.Program, err error) {
	if len(isas) > 0 {
		for _, isa := range isas {
			p, err := b.Start(ctx, isa, threads)
			if err != nil {
				return all, err
			}
			all = append(all, p)
		}
		return all, nil
	}
	for isa := spec.NumISA; isa > 0; isa-- {
		p, err := b.Start(ctx, (isa - 1).String(), threads)
		var lacks *runner.ISAError
		if errors.As(err, &lacks) {
			continue
		}
		if err != nil {
			return all, err
		}
		all = append(all, p)
	}
	if len(all) > 0 {
		return all, nil
	}
	p, err := b.Start(ctx, "go", threads)
	if err != nil {
		return nil, err
	}
	return []*runner.Program{p}, nil
}

// Inputs returns made-up inputs for the session's network.
func (s *Session) Inputs() []*ir.Tensor {
	var all []*ir.Tensor
	p := s.Rows[0].program
	for i, shape := range p.InputShapes {
		all = append(all, NoiseOf(runner.TypeOf(p.InputTypes, i), shape, uint64(i)))
	}
	return all
}

// NoiseOf is Noise for any type: integers are from 0 to 15, of bytes any.
func NoiseOf(t ir.DType, shape ir.Shape, seed uint64) *ir.Tensor {
	if t == ir.F32 {
		return Noise(shape, seed)
	}
	x := ir.NewTensor(t, shape)
	for i, v := range Noise(shape, seed).F32 {
		share := (v + 1) / 3 // 0 to 1
		switch t {
		case ir.U8:
			x.U8[i] = uint8(share * 255)
		case ir.S8:
			x.S8[i] = int8(share*255 - 128)
		case ir.S32:
			x.S32[i] = int32(share * 15)
		case ir.I64:
			x.I64[i] = int64(share * 15)
		case ir.Bool:
			x.U8[i] = uint8(share * 1.99)
		}
	}
	return x
}

// Noise returns numbers between -1 and 2, from the SplitMix64 generator.
func Noise(shape ir.Shape, seed uint64) *ir.Tensor {
	t := ir.NewTensor(ir.F32, shape)
	s := seed << 32
	for i := range t.F32 {
		s += 0x9e3779b97f4a7c15
		z := s
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		t.F32[i] = float32((z^z>>31)>>40)*(3.0/(1<<24)) - 1
	}
	return t
}

// Time times all rows on an input, in rounds in which each row has its turn.
func (s *Session) Time(in []*ir.Tensor, rounds int, progress func(done, total int)) error {
	for _, r := range s.Rows {
		if _, err := r.program.Run(in); err != nil {
			return fmt.Errorf("%s on %s: %w", r.Variant, r.ISA, err)
		}
	}
	for i := range rounds {
		for j, r := range s.Rows {
			n, t, err := r.program.Time(each)
			if err != nil {
				return fmt.Errorf("%s on %s: %w", r.Variant, r.ISA, err)
			}
			r.Rounds = append(r.Rounds, Round{n, t})
			progress(i*len(s.Rows)+j+1, rounds*len(s.Rows))
		}
	}
	return nil
}

// Median returns the time of a run in the middle of all rounds.
func (r *Row) Median() time.Duration {
	s := r.sorted()
	return (s[len(s)/2] + s[(len(s)-1)/2]) / 2
}

// Range returns the times of the fastest and of the slowest round.
func (r *Row) Range() (low, high time.Duration) {
	s := r.sorted()
	return s[0], s[len(s)-1]
}

func (r *Row) sorted() []time.Duration {
	var s []time.Duration
	for _, round := range r.Rounds {
		s = append(s, round.Time)
	}
	slices.Sort(s)
	return s
}

// rate returns GMAC/s.
func (r *Row) rate(t time.Duration) float64 { return float64(r.MACs) / t.Seconds() / 1e9 }
