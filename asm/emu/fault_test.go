package emu_test

import (
	"errors"
	"strings"
	"testing"
	"unsafe"

	"github.com/mmcloughlin/avo/build"
	avoir "github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/emu"
)

// mem is an address relative to the argument.
func mem(disp int) operand.Mem { return operand.Mem{Base: reg.RAX, Disp: disp} }

// body starts with the argument in AX and ends with RET.
func body(steps func(c *build.Context)) func(c *build.Context) {
	return func(c *build.Context) {
		c.MOVQ(operand.NewParamAddr("a", 0), reg.RAX)
		steps(c)
		c.RET()
	}
}

// TestCompileErrors has functions that must not compile.
func TestCompileErrors(t *testing.T) {
	for _, k := range []struct {
		name  string
		isa   emu.ISA
		steps func(c *build.Context)
		want  string
	}{
		{"Z in AVX2", emu.AVX2, func(c *build.Context) { c.VMOVDQU32(mem(0), reg.Z0) }, "needs AVX512F"},
		{"Y16 in AVX2", emu.AVX2, func(c *build.Context) { c.VPXOR(reg.Y16, reg.Y16, reg.Y16) }, "register Y16 is above avx2"},
		{"K in AVX2", emu.AVX2, func(c *build.Context) { c.KMOVW(reg.EAX, reg.K1) }, "needs AVX512F"},
		{"VNNI of Y in AVX2", emu.AVX2, func(c *build.Context) { c.VPDPBUSD(reg.Y0, reg.Y1, reg.Y2) }, "VPDPBUSD Y0, Y1, Y2: needs AVX512VL"},
		{"VBMI in VNNI", emu.AVX512VNNI, func(c *build.Context) { c.VPERMB(reg.Z0, reg.Z1, reg.Z2) }, "needs AVX512VBMI, which avx512vnni"},
		{"other extension", emu.AVX512VNNI, func(c *build.Context) { c.VPOPCNTB(reg.Z0, reg.Z1) }, "needs AVX512BITALG"},
		{"unknown opcode", emu.AVX2, func(c *build.Context) { c.BSFQ(reg.RAX, reg.RCX) }, "instruction 1: BSFQ AX, CX: unknown opcode"},
		{"legacy SSE", emu.AVX2, func(c *build.Context) { c.MOVQ(reg.RAX, reg.X0) }, "legacy SSE"},
		{"no EVEX form", emu.AVX512VNNI, func(c *build.Context) { c.VMOVDQU(mem(0), reg.Y16) }, "no EVEX form"},
		{"no EVEX comparison", emu.AVX512VNNI, func(c *build.Context) { c.VPCMPEQB(reg.Y1, reg.Y16, reg.Y2) }, "no EVEX form"},
		{"K0 as mask", emu.AVX512VNNI, func(c *build.Context) { c.VMOVDQU8(mem(0), reg.K0, reg.Z0) }, "K0 as write mask"},
		{"writes SP", emu.AVX2, func(c *build.Context) { c.ADDQ(operand.Imm(8), reg.RSP) }, "writes SP"},
		{"writes BP", emu.AVX2, func(c *build.Context) { c.MOVQ(reg.RAX, reg.RBP) }, "frame of 8 bytes"},
		{"frame", emu.AVX2, func(c *build.Context) { c.MOVQ(reg.RAX, c.AllocLocal(8)) }, "frame of 8 bytes"},
		{"second argument", emu.AVX2, func(c *build.Context) { c.MOVQ(operand.NewParamAddr("b", 8), reg.RCX) }, "0(FP)"},
		{"data symbol", emu.AVX2, func(c *build.Context) { c.MOVQ(operand.NewDataAddr(operand.NewStaticSymbol("t"), 0), reg.RCX) }, "data symbol"},
		{"wide constant", emu.AVX2, func(c *build.Context) { c.ADDQ(operand.U32(1<<31), reg.RAX) }, "32 signed bits"},
		{"gather into its index", emu.AVX2, func(c *build.Context) {
			c.VPGATHERDD(reg.Y1, operand.Mem{Base: reg.RAX, Index: reg.Y2, Scale: 4}, reg.Y2)
		}, "different registers"},
	} {
		t.Run(k.name, func(t *testing.T) {
			_, err := compile(t, k.isa, body(k.steps))
			if err == nil || !strings.Contains(err.Error(), k.want) {
				t.Errorf("%v, want %q", err, k.want)
			}
		})
	}
	if _, err := compile(t, emu.AVX2, func(c *build.Context) { c.NOP() }); err == nil || !strings.Contains(err.Error(), "neither RET nor JMP") {
		t.Errorf("function without RET: %v", err)
	}
}

// TestBadForms has instructions that avo's constructors would not make.
func TestBadForms(t *testing.T) {
	for _, i := range []*avoir.Instruction{
		{Opcode: "VPADDD", Operands: []operand.Op{reg.Z0, reg.Y1, reg.Z2}, ISA: []string{"AVX512F"}},
		{Opcode: "VPADDB", Suffixes: []string{"BCST"}, Operands: []operand.Op{mem(0), reg.Z1, reg.Z2}, ISA: []string{"AVX512BW"}},
		{Opcode: "VPADDD", Suffixes: []string{"Z"}, Operands: []operand.Op{reg.Z0, reg.Z1, reg.Z2}, ISA: []string{"AVX512F"}},
		{Opcode: "VPADDD", Operands: []operand.Op{reg.Z0, reg.Z1, mem(0)}, ISA: []string{"AVX512F"}},
		{Opcode: "VPADDD", Operands: []operand.Op{reg.Z1, mem(0), reg.Z0}, ISA: []string{"AVX512F"}},
		{Opcode: "VPADDD", Operands: []operand.Op{reg.Y0, reg.Y1, reg.Y2}},
		{Opcode: "VADDPS", Suffixes: []string{"RZ_SAE"}, Operands: []operand.Op{reg.Z0, reg.Z1, reg.Z2}, ISA: []string{"AVX512F"}},
		{Opcode: "ADDQ", Operands: []operand.Op{reg.EAX, reg.RCX}},
		{Opcode: "ADDQ", Operands: []operand.Op{mem(0), mem(8)}},
		{Opcode: "ADDB", Operands: []operand.Op{reg.AH, reg.CL}},
		{Opcode: "JMP", Operands: []operand.Op{operand.LabelRef("nowhere")}},
		{Opcode: "KANDW", Operands: []operand.Op{reg.K1, reg.RAX, reg.K2}, ISA: []string{"AVX512F"}},
	} {
		fn := avoir.NewFunction("f")
		fn.AddInstruction(i)
		fn.AddInstruction(&avoir.Instruction{Opcode: "RET", IsTerminal: true})
		_, err := emu.Compile(fn, emu.AVX512VNNI)
		var e *emu.Error
		if !errors.As(err, &e) || e.Index != 0 || e.Func != "f" || e.Text != emu.Text(i) {
			t.Errorf("%s: %v", emu.Text(i), err)
		}
	}
}

// TestFaults has functions that compile and must fail at an instruction. The
// argument points 64 bytes into a readable and writable segment of 256 bytes
// with 8 bytes of slack; 1 kB after it is a segment that is only readable.
func TestFaults(t *testing.T) {
	const isa = emu.AVX512VNNI
	ones := func(c *build.Context, k reg.Register, n uint32) {
		c.MOVL(operand.U32(n), reg.ECX)
		c.KMOVW(reg.ECX, k)
	}
	for _, k := range []struct {
		name  string
		steps func(c *build.Context)
		want  string // empty: no error
	}{
		{"inside", func(c *build.Context) { c.VMOVDQU(mem(160), reg.Y0); c.VMOVDQU(reg.Y0, mem(-64)); c.VZEROUPPER() }, ""},
		{"slack", func(c *build.Context) { c.MOVQ(mem(192), reg.RCX) }, ""},
		{"beyond slack", func(c *build.Context) { c.MOVQ(mem(193), reg.RCX) }, "read of 8 bytes at rw+257"},
		{"write to slack", func(c *build.Context) { c.MOVQ(reg.RAX, mem(185)) }, "write of 8 bytes at rw+249"},
		{"before", func(c *build.Context) { c.MOVB(mem(-65), reg.CL) }, "read of 1 bytes at rw-1"},
		{"partly before", func(c *build.Context) { c.VMOVDQU(mem(-65), reg.X0) }, "read of 16 bytes at rw-1"},
		{"read only", func(c *build.Context) { c.MOVQ(reg.RAX, mem(1088)) }, "write of 8 bytes at ro+0 (segment of 64 bytes): not permitted"},
		{"far away", func(c *build.Context) { c.MOVQ(mem(1<<30), reg.RCX) }, "outside every segment"},
		{"prefetch outside", func(c *build.Context) { c.PREFETCHT0(mem(1 << 30)) }, ""},
		{"masked load", func(c *build.Context) {
			ones(c, reg.K1, 0xf)
			c.VMOVDQU32_Z(mem(176), reg.K1, reg.Z0)
			c.VZEROUPPER()
		}, ""},
		{"masked load of a lane outside", func(c *build.Context) {
			ones(c, reg.K1, 0x40)
			c.VMOVDQU32_Z(mem(176), reg.K1, reg.Z0)
		}, "read of 4 bytes at rw+264"},
		{"masked store", func(c *build.Context) {
			ones(c, reg.K1, 0xf)
			c.VMOVDQU(mem(0), reg.X0)
			c.VMOVDQU8(reg.X0, reg.K1, mem(188))
		}, ""},
		{"masked store of a lane outside", func(c *build.Context) {
			ones(c, reg.K1, 0x1f)
			c.VMOVDQU(mem(0), reg.X0)
			c.VMOVDQU8(reg.X0, reg.K1, mem(188))
		}, "write of 1 bytes at rw+256"},
		{"masked shuffle reads all", func(c *build.Context) {
			ones(c, reg.K1, 1)
			c.VMOVDQU(mem(0), reg.X0)
			c.VPSHUFB_Z(mem(185), reg.X0, reg.K1, reg.X1)
		}, "read of 16 bytes"},
		{"broadcast of no lane", func(c *build.Context) {
			ones(c, reg.K1, 0)
			c.VMOVDQU(mem(0), reg.X0)
			c.VPADDD_BCST_Z(mem(1<<20), reg.X0, reg.K1, reg.X1)
		}, ""},
		{"VPMASKMOVD", func(c *build.Context) {
			c.MOVL(operand.I32(-1), reg.ECX)
			c.VMOVD(reg.ECX, reg.X1)
			c.VPMASKMOVD(mem(188), reg.X1, reg.X2)
		}, ""},
		{"aligned load", func(c *build.Context) { c.VMOVDQA(mem(8), reg.X0) }, "not aligned to 16 bytes"},
		{"aligned store", func(c *build.Context) { c.VMOVDQU(mem(0), reg.Y0); c.VMOVAPS(reg.Y0, mem(16)) }, "not aligned to 32 bytes"},
		{"register", func(c *build.Context) { c.ADDQ(reg.R9, reg.RAX) }, "reads R9 byte 0"},
		{"upper part of a register", func(c *build.Context) { c.SETEQ(reg.CL); c.MOVQ(reg.RCX, reg.RDX) }, "reads flag ZF"},
		{"byte then all", func(c *build.Context) { c.MOVB(mem(0), reg.CL); c.MOVQ(reg.RCX, reg.RDX) }, "reads CX byte 1, CX bytes 2-3, CX bytes 4-7"},
		{"vector", func(c *build.Context) { c.VPADDD(reg.X5, reg.X5, reg.X6) }, "reads vector register 5"},
		{"zero idiom", func(c *build.Context) { c.VPXOR(reg.X5, reg.X5, reg.X5); c.XORL(reg.ECX, reg.ECX) }, ""},
		{"ones idiom", func(c *build.Context) {
			c.VPTERNLOGD(operand.U8(0xff), reg.X5, reg.X5, reg.X5)
			c.KXNORW(reg.K3, reg.K3, reg.K3)
		}, ""},
		{"accumulator", func(c *build.Context) {
			c.VMOVDQU(mem(0), reg.X0)
			c.VPDPBUSD(reg.X0, reg.X0, reg.X7)
		}, "reads vector register 7"},
		{"merged into", func(c *build.Context) { ones(c, reg.K1, 1); c.VMOVDQU8(mem(0), reg.K1, reg.X7) }, "reads vector register 7"},
		{"mask", func(c *build.Context) { c.VMOVDQU8_Z(mem(0), reg.K2, reg.X7) }, "reads K2"},
		{"flags of MOV 0", func(c *build.Context) { c.TESTQ(reg.RAX, reg.RAX); c.MOVQ(operand.U32(0), reg.RCX); c.SETEQ(reg.DL) }, "reads flag ZF"},
		{"flags of IMUL", func(c *build.Context) { c.IMULQ(reg.RAX, reg.RAX); c.SETEQ(reg.DL) }, "reads flag ZF"},
		{"no VZEROUPPER", func(c *build.Context) { c.VMOVDQU(mem(0), reg.Y0) }, "VZEROUPPER is missing"},
		{"too early VZEROUPPER", func(c *build.Context) { c.VZEROUPPER(); c.VMOVDQU(mem(0), reg.Y0) }, "VZEROUPPER is missing"},
		{"no end", func(c *build.Context) { c.Label("l"); c.JMP(operand.LabelRef("l")) }, "more than 1000 instructions"},
	} {
		t.Run(k.name, func(t *testing.T) {
			p := must(t, isa, body(k.steps))
			all := make([]byte, 2048)
			all = all[-int(uintptr(unsafe.Pointer(&all[0])))&63:]
			m := emu.NewMachine()
			m.Limit = 1000
			if err := errors.Join(m.Map("rw", all[:256], emu.Read|emu.Write, 8), m.Map("ro", all[1152:1216], emu.Read, 0)); err != nil {
				t.Fatal(err)
			}
			err := m.Run(p, uintptr(unsafe.Pointer(&all[64])))
			switch {
			case k.want == "" && err != nil:
				t.Error(err)
			case k.want != "" && (err == nil || !strings.Contains(err.Error(), k.want)):
				t.Errorf("%v, want %q", err, k.want)
			}
		})
	}
}

// TestMap has segments that can't be mapped.
func TestMap(t *testing.T) {
	m := emu.NewMachine()
	b := make([]byte, 8, 16)
	if m.Map("a", nil, emu.Read, 0) == nil || m.Map("a", b, 0, 0) == nil || m.Map("a", b, emu.Read, 9) == nil {
		t.Error("bad segments were mapped")
	}
	if err := m.Map("a", b, emu.Read, 8); err != nil {
		t.Error(err)
	}
}

// TestMaskedCounts checks that lanes switched off are not counted.
func TestMaskedCounts(t *testing.T) {
	p := must(t, emu.AVX512VNNI, body(func(c *build.Context) {
		c.MOVL(operand.U32(0x7), reg.ECX)
		c.KMOVW(reg.ECX, reg.K1)
		c.VMOVDQU32_Z(mem(0), reg.K1, reg.Z0)
		c.VPMOVUSDB(reg.Z0, reg.K1, mem(0))
		c.VPADDD_BCST(mem(0), reg.Z0, reg.Z0)
		c.VZEROUPPER()
	}))
	b := make([]byte, 64)
	m := emu.NewMachine()
	if err := m.Map("b", b, emu.Read|emu.Write, 0); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := m.Run(p, uintptr(unsafe.Pointer(&b[0]))); err != nil {
			t.Fatal(err)
		}
	}
	if c := m.Counts(); c.Loaded != 2*(12+4) || c.Stored != 2*3 || c.Ops["VPADDD"] != 2 || c.Instructions != 2*8 {
		t.Errorf("%+v", c)
	}
	m.ResetCounts()
	if c := m.Counts(); c.Instructions != 0 || c.Loaded != 0 || len(c.Ops) != 0 {
		t.Errorf("after reset: %+v", c)
	}
}
