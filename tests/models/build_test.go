package models

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/internal/config"
	"github.com/ingot-go/ingot/internal/npy"
	"github.com/ingot-go/ingot/ir"
)

var arrays = flag.String("arrays", "", "write the calibration arrays of examples/models to this folder")

// inArrays are the networks that are calibrated on an array, with its number of inputs.
var inArrays = map[string]int{"resnet50v2-stage3": 50, "dscnn-kws": 100, "mnist-8": 100}

// TestBuild builds every network from its YAML file into a package of a new module,
// which must pass go vet and its own tests on every instruction set that the machine has.
func TestBuild(t *testing.T) {
	each(t, func(t *testing.T, n network) {
		dir := newModule(t)
		o := options(t, n, dir)
		r, err := ingot.Build(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d steps, %d bytes of weights, %d of activations; %s", r.Package, r.Steps, r.Weights, r.Arena, r.Accuracy)
		pkg := "./" + filepath.Base(r.Output)
		goTool(t, dir, "vet", pkg)
		out := goTool(t, dir, "test", "-v", pkg)
		for _, isa := range append(available(), required()...) {
			if !strings.Contains(out, "--- PASS: TestKnown/"+isa+"/3 ") {
				t.Errorf("the package's test did not run on %s:\n%s", isa, out)
			}
		}
	})
}

// options reads a network's YAML file, with what it names beside it, for a package in dir.
func options(t *testing.T, n network, dir string) ingot.Options {
	t.Helper()
	path := "../../examples/garments/garments.yaml"
	if n.name != "garments" {
		text, err := os.ReadFile(filepath.Join("../../examples/models", n.name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		beside := t.TempDir()
		path = filepath.Join(beside, n.name+".yaml")
		write(t, path, string(text))
		root, err := filepath.Abs(data(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(root, filepath.Join(beside, "data")); err != nil {
			t.Fatal(err)
		}
		if inArrays[n.name] > 0 {
			writeArray(t, n, filepath.Join(beside, "arrays"), inArrays[n.name])
		}
	}
	o, err := config.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	o.Output, o.Cache = filepath.Join(dir, o.Package), ""
	return o
}

// writeArray writes so many calibration inputs of a network to its .npy file, and returns its path.
func writeArray(t *testing.T, n network, dir string, inputs int) string {
	t.Helper()
	s := n.inputs(t, calibSplit).first(inputs)
	var shape ir.Shape
	var all []float32
	for i := range s.n {
		x, _, err := s.at(i)
		if err != nil {
			t.Fatal(err)
		}
		shape, all = x.Shape, append(all, x.F32...)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, n.name+".npy")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := npy.Write(f, append([]int{s.n}, shape[1:]...), all); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestArrays writes the arrays that examples/models/README.md speaks of.
func TestArrays(t *testing.T) {
	if *arrays == "" {
		t.Skip("no folder given with -arrays")
	}
	for _, n := range networks {
		if inArrays[n.name] > 0 {
			writeArray(t, n, *arrays, inArrays[n.name])
		}
	}
}

// available are the names of the instruction sets of this machine, go among them.
func available() []string {
	list := []string{"go"}
	if cpu.X86.HasAVX2 {
		list = append(list, "avx2")
	}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512VNNI {
		list = append(list, "avx512vnni")
	}
	return list
}

// required is the instruction set that INGOT_REQUIRE_ISA insists on.
func required() []string {
	if isa := os.Getenv("INGOT_REQUIRE_ISA"); isa != "" {
		return []string{isa}
	}
	return nil
}
