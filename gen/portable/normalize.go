package portable

import (
	"math"

	"github.com/ingot-go/ingot/ir/detmath"
)

// normalize is (x-mean)/sqrt(variance+Epsilon), times a scale and plus a bias that broadcast,
// as far as they are there.
type normalize struct {
	Name                    string
	X, Scale, Bias, Y       values
	Mean, Factor            values // where the statistics are asked for
	Dims                    []int
	Reduced                 []bool
	ScaleStride, BiasStride []int // in elements, by axis; 0 repeats
	Epsilon                 float32
	NoMean                  bool
}

type boundNormalize struct {
	*normalize
	x, scale, bias, y, mean, factor operand

	at, scaleAt, biasAt groupSpan
	n                   int // elements of a run
}

func (s normalize) bind(m *model) layer {
	n, at := groupSpans(s.Dims, s.Reduced, denseStrides(s.Dims), s.ScaleStride, s.BiasStride)
	return &boundNormalize{&s, s.X.bind(m), s.Scale.bind(m), s.Bias.bind(m), s.Y.bind(m), s.Mean.bind(m), s.Factor.bind(m),
		at[0], at[1], at[2], n}
}

func (s *boundNormalize) run(w *work) {
	x, y, mean, factor := s.x.get(w), s.y.get(w), s.mean.get(w), s.factor.get(w)
	scale, bias := s.scale.get(w), s.bias.get(w)
	inPieces(w, len(s.at.bases), 3*len(s.at.starts)*s.n, func(from, to int) {
		for g := from; g < to; g++ {
			m, f := s.statistics(x, int(s.at.bases[g]))
			s.apply(g, x, y, scale, bias, m, f)
			if len(mean) > 0 {
				mean[g], factor[g] = float32(m), float32(f)
			}
		}
	})
}

// statistics returns the mean and the factor of the group at a base.
func (s *boundNormalize) statistics(x []float32, base int) (m, f float64) {
	count := float64(len(s.at.starts) * s.n)
	if !s.NoMean {
		for _, start := range s.at.starts {
			m = reduceSum.add(m, x[base+int(start):], s.n, s.at.step)
		}
		m /= count
	}
	squares := 0.0
	for _, start := range s.at.starts {
		v := x[base+int(start):]
		for i := 0; i < s.n*s.at.step; i += s.at.step {
			d := float64(v[i]) - m
			squares += float64(d * d)
		}
	}
	return m, 1 / math.Sqrt(squares/count+float64(s.Epsilon))
}

// apply writes the group with number g.
func (s *boundNormalize) apply(g int, x, y, scale, bias []float32, m, f float64) {
	for k, start := range s.at.starts {
		at := int(s.at.bases[g] + start)
		p, q := int(s.scaleAt.bases[g]+s.scaleAt.starts[k]), int(s.biasAt.bases[g]+s.biasAt.starts[k])
		for range s.n {
			v := float64((float64(x[at]) - m) * f)
			if len(scale) > 0 {
				v = float64(v * float64(scale[p]))
			}
			if len(bias) > 0 {
				v += float64(bias[q])
			}
			y[at] = float32(v)
			at, p, q = at+s.at.step, p+s.scaleAt.step, q+s.biasAt.step
		}
	}
}

// lrn divides by a power of the sum of the squares of neighbouring channels.
type lrn struct {
	Name              string
	X, Y              values
	Lines             axisLines // along the channels
	Size              int
	Alpha, Beta, Bias float32
}

type boundLRN struct {
	*lrn
	x, y operand
}

func (l lrn) bind(m *model) layer { return &boundLRN{&l, l.X.bind(m), l.Y.bind(m)} }

func (l *boundLRN) run(w *work) {
	x, y := l.x.get(w), l.y.get(w)
	c, plane := l.Lines.N, l.Lines.Inner
	alpha := float64(l.Alpha) / float64(l.Size)
	inPieces(w, l.Lines.Outer*c, plane*(l.Size+8), func(from, to int) {
		for p := from; p < to; p++ {
			first, end := max(0, p%c-(l.Size-1)/2), min(c, p%c+l.Size/2+1)
			image := p / c * c
			for i := range plane {
				squares := 0.0
				for k := first; k < end; k++ {
					v := float64(x[(image+k)*plane+i])
					squares += float64(v * v)
				}
				y[p*plane+i] = float32(float64(x[p*plane+i]) / l.power(float64(l.Bias)+float64(alpha*squares)))
			}
		}
	})
}

// power is v to the power Beta.
func (l *boundLRN) power(v float64) float64 {
	switch l.Beta {
	case 0.75: // of most networks
		root := math.Sqrt(v)
		return root * math.Sqrt(root)
	case 1:
		return v
	}
	return detmath.Exp(float64(l.Beta) * detmath.Log(v))
}

// lpPool is the P-th root of the sum of the powers of a window's numbers.
type lpPool struct {
	Name             string
	X, Y             values
	Planes           int
	H, W, OH, OW     int
	KH, KW           int
	StrideH, StrideW int
	DilH, DilW       int
	Top, Left        int
	P                int
}

type boundLpPool struct {
	*lpPool
	x, y operand
}

func (l lpPool) bind(m *model) layer { return &boundLpPool{&l, l.X.bind(m), l.Y.bind(m)} }

func (l *boundLpPool) run(w *work) {
	x, y := l.x.get(w), l.y.get(w)
	rows := l.Planes * l.OH
	inPieces(w, rows, l.OW*l.KH*l.KW, func(from, to int) {
		for row := from; row < to; row++ {
			plane := x[row/l.OH*l.H*l.W:][:l.H*l.W]
			for ox := range l.OW {
				y[row*l.OW+ox] = float32(l.norm(plane, row%l.OH*l.StrideH-l.Top, ox*l.StrideW-l.Left))
			}
		}
	})
}

// norm is the result of the window whose first tap is at a row and a column.
func (l *boundLpPool) norm(x []float32, top, left int) float64 {
	total := 0.0
	for ky := range l.KH {
		y := top + ky*l.DilH
		if y < 0 || y >= l.H {
			continue
		}
		for kx := range l.KW {
			if c := left + kx*l.DilW; c >= 0 && c < l.W {
				v := math.Abs(float64(x[y*l.W+c]))
				p := v
				for range l.P - 1 {
					p *= v
				}
				total += float64(p)
			}
		}
	}
	switch {
	case l.P == 1 || total == 0:
		return total
	case l.P == 2:
		return math.Sqrt(total)
	}
	return detmath.Exp(detmath.Log(total) / float64(l.P))
}
