package models

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/internal/npy"
	"github.com/ingot-go/ingot/ir"
)

var written = flag.String("written", "", "write quantized networks with inputs and outputs to this folder, for tests/peers/written")

// mostWritten bounds the inputs of a network that are written.
const mostWritten = 200

// TestWritten writes classifiers as ingot quantize does, with test inputs and what the int8 graph
// gives for them, so that other runtimes can be compared.
func TestWritten(t *testing.T) {
	if *written == "" {
		t.Skip("no folder given with -written")
	}
	each(t, func(t *testing.T, n network) {
		if !n.classifier {
			t.Skip("is no classifier")
		}
		o := options(t, n, t.TempDir())
		o.Cache = filepath.Join(t.TempDir(), "ranges.json")
		file, _, err := ingot.QDQ(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		q, _, err := ingot.Quantize(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		run, inputs := executor(t, q), n.inputs(t, testSplit)
		inputs = inputs.first(min(inputs.n, mostWritten))
		var x, y []float32
		for i := range inputs.n {
			in, _, err := inputs.at(i)
			if err != nil {
				t.Fatal(err)
			}
			out, err := run.Run([]*ir.Tensor{in}, nil)
			if err != nil {
				t.Fatal(err)
			}
			x, y = append(x, in.F32...), append(y, out[0].F32...)
		}
		dir := filepath.Join(*written, n.name)
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "quantized.onnx"), file, 0o666); err != nil {
			t.Fatal(err)
		}
		writeRows(t, filepath.Join(dir, "inputs.npy"), append([]int{inputs.n}, q.Inputs[0].Shape[1:]...), x)
		writeRows(t, filepath.Join(dir, "int8.npy"), append([]int{inputs.n}, q.Outputs[0].Shape[1:]...), y)
	})
}

// writeRows writes an array.
func writeRows(t *testing.T, path string, shape []int, data []float32) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := npy.Write(f, shape, data); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
