package gotool

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
)

// What the constants say is what the project requires.
func TestSys(t *testing.T) {
	sums, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	if line := sysPath + " " + sysVersion + " " + sysSum + "\n"; !strings.Contains(string(sums), line) {
		t.Errorf("go.sum lacks %q: write version and sum of its line into module.go", line)
	}
}

func TestModule(t *testing.T) {
	m, err := NewModule("test", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	const program = "package main\n\nimport \"golang.org/x/sys/cpu\"\n\nfunc main() { print(cpu.X86.HasAVX2) }\n"
	if err := m.Write("sub", map[string][]byte{"main.go": []byte(program)}); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Sub("sub").Run(t.Context(), "vet", "."); err != nil {
		t.Error(err)
	}
	out, err := m.Sub("sub").With("GOARCH=arm64").Run(t.Context(), "list", "-f", "{{.ImportPath}} {{context.GOARCH}}", ".")
	if got := strings.TrimSpace(string(out)); err != nil || got != "ingot.temporary/test/sub arm64" {
		t.Errorf("go list gives %q, %v", got, err)
	}
	if _, err := m.Run(t.Context(), "vet", "./none"); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("a folder that is not there: %v", err)
	}
	why := errors.New("reason")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := m.Run(ctx, "version"); !errors.Is(err, why) {
		t.Errorf("after the end of the context: %v", err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(m.Path); !os.IsNotExist(err) {
		t.Errorf("the module is still there: %v", err)
	}
}
