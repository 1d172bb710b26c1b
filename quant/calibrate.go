package quant

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
)

// Mode says how Calibrate chooses a threshold.
type Mode string

// The modes.
const (
	MinMax  Mode = "minmax"  // the largest magnitude that was seen
	Entropy Mode = "entropy" // the least Kullback-Leibler divergence
)

// CalibrateOptions are the options of Calibrate.
type CalibrateOptions struct {
	Mode     Mode
	Executor string                // what ex is, for the record: GoExecutor if empty
	Progress func(done, total int) // called after every sample; may be nil
}

// What may have run the graph. They differ in the last bits of what they compute.
const (
	GoExecutor     = "go"      // package ir/exec
	KernelExecutor = "kernels" // compiled float32 kernels
)

// Range is what calibration knows of one point of the graph, in real units.
type Range struct {
	Name      string  `json:"name"` // of the value; with /before, what its activation was applied to
	Min       float32 `json:"min"`  // the smallest and the largest that was seen
	Max       float32 `json:"max"`
	Threshold float32 `json:"threshold"` // magnitudes above it are cut off
}

// Calibration has a range for every point of one model that Quantize may ask for.
type Calibration struct {
	Mode     Mode    `json:"mode"`
	Samples  int     `json:"samples"`
	Executor string  `json:"executor"` // what ran the graph
	Model    string  `json:"model"`    // Hash of the graph
	Points   []Range `json:"points"`
	Means    []Mean  `json:"means"` // of what layers read
}

// observer collects the values at one point.
type observer struct {
	name     string
	min, max float32
	seen     bool       // by any sample
	hist     *histogram // nil where the threshold is the largest magnitude
}

// Calibrate runs g, an fp32 graph, on every sample and returns the range of
// every point and the means of what layers read. ex must have been made of g. Entropy histograms are kept only
// where a convolution follows: what leaves the int8 part, such as a
// classifier's scores, keeps its whole range. Memory doesn't depend on the
// number of samples. A NaN or an infinity is an error that names sample and value.
func Calibrate(g *ir.Graph, ex exec.Executor, src Source, o CalibrateOptions) (*Calibration, error) {
	if o.Mode != MinMax && o.Mode != Entropy {
		return nil, fmt.Errorf("calibration mode %q: want %s or %s", o.Mode, MinMax, Entropy)
	}
	if o.Progress == nil {
		o.Progress = func(int, int) {}
	}
	list, byPoint := observers(g, o.Mode)
	means, meanOf := averages(g)
	samples := 0
	err := each(src, func(i int, in []*ir.Tensor) error {
		var bad error
		_, err := ex.Run(in, func(p exec.Point, t *ir.Tensor) {
			var wg sync.WaitGroup
			if a := meanOf[p.Value]; a != nil && !p.BeforeAct {
				wg.Go(func() { a.observe(t) }) // beside the range: it takes as long
			}
			if ob := byPoint[p]; ob != nil && bad == nil {
				bad = ob.observe(t.F32)
			}
			wg.Wait()
		})
		if err = errors.Join(err, bad); err != nil {
			return err
		}
		samples++
		o.Progress(samples, src.Len())
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("calibration: %w", err)
	}
	if samples == 0 {
		return nil, errors.New("calibration: there are no samples: give it at least one input, better a hundred")
	}
	for _, ob := range list {
		if !ob.seen {
			return nil, fmt.Errorf("calibration: nothing computes %q: the executor must be made of the same graph", ob.name)
		}
	}
	c := &Calibration{Mode: o.Mode, Samples: samples, Executor: cmp.Or(o.Executor, GoExecutor), Model: Hash(g), Points: results(list)}
	for _, a := range means {
		c.Means = append(c.Means, a.result())
	}
	return c, nil
}

// before is the suffix of points before a curved activation.
const before = "/before"

// observers returns one observer for each point that has a range of its own, in
// the graph's order. Values that only move others' elements have theirs.
func observers(g *ir.Graph, mode Mode) ([]*observer, map[exec.Point]*observer) {
	var list []*observer
	byPoint := map[exec.Point]*observer{}
	ahead := layersAhead(g)
	add := func(p exec.Point, entropy bool) {
		o := &observer{name: p.String(), min: math.MaxFloat32, max: -math.MaxFloat32}
		if entropy && mode == Entropy {
			o.hist = &histogram{}
		}
		list = append(list, o)
		byPoint[p] = o
	}
	for _, v := range g.Inputs {
		if v.Type == ir.F32 {
			add(exec.Point{Value: v}, ahead[v])
		}
	}
	for _, n := range g.Nodes {
		if moves(n) {
			continue
		}
		if a := actOf(n); isCurved(a) {
			add(exec.Point{Value: n.Out[0], BeforeAct: true}, ahead[n.Out[0]])
		}
		for _, v := range n.Out {
			if v.Type == ir.F32 {
				add(exec.Point{Value: v}, ahead[v])
			}
		}
	}
	return list, byPoint
}

// layersAhead tells for every value whether a convolution or a fully connected
// layer depends on it.
func layersAhead(g *ir.Graph) map[*ir.Value]bool {
	ahead := map[*ir.Value]bool{}
	for _, n := range slices.Backward(g.Nodes) {
		is := isLayer(n) || slices.ContainsFunc(n.Out, func(v *ir.Value) bool { return ahead[v] })
		for _, v := range n.In {
			if v != nil && is {
				ahead[v] = true
			}
		}
	}
	return ahead
}

// observe takes in one sample's values.
func (o *observer) observe(x []float32) error {
	o.seen = true
	if len(x) == 0 {
		return nil
	}
	lo, hi := x[0], x[0]
	for i, v := range x {
		if v-v != 0 { // NaN or infinite
			return fmt.Errorf("value %q has %g at element %d: calibration needs finite numbers", o.name, v, i)
		}
		if v < lo {
			lo = v
		}
		if v > hi {
			hi = v
		}
	}
	o.min, o.max = min(o.min, lo), max(o.max, hi)
	if o.hist != nil {
		o.hist.add(x, float64(max(hi, -lo)))
	}
	return nil
}

// results chooses all thresholds, on all processors: none depends on another.
func results(list []*observer) []Range {
	r := make([]Range, len(list))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(list); i = int(next.Add(1)) - 1 {
				r[i] = list[i].result()
			}
		})
	}
	wg.Wait()
	return r
}

// result chooses the threshold.
func (o *observer) result() Range {
	if o.min > o.max { // an empty value
		return Range{Name: o.name}
	}
	top := max(o.max, -o.min)
	r := Range{Name: o.name, Min: o.min, Max: o.max, Threshold: top}
	if o.hist != nil && o.hist.width > 0 && top > 0 {
		bins := o.hist.bins(entropyBins, float64(top))
		if o.max <= 0 { // the search without a sign looks upwards
			slices.Reverse(bins)
		}
		signed := o.min < 0 && o.max > 0
		r.Threshold = float32(entropyThreshold(bins, float64(top), signed, entropyLevels))
	}
	return r
}
