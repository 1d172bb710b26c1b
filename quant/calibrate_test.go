package quant

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// small is a network with a curved activation and a classifier.
func small(t *testing.T) *ir.Graph {
	b := newBuilder(t, 3)
	x := b.conv(b.input(1, 3, 6, 6), 4, 3, 1, 1, act(ir.Silu))
	x = b.conv(x, 4, 3, 1, 1, act(ir.Relu))
	return b.done(b.fc(b.node(ir.Reshape{Shape: ir.Shape{1, 4}}, b.node(ir.GlobalAvgPool{}, x)), 10, ir.Epilogue{}))
}

func TestCalibrate(t *testing.T) {
	g := small(t)
	src := samples(g, 20)
	done := ""
	c, err := Calibrate(g, executor(t, g, 2), src, CalibrateOptions{Mode: Entropy, Progress: func(i, n int) { done = fmt.Sprintf("%d/%d", i, n) }})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range c.Points {
		names = append(names, p.Name)
		if p.Min > p.Max || p.Threshold > max(p.Max, -p.Min) || p.Threshold <= 0 {
			t.Errorf("point %+v", p)
		}
	}
	if got, want := strings.Join(names, " "), "input0 conv3/before conv3 conv6 globalavgpool7 fc11"; got != want {
		t.Errorf("points are %s, want %s", got, want)
	}
	if done != "20/20" || c.Samples != 20 || c.Mode != Entropy {
		t.Errorf("progress %s, %d samples, mode %s", done, c.Samples, c.Mode)
	}
	last := c.Points[len(c.Points)-1]
	if last.Threshold != max(last.Max, -last.Min) {
		t.Errorf("the classifier's scores are clipped: %+v", last)
	}
	first := c.Points[0]
	top := float32(0)
	for _, s := range src.list {
		for _, v := range s[0].F32 {
			top = max(top, v)
		}
	}
	if first.Max != top {
		t.Errorf("the input's maximum is %g, want %g", first.Max, top)
	}
}

func TestCalibrateErrors(t *testing.T) {
	g := small(t)
	for name, bad := range map[string]float64{"NaN": math.NaN(), "+Inf": math.Inf(1)} {
		src := samples(g, 5)
		src.list[3][0].F32[7] = float32(bad)
		_, err := Calibrate(g, executor(t, g, 1), src, CalibrateOptions{Mode: MinMax})
		for _, want := range []string{"sample 3", `"input0"`, name, "element 7"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v does not say %s", err, want)
			}
		}
	}
	if _, err := Calibrate(g, executor(t, g, 1), NewSamples(), CalibrateOptions{Mode: MinMax}); err == nil || !strings.Contains(err.Error(), "no samples") {
		t.Errorf("no samples: %v", err)
	}
	if _, err := Calibrate(g, executor(t, small(t), 1), samples(g, 1), CalibrateOptions{Mode: MinMax}); err == nil || !strings.Contains(err.Error(), "same graph") {
		t.Errorf("an executor of another graph: %v", err)
	}
	if _, err := Calibrate(g, executor(t, g, 1), samples(g, 1), CalibrateOptions{}); err == nil {
		t.Error("no mode: no error")
	}
	wrong := NewSamples([]*ir.Tensor{ir.NewTensor(ir.F32, ir.Shape{1, 3, 6, 7})})
	if _, err := Calibrate(g, executor(t, g, 1), wrong, CalibrateOptions{Mode: MinMax}); err == nil || !strings.Contains(err.Error(), "1x3x6x7") {
		t.Errorf("wrong shape: %v", err)
	}
}

// endless repeats one sample n times.
type endless struct {
	in      []*ir.Tensor
	n, next int
}

func (e *endless) Next() ([]*ir.Tensor, error) {
	if e.next++; e.next > e.n {
		return nil, io.EOF
	}
	return e.in, nil
}
func (e *endless) Reset() error { e.next = 0; return nil }
func (e *endless) Len() int     { return e.n }

// TestConstantMemory compares what is allocated for few and for many samples.
func TestConstantMemory(t *testing.T) {
	g := small(t)
	allocated := func(n int) uint64 {
		ex, src := executor(t, g, 1), &endless{in: samples(g, 1).list[0], n: n}
		var a, b runtime.MemStats
		runtime.ReadMemStats(&a)
		if _, err := Calibrate(g, ex, src, CalibrateOptions{Mode: Entropy}); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&b)
		return b.TotalAlloc - a.TotalAlloc
	}
	few, many := allocated(10), allocated(510)
	if perSample := (float64(many) - float64(few)) / 500; perSample > 4096 {
		t.Errorf("%.0f bytes more for each sample (%d for 10, %d for 510)", perSample, few, many)
	}
}

func TestCache(t *testing.T) {
	g := small(t)
	c := calibrate(t, g, samples(g, 8), Entropy)
	var a, b bytes.Buffer
	if err := c.Save(&a); err != nil {
		t.Fatal(err)
	}
	text := a.String()
	d, err := Load(&a)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(c, d) {
		t.Errorf("read back as %+v, was %+v", d, c)
	}
	if err := d.Save(&b); err != nil || b.String() != text {
		t.Errorf("saved again: %v\n%s\nwas\n%s", err, &b, text)
	}
	if n := strings.Count(text, "\n"); n != len(c.Points)+len(c.Means)+9 {
		t.Errorf("%d lines for %d points and %d means", n, len(c.Points), len(c.Means))
	}
	if err := d.Check(g); err != nil {
		t.Error(err)
	}
	if strings.Contains(text, "executor") || d.Executor != GoExecutor {
		t.Errorf("the cache of the usual executor has %q, and is written as\n%s", d.Executor, text)
	}
	d.Executor = KernelExecutor
	b.Reset()
	if err := d.Save(&b); err != nil {
		t.Fatal(err)
	}
	if e, err := Load(&b); err != nil || !reflect.DeepEqual(d, e) {
		t.Errorf("read back as %+v, was %+v: %v", e, d, err)
	}
	g.Nodes[0].In[1].Const.F32[0]++
	if err := d.Check(g); err == nil || !strings.Contains(err.Error(), "calibrate again") {
		t.Errorf("other weights: %v", err)
	}
	if _, _, err := Quantize(g, d, Options{}); err == nil {
		t.Error("a stale calibration: no error")
	}
}

func TestLoadErrors(t *testing.T) {
	const good = `{"mode":"minmax","samples":3,"model":"sha256:0","points":[{"name":"a","min":-1,"max":2,"threshold":2},{"name":"b","min":0,"max":0,"threshold":0}],"means":[{"name":"c","channels":[1]},{"name":"d","channels":[2]}]}`
	if _, err := Load(strings.NewReader(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"mode"`, `"kind"`, "kind"},
		{`"minmax"`, `"best"`, "best"},
		{`"samples":3,`, ``, "samples"},
		{`"samples":3`, `"samples":0`, "at least 1"},
		{`"name":"b"`, `"name":"a"`, `"a" is there twice`},
		{`"name":"b"`, `"name":""`, "has no name"},
		{`"min":-1`, `"min":3`, `"a": min 3 is above max 2`},
		{`"min":-1`, `"min":NaN`, "invalid character"},
		{`"min":-1`, `"min":-1e99`, `"a"`},
		{`"min":-1,`, ``, `"a"`},
		{`"min":-1`, `"min":-1,"zero":1`, "zero"},
		{`"threshold":2`, `"threshold":0`, `"a": threshold`},
		{`"threshold":2`, `"threshold":-2`, `"a": threshold`},
		{`]}]}`, `]}]} {}`, "behind"},
		{`]}]}`, `]}]`, "EOF"},
		{`"name":"d"`, `"name":"c"`, `means of "c" are there twice`},
		{`[2]`, `[1e99]`, "1e99"},
		{`"points"`, `"Points":[],"points"`, ""},
		{`"model"`, `"executor":"abacus","model"`, `executor "abacus": want go or kernels`},
	} {
		_, err := Load(strings.NewReader(strings.Replace(good, c.old, c.new, 1)))
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s instead of %s: error %v, want it to say %s", c.new, c.old, err, c.want)
		}
	}
}

func TestHoldOut(t *testing.T) {
	for _, c := range []struct{ n, calib, test int }{{1, 1, 1}, {2, 1, 1}, {9, 8, 1}, {10, 9, 1}, {25, 23, 2}, {100, 90, 10}} {
		var list [][]*ir.Tensor
		for i := range c.n {
			list = append(list, []*ir.Tensor{ir.Floats(ir.Shape{1}, []float32{float32(i)})})
		}
		calib, test := HoldOut(NewSamples(list...))
		if calib.Len() != c.calib || test.Len() != c.test {
			t.Errorf("%d samples: %d and %d, want %d and %d", c.n, calib.Len(), test.Len(), c.calib, c.test)
		}
		seen := map[float32]int{}
		for round := range 2 { // each resets
			for _, src := range []Source{calib, test} {
				n := 0
				if err := each(src, func(_ int, in []*ir.Tensor) error { n++; seen[in[0].F32[0]]++; return nil }); err != nil {
					t.Fatal(err)
				}
				if n != src.Len() {
					t.Errorf("%d samples, round %d: %d given, Len is %d", c.n, round, n, src.Len())
				}
			}
		}
		if len(seen) != c.n {
			t.Errorf("%d samples: %d seen", c.n, len(seen))
		}
		for i, n := range seen {
			if c.n > 1 && n != 2 {
				t.Errorf("%d samples: number %g was given %d times", c.n, i, n)
			}
		}
	}
}

// failing is a Source whose second sample can't be read.
type failing struct{ *Samples }

func (f failing) Next() ([]*ir.Tensor, error) {
	if f.next == 1 {
		return nil, errors.New("no such picture")
	}
	return f.Samples.Next()
}

func TestSourceErrors(t *testing.T) {
	g := small(t)
	_, err := Calibrate(g, executor(t, g, 1), failing{samples(g, 4)}, CalibrateOptions{Mode: MinMax})
	if err == nil || !strings.Contains(err.Error(), "sample 1: no such picture") {
		t.Errorf("error %v", err)
	}
}
