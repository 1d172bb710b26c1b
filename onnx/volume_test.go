package onnx

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
)

// volumeCase is a convolution over three axes of space, depth first.
type volumeCase struct {
	n, c, m, groups                int
	size, kernel, stride, dilation [3]int
	before, after, extra           [3]int // extra: of the transposed one's result
}

func randomVolume(r *rand.Rand) volumeCase {
	v := volumeCase{n: 1 + r.IntN(2), groups: 1 + r.IntN(2)}
	v.c, v.m = v.groups*(1+r.IntN(2)), v.groups*(1+r.IntN(3))
	for i := range 3 {
		v.kernel[i], v.stride[i], v.dilation[i] = 1+r.IntN(3), 1+r.IntN(3), 1+r.IntN(2)
		v.size[i] = v.dilation[i]*(v.kernel[i]-1) + 1 + r.IntN(4)
		v.before[i], v.after[i], v.extra[i] = r.IntN(2), r.IntN(2), r.IntN(v.stride[i])
	}
	return v
}

func (v volumeCase) attributes() []*AttributeProto {
	list := func(name string, parts ...[3]int) *AttributeProto {
		a := attrIs(name)
		for _, p := range parts {
			for _, x := range p {
				a.Ints = append(a.Ints, int64(x))
			}
		}
		return a
	}
	return []*AttributeProto{list("strides", v.stride), list("dilations", v.dilation), list("pads", v.before, v.after), attrI("group", int64(v.groups))}
}

// sums computes the convolution, or the transposed one, product by product: y is the bias and
// all products of x and w that meet at each place of out.
func (v volumeCase) sums(transposed bool, x, w []float32, out [3]int, bias, y []float64) {
	for i := range y {
		y[i] = bias[i/(out[0]*out[1]*out[2])%v.m]
	}
	cg, mg := v.c/v.groups, v.m/v.groups
	places := func(size [3]int, f func(p [3]int, at int)) {
		for i := range size[0] * size[1] * size[2] {
			f([3]int{i / (size[1] * size[2]), i / size[2] % size[1], i % size[2]}, i)
		}
	}
	inner, outer, volume := v.size, out, v.kernel[0]*v.kernel[1]*v.kernel[2]
	if !transposed {
		inner, outer = out, v.size
	}
	for n := range v.n {
		for c := range v.c {
			for k := range mg {
				m := c/cg*mg + k
				from := (m*cg + c%cg) * volume
				if transposed {
					from = (c*mg + k) * volume
				}
				places(inner, func(p [3]int, at int) {
					places(v.kernel, func(q [3]int, tap int) {
						to := 0
						for i := range 3 {
							o := p[i]*v.stride[i] + q[i]*v.dilation[i] - v.before[i]
							if o < 0 || o >= outer[i] {
								return
							}
							to = to*outer[i] + o
						}
						xi, yi := to, at
						if transposed {
							xi, yi = at, to
						}
						y[(n*v.m+m)*out[0]*out[1]*out[2]+yi] += float64(x[(n*v.c+c)*v.size[0]*v.size[1]*v.size[2]+xi]) * float64(w[from+tap])
					})
				})
			}
		}
	}
}

// TestVolumes compares convolutions and transposed convolutions over three axes of space with
// their definition.
func TestVolumes(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	random := func(shape ...int) *ir.Tensor {
		x := ir.NewTensor(ir.F32, shape)
		for i := range x.F32 {
			x.F32[i] = float32(r.NormFloat64())
		}
		return x
	}
	for range 60 {
		v := randomVolume(r)
		for _, transposed := range []bool{false, true} {
			op, attrs, out := "Conv", v.attributes(), [3]int{}
			ws := []int{v.m, v.c / v.groups, v.kernel[0], v.kernel[1], v.kernel[2]}
			if transposed {
				op, ws[0], ws[1] = "ConvTranspose", v.c, v.m/v.groups
				attrs = append(attrs, attrIs("output_padding", int64(v.extra[0]), int64(v.extra[1]), int64(v.extra[2])))
			}
			empty := false
			for i := range 3 {
				reach, pad := v.dilation[i]*(v.kernel[i]-1)+1, v.before[i]+v.after[i]
				out[i] = (v.size[i]+pad-reach)/v.stride[i] + 1
				if transposed {
					out[i] = v.stride[i]*(v.size[i]-1) + v.extra[i] + reach - pad
				}
				empty = empty || out[i] < 1
			}
			if empty {
				continue
			}
			x, w, b := random(v.n, v.c, v.size[0], v.size[1], v.size[2]), random(ws...), random(v.m)
			dims := []int64{}
			for _, d := range x.Shape {
				dims = append(dims, int64(d))
			}
			g := mustImport(t, model(13, value("x", dims...), []*TensorProto{NewTensor("w", w), NewTensor("b", b)}, node(op+": x, w, b -> y", attrs...)))
			got, err := interp.Run(g, []*ir.Tensor{x})
			if err != nil {
				t.Fatal(err)
			}
			if want := (ir.Shape{v.n, v.m, out[0], out[1], out[2]}); !got[0].Shape.Equal(want) {
				t.Fatalf("%s %+v: %s, want %s", op, v, got[0].Shape, want)
			}
			bias, want := make([]float64, v.m), make([]float64, got[0].Shape.Elems())
			for i := range bias {
				bias[i] = float64(b.F32[i])
			}
			v.sums(transposed, x.F32, w.F32, out, bias, want)
			for i, y := range got[0].F32 {
				if math.Abs(float64(y)-want[i]) > 1e-4 {
					t.Fatalf("%s %+v: element %d is %v, want %v", op, v, i, y, want[i])
				}
			}
		}
	}
}
