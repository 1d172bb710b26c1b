package ingot_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/internal/config"
)

const (
	garmentsConfig  = "examples/garments/garments.yaml"
	garmentsCache   = "examples/garments/calibration.json"
	garmentsPackage = "generated/garments"
)

// files returns what the compiler makes of the example, with the given
// calibration cache.
func files(t *testing.T, cache string) map[string][]byte {
	t.Helper()
	o, err := config.Read(garmentsConfig)
	if err != nil {
		t.Fatal(err)
	}
	o.Cache = cache
	all, _, err := ingot.Files(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// checkCurrent compares files with those of the committed package.
func checkCurrent(t *testing.T, files map[string][]byte) {
	t.Helper()
	for name, data := range files {
		have, err := os.ReadFile(filepath.Join(garmentsPackage, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if !bytes.Equal(have, data) {
			t.Errorf("%s/%s is not what the compiler makes now: run go generate", garmentsPackage, name)
		}
	}
	entries, err := os.ReadDir(garmentsPackage)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := files[e.Name()]; !ok && !strings.HasPrefix(e.Name(), "example") {
			t.Errorf("%s/%s: the compiler makes no such file: run go generate", garmentsPackage, e.Name())
		}
	}
}

// The committed package is what the compiler makes of the committed cache.
func TestGeneratedIsCurrent(t *testing.T) {
	checkCurrent(t, files(t, garmentsCache))
}

// Calibrating again gives the same cache and the same package, with one core and with two.
func TestReproducible(t *testing.T) {
	want, err := os.ReadFile(garmentsCache)
	if err != nil {
		t.Fatal(err)
	}
	for _, cores := range []int{1, 2} {
		before := runtime.GOMAXPROCS(cores)
		cache := filepath.Join(t.TempDir(), "calibration.json")
		all := files(t, cache)
		runtime.GOMAXPROCS(before)
		checkCurrent(t, all)
		have, err := os.ReadFile(cache)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(have, want) {
			t.Errorf("%d cores: calibration differs from %s: delete it and run go generate", cores, garmentsCache)
		}
	}
}
