// Package codesize measures the machine code of a generated package.
package codesize

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/internal/gotool"
)

// Kernels returns the bytes of machine code of the kernels of a package, for
// amd64, by instruction set: what its assembly files have become.
func Kernels(ctx context.Context, pkg gotool.Folder) (map[string]int, error) {
	pkg = pkg.With("GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	archive, err := pkg.Run(ctx, "list", "-export", "-f", "{{.Export}}", ".")
	if err != nil {
		return nil, err
	}
	symbols, err := pkg.Run(ctx, "tool", "nm", "-size", strings.TrimSpace(string(archive)))
	if err != nil {
		return nil, err
	}
	return count(symbols)
}

// object is the name of the object of an instruction set's assembly file, with the
// bracket before it. Archives cut names to 16 bytes.
func object(isa spec.ISA) string { return ("(kernels_" + isa.String() + "_amd64.o")[:17] }

// count sums up the sizes of kernels in the listing of an archive's symbols.
func count(symbols []byte) (map[string]int, error) {
	sizes := map[string]int{}
	lines := bufio.NewScanner(bytes.NewReader(symbols))
	for lines.Scan() {
		// Object file, address, size, type, name.
		f := strings.Fields(lines.Text())
		if len(f) < 5 || f[len(f)-2] != "T" {
			continue
		}
		n, err := strconv.Atoi(f[len(f)-3])
		if err != nil {
			return nil, fmt.Errorf("size of %s: %w", f[len(f)-1], err)
		}
		for isa := range spec.NumISA {
			if strings.Contains(f[0], object(isa)) {
				sizes[isa.String()] += n
			}
		}
	}
	if len(sizes) == 0 {
		return nil, errors.New("no kernels found")
	}
	return sizes, lines.Err()
}
