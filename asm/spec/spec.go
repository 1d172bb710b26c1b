// Package spec names the kernels: what each computes, for which instruction
// set, with which tile and epilogue. A Kernel is pure data; package asm turns it
// into instructions, package plan chooses it, and its Name is the same in both.
//
// Geometry is not part of a Kernel: pitches, counts and addresses are fields of
// the argument structure (see Args), so that layers share functions.
package spec

import (
	"fmt"
	"strings"
)

// ISA is an instruction set level.
type ISA uint8

// The levels, in the order of preference from last to first.
const (
	AVX2       ISA = iota // AVX2
	AVX512VNNI            // AVX-512 F, BW, DQ, VL and VNNI
	NumISA
)

var isaNames = [...]string{"avx2", "avx512vnni"}

// String returns the name that users write: avx2 or avx512vnni.
func (i ISA) String() string { return isaNames[i] }

// ParseISA is the inverse of String.
func ParseISA(s string) (ISA, error) {
	for i, n := range isaNames {
		if s == n {
			return ISA(i), nil
		}
	}
	return 0, fmt.Errorf("unknown instruction set %q: want %s", s, strings.Join(isaNames[:], " or "))
}

// Family is what a kernel computes.
type Family uint8

// The families. docs/naming.md describes them.
const (
	Dense      Family = iota // convolution and fully connected layer: P pixels by OB blocks of 16 channels
	Depthwise                // convolution of each channel by itself
	MaxPool                  // maximum over a list of taps
	AvgPool                  // sum over a list of taps, requantized
	Add                      // sum of two tensors, requantized
	Mul                      // product of two tensors, requantized
	Table                    // byte to byte
	Quantize                 // f32 plane to u8 channel
	Dequantize               // u8 run to f32 run
	numFamilies
)

var familyNames = [...]string{"dense", "depthwise", "maxPool", "avgPool", "add", "mul", "table", "quantize", "dequantize"}

// String returns the family's part of the kernel names.
func (f Family) String() string { return familyNames[f] }

// Kernel is one assembly function. The zero value of a field is its plain form;
// a field that a family has no use for must be zero.
type Kernel struct {
	Family Family
	ISA    ISA
	P      int  // Dense: pixels of the register tile
	OB     int  // Dense: blocks of 16 output channels of the tile
	Tail   bool // Dense with OB 1: the block has fewer than 16 valid channels
	WZero  bool // Dense: weights have zero points
	Exact  bool // Depthwise on AVX2: products of words, where pairs of bytes could saturate
	Sum    bool // Dense, Depthwise: a residual operand is added
	Pre    bool // with Sum: a clamp before it
	Clamp  bool // limits other than 0 and 255, or sums that could leave s32 as float
	Table  bool // a table is applied to the result
}

// Name returns the identifier of the assembly function, unique to k.
func (k Kernel) Name() string {
	b := k.Family.String()
	if k.Family == Dense {
		b += fmt.Sprintf("%dx%d", k.P, 16*k.OB)
	}
	for _, f := range []struct {
		on   bool
		name string
	}{{k.Tail, "Tail"}, {k.WZero, "WZero"}, {k.Exact, "Exact"}, {k.Pre, "Pre"}, {k.Sum, "Sum"}, {k.Clamp, "Clamp"}, {k.Table, "Table"}} {
		if f.on {
			b += f.name
		}
	}
	return b + [...]string{"AVX2", "VNNI"}[k.ISA]
}

// Describe says in words what the kernel does, to follow its name.
func (k Kernel) Describe() string {
	s := [...]string{
		Dense:      fmt.Sprintf("computes tiles of %d pixels by %d output channels of a convolution", k.P, 16*k.OB),
		Depthwise:  "computes a convolution of each channel by itself",
		MaxPool:    "computes the maximum over a list of taps",
		AvgPool:    "computes the mean over a list of taps",
		Add:        "adds two tensors",
		Mul:        "multiplies two tensors",
		Table:      "replaces bytes by their entries in a table",
		Quantize:   "turns float32 into bytes of one channel",
		Dequantize: "turns bytes into float32",
	}[k.Family]
	for _, f := range []struct {
		on   bool
		text string
	}{
		{k.Tail, ", of which fewer are stored"},
		{k.WZero, ", weights with zero points"},
		{k.Exact, " with products of words"},
		{k.Pre, ", limits the sums"},
		{k.Sum, ", adds the residual operand"},
		{k.Clamp, ", limits the result"},
		{k.Table && k.Family != Table, ", looks it up in a table"},
	} {
		if f.on {
			s += f.text
		}
	}
	return s
}

// Validate returns an error when no kernel of this form is generated.
func (k Kernel) Validate() error {
	bad := func(why string) error { return fmt.Errorf("kernel %s: %s", k.Name(), why) }
	if k.Family >= numFamilies || k.ISA >= NumISA {
		return fmt.Errorf("kernel %+v: unknown family or instruction set", k)
	}
	if k.Family == Dense {
		if k.OB < 1 || k.P < 1 || k.P > MaxPixels(k.ISA, k.OB, k.WZero) {
			return bad("the tile does not fit the registers")
		}
	} else if k.P != 0 || k.OB != 0 || k.Tail || k.WZero {
		return bad("has fields of the dense family")
	}
	switch {
	case k.Tail && k.OB != 1:
		return bad("a tail is one block wide")
	case k.Pre && !k.Sum:
		return bad("a clamp before the sum without a sum")
	case k.Exact && (k.Family != Depthwise || k.ISA != AVX2):
		return bad("only the AVX2 depthwise kernel has an exact form")
	case k.Sum && k.Family != Dense && k.Family != Depthwise:
		return bad("has no residual operand")
	case (k.Clamp || k.Table) && (k.Family == MaxPool || k.Family >= Table):
		return bad("has no requantization")
	}
	return nil
}

// MaxPixels returns the largest P of a dense tile with ob blocks; 0 where the
// instruction set has no tile of that width. Sixteen AVX2 registers leave one
// block; with weight zero points each pixel needs a register for its window sum.
func MaxPixels(isa ISA, ob int, wzero bool) int {
	if isa == AVX2 {
		switch {
		case ob != 1:
			return 0
		case wzero:
			return 2
		}
		return 5
	}
	if ob < 1 || ob > 4 {
		return 0
	}
	if wzero {
		return [...]int{0, 8, 8, 5, 5}[ob]
	}
	return [...]int{0, 14, 14, 8, 6}[ob]
}
