package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
)

// Tile is how a layer of a dense family is cut into register tiles.
type Tile struct {
	Merge  int `json:"merge"`  // rows of the image that are taken as one
	Blocks int `json:"blocks"` // of 16 channels
	Pixels int `json:"pixels"`
}

// String returns the tile in words.
func (t Tile) String() string {
	s := fmt.Sprintf("%d pixels by %d channels", t.Pixels, 16*t.Blocks)
	if t.Merge > 1 {
		s += fmt.Sprintf(" of %d rows", t.Merge)
	}
	return s
}

// Tuning holds the tiles that were measured to be fastest, by the layers' keys. A layer
// that is not in it, or whose tile is not among its choices any more, gets the tile that
// the cost model likes best.
type Tuning map[string]Tile

// Choice is what could be tuned in a step for one instruction set.
type Choice struct {
	ISA   spec.ISA
	Key   string // what the choice depends on; layers of one key share it
	Tiles []Tile // the most promising by the cost model, the best first
}

// mostTiles is how many tiles a choice has at most. In measurements the fastest
// tile was among the first of the cost model's order.
const mostTiles = 8

// layerKey describes what the tiling of a layer depends on.
func layerKey(k spec.Kernel, x, y portable.Tensor, steps, oc, mergeable, stride int) string {
	k.P, k.OB = 0, 0
	return fmt.Sprintf("%s %dx%d of %d steps to %dx%dx%d, stride %d, pitch %d, %d rows", strings.Replace(k.Name(), "0x0", "", 1),
		x.H, x.W, steps, y.H, y.W, oc, stride, x.Pix, mergeable)
}

// tile is what a tuning says about a tiling.
func (t *tiling) tile() Tile { return Tile{t.merge, t.parts[0].ob, t.parts[0].p} }

// tuned returns the tiling that the tuning asks for, or the first, and notes the
// choice for the next step.
func (p *planner) tuned(k spec.Kernel, key string, all []tiling) tiling {
	c := Choice{ISA: k.ISA, Key: key}
	for i := 0; i < len(all) && len(c.Tiles) < mostTiles; i++ {
		if t := all[i].tile(); !slices.Contains(c.Tiles, t) {
			c.Tiles = append(c.Tiles, t)
		}
	}
	p.choices = append(p.choices, c)
	if want, ok := p.tuning[key]; ok {
		for _, t := range all {
			if t.tile() == want {
				return t
			}
		}
	}
	return all[0]
}
