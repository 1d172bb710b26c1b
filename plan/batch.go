package plan

import (
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// Batch returns the program for some images at a time, each of which has an arena of its
// own. Ports stay those of one image.
//
// A layer runs on all images before the next layer does where reading its weights again for
// each image would cost more than its activations, which don't stay in the cache then: where it
// has more bytes of weights than images read and write, and these don't stay in the nearest cache.
// Other layers go image by image: what they compute stays in the cache.
func Batch(p *Program, images int) *Program {
	q := *p
	if images <= 1 {
		return &q
	}
	q.Batch = portable.Batch{Images: images}
	q.Steps = make([]portable.Step, len(p.Steps))
	for i, s := range p.Steps {
		info := p.Info[i]
		weights := info.Weights
		together := weights > cacheL1 && int64(images-1)*weights > int64(images)*(info.Bytes-weights)
		q.Steps[i] = rowsOfImages(s, images, info.MACs)
		n := len(q.Batch.Segments) - 1
		if n < 0 || together != q.Batch.Segments[n].LayerByLayer {
			q.Batch.Segments = append(q.Batch.Segments, portable.Segment{LayerByLayer: together})
			n++
		}
		q.Batch.Segments[n].Layers++
	}
	return &q
}

// rowsOfImages lets a layer whose result is one pixel take the images of a batch as rows,
// as many as the time of a call allows.
func rowsOfImages(s portable.Step, images int, products int64) portable.Step {
	set := func(y portable.Tensor, tilings *[2]portable.Tiling) {
		for isa := range tilings {
			t := &tilings[isa]
			call := products * int64(16*t.Parts[0].OB*t.Tiles) / int64(y.C)
			t.Rows = int(max(1, min(int64(images), int64(budgets[isa])/max(1, call))))
		}
	}
	switch d := s.(type) {
	case portable.Dense:
		if d.Y.H*d.Y.W == 1 {
			set(d.Y, &d.Tiling)
		}
		return d
	case portable.DenseF32:
		if d.Y.H*d.Y.W == 1 {
			set(d.Y, &d.Tiling)
		}
		return d
	}
	return s
}

// Whole returns the shape of a port of one image with all images of a run along its first
// axis, which a port without an axis for the batch gets.
func (p *Program) Whole(s ir.Shape) ir.Shape {
	if p.Batch.Images <= 1 {
		return s
	}
	if len(s) == 0 || s[0] != 1 {
		return append(ir.Shape{p.Batch.Images}, s...)
	}
	return append(ir.Shape{p.Batch.Images}, s[1:]...)
}
