package portable

import "math"

// conversion converts elements: real numbers are cut towards 0 and limited to the integer's range,
// NaN is 0, integers wrap. A truth value is whether the number is not 0.
type conversion struct {
	Name  string
	X, Y  values
	Truth bool // Y is of truth values
}

type boundConversion struct {
	*conversion
	x, y operand
}

func (c conversion) bind(m *model) layer { return &boundConversion{&c, c.X.bind(m), c.Y.bind(m)} }

func (c *boundConversion) run(w *work) {
	switch c.X.Kind {
	case kindF32:
		convertTo(w, c, c.x.get(w))
	case kindI64:
		convertTo(w, c, numbers[int64](w, &c.x))
	case kindS32:
		convertTo(w, c, numbers[int32](w, &c.x))
	case kindU8:
		convertTo(w, c, numbers[uint8](w, &c.x))
	case kindS8:
		convertTo(w, c, numbers[int8](w, &c.x))
	}
}

func convertTo[F number](w *work, c *boundConversion, x []F) {
	most := w.share(runElems, len(x), 1)
	for i := 0; i < len(x); i += most {
		if w.mine() {
			convertRun(w, c, x[i:min(i+most, len(x))], i)
		}
	}
}

// convertRun converts some elements, from the result's number first on.
func convertRun[F number](w *work, c *boundConversion, x []F, first int) {
	if c.Truth {
		y := numbers[uint8](w, &c.y)[first:]
		for i, v := range x {
			y[i] = 0
			if v != 0 {
				y[i] = 1
			}
		}
		return
	}
	switch c.Y.Kind {
	case kindF32:
		y := c.y.get(w)[first:]
		for i, v := range x {
			y[i] = float32(v)
		}
	case kindI64:
		toIntegers(numbers[int64](w, &c.y)[first:], x, math.MinInt64, math.MaxInt64)
	case kindS32:
		toIntegers(numbers[int32](w, &c.y)[first:], x, math.MinInt32, math.MaxInt32)
	case kindU8:
		toIntegers(numbers[uint8](w, &c.y)[first:], x, 0, math.MaxUint8)
	case kindS8:
		toIntegers(numbers[int8](w, &c.y)[first:], x, math.MinInt8, math.MaxInt8)
	}
}

// toIntegers converts to integers, whose range is from lo to hi.
func toIntegers[T int64 | int32 | uint8 | int8, F number](y []T, x []F, lo, hi int64) {
	for i, v := range x {
		if F(1)/2 == 0 { // integers
			y[i] = T(v)
			continue
		}
		switch f := float64(v); {
		case f != f:
			y[i] = 0
		case f <= float64(lo):
			y[i] = T(lo)
		case f >= float64(hi):
			y[i] = T(hi)
		default:
			y[i] = T(f)
		}
	}
}
