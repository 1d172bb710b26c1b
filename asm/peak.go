package asm

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/spec"
)

// Peak returns an assembly file with func peak(n int), which does as many products
// of int8, or of float32, a second as the instruction set can: n rounds of independent
// accumulations without loads. PeakMACs is the number of products of a round.
func Peak(isa spec.ISA, float bool) ([]byte, error) {
	ctx := build.NewContext()
	ctx.Function("peak")
	ctx.SignatureExpr("func(n int)")
	b := &builder{Context: ctx, k: spec.Kernel{ISA: isa}, z: isa == spec.AVX512VNNI}
	n := ctx.Load(ctx.Param("n"), ctx.GP64())
	vecs := make([]reg.VecVirtual, peakSums[isa]+4)
	for i := range vecs {
		vecs[i] = b.vec()
		if b.z {
			b.VPXORD(vecs[i], vecs[i], vecs[i])
		} else {
			b.VPXOR(vecs[i], vecs[i], vecs[i])
		}
	}
	x, w, ones, t, sums := vecs[0], vecs[1], vecs[2], vecs[3], vecs[4:]
	b.Label("round")
	for _, s := range sums {
		switch {
		case float:
			b.VFMADD231PS(x, w, s)
			continue
		case b.z:
			b.VPDPBUSD(x, w, s)
			continue
		}
		b.VPMADDUBSW(x, w, t)
		b.VPMADDWD(t, ones, t)
		b.VPADDD(t, s, s)
	}
	b.DECQ(n)
	b.JNE(operand.LabelRef("round"))
	b.end()
	file, err := ctx.Result()
	if err != nil {
		return nil, fmt.Errorf("peak loop: %w", err)
	}
	if err := pass.Compile.Execute(file); err != nil {
		return nil, fmt.Errorf("peak loop: %w", err)
	}
	return Print([]*ir.Function{file.Functions()[0]})
}

// peakSums is the number of accumulators: enough to cover the latency, as many as
// the registers hold.
var peakSums = [spec.NumISA]int{spec.AVX2: 12, spec.AVX512VNNI: 24}

// PeakMACs returns the products of a round of Peak.
func PeakMACs(isa spec.ISA, float bool) int {
	bytes := [spec.NumISA]int{spec.AVX2: 32, spec.AVX512VNNI: 64}
	if float {
		return peakSums[isa] * bytes[isa] / 4
	}
	return peakSums[isa] * bytes[isa]
}
