package bench

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/sys/cpu"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/internal/gotool"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/quant"
)

// rows are two rows of three rounds.
func rows() []*Row {
	rounds := func(ms ...float64) (all []Round) {
		for _, t := range ms {
			all = append(all, Round{10, time.Duration(t * float64(time.Millisecond))})
		}
		return all
	}
	return []*Row{
		{Variant: "fp32", ISA: "avx2", Rounds: rounds(4, 9, 3), MACs: 8e6, Code: 2500, Weights: 400_000, Accuracy: &quant.Accuracy{Samples: 10, Classifier: true, Agree: 10, MeanCosine: 1}},
		{Variant: "int8", ISA: "avx2", Rounds: rounds(1, 2, 3), MACs: 8e6, Weights: 100_000, Accuracy: &quant.Accuracy{Samples: 10, Classifier: true, Agree: 9, MeanCosine: 0.98765}},
	}
}

func TestTable(t *testing.T) {
	var b strings.Builder
	if err := WriteTable(&b, rows()); err != nil {
		t.Fatal(err)
	}
	const want = `variant isa median ms lowest highest speed-up GMAC/s code kB weights kB top-1 cosine
fp32 avx2 4 3 9 1.00 2.0 2.5 400.0 10/10 1.00000
int8 avx2 2 1 3 2.00 4.0 100.0 9/10 0.98765
`
	if got := squeeze(b.String()); got != want {
		t.Errorf("the table is\n%swant\n%s", got, want)
	}
	many := rows()
	many[0].Threads, many[1].Threads = 1, 2
	b.Reset()
	if err := WriteTable(&b, many); err != nil {
		t.Fatal(err)
	}
	if got := squeeze(b.String()); !strings.Contains(got, "isa threads median") || !strings.Contains(got, "int8 avx2 2 2 1 3") {
		t.Errorf("numbers of threads are not there:\n%s", got)
	}
	bare := rows()[:1]
	bare[0].Accuracy, bare[0].Code = nil, 0
	b.Reset()
	if err := WriteTable(&b, bare); err != nil {
		t.Fatal(err)
	}
	if head, _, _ := strings.Cut(squeeze(b.String()), "\n"); head != "variant isa median ms lowest highest speed-up GMAC/s weights kB" {
		t.Errorf("columns without cells are there: %s", head)
	}
}

// squeeze makes one space of many.
func squeeze(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString(strings.Join(strings.Fields(line), " ") + "\n")
	}
	return b.String()
}

func TestBenchstat(t *testing.T) {
	var b strings.Builder
	b.WriteString(BenchstatHeader())
	WriteBenchstat(&b, "my net/1", rows())
	WriteLayerLines(&b, "net", "int8", []byte("pkg: x\nBenchmarkLayers/avx2/000_conv:_x 5 100 ns/op\nPASS\n"))
	r := benchfmt.NewReader(strings.NewReader(b.String()), "test")
	var names []string
	for r.Scan() {
		line, ok := r.Result().(*benchfmt.Result)
		if !ok {
			t.Fatalf("a line can't be read: %v", r.Result())
		}
		names = append(names, string(line.Name.Full()))
		if line.GetConfig("cpu") != CPU() {
			t.Errorf("cpu is %q", line.GetConfig("cpu"))
		}
		if len(names) == 2 {
			if v, _ := line.Value("sec/op"); v != 1e-3 || line.Iters != 10 {
				t.Errorf("second line has %g seconds in %d runs", v, line.Iters)
			}
			if v, _ := line.Value("GMAC/s"); v != 8 {
				t.Errorf("second line has %g GMAC/s", v)
			}
		}
	}
	if len(names) != 7 || names[1] != "Run/net=my_net_1/variant=int8/isa=avx2" || names[6] != "Layers/net=net/variant=int8/isa=avx2/000_conv:_x" {
		t.Errorf("names are %q", names)
	}
}

func TestParseLayers(t *testing.T) {
	const output = `goos: linux
pkg: example.com/net
BenchmarkLayers/avx2/000_conv_1:_convolution_3x3-1 	 1000	    4000 ns/op	       2.500 GB/s	       50.00 GMAC/s
BenchmarkLayers/avx2/000_conv_1:_convolution_3x3-1 	 1000	    2000 ns/op	       5.000 GB/s	       100.00 GMAC/s
PASS
ok  	example.com/net	1.0s
`
	all, err := ParseLayers([]byte(output))
	if err != nil || len(all) != 1 {
		t.Fatalf("%d layers, %v, want one", len(all), err)
	}
	if l := all[0]; l.ISA != "avx2" || l.Number != 0 || l.Name != "conv_1: convolution 3x3-1" || math.Abs(l.Fastest()-2e-6) > 1e-12 || l.MACs != 100e9 || l.Bytes != 5e9 {
		t.Errorf("layer is %+v", l)
	}
	if _, err := ParseLayers([]byte("BenchmarkLayers/avx2/conv 10 5 ns/op\n")); err == nil {
		t.Error("a layer without a number is taken")
	}
}

func TestCompare(t *testing.T) {
	outputs := func(a, b []float32) []*ir.Tensor {
		return []*ir.Tensor{ir.Floats(ir.Shape{1, 3}, a), ir.Floats(ir.Shape{2}, b)}
	}
	want := [][]*ir.Tensor{outputs([]float32{1, 5, 2}, []float32{0, 0}), outputs([]float32{3, 0, 0}, []float32{1, 0})}
	got := [][]*ir.Tensor{outputs([]float32{1, 5, 2}, []float32{0, 0}), outputs([]float32{3, 4, 0}, []float32{0, 0})}
	a := quant.CompareOutputs(want, got)
	if a.Samples != 2 || !a.Classifier || a.Agree != 1 || math.Abs(a.MeanCosine-(1+1+0.6+0)/4) > 1e-12 {
		t.Errorf("accuracy is %+v", a)
	}
	if image := [][]*ir.Tensor{{ir.NewTensor(ir.F32, ir.Shape{1, 3, 2, 2})}}; quant.CompareOutputs(image, image).Classifier {
		t.Error("an image is a classifier's output")
	}
}

func TestProducts(t *testing.T) {
	macs, err := products("../../generated/garments")
	if err != nil || macs < 20e6 || macs > 21e6 {
		t.Errorf("%d products, %v, want some 20 million", macs, err)
	}
	dir := t.TempDir()
	if _, err := products(dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("a folder without a package: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "model_test.go"), []byte("package x\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := products(dir); err == nil || !strings.Contains(err.Error(), "layerMACs") {
		t.Errorf("a package without layers: %v", err)
	}
}

func TestCPUName(t *testing.T) {
	const text = "processor\t: 0\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC\n\nprocessor\t: 1\nmodel name\t: other\n"
	if name := cpuName(text); name != "AMD EPYC, family 25 model 17" {
		t.Errorf("name is %q", name)
	}
	if cpuName("") != "" || CPU() == "" {
		t.Error("a machine without a name is not seen")
	}
}

// A session runs a package on several instruction sets, whose outputs are the same.
func TestSession(t *testing.T) {
	s := &Session{}
	defer s.Close()
	pkg := gotool.Folder{Path: "../../generated/garments"}
	if err := s.AddPackage(t.Context(), "best", pkg, nil, []int{1, 2}); err != nil {
		t.Fatal(err)
	}
	if err := s.AddPackage(t.Context(), "plain", pkg, []string{"go"}, []int{1}); err != nil {
		t.Fatal(err)
	}
	last := s.Rows[len(s.Rows)-1]
	if len(s.Rows) < 2 || last.Variant != "plain" || last.ISA != "go" || last.Weights < 100_000 {
		t.Fatalf("rows are %+v", s.Rows)
	}
	in := s.Inputs()
	want, err := s.Outputs("best", [][]*ir.Tensor{in})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Compare([][]*ir.Tensor{in}, want); err != nil {
		t.Fatal(err)
	}
	if a := last.Accuracy; a.Samples != 1 || a.Agree != 1 || a.MeanCosine < 1-1e-12 {
		t.Errorf("accuracy of plain Go is %+v", a)
	}
	calls := 0
	if err := s.Time(in, 2, func(int, int) { calls++ }); err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Rows {
		if low, high := r.Range(); len(r.Rounds) != 2 || low <= 0 || r.Median() < low || r.Median() > high {
			t.Errorf("%s has the rounds %v", r.ISA, r.Rounds)
		}
	}
	if calls != 2*len(s.Rows) {
		t.Errorf("%d reports of progress for %d rows", calls, len(s.Rows))
	}
	if err := s.AddPackage(t.Context(), "bad", pkg, []string{"sse"}, []int{1}); err == nil || !strings.Contains(err.Error(), "sse") {
		t.Errorf("an instruction set that is not there: %v", err)
	}
}

func TestPeak(t *testing.T) {
	has := [spec.NumISA]bool{cpu.X86.HasAVX2, cpu.X86.HasAVX512VNNI && cpu.X86.HasAVX512VL}
	for isa := range spec.NumISA {
		if !has[isa] {
			t.Logf("%s: skipped, the machine lacks it", isa)
			continue
		}
		rate, err := Peak(context.Background(), isa, false)
		if err != nil {
			t.Fatal(err)
		}
		if rate < 1e9 || rate > 1e13 {
			t.Errorf("%s: %g products a second", isa, rate)
		}
	}
}
