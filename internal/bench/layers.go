package bench

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/ingot-go/ingot/internal/gotool"
)

// Layer is what the benchmark of one layer has measured, several times.
type Layer struct {
	ISA     string
	Number  int
	Float   bool // its products are of float32
	Name    string
	Seconds []float64
	MACs    float64 // a second, of the fastest
	Bytes   float64 // a second, of the fastest
}

// Fastest returns the shortest time in seconds.
func (l *Layer) Fastest() float64 { return slices.Min(l.Seconds) }

// LayerRun says which benchmarks of layers run, and how long.
type LayerRun struct {
	ISAs   []string      // empty: all
	Layers []int         // empty: all
	Time   time.Duration // of each
	Count  int           // how often
}

// RunLayers runs the package's own benchmarks of its layers on one thread and
// returns what they print.
func RunLayers(ctx context.Context, pkg gotool.Folder, r LayerRun) ([]byte, error) {
	isa := strings.Join(r.ISAs, "|")
	if isa == "" {
		isa = ".*"
	}
	pattern := "^BenchmarkLayers$/^(" + isa + ")$"
	if len(r.Layers) > 0 {
		var numbers []string
		for _, n := range r.Layers {
			numbers = append(numbers, fmt.Sprintf("%03d", n))
		}
		pattern += "/^(" + strings.Join(numbers, "|") + ")_"
	}
	return pkg.Run(ctx, "test", "-run", "^$", "-bench", pattern, "-benchtime", r.Time.String(),
		"-count", strconv.Itoa(r.Count), "-cpu", "1", "-timeout", "0", ".")
}

// LayerTime is how long a benchmark of a layer runs where people look at it.
const LayerTime = 20 * time.Millisecond

// ParseLayers reads what RunLayers returned.
func ParseLayers(text []byte) ([]*Layer, error) {
	var all []*Layer
	byName := map[string]*Layer{}
	r := benchfmt.NewReader(bytes.NewReader(text), "benchmarks")
	for r.Scan() {
		line, ok := r.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		name := string(line.Name.Full())
		l := byName[name]
		if l == nil {
			l = &Layer{}
			if err := l.setName(name); err != nil {
				return nil, err
			}
			byName[name] = l
			all = append(all, l)
		}
		l.add(line)
	}
	return all, r.Err()
}

// setName reads Layers/ISA/NUMBER_NAME.
func (l *Layer) setName(name string) (err error) {
	what, rest, _ := strings.Cut(name, "/")
	isa, layer, _ := strings.Cut(rest, "/")
	number, label, _ := strings.Cut(layer, "_")
	// Benchmark names have no spaces; the generated part behind the node's name had some.
	node, form, _ := strings.Cut(label, ":_")
	form = strings.ReplaceAll(form, "_", " ")
	l.ISA, l.Name, l.Float = isa, node+": "+form, strings.Contains(form, "float32")
	if l.Number, err = strconv.Atoi(number); err != nil || what != "Layers" {
		return fmt.Errorf("benchmark %q: want Layers/ISA/NUMBER_NAME: build the package again", name)
	}
	return nil
}

// add takes one line of results.
func (l *Layer) add(line *benchfmt.Result) {
	seconds, _ := line.Value("sec/op")
	l.Seconds = append(l.Seconds, seconds)
	if seconds > l.Fastest() {
		return
	}
	macs, _ := line.Value("GMAC/s")
	gb, _ := line.Value("GB/s")
	l.MACs, l.Bytes = macs*1e9, gb*1e9
}
