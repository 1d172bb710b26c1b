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
)

var actNames = [...]string{"none", "relu", "clip", "leakyrelu", "sigmoid", "tanh", "hardsigmoid", "hardswish", "elu", "exp", "silu"}

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
	case Clip, HardSigmoid:
		return fmt.Sprintf("%s(%g,%g)", a.Kind, a.A, a.B)
	case LeakyRelu, Elu:
		return fmt.Sprintf("%s(%g)", a.Kind, a.A)
	}
	return a.Kind.String()
}
