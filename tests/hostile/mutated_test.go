package hostile

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

var (
	mutated  = flag.Int("mutated", 60, "number of mutated models; from 200 on large networks too")
	messages = flag.Bool("messages", false, "print what was changed in each mutated model, and the error")
)

// mostMemory is what compiling a mutated model may take: runtime.MemStats.Sys of a process that
// does nothing else, which counts what was ever taken from the system, garbage included.
const mostMemory = 1 << 30

// trained are networks below INGOT_DATA, the small ones first.
var trained = []string{"mnist/mnist-8.onnx", "mlperf-tiny/dscnn-kws.onnx", "mlperf-tiny/resnet8-cifar10.onnx", "mlperf-tiny/mobilenetv1-0.25-96-vww.onnx",
	"cifar10/resnet20-cifar10.onnx", "face/face-slim-320.onnx", "super-resolution/super-resolution-224.onnx"}

// generated are networks that tests/zoo writes.
var generated = []string{"squeezenet1_1", "mobilenet_v3_small", "shufflenet_v2_x1_0", "sampleblock"}

// TestMutated changes real models at random, each time in the same way, and compiles them in a
// process of its own, whose memory and whose end are watched. Each must give an error, or
// programs in fp32 and int8; those of networks that are small enough run in plain Go and must
// agree with the graph.
func TestMutated(t *testing.T) {
	files := networkFiles(t)
	c := startCompiler(t)
	ends := map[string]int{}
	for i := range *mutated {
		file, seed := files[i%len(files)], i
		r, err := c.compile(file, seed)
		if err != nil {
			t.Fatalf("%s, seed %d: %v", filepath.Base(file), seed, err)
		}
		ends[r.how]++
		if *messages {
			fmt.Printf("%s, seed %d: %s\n  %s: %s\n", filepath.Base(file), seed, r.did, r.how, r.message)
		}
		switch {
		case r.bug:
			t.Errorf("%s, seed %d: %s: %s: %s", filepath.Base(file), seed, r.did, r.how, r.message)
		case r.how == "refused" && !strings.HasPrefix(r.message, "onnx: "), len(r.message) > 50000:
			t.Errorf("%s, seed %d: %s: error %.300s", filepath.Base(file), seed, r.did, r.message)
		case r.memory > mostMemory:
			t.Fatalf("%s, seed %d: %s: took %d MiB", filepath.Base(file), seed, r.did, r.memory>>20)
		}
	}
	t.Logf("%d mutations of %d networks: %v, most memory %d MiB", *mutated, len(files), ends, c.most>>20)
}

// networkFiles returns the networks that there are.
func networkFiles(t *testing.T) []string {
	files := []string{"../../examples/garments/garments.onnx"}
	small := 4
	if *mutated >= 200 {
		small = len(trained)
		for _, name := range generated {
			path := filepath.Join(t.TempDir(), name+".onnx")
			if out, err := exec.CommandContext(t.Context(), "go", "run", "../zoo", name, "-o", path).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			files = append(files, path)
		}
	}
	root := os.Getenv("INGOT_DATA")
	if root == "" {
		t.Logf("INGOT_DATA is not set: %d trained networks are left out", small)
		return files
	}
	for _, name := range trained[:small] {
		files = append(files, filepath.Join(root, "models", name))
	}
	return files
}

// compiler is the other process.
type compiler struct {
	to   io.Writer
	from *bufio.Scanner
	most uint64
}

// result is what became of a model.
type result struct {
	how, did, message string
	bug               bool
	memory            uint64
}

// childVariable tells a process that it is the other one.
const childVariable = "INGOT_HOSTILE_CHILD"

// startCompiler starts this test again as the other process. On Linux its address space is limited,
// so that a model that does take all memory takes only that process with it.
func startCompiler(t *testing.T) *compiler {
	t.Helper()
	args := []string{os.Args[0], "-test.run", "^TestChild$"}
	if runtime.GOOS == "linux" {
		args = append([]string{"sh", "-c", `ulimit -v 6000000; exec "$0" "$@"`}, args...)
	}
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Env = append(os.Environ(), childVariable+"=1")
	cmd.Stderr = os.Stderr
	to, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	from, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		to.Close()
		cmd.Wait() // its end is no news: a crash was seen as a missing answer
	})
	c := &compiler{to: to, from: bufio.NewScanner(from)}
	c.from.Buffer(nil, 1<<20)
	return c
}

func (c *compiler) compile(file string, seed int) (result, error) {
	var r result
	if _, err := fmt.Fprintf(c.to, "%d %s\n", seed, file); err != nil {
		return r, err
	}
	if !c.from.Scan() {
		return r, errors.New("the compiler died; its last words are above")
	}
	_, err := fmt.Sscanf(c.from.Text(), "%d %t %q %q %q", &r.memory, &r.bug, &r.how, &r.did, &r.message)
	c.most = max(c.most, r.memory)
	return r, err
}

// TestChild is the other process: it answers each line of a seed and a file.
func TestChild(t *testing.T) {
	if os.Getenv(childVariable) == "" {
		t.Skip("a part of TestMutated")
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var seed uint64
		var file string
		if _, err := fmt.Sscanf(in.Text(), "%d %s", &seed, &file); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		changed, did := mutate(data, seed)
		how, err := compile(changed)
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		message := ""
		if err != nil {
			message = err.Error()
		}
		fmt.Printf("%d %t %q %q %q\n", m.Sys, errors.Is(err, errBug), how, did, message)
	}
}
