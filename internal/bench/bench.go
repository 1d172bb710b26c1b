// Package bench runs the benchmarks of generated packages and reads their results.
package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// Options say what to run.
type Options struct {
	Dir    string
	ISA    string // only this one; all that package and machine have if empty
	Layers bool   // each layer by itself, instead of whole runs
	Count  int    // how often
}

// Result is what one benchmark has measured, several times.
type Result struct {
	ISA     string
	Layer   int    // number of the layer, or -1
	Name    string // of the layer
	Seconds []float64
	MACs    float64 // a second, of the fastest
	Bytes   float64 // a second, of the fastest
}

// Fastest returns the shortest time in seconds.
func (r *Result) Fastest() float64 { return slices.Min(r.Seconds) }

// Median returns the time in the middle, in seconds.
func (r *Result) Median() float64 {
	s := slices.Sorted(slices.Values(r.Seconds))
	return (s[len(s)/2] + s[(len(s)-1)/2]) / 2
}

// Run runs benchmarks, on one thread, and returns what they print.
func Run(ctx context.Context, o Options) ([]byte, error) {
	if _, err := os.Stat(filepath.Join(o.Dir, "weights.bin")); err != nil {
		return nil, fmt.Errorf("%s: want the folder of a package that ingot generated: %w", o.Dir, err)
	}
	what, each := "Run", "200ms"
	if o.Layers {
		what, each = "Layers", "20ms"
	}
	pattern := "^Benchmark" + what + "$"
	if o.ISA != "" {
		pattern += "/^" + o.ISA + "$"
	}
	c := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", pattern, "-benchtime", each,
		"-count", strconv.Itoa(o.Count), "-cpu", "1", "-timeout", "0", ".")
	c.Dir = o.Dir
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: go test: %w\n%s%s", o.Dir, err, out, stderr.Bytes())
	}
	return out, nil
}

// Parse reads what Run returned.
func Parse(text []byte) ([]*Result, error) {
	var all []*Result
	byName := map[string]*Result{}
	r := benchfmt.NewReader(bytes.NewReader(text), "benchmarks")
	for r.Scan() {
		line, ok := r.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		name := string(line.Name.Full())
		x := byName[name]
		if x == nil {
			x = &Result{Layer: -1}
			if err := x.setName(name); err != nil {
				return nil, err
			}
			byName[name] = x
			all = append(all, x)
		}
		x.add(line)
	}
	return all, r.Err()
}

// setName reads Run/ISA, or Layers/ISA/NUMBER_NAME.
func (r *Result) setName(name string) (err error) {
	what, rest, _ := strings.Cut(name, "/")
	if what == "Run" {
		r.ISA = rest
		return nil
	}
	isa, layer, _ := strings.Cut(rest, "/")
	number, label, _ := strings.Cut(layer, "_")
	// Benchmark names have no spaces; the generated part behind the node's name had some.
	node, form, _ := strings.Cut(label, ":_")
	r.ISA, r.Name = isa, node+": "+strings.ReplaceAll(form, "_", " ")
	if r.Layer, err = strconv.Atoi(number); err != nil || what != "Layers" {
		return fmt.Errorf("benchmark %q: want Run/ISA or Layers/ISA/NUMBER_NAME: build the package again", name)
	}
	return nil
}

// add takes one line of results.
func (r *Result) add(line *benchfmt.Result) {
	seconds, _ := line.Value("sec/op")
	r.Seconds = append(r.Seconds, seconds)
	if seconds > r.Fastest() {
		return
	}
	macs, _ := line.Value("GMAC/s")
	r.MACs = macs * 1e9
	gb, ok := line.Value("GB/s")
	if !ok {
		gb = 0
	}
	r.Bytes = gb * 1e9
}
