package portable

import "unsafe"

// args is what a kernel gets: one pointer to it. Addresses are uintptr because
// kernels move them past the ends of buffers, where no Go pointer may point; the
// buffers themselves are kept alive by the work and the model that own them.
// Every field may have changed when a kernel returns.
type args struct {
	In, In2, Out, Res uintptr
	W                 uintptr // packed weights
	Off               uintptr // int32 input offsets
	Bundles           uintptr // int32 counts of bundles of each form
	Bias, Mul         uintptr // int32 and float32, one a channel
	Ones, WZero       uintptr // for weights with zero points
	Table             uintptr // 512 bytes: the 256 of the table, and those of kernels without VBMI
	Consts            uintptr // kernelConsts
	Start             uintptr // float32 that sums start as

	InPix, In2Pix, OutPix, ResPix int // bytes between neighbouring pixels
	InRow, In2Row, OutRow, ResRow int // bytes between rows
	WStep, OffStep                int // bytes between blocks of 16 channels
	StartPix, StartRow            int // bytes, as of Out; 0 for a bias

	K, Singles, Pixels, Rows, Blocks, N int
	Mask                                uint64

	ResMul  float32
	ResZero int32
	In2Mul  float32
	In2Zero int32
	InMul   float32
	InZero  int32
	PreLo   float32
	PreHi   float32
	Lo, Hi  float32 // limits less the zero point
	Zero    int32
	InAdd   float32
	FnA     float32 // of a function
	FnB     float32
	OutMul  float32 // of a result that is quantized or dequantized in registers
	OutAdd  float32
	ByteHi  float32
	Most    uint32 // upper limit of the result, in four bytes

	scratch [12]int // the kernel's own
}

// kernel is an assembly function.
type kernel func(*args)

// kernelConsts holds permutations and broadcast operands of the kernels.
var kernelConsts = [...]uint32{
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

// address returns where an element lies. The element's owner must outlive the call
// that uses the address.
func address[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) }

// lowBits returns a mask of the n%64 lowest bits, or of all 64 where that is none.
func lowBits(n int) uint64 { return ^uint64(0) >> (-uint(n) & 63) }
