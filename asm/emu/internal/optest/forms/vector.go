package forms

import (
	"slices"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// vectorOp is an opcode of the vector table.
type vectorOp struct {
	name    string
	srcs    int
	variant string // tells functions of one opcode apart
	imms    []int
	vex     string // widths of VEX forms: x, y
	evex    string // extension of EVEX forms: F, BW, DQ, VNNI, VBMI
	zw      string // widths of EVEX forms, xyz if empty
	b, d    int    // bytes of source b and the destination; negative: a fraction of the width
	is      string // letters: m masked, c broadcast, s stores, o memory only, k result in a mask, r no memory source
}

var widths = map[rune]int{'x': 16, 'y': 32, 'z': 64}

func (v *vectorOp) funcs() []*Func {
	var out []*Func
	if v.vex != "" && !v.has('k') {
		f := begin(v.name+v.variant, "avx2")
		f.loadVectors()
		for _, w := range v.vex {
			v.forms(f, widths[w], []string{"AVX2"}, false)
		}
		out = append(out, f.end())
	}
	if v.evex == "" {
		return out
	}
	isa := "avx512vnni"
	if v.evex == "VBMI" {
		isa = "avx512vbmi"
	}
	f := begin(v.name+v.variant, isa)
	f.loadVectors()
	zw := v.zw
	if zw == "" {
		zw = "xyz"
	}
	for _, w := range zw {
		ext := []string{"AVX512" + v.evex}
		if w != 'z' {
			ext = append(ext, "AVX512VL")
		}
		v.forms(f, widths[w], ext, true)
	}
	return append(out, f.end())
}

func (v *vectorOp) has(letter rune) bool { return slices.Contains([]rune(v.is), letter) }

func sized(n, w int) int {
	switch {
	case n > 0:
		return n
	case n < 0:
		return w / -n
	}
	return w
}

// forms adds every form of one width.
func (v *vectorOp) forms(f *Func, w int, isa []string, evex bool) {
	nb, nd := sized(v.b, w), sized(v.d, w)
	b, mem := operand.Op(vreg(1, max(16, nb))), operand.Op(at(VectorsAt+64))
	if v.has('o') {
		b = mem
	}
	for i, imm := range v.constants() {
		v.one(f, w, nd, isa, "", imm, b, 0)
		if evex && v.has('m') && i < 2 {
			v.one(f, w, nd, isa, "", imm, b, 1)
			if !v.has('k') {
				v.one(f, w, nd, isa, ".Z", imm, b, 1)
			}
		}
		if i > 0 {
			continue
		}
		if !v.has('o') && !v.has('r') {
			v.one(f, w, nd, isa, "", imm, mem, 0)
			if evex && v.has('m') && w == 64 {
				v.one(f, w, nd, isa, "", imm, mem, 1)
			}
		}
		if evex && v.has('c') {
			v.one(f, w, nd, isa, ".BCST", imm, mem, 0)
			if w == 64 {
				v.one(f, w, nd, isa, ".BCST", imm, mem, 2)
			}
		}
	}
	if v.has('s') {
		v.store(f, w, isa, evex)
	}
}

// constants returns the immediates to try, one nil if there is none.
func (v *vectorOp) constants() []operand.Op {
	if v.imms == nil {
		return []operand.Op{nil}
	}
	var ops []operand.Op
	for _, i := range v.imms {
		ops = append(ops, operand.U8(i))
	}
	return ops
}

// one adds one form with source b, and the mask k unless that is 0.
func (v *vectorOp) one(f *Func, w, nd int, isa []string, suffix string, imm, b operand.Op, k int) {
	var ops []operand.Op
	if imm != nil {
		ops = append(ops, imm)
	}
	if v.srcs == 3 {
		ops = append(ops, vreg(2, w))
	}
	ops = append(ops, b)
	if v.srcs > 1 {
		ops = append(ops, vreg(0, w))
	}
	if k != 0 {
		ops = append(ops, kregs[k])
	}
	if v.has('k') {
		f.add("KMOVQ", bw, reg.K3, reg.K4)
		text := f.add(v.name+suffix, isa, append(ops, reg.K4)...)
		f.add("KMOVQ", bw, reg.K4, f.slot(text))
		return
	}
	f.move(f.full(3), f.full(4))
	text := f.add(v.name+suffix, isa, append(ops, vreg(4, max(16, nd)))...)
	f.move(f.full(4), f.slot(text))
}

// store adds the forms with memory as destination, the slot itself.
func (v *vectorOp) store(f *Func, w int, isa []string, evex bool) {
	head := []operand.Op{vreg(1, w)}
	if v.imms != nil {
		head = []operand.Op{operand.U8(v.imms[0]), vreg(1, w)}
	}
	to := f.next()
	f.slot(f.add(v.name, isa, append(slices.Clone(head), to)...))
	if evex && v.has('m') {
		to = f.next()
		f.slot(f.add(v.name, isa, append(slices.Clone(head), reg.K1, to)...))
	}
}
