package ingot

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/plan"
)

// TestTuningFile checks that a build follows the file beside the model, that the file
// survives being written again, and that what it does not know is left to the cost model.
func TestTuningFile(t *testing.T) {
	dir := t.TempDir()
	data, err := os.ReadFile(garments.Model)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Model: filepath.Join(dir, "net.onnx"), Output: filepath.Join(dir, "net"), Cache: garments.Cache}
	if err := os.WriteFile(o.Model, data, 0o644); err != nil {
		t.Fatal(err)
	}
	b := newBuild(context.Background(), o)
	defer b.close()
	if err := b.run(b.check, b.fuse, b.openData, b.lower, b.plan); err != nil {
		t.Fatal(err)
	}
	b.tuning = plan.Tuning{"a layer of another model": {Merge: 1, Blocks: 1, Pixels: 1}}
	changed := 0
	for _, info := range b.program.Info {
		for _, c := range info.Choices {
			if len(c.Tiles) > 1 {
				b.tuning[c.Key] = c.Tiles[1]
				changed++
			}
		}
	}
	if changed == 0 {
		t.Fatal("no layer has a choice")
	}
	if err := b.writeTuning(); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(TuningFile(o.Model))
	if err != nil {
		t.Fatal(err)
	}
	again := newBuild(context.Background(), o)
	defer again.close()
	if err := again.run(again.check, again.readTuning, again.writeTuning, again.fuse, again.openData, again.lower, again.plan); err != nil {
		t.Fatal(err)
	}
	if now, err := os.ReadFile(TuningFile(o.Model)); err != nil || !bytes.Equal(now, written) {
		t.Errorf("written again, the file differs: %v\n%s\n%s", err, written, now)
	}
	for i, info := range again.program.Info {
		for j, c := range info.Choices {
			if was := b.program.Info[i].Choices[j]; c.Key != was.Key || len(c.Tiles) != len(was.Tiles) {
				t.Errorf("layer %s: the tuning changed its choices", info.Name)
			}
		}
	}
	if slices.Equal(again.program.Kernels[spec.AVX2], b.program.Kernels[spec.AVX2]) && slices.Equal(again.program.Kernels[spec.AVX512VNNI], b.program.Kernels[spec.AVX512VNNI]) {
		t.Error("the tuning changed no kernel")
	}
	for _, bad := range []string{"{", `{"layers": [{"layer": "x", "width": 3}]}`} {
		if err := os.WriteFile(TuningFile(o.Model), []byte(bad), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Files(context.Background(), o); err == nil || !strings.Contains(err.Error(), "net.tuning.json") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
