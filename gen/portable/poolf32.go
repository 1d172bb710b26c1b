package portable

import "math"

// poolF32 is a pooling of float32: what has to do with bytes is left empty.
type poolF32 struct{ Pool pool }

type boundPoolF32 struct{ boundPool }

func (p poolF32) bind(m *model) layer { return &boundPoolF32{*p.Pool.bind(m).(*boundPool)} }

func (b *boundPoolF32) run(w *work) {
	for i := range b.regions {
		r := &b.regions[i]
		if b.m.kernels == nil || len(r.off) == 0 { // dilated windows may have all taps outside
			if w.mine() {
				b.runGo(w, r)
			}
			continue
		}
		b.kernel(w, r)
	}
}

// Sizes of the pooling kernels of float32.
const (
	poolTapGroup = 32      // taps of a mean that are added before their sum is added to the others'
	poolElems    = 1 << 16 // elements that one call reads
)

// kernel runs the kernel on one region: some rows a call, or where a window is
// large some channels.
func (b *boundPoolF32) kernel(w *work, r *region) {
	channels := min(b.Y.C, max(16, poolElems/len(r.off)&^15))
	rows := w.share(max(1, poolElems/(len(r.off)*channels*r.w)), r.h, (b.Y.C+channels-1)/channels)
	for y := 0; y < r.h; y += rows {
		for c := 0; c < b.Y.C; c += channels {
			if !w.mine() {
				continue
			}
			a := &w.args
			arena := address(&w.arena[0])
			a.In = arena + uintptr(b.window(r.y+y, r.x)+4*c)
			a.InPix, a.InRow = b.StrideW*b.X.Pix, b.StrideH*b.X.Row
			a.Out = arena + uintptr(b.Y.at(r.y+y, r.x)+4*c)
			a.OutPix, a.OutRow = b.Y.Pix, b.Y.Row
			a.Off, a.K, a.InMul = address(&r.off[0]), len(r.off), r.mul
			a.Pixels, a.Rows, a.N = r.w, min(rows, r.h-y), min(channels, b.Y.C-c)
			a.Consts = address(&kernelConsts[0])
			b.m.kernels[b.Kernel[b.m.isa]](a)
		}
	}
}

// runGo is one region in plain Go.
func (b *boundPoolF32) runGo(w *work, r *region) {
	for y := r.y; y < r.y+r.h; y++ {
		for x := r.x; x < r.x+r.w; x++ {
			from, out := b.window(y, x), w.floats(b.Y.at(y, x), b.Y.C)
			for c := range out {
				out[c] = b.pixel(w, from+4*c, r)
			}
		}
	}
}

// pixel is one channel of a window in plain Go.
func (b *boundPoolF32) pixel(w *work, from int, r *region) float32 {
	if b.Max {
		m := float32(math.Inf(-1))
		for _, o := range r.off {
			if v := w.floats(from+int(o), 1)[0]; !(m > v) {
				m = v
			}
		}
		return m
	}
	sum, group := float32(0), float32(0)
	for i, o := range r.off {
		if i%poolTapGroup == 0 && i > 0 {
			sum, group = sum+group, 0
		}
		group += w.floats(from+int(o), 1)[0]
	}
	return float32((sum + group) * r.mul)
}
