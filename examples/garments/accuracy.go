package main

import (
	"encoding/csv"
	"fmt"
	"image"
	_ "image/png"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/ingot-go/ingot/examples/garments/internal/idx"
	"github.com/ingot-go/ingot/generated/garments"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
)

// example is a picture with its class.
type example struct {
	picture *image.Gray
	class   int
}

// load reads the test pictures.
func load(all bool) ([]example, error) {
	if all {
		pictures, classes, err := idx.Split(idx.Folder, "t10k")
		if err != nil {
			return nil, fmt.Errorf("all test pictures come with Debian's package dataset-fashion-mnist: %w", err)
		}
		var set []example
		for i, p := range pictures {
			set = append(set, example{p, int(classes[i])})
		}
		return set, nil
	}
	f, err := os.Open(filepath.Join(folder, "test", "labels.csv"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll() // file, class, name
	if err != nil {
		return nil, err
	}
	var set []example
	for _, row := range rows[1:] {
		e, err := read(filepath.Join(folder, "test", row[0]))
		if err != nil {
			return nil, err
		}
		if e.class, err = strconv.Atoi(row[1]); err != nil {
			return nil, fmt.Errorf("labels.csv: %w", err)
		}
		set = append(set, e)
	}
	return set, nil
}

func read(path string) (e example, err error) {
	f, err := os.Open(path)
	if err != nil {
		return e, err
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		return e, fmt.Errorf("%s: %w", path, err)
	}
	grey, ok := img.(*image.Gray)
	if !ok {
		return e, fmt.Errorf("%s: want a grey picture", path)
	}
	return example{picture: grey}, nil
}

// input is what the network takes: the pixels in 0 to 1.
func (e example) input() *garments.Input {
	in := new(garments.Input)
	for i, v := range e.picture.Pix[:len(in)] {
		in[i] = float32(v) * (1.0 / 255)
	}
	return in
}

// accuracy prints how many pictures the original network gets right, and how
// many the package, on each instruction set.
func accuracy(g *ir.Graph, set []example) error {
	real, err := exec.New(g, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	want := make([]int, len(set))
	right := 0
	for i, e := range set {
		out, err := real.Run([]*ir.Tensor{ir.Floats(g.Inputs[0].Shape, e.input()[:])}, nil)
		if err != nil {
			return err
		}
		if want[i] = best(out[0].F32); want[i] == e.class {
			right++
		}
	}
	fmt.Printf("  %-18s %6.2f %%\n", "original, fp32", percent(right, len(set)))
	var first []garments.Output
	for _, m := range levels() {
		n := len(set)
		if m.ISA() == "go" { // a hundred times slower
			n = min(n, 500)
		}
		outputs, err := runAll(m, set[:n])
		if err != nil {
			return err
		}
		if first != nil {
			same := slices.Equal(outputs, first[:n])
			fmt.Printf("  %-18s results %s to the bit, on %d pictures\n", "int8 on "+m.ISA(), map[bool]string{true: "equal", false: "DIFFER"}[same], n)
			if !same {
				return fmt.Errorf("%s does not give what %s gives", m.ISA(), levels()[0].ISA())
			}
			continue
		}
		first = outputs
		right, agree := 0, 0
		for i := range outputs {
			class := best(outputs[i][:])
			right += count(class == set[i].class)
			agree += count(class == want[i])
		}
		fmt.Printf("  %-18s %6.2f %%, agrees with the original on %.2f %%\n", "int8 on "+m.ISA(), percent(right, n), percent(agree, n))
	}
	return nil
}

// runAll runs the package on pictures, as a user's program would.
func runAll(m *garments.Model, set []example) ([]garments.Output, error) {
	ws := m.NewWorkspace(1)
	defer ws.Close()
	outputs := make([]garments.Output, len(set))
	for i, e := range set {
		if err := m.RunImage(ws, e.picture, &outputs[i]); err != nil {
			return nil, err
		}
	}
	return outputs, nil
}

// best returns the class with the highest score.
func best(scores []float32) int {
	b := 0
	for i, s := range scores {
		if s > scores[b] {
			b = i
		}
	}
	return b
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func percent(n, of int) float64 { return 100 * float64(n) / float64(of) }

// fastestAndMedian returns milliseconds.
func fastestAndMedian(times []time.Duration) (fastest, median float64) {
	slices.Sort(times)
	return times[0].Seconds() * 1e3, times[len(times)/2].Seconds() * 1e3
}
