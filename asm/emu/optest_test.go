package emu_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/cpu"

	"github.com/ingot-go/ingot/asm/emu"
	"github.com/ingot-go/ingot/asm/emu/internal/optest"
	"github.com/ingot-go/ingot/asm/emu/internal/optest/forms"
)

var record = flag.Bool("record", false, "write testdata/ops.txt from what the CPU computes")

const (
	recorded = "testdata/ops.txt"
	trials   = 48
)

var isaOf = map[string]emu.ISA{
	"avx2": emu.AVX2, "avx512vnni": emu.AVX512VNNI, "avx512vbmi": emu.AVX512VNNI | emu.VBMI,
}

// hardware says whether the CPU runs the functions of an ISA.
func hardware(isa string) bool {
	x := &cpu.X86
	avx2 := x.HasAVX2 && x.HasFMA && x.HasBMI1 && x.HasBMI2 && x.HasPOPCNT
	vnni := avx2 && x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL && x.HasAVX512VNNI
	switch isa {
	case "avx2":
		return avx2
	case "avx512vnni":
		return vnni
	}
	return vnni && x.HasAVX512VBMI
}

// required fails the test where INGOT_REQUIRE_ISA names an ISA that the CPU lacks.
func required(t *testing.T) {
	t.Helper()
	for _, isa := range []string{"avx2", "avx512vnni", "avx512vbmi"} {
		ran := hardware(isa)
		t.Logf("%s: compared with the CPU: %v", isa, ran)
		if os.Getenv("INGOT_REQUIRE_ISA") == isa && !ran {
			t.Errorf("INGOT_REQUIRE_ISA=%s, which this CPU lacks", isa)
		}
	}
}

// block returns memory for a block, aligned to 64 bytes.
func block() []byte {
	b := make([]byte, forms.BlockSize+64)
	off := -int(uintptr(unsafe.Pointer(&b[0]))) & 63
	return b[off : off+forms.BlockSize : off+forms.BlockSize]
}

// fill makes the inputs of one trial, of one of four kinds.
func fill(b []byte, r *rand.Rand, trial int) {
	for i := range b {
		b[i] = 0xaa
	}
	word := []func() uint32{r.Uint32, func() uint32 { return smallWord(r) }, func() uint32 { return plainFloat(r) }, func() uint32 { return oddFloat(r) }}[trial%4]
	for i := 0; i < forms.SlotsAt; i += 4 {
		binary.LittleEndian.PutUint32(b[i:], word())
	}
	for i := forms.MasksAt; i < forms.SlotsAt; i += 8 {
		x := r.Uint64()
		if i >= forms.GeneralAt && trial%4 != 0 {
			edge := [...]uint64{0, 1, 1<<64 - 1, 1 << 31, 1<<31 - 1, 1 << 63, 1<<63 - 1, 0x8080808080808080, uint64(r.IntN(70))}
			x = edge[r.IntN(len(edge))] + uint64(r.IntN(3)) - 1
		}
		binary.LittleEndian.PutUint64(b[i:], x)
	}
}

// smallWord has bytes near zero and near the ends of their ranges.
func smallWord(r *rand.Rand) (x uint32) {
	for range 4 {
		x = x<<8 | uint32(uint8(r.IntN(5)-2)) ^ uint32(r.IntN(3)/2*0x80)
	}
	return x
}

func plainFloat(r *rand.Rand) uint32 {
	return math.Float32bits(float32(math.Ldexp(r.Float64()*2-1, r.IntN(36))))
}

// oddFloat is often a NaN, an infinity, a zero, a subnormal, a halfway case or
// a limit of int32.
func oddFloat(r *rand.Rand) uint32 {
	special := [...]uint32{0, 1, 0x7fffff, 0x800000, 0x7f7fffff, 0x7f800000, 0x7fc00001, 0x7f800001, 0x7fa12345,
		0x3f000000, 0x3fc00000, 0x40200000, 0x4f000000, 0x4effffff, 0x3f800000, 0x3f800001, 0x33800000, 0x4b000001}
	if r.IntN(3) == 0 {
		return r.Uint32()
	}
	return special[r.IntN(len(special))] | r.Uint32()&(1<<31)
}

// TestOpcodes compares every form of every opcode with the CPU, where it has
// the ISA, and with what a CPU computed once, everywhere.
func TestOpcodes(t *testing.T) {
	required(t)
	want := readRecorded(t)
	var out bytes.Buffer
	for _, f := range forms.All() {
		sums := runForms(t, f)
		fmt.Fprint(&out, f.Fn.Name)
		for i, form := range f.Slots {
			fmt.Fprintf(&out, " %x", sums[i])
			if known := want[f.Fn.Name]; !*record && (i >= len(known) || known[i] != fmt.Sprintf("%x", sums[i])) {
				t.Errorf("%s: %s: not what was recorded", f.Fn.Name, form)
			}
		}
		fmt.Fprintln(&out)
	}
	if *record && !t.Failed() {
		if !hardware("avx512vbmi") {
			t.Fatal("recording needs a CPU with every ISA")
		}
		if err := os.WriteFile(recorded, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// readRecorded reads lines of a function's name and the hash of each slot.
func readRecorded(t *testing.T) map[string][]string {
	t.Helper()
	want := map[string][]string{}
	if *record {
		return want
	}
	data, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		want[fields[0]] = fields[1:]
	}
	return want
}

// TestEveryOpcodeIsTested fails for an opcode that no test function has.
func TestEveryOpcodeIsTested(t *testing.T) {
	tested := map[string]bool{}
	for _, f := range forms.All() {
		for _, i := range f.Fn.Instructions() {
			tested[i.Opcode] = true
		}
	}
	for _, op := range emu.Opcodes() {
		// Jumps share the conditions of SET; prefetches do nothing.
		if !tested[op] && op[0] != 'J' && !strings.HasPrefix(op, "PREFETCH") && op != "NOP" {
			t.Errorf("%s has no test function", op)
		}
	}
}

// runForms runs one function on all trials in the emulator, and on the CPU. It
// returns the hash of each slot's results.
func runForms(t *testing.T, f *forms.Func) [][6]byte {
	t.Helper()
	p, err := emu.Compile(f.Fn, isaOf[f.ISA])
	if err != nil {
		t.Fatal(err)
	}
	m, r := emu.NewMachine(), rand.New(rand.NewPCG(1, 2))
	soft, hard := block(), block()
	if err := m.Map("block", soft, emu.Read|emu.Write, 0); err != nil {
		t.Fatal(err)
	}
	hashes := make([]bytes.Buffer, len(f.Slots))
	run := optest.Funcs[f.Fn.Name]
	bad := make([]bool, len(f.Slots))
	for trial := range trials {
		fill(soft, r, trial)
		copy(hard, soft)
		if err := m.Run(p, uintptr(unsafe.Pointer(&soft[0]))); err != nil {
			t.Fatal(err)
		}
		if hardware(f.ISA) {
			run(&hard[0])
			for i, form := range f.Slots {
				if s, h := slot(soft, i), slot(hard, i); !bytes.Equal(s, h) && !bad[i] {
					bad[i] = true
					t.Errorf("%s: %s (trial %d)\n a   %x\n b   %x\n c   %x\n old %x\n CPU %x\n emu %x", f.Fn.Name, form, trial,
						soft[:64], soft[64:128], soft[128:192], soft[192:256], h, s)
				}
			}
		}
		for i := range f.Slots {
			hashes[i].Write(slot(soft, i))
		}
	}
	sums := make([][6]byte, len(f.Slots))
	for i := range hashes {
		h := sha256.Sum256(hashes[i].Bytes())
		copy(sums[i][:], h[:])
	}
	return sums
}

func slot(b []byte, i int) []byte {
	return b[forms.SlotsAt+forms.SlotSize*i:][:forms.SlotSize]
}
