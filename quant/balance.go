package quant

import "math"

// errorSteps is the number of classes that balance sorts rounding errors into.
const errorSteps = 1024

// balance changes the rounding of some of a channel's weights, up instead of down or
// down instead of up, so that their errors add up to at most half a step. The sum of
// the errors times the mean of the inputs, which behind a ReLU is far from zero,
// is an error that all results of the channel share; it costs far more than the single errors.
// The weights whose rounding was the least clear change. See Guo et al., "SQuant:
// On-the-Fly Data-Free Quantization via Diagonal Hessian Approximation" (ICLR 2022).
//
// q are the rounded weights, row the real ones, scale the step; limit is the largest
// magnitude that a weight may have.
func balance(q []int8, row []float32, scale, limit float64) {
	sum := 0.0
	for i, v := range q {
		sum += roundingError(v, row[i], scale)
	}
	left := int(math.RoundToEven(math.Abs(sum)))
	if left == 0 {
		return
	}
	sign := math.Copysign(1, sum)
	// class is 0 for what was rounded the other way or not at all, and for what
	// must not change
	class := func(i int) int {
		if math.Abs(float64(q[i])-sign) > limit {
			return 0
		}
		e := float64(sign * roundingError(q[i], row[i], scale))
		return min(max(int(math.Ceil(e*2*errorSteps)), 0), errorSteps)
	}
	var count [errorSteps + 1]int
	for i := range q {
		count[class(i)]++
	}
	cut, above := errorSteps, 0 // classes above cut change entirely
	for cut > 1 && above+count[cut] < left {
		above += count[cut]
		cut--
	}
	for i := range q {
		switch c := class(i); {
		case c > cut:
			q[i] -= int8(sign)
		case c == cut && above < left:
			q[i] -= int8(sign)
			above++
		}
	}
}

// roundingError is a rounded weight less its real value, in steps.
func roundingError(q int8, v float32, scale float64) float64 {
	return float64(q) - float64(v)/scale
}
