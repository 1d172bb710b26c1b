package endtoend

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// row is a line of the table: variant, instruction set, and numbers.
func row(variant, isa string, numbers string) string {
	return `(?m)^ +` + variant + ` +` + isa + ` +` + strings.ReplaceAll(numbers, " ", " +") + ` *$`
}

const number = `[0-9.]+(?:e[-+][0-9]+)?`

// A package is timed as it is, and its layers too.
func TestBenchPackage(t *testing.T) {
	module := garments(t)
	lines := filepath.Join(t.TempDir(), "lines.txt")
	out := must(t, module, "bench", "-isa", "go", "-count", "2", "-layers", "-o", lines, "net")
	for _, want := range []string{
		row("net", "go", strings.TrimSpace(strings.Repeat(number+" ", 6))),
		`(?m)^net on go: [0-9.]+ ms in \d+ layers$`, `convolution 3x3`, `one thread\n`,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("no match for %s in\n%s", want, out)
		}
	}
	text, err := os.ReadFile(lines)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\nBenchmarkRun/net=net/variant=net/isa=go "); n != 2 {
		t.Errorf("%d lines of runs, want 2:\n%s", n, text)
	}
	if !strings.Contains(string(text), "BenchmarkLayers/net=net/variant=net/isa=go/003_/stem/stem.0/Conv:_convolution_3x3") {
		t.Errorf("no line of the first layer:\n%s", text)
	}
	if entries, err := os.ReadDir(module); err != nil || len(entries) != 3 {
		t.Errorf("the module has %v, want go.mod, go.sum and net (%v)", entries, err)
	}
}

// Variants of a model are built, compared and timed, and nothing stays behind.
func TestBenchModel(t *testing.T) {
	dir, temp := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temp)
	write(t, filepath.Join(dir, "tiny.onnx"), tiny())
	samples(t, filepath.Join(dir, "in.npy"), 0.5)
	out := must(t, dir, "bench", "-compare", "unfused,fp32,int8", "-calib", "in.npy", "-isa", "go", "-count", "2",
		"-plot", "times.svg", "-o", "lines.txt", "tiny.onnx")
	for _, want := range []string{
		`1 inputs of in.npy`,
		row("unfused", "go", number+" "+number+" "+number+" 1.00 "+number+" "+number+" 1.00000"),
		row("fp32", "go", strings.Repeat(number+" ", 6)+"1.00000"),
		row("int8", "go", strings.Repeat(number+" ", 6)+"0.99[0-9]*"),
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("no match for %s in\n%s", want, out)
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, "lines.txt")); err != nil || strings.Count(string(text), "BenchmarkRun/net=tiny/") != 6 {
		t.Errorf("lines are %v\n%s", err, text)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "times.svg")); err != nil || !strings.Contains(string(text), "int8") {
		t.Errorf("the chart is %v\n%s", err, text)
	}
	checkEmpty(t, temp)
}

// ONNX Runtime takes part where there is one.
func TestBenchONNXRuntime(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "tiny.onnx"), tiny())
	r := ingot(t, dir, "bench", "-compare", "fp32", "-ort", "nowhere.so", "tiny.onnx")
	if r.status != 1 || !strings.Contains(r.stderr, "nowhere.so") {
		t.Errorf("a library that is not there: status %d, %q", r.status, r.stderr)
	}
	library := os.Getenv("INGOT_ONNXRUNTIME")
	if library == "" {
		t.Skip("INGOT_ONNXRUNTIME does not name a shared library of ONNX Runtime")
	}
	out := must(t, dir, "bench", "-compare", "fp32", "-count", "1", "-ort", library, "tiny.onnx")
	for _, variant := range []string{"onnxruntime", "onnxruntime-unoptimized"} {
		if want := row(variant, "auto", strings.Repeat(number+" ", 5)+"1.00000"); !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("no match for %s in\n%s", want, out)
		}
	}
}

// A signal ends everything, and nothing stays behind.
func TestBenchInterrupted(t *testing.T) {
	temp := t.TempDir()
	c := exec.Command(command, "bench", "-isa", "go", "-count", "100000", "net")
	c.Dir, c.Env = garments(t), append(os.Environ(), "TMPDIR="+temp)
	var stderr strings.Builder
	c.Stderr = &stderr
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := stdout.Read(make([]byte, 100)); err != nil { // it has begun
		t.Error(err)
	}
	time.Sleep(time.Second)
	if err := c.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); c.ProcessState.ExitCode() != 1 || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("status %d (%v), message %q: want 1 and interrupted", c.ProcessState.ExitCode(), err, stderr.String())
	}
	checkEmpty(t, temp)
}

// checkEmpty fails for a folder that is not empty.
func checkEmpty(t *testing.T, dir string) {
	t.Helper()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left behind in the folder for temporary files: %v (%v)", entries, err)
	}
}
