package conformance

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/onnx"
)

// data returns the folder of test data under INGOT_DATA and skips the test
// where there is none, or fails it where INGOT_REQUIRE_DATA is 1.
func data(t *testing.T, elem ...string) string {
	t.Helper()
	root := os.Getenv("INGOT_DATA")
	if root == "" {
		if os.Getenv("INGOT_REQUIRE_DATA") == "1" {
			t.Fatal("INGOT_DATA is not set and INGOT_REQUIRE_DATA is 1")
		}
		t.Skip("INGOT_DATA is not set: the folder with models and conformance tests")
	}
	return filepath.Join(append([]string{root}, elem...)...)
}

// readProto reads a file that holds one TensorProto.
func readProto(path string) (*onnx.TensorProto, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return onnx.UnmarshalTensor(b)
}

func readTensor(path string) (*ir.Tensor, error) {
	p, err := readProto(path)
	if err != nil {
		return nil, err
	}
	t, err := p.Tensor()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return t, nil
}

// tolerance bounds the difference of a result from the expected one by
// abs + rel*|expected|.
type tolerance struct{ rel, abs float64 }

// compare returns an error that names the worst element if got is not want.
func (tol tolerance) compare(got, want *ir.Tensor) error {
	if got.Type != want.Type || !got.Shape.Equal(want.Shape) {
		return fmt.Errorf("is %s %s, want %s %s", got.Type, got.Shape, want.Type, want.Shape)
	}
	if got.Type != ir.F32 {
		if string(got.Bytes()) != string(want.Bytes()) {
			return fmt.Errorf("is %v, want %v", got, want)
		}
		return nil
	}
	worst, excess := -1, 0.0
	for i, w := range want.F32 {
		g := got.F32[i]
		if g == w || g != g && w != w {
			continue
		}
		e := math.Abs(float64(g)-float64(w)) - tol.abs - tol.rel*math.Abs(float64(w))
		if e != e || worst < 0 && e > 0 || e > excess {
			worst, excess = i, e
		}
	}
	if worst >= 0 {
		return fmt.Errorf("element %d is %g, want %g", worst, got.F32[worst], want.F32[worst])
	}
	return nil
}
