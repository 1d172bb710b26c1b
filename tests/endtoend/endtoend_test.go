// Package endtoend tests the command as users have it: it compiles models,
// compiles and runs the packages that come out, and gives it bad input.
package endtoend

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Paths, set by TestMain.
var (
	root    string // of the project
	command string // the ingot command
	work    string // temporary folder of all tests
)

func TestMain(m *testing.M) {
	code, err := setUp(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.RemoveAll(work)
	os.Exit(code)
}

// setUp builds the command and runs the tests.
func setUp(m *testing.M) (code int, err error) {
	if root, err = filepath.Abs("../.."); err != nil {
		return 0, err
	}
	if work, err = os.MkdirTemp("", "ingot_endtoend_"); err != nil {
		return 0, err
	}
	command = filepath.Join(work, "ingot.exe")
	build := exec.Command("go", "build", "-o", command, "./cmd/ingot")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("building the command: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// result is what a run of the command gave.
type result struct {
	stdout, stderr string
	status         int
}

// ingot runs the command in a folder.
func ingot(t *testing.T, dir string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, command, args...)
	c.Dir = dir
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{stdout.String(), stderr.String(), c.ProcessState.ExitCode()}
}

// must runs the command in a folder and returns what it prints.
func must(t *testing.T, dir string, args ...string) string {
	t.Helper()
	r := ingot(t, dir, args...)
	if r.status != 0 {
		t.Fatalf("ingot %s: status %d\n%s%s", strings.Join(args, " "), r.status, r.stdout, r.stderr)
	}
	return r.stdout
}

// gocmd runs the go command in a folder, with more environment.
func gocmd(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", args...)
	c.Dir, c.Env = dir, append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s go %s: %v\n%s", strings.Join(env, " "), strings.Join(args, " "), err, out)
	}
	return string(out)
}

// newModule makes a folder with a module that requires what packages need.
func newModule(dir string) error {
	version, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", "golang.org/x/sys").Output()
	if err != nil {
		return fmt.Errorf("version of golang.org/x/sys: %w", err)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return err
	}
	mod := fmt.Sprintf("module example.com/app\n\ngo 1.26.0\n\nrequire golang.org/x/sys %s\n", bytes.TrimSpace(version))
	return errors.Join(os.MkdirAll(dir, 0o777), os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod), 0o666),
		os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o666))
}

// garments returns a module with the example's package in its folder net, which
// was built from the configuration. All tests share it, and leave it as it is.
func garments(t *testing.T) (module string) {
	t.Helper()
	module, err := buildGarments()
	if err != nil {
		t.Fatal(err)
	}
	return module
}

var buildGarments = sync.OnceValues(func() (string, error) {
	module := filepath.Join(work, "module")
	if err := newModule(module); err != nil {
		return "", err
	}
	c := exec.Command(command, "build", "-o", "net", "-pkg", "net", filepath.Join(root, "examples/garments/garments.yaml"))
	c.Dir = module
	out, err := c.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the example: %w\n%s", err, out)
	}
	for _, want := range []string{"fused ", "residual sum", "19 nodes to int8", "weights 185", "top-1 ", "net in net"} {
		if !strings.Contains(string(out), want) {
			return "", fmt.Errorf("the report lacks %q:\n%s", want, out)
		}
	}
	return module, nil
})

// copyPackage puts a copy of the example's package into a module of its own.
func copyPackage(t *testing.T) (module, pkg string) {
	t.Helper()
	from := garments(t)
	module = t.TempDir()
	if err := os.CopyFS(module, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return module, filepath.Join(module, "net")
}

// hash sums up names and contents of all files under a folder.
func hash(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		fmt.Fprintf(h, "%s %d\n%s", path, len(data), data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}
