package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A small network goes the whole way.
func TestRun(t *testing.T) {
	if os.Getenv("ONNXRUNTIME_LIB") == "" {
		t.Skip("ONNXRUNTIME_LIB is not set: ONNX Runtime's shared library")
	}
	out := filepath.Join(t.TempDir(), "tables.md")
	if err := run(t.Context(), []string{"-isa", "avx2", "-rounds", "1", "-o", out, "../../examples/garments/garments.onnx"}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out)
	if err != nil || !strings.Contains(string(text), "### garments, ingot int8 avx2, 7 bits: slowest of") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestBadCalls(t *testing.T) {
	t.Setenv("ONNXRUNTIME_LIB", "/none/libonnxruntime.so")
	for _, args := range [][]string{{"-isa", "sse"}, {"-rounds", "0"}, {"-isa", "avx2", "resnet18"}} {
		if err := run(t.Context(), args); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
	t.Setenv("ONNXRUNTIME_LIB", "")
	if err := run(t.Context(), nil); err == nil {
		t.Error("no library: no error")
	}
}
