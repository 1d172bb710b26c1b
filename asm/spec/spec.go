// Package spec names the kernels: what each computes, for which instruction
// set, with which tile and epilogue. A Kernel is pure data; package asm turns it
// into instructions, package plan chooses it, and its Name is the same in both.
//
// Geometry is not part of a Kernel: pitches, counts and addresses are fields of
// the argument structure (see Args), so that layers share functions.
package spec

import (
	"cmp"
	"errors"
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
	Dense         Family = iota // convolution and fully connected layer: P pixels by OB blocks of 16 channels
	Depthwise                   // convolution of each channel by itself
	MaxPool                     // maximum over a list of taps
	AvgPool                     // sum over a list of taps, requantized
	Add                         // sum of two tensors, requantized
	Mul                         // product of two tensors, requantized
	MulChannels                 // product of a tensor with one factor a channel, requantized
	Table                       // byte to byte
	Quantize                    // f32 plane to u8 channel
	QuantizeRGB                 // three f32 planes to u8 pixels of three channels
	QuantizeEight               // eight f32 planes to as many u8 channels
	Dequantize                  // u8 run to f32 run

	// The families of float32. Sums are one chain of fused multiply-adds an
	// output, in one order, so that all instruction sets agree to the bit.

	DenseF32     // convolution and fully connected layer: P pixels by OB blocks of 16 channels
	DepthwiseF32 // convolution of each channel by itself: P pixels by one vector of channels
	MaxPoolF32   // maximum over a list of taps
	AvgPoolF32   // mean over a list of taps
	BinaryF32    // function of two tensors
	AffineF32    // factor and addend for each channel
	PReluF32     // factor for each channel below 0
	UnaryF32     // function of one variable
	SoftmaxF32   // exp(x-max)/sum over a run
	NormalizeF32 // (x-mean)/sqrt(variance+FnB) over a run, times a factor and plus an addend of each place; FnA is 1/N
	PixelsF32    // f32 planes to pixels
	PlanesF32    // f32 pixels to planes
	QuantizeRun  // f32 run to u8 run

	WinogradInput  // 4x4 inputs of each tile of 2x2 results to 16 numbers
	WinogradOutput // 16 sums of each tile to 2x2 results

	Interleave    // bytes of two tensors by turns
	InterleaveF32 // likewise f32
	numFamilies
)

var familyNames = [...]string{"dense", "depthwise", "maxPool", "avgPool", "add", "mul", "mulChannels", "table", "quantize", "quantizeRGB", "quantizeEight", "dequantize",
	"denseF32", "depthwiseF32", "maxPoolF32", "avgPoolF32", "binaryF32", "affineF32", "preluF32", "unaryF32", "softmaxF32", "normalizeF32",
	"pixelsF32", "planesF32", "quantizeRun",
	"winogradInput", "winogradOutput",
	"interleave", "interleaveF32"}

// Float reports whether f computes in float32.
func (f Family) Float() bool { return f >= DenseF32 && f < numFamilies && f != Interleave }

// Function is what UnaryF32 and BinaryF32 compute. FnA and FnB are arguments.
type Function uint8

// The functions: none for Clamp alone, then of one variable, then of two.
const (
	NoFunction  Function = iota
	LeakyRelu            // FnA*x below 0
	Sigmoid              // 1/(1+exp(-x))
	Tanh                 // tanh(x)
	HardSigmoid          // FnA*x+FnB limited to 0..1
	HardSwish            // x*(x/6+1/2 limited to 0..1)
	Elu                  // FnA*(exp(x)-1) below 0
	Exp                  // exp(x)
	Silu                 // x/(1+exp(-x))
	Swish                // x/(1+exp(-FnA*x))
	Selu                 // FnB times what Elu is
	Celu                 // FnA*(exp(x/FnA)-1) below 0, FnA above 0
	Softplus             // log(1+exp(x))
	Softsign             // x/(1+|x|)
	Mish                 // x*tanh(log(1+exp(x)))
	Gelu                 // x times the share of the normal distribution below x
	GeluTanh             // the approximation of it by tanh
	Erf                  // erf(x)
	Abs                  // |x|
	Neg                  // -x
	Reciprocal           // 1/x
	Sqrt                 // sqrt(x)
	Floor                // the largest integer up to x
	Ceil                 // the smallest integer from x on
	Round                // the nearest integer, ties to even
	Add2                 // a+b
	Sub2                 // a-b
	Mul2                 // a*b
	Div2                 // a/b
	numFunctions
)

var functionNames = [...]string{"", "LeakyRelu", "Sigmoid", "Tanh", "HardSigmoid", "HardSwish", "Elu", "Exp", "Silu",
	"Swish", "Selu", "Celu", "Softplus", "Softsign", "Mish", "Gelu", "GeluTanh", "Erf", "Abs", "Neg", "Reciprocal", "Sqrt", "Floor", "Ceil", "Round",
	"Add", "Sub", "Mul", "Div"}

// String returns the function's part of the kernel names.
func (f Function) String() string { return functionNames[f] }

// String returns the family's part of the kernel names.
func (f Family) String() string { return familyNames[f] }

// Kernel is one assembly function. The zero value of a field is its plain form;
// a field that a family has no use for must be zero.
type Kernel struct {
	Family Family
	ISA    ISA
	P      int  // Dense, DenseF32, DepthwiseF32: pixels of the register tile
	OB     int  // Dense, DenseF32: blocks of 16 output channels of the tile
	Tail   bool // Dense, DenseF32 with OB 1: the block has fewer than 16 valid channels
	Half   bool // Dense with Tail on AVX512VNNI: the block has at most 8 valid channels, in vectors of 256 bits
	WZero  bool // Dense: weights have zero points
	Window int  // Depthwise: the columns and rows of the window that the form is for; 0: a list of taps
	Stride int  // Depthwise with a Window of 3 or 5: the stride of rows and columns
	Exact  bool // Depthwise on AVX2: products of words, where pairs of bytes could saturate
	Sum    bool // layers, UnaryF32: a residual operand is added
	Pre    bool // with Sum: a clamp before it
	Clamp  bool // a lower limit above 0, or sums that could leave s32 as float; of float32, any limits
	Table  bool // a table is applied to the result
	VBMI   bool // on AVX512VNNI, with a table: looked up by AVX-512 VBMI, which not every CPU of the level has
	Fn     Function
	Float  bool // Dense: the result is dequantized in registers and stored as float32
	Bytes  bool // DenseF32, DepthwiseF32: the result is quantized in registers and stored as bytes
}

// Name returns the identifier of the assembly function, unique to k.
func (k Kernel) Name() string {
	b := k.Family.String()
	switch k.Family {
	case Dense:
		b += fmt.Sprintf("%dx%d", k.P, k.channels())
	case DenseF32:
		b += fmt.Sprintf("Tile%dx%d", k.P, 16*k.OB)
	case DepthwiseF32:
		b += fmt.Sprintf("Tile%d", k.P)
	case Depthwise:
		b += k.windowName()
	}
	b += k.Fn.String()
	for _, f := range []struct {
		on   bool
		name string
	}{{k.Tail, "Tail"}, {k.WZero, "WZero"}, {k.Exact, "Exact"}, {k.Pre, "Pre"}, {k.Sum, "Sum"}, {k.Clamp, "Clamp"}, {k.Table, "Table"}, {k.Float, "Float"}, {k.Bytes, "Bytes"}} {
		if f.on {
			b += f.name
		}
	}
	if k.Family.Float() {
		return b + [...]string{"AVX2", "AVX512"}[k.ISA]
	}
	if k.VBMI {
		return b + "VBMI"
	}
	return b + [...]string{"AVX2", "VNNI"}[k.ISA]
}

// channels is the number of output channels of a tile of the dense families.
func (k Kernel) channels() int {
	if k.Half {
		return 8
	}
	return 16 * k.OB
}

// Best returns the form of k for a CPU that has AVX-512 VBMI beside the
// instruction sets of k's level: k itself where that makes no difference.
func (k Kernel) Best() Kernel {
	k.VBMI = k.ISA == AVX512VNNI && (k.Table || k.Family == Table)
	return k
}

// Describe says in words what the kernel does, to follow its name.
func (k Kernel) Describe() string {
	s := [...]string{
		Dense:     fmt.Sprintf("computes tiles of %d pixels by %d output channels of a convolution", k.P, k.channels()),
		Depthwise: "computes a convolution of each channel by itself",
		MaxPool:   "computes the maximum over a list of taps",
		AvgPool:   "computes the mean over a list of taps",
		Add:       "adds two tensors",
		Mul:       "multiplies two tensors",

		MulChannels: "multiplies the channels of a tensor by one number each",

		Table:      "replaces bytes by their entries in a table",
		Quantize:   "turns float32 into bytes of one channel",
		Dequantize: "turns bytes into float32",

		QuantizeRGB:   "turns three planes of float32 into pixels of bytes",
		QuantizeEight: "turns eight planes of float32 into bytes of as many channels",

		DenseF32:     fmt.Sprintf("computes tiles of %d pixels by %d output channels of a float32 convolution", k.P, 16*k.OB),
		DepthwiseF32: fmt.Sprintf("computes a float32 convolution of each channel by itself, %d pixels at a time", k.P),
		MaxPoolF32:   "computes the maximum of float32 over a list of taps",
		AvgPoolF32:   "computes the mean of float32 over a list of taps",
		BinaryF32:    "computes the " + k.Fn.String() + " of two float32 tensors",
		AffineF32:    "multiplies and adds float32 constants, one a channel",
		PReluF32:     "multiplies float32 below 0 by a constant of the channel",
		UnaryF32:     "computes the float32 function " + cmp.Or(k.Fn.String(), "identity"),
		SoftmaxF32:   "computes the softmax of runs of float32",
		NormalizeF32: "normalizes runs of float32",
		PixelsF32:    "turns planes of float32 into pixels",
		PlanesF32:    "turns pixels of float32 into planes",
		QuantizeRun:  "turns float32 into bytes",

		WinogradInput:  "transforms the inputs of a 3x3 convolution's tiles",
		WinogradOutput: "transforms the sums of a 3x3 convolution's tiles to results",

		Interleave:    "takes bytes of two tensors by turns",
		InterleaveF32: "takes float32 of two tensors by turns",
	}[k.Family]
	for _, f := range []struct {
		on   bool
		text string
	}{
		{k.Tail, ", of which fewer are stored"},
		{k.WZero, ", weights with zero points"},
		{k.Window > 0, k.windowText()},
		{k.Exact, " with products of words"},
		{k.Pre, ", limits the sums"},
		{k.Sum, ", adds the residual operand"},
		{k.Clamp, ", limits the result"},
		{k.Table && k.Family != Table, ", looks it up in a table"},
		{k.Float, ", stores it as float32"},
		{k.Bytes, ", stores it as bytes"},
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
	tiled := k.Family == Dense || k.Family == DenseF32
	layer := tiled || k.Family == Depthwise || k.Family == DepthwiseF32 || k.Family == WinogradOutput
	switch {
	case tiled && (k.OB < 1 || k.P < 1 || k.P > k.Family.MaxPixels(k.ISA, k.OB, k.WZero)):
		return bad("the tile does not fit the registers")
	case k.Family == DepthwiseF32 && (k.P < 1 || k.P > MaxDepthwisePixels):
		return bad("the tile does not fit the registers")
	case !tiled && (k.OB != 0 || k.Tail) || k.WZero && k.Family != Dense:
		return bad("has fields of the dense family")
	case !tiled && k.Family != DepthwiseF32 && k.P != 0:
		return bad("has fields of the dense family")
	case k.Tail && k.OB != 1:
		return bad("a tail is one block wide")
	case k.Half && (!k.Tail || k.Family != Dense || k.ISA != AVX512VNNI):
		return bad("half a block is a tail of the dense family on AVX-512")
	case k.Pre && !k.Sum:
		return bad("a clamp before the sum without a sum")
	case k.Exact && (k.Family != Depthwise || k.ISA != AVX2):
		return bad("only the AVX2 depthwise kernel has an exact form")
	case k.Sum && !layer && k.Family != UnaryF32, k.Pre && !layer:
		return bad("has no residual operand")
	case k.Table && k.Family.Float():
		return bad("has no table")
	case k.VBMI && k != k.Best():
		return bad("has no form for VBMI")
	case k.Clamp && !k.Family.clamps() || k.Table && (k.Family == MaxPool || k.Family >= Table):
		return bad("has no requantization")
	case k.Float && (k.Family != Dense || k.Table || k.Sum || k.WZero || !k.Clamp):
		return bad("stores bytes")
	case k.Bytes && (k.Family != DenseF32 && k.Family != DepthwiseF32 || k.Sum):
		return bad("stores float32")
	}
	return errors.Join(k.validWindow(bad), k.validFunction(bad))
}

// clamps reports whether the family can limit its result.
func (f Family) clamps() bool {
	switch f {
	case MaxPool, Table, Quantize, QuantizeRGB, QuantizeEight, Dequantize, MaxPoolF32, AvgPoolF32, PReluF32, SoftmaxF32, NormalizeF32, PixelsF32, PlanesF32, QuantizeRun, WinogradInput, Interleave, InterleaveF32:
		return false
	}
	return true
}

// validFunction checks that the families of functions have one, and no others.
func (k Kernel) validFunction(bad func(string) error) error {
	switch {
	case k.Family == UnaryF32 && k.Fn < Add2:
		if k.Fn == NoFunction && !k.Clamp && !k.Sum {
			return bad("is the identity")
		}
	case k.Family == BinaryF32 && k.Fn >= Add2 && k.Fn < numFunctions:
	case k.Fn != NoFunction || k.Family == BinaryF32:
		return bad("has no such function")
	}
	return nil
}

// MaxDepthwisePixels is the largest P of a DepthwiseF32 tile.
const MaxDepthwisePixels = 8

// MaxPixels returns the largest P of a tile of the family with ob blocks; 0 where
// the instruction set has no tile of that width. Sixteen AVX2 registers leave one
// block of bytes, and four pixels, so that there are registers for the weights of a
// bundle of K steps; with weight zero points each pixel needs one for its window sum.
func (f Family) MaxPixels(isa ISA, ob int, wzero bool) int {
	if isa == AVX2 {
		switch {
		case f == DenseF32 && ob >= 1 && ob <= 6:
			return [...]int{0, 6, 3, 2, 1, 1, 1}[ob]
		case ob != 1:
			return 0
		case wzero:
			return 2
		}
		return 4
	}
	if ob < 1 || ob > 4 {
		return 0
	}
	if wzero {
		return [...]int{0, 8, 8, 5, 5}[ob]
	}
	return [...]int{0, 14, 14, 8, 6}[ob]
}
