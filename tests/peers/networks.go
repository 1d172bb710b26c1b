package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/internal/bench"
	"github.com/ingot-go/ingot/internal/config"
	"github.com/ingot-go/ingot/internal/gotool"
	"github.com/ingot-go/ingot/internal/npy"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/quant"
)

// zoo are the networks with random weights that tests/zoo writes.
var zoo = []string{"resnet18", "resnet50", "mobilenet_v2", "mobilenet_v3_small", "squeezenet1_1", "googlenet",
	"shufflenet_v2_x1_0", "densenet121", "efficientnet_b0"}

// trained are networks in the folder that INGOT_DATA names.
var trained = []string{
	"imagenet/mobilenetv1-0.75-224", "imagenet/mobilenetv2-1.0-224", "imagenet/squeezenet1.1",
	"cifar10/resnet20-cifar10", "cifar10/resnet56-cifar10",
	"mlperf-tiny/dscnn-kws", "mlperf-tiny/mobilenetv1-0.25-96-vww", "mlperf-tiny/resnet8-cifar10",
}

// network is a network to be timed.
type network struct {
	name    string
	options ingot.Options // its model, and how to calibrate
	int8    string        // the ONNX file that ONNX Runtime runs in int8; empty if there is none
	shape   ir.Shape      // of the input
	outputs int           // elements of the output
}

// all returns the names of what is timed if nothing is named.
func all() []string {
	names := zoo
	if data := os.Getenv("INGOT_DATA"); data != "" {
		for _, t := range trained {
			names = append(names, filepath.Join(data, "models", filepath.FromSlash(t)+".onnx"))
		}
	}
	return names
}

// find finds or makes what an argument names: a network of the zoo, an ONNX file, or a configuration of
// ingot's in YAML.
func (p *program) find(ctx context.Context, arg string) (*network, error) {
	n := &network{name: strings.TrimSuffix(filepath.Base(arg), filepath.Ext(arg))}
	var err error
	switch filepath.Ext(arg) {
	case ".yaml", ".yml":
		n.options, err = config.Read(arg)
	case ".onnx":
		n.options = p.plainOptions(arg, n.name)
	default:
		n.name = arg
		n.options = p.plainOptions(filepath.Join(p.work, arg+".onnx"), arg)
		err = p.writeZoo(ctx, arg)
	}
	if err == nil {
		err = n.measure()
	}
	if err == nil && n.options.Calibration != "" {
		err = n.writeInputs()
	}
	n.int8 = quantized(p.int8, n)
	return n, err
}

// plainOptions are the options for a model of which nothing else is known. Speed does not depend on the
// ranges, so they come from random inputs.
func (p *program) plainOptions(model, name string) ingot.Options {
	base := filepath.Join(p.work, name)
	return ingot.Options{Model: model, Calibration: base + ".npy", Cache: base + ".json", Mode: quant.MinMax}
}

// writeZoo writes a network of the zoo and inputs for it, unless they are there.
func (p *program) writeZoo(ctx context.Context, name string) error {
	base := filepath.Join(p.work, name)
	if exists(base+".onnx") && exists(base+".npy") {
		return nil
	}
	_, err := gotool.Folder{Path: p.module}.Run(ctx, "run", "github.com/ingot-go/ingot/tests/zoo", name, "-o", base+".onnx", "-inputs", base+".npy")
	return err
}

// measure looks up the network's shapes.
func (n *network) measure() error {
	g, err := ingot.Import(n.options.Model, n.options.Shapes)
	if err != nil {
		return err
	}
	if len(g.Inputs) != 1 || len(g.Outputs) != 1 {
		return fmt.Errorf("%s: has %d inputs and %d outputs; only networks with one each can be compared", n.options.Model, len(g.Inputs), len(g.Outputs))
	}
	n.shape, n.outputs = g.Inputs[0].Shape, g.Outputs[0].Shape.Elems()
	return nil
}

// samples is the number of random inputs to calibrate on.
const samples = 10

// writeInputs writes random inputs, unless there are some.
func (n *network) writeInputs() error {
	if exists(n.options.Calibration) {
		return nil
	}
	shape := n.shape.Clone()
	shape[0] *= samples
	f, err := os.Create(n.options.Calibration)
	if err != nil {
		return err
	}
	return errors.Join(npy.Write(f, shape, bench.Noise(shape, 1).F32), f.Close())
}

// input returns a sample of what the network was calibrated on, or noise if that is pictures.
func (n *network) input() ([]float32, error) {
	x := bench.Noise(n.shape, 1).F32
	if filepath.Ext(n.options.Calibration) != ".npy" {
		return x, nil
	}
	r, err := npy.Open(n.options.Calibration)
	if err != nil {
		return nil, err
	}
	return x, errors.Join(r.Read(x), r.Close())
}

// quantized returns the ONNX file of a network in int8: in the given folder, or beside the
// model, where its publisher put it.
func quantized(folder string, n *network) string {
	for _, path := range []string{
		filepath.Join(folder, n.name+".onnx"),
		strings.TrimSuffix(n.options.Model, ".onnx") + "-int8-qdq.onnx",
	} {
		if exists(path) {
			return path
		}
	}
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
