package runner

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"

	"github.com/ingot-go/ingot/internal/gotool"
)

//go:embed program.go.tmpl
var programText string

var programTemplate = template.Must(template.New("program").Parse(programText))

// Binary is a program round a generated package, compiled and ready to start.
type Binary struct {
	pkg  string
	path string
	dir  string // temporary
}

// Build compiles a program that runs the package in a folder.
func Build(ctx context.Context, pkg gotool.Folder) (_ *Binary, err error) {
	b := &Binary{pkg: pkg.Path}
	if b.dir, err = os.MkdirTemp("", "ingot_run_"); err != nil {
		return nil, err
	}
	if err := b.compile(ctx, pkg); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// compile compiles the program that imports the package. The program is a folder
// inside the package's that only an overlay has: it may import internal packages
// there, and nothing is written to the user's tree.
func (b *Binary) compile(ctx context.Context, pkg gotool.Folder) error {
	if _, err := os.Stat(filepath.Join(pkg.Path, "weights.bin")); err != nil {
		return fmt.Errorf("%s: want the folder of a package that ingot generated: %w", pkg.Path, err)
	}
	list, err := pkg.Run(ctx, "list", "-f", "{{.ImportPath}}\n{{.Dir}}", ".")
	if err != nil {
		return err
	}
	importPath, dir, _ := strings.Cut(strings.TrimSpace(string(list)), "\n")
	_, err = os.Stat(filepath.Join(dir, "labels.go"))
	var source bytes.Buffer
	if err := programTemplate.Execute(&source, map[string]any{"ImportPath": importPath, "Labels": err == nil}); err != nil {
		return err
	}
	main, overlay := filepath.Join(b.dir, "main.go"), filepath.Join(b.dir, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(dir, "ingot_run", "main.go"): main}})
	if err != nil {
		return err
	}
	if err := errors.Join(os.WriteFile(main, source.Bytes(), 0o666), os.WriteFile(overlay, replace, 0o666)); err != nil {
		return err
	}
	b.path = filepath.Join(b.dir, "run.exe") // the suffix matters on Windows, and nowhere else
	_, err = gotool.Folder{Path: dir, Env: pkg.Env}.Run(ctx, "build", "-overlay", overlay, "-o", b.path, "./ingot_run")
	return err
}

// Start starts the program, to run on some threads. With isa, it must run on that
// instruction set; an empty one leaves the choice to the package.
func (b *Binary) Start(ctx context.Context, isa string, threads int) (*Program, error) {
	env := []string{"GOMAXPROCS=" + strconv.Itoa(threads)}
	if isa != "" {
		env = append(env, "INGOT_ISA="+isa)
	}
	p, err := Launch(ctx, b.path, env, strconv.Itoa(threads))
	if err == nil && isa != "" && p.ISA != isa {
		err = errors.Join(&ISAError{b.pkg, isa, p.ISA}, p.Close())
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// ISAError says that a package does not run on an instruction set.
type ISAError struct{ Package, ISA, Best string }

// Error implements error.
func (e *ISAError) Error() string {
	return fmt.Sprintf("%s does not run on %s here, which the package or the machine lacks; its best is %s", e.Package, e.ISA, e.Best)
}

// Close removes what was made for the program.
func (b *Binary) Close() error { return os.RemoveAll(b.dir) }
