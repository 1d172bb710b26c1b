package gen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/packages"
)

// Install writes a package's files into a folder. They are written to a
// temporary folder beside it and type-checked there; only then does that
// take the folder's place, with the files of the old one that are not generated. On an
// error, and when ctx ends, the old folder is as it was.
func Install(ctx context.Context, dir string, files map[string][]byte) (err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return err
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return fmt.Errorf("output folder: %w", err)
	}
	tmp, err := os.MkdirTemp(parent, "ingot_tmp_")
	if err != nil {
		return fmt.Errorf("output folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(tmp, name), data, 0o666); err != nil {
			return fmt.Errorf("writing the package: %w", err)
		}
	}
	if err := typeCheck(ctx, tmp); err != nil {
		return err
	}
	if err := keepOthers(dir, tmp, files); err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("build stopped: %w", err)
	}
	return swap(dir, tmp)
}

// typeCheck loads the package as the compiler would.
func typeCheck(ctx context.Context, dir string) error {
	pkgs, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedImports | packages.NeedDeps | packages.NeedExportFile,
		Dir:  dir, Tests: true, Context: ctx,
	}, ".")
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("build stopped: %w", cause)
	}
	if err != nil {
		return fmt.Errorf("type-checking the package: %w", err)
	}
	if len(pkgs) == 0 { // what packages makes of a folder that is in no module
		return errors.New("the output folder must lie in a Go module: run go mod init there, and go get golang.org/x/sys")
	}
	for _, p := range pkgs {
		for _, e := range p.Errors {
			msg := fmt.Sprintf("type-checking the package: %v", e)
			switch {
			case strings.Contains(msg, "golang.org/x/sys"):
				msg += "; the package needs golang.org/x/sys in its module: run go get golang.org/x/sys"
			case strings.Contains(msg, "go.mod") || strings.Contains(msg, "main module"):
				msg += "; the output folder must lie in a Go module: run go mod init there"
			}
			return errors.New(msg)
		}
	}
	return nil
}

// generatedName reports whether a file of an old package is one of ours.
func generatedName(name string, data []byte) bool {
	return name == "weights.bin" || bytes.HasPrefix(data, []byte(header))
}

// keepOthers links the old folder's files that are not generated into the new one.
func keepOthers(dir, tmp string, files map[string][]byte) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("output folder: %w", err)
	}
	for _, e := range entries {
		from, to := filepath.Join(dir, e.Name()), filepath.Join(tmp, e.Name())
		if e.IsDir() {
			if err := os.CopyFS(to, os.DirFS(from)); err != nil {
				return fmt.Errorf("keeping folder %s: %w", e.Name(), err)
			}
			continue
		}
		data, err := os.ReadFile(from)
		if err != nil {
			return fmt.Errorf("keeping file %s: %w", e.Name(), err)
		}
		if generatedName(e.Name(), data) {
			continue
		}
		if _, clash := files[e.Name()]; clash {
			return fmt.Errorf("the output folder has a file %s that ingot did not write, and would write: move it away", e.Name())
		}
		if err := os.WriteFile(to, data, 0o666); err != nil {
			return fmt.Errorf("keeping file %s: %w", e.Name(), err)
		}
	}
	return nil
}

// swap puts tmp in the place of dir.
func swap(dir, tmp string) error {
	old := tmp + "_old"
	err := os.Rename(dir, old)
	if errors.Is(err, fs.ErrNotExist) {
		return os.Rename(tmp, dir)
	}
	if err != nil {
		return fmt.Errorf("replacing the old package: %w", err)
	}
	if err := os.Rename(tmp, dir); err != nil {
		return errors.Join(fmt.Errorf("replacing the old package: %w", err), os.Rename(old, dir))
	}
	return os.RemoveAll(old)
}
