package ingot

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever the bytes, a tuning file is an error that names it, or tiles.
func FuzzTuning(f *testing.F) {
	for _, s := range []string{
		`{"cpu": "x", "layers": [{"layer": "a", "merge": 1, "blocks": 2, "pixels": 6}]}`,
		`{"cpu": "", "layers": [{"layer": "a", "merge": -1, "blocks": 99999999999, "pixels": 0}]}`,
		`{"layers": null}`, `[]`, `{"layers": [{"layer": "a"}, {"layer": "a"}]} {}`, ``,
	} {
		f.Add([]byte(s))
	}
	dir := f.TempDir()
	b := build{o: Options{Model: filepath.Join(dir, "net.onnx")}}
	path := TuningFile(b.o.Model)
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := b.readTuning(); err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("an error without the file: %v", err)
		}
	})
}
