package models

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/quant"
)

// TestRoundTrip writes every quantized network as an ONNX file, and compares what is compiled from
// this with what is compiled from the original: kernels, weights and the package's own tests are equal
// to the byte. Only comments that name the source's file and nodes differ.
func TestRoundTrip(t *testing.T) {
	each(t, func(t *testing.T, n network) {
		if n.name == "resnet20" && !*long {
			t.Skip("-long runs it")
		}
		for _, bits := range []int{8, 7} {
			if bits == 7 && !*long {
				continue
			}
			t.Run(fmt.Sprint(bits, " bits"), func(t *testing.T) {
				o := options(t, n, t.TempDir())
				o.Cache = filepath.Join(t.TempDir(), "ranges.json")
				o.WeightBits = []quant.Bits{{Pattern: "*", Bits: bits}}
				want, _, err := ingot.Files(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				file, _, err := ingot.QDQ(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				o.Model, o.WeightBits = filepath.Join(t.TempDir(), filepath.Base(o.Model)), nil
				if err := os.WriteFile(o.Model, file, 0o666); err != nil {
					t.Fatal(err)
				}
				got, r, err := ingot.Files(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				if !r.Given {
					t.Error("the file has no quantization parameters")
				}
				comparePackages(t, want, got)
			})
		}
	})
}

// comparePackages compares the files of two packages.
func comparePackages(t *testing.T, want, got map[string][]byte) {
	t.Helper()
	names := slices.Sorted(maps.Keys(want))
	if other := slices.Sorted(maps.Keys(got)); !slices.Equal(names, other) {
		t.Fatalf("files %v, want %v", other, names)
	}
	for _, name := range names {
		a, b := statements(name, want[name]), statements(name, got[name])
		if slices.Equal(a, b) {
			continue
		}
		i := 0
		for i < min(len(a), len(b))-1 && a[i] == b[i] {
			i++
		}
		t.Errorf("%s:%d has %.200q, want %.200q", name, i+1, b[i], a[i])
	}
}

// statements are the lines of a file, of Go without its comments.
func statements(name string, text []byte) []string {
	lines := strings.Split(string(text), "\n")
	if filepath.Ext(name) != ".go" {
		return lines
	}
	return slices.DeleteFunc(lines, func(s string) bool {
		s = strings.TrimSpace(s)
		return strings.HasPrefix(s, "// ")
	})
}
