package endtoend

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPictures draws each stage of the graph with the command.
func TestPictures(t *testing.T) {
	config, dir := filepath.Join(root, "examples/garments/garments.yaml"), t.TempDir()
	for _, c := range []struct {
		stage []string
		want  []string
	}{
		{nil, []string{"garments.onnx", ">Unary relu<", ">int8 (0)<"}},
		{[]string{"-fused"}, []string{"garments.onnx, fused", "residual sum → relu", ">residual operand<"}},
		{[]string{"-quantized"}, []string{"garments.onnx, quantized", ">QConv 3x3<", ">int8 (17)<"}},
	} {
		svg, html := filepath.Join(dir, "graph.svg"), filepath.Join(dir, "graph.html")
		args := append([]string{"inspect", "-svg", svg, "-html", html}, c.stage...)
		if out := must(t, root, append(args, config)...); out != "" {
			t.Errorf("inspect %v also printed %q", c.stage, out)
		}
		picture, page := read(t, svg), read(t, html)
		for _, want := range c.want {
			if !strings.Contains(picture, want) {
				t.Errorf("the picture of inspect %v lacks %q", c.stage, want)
			}
		}
		if !strings.Contains(page, "<svg") || !strings.Contains(page, "20.2 M MACs") {
			t.Errorf("the page of inspect %v lacks the picture or its total", c.stage)
		}
	}
	r := ingot(t, root, "inspect", "-dot", "-svg", filepath.Join(dir, "graph.svg"), config)
	if r.status != 2 || !strings.Contains(r.stderr, "exclude") {
		t.Errorf("inspect -dot -svg: status %d, %q", r.status, r.stderr)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
