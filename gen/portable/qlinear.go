package portable

import "math"

// channelOf is where the scale and zero point of an element stand: one of each, or one for each
// of Channels that have Plane elements in a row.
type channelOf struct {
	Channels, Plane int
}

func (c channelOf) at(i int) int {
	if c.Channels == 1 {
		return 0
	}
	return i / c.Plane % c.Channels
}

// nearestStep is rne(f32(x/scale))+zero, limited to lo..hi; a NaN is zero.
func nearestStep(x, scale float32, zero, lo, hi int) int {
	if x != x {
		return zero
	}
	q := math.RoundToEven(float64(x/scale)) + float64(zero)
	return int(math.Min(math.Max(q, float64(lo)), float64(hi)))
}

// fakeQuant rounds to the numbers that bytes can stand for.
type fakeQuant struct {
	Name  string
	X, Y  values
	Scale []float32
	Zero  []int
	Along channelOf
}

type boundFakeQuant struct {
	*fakeQuant
	x, y operand
}

func (f fakeQuant) bind(m *model) layer { return &boundFakeQuant{&f, f.X.bind(m), f.Y.bind(m)} }

func (f *boundFakeQuant) run(w *work) {
	if !w.mine() {
		return
	}
	y := f.y.get(w)
	for i, v := range f.x.get(w) {
		c := f.Along.at(i)
		y[i] = float32(float64(nearestStep(v, f.Scale[c], f.Zero[c], 0, 255)-f.Zero[c]) * float64(f.Scale[c]))
	}
}

// integerOf returns element i of bytes or integers of 32 bits; 0 where the operand is absent.
func integerOf(w *work, o *operand, i int) int {
	switch {
	case o.N == 0:
		return 0
	case o.Kind == kindU8:
		return int(numbers[uint8](w, o)[i])
	case o.Kind == kindS8:
		return int(numbers[int8](w, o)[i])
	}
	return int(numbers[int32](w, o)[i])
}

// quantizeLinear gives bytes, with or without sign, by a scale and zero point that are operands.
type quantizeLinear struct {
	Name              string
	X, Scale, Zero, Y values
	Along             channelOf
}

type boundQuantizeLinear struct {
	*quantizeLinear
	x, scale, zero, y operand
}

func (q quantizeLinear) bind(m *model) layer {
	return &boundQuantizeLinear{&q, q.X.bind(m), q.Scale.bind(m), q.Zero.bind(m), q.Y.bind(m)}
}

func (q *boundQuantizeLinear) run(w *work) {
	if !w.mine() {
		return
	}
	scale := q.scale.get(w)
	for i, v := range q.x.get(w) {
		c := q.Along.at(i)
		if zero := integerOf(w, &q.zero, c); q.y.Kind == kindU8 {
			numbers[uint8](w, &q.y)[i] = uint8(nearestStep(v, scale[c], zero, 0, 255))
		} else {
			numbers[int8](w, &q.y)[i] = int8(nearestStep(v, scale[c], zero, -128, 127))
		}
	}
}

// dequantizeLinear gives the real numbers that integers stand for.
type dequantizeLinear struct {
	Name              string
	X, Scale, Zero, Y values
	Along             channelOf
}

type boundDequantizeLinear struct {
	*dequantizeLinear
	x, scale, zero, y operand
}

func (d dequantizeLinear) bind(m *model) layer {
	return &boundDequantizeLinear{&d, d.X.bind(m), d.Scale.bind(m), d.Zero.bind(m), d.Y.bind(m)}
}

func (d *boundDequantizeLinear) run(w *work) {
	if !w.mine() {
		return
	}
	scale, y := d.scale.get(w), d.y.get(w)
	for i := range y {
		c := d.Along.at(i)
		y[i] = float32(float64(integerOf(w, &d.x, i)-integerOf(w, &d.zero, c)) * float64(scale[c]))
	}
}

// dynamicQuantize gives bytes, with the scale and zero point that fit the operand.
type dynamicQuantize struct {
	Name              string
	X, Y, Scale, Zero values
}

type boundDynamicQuantize struct {
	*dynamicQuantize
	x, y, scale, zero operand
}

func (d dynamicQuantize) bind(m *model) layer {
	return &boundDynamicQuantize{&d, d.X.bind(m), d.Y.bind(m), d.Scale.bind(m), d.Zero.bind(m)}
}

func (d *boundDynamicQuantize) run(w *work) {
	if !w.mine() {
		return
	}
	x := d.x.get(w)
	lo, hi := float32(0), float32(0)
	for _, v := range x {
		lo, hi = min(lo, v), max(hi, v)
	}
	scale := float32((float64(hi) - float64(lo)) / 255)
	if scale == 0 {
		scale = 1
	}
	zero := nearestStep(-lo, scale, 0, 0, 255)
	y := numbers[uint8](w, &d.y)
	for i, v := range x {
		y[i] = uint8(nearestStep(v, scale, zero, 0, 255))
	}
	d.scale.get(w)[0], numbers[uint8](w, &d.zero)[0] = scale, uint8(zero)
}
