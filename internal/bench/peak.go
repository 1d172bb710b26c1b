package bench

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ingot-go/ingot/asm"
	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/internal/gotool"
)

const peakStub = `//go:build !purego

package main

func peak(n int)
`

const peakMain = `package main

import (
	"fmt"
	"time"
)

func main() {
	best := 0.0
	for start := time.Now(); time.Since(start) < 300*time.Millisecond; {
		t := time.Now()
		peak(%[1]d)
		best = max(best, %[1]d*%[2]d/time.Since(t).Seconds())
	}
	fmt.Println(best)
}
`

// peakRounds is the length of one measurement: about 0.1 ms, less than a tick of
// the scheduler.
const peakRounds = 20_000

// Peak measures how many products of int8, or of float32, a second this machine does on
// an instruction set that it has, with one thread, without any loads.
func Peak(ctx context.Context, isa spec.ISA, float bool) (float64, error) {
	src, err := asm.Peak(isa, float)
	if err != nil {
		return 0, err
	}
	m, err := gotool.NewModule("peak", nil, nil)
	if err != nil {
		return 0, err
	}
	defer m.Close()
	if err := m.Write("", map[string][]byte{
		"peak_amd64.go": []byte(peakStub), "peak_amd64.s": src,
		"main.go": fmt.Appendf(nil, peakMain, peakRounds, asm.PeakMACs(isa, float)),
	}); err != nil {
		return 0, err
	}
	if _, err := m.Run(ctx, "build", "-o", "peak.exe", "."); err != nil {
		return 0, fmt.Errorf("peak loop: %w", err)
	}
	out, err := exec.CommandContext(ctx, filepath.Join(m.Path, "peak.exe")).Output()
	if err != nil {
		return 0, fmt.Errorf("peak loop: %w", err)
	}
	rate, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil || !(rate > 0) {
		return 0, errors.Join(fmt.Errorf("peak loop printed %q", out), err)
	}
	return rate, nil
}

// copyPiece is so small that copying it leaves the result in the caches, as kernels
// do; larger copies of Go's go past them.
const copyPiece = 1 << 16

// Copy measures how many bytes a second this machine reads and writes, both counted,
// as it copies between two buffers that have so many bytes together.
func Copy(bytes float64) float64 {
	from, to := make([]byte, int(bytes/2)), make([]byte, int(bytes/2))
	copy(to, from) // the first touch maps the pages
	best := 0.0
	for start := time.Now(); time.Since(start) < 30*time.Millisecond; {
		t := time.Now()
		n := max(1, int(1<<20/bytes))
		for range n {
			for i := 0; i < len(to); i += copyPiece {
				copy(to[i:min(len(to), i+copyPiece)], from[i:])
			}
		}
		best = max(best, 2*float64(n*len(from))/time.Since(t).Seconds())
	}
	return best
}
