package exec

import (
	"errors"

	"github.com/ingot-go/ingot/ir"
)

// geometry is a convolution's shape: what is common to fp32 and int8.
type geometry struct {
	ir.Window
	groups      int
	n, c, h, w  int // input
	m, oh, ow   int // output
	ph, pw      int // padded input, for one image
	koff        []int
	base        []int // of output pixel p, in the padded plane
	perIn, perM int   // channels a group
	padded      bool
}

func newGeometry(win ir.Window, groups int, x, y ir.Shape) (*geometry, error) {
	g := &geometry{Window: win, groups: groups, n: x[0], c: x[1], h: x[2], w: x[3], m: y[1], oh: y[2], ow: y[3]}
	g.ph, g.pw = g.h+g.Pad[0]+g.Pad[2], g.w+g.Pad[1]+g.Pad[3]
	g.padded = g.Pad != [4]int{}
	g.perIn, g.perM = g.c/groups, g.m/groups
	if g.perIn == 0 || g.perM == 0 {
		return nil, errors.New("has no channels")
	}
	for c := range g.perIn {
		for ky := range g.Kernel[0] {
			for kx := range g.Kernel[1] {
				g.koff = append(g.koff, (c*g.ph+ky*g.Dilation[0])*g.pw+kx*g.Dilation[1])
			}
		}
	}
	for oy := range g.oh {
		for ox := range g.ow {
			g.base = append(g.base, oy*g.Stride[0]*g.pw+ox*g.Stride[1])
		}
	}
	return g, nil
}

func (g *geometry) imageElems() int { return g.c * g.ph * g.pw }

// conv is a convolution ready to run.
type conv struct {
	*geometry
	pool *pool
	// image returns input n as padded float32 planes.
	image  func(n int) []float32
	groupW []*weights  // packed, one a group; nil if direct
	direct [][]float32 // one an output channel: the products of few channels
	finish finisher
	ints   bool
}

// finisher turns the sums of one output channel into results that start at
// element at of the output.
type finisher func(channel, at int, f []float32, s []int32)

// maxDirect is the number of output channels a group from which packing pixels
// for the micro kernel pays.
const maxDirect = tileM

// newConv packs weights; weight(m, k) has the zero point taken off.
func newConv(p *pool, g *geometry, ints bool, weight func(m, k int) float32) *conv {
	v := &conv{geometry: g, pool: p, ints: ints}
	k := len(g.koff)
	if g.perM < maxDirect && (!ints || k <= chunk) {
		for m := range g.m {
			row := make([]float32, k)
			for i := range row {
				row[i] = weight(m, i)
			}
			v.direct = append(v.direct, row)
		}
		p.need(scratchNeeds{sums: g.ow})
		return v
	}
	for i := range g.groups {
		w := packWeights(g.perM, k, func(m, k int) float32 { return weight(i*g.perM+m, k) })
		v.groupW = append(v.groupW, w)
		p.need(gemmNeeds(w, g.oh*g.ow))
	}
	return v
}

func (v *conv) run() {
	for n := range v.n {
		img := v.image(n)
		if v.direct != nil {
			v.pool.each(v.m, func(m int, s *scratch) { v.channel(n, m, img, s) })
			continue
		}
		v.products(n, img)
	}
}

// products runs every group's matrix product on image n.
func (v *conv) products(n int, img []float32) {
	g := gemm{n: v.oh * v.ow, integer: v.ints}
	g.w = v.groupW[0]
	strips, blocks := g.split(v.pool.workers)
	v.pool.each(v.groups*strips*blocks, func(i int, s *scratch) {
		group := i / (strips * blocks)
		planes := img[group*v.perIn*v.ph*v.pw:]
		part := gemm{n: g.n, integer: g.integer, w: v.groupW[group]}
		part.fill = func(dst [][8]float32, pitch, k0, k1, p0, p1 int) {
			v.pack(planes, dst, pitch, k0, k1, p0, p1)
		}
		part.done = func(m, p0 int, f []float32, s []int32) {
			m += group * v.perM
			v.finish(m, (n*v.m+m)*v.oh*v.ow+p0, f, s)
		}
		part.part(s, i%strips, strips, i/strips%blocks, blocks)
	})
}

// pack is gemm.fill: the image's elements under every tap of every pixel.
func (v *conv) pack(planes []float32, dst [][8]float32, pitch, k0, k1, p0, p1 int) {
	base := v.base[p0:p1]
	for k := k0; k < k1; k += unroll {
		if k+unroll > k1 {
			v.packTail(planes, dst[(k-k0)/unroll:], pitch, k, k1, base)
			return
		}
		o := v.koff[k : k+unroll]
		r0, r1, r2, r3 := planes[o[0]:], planes[o[1]:], planes[o[2]:], planes[o[3]:]
		d := (k - k0) / unroll
		for j := 0; j+1 < len(base); j += tileN {
			a, b := base[j], base[j+1]
			dst[d] = [8]float32{r0[a], r0[b], r1[a], r1[b], r2[a], r2[b], r3[a], r3[b]}
			d += pitch
		}
		if len(base)%tileN != 0 {
			a := base[len(base)-1]
			dst[d] = [8]float32{r0[a], 0, r1[a], 0, r2[a], 0, r3[a], 0}
		}
	}
}

// packTail packs the last, incomplete step of K.
func (v *conv) packTail(planes []float32, dst [][8]float32, pitch, k, k1 int, base []int) {
	for j := 0; j < len(base); j += tileN {
		var e [8]float32
		for u := range k1 - k {
			for i := range min(tileN, len(base)-j) {
				e[u*tileN+i] = planes[v.koff[k+u]+base[j+i]]
			}
		}
		dst[j/tileN*pitch] = e
	}
}

// padImage copies planes of src, h*w each, into dst with a border of zeros.
// Every element has its channel's zero point taken off.
func padImage[T float32 | uint8](p *pool, dst []float32, src []T, g *geometry, zeroOf func(channel int) float32) {
	p.each(g.c, func(c int, _ *scratch) {
		zero := zeroOf(c)
		plane := dst[c*g.ph*g.pw:][:g.ph*g.pw]
		clear(plane)
		for y := range g.h {
			row := plane[(y+g.Pad[0])*g.pw+g.Pad[1]:][:g.w]
			for x, e := range src[(c*g.h+y)*g.w:][:g.w] {
				row[x] = float32(e) - zero
			}
		}
	})
}

// channel computes one output channel without packing: groups are so small
// that packed pixels would be used by few channels only.
func (v *conv) channel(n, m int, img []float32, s *scratch) {
	planes, w := img[m/v.perM*v.perIn*v.ph*v.pw:], v.direct[m]
	for oy := range v.oh {
		sums := s.f32[:v.ow]
		base := v.base[oy*v.ow:][:v.ow]
		if len(w) == 9 && v.Kernel == [2]int{3, 3} {
			taps3x3(sums, planes[base[0]:], w, v.pw*v.Dilation[0], v.Dilation[1], v.Stride[1])
		} else {
			taps(sums, planes, w, v.koff, base)
		}
		at := ((n*v.m+m)*v.oh + oy) * v.ow
		if !v.ints {
			v.finish(m, at, sums, nil)
			continue
		}
		ints := s.s32[:v.ow]
		for i, f := range sums {
			ints[i] = int32(f)
		}
		v.finish(m, at, nil, ints)
	}
}

// taps3x3 computes a row of results of a 3x3 kernel on one channel.
func taps3x3(dst, x, w []float32, pitch, dilation, stride int) {
	w0, w1, w2, w3, w4, w5, w6, w7, w8 := w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8]
	x0, x1, x2 := x, x[pitch:], x[2*pitch:]
	for i := range dst {
		a, b, c := i*stride, i*stride+dilation, i*stride+2*dilation
		t := float32(w0*x0[a]) + float32(w1*x0[b]) + float32(w2*x0[c])
		u := float32(w3*x1[a]) + float32(w4*x1[b]) + float32(w5*x1[c])
		v := float32(w6*x2[a]) + float32(w7*x2[b]) + float32(w8*x2[c])
		dst[i] = t + u + v
	}
}

// taps computes a row of results, four at a time, of any kernel.
func taps(dst, x, w []float32, koff, base []int) {
	koff = koff[:len(w)]
	i := 0
	for ; i+3 < len(dst); i += 4 {
		x0, x1, x2, x3 := x[base[i]:], x[base[i+1]:], x[base[i+2]:], x[base[i+3]:]
		var c0, c1, c2, c3 float32
		for k, f := range w {
			o := koff[k]
			c0 += float32(f * x0[o])
			c1 += float32(f * x1[o])
			c2 += float32(f * x2[o])
			c3 += float32(f * x3[o])
		}
		dst[i], dst[i+1], dst[i+2], dst[i+3] = c0, c1, c2, c3
	}
	for ; i < len(dst); i++ {
		var c float32
		for k, f := range w {
			c += float32(f * x[base[i]+koff[k]])
		}
		dst[i] = c
	}
}
