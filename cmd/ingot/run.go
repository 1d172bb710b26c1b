package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ingot-go/ingot/internal/calibdata"
	"github.com/ingot-go/ingot/internal/gotool"
	"github.com/ingot-go/ingot/internal/npy"
	"github.com/ingot-go/ingot/internal/runner"
	"github.com/ingot-go/ingot/ir"
)

var runCommand = command{
	name: "run", args: "[flags] PKGDIR INPUT...", short: "run a package on arrays or pictures",
	long: `Runs a generated package on inputs: .png and .jpg pictures, for packages that take them,
.npy arrays of what the model takes (in the model's layout and types; more along the first
axis are run one by one), or .npz archives with an array under each input's name.

Without -o it prints the best classes of a classifier, by their labels if the package has
them, and of other networks a line about each output. With -o it writes the outputs of
all runs, stacked along the first axis: .npz holds each under its ONNX name.

It compiles a small program around the package, outside of your module, and needs the go
command for that.`,
	run: runRun,
}

func runRun(c *call) error {
	isa := c.flags.String("isa", "", "instruction set to run on, `NAME`: avx512vnni, avx2 or go; the best by default")
	top := c.flags.Int("top", 5, "how many classes to print, `K`")
	output := c.flags.String("o", "", "write the outputs to `FILE`: .npy for one output, .npz for any")
	if err := c.parse(2, -1, "a package's folder and at least one input"); err != nil {
		return err
	}
	if *top < 1 {
		return usage("-top %d: want at least 1", *top)
	}
	for _, path := range c.flags.Args()[1:] {
		if !slices.Contains([]string{".npy", ".npz", ".png", ".jpg", ".jpeg"}, extension(path)) {
			return usage("%s: want an input that ends in .npy, .npz, .png, .jpg or .jpeg", path)
		}
	}
	s := sink{w: c.stdout, top: *top}
	var err error
	if *output != "" {
		if s.stack, err = npy.NewStack(*output); err != nil {
			return usage("-o: %v", err)
		}
		defer s.stack.Discard()
	}
	b, err := runner.Build(c, gotool.Folder{Path: c.flags.Arg(0)})
	if err != nil {
		return err
	}
	defer b.Close()
	if s.p, err = b.Start(c, *isa, 1); err != nil {
		return err
	}
	defer s.p.Close()
	for _, path := range c.flags.Args()[1:] {
		if err := s.run(path); err != nil {
			return err
		}
	}
	return s.close()
}

func extension(path string) string { return strings.ToLower(filepath.Ext(path)) }

// sink takes the outputs of the runs.
type sink struct {
	w     io.Writer
	p     *runner.Program
	top   int
	stack *npy.Stack // or nil to print
	runs  int
}

// run runs the package on everything in a file.
func (s *sink) run(path string) error {
	if ext := extension(path); ext != ".npy" && ext != ".npz" {
		out, err := s.p.RunImage(path)
		if err != nil {
			return err
		}
		return s.take(path, out)
	}
	var in []*ir.Value
	for i, name := range s.p.InputNames {
		in = append(in, &ir.Value{Name: name, Type: runner.TypeOf(s.p.InputTypes, i), Shape: s.p.InputShapes[i]})
	}
	src, err := calibdata.Open(path, in, calibdata.Spec{})
	if err != nil {
		return err
	}
	defer src.Close()
	for i := 0; ; i++ {
		x, err := src.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		out, err := s.p.Run(x)
		if err != nil {
			return err
		}
		name := path
		if src.Len() > 1 {
			name = fmt.Sprintf("%s[%d]", path, i)
		}
		if err := s.take(name, out); err != nil {
			return err
		}
	}
}

// take prints or keeps the outputs of one run.
func (s *sink) take(name string, out []*ir.Tensor) error {
	s.runs++
	if s.stack == nil {
		fmt.Fprintln(s.w, name)
		if s.classifier() {
			s.classes(out[0].F32)
			return nil
		}
		for i, x := range out {
			fmt.Fprintf(s.w, "  %s %s: %s\n", s.p.OutputNames[i], s.p.OutputShapes[i], summary(x))
		}
		return nil
	}
	for i, x := range out {
		shape := s.p.OutputShapes[i]
		if len(shape) == 0 || shape[0] != 1 {
			shape = append(ir.Shape{1}, shape...)
		}
		if err := s.keep(s.p.OutputNames[i], shape, x); err != nil {
			return err
		}
	}
	return nil
}

// keep adds an output to the file.
func (s *sink) keep(name string, shape ir.Shape, x *ir.Tensor) error {
	switch x.Type {
	case ir.F32:
		return npy.Append(s.stack, name, shape, x.F32)
	case ir.I64:
		return npy.Append(s.stack, name, shape, x.I64)
	case ir.S32:
		return npy.Append(s.stack, name, shape, x.S32)
	case ir.S8:
		return npy.Append(s.stack, name, shape, x.S8)
	case ir.U8:
		return npy.Append(s.stack, name, shape, x.U8)
	}
	truths := make([]bool, len(x.U8))
	for i, v := range x.U8 {
		truths[i] = v != 0
	}
	return npy.Append(s.stack, name, shape, truths)
}

// classifier reports whether the only output is one row of scores.
func (s *sink) classifier() bool {
	if len(s.p.OutputShapes) != 1 || runner.TypeOf(s.p.OutputTypes, 0) != ir.F32 {
		return false
	}
	shape := s.p.OutputShapes[0]
	return len(shape) >= 2 && shape[1] > 1 && shape.Elems() == shape[1]
}

// classes prints the highest scores.
func (s *sink) classes(x []float32) {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case x[a] > x[b]:
			return -1
		case x[a] < x[b]:
			return 1
		}
		return 0
	})
	for _, i := range order[:min(s.top, len(order))] {
		label := fmt.Sprintf("class %d", i)
		if len(s.p.Labels) > 0 {
			label = s.p.Labels[i]
		}
		fmt.Fprintf(s.w, "  %10.4f  %s\n", x[i], label)
	}
}

// summary is a line about an output that is not a row of scores.
func summary(t *ir.Tensor) string {
	switch t.Type {
	case ir.I64:
		return summaryOf(t.I64)
	case ir.S32:
		return summaryOf(t.S32)
	case ir.S8:
		return summaryOf(t.S8)
	case ir.U8, ir.Bool:
		return summaryOf(t.U8)
	}
	return summaryOf(t.F32)
}

func summaryOf[T float32 | int64 | int32 | int8 | uint8](x []T) string {
	lo, hi, sum := math.Inf(1), math.Inf(-1), 0.0
	for _, v := range x {
		lo, hi, sum = min(lo, float64(v)), max(hi, float64(v)), sum+float64(v)
	}
	return fmt.Sprintf("lowest %.4g, highest %.4g, mean %.4g", lo, hi, sum/float64(len(x)))
}

// close finishes the file of outputs.
func (s *sink) close() error {
	if s.stack == nil {
		return nil
	}
	if err := s.stack.Close(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.w, "%d runs on %s\n", s.runs, s.p.ISA)
	return err
}
