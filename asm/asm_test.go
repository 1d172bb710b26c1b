package asm

import (
	"testing"

	"github.com/ingot-go/ingot/asm/spec"
)

// TestEveryForm compiles the kernels of every valid combination of fields.
func TestEveryForm(t *testing.T) {
	n := 0
	for _, k := range spec.All() {
		fn, err := Function(k)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if fn.FrameBytes() != 0 {
			t.Errorf("%s has a frame", fn.Name)
		}
		n++
	}
	t.Logf("%d kernels", n)
}
