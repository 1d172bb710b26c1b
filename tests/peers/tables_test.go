package main

import (
	"strings"
	"testing"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/internal/bench"
	"github.com/ingot-go/ingot/tests/peers/contest"
)

// known are limits as if they were measured: 100 and 10 products a second, 8 bytes.
func known() *limits {
	return &limits{int8: 100, float: 10, copied: map[int]float64{4096: 8, 8192: 4}}
}

// layer is a layer that takes two seconds.
func layer(macs, bytes float64, float bool) *bench.Layer {
	return &bench.Layer{Seconds: []float64{3, 2}, MACs: macs / 2, Bytes: bytes / 2, Float: float, Name: "a: convolution"}
}

func TestFloor(t *testing.T) {
	l := known()
	for _, c := range []struct {
		layer *bench.Layer
		want  float64
	}{
		{layer(150, 4, false), 1.5},
		{layer(15, 4, true), 1.5},
		{layer(10, 16, false), 2},
		{layer(0, 4097, false), 4097.0 / 4},
	} {
		if got := l.floor(c.layer); got != c.want {
			t.Errorf("floor %g, want %g", got, c.want)
		}
	}
	if got := l.share([]*bench.Layer{layer(150, 4, false), layer(50, 4, false)}, 4); got != 0.5 {
		t.Errorf("share %g, want 0.5", got)
	}
}

func TestTables(t *testing.T) {
	result := func(name string, threads int, seconds float64) *contest.Result {
		return &contest.Result{Entry: contest.Entry{Name: name, Threads: threads}, Rounds: []contest.Round{{Median: seconds, Fastest: seconds / 2}}}
	}
	c := &compared{name: "tiny", Report: &contest.Report{Version: "1.2"}, layers: map[string][]*bench.Layer{}}
	for i, e := range lineup(spec.AVX2) {
		c.Results = append(c.Results, result(e.Name, 1, float64(10-i)), result(e.Name, 2, float64(5-i)))
		if e.Package != "" {
			c.layers[e.Name] = []*bench.Layer{layer(150, 4, false)}
		}
	}
	alone := &compared{name: "alone", Report: &contest.Report{Version: "1.2"}, layers: c.layers}
	for _, r := range c.Results {
		if r.Name != ortInt8 {
			alone.Results = append(alone.Results, r)
		}
	}
	var b strings.Builder
	tables := tables{isa: spec.AVX2, limits: known(), rounds: 1, networks: []*compared{alone, c}}
	if err := tables.write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"ONNX Runtime 1.2, limited to AVX2. 1 rounds",
		"| tiny | 1e+04 (5000) | 9000 (4500) | 8000 (4000) | 7000 (3500) | 6000 (3000) | 1.25 (1.25) | 38 % | 1.29 (1.29) | 43 % | 1.50 (1.50) | 50 % |",
		"| alone | 1e+04 (5000) |  | 8000 (4000) |",
		"| geometric mean |  |  |  |  |  | 1.67 (1.67) | 2.00 (2.00) | 4.00 (4.00) |",
		"### tiny, ingot int8 avx2, 7 bits: slowest of 1 layers",
		"| 0 | 2000.0000 | 100 % | 0 | 0 | 75 % | a: convolution |",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, &b)
		}
	}
}
