package portable

import (
	"math"
	"unsafe"
)

// depthwiseForm is how a depthwise kernel takes its taps, and in which order it has them,
// its biases and its factors in the lists.
type depthwiseForm uint8

const (
	// Any taps, by a list of offsets: blocks of 64 channels in the order of channelSlot, taps
	// in groups of four. A call takes 32 or 64 channels.
	tapsForm depthwiseForm = iota
	// One tap: blocks of 32 or 64 channels, weights as dwords.
	affineForm
	// A window of 3x3 or 5x5 with a stride of 1 or 2: blocks of 8 or 16 channels; for each column
	// of the window, each group of four rows that a tile of two rows reads, and each row of the
	// tile the weights of those four rows.
	windowForm
	// Likewise, weights as words: those of the first and third row, then of the others.
	wordsForm
)

// channelSlot returns where channel c of a block of 64 is stored: the order in
// which byte and word unpacks of four taps deliver the channels.
func channelSlot(c int) int { return c%16/4*16 + c/16*4 + c%4 }

// weight is of tap t of channel c.
func (b *boundDepthwise) weight(c, t int) int8 { return int8(b.m.blob[b.W+c*b.KH*b.KW+t]) }

// width is the channels of a block.
func (b *boundDepthwise) width() int {
	switch b.form {
	case tapsForm:
		return 64
	case affineForm:
		return 32 << b.m.isa
	}
	return 8 << b.m.isa
}

// groups is how many groups of four rows a tile reads.
func (b *boundDepthwise) groups() int { return (b.KH + b.StrideH + 3) / 4 }

// vectors is how many dwords of weights a channel has.
func (b *boundDepthwise) vectors() int {
	switch b.form {
	case windowForm:
		return b.KW * b.groups() * 2
	case wordsForm:
		return b.KW * b.groups() * 4
	}
	return len(b.off) / 4
}

// tap returns which tap of the window is byte j of dword v of a channel, or one that
// there is not.
func (b *boundDepthwise) tap(v, j int) int {
	if b.form < windowForm {
		return 4*v + j
	}
	column, group, r := v/2/b.groups(), v/2%b.groups(), v%2
	y := 4*group + j - r*b.StrideH
	if y < 0 || y >= b.KH {
		return -1
	}
	return y*b.KW + column
}

// pack makes the lists. A last block with too few channels has the last ones that there are,
// but in the form of any taps, where there may be too few.
func (b *boundDepthwise) pack() {
	width, vectors := b.width(), b.vectors()
	blocks := (b.X.C + width - 1) / width
	b.block = (2 + vectors) * width
	bytes := alignedBytes(4 * blocks * b.block)
	b.lists = unsafe.Slice((*int32)(unsafe.Pointer(&bytes[0])), blocks*b.block)
	for i := range blocks {
		list, first := b.lists[i*b.block:][:b.block], i*width
		if b.form != tapsForm {
			first = min(first, b.X.C-width)
		}
		for c := range min(width, b.X.C-first) {
			slot := c
			if b.form == tapsForm {
				slot = channelSlot(c)
			}
			list[slot] = b.bias[first+c]
			list[width+slot] = int32(math.Float32bits(b.mul[first+c]))
			for v := range vectors {
				list[(2+v)*width+slot] = b.dword(first+c, v)
			}
		}
	}
}

// dword returns the weights of a dword of a channel's: four bytes, two words or one.
func (b *boundDepthwise) dword(c, v int) int32 {
	switch b.form {
	case affineForm:
		return b.tapWeight(c, 0)
	case wordsForm:
		return b.tapWeight(c, b.tap(v/2, v%2))&0xffff | b.tapWeight(c, b.tap(v/2, v%2+2))<<16
	}
	d := int32(0)
	for j := range 4 {
		d |= (b.tapWeight(c, b.tap(v, j)) & 0xff) << (8 * j)
	}
	return d
}

// tapWeight is weight, and 0 where there is no such tap.
func (b *boundDepthwise) tapWeight(c, t int) int32 {
	if t < 0 || t >= b.KH*b.KW {
		return 0
	}
	return int32(b.weight(c, t))
}

// setLists points a at the lists of the block that starts with channel c.
func (b *boundDepthwise) setLists(a *args, c int) {
	width := b.width()
	list, slot := b.lists[(c+width-1)/width*b.block:], 0
	if b.form == tapsForm { // on AVX2 a call takes half a block
		list, slot = b.lists[c/width*b.block:], channelSlot(c%width)
	}
	a.W = address(&list[0])
	if b.form == tapsForm {
		a.Bias, a.Mul, a.W = address(&list[slot]), address(&list[width+slot]), address(&list[2*width+slot])
		a.Off, a.K = address(&b.off[0]), len(b.off)/4
	}
}
