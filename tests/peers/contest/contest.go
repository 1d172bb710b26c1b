// Package contest times networks against each other in one process: generated packages and
// ONNX Runtime take turns in every round, so that what disturbs the machine disturbs all.
package contest

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"time"
)

// Config says what is timed.
type Config struct {
	Library string    // the shared library of ONNX Runtime
	Shape   []int64   // of the input
	Input   []float32 // that all networks get
	Outputs int       // elements of the output
	Rounds  int
	Each    time.Duration // how long a network is timed in a round
	Entries []Entry
}

// Entry is one that takes part: a generated package, or an ONNX file on ONNX Runtime.
type Entry struct {
	Name    string
	Threads int
	Package string // its name here, and its instruction set
	ISA     string
	Model   string // the ONNX file
}

// Report says how long all took, in the order of the entries.
type Report struct {
	Version string // of ONNX Runtime
	Results []*Result
}

// Result says how long an entry took.
type Result struct {
	Entry
	Rounds []Round
	Cosine float64 // of its output with that of the first entry
	network
}

// Round is how long a run took in one round, in seconds.
type Round struct{ Median, Fastest float64 }

// network is something ready to run.
type network struct {
	in, out []float32
	run     func() error
}

// Package makes a generated package ready to run on a number of threads. It returns the
// instruction set that it runs on, its input and its output.
type Package func(threads int) (isa string, in, out []float32, run func())

// Main reads a Config from the standard input and writes a Report to the standard output.
func Main(packages map[string]Package) {
	if err := serve(os.Stdin, os.Stdout, packages); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(r io.Reader, w io.Writer, packages map[string]Package) error {
	var c Config
	if err := json.NewDecoder(r).Decode(&c); err != nil {
		return err
	}
	version, err := load(c.Library)
	if err != nil {
		return err
	}
	report := &Report{Version: version}
	for _, e := range c.Entries {
		n, err := c.open(e, packages)
		if err != nil {
			return fmt.Errorf("%s, %d threads: %w", e.Name, e.Threads, err)
		}
		report.Results = append(report.Results, &Result{Entry: e, network: *n})
	}
	if err := c.time(report.Results); err != nil {
		return err
	}
	for _, r := range report.Results {
		r.Cosine = cosine(report.Results[0].out, r.out)
	}
	return json.NewEncoder(w).Encode(report)
}

// open makes an entry ready.
func (c *Config) open(e Entry, packages map[string]Package) (*network, error) {
	n := &network{}
	if e.Model != "" {
		var err error
		if n, err = session(e.Model, c.Shape, c.Outputs, e.Threads, allOptimizations); err != nil {
			return nil, fmt.Errorf("%s: %w", e.Model, err)
		}
	} else {
		// A generated package looks at this when its model is made.
		if err := os.Setenv("INGOT_ISA", e.ISA); err != nil {
			return nil, err
		}
		isa, in, out, run := packages[e.Package](e.Threads)
		if isa != e.ISA {
			return nil, fmt.Errorf("runs on %s, which is the best of the machine and the package", isa)
		}
		n.in, n.out, n.run = in, out, func() error { run(); return nil }
	}
	if len(n.in) != len(c.Input) {
		return nil, fmt.Errorf("takes %d numbers, want %d", len(n.in), len(c.Input))
	}
	copy(n.in, c.Input)
	return n, nil
}

// time lets all take their turns. Nothing here makes garbage that is worth collecting.
func (c *Config) time(all []*Result) error {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for range c.Rounds {
		for _, r := range all {
			runtime.GC()
			round, err := turn(r.run, c.Each)
			if err != nil {
				return fmt.Errorf("%s: %w", r.Name, err)
			}
			r.Rounds = append(r.Rounds, round)
		}
	}
	return nil
}

const (
	// rest is how long the machine rests before a turn: the threads of who ran before may wait
	// for work in a loop for some milliseconds.
	rest = 10 * time.Millisecond
	// fewest is the number of runs in a turn at least.
	fewest = 3
)

// turn runs once to warm the caches, and then for the given time.
func turn(run func() error, each time.Duration) (Round, error) {
	time.Sleep(rest)
	if err := run(); err != nil {
		return Round{}, err
	}
	var took []float64
	for start := time.Now(); len(took) < fewest || time.Since(start) < each; {
		t := time.Now()
		if err := run(); err != nil {
			return Round{}, err
		}
		took = append(took, time.Since(t).Seconds())
	}
	slices.Sort(took)
	return Round{Median: middle(took), Fastest: took[0]}, nil
}

// middle returns the median of sorted numbers.
func middle(s []float64) float64 { return (s[len(s)/2] + s[(len(s)-1)/2]) / 2 }

// Median is the median of the rounds' medians.
func (r *Result) Median() float64 {
	var all []float64
	for _, x := range r.Rounds {
		all = append(all, x.Median)
	}
	slices.Sort(all)
	return middle(all)
}

// Fastest is the fastest run of all.
func (r *Result) Fastest() float64 {
	return slices.MinFunc(r.Rounds, func(a, b Round) int {
		if a.Fastest < b.Fastest {
			return -1
		}
		return 1
	}).Fastest
}

// cosine compares two outputs; it is 0 where one has nothing but zeros.
func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}
