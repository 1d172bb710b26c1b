package contest

import (
	"errors"
	"fmt"

	ort "github.com/yalue/onnxruntime_go"
)

// allOptimizations is how a graph is made as fast as it can be.
const allOptimizations = ort.GraphOptimizationLevelEnableAll

// load loads ONNX Runtime and returns its version.
func load(library string) (string, error) {
	ort.SetSharedLibraryPath(library)
	if err := ort.InitializeEnvironment(); err != nil {
		return "", err
	}
	return ort.GetVersion(), nil
}

// Run loads ONNX Runtime and gives a file with one input and one output all inputs, which lie one after
// the other, each of the given shape. It returns so many outputs of that many numbers each.
func Run(library, path string, optimized bool, shape []int64, inputs []float32, outputs int) ([]float32, error) {
	if !ort.IsInitialized() {
		if _, err := load(library); err != nil {
			return nil, err
		}
	}
	var level ort.GraphOptimizationLevel = allOptimizations
	if !optimized {
		level = ort.GraphOptimizationLevelDisableAll
	}
	n, err := session(path, shape, outputs, 2, level)
	if err != nil {
		return nil, err
	}
	var all []float32
	for ; len(inputs) >= len(n.in); inputs = inputs[len(n.in):] {
		copy(n.in, inputs)
		if err := n.run(); err != nil {
			return nil, err
		}
		all = append(all, n.out...)
	}
	return all, nil
}

// session opens an ONNX file with one input and one output.
func session(path string, shape []int64, outputs, threads int, level ort.GraphOptimizationLevel) (*network, error) {
	in, out, err := ort.GetInputOutputInfo(path)
	if err != nil {
		return nil, err
	}
	if len(in) != 1 || len(out) != 1 {
		return nil, fmt.Errorf("has %d inputs and %d outputs, want one each", len(in), len(out))
	}
	o, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	defer o.Destroy()
	if err := errors.Join(o.SetIntraOpNumThreads(threads), o.SetInterOpNumThreads(1), o.SetGraphOptimizationLevel(level)); err != nil {
		return nil, err
	}
	x, err := ort.NewEmptyTensor[float32](shape)
	if err != nil {
		return nil, err
	}
	outShape := out[0].Dimensions.Clone()
	for i, d := range outShape {
		if d < 0 {
			outShape[i] = 1 // the number of pictures
		}
	}
	y, err := ort.NewEmptyTensor[float32](outShape)
	if err != nil {
		return nil, err
	}
	if len(y.GetData()) != outputs {
		return nil, fmt.Errorf("gives %v, want %d numbers", outShape, outputs)
	}
	s, err := ort.NewAdvancedSession(path, []string{in[0].Name}, []string{out[0].Name}, []ort.Value{x}, []ort.Value{y}, o)
	if err != nil {
		return nil, err
	}
	return &network{x.GetData(), y.GetData(), s.Run}, nil
}
