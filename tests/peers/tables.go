package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/internal/bench"
	"github.com/ingot-go/ingot/tests/peers/contest"
)

// compared is what was measured of a network.
type compared struct {
	name string
	*contest.Report
	layers map[string][]*bench.Layer // by entry
}

// result returns the result of an entry; nil if it took no part.
func (c *compared) result(name string, threads int) *contest.Result {
	for _, r := range c.Results {
		if r.Name == name && r.Threads == threads {
			return r
		}
	}
	return nil
}

// tables are all results.
type tables struct {
	isa      spec.ISA
	limits   *limits
	rounds   int
	networks []*compared
}

// write writes the tables in Markdown.
func (t *tables) write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "CPU: %s. ONNX Runtime %s%s. %d rounds; ms, median of the rounds' medians (fastest run).\n\n",
		bench.CPU(), t.networks[0].Version, t.limited(), t.rounds)
	fmt.Fprintf(&b, "Peaks on %s, one thread: int8 %.1f, float32 %.1f GMAC/s.\n", t.isa, t.limits.int8/1e9, t.limits.float/1e9)
	for _, n := range threads {
		t.times(&b, n)
	}
	for _, c := range t.networks {
		t.slowest(&b, c)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// limited says what ONNX Runtime may use.
func (t *tables) limited() string {
	if t.isa == spec.AVX2 {
		return ", limited to AVX2"
	}
	return ""
}

// pair is a ratio of two entries: above one, the second is faster.
type pair struct{ peer, ours string }

// pairs are the ratios in the table: like against like, on the same instruction set.
func (t *tables) pairs() []pair {
	list := []pair{{ortFP32, fp32Name(t.isa.String())}, {ortInt8, int8Name(t.isa.String(), 8)}}
	if seven := int8Name(t.isa.String(), 7); seven != list[1].ours {
		list = append(list, pair{ortInt8, seven})
	}
	return list
}

// columns are the names of the entries.
func (t *tables) columns() []string {
	var names []string
	for _, e := range lineup(t.isa) {
		names = append(names, e.Name)
	}
	return names
}

// times writes the table for a number of threads. One thread also has the share of the floor.
func (t *tables) times(b *strings.Builder, threads int) {
	head := append([]string{"network"}, t.columns()...)
	for _, p := range t.pairs() {
		head = append(head, p.peer+" / "+p.ours)
		if threads == 1 {
			head = append(head, "share of floor")
		}
	}
	plural := "s"
	if threads == 1 {
		plural = ""
	}
	fmt.Fprintf(b, "\n### %d thread%s\n\n", threads, plural)
	row(b, head)
	row(b, slices.Repeat([]string{"---"}, len(head)))
	for _, c := range t.networks {
		cells := []string{c.name}
		for _, name := range t.columns() {
			cells = append(cells, milliseconds(c.result(name, threads)))
		}
		for _, p := range t.pairs() {
			cells = append(cells, ratioCell(c.ratio(p, threads)))
			if threads == 1 {
				cells = append(cells, t.share(c, p.ours))
			}
		}
		row(b, cells)
	}
	t.means(b, threads, len(t.columns()))
}

// means writes the geometric means of the ratios.
func (t *tables) means(b *strings.Builder, threads, empty int) {
	cells := append([]string{"geometric mean"}, make([]string, empty)...)
	for _, p := range t.pairs() {
		var median, fastest, n float64
		for _, c := range t.networks {
			if m, f, ok := c.ratio(p, threads); ok {
				median, fastest, n = median+math.Log(m), fastest+math.Log(f), n+1
			}
		}
		cells = append(cells, ratioCell(math.Exp(median/n), math.Exp(fastest/n), n > 0))
		if threads == 1 {
			cells = append(cells, "")
		}
	}
	row(b, cells)
}

// ratio is how many times longer the peer took, by median and by fastest run.
func (c *compared) ratio(p pair, threads int) (median, fastest float64, ok bool) {
	x, y := c.result(p.peer, threads), c.result(p.ours, threads)
	if x == nil || y == nil {
		return 0, 0, false
	}
	return x.Median() / y.Median(), x.Fastest() / y.Fastest(), true
}

func ratioCell(median, fastest float64, ok bool) string {
	if !ok {
		return ""
	}
	return fmt.Sprintf("%.2f (%.2f)", median, fastest)
}

func milliseconds(r *contest.Result) string {
	if r == nil {
		return ""
	}
	return fmt.Sprintf("%.4g (%.4g)", 1e3*r.Median(), 1e3*r.Fastest())
}

// share is the part of the fastest run that the floor of all layers makes up.
func (t *tables) share(c *compared, name string) string {
	return percent(t.limits.share(c.layers[name], c.result(name, 1).Fastest()))
}

func percent(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }

func row(b *strings.Builder, cells []string) {
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}

// most is how many layers of a network are listed.
const most = 10

// slowest writes the layers that take longest, by themselves.
func (t *tables) slowest(b *strings.Builder, c *compared) {
	for _, p := range t.pairs()[1:] {
		layers := slices.Clone(c.layers[p.ours])
		total := 0.0
		for _, l := range layers {
			total += l.Fastest()
		}
		slices.SortStableFunc(layers, func(x, y *bench.Layer) int { return cmp.Compare(y.Fastest(), x.Fastest()) })
		fmt.Fprintf(b, "\n### %s, %s: slowest of %d layers\n\n", c.name, p.ours, len(layers))
		row(b, []string{"layer", "ms", "of all", "GMAC/s", "GB/s", "share of floor", "name"})
		row(b, slices.Repeat([]string{"---"}, 7))
		for _, l := range layers[:min(most, len(layers))] {
			row(b, []string{fmt.Sprint(l.Number), fmt.Sprintf("%.4f", 1e3*l.Fastest()), percent(l.Fastest() / total), fmt.Sprintf("%.0f", l.MACs/1e9),
				fmt.Sprintf("%.0f", l.Bytes/1e9), percent(t.limits.floor(l) / l.Fastest()), l.Name})
		}
	}
}
