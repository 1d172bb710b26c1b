package tune

import (
	"testing"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/internal/bench"
	"github.com/ingot-go/ingot/plan"
)

// TestFastest checks that layers of one key share the tile that is best for all of
// them, and that a gain within noise does not count.
func TestFastest(t *testing.T) {
	a := plan.Choice{ISA: spec.AVX2, Key: "a", Tiles: []plan.Tile{{Pixels: 1}, {Pixels: 2}, {Pixels: 3}}}
	b := plan.Choice{ISA: spec.AVX2, Key: "b", Tiles: []plan.Tile{{Pixels: 4}, {Pixels: 5}}}
	other := plan.Choice{ISA: spec.AVX512VNNI, Key: "other", Tiles: []plan.Tile{{Pixels: 6}}}
	p := &plan.Program{Info: []plan.Info{{Choices: []plan.Choice{a, other}}, {}, {Choices: []plan.Choice{a}}, {Choices: []plan.Choice{b}}}}
	all := times{}
	for i, seconds := range [][4]float64{
		{3, 9, 3, 1}, {2, 9, 5, 0.995}, {3, 9, 1.5, 0.5}, // the last time of b is no candidate of its own
		{3, 9, 3, 1}, {1.9, 9, 5, 0.999}, {2.9, 9, 1.6, 0.5},
	} {
		var layers []*bench.Layer
		for n, s := range seconds {
			layers = append(layers, &bench.Layer{ISA: "avx2", Number: n, Seconds: []float64{s, 2 * s}})
		}
		if err := all.add(p, i%3, layers); err != nil {
			t.Fatal(err)
		}
	}
	got := all.fastest(p)
	if len(got) != 2 || got["a"] != a.Tiles[2] || got["b"] != b.Tiles[0] {
		t.Errorf("fastest are %v", got)
	}
	if err := all.add(p, 0, []*bench.Layer{{ISA: "avx2", Number: 4, Seconds: []float64{1}}}); err == nil {
		t.Error("a layer that the program does not have is no error")
	}
}
