package quant

import (
	"fmt"
	"strconv"

	"github.com/ingot-go/ingot/ir"
)

// Mean is what calibration knows of the channels of a value that a layer reads. The
// rounding of weights moves the mean of a layer's results by the sum of errors times
// means: the bias takes that back. See Nagel et al., "Data-Free Quantization Through
// Weight Equalization and Bias Correction" (ICCV 2019).
type Mean struct {
	Name     string    `json:"name"`     // of the value
	Channels []float32 `json:"channels"` // along axis 1, of four significant digits
}

// average sums up the channels of one value.
type average struct {
	name string
	sum  []float64
	n    int // elements of a channel
}

// averages returns the values that layers read, in the graph's order.
func averages(g *ir.Graph) ([]*average, map[*ir.Value]*average) {
	var list []*average
	of := map[*ir.Value]*average{}
	for _, n := range g.Nodes {
		if v := n.In[0]; isLayer(n) && of[v] == nil && !v.IsConst() {
			of[v] = &average{name: v.Name, sum: make([]float64, v.Shape[1])}
			list = append(list, of[v])
		}
	}
	return list, of
}

// observe takes in one sample's values.
func (a *average) observe(t *ir.Tensor) {
	inner, channels := t.Shape[2:].Elems(), len(a.sum)
	for i := range t.Shape[0] * channels {
		s := 0.0
		for _, v := range t.F32[i*inner:][:inner] {
			s += float64(v)
		}
		a.sum[i%channels] += s
	}
	a.n += t.Shape[0] * inner
}

// result divides, and rounds so that the cache stays readable.
func (a *average) result() Mean {
	m := Mean{Name: a.name}
	for _, s := range a.sum {
		v, _ := strconv.ParseFloat(strconv.FormatFloat(s/float64(max(a.n, 1)), 'g', 4, 64), 32)
		m.Channels = append(m.Channels, float32(v))
	}
	return m
}

// shift is how much rounding moves the mean of output channel c of m: the sum of the
// weights' errors times the means of the inputs that they multiply. mean has every
// input channel, of all groups; it may be nil. Padding is not accounted for.
func shift(q []int8, row []float32, scale float64, mean []float32, c, m, perGroup int) float64 {
	if mean == nil {
		return 0
	}
	groups, inner := len(mean)/perGroup, len(row)/perGroup
	mean = mean[c/(m/groups)*perGroup:]
	sum := 0.0
	for i, v := range row {
		e := float64(float64(q[i])*scale) - float64(v)
		sum += float64(e * float64(mean[i/inner]))
	}
	return sum
}

// checkMeans fails for means that don't belong to the values of g.
func (c *Calibration) checkMeans(g *ir.Graph) error {
	_, of := averages(g)
	byName := map[string]int{}
	for v := range of {
		byName[v.Name] = v.Shape[1]
	}
	for _, m := range c.Means {
		if want := byName[m.Name]; want != len(m.Channels) {
			return fmt.Errorf("calibration: means of %q have %d channels, want %d", m.Name, len(m.Channels), want)
		}
	}
	return nil
}
