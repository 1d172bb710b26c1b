package spec

// Arg is a field of the argument structure that every kernel gets a pointer to.
type Arg struct {
	Name string
	Size int // 8 for pointers and counts, 4 for int32 and float32
}

// Args lists the fields in memory order; generated packages declare the same
// structure in Go. Distances are in bytes, counts in units of the family. The
// fields after Scratch belong to the kernel while it runs.
var Args = []Arg{
	// Addresses.
	{"In", 8},      // first input pixel
	{"In2", 8},     // second operand of Add, Mul, BinaryF32 and of the interleaving families
	{"Out", 8},     // first output pixel
	{"Res", 8},     // residual operand, as Out
	{"W", 8},       // packed weights
	{"Off", 8},     // int32 input offsets: of the K steps, or of the taps
	{"Bundles", 8}, // int32: how many bundles of each form a block has (Dense on AVX2)
	{"Bias", 8},    // int32, one a channel; AffineF32, NormalizeF32, QuantizeRGB, QuantizeEight: float32
	{"Mul", 8},     // float32, one a channel
	{"Ones", 8},    // WZero: 1 for each weight there is, 0 for padding, four a K step
	{"WZero", 8},   // WZero: int32 zero points, one a channel
	{"Table", 8},   // 512 bytes: the 256 of the table, and those of kernels without VBMI (plan.PackTable)
	{"Consts", 8},  // Consts of this package
	{"Start", 8},   // float32 that the sums of a layer of float32 start as: its bias, or what an earlier part of its K steps left
	// Distances.
	{"InPix", 8}, {"In2Pix", 8}, {"OutPix", 8}, {"ResPix", 8}, // between neighbouring pixels
	{"InRow", 8}, {"In2Row", 8}, {"OutRow", 8}, {"ResRow", 8}, // between rows; In2Row of PixelsF32, PlanesF32, QuantizeRGB and QuantizeEight: between planes
	{"WStep", 8},                     // between blocks of 16 channels in W
	{"OffStep", 8},                   // between blocks in Off and in Ones (Dense on AVX2)
	{"StartPix", 8}, {"StartRow", 8}, // as of Out; 0 for a bias
	// Counts.
	{"K", 8},       // K steps of four products, groups of four taps, or taps; DenseF32: entries of Off with four inputs side by side
	{"Singles", 8}, // DenseF32: entries of Off behind those, with one input each
	{"Pixels", 8},  // pixels a row; Dense: tiles a row
	{"Rows", 8},
	{"Blocks", 8}, // Dense: tiles of channels
	{"N", 8},      // channels; Dense with Tail: valid ones of the last block; Interleave, InterleaveF32: bytes of each operand's pixel
	{"Mask", 8},   // the N%64 (Tail: N; Interleave, InterleaveF32: 2N%64) lowest bits set; all when that is 0
	// Numbers.
	{"ResMul", 4}, {"ResZero", 4},
	{"In2Mul", 4}, {"In2Zero", 4},
	{"InMul", 4}, {"InZero", 4},
	{"PreLo", 4}, {"PreHi", 4},
	{"Lo", 4}, {"Hi", 4}, // limits less the zero point, as float32
	{"Zero", 4}, {"InAdd", 4},
	{"FnA", 4}, {"FnB", 4}, // of a function
	{"OutMul", 4}, {"OutAdd", 4}, // Float: the scale; Bytes: factor and addend
	{"ByteHi", 4}, // Bytes: 255 less the zero point
	{"Most", 4},   // the upper limit of the result, in four bytes
	// Scratch.
	{"RowsLeft", 8}, {"TilesLeft", 8},
	{"InAt", 8}, {"OutAt", 8}, {"ResAt", 8}, {"In2At", 8},
	{"InRowAt", 8}, {"OutRowAt", 8}, {"ResRowAt", 8},
	{"Left", 8},
	{"StartAt", 8}, {"StartRowAt", 8},
}

// Offset returns the byte offset of the field with that name; every kernel
// names its fields literally, so an unknown one is a mistake in this module.
func Offset(name string) int {
	at := 0
	for _, a := range Args {
		if a.Name == name {
			return at
		}
		at += a.Size
	}
	panic("spec: no argument " + name)
}

// Constants that the kernels read through Args' field Consts.
const (
	ConstTranspose = 0   // 16 dwords: 0 4 8 12 1 5 9 13 2 6 10 14 3 7 11 15
	ConstPairs     = 64  // 8 dwords: 0 4 1 5 2 6 3 7
	ConstLow       = 96  // 16 words 0xff
	ConstZero      = 128 // dwords to spread over all lanes
	ConstOnes      = 132 // words 1
	ConstSixteens  = 136 // bytes 0x10
	ConstSixth     = 140 // 1/6, of the functions
	ConstLanes     = 144 // 16 dwords: 0 to 15

	// Float32 of the functions (gen/portable/functionf32.go), to spread over all lanes.

	ConstOne     = 208 // 1
	ConstSign    = 212 // the sign bit
	ConstLowest  = 216 // minus infinity
	ConstExpLo   = 220 // exp is 0 below
	ConstExpHi   = 224 // and infinite above
	ConstExpm1Lo = 228 // exp-1 is -1 below
	ConstLog2e   = 232 // 1/ln(2)
	ConstRound   = 236 // 1.5*2^23: adding it rounds to an integer
	ConstLn2Hi   = 240 // ln(2), its leading bits
	ConstLn2Lo   = 244 // and what is left of it
	ConstExp     = 248 // five coefficients, of the 6th to the 2nd power
	ConstTwo     = 268
	ConstThree   = 272
	ConstSix     = 276

	// Of pixels of three bytes: where the first, second and third ones of 16 come from,
	// and which bytes of the first 16 are second and third ones.
	ConstThirds = 280

	ConstRows   = 360 // 4 dwords: in 16 bytes, where those of four rows of four channels come from, channel by channel
	ConstHalves = 376 // 8 dwords: 0 2 4 6 1 3 5 7
	ConstWords  = 408 // in 16 bytes, where the words that a half of them becomes come from: bytes 0 4 1 5 2 6 3 7; and those 8 on

	// Float32 of the functions that few networks have (gen/portable/curvesf32.go), to spread over all lanes.

	ConstMinusHalf = 440 // -1/2
	ConstTailHi    = 444 // the normal distribution has nothing above
	ConstTail      = 448 // ten coefficients of its share above t: five of the numerator, of the 4th power to the constant, and five of the denominator, of the 5th to the 1st
	ConstRootTwo   = 488
	ConstErf       = 492 // seven coefficients, of the 12th to the 0th power, less x
	ConstGeluTanh  = 520 // factors of x^3 and x
	ConstLog1p     = 528 // six coefficients: three of the numerator, of the 3rd to the 1st power, and three of the denominator
	ConstSize      = 552
)

// Consts is the content of the memory that field Consts points to.
var Consts = [ConstSize / 4]uint32{
	0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15,
	0, 4, 1, 5, 2, 6, 3, 7,
	0xff00ff, 0xff00ff, 0xff00ff, 0xff00ff, 0xff00ff, 0xff00ff, 0xff00ff, 0xff00ff,
	0, 0x00010001, 0x10101010, 0x3e2aaaab,
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
	0x3f800000, 0x80000000, 0xff800000, 0xc2d00000, 0x42b20000, 0xc1900000,
	0x3fb8aa3b, 0x4b400000, 0x3f317200, 0x35bfbe8e,
	0x3ab4a000, 0x3c092f6e, 0x3d2aadad, 0x3e2aaa28, 0x3efffffb,
	0x40000000, 0x40400000, 0x40c00000,
	0x01060b00, 0x0d02070c, 0x090e0308, 0x050a0f04,
	0x060b0005, 0x02070c01, 0x0e03080d, 0x0a0f0409,
	0x0b00050a, 0x070c0106, 0x03080d02, 0x0f04090e,
	0x0000ff00, 0xff0000ff, 0x00ff0000, 0x0000ff00,
	0x00ff0000, 0x0000ff00, 0xff0000ff, 0x00ff0000,
	0x0c080400, 0x0d090501, 0x0e0a0602, 0x0f0b0703,
	0, 2, 4, 6, 1, 3, 5, 7,
	0x80048000, 0x80058001, 0x80068002, 0x80078003,
	0x800c8008, 0x800d8009, 0x800e800a, 0x800f800b,
	0xbf000000, 0x41680000,
	0x3b86e203, 0x3d266ef3, 0x3e3ba1ef, 0x3ee06828, 0x3f000000,
	0x3c290c73, 0x3dd09b46, 0x3ef05e61, 0x3f99eb98, 0x3fd6552d,
	0x3fb504f3,
	0x38a4b519, 0xba51fb80, 0x3baa02d9, 0xbcdbfc87, 0x3de7167c, 0xbec0939f, 0x3e0375d4,
	0x3d922279, 0x3fcc422a,
	0x3b5ff476, 0x3e73df8f, 0x3f8879d8, 0x3d9a3037, 0x3f301c97, 0x3fc879d7,
}
