//go:build unix

package job

import (
	"bytes"
	"fmt"

	"github.com/ingot-go/ingot/gen/portable"
)

// spread runs the job as its batches say, on several numbers of workers, in plain Go and on
// the kernels. Every image must give what its run gave: want.
func (j *Job) spread(kernels []portable.Kernel, want [][][]byte) error {
	for _, b := range j.Batches {
		for _, k := range [][]portable.Kernel{kernels, nil} {
			m := portable.BindBatch(j.Steps, j.Weights, k, j.ISA, b)
			for _, workers := range []int{1, 2, 3, 8} {
				if err := j.spreadOn(m, b.Images, workers, want); err != nil {
					return fmt.Errorf("%s: %d images, %d workers, kernels %v: %w", j.Name, b.Images, workers, k != nil, err)
				}
			}
		}
	}
	return nil
}

// spreadOn runs each of the runs with those that come behind it.
func (j *Job) spreadOn(m *portable.Model, images, workers int, want [][][]byte) error {
	w := m.NewWorkers(j.Arena, len(j.Runs[0])+len(j.Outputs), workers)
	defer w.Close()
	for run := range j.Runs {
		fill(w.Arena())
		var arrays [][]byte
		for i := range j.Runs[0] {
			var all []byte
			for image := range images {
				all = append(all, j.Runs[(run+image)%len(j.Runs)][i]...)
			}
			arrays = append(arrays, all)
		}
		for _, n := range j.Outputs {
			arrays = append(arrays, make([]byte, images*n))
		}
		m.RunBytes(w, arrays...)
		for image := range images {
			for o, n := range j.Outputs {
				got := bytes.Clone(arrays[len(j.Runs[0])+o][image*n:][:n])
				if err := same(fmt.Sprintf("output %d", o), got, want[(run+image)%len(j.Runs)][o]); err != nil {
					return fmt.Errorf("run %d, image %d is not what it is by itself: %w", run, image, err)
				}
			}
		}
	}
	return nil
}
