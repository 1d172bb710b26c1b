package quant

import (
	"fmt"

	"github.com/ingot-go/ingot/ir"
)

// names gives out value and node names: every name of the source graph once to
// its own, and names that nobody has to what is new.
type names map[string]bool // true: taken; false: a name of the source graph

func newNames(g *ir.Graph) names {
	n := names{}
	for _, v := range g.Values() {
		n[v.Name] = false
	}
	for _, x := range g.Nodes {
		n[x.Name] = false
	}
	return n
}

// own takes a name of the source graph; a second taker gets a fresh one.
func (n names) own(name string) string {
	if taken, known := n[name]; known && !taken {
		n[name] = true
		return name
	}
	return n.fresh(name)
}

// fresh takes base, or base with a number, so that it is new.
func (n names) fresh(base string) string {
	name := base
	for i := 1; ; i++ {
		if _, known := n[name]; !known {
			n[name] = true
			return name
		}
		name = fmt.Sprintf("%s_%d", base, i)
	}
}
