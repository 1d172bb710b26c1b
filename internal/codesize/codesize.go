// Package codesize measures the machine code of a generated package.
package codesize

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// Kernels returns the bytes of machine code of the kernels of the package in a
// folder, for amd64: what its assembly files have become.
func Kernels(dir string) (int, error) {
	archive, err := command(dir, "go", "list", "-export", "-f", "{{.Export}}", ".")
	if err != nil {
		return 0, err
	}
	symbols, err := command(dir, "go", "tool", "nm", "-size", strings.TrimSpace(string(archive)))
	if err != nil {
		return 0, err
	}
	total := 0
	lines := bufio.NewScanner(bytes.NewReader(symbols))
	for lines.Scan() {
		// Object file, address, size, type, name.
		f := strings.Fields(lines.Text())
		if len(f) < 5 || !strings.Contains(f[0], "(kernels_") || f[len(f)-2] != "T" {
			continue
		}
		n, err := strconv.Atoi(f[len(f)-3])
		if err != nil {
			return 0, fmt.Errorf("size of %s: %w", f[len(f)-1], err)
		}
		total += n
	}
	if total == 0 {
		return 0, errors.New("no kernels found")
	}
	return total, lines.Err()
}

func command(dir string, name string, args ...string) ([]byte, error) {
	c := exec.Command(name, args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(c.Args, " "), err)
	}
	return out, nil
}
