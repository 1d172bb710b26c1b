package ir

import "fmt"

// SoftmaxKind names what Softmax makes of the exponentials.
type SoftmaxKind uint8

// The functions of Softmax.
const (
	SoftmaxPlain SoftmaxKind = iota // exp(x-max) / sum
	SoftmaxLog                      // x - max - log(sum)
	SoftmaxHard                     // 1 at the first largest number, else 0
)

var softmaxNames = [...]string{"Plain", "Log", "Hard"}

// String returns the name that the text form uses.
func (k SoftmaxKind) String() string { return enumName(softmaxNames[:], int(k)) }

// Normalize is (x-mean) / sqrt(variance+Epsilon) * scale + bias, with mean and variance (the
// mean of the squared differences) over some axes, and scale and bias as far as they are there.
// It is ONNX's LayerNormalization, InstanceNormalization, GroupNormalization,
// MeanVarianceNormalization and RMSNormalization.
//
// In: X f32; scale f32 that broadcasts to X, or nil; bias likewise. Out: as X; with Stats
// the means and the factors 1/sqrt(variance+Epsilon), with 1 for the axes.
type Normalize struct {
	Axes    []int // ascending, not negative
	Epsilon float32
	NoMean  bool // take 0 for the mean
	Stats   bool
}

// Kind is the operator's name in the text form.
func (Normalize) Kind() string { return "Normalize" }

// Infer returns the types of the results.
func (o Normalize) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 3, 1, 2); err != nil {
		return nil, err
	}
	x := in[0].Shape
	for i, v := range in {
		if err := wantType(v, i, F32); err != nil {
			return nil, err
		}
		if v == nil {
			continue
		}
		if s, err := Broadcast(x, v.Shape); err != nil || !s.Equal(x) {
			return nil, fmt.Errorf("operand %d, %s, does not broadcast to %s", i, v.Shape, x)
		}
	}
	s, err := reducedShape(x, o.Axes, true)
	if err != nil {
		return nil, err
	}
	types := []Type{{F32, x.Clone()}}
	if o.Stats {
		types = append(types, Type{F32, s}, Type{F32, s.Clone()})
	}
	return types, nil
}

func checkNormalize(o Normalize) error {
	if !(o.Epsilon >= 0) || !finite(o.Epsilon) {
		return fmt.Errorf("Epsilon is %g, want finite and not negative", o.Epsilon)
	}
	return checkAxes(o.Axes)
}

// LRN is x / (Bias + Alpha/Size * sum of the squares of Size channels around x)^Beta; of an
// even Size one more lies behind x than before.
//
// In: X f32 [N,C,...]. Out: as X.
type LRN struct {
	Size              int
	Alpha, Beta, Bias float32
}

// Kind is the operator's name in the text form.
func (LRN) Kind() string { return "LRN" }

// Infer returns the type of the result.
func (o LRN) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	if err := wantAxis(1, in[0].Shape); err != nil {
		return nil, err
	}
	if o.Size < 1 {
		return nil, fmt.Errorf("Size is %d, want at least 1", o.Size)
	}
	return same(in, F32, F32)
}

// LpPool is the P-th root of the sum of abs(x)^P over a window; padding counts as 0.
//
// In: X f32 [N,C,H,W]. Out: as X but for H and W.
type LpPool struct {
	Window
	Ceil bool
	P    int
}

// Kind is the operator's name in the text form.
func (LpPool) Kind() string { return "LpPool" }

// Infer returns the type of the result.
func (o LpPool) Infer(in []*Value) ([]Type, error) {
	if o.P < 1 || o.P > maxPower {
		return nil, fmt.Errorf("P is %d, want 1 to %d", o.P, maxPower)
	}
	return poolInfer(o.Window, o.Ceil, in, F32)
}

// maxPower bounds the exponent of LpPool.
const maxPower = 64
