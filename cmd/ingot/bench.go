package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/internal/bench"
)

var benchCommand = command{
	name: "bench", args: "[flags] PKGDIR", short: "time a package on each instruction set",
	long: `Times a generated package, on one thread, with its own benchmarks: a run on each
instruction set that the package and the machine have. With -layers it times each layer by
itself too, its operands in the cache as far as they fit: GMAC/s are 10^9
multiply-accumulates a second; peak is their share of what the machine's instructions can
do without any loads, measured now; GB/s counts what the layer reads and writes, once.

With -format benchstat the benchmarks' own lines are printed, for benchstat:

  ingot bench -count 10 -format benchstat PKGDIR > old.txt`,
	run: runBench,
}

func runBench(c *call) error {
	isa := c.flags.String("isa", "", "only on this instruction set, `NAME`: avx512vnni, avx2 or go")
	layers := c.flags.Bool("layers", false, "time each layer too")
	count := c.flags.Int("count", 5, "how often each is timed, `N`")
	format := c.flags.String("format", "text", "`FORMAT` of the results: text or benchstat")
	if err := c.parse(1, 1, "one package's folder"); err != nil {
		return err
	}
	if *count < 1 {
		return usage("-count %d: want at least 1", *count)
	}
	if *format != "text" && *format != "benchstat" {
		return usage("-format %q: want text or benchstat", *format)
	}
	kinds := []bool{false}
	if *layers {
		kinds = append(kinds, true)
	}
	for _, each := range kinds {
		text, err := bench.Run(c, bench.Options{Dir: c.flags.Arg(0), ISA: *isa, Layers: each, Count: *count})
		if err != nil {
			return err
		}
		if *format == "benchstat" {
			if _, err := c.stdout.Write(text); err != nil {
				return err
			}
			continue
		}
		results, err := bench.Parse(text)
		if err != nil {
			return err
		}
		if len(results) == 0 {
			return fmt.Errorf("%s: nothing to time on %q: the package or the machine lacks it", c.flags.Arg(0), *isa)
		}
		if each {
			err = printLayers(c, results)
		} else {
			err = printRuns(c.stdout, results)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// printRuns prints the latency on each instruction set.
func printRuns(w io.Writer, results []*bench.Result) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "isa\tfastest ms\tmedian ms\tGMAC/s\t")
	for _, r := range results {
		fmt.Fprintf(t, "%s\t%.4f\t%.4f\t%.1f\t\n", r.ISA, 1e3*r.Fastest(), 1e3*r.Median(), r.MACs/1e9)
	}
	return t.Flush()
}

// printLayers prints a table of the layers for each instruction set.
func printLayers(c *call, results []*bench.Result) error {
	for len(results) > 0 {
		n := 1
		for n < len(results) && results[n].ISA == results[0].ISA {
			n++
		}
		if err := printTable(c, results[:n]); err != nil {
			return err
		}
		results = results[n:]
	}
	return nil
}

func printTable(c *call, layers []*bench.Result) error {
	peak, total := 0.0, 0.0
	if isa, err := spec.ParseISA(layers[0].ISA); err == nil {
		if peak, err = bench.Peak(c, isa); err != nil {
			return err
		}
	}
	for _, l := range layers {
		total += l.Fastest()
	}
	fmt.Fprintf(c.stdout, "\n%s: %.4f ms in %d layers", layers[0].ISA, 1e3*total, len(layers))
	if peak > 0 {
		fmt.Fprintf(c.stdout, ", peak %.1f GMAC/s", peak/1e9)
	}
	fmt.Fprintln(c.stdout)
	t := tabwriter.NewWriter(c.stdout, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "layer\tms\tof time\tGMAC/s\tpeak\tGB/s\t  name")
	for _, l := range layers {
		fmt.Fprintf(t, "%d\t%.4f\t%.1f%%\t%s\t%s\t%s\t  %s\n", l.Layer, 1e3*l.Fastest(), 100*l.Fastest()/total,
			rate(l.MACs/1e9, "%.1f"), share(l.MACs, peak), rate(l.Bytes/1e9, "%.1f"), l.Name)
	}
	return t.Flush()
}

// rate writes a number, and nothing for zero.
func rate(v float64, format string) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf(format, v)
}

func share(v, of float64) string {
	if v == 0 || of == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f%%", 100*v/of)
}
