package optest_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/ingot-go/ingot/asm/emu/internal/optest/forms"
)

// TestGenerated fails when the tables have changed and go generate has not run.
func TestGenerated(t *testing.T) {
	files, err := forms.Files()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run go generate (%v)", name, err)
		}
	}
}
