//go:build unix

package job

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"

	"github.com/ingot-go/ingot/gen/portable"
)

// Serve runs jobs from r on machine code, by kernel name, and writes a Result for
// each to w, until r ends. Every job runs twice, its buffers flush to the end and
// to the start of what may be touched, the second time with its runs in reverse.
func Serve(r io.Reader, w io.Writer, kernels map[string]portable.Kernel) error {
	debug.SetPanicOnFault(true)
	dec, enc := gob.NewDecoder(r), gob.NewEncoder(w)
	for {
		var j Job
		if err := dec.Decode(&j); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		var res Result
		out, err := j.onHardware(kernels)
		if err != nil {
			res.Error = err.Error()
		}
		res.Outputs = out
		if err := enc.Encode(&res); err != nil {
			return err
		}
	}
}

func (j *Job) onHardware(all map[string]portable.Kernel) ([][][]byte, error) {
	var kernels []portable.Kernel
	for _, name := range j.Kernels {
		k := all[name]
		if k == nil {
			return nil, fmt.Errorf("%s: the worker has no kernel %s", j.Name, name)
		}
		kernels = append(kernels, k)
	}
	first, err := Run(j, kernels, &guarded{atEnd: true})
	if err != nil {
		return nil, fmt.Errorf("guard behind the buffers: %w", err)
	}
	slices.Reverse(j.Runs)
	second, err := Run(j, kernels, &guarded{})
	if err != nil {
		return nil, fmt.Errorf("guard before the buffers: %w", err)
	}
	slices.Reverse(second)
	for i := range first {
		for o := range first[i] {
			if !bytes.Equal(first[i][o], second[i][o]) {
				return nil, errors.New("results depend on what ran before")
			}
		}
	}
	slices.Reverse(j.Runs)
	return first, j.spread(kernels, first)
}
