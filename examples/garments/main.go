// Garments compiles the example network and shows what the package is worth: its
// accuracy on real pictures beside the original's, and its latency on each
// instruction set that the machine has.
//
// Usage, in the project's root folder:
//
//	go run ./examples/garments        # on the 500 test pictures of this folder
//	go run ./examples/garments -all   # on all 10,000 of Debian's package dataset-fashion-mnist
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/generated/garments"
	"github.com/ingot-go/ingot/internal/config"
	"github.com/ingot-go/ingot/ir"
)

const (
	folder    = "examples/garments"
	generated = "generated/garments"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("garments: ")
	all := flag.Bool("all", false, "test on all 10,000 pictures, which Debian's package dataset-fashion-mnist installs")
	flag.Parse()
	if err := demonstrate(*all); err != nil {
		log.Fatal(err)
	}
}

func demonstrate(all bool) error {
	if _, err := os.Stat(folder); err != nil {
		return fmt.Errorf("start it in the project's root folder: %w", err)
	}
	fmt.Printf("ingot %s, network %s/garments.onnx\n\n", ingot.Version, folder)
	g, err := compile()
	if err != nil {
		return err
	}
	set, err := load(all)
	if err != nil {
		return err
	}
	fmt.Printf("\naccuracy on %d test pictures of Fashion-MNIST\n", len(set))
	if err := accuracy(g, set); err != nil {
		return err
	}
	fmt.Println("\nlatency of a picture, one thread")
	return latency(set)
}

// compile builds the package anew, calibration included, and compares it with
// the committed one. It returns the original network.
func compile() (*ir.Graph, error) {
	o, err := config.Read(filepath.Join(folder, "garments.yaml"))
	if err != nil {
		return nil, err
	}
	o.Cache = "" // look at the pictures again
	start := time.Now()
	files, report, err := ingot.Files(context.Background(), o)
	if err != nil {
		return nil, err
	}
	took := time.Since(start).Seconds()
	fused := 0
	for _, p := range report.Passes {
		fused += p.Changes
	}
	int8s, floats := report.Quant.Counts()
	fmt.Printf("compiled in %.1f s\n", took)
	fmt.Printf("  fused      %d rewrites of the graph\n", fused)
	fmt.Printf("  calibrated %s\n", report.Ranges)
	fmt.Printf("  quantized  %d operators to int8, %d stay fp32\n", int8s, floats)
	fmt.Printf("  size       %.1f million multiply-accumulates, weights %.0f kB, workspace %.0f kB\n",
		float64(report.MACs)/1e6, float64(report.Weights)/1e3, float64(report.Arena)/1e3)
	for name, data := range files {
		have, err := os.ReadFile(filepath.Join(generated, name))
		if err != nil || !bytes.Equal(have, data) {
			return nil, fmt.Errorf("%s/%s is not what was compiled now: run go generate, then this again", generated, name)
		}
	}
	fmt.Printf("  package    %s, %d files, the same to the byte\n", generated, len(files))
	return ingot.Import(o.Model, o.Shapes)
}

// levels returns the model on each instruction set of the machine, best first.
func levels() []*garments.Model {
	var all []*garments.Model
	defer os.Setenv("INGOT_ISA", os.Getenv("INGOT_ISA"))
	for _, isa := range []string{"avx512vnni", "avx2", "go"} {
		os.Setenv("INGOT_ISA", isa)
		if m := garments.New(); m.ISA() == isa {
			all = append(all, m)
		}
	}
	return all
}

// latency times runs on the first picture.
func latency(set []example) error {
	fmt.Printf("  %-12s%12s%12s\n", "", "fastest ms", "median ms")
	for _, m := range levels() {
		ws := m.NewWorkspace(1)
		in, out := set[0].input(), new(garments.Output)
		var times []time.Duration
		for start := time.Now(); len(times) < 10 || time.Since(start) < time.Second; {
			t := time.Now()
			m.Run(ws, in, out)
			times = append(times, time.Since(t))
		}
		ws.Close()
		fast, middle := fastestAndMedian(times)
		fmt.Printf("  %-12s%12.3f%12.3f\n", m.ISA(), fast, middle)
	}
	return nil
}
