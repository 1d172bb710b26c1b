package hostile

import (
	"errors"
	"testing"
)

// TestModels checks the models that fuzzing starts from: they must come to their end as they
// are, or their mutations would test little.
func TestModels(t *testing.T) {
	for i, m := range models() {
		if how, err := compile(m.Marshal()); err != nil || how != "run" {
			t.Errorf("model %d: %s: %v", i, how, err)
		}
	}
}

// FuzzCompile takes any bytes as a model through the whole compiler.
func FuzzCompile(f *testing.F) {
	for _, m := range models() {
		f.Add(m.Marshal())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if how, err := compile(data); errors.Is(err, errBug) {
			t.Errorf("%s: %v", how, err)
		}
	})
}

// FuzzFields changes fields of a small model, where changed bytes would rarely be a model.
func FuzzFields(f *testing.F) {
	for i := range models() {
		for seed := range uint64(4) {
			f.Add(byte(i), seed)
		}
	}
	f.Fuzz(func(t *testing.T, which byte, seed uint64) {
		all := models()
		data, did := mutate(all[int(which)%len(all)].Marshal(), seed)
		if how, err := compile(data); errors.Is(err, errBug) {
			t.Errorf("%s: %s: %v", did, how, err)
		}
	})
}
