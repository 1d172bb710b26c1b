// Package differential holds the tests that kernels are right: every emulated
// and every real kernel must equal plain Go and the interpreter to the bit.
package differential

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"testing"

	"github.com/ingot-go/ingot/tests/internal/kerneltest"
)

// These count what the tests of this process checked.
var kernels, layers, networks kerneltest.Suite

func TestMain(m *testing.M) {
	flag.Parse()
	debug.SetGCPercent(400) // compiling kernels makes much garbage
	if err := kerneltest.CheckRequired(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	fmt.Printf("single kernels: %v\nsingle layers: %v\nnetworks: %v\n", &kernels, &layers, &networks)
	if err := kerneltest.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
