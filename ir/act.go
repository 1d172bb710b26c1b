package ir

import "fmt"

// ActKind names an elementwise function of one variable.
type ActKind uint8

// The functions. A and B are the fields of Act.
const (
	ActNone     ActKind = iota // x
	Relu                       // max(x, 0)
	Clip                       // min(max(x, A), B)
	LeakyRelu                  // x < 0 ? A*x : x
	Sigmoid                    // 1/(1+exp(-x))
	Tanh                       // tanh(x)
	HardSigmoid                // max(0, min(1, A*x+B))
	HardSwish                  // x * max(0, min(1, x/6+0.5))
	Elu                        // x < 0 ? A*(exp(x)-1) : x
	Exp                        // exp(x)
	Silu                       // x * sigmoid(x)

	Swish           // x * sigmoid(A*x)
	Selu            // B * (x < 0 ? A*(exp(x)-1) : x)
	Celu            // x < 0 ? A*(exp(x/A)-1) : x
	Softplus        // log(1+exp(x))
	Softsign        // x / (1+|x|)
	Mish            // x * tanh(softplus(x))
	Gelu            // x/2 * (1+erf(x/sqrt(2)))
	GeluTanh        // x/2 * (1+tanh(sqrt(2/pi)*(x+0.044715*x^3)))
	ThresholdedRelu // x > A ? x : 0
	Shrink          // x < -A ? x+B : x > A ? x-B : 0
	Abs             // |x|
	Neg             // -x
	Reciprocal      // 1/x
	Sqrt            // sqrt(x)
	Log             // log(x)
	Erf             // erf(x)
	Power           // x to the power A
	Floor           // the largest integer up to x
	Ceil            // the smallest integer from x on
	Round           // the nearest integer, ties to even
	Sign            // -1, 0 or 1
	Sin
	Cos
	Tan
	Asin
	Acos
	Atan
	Sinh
	Cosh
	Asinh
	Acosh
	Atanh
)

var actNames = [...]string{"none", "relu", "clip", "leakyrelu", "sigmoid", "tanh", "hardsigmoid", "hardswish", "elu", "exp", "silu",
	"swish", "selu", "celu", "softplus", "softsign", "mish", "gelu", "gelutanh", "thresholdedrelu", "shrink", "abs", "neg", "reciprocal",
	"sqrt", "log", "erf", "power", "floor", "ceil", "round", "sign", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "asinh",
	"acosh", "atanh"}

// String returns the name that the text form uses.
func (k ActKind) String() string {
	if int(k) < len(actNames) {
		return actNames[k]
	}
	return fmt.Sprintf("act(%d)", uint8(k))
}

// Act is an elementwise function with its parameters. The zero Act is the identity.
type Act struct {
	Kind ActKind
	A, B float32
}

// Unbounded reports whether a has a pole, or a range so much wider than its argument's that no 256
// steps cover it.
func (a Act) Unbounded() bool {
	switch a.Kind {
	case Exp, Reciprocal, Log, Power, Sqrt, Tan, Sinh, Cosh, Atanh:
		return true
	}
	return false
}

// IsNone reports whether a is the identity.
func (a Act) IsNone() bool { return a.Kind == ActNone }

// IsClamp reports whether a only limits its argument to [lo, hi], as relu and
// clip do, and returns the limits; an absent one is infinite.
func (a Act) IsClamp() (lo, hi float32, ok bool) {
	switch a.Kind {
	case Relu:
		return 0, inf, true
	case Clip:
		return a.A, a.B, true
	}
	return 0, 0, false
}

// String returns the name and the parameters that the kind has.
func (a Act) String() string {
	switch a.Kind {
	case Clip, HardSigmoid, Selu, Shrink:
		return fmt.Sprintf("%s(%g,%g)", a.Kind, a.A, a.B)
	case LeakyRelu, Elu, Swish, Celu, ThresholdedRelu, Power:
		return fmt.Sprintf("%s(%g)", a.Kind, a.A)
	}
	return a.Kind.String()
}
