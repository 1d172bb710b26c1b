// Written runs the quantized networks that ingot wrote as ONNX files on ONNX Runtime, and counts the
// inputs that get the same class as from ingot's int8 graph.
//
//	go test ./tests/models -run TestWritten -timeout 60m -args -long -written FOLDER
//	cd tests/peers && ONNXRUNTIME_LIB=/path/libonnxruntime.so go run ./written FOLDER
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"

	"github.com/ingot-go/ingot/internal/npy"
	"github.com/ingot-go/ingot/tests/peers/contest"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: written FOLDER")
	}
	files, err := filepath.Glob(filepath.Join(os.Args[1], "*", "quantized.onnx"))
	if err != nil || len(files) == 0 {
		log.Fatalf("%s has no NAME/quantized.onnx: write them first (%v)", os.Args[1], err)
	}
	fmt.Println("| network | inputs | ONNX Runtime | same class as ingot's int8 | largest lead of ingot's class over another's | largest difference of an output |\n|---|---|---|---|---|---|")
	for _, file := range files {
		for _, optimized := range []bool{false, true} {
			if err := compare(file, optimized); err != nil {
				log.Fatalf("%s: %v", file, err)
			}
		}
	}
}

// compare prints a row; differences are shares of the largest output.
func compare(file string, optimized bool) error {
	dir := filepath.Dir(file)
	inputs, shape, err := read(filepath.Join(dir, "inputs.npy"))
	if err != nil {
		return err
	}
	want, outputs, err := read(filepath.Join(dir, "int8.npy"))
	if err != nil {
		return err
	}
	one := []int64{1}
	for _, d := range shape[1:] {
		one = append(one, int64(d))
	}
	each := len(want) / outputs[0]
	got, err := contest.Run(os.Getenv("ONNXRUNTIME_LIB"), file, optimized, one, inputs, each)
	if err != nil {
		return err
	}
	if len(got) != len(want) {
		return fmt.Errorf("%d numbers, want %d", len(got), len(want))
	}
	same, worst, largest, margin := 0, float32(0), float32(0), float32(0)
	for i := 0; i < len(want); i += each {
		g, w := got[i:i+each], want[i:i+each]
		if class := slices.Index(w, slices.Max(w)); g[class] == slices.Max(g) { // of equal scores any
			same++
		} else {
			margin = max(margin, w[class]-w[slices.Index(g, slices.Max(g))])
		}
		for j, v := range w {
			worst, largest = max(worst, g[j]-v, v-g[j]), max(largest, v, -v)
		}
	}
	how := "as written"
	if optimized {
		how = "optimized"
	}
	fmt.Printf("| %s | %d | %s | %d | %.4f | %.4f |\n", filepath.Base(dir), outputs[0], how, same, margin/largest, worst/largest)
	return nil
}

// read returns an array and its shape.
func read(path string) ([]float32, []int, error) {
	r, err := npy.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	data, err := r.ReadAll()
	return data, r.Shape(), err
}
