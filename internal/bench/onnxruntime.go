package bench

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/ingot-go/ingot/internal/gotool"
	"github.com/ingot-go/ingot/internal/runner"
)

//go:embed onnxruntime.go.txt
var onnxRuntimeText []byte

// The Go binding of ONNX Runtime. It asks the library for version 22 of the C API,
// which ONNX Runtime has since 1.22.
const (
	bindingPath    = "github.com/yalue/onnxruntime_go"
	bindingVersion = "v1.21.0"
	bindingSum     = "h1:DdtvfY7OP5gR8mwPDqAOAQckf+KcI30hPNJL8hQaYWI="
	bindingModSum  = "h1:b4X26A8pekNb1ACJ58wAXgNKeUCGEAQ9dmACut9Sm/4="
)

// AddONNXRuntime starts ONNX Runtime on the ONNX file of the session's network, with
// and without its graph optimizations, on some numbers of threads. library is its shared library. What is built for
// it is no part of this program: it needs cgo, and a module that is fetched now.
func (s *Session) AddONNXRuntime(ctx context.Context, library, model string, threads []int) error {
	for _, path := range []*string{&library, &model} {
		abs, err := filepath.Abs(*path)
		if err != nil {
			return err
		}
		*path = abs
	}
	binding := bindingPath + " " + bindingVersion
	m, err := gotool.NewModule("onnxruntime", []string{binding}, []string{binding + " " + bindingSum, binding + "/go.mod " + bindingModSum})
	if err != nil {
		return err
	}
	s.closer = append(s.closer, m.Close)
	if err := m.Write("", map[string][]byte{"main.go": onnxRuntimeText}); err != nil {
		return err
	}
	program := filepath.Join(m.Path, "onnxruntime.exe")
	if _, err := m.With("CGO_ENABLED=1").Run(ctx, "build", "-o", program, "."); err != nil {
		return fmt.Errorf("comparing with ONNX Runtime needs a C compiler for cgo, and the module %s@%s, which is fetched once: %w", bindingPath, bindingVersion, err)
	}
	about, macs := s.Rows[0].program.Info, s.Rows[0].MACs
	about.ISA = "auto"
	text, err := json.Marshal(about)
	if err != nil {
		return err
	}
	for _, n := range threads {
		for _, optimize := range []bool{true, false} {
			variant := "onnxruntime"
			if !optimize {
				variant += "-unoptimized"
			}
			p, err := runner.Launch(ctx, program, nil, library, model, strconv.FormatBool(optimize), strconv.Itoa(n), string(text))
			if err != nil {
				return fmt.Errorf("%s on ONNX Runtime: %w", model, err)
			}
			s.closer = append(s.closer, p.Close)
			if err := s.add(&Row{Variant: variant, ISA: about.ISA, Threads: n, MACs: macs, program: p}); err != nil {
				return err
			}
		}
	}
	return nil
}
