package bench

import (
	"context"
	"testing"

	"golang.org/x/sys/cpu"

	"github.com/ingot-go/ingot/asm/spec"
)

const output = `goos: linux
goarch: amd64
pkg: example.com/net
cpu: Some CPU
BenchmarkRun/avx2         	 1000	    200000 ns/op	       80.00 GMAC/s	       0 B/op	       0 allocs/op
BenchmarkRun/avx2         	 1000	    100000 ns/op	       160.0 GMAC/s	       0 B/op	       0 allocs/op
BenchmarkRun/go           	    5	  10000000 ns/op	       2.000 GMAC/s	       0 B/op	       0 allocs/op
BenchmarkLayers/avx2/000_conv_1:_convolution_3x3-1 	 1000	    4000 ns/op	       2.500 GB/s	       50.00 GMAC/s
PASS
ok  	example.com/net	1.0s
`

func TestParse(t *testing.T) {
	all, err := Parse([]byte(output))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 3 {
		t.Fatalf("%d results, want 3", len(all))
	}
	run, plain, layer := all[0], all[1], all[2]
	if run.ISA != "avx2" || run.Layer != -1 || run.Fastest() != 1e-4 || run.Median() < 1.4999e-4 || run.Median() > 1.5001e-4 || run.MACs != 160e9 {
		t.Errorf("run is %+v", run)
	}
	if plain.ISA != "go" || plain.Fastest() != 0.01 {
		t.Errorf("plain Go is %+v", plain)
	}
	if layer.ISA != "avx2" || layer.Layer != 0 || layer.Name != "conv_1: convolution 3x3-1" || layer.MACs != 50e9 || layer.Bytes != 2.5e9 {
		t.Errorf("layer is %+v", layer)
	}
	if _, err := Parse([]byte("BenchmarkLayers/avx2/conv 10 5 ns/op\n")); err == nil {
		t.Error("a layer without a number is taken")
	}
}

func TestPeak(t *testing.T) {
	has := [spec.NumISA]bool{cpu.X86.HasAVX2, cpu.X86.HasAVX512VNNI && cpu.X86.HasAVX512VL}
	for isa := range spec.NumISA {
		if !has[isa] {
			t.Logf("%s: skipped, the machine lacks it", isa)
			continue
		}
		rate, err := Peak(context.Background(), isa)
		if err != nil {
			t.Fatal(err)
		}
		if rate < 1e9 || rate > 1e13 {
			t.Errorf("%s: %g products a second", isa, rate)
		}
	}
}
