package emu_test

import (
	"strings"
	"testing"
	"unsafe"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	avoir "github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/emu"
)

// compile builds a function with avo, runs avo's passes and compiles it.
func compile(t testing.TB, isa emu.ISA, body func(*build.Context)) (*emu.Program, error) {
	t.Helper()
	return emu.Compile(function(t, body), isa)
}

func function(t testing.TB, body func(*build.Context)) *avoir.Function {
	t.Helper()
	c := build.NewContext()
	c.Function("f")
	c.Attributes(attr.NOSPLIT)
	c.SignatureExpr("func(a uintptr)")
	body(c)
	f, err := c.Result()
	if err != nil {
		t.Fatal(err)
	}
	if err := pass.Compile.Execute(f); err != nil {
		t.Fatal(err)
	}
	return f.Functions()[0]
}

func must(t testing.TB, isa emu.ISA, body func(*build.Context)) *emu.Program {
	t.Helper()
	p, err := compile(t, isa, body)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// dotArgs is the argument struct of the dot product kernel.
type dotArgs struct {
	x   *uint8
	w   *int8
	out *int32
	n   int64
}

// dot emits out[l] = sum over i of four products, 16 lanes, n steps.
func dot(c *build.Context) {
	a := c.Load(c.Param("a"), c.GP64())
	x, w, out, n := c.GP64(), c.GP64(), c.GP64(), c.GP64()
	for i, r := range []reg.Register{x, w, out, n} {
		c.MOVQ(operand.Mem{Base: a, Disp: 8 * i}, r)
	}
	acc, xs := c.ZMM(), c.ZMM()
	c.VPXORD(acc, acc, acc)
	c.Label("loop")
	c.VPBROADCASTD(operand.Mem{Base: x}, xs)
	c.VPDPBUSD(operand.Mem{Base: w}, xs, acc)
	c.ADDQ(operand.Imm(4), x)
	c.ADDQ(operand.Imm(64), w)
	c.DECQ(n)
	c.JNE(operand.LabelRef("loop"))
	c.VMOVDQU32(acc, operand.Mem{Base: out})
	c.VZEROUPPER()
	c.RET()
}

func TestKernel(t *testing.T) {
	p := must(t, emu.AVX512VNNI, dot)
	const steps = 5
	x, w, out := make([]uint8, 4*steps), make([]int8, 64*steps), make([]int32, 16)
	for i := range x {
		x[i] = uint8(37 * i)
	}
	for i := range w {
		w[i] = int8(91 * i)
	}
	args := &dotArgs{&x[0], &w[0], &out[0], steps}
	m := emu.NewMachine()
	mapAll(t, m, args, x, w, out)
	if err := m.Run(p, uintptr(unsafe.Pointer(args))); err != nil {
		t.Fatal(err)
	}
	for l := range out {
		var want int32
		for i := range 4 * steps {
			want += int32(x[i]) * int32(w[i/4*64+4*l+i%4])
		}
		if out[l] != want {
			t.Errorf("lane %d: %d, want %d", l, out[l], want)
		}
	}
	c := m.Counts()
	if c.VPDPBUSD != [3]uint64{0, 0, steps} || c.MACs() != 64*steps || c.Ops["DECQ"] != steps ||
		c.Loaded != 32+steps*68 || c.Stored != 64 || c.Instructions != 1+4+1+6*steps+3 {
		t.Errorf("counts: %+v", c)
	}
	args.n = steps + 1
	err := m.Run(p, uintptr(unsafe.Pointer(args)))
	if err == nil || !strings.Contains(err.Error(), "VPBROADCASTD") || !strings.Contains(err.Error(), "x+20") {
		t.Errorf("reading past the end: %v", err)
	}
}

func mapAll(t testing.TB, m *emu.Machine, args *dotArgs, x []uint8, w []int8, out []int32) {
	t.Helper()
	for _, s := range []struct {
		name string
		mem  []byte
		perm emu.Perm
	}{
		{"args", emu.Bytes(args), emu.Read}, {"x", x, emu.Read},
		{"w", emu.BytesOf(w), emu.Read}, {"out", emu.BytesOf(out), emu.Write},
	} {
		if err := m.Map(s.name, s.mem, s.perm, 0); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkSpeed reports ns per instruction of loops of one kind.
func BenchmarkSpeed(b *testing.B) {
	const n = 1000
	loop := func(step func(c *build.Context, a reg.Register)) *emu.Program {
		return must(b, emu.AVX512VNNI|emu.VBMI, func(c *build.Context) {
			a := c.Load(c.Param("a"), c.GP64())
			for _, z := range []reg.Register{reg.Z0, reg.Z1, reg.Z2} {
				c.VMOVDQU32(operand.Mem{Base: a}, z)
			}
			i := c.GP64()
			c.MOVQ(operand.I32(n), i)
			c.KXNORW(reg.K1, reg.K1, reg.K1)
			c.Label("loop")
			for range 16 {
				step(c, a)
			}
			c.DECQ(i)
			c.JNE(operand.LabelRef("loop"))
			c.VZEROUPPER()
			c.RET()
		})
	}
	mem := make([]byte, 4096)
	for i := range mem {
		mem[i] = byte(i * 77)
	}
	for _, k := range []struct {
		name string
		step func(c *build.Context, a reg.Register)
	}{
		{"VPDPBUSD_Z", func(c *build.Context, a reg.Register) { c.VPDPBUSD(reg.Z0, reg.Z1, reg.Z2) }},
		{"VPDPBUSD_mem", func(c *build.Context, a reg.Register) { c.VPDPBUSD(operand.Mem{Base: a}, reg.Z1, reg.Z2) }},
		{"VPDPBUSD_bcst", func(c *build.Context, a reg.Register) { c.VPDPBUSD_BCST(operand.Mem{Base: a}, reg.Z1, reg.Z2) }},
		{"VMOVDQU32_load", func(c *build.Context, a reg.Register) { c.VMOVDQU32(operand.Mem{Base: a}, reg.Z2) }},
		{"VMOVDQU32_store", func(c *build.Context, a reg.Register) { c.VMOVDQU32(reg.Z2, operand.Mem{Base: a}) }},
		{"VMOVDQU8_masked", func(c *build.Context, a reg.Register) { c.VMOVDQU8_Z(operand.Mem{Base: a}, reg.K1, reg.Z2) }},
		{"VPBROADCASTD", func(c *build.Context, a reg.Register) { c.VPBROADCASTD(operand.Mem{Base: a}, reg.Z2) }},
		{"VPMADDUBSW_Y", func(c *build.Context, a reg.Register) { c.VPMADDUBSW(reg.Y0, reg.Y1, reg.Y2) }},
		{"VPMADDWD_Y", func(c *build.Context, a reg.Register) { c.VPMADDWD(reg.Y0, reg.Y1, reg.Y2) }},
		{"VPMAXUB_Z", func(c *build.Context, a reg.Register) { c.VPMAXUB(reg.Z0, reg.Z1, reg.Z2) }},
		{"VPSHUFB_Z", func(c *build.Context, a reg.Register) { c.VPSHUFB(reg.Z0, reg.Z1, reg.Z2) }},
		{"VPUNPCKLBW_Z", func(c *build.Context, a reg.Register) { c.VPUNPCKLBW(reg.Z0, reg.Z1, reg.Z2) }},
		{"VCVTPS2DQ_Z", func(c *build.Context, a reg.Register) { c.VCVTPS2DQ(reg.Z0, reg.Z2) }},
		{"VMULPS_Z", func(c *build.Context, a reg.Register) { c.VMULPS(reg.Z0, reg.Z1, reg.Z2) }},
		{"VFMADD231PS_Z", func(c *build.Context, a reg.Register) { c.VFMADD231PS(reg.Z0, reg.Z1, reg.Z2) }},
		{"VPMOVUSDB_Z", func(c *build.Context, a reg.Register) { c.VPMOVUSDB(reg.Z0, reg.X2) }},
		{"ADDQ+SUBQ", func(c *build.Context, a reg.Register) { c.ADDQ(operand.Imm(64), a); c.SUBQ(operand.Imm(64), a) }},
		{"MOVQ_load", func(c *build.Context, a reg.Register) { c.MOVQ(operand.Mem{Base: a}, reg.R9) }},
	} {
		p := loop(k.step)
		b.Run(k.name, func(b *testing.B) {
			m := emu.NewMachine()
			if err := m.Map("mem", mem, emu.Read|emu.Write, 0); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := m.Run(p, uintptr(unsafe.Pointer(&mem[0]))); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(16*n), "ns/instr")
		})
	}
}
