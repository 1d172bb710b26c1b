package portable

import "unsafe"

// bundled is what the AVX2 kernels of a dense layer read instead of the weights as they
// are stored: K steps in bundles, which add their products in 16 bits where the weights
// allow it. The forms of a block's bundles, in this order:
//
//	fours   four steps
//	twos    two steps
//	lower   two steps, the lower eight channels signed
//	upper   two steps, the upper eight channels signed
//	ones    one step
//	signed  one step, all channels signed
//
// Where channels are signed there are magnitudes and masks instead of the weights,
// as signedWeights returns them, ahead of the others' weights.
type bundled struct {
	weights []int32 // of each block, stride of them
	off     []int32 // of each block the inputs' offsets, step by step
	ones    []int32 // of each step the factors of the window sum, likewise
	counts  []int32 // of each block the bundles of each form
	stride  int
}

const bundleForms = 6

// bundleSteps has the steps of a bundle of each form.
var bundleSteps = [bundleForms]int{4, 2, 2, 2, 1, 1}

// bundle arranges the weights for the AVX2 kernels.
func (b *boundDense) bundle() {
	lists := b.Groups * b.blocks
	v := &b.bundled
	v.off, v.counts = make([]int32, 0, lists*b.steps), make([]int32, 0, bundleForms*lists)
	for list := range lists {
		n := b.counts(list)
		v.counts = append(v.counts, n[:]...)
		v.stride = max(v.stride, 16*(b.steps+int(n[2]+n[3]+n[5])))
	}
	v.weights = alignedWords(lists * v.stride)
	for list := range lists {
		for i := range b.steps {
			s := b.step(list, i)
			v.off = append(v.off, b.off[s])
			if b.WZero >= 0 {
				v.ones = append(v.ones, int32(b.m.word(b.Ones+4*s)))
			}
		}
		b.arrange(list, v.weights[list*v.stride:])
	}
}

// arrange writes a block's weights to the words at.
func (b *boundDense) arrange(list int, at []int32) {
	next := 0
	for form, n := range b.bundled.counts[bundleForms*list:][:bundleForms] {
		size := bundleSteps[form]
		for range n {
			for i := range size {
				row := b.row(list, b.step(list, next))
				switch next++; form {
				case 2:
					b.sign(list, 0, row[:8], at[8*i:], at[16+8*i:])
					copy(at[32+8*i:], row[8:])
				case 3:
					b.sign(list, 8, row[8:], at[8*i:], at[16+8*i:])
					copy(at[32+8*i:], row[:8])
				case 5:
					b.sign(list, 0, row, at, at[16:])
				default:
					copy(at[16*i:], row)
				}
			}
			switch form {
			case 2, 3, 5:
				at = at[16:]
			}
			at = at[16*size:]
		}
	}
}

// row returns the weights of a step, a word for each channel.
func (b *boundDense) row(list, step int) []int32 {
	return unsafe.Slice((*int32)(unsafe.Pointer(&b.m.blob[b.W+64*(list*b.steps+step)])), 16)
}

// sign writes the magnitudes and masks of a block's channels from c on, and lets their
// biases make up for the difference.
func (b *boundDense) sign(list, c int, row, magnitudes, masks []int32) {
	for i, w := range row {
		var missing int32
		magnitudes[i], masks[i], missing = signedWeights(uint32(w))
		b.bias[16*list+c+i] += missing
	}
}

// counts returns how many bundles of each form a block has.
func (b *boundDense) counts(list int) (n [bundleForms]int32) {
	n[5] = int32(b.steps)
	if b.Order < 0 {
		return n
	}
	for i := range n[:5] {
		n[i] = int32(b.order(list, i))
		n[5] -= n[i] * int32(bundleSteps[i])
	}
	return n
}

// step returns which step comes i-th in a block.
func (b *boundDense) step(list, i int) int {
	if b.Order < 0 {
		return i
	}
	return b.order(list, bundleForms-1+i)
}

// order is a number of a block's order: the counts of bundles, then the steps.
func (b *boundDense) order(list, i int) int {
	at := b.m.blob[b.Order+2*(list*(bundleForms-1+b.steps)+i):]
	return int(at[0]) | int(at[1])<<8
}

// signedWeights turns the four weights of a channel into magnitudes and what makes
// signed bytes of the inputs by exclusive or: x-128, or 127-x for a negative weight;
// and returns by how much the products are too small.
func signedWeights(w uint32) (magnitude, mask, missing int32) {
	below := w >> 7 & 0x01010101
	all := below * 0xff
	m := (w ^ all) + below
	return int32(m), int32(all ^ 0x80808080), 128*sumBytes(m) - (128+127)*sumBytes(m&all)
}

// sumBytes returns the sum of the four bytes of a word.
func sumBytes(w uint32) int32 {
	pairs := w&0x00ff00ff + w>>8&0x00ff00ff
	return int32(pairs&0xffff + pairs>>16)
}

// alignedWords returns n zero words that start on a cache line.
func alignedWords(n int) []int32 {
	return unsafe.Slice((*int32)(unsafe.Pointer(&alignedBytes(4 * n)[0])), n)
}
