package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Whatever the file, reading it is an error that names it, or options with a model.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"model: net.onnx\n",
		"model: a.onnx\nshapes: {x: 1x3x4x4}\ninput: {resize: 256, scale: 1/255, mean: [0.1, 2], std: 0.5, colour: bgr, layout: NHWC}\nlabels: [a, b]\nisa: [avx2]\n",
		"model: a\nbatch: 4\ncalibration: {array: x.npy, mode: minmax, cache: c.json}\naccuracy: {agreement: 0.5, cosine: 1}\nprecision: mixed\nquantize: smart\n",
		"model: a\nexclude: {names: [a], match: ['*'], operators: [Conv]}\nweight_bits: {default: 7, layers: [{name: x, bits: 8}]}\n",
		"a: &a [x, x]\nlabels: [*a, *a]\nmodel: &m [*m]\n", "model: *x", "- 1\n- 2", "{", "!!binary x", "model: |\n  a\n  b\noutput: >-\n  x",
	} {
		f.Add([]byte(s))
	}
	path := filepath.Join(f.TempDir(), "fuzz.yaml")
	f.Fuzz(func(t *testing.T, b []byte) {
		if strings.Contains(string(b), "/") { // labels may name any file of the machine
			return
		}
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		o, err := Read(path)
		switch {
		case err != nil && !strings.Contains(err.Error(), path):
			t.Errorf("an error without the file: %v", err)
		case err == nil && o.Model == "":
			t.Error("no model and no error")
		}
	})
}

// TestBombs has files that a reader could take long over, or run out of stack.
func TestBombs(t *testing.T) {
	laughs := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		r := strings.NewReplacer("N", string(rune('0'+i)), "M", string(rune('1'+i)))
		laughs += r.Replace("aM: &aM [*aN, *aN, *aN, *aN, *aN, *aN, *aN, *aN, *aN, *aN]\n")
	}
	for name, text := range map[string]string{
		"aliases of aliases": laughs + "labels: *a9\n",
		"deep lists":         "labels: " + strings.Repeat("[", 1<<19) + "\n",
		"deep maps":          "input: " + strings.Repeat("{a: ", 1<<18) + "\n",
		"deep blocks":        "labels:\n" + strings.Repeat("- ", 1<<19) + "\n",
		"a huge file":        "model: " + strings.Repeat("x", 1<<22) + "\n",
	} {
		start := time.Now()
		path := write(t, text)
		_, err := Read(path)
		if err == nil || len(err.Error()) > 2000 {
			t.Errorf("%s: %.200v", name, err)
		}
		if d := time.Since(start); d > 3*time.Second {
			t.Errorf("%s: took %v", name, d)
		}
	}
}
