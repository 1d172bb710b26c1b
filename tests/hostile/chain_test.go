package hostile

import (
	"fmt"
	"testing"
	"time"
)

// chain is a network of n small nodes, each of which reads the one before.
func chain(n int, node func(b builder, from, to string)) []byte {
	b := newModel(13, 1, 4, 4, 4)
	b.weights("w", 4, 4, 1, 1)
	b.weights("c", 4, 1, 1)
	from := "x"
	for i := range n {
		to := fmt.Sprint("v", i)
		node(b, from, to)
		from = to
	}
	return b.outputs(from).Marshal()
}

// chainNodes are compiled in some seconds at most; before fusion counted readers only where
// something changed, this number took minutes.
const chainNodes = 3000

// TestChains compiles long chains, those that are fused into one node too.
func TestChains(t *testing.T) {
	unary := func(op string) func(b builder, from, to string) {
		return func(b builder, from, to string) { b.node(op + ": " + from + " -> " + to) }
	}
	for name, node := range map[string]func(b builder, from, to string){
		"activations that merge": unary("Relu"),
		"no-ops":                 unary("Identity"),
		"factors that merge":     func(b builder, from, to string) { b.node("Mul: " + from + ", c -> " + to) },
		"transpositions":         func(b builder, from, to string) { b.node("Transpose: "+from+" -> "+to, ints("perm", 0, 1, 3, 2)) },
		"convolutions":           func(b builder, from, to string) { b.node("Conv: " + from + ", w -> " + to) },
		"sums of one operand":    func(b builder, from, to string) { b.node("Add: " + from + ", x -> " + to) },
	} {
		start := time.Now()
		how, err := compile(chain(chainNodes, node))
		if err != nil || how != "run" && how != "planned" {
			t.Errorf("%s: %s, %v", name, how, err)
		}
		if d := time.Since(start); d > time.Minute {
			t.Errorf("%s: %d nodes took %v", name, chainNodes, d)
		}
	}
}
