package asm

import (
	"testing"

	"github.com/ingot-go/ingot/asm/spec"
)

// TestEveryForm compiles the kernels of every valid combination of fields.
func TestEveryForm(t *testing.T) {
	fns, err := Functions(spec.All())
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range spec.All() {
		if fns[i].Name != k.Name() {
			t.Errorf("%s is called %s", k.Name(), fns[i].Name)
		}
	}
	t.Logf("%d kernels", len(fns))
}
