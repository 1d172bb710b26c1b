// Zoo writes ONNX files of well-known networks with random weights, so that
// anybody can measure them without a download:
//
//	go run ./tests/zoo resnet50 -o resnet50.onnx -inputs inputs.npy
//
// Those of pictures have torchvision's architectures, node by node as they are exported, with
// batch normalizations of their own.
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
	"densenet121":        denseNet121,
	"efficientnet_b0":    efficientNetB0,
	"googlenet":          googLeNet,
	"mobilenet_v2":       mobileNetV2,
	"mobilenet_v3_small": mobileNetV3Small,
	"resnet18":           resNet18,
	"resnet50":           resNet50,
	"sampleblock":        sampleBlock,
	"shufflenet_v2_x1_0": shuffleNetV2,
	"squeezenet1_1":      squeezeNet11,
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
	n, err := build(args[0])
	if err != nil {
		return err
	}
	if err := os.WriteFile(*out, n.model().Marshal(), 0o666); err != nil || *inputs == "" {
		return err
	}
	return n.writeInputs(*inputs)
}

// build makes a network.
func build(name string) (*net, error) {
	n := networks[name]()
	if !n.trained {
		return n, nil
	}
	return n, n.settle()
}

// samples is the number of random inputs.
const samples = 10

// writeInputs writes random inputs.
func (n *net) writeInputs(path string) error {
	all := ir.NewTensor(ir.F32, append(ir.Shape{samples}, n.size[1:]...))
	n.fill(all, rand.New(rand.NewPCG(1, 2)))
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(npy.Write(f, all.Shape, all.F32), f.Close())
}

// coarse is the size of the squares that make up a random picture.
const coarse = 16

// fill writes random inputs of mean 0: noise for a layer by itself, and for networks on pictures
// noise and something to be seen, without which all pictures would be the same to them.
func (n *net) fill(t *ir.Tensor, r *rand.Rand) {
	for i := range t.F32 {
		t.F32[i] = float32(normal(r))
	}
	if !n.trained {
		return
	}
	width := t.Shape[3]
	for start := 0; start < len(t.F32); start += coarse * width {
		rows := t.F32[start : start+coarse*width]
		for x := 0; x < width; x += coarse {
			level := float32(normal(r))
			for i := x; i < len(rows); i += width {
				for j := range coarse {
					rows[i+j] = rows[i+j]/2 + level
				}
			}
		}
	}
}
