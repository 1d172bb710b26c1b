package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestCurrent checks that docs/operators.md is what the code says.
func TestCurrent(t *testing.T) {
	want, err := document("../../onnx")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../docs/operators.md")
	if err != nil {
		t.Fatal(err)
	}
	have := strings.Split(string(got), "\n")
	for line := range strings.Lines(want) {
		line = strings.TrimSuffix(line, "\n")
		if !slices.Contains(have, line) {
			t.Errorf("docs/operators.md lacks %q", line)
		}
		if strings.Contains(line, "not tried") {
			t.Errorf("no example of tests/operators/examples.go fits: add one for %q", line)
		}
	}
	if t.Failed() || string(got) != want {
		t.Error("docs/operators.md is not up to date: run go run ./tests/operators")
	}
}

// TestFound checks some cells that must not change without somebody meaning it.
func TestFound(t *testing.T) {
	doc, err := document("../../onnx")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	for line := range strings.Lines(doc) {
		if cells := strings.Split(line, " | "); len(cells) == 9 {
			rows[strings.TrimPrefix(cells[0], "| ")] = cells
		}
	}
	for op, want := range map[string][2]string{"Conv": {"assembly", "assembly"}, "Sigmoid": {"assembly", "table"}, "Reshape": {"free", "bytes"},
		"Concat": {"copy", "bytes"}, "Constant": {"folded", "folded"}, "Softmax": {"assembly", "fp32: the operator has no int8 form"}} {
		if r := rows[op]; r == nil || r[5] != want[0] || r[6] != want[1] {
			t.Errorf("%s is %q, want %q", op, r, want)
		}
	}
	if r := rows["Conv"]; r != nil && r[3] != "auto_pad, dilations, group, kernel_shape, pads, strides" {
		t.Errorf("attributes of Conv are %q", r[3])
	}
}
