// Zoo writes ONNX files of well-known networks with random weights, so that
// anybody can measure them without a download:
//
//	go run ./tests/zoo sampleblock -o sampleblock.onnx -inputs inputs.npy
//
// The same name gives the same bytes on every machine. With -inputs it also writes
// random inputs to calibrate on.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/ingot-go/ingot/internal/npy"
	"github.com/ingot-go/ingot/ir"
)

// networks are what can be written.
var networks = map[string]func() *net{
	"sampleblock": sampleBlock,
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("zoo: ")
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(args []string) error {
	names := strings.Join(slices.Sorted(maps.Keys(networks)), ", ")
	if len(args) == 0 || networks[args[0]] == nil {
		return fmt.Errorf("usage: zoo NETWORK [-o FILE.onnx] [-inputs FILE.npy]; networks: %s", names)
	}
	flags := flag.NewFlagSet("zoo", flag.ContinueOnError)
	out := flags.String("o", args[0]+".onnx", "`FILE` to write")
	inputs := flags.String("inputs", "", "`FILE` to write random inputs to")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q: one network at a time", flags.Arg(0))
	}
	n := networks[args[0]]()
	if err := os.WriteFile(*out, n.model().Marshal(), 0o666); err != nil || *inputs == "" {
		return err
	}
	return writeInputs(*inputs, n.size)
}

// samples is the number of random inputs.
const samples = 10

// writeInputs writes numbers of mean 0 and variance 1.
func writeInputs(path string, shape ir.Shape) error {
	all := ir.NewTensor(ir.F32, append(ir.Shape{samples}, shape[1:]...))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range all.F32 {
		all.F32[i] = float32(normal(r))
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(npy.Write(f, all.Shape, all.F32), f.Close())
}
