package quant

import (
	"fmt"

	"github.com/ingot-go/ingot/ir"
)

// names gives out value and node names: every name of the source graph once to
// its own, and names that nobody has to what is new.
type names map[string]int // 0: a name of the source graph; else taken, and the number to try next behind it

func newNames(g *ir.Graph) names {
	n := names{}
	for _, v := range g.Values() {
		n[v.Name] = 0
	}
	for _, x := range g.Nodes {
		n[x.Name] = 0
	}
	return n
}

// own takes a name of the source graph; a second taker gets a fresh one.
func (n names) own(name string) string {
	if next, known := n[name]; known && next == 0 {
		n[name] = 1
		return name
	}
	return n.fresh(name)
}

// fresh takes base, or base with a number, so that it is new.
func (n names) fresh(base string) string {
	name := base
	for i := max(n[base], 1); ; i++ {
		if _, known := n[name]; !known {
			n[name] = 1
			return name
		}
		name = fmt.Sprintf("%s_%d", base, i)
		if next, known := n[base]; known && next > 0 {
			n[base] = i + 1
		}
	}
}
