package bench

import (
	"fmt"
	"runtime"
	"strings"
)

// BenchstatHeader returns the lines in front of benchmarks that say what machine they
// ran on.
func BenchstatHeader() string {
	return fmt.Sprintf("goos: %s\ngoarch: %s\ncpu: %s\n", runtime.GOOS, runtime.GOARCH, CPU())
}

// WriteBenchstat writes a line for each round of each row in the format of Go's
// benchmarks.
func WriteBenchstat(w *strings.Builder, network string, rows []*Row) {
	for i := range rows[0].Rounds {
		for _, r := range rows {
			round := r.Rounds[i]
			fmt.Fprintf(w, "BenchmarkRun/net=%s/variant=%s/isa=%s%s \t%d\t%d ns/op\t%.4g GMAC/s\n",
				word(network), word(r.Variant), r.ISA, threadsKey(r), round.Runs, round.Time.Nanoseconds(), r.rate(round.Time))
		}
	}
}

// threadsKey is the part of a benchmark's name that says on how many threads it ran, if
// there was more than one.
func threadsKey(r *Row) string {
	if r.Threads <= 1 {
		return ""
	}
	return fmt.Sprintf("/threads=%d", r.Threads)
}

// WriteLayerLines writes the benchmarks that RunLayers returned, under the names of
// network and variant.
func WriteLayerLines(w *strings.Builder, network, variant string, text []byte) {
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "BenchmarkLayers/"); ok {
			fmt.Fprintf(w, "BenchmarkLayers/net=%s/variant=%s/isa=%s", word(network), word(variant), rest)
		}
	}
}

// word makes a part of a benchmark's name: no spaces, and no slashes, which divide it.
func word(s string) string {
	return strings.NewReplacer(" ", "_", "\t", "_", "\n", "_", "/", "_").Replace(s)
}
