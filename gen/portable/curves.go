package portable

import "github.com/ingot-go/ingot/ir/detmath"

// curve is an elementwise function that few networks have. Its types are several, so that a
// package has the source of those that it needs; those without a kernel are computed in
// float64 and rounded once.
type curve interface {
	apply(x float64) float64
}

// curveKind names a function; A and B are parameters.
type curveKind uint8

// The functions.
const (
	swishCurve curveKind = iota // x * sigmoid(A*x)
	seluCurve                   // B * (x < 0 ? A*(exp(x)-1) : x)
	celuCurve                   // x < 0 ? A*(exp(x/A)-1) : x
	softplusCurve
	softsignCurve // x / (1+|x|)
	mishCurve     // x * tanh(softplus(x))
	geluCurve
	geluTanhCurve
	thresholdCurve // x > A ? x : 0
	shrinkCurve    // x < -A ? x+B : x > A ? x-B : 0
	absCurve
	negCurve
	reciprocalCurve
	sqrtCurve
	logCurve
	erfCurve
	powerOfCurve // x to the power A
	floorCurve
	ceilCurve
	roundCurve // ties to even
	signCurve
	sinCurve
	cosCurve
	tanCurve
	asinCurve
	acosCurve
	atanCurve
	sinhCurve
	coshCurve
	asinhCurve
	acoshCurve
	atanhCurve
)

// simpleCurve is a function of the basic operations.
type simpleCurve struct {
	Fn   curveKind
	A, B float32
}

func (c simpleCurve) apply(x float64) float64 {
	a, b := float64(c.A), float64(c.B)
	switch c.Fn {
	case thresholdCurve:
		if x > a {
			return x
		}
		return 0
	case shrinkCurve:
		switch {
		case x < -a:
			return x + b
		case x > a:
			return x - b
		}
		return 0
	case signCurve:
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
	}
	return x
}

// expCurve is a function of exponentials or logarithms.
type expCurve struct {
	Fn curveKind
	A  float32
}

func (c expCurve) apply(x float64) float64 {
	a := float64(c.A)
	switch c.Fn {
	case celuCurve:
		if x < 0 {
			return a * detmath.Expm1(x/a)
		}
	case logCurve:
		return detmath.Log(x)
	}
	return x
}

// powerCurve is x to the power A.
type powerCurve struct{ A float32 }

func (c powerCurve) apply(x float64) float64 { return detmath.Pow(x, float64(c.A)) }

// trigCurve is a trigonometric or hyperbolic function.
type trigCurve struct{ Fn curveKind }

func (c trigCurve) apply(x float64) float64 {
	switch c.Fn {
	case sinCurve:
		return detmath.Sin(x)
	case cosCurve:
		return detmath.Cos(x)
	case tanCurve:
		return detmath.Tan(x)
	case asinCurve:
		return detmath.Asin(x)
	case acosCurve:
		return detmath.Acos(x)
	case atanCurve:
		return detmath.Atan(x)
	case sinhCurve:
		return detmath.Sinh(x)
	case coshCurve:
		return detmath.Cosh(x)
	case asinhCurve:
		return detmath.Asinh(x)
	case acoshCurve:
		return detmath.Acosh(x)
	}
	return detmath.Atanh(x)
}
