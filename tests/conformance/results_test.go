package conformance

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "write results.tsv anew, and run all that it lists")

// table is the committed list of results, a line each: folder; imported and interpreted;
// compiled in fp32; compiled in int8. A result is "pass", "-" where there was nothing to run, or
// the class of what is out of scope and the reason.
const table = "results.tsv"

// Results that are no reason.
const (
	passed  = "pass"
	nothing = "-"
	failure = "fails"
)

// outcome is what became of one test. nil is a pass; each stage counts only if the one
// before it passed.
type outcome struct {
	interpreted, fp32, int8 error
	quantized               bool // the model has quantized operators
}

// join keeps what does not pass of two outcomes.
func (o *outcome) join(p outcome) {
	keep := func(a *error, b error) {
		if *a == nil {
			*a = b
		}
	}
	keep(&o.interpreted, p.interpreted)
	keep(&o.fp32, p.fp32)
	keep(&o.int8, p.int8)
	o.quantized = o.quantized || p.quantized
}

// stages are the columns of the table.
var stages = [...]string{"interpreted", "fp32", "int8"}

// columns returns the result of each stage, and what is wrong.
func (o outcome) columns() (text [len(stages)]string, wrong error) {
	on := true
	for i, err := range [...]error{o.interpreted, o.fp32, o.int8} {
		var scope outOfScope
		switch {
		case !on || i == 2 && !o.quantized:
			text[i] = nothing
		case err == nil:
			text[i] = passed
		case errors.As(err, &scope):
			text[i] = scope.Error()
		default:
			text[i], wrong = failure, errors.Join(wrong, fmt.Errorf("%s: %w", stages[i], err))
		}
		on = on && (i > 0 || err == nil)
	}
	return text, wrong
}

// results are lines of the table by name.
type results map[string]string

// run runs tests side by side, and prints how many of a set pass each stage.
func (r results) run(t *testing.T, set string, tests map[string]func() outcome) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	var good, ran [len(stages)]int
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		slots <- struct{}{}
		wg.Go(func() {
			text, wrong := guarded(tests[name]).columns()
			<-slots
			mu.Lock()
			defer mu.Unlock()
			if wrong != nil {
				t.Errorf("%s: %v", name, wrong)
			}
			r[name] = strings.Join(text[:], "\t")
			for i, s := range text {
				if s != nothing {
					ran[i]++
				}
				if s == passed {
					good[i]++
				}
			}
		})
	}
	wg.Wait()
	line := ""
	for i, stage := range stages {
		line += fmt.Sprintf("; %s %d of %d", stage, good[i], ran[i])
	}
	t.Logf("%s, %d tests: %s", set, len(tests), line[2:])
}

// guarded makes an error of a panic, so that one test does not end all.
func guarded(test func() outcome) (o outcome) {
	defer func() {
		if r := recover(); r != nil {
			o = outcome{interpreted: fmt.Errorf("panics: %v", r)}
		}
	}()
	return test()
}

// settle compares the results with the lines of the table that mine accepts, or
// writes those anew.
func (r results) settle(t *testing.T, mine func(name string) bool) {
	committed := readTable(t)
	for name, line := range r {
		if committed[name] != line && (!*update || lost(committed[name], line)) {
			t.Errorf("%s: %q, the table says %q; if that is meant, run the test with -update", name, line, committed[name])
		}
	}
	for name := range committed {
		if _, ok := r[name]; !ok && mine(name) && !*update {
			t.Errorf("%s is in the table but was not run", name)
		}
	}
	if !*update {
		return
	}
	maps.DeleteFunc(committed, func(name, _ string) bool { return mine(name) })
	maps.Copy(committed, r)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(committed)) {
		fmt.Fprintf(&b, "%s\t%s\n", name, committed[name])
	}
	if err := os.WriteFile(table, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// lost reports whether a stage passed before and does not now. That is an error even
// where the table is written.
func lost(before, now string) bool {
	n := strings.Split(now, "\t")
	for i, s := range strings.Split(before, "\t") {
		if s == passed && (i >= len(n) || n[i] != passed) {
			return true
		}
	}
	return false
}

// readTable reads the committed table. Lines that a merge left in conflict are nobody's.
func readTable(t *testing.T) results {
	b, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	r := results{}
	for line := range strings.Lines(string(b)) {
		if name, result, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); ok {
			r[name] = result
		}
	}
	return r
}
