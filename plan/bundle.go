package plan

import (
	"encoding/binary"
	"slices"

	"github.com/ingot-go/ingot/gen/portable"
)

// A bundle is some K steps of a block of 16 channels whose products AVX2 kernels add
// in 16 bits before they widen the sums: VPMADDUBSW gives sums of two products, one
// for each channel and half of a step, and the bundle's sums are those of all its
// steps. Inputs go up to 255; so 16 bits are enough where the positive weights of every
// sum, and the negative ones, add up to at most 128: 255*128 = 32640. Of signed
// channels, whose inputs are -128 to 127, all of them may add up to 256.
type bundle struct {
	steps []uint16
	sums  laneSums
	most  int // of the sums
}

// laneSums are the sums of the positive and of the negative weights of the 32 lanes
// of a bundle, without their sign, four in a word.
type laneSums [16]uint64

const (
	most16    = 128                // what the weights of a lane may add up to
	over16    = 0x7f7f7f7f7f7f7f7f // added to sums, sets the top bit of those above most16
	over16s   = 0x7eff7eff7eff7eff // and of those above 256
	topBits16 = 0x8000800080008000
)

// fits reports whether the sums of both together stay within the bound.
func (a *laneSums) fits(b *laneSums) bool {
	for i, x := range a {
		if (x+b[i]+over16)&topBits16 != 0 {
			return false
		}
	}
	return true
}

// fitsLower is fits with the lower eight channels signed.
func (a *laneSums) fitsLower(b *laneSums) bool { return a.fitsHalf(b, 0) }

// fitsUpper is fits with the upper eight channels signed.
func (a *laneSums) fitsUpper(b *laneSums) bool { return a.fitsHalf(b, 4) }

// fitsHalf is fits with the channels signed whose sums are in four words from signed on.
func (a *laneSums) fitsHalf(b *laneSums, signed int) bool {
	for i := range 4 {
		s, p := signed+i, 4-signed+i
		plain := (a[p] + b[p] + over16) | (a[8+p] + b[8+p] + over16)
		if (plain|(a[s]+b[s]+a[8+s]+b[8+s]+over16s))&topBits16 != 0 {
			return false
		}
	}
	return true
}

// single returns the bundle of one step, given its 64 weights.
func single(step int, w []byte) bundle {
	b := bundle{steps: []uint16{uint16(step)}}
	for i := range 32 {
		x, y := int(int8(w[2*i])), int(int8(w[2*i+1]))
		positive, negative := max(x, 0)+max(y, 0), -min(x, 0)-min(y, 0)
		b.most = max(b.most, positive, negative)
		b.sums[i/4] |= uint64(positive) << (i % 4 * 16)
		b.sums[8+i/4] |= uint64(negative) << (i % 4 * 16)
	}
	return b
}

// join returns the bundle of the steps of both.
func join(a, b *bundle) bundle {
	c := bundle{steps: slices.Concat(a.steps, b.steps)}
	for i, x := range a.sums {
		c.sums[i] = x + b.sums[i]
		for s := c.sums[i]; s != 0; s >>= 16 {
			c.most = max(c.most, int(s&0xffff))
		}
	}
	return c
}

// tries bounds how many partners a bundle is compared with.
const tries = 64

// match joins bundles by twos where the bound allows it: each, from the one with the
// largest sum on, with the first of the next that fits.
func match(all []bundle, fits func(a, b *laneSums) bool) (joined, alone []bundle) {
	slices.SortStableFunc(all, func(a, b bundle) int { return b.most - a.most })
	next := make([]int, len(all)) // of those without a partner
	for i := range next {
		next[i] = i + 1
	}
	taken := make([]bool, len(all))
	for i := range all {
		if taken[i] {
			continue
		}
		a, before, found := &all[i], i, false
		for j, n := next[i], 0; j < len(all) && n < tries && !found; n++ {
			if found = fits(&a.sums, &all[j].sums); found {
				taken[j] = true
				next[before] = next[j]
				joined = append(joined, join(a, &all[j]))
			}
			before, j = j, next[j]
		}
		if !found {
			alone = append(alone, *a)
		}
	}
	return joined, alone
}

// bundles returns portable.Dense's Order for packed weights.
func bundles(packed []byte, steps int) []byte {
	var order []byte
	for at := 0; at < len(packed); at += 64 * steps {
		order = append(order, blockOrder(packed[at:][:64*steps], steps)...)
	}
	return order
}

// blockOrder is bundles for a block.
func blockOrder(packed []byte, steps int) []byte {
	var ones, others []bundle
	for s := range steps {
		if b := single(s, packed[64*s:][:64]); b.most <= most16 {
			ones = append(ones, b)
		} else {
			others = append(others, b)
		}
	}
	twos, ones := match(ones, (*laneSums).fits)
	fours, twos := match(twos, (*laneSums).fits)
	lower, rest := match(append(others, ones...), (*laneSums).fitsLower)
	upper, rest := match(rest, (*laneSums).fitsUpper)
	ones, others = nil, nil
	for _, b := range rest {
		if b.most <= most16 {
			ones = append(ones, b)
		} else {
			others = append(others, b)
		}
	}
	var order, list []byte
	for i, form := range [][]bundle{fours, twos, lower, upper, ones, others} {
		// As they lie in memory, where that is possible.
		slices.SortFunc(form, func(a, b bundle) int { return int(slices.Min(a.steps)) - int(slices.Min(b.steps)) })
		if i < 5 { // the others are what is left
			order = binary.LittleEndian.AppendUint16(order, uint16(len(form)))
		}
		for _, b := range form {
			for _, s := range b.steps {
				list = binary.LittleEndian.AppendUint16(list, s)
			}
		}
	}
	return append(order, list...)
}

// Bundled returns the shares of a layer's K steps by the form in which AVX2 kernels sum
// them: in bundles of four, of two, of two with half of the channels signed, alone, and
// alone and signed.
func Bundled(d portable.Dense, weights []byte) (share [5]float64) {
	if d.Order < 0 {
		return [5]float64{4: 1}
	}
	steps := d.KH * d.Runs * ((d.RunLen + 3) / 4)
	blocks := d.Groups * ((d.Y.C/d.Groups + 15) / 16)
	forms := []struct{ steps, share int }{{4, 0}, {2, 1}, {2, 2}, {2, 2}, {1, 3}}
	one := 1 / float64(blocks*steps)
	for b := range blocks {
		left := steps
		for i, f := range forms {
			n := f.steps * int(binary.LittleEndian.Uint16(weights[d.Order+2*(b*(len(forms)+steps)+i):]))
			share[f.share] += float64(n) * one
			left -= n
		}
		share[4] += float64(left) * one
	}
	return share
}
