//go:build unix

package job

import (
	"bytes"
	"encoding/gob"
	"strings"
	"testing"
	"unsafe"

	"github.com/ingot-go/ingot/gen/portable"
)

// tableJob copies 100 bytes through a table by a kernel that the test gives.
func tableJob() *Job {
	x := portable.Tensor{Off: 0, Row: 100, Pix: 100, H: 1, W: 1, C: 100}
	y := x
	y.Off = 128
	weights := make([]byte, 356)
	for i := range weights {
		weights[i] = byte(7 * i)
	}
	return &Job{
		Name: "t", Kernels: []string{"table"}, Weights: weights, Arena: 256, Runs: [][][]byte{{}, {}},
		Steps: []portable.Step{
			portable.Load{From: 256, To: 0, N: 100, Kind: portable.KindU8},
			portable.Table{X: x, Y: y, Table: 0, Kernel: [2]int{0, 0}},
		},
	}
}

// tableKernel is the kernel in Go, with mistakes.
func tableKernel(write, read, result int) portable.Kernel {
	return func(a *portable.Args) {
		in, out, table := memory(&a.In), memory(&a.Out), memory(&a.Table)
		for i := range a.N + write {
			out[i] = table[in[i+read]] + byte(result)
		}
	}
}

// memory is what lies at an address of the argument structure.
func memory(address *uintptr) []byte {
	return unsafe.Slice(*(**byte)(unsafe.Pointer(address)), 1<<20)
}

func TestWeightsAreReadOnly(t *testing.T) {
	err := serve(t, tableJob(), func(a *portable.Args) { memory(&a.Table)[0]++ })
	if !strings.Contains(err, "kernel table: memory fault") || !strings.Contains(err, "byte 0 of a buffer of 420") {
		t.Error(err)
	}
}

func TestRunFindsMistakes(t *testing.T) {
	for _, c := range []struct {
		name                string
		write, read, result int
		want                string
	}{
		{"right", 0, 0, 0, ""},
		{"wrong result", 0, 0, 1, "step 1, portable.table, kernels [table]: arena differs from plain Go's in 100 bytes, first at 128"},
		{"one byte too many", 1, 0, 0, "differs from plain Go's in 1 bytes, first at 228"},
		{"read far behind", 0, 1 << 13, 0, "step 1, portable.table, kernel table: memory fault"},
		{"write far behind", 1 << 13, 0, 0, "memory fault"},
	} {
		err := serve(t, tableJob(), tableKernel(c.write, c.read, c.result))
		switch {
		case c.want == "" && err != "":
			t.Errorf("%s: %s", c.name, err)
		case !strings.Contains(err, c.want):
			t.Errorf("%s: error %q, want %q", c.name, err, c.want)
		}
	}
}

// serve sends one job through Serve and returns its error.
func serve(t *testing.T, j *Job, table portable.Kernel) string {
	t.Helper()
	var in, out bytes.Buffer
	if err := gob.NewEncoder(&in).Encode(j); err != nil {
		t.Fatal(err)
	}
	if err := Serve(&in, &out, map[string]portable.Kernel{"table": table}); err != nil {
		t.Fatal(err)
	}
	var r Result
	if err := gob.NewDecoder(&out).Decode(&r); err != nil {
		t.Fatal(err)
	}
	return r.Error
}
