package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ingot-go/ingot/asm"
	"github.com/ingot-go/ingot/asm/spec"
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

// Peak measures how many int8 products a second this machine does on an instruction
// set that it has, with one thread, without any loads.
func Peak(ctx context.Context, isa spec.ISA) (float64, error) {
	dir, err := os.MkdirTemp("", "ingot_peak_")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	src, err := asm.Peak(isa)
	if err != nil {
		return 0, err
	}
	for name, text := range map[string]string{
		"go.mod": "module peak\n\ngo 1.26\n", "peak_amd64.go": peakStub, "peak_amd64.s": string(src),
		"main.go": fmt.Sprintf(peakMain, peakRounds, asm.PeakMACs(isa)),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			return 0, err
		}
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", "peak.exe", ".")
	build.Dir, build.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("peak loop: %w\n%s", err, bytes.TrimSpace(out))
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "peak.exe")).Output()
	if err != nil {
		return 0, fmt.Errorf("peak loop: %w", err)
	}
	rate, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil || !(rate > 0) {
		return 0, errors.Join(fmt.Errorf("peak loop printed %q", out), err)
	}
	return rate, nil
}
