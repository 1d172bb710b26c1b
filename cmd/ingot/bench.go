package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/internal/bench"
)

var benchCommand = command{
	name: "bench", args: "[flags] MODEL.onnx|CONFIG.yaml|PKGDIR...", short: "time models and packages side by side",
	long: `Times networks on one thread, or as -threads says, and compares their variants: it compiles a model into
temporary packages, one for each variant, and lets them take turns, so that what disturbs
the machine disturbs all. Variants are fp32; int8; mixed, which a configuration describes;
and unfused, fp32 with a kernel for each node of the model. Generated packages are timed as
they are. A package joins the table of the model before it; those in front of the first
model have one of their own.

A row is a variant on an instruction set and a number of threads: the median of the rounds and the fastest and the
slowest one, milliseconds a run; the speed-up over the first row; 10^9 multiply-accumulates
a second; the bytes of kernels and of weights; and how many of the inputs have the same
best class as in fp32, and the cosine of the outputs with those of fp32. These inputs are
calibration inputs that were held back, or made up where there are none.

With -ort the model also runs on ONNX Runtime, fp32, with and without its
graph optimizations. That needs its shared library, 1.22 or later, and a C compiler.

With -layers each layer is timed by itself too, on one thread, its operands in the cache as far as they
fit. Peak is the share of what the machine's multiply instructions, of int8 or of float32, can do
without any loads, measured now; Winograd's algorithm needs fewer products than are counted and
can go beyond it. GB/s counts what the layer reads and writes, once; copy is the share of what
copying as many bytes from memory to memory does now.`,
	run: runBench,
}

// benchmark is what the flags and arguments of ingot bench say, and what comes out.
type benchmark struct {
	*call
	model        modelFlags
	compare, ort string
	isas         levels
	threads      threads
	count        int
	layers       bool
	plot, lines  string
	progress     progress
	tables       []*table
}

// levels is the -isa flag: names joined by commas.
type levels []string

// String implements flag.Value.
func (l *levels) String() string { return "" }

// Set implements flag.Value.
func (l *levels) Set(text string) error {
	*l = nil
	for name := range strings.SplitSeq(text, ",") {
		if _, err := spec.ParseISA(name); err != nil && name != "go" {
			return fmt.Errorf("%w, or go", err)
		}
		*l = append(*l, name)
	}
	return nil
}

// threads is the -threads flag: numbers joined by commas.
type threads []int

// String implements flag.Value.
func (t threads) String() string {
	if len(t) == 1 && t[0] == 1 {
		return "one thread"
	}
	var list []string
	for _, n := range t {
		list = append(list, strconv.Itoa(n))
	}
	return strings.Join(list, ", ") + " threads"
}

// Set implements flag.Value.
func (t *threads) Set(text string) error {
	*t = nil
	for number := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || slices.Contains(*t, n) {
			return fmt.Errorf("want numbers from 1 on, each once, as in 1,2,4")
		}
		*t = append(*t, n)
	}
	return nil
}

func runBench(c *call) error {
	b := &benchmark{call: c, threads: threads{1}}
	b.model.add(c)
	c.flags.StringVar(&b.compare, "compare", "", "variants of models, `LIST` joined by commas: unfused, fp32, int8, mixed (fp32 and int8 by default; fp32 and mixed where the configuration keeps something in fp32)")
	c.flags.Var(&b.isas, "isa", "instruction sets, `LIST` joined by commas: avx512vnni, avx2, go (by default those that the machine has, and plain Go where it has none)")
	c.flags.Var(&b.threads, "threads", "numbers of threads, `LIST` joined by commas")
	c.flags.IntVar(&b.count, "count", 10, "rounds, `N`")
	c.flags.BoolVar(&b.layers, "layers", false, "time each layer too")
	c.flags.StringVar(&b.plot, "plot", "", "draw the times into `FILE.svg`")
	c.flags.StringVar(&b.lines, "o", "", "write a line for each round, for benchstat, into `FILE`")
	c.flags.StringVar(&b.ort, "ort", "", "compare models with ONNX Runtime, whose shared library is `LIBRARY`")
	if err := c.parse(1, -1, "a model, a configuration or a package's folder"); err != nil {
		return err
	}
	if b.count < 1 {
		return usage("-count %d: want at least 1", b.count)
	}
	if b.plot != "" && filepath.Ext(b.plot) != ".svg" {
		return usage("-plot %s: want a file that ends in .svg", b.plot)
	}
	if err := b.divide(c.flags.Args()); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "%s, %s\n", bench.CPU(), b.threads)
	for _, t := range b.tables {
		err := b.run(t)
		b.progress.clear()
		if err != nil {
			return err
		}
	}
	return b.save()
}

// divide divides the arguments into tables.
func (b *benchmark) divide(args []string) error {
	for _, a := range args {
		if ext := extension(a); ext == ".onnx" || ext == ".yaml" || ext == ".yml" {
			t, err := b.tableOf(a)
			if err != nil {
				return err
			}
			b.tables = append(b.tables, t)
			continue
		}
		if st, err := os.Stat(a); err != nil || !st.IsDir() {
			return usage("%s: want a model that ends in .onnx, a configuration that ends in .yaml, or the folder of a package", a)
		}
		dir := filepath.Clean(a)
		if len(b.tables) == 0 {
			b.tables = []*table{{name: filepath.Base(dir)}}
		}
		t := b.tables[len(b.tables)-1]
		t.packages = append(t.packages, dir)
	}
	if b.ort == "" {
		return nil
	}
	if b.tables[len(b.tables)-1].variants == nil {
		return usage("-ort runs ONNX files: give a model or a configuration")
	}
	if _, err := os.Stat(b.ort); err != nil { // before minutes go into it
		return fmt.Errorf("-ort wants ONNX Runtime's shared library: %w", err)
	}
	return nil
}

// tableOf makes the table of a model.
func (b *benchmark) tableOf(path string) (*table, error) {
	o, err := b.model.options(path)
	if err != nil {
		return nil, err
	}
	o.ISAs = b.isas.assembly()
	t := &table{name: strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), options: o}
	t.variants, err = variantList(b.compare, o)
	return t, err
}
