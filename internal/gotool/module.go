package gotool

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
)

// Module is a temporary module that requires what generated packages import.
type Module struct {
	Folder
}

// What generated packages import, where the program's build information doesn't have
// it: in tests.
const (
	sysPath    = "golang.org/x/sys"
	sysVersion = "v0.49.0"
	sysSum     = "h1:XbzkgYJHdqh/8m2Uu0W/dQv8nktxx4BFHp1M0gROTXA="
)

// NewModule makes a temporary module of the given name. more are requirements
// beside golang.org/x/sys, lines of go.mod; sums are their lines of go.sum.
func NewModule(name string, more, sums []string) (*Module, error) {
	dir, err := os.MkdirTemp("", "ingot_"+name+"_")
	if err != nil {
		return nil, err
	}
	// The version that this program was compiled with is in the machine's module cache. The sum
	// of its go.mod file is not known here, so the go command adds it, without asking
	// a checksum database: what is compiled is checked by the sum of the module.
	m := &Module{Folder{Path: dir, Env: []string{"GOWORK=off", "GOFLAGS=-mod=mod", "GONOSUMDB=" + sysPath}}}
	version, sum := sys()
	mod := fmt.Sprintf("module ingot.temporary/%s\n\ngo 1.26.0\n\nrequire (\n\t%s\n)\n", name, strings.Join(append(more, sysPath+" "+version), "\n\t"))
	lines := strings.Join(append(sums, sysPath+" "+version+" "+sum), "\n") + "\n"
	if err := m.Write("", map[string][]byte{"go.mod": []byte(mod), "go.sum": []byte(lines)}); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// sys returns version and sum of golang.org/x/sys.
func sys() (version, sum string) {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if d.Path == sysPath && d.Sum != "" {
				return d.Version, d.Sum
			}
		}
	}
	return sysVersion, sysSum
}

// Write writes files by name into a folder of the module; the module's own if the
// name is empty.
func (m *Module) Write(folder string, files map[string][]byte) error {
	dir := filepath.Join(m.Path, folder)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// Sub returns a folder of the module.
func (m *Module) Sub(name string) Folder { return Folder{filepath.Join(m.Path, name), m.Env} }

// Close removes the module.
func (m *Module) Close() error { return os.RemoveAll(m.Path) }
