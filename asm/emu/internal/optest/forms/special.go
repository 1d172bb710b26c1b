package forms

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

var (
	avx    = []string{"AVX"}
	avx2   = []string{"AVX2"}
	vl     = []string{"AVX512F", "AVX512VL"}
	vlbw   = []string{"AVX512BW", "AVX512VL"}
	f512   = []string{"AVX512F"}
	source = at(VectorsAt + 64)
)

// specials are the functions of opcodes with shapes of their own.
func specials() []*Func {
	return []*Func{moves(), insertExtract(), signMasks(), maskMoves(), gathers(),
		broadcasts(), masksToVectors(), maskArithmetic(), maskTransfers(), gathersEVEX(), moveSS(),
		zero("VZEROALL", "avx2"), zero("VZEROUPPER", "avx2"), zero("VZEROALL", "avx512vnni"), zero("VZEROUPPER", "avx512vnni")}
}

// vec adds a form whose result is vector 4.
func (f *Func) vec(name string, isa []string, ops ...operand.Op) {
	f.move(f.full(3), f.full(4))
	text := f.add(name, isa, ops...)
	f.move(f.full(4), f.slot(text))
}

// mem adds a form whose last operand is the slot.
func (f *Func) mem(name string, isa []string, ops ...operand.Op) {
	to := f.next()
	f.slot(f.add(name, isa, append(ops, to)...))
}

// gp adds a form whose result is in DX.
func (f *Func) gp(name string, isa []string, ops ...operand.Op) {
	f.add("MOVQ", nil, at(GeneralAt+8), reg.RDX)
	text := f.add(name, isa, ops...)
	f.add("MOVQ", nil, reg.RDX, f.slot(text))
}

func moves() *Func {
	f := begin("moves", "avx2")
	f.loadVectors()
	f.add("MOVQ", nil, at(GeneralAt), reg.RCX)
	x := vreg(4, 16)
	f.vec("VMOVD", avx, reg.ECX, x)
	f.vec("VMOVD", avx, source, x)
	f.vec("VMOVQ", avx, reg.RCX, x)
	f.vec("VMOVQ", avx, source, x)
	f.vec("VMOVQ", avx, vreg(1, 16), x)
	f.gp("VMOVD", avx, vreg(1, 16), reg.EDX)
	f.gp("VMOVQ", avx, vreg(1, 16), reg.RDX)
	f.mem("VMOVD", avx, vreg(1, 16))
	f.mem("VMOVQ", avx, vreg(1, 16))
	f.mem("VMOVHPS", avx, vreg(1, 16))
	f.vec("VMOVSS", avx, source, x)
	f.vec("VMOVSS", avx, vreg(1, 16), vreg(0, 16), x)
	f.mem("VMOVSS", avx, vreg(1, 16))
	f.mem("VMOVNTDQ", avx, vreg(1, 32))
	f.mem("VMOVNTPS", avx, vreg(1, 32))
	return f.end()
}

func moveSS() *Func {
	f := begin("VMOVSS", "avx512vnni")
	f.loadVectors()
	f.mem("VMOVSS", f512, vreg(1, 16), reg.K1)
	f.mem("VMOVNTDQ", f512, vreg(1, 64))
	return f.end()
}

func insertExtract() *Func {
	f := begin("lanes", "avx2")
	f.loadVectors()
	f.add("MOVQ", nil, at(GeneralAt), reg.RCX)
	for _, s := range []struct {
		letter  string
		lane    uint8
		in, out reg.Register
	}{{"B", 13, reg.ECX, reg.EDX}, {"W", 6, reg.ECX, reg.EDX}, {"D", 3, reg.ECX, reg.EDX}, {"Q", 1, reg.RCX, reg.RDX}} {
		for _, lane := range []operand.U8{operand.U8(s.lane), 0, 0x11} {
			f.gp("VPEXTR"+s.letter, avx, lane, vreg(1, 16), s.out)
			f.mem("VPEXTR"+s.letter, avx, lane, vreg(1, 16))
			f.vec("VPINSR"+s.letter, avx, lane, s.in, vreg(0, 16), vreg(4, 16))
			f.vec("VPINSR"+s.letter, avx, lane, source, vreg(0, 16), vreg(4, 16))
		}
	}
	return f.end()
}

func signMasks() *Func {
	f := begin("signs", "avx2")
	f.loadVectors()
	for _, w := range []int{16, 32} {
		f.gp("VPMOVMSKB", avx2, vreg(1, w), reg.EDX)
		f.gp("VMOVMSKPS", avx, vreg(1, w), reg.EDX)
	}
	return f.end()
}

func maskMoves() *Func {
	f := begin("maskmoves", "avx2")
	f.loadVectors()
	for _, name := range []string{"VPMASKMOVD", "VMASKMOVPS", "VPMASKMOVQ"} {
		for _, w := range []int{16, 32} {
			f.vec(name, avx2, source, vreg(0, w), vreg(4, w))
			f.mem(name, avx2, vreg(1, w), vreg(0, w))
		}
	}
	return f.end()
}

// gathers index the block's first vector by the low three bits of its second.
func gathers() *Func {
	f := begin("gathers", "avx2")
	f.loadVectors()
	for _, name := range []string{"VPGATHERDD", "VGATHERDPS"} {
		for _, w := range []int{16, 32} {
			f.add("VPSRLD", avx2, operand.U8(29), vreg(1, w), vreg(5, w))
			f.move(f.full(2), f.full(6))
			f.vec(name, avx2, vreg(6, w), operand.Mem{Base: reg.RAX, Disp: 8, Index: vreg(5, w), Scale: 4}, vreg(4, w))
			f.move(f.full(6), f.slot(name+" (the mask)"))
		}
	}
	return f.end()
}

func gathersEVEX() *Func {
	f := begin("gathers", "avx512vnni")
	f.loadVectors()
	for _, w := range []int{16, 32, 64} {
		f.add("VPSRLD", vl, operand.U8(29), vreg(1, w), vreg(17, w))
		f.add("KMOVQ", bw, reg.K1, reg.K2)
		f.vec("VPGATHERDD", vl, operand.Mem{Base: reg.RAX, Disp: 8, Index: vreg(17, w), Scale: 4}, reg.K2, vreg(4, w))
		f.add("KMOVQ", bw, reg.K2, f.slot("VPGATHERDD (the mask)"))
	}
	return f.end()
}

func broadcasts() *Func {
	f := begin("broadcasts", "avx512vnni")
	f.loadVectors()
	f.add("MOVQ", nil, at(GeneralAt), reg.RCX)
	for _, s := range []struct {
		letter string
		in     reg.Register
		isa    []string
	}{{"B", reg.ECX, vlbw}, {"W", reg.ECX, vlbw}, {"D", reg.ECX, vl}, {"Q", reg.RCX, vl}} {
		for _, w := range []int{16, 32, 64} {
			f.vec("VPBROADCAST"+s.letter, s.isa, s.in, vreg(4, w))
			f.vec("VPBROADCAST"+s.letter, s.isa, s.in, reg.K1, vreg(4, w))
			f.vec("VPBROADCAST"+s.letter+".Z", s.isa, s.in, reg.K1, vreg(4, w))
		}
	}
	return f.end()
}

func masksToVectors() *Func {
	f := begin("VPMOVM2", "avx512vnni")
	f.loadVectors()
	for _, letter := range []string{"B", "W", "D", "Q"} {
		for _, w := range []int{16, 32, 64} {
			f.vec("VPMOVM2"+letter, []string{"AVX512BW", "AVX512DQ", "AVX512VL"}, reg.K1, vreg(4, w))
		}
	}
	return f.end()
}

// maskISA is the extension of a mask operation by its letter.
func maskISA(letter string) []string {
	return map[string][]string{"B": {"AVX512DQ"}, "W": {"AVX512DQ"}, "D": bw, "Q": bw}[letter]
}

func maskArithmetic() *Func {
	f := begin("masks", "avx512vnni")
	f.loadVectors()
	result := func(name string, isa []string, ops ...operand.Op) {
		text := f.add(name, isa, append(ops, reg.K4)...)
		f.add("KMOVQ", bw, reg.K4, f.slot(text))
	}
	for _, s := range []string{"B", "W", "D", "Q"} {
		isa := maskISA(s)
		for _, name := range []string{"KAND", "KANDN", "KOR", "KXOR", "KXNOR", "KADD"} {
			result(name+s, isa, reg.K1, reg.K2)
		}
		result("KNOT"+s, isa, reg.K1)
		for _, n := range []operand.U8{3, 9, 33, 100} {
			result("KSHIFTL"+s, isa, n, reg.K1)
			result("KSHIFTR"+s, isa, n, reg.K1)
		}
		for _, k := range []reg.Register{reg.K1, reg.K2} {
			f.flags(f.add("KORTEST"+s, isa, k, reg.K3), "CZSOP")
			f.flags(f.add("KTEST"+s, isa, k, reg.K3), "CZSOP")
		}
		// All ones and all zeros are rare in random masks.
		f.add("KXNOR"+s, isa, reg.K4, reg.K4, reg.K4)
		f.flags(f.add("KORTEST"+s, isa, reg.K1, reg.K4), "CZSOP")
		f.add("KXOR"+s, isa, reg.K4, reg.K4, reg.K4)
		f.flags(f.add("KORTEST"+s, isa, reg.K4, reg.K4), "CZSOP")
	}
	for _, name := range []string{"KUNPCKBW", "KUNPCKWD", "KUNPCKDQ"} {
		result(name, bw, reg.K1, reg.K2)
	}
	return f.end()
}

func maskTransfers() *Func {
	f := begin("KMOV", "avx512vnni")
	f.loadVectors()
	f.add("MOVQ", nil, at(GeneralAt), reg.RCX)
	for _, s := range []struct {
		letter  string
		in, out reg.Register
	}{{"B", reg.ECX, reg.EDX}, {"W", reg.ECX, reg.EDX}, {"D", reg.ECX, reg.EDX}, {"Q", reg.RCX, reg.RDX}} {
		isa := maskISA(s.letter)
		for _, from := range []operand.Op{reg.K1, s.in, source} {
			text := f.add("KMOV"+s.letter, isa, from, reg.K4)
			f.add("KMOVQ", bw, reg.K4, f.slot(text))
		}
		f.gp("KMOV"+s.letter, isa, reg.K1, s.out)
		f.mem("KMOV"+s.letter, isa, reg.K1)
	}
	return f.end()
}

// zero clears registers or their upper parts.
func zero(name, isa string) *Func {
	f := begin(name, isa)
	f.loadVectors()
	last := 15
	if isa != "avx2" {
		last = 31
	}
	f.move(f.full(0), f.full(last))
	text := f.add(name, avx)
	f.move(f.full(1), f.slot(text))
	f.move(f.full(last), f.slot(text))
	return f.end()
}
