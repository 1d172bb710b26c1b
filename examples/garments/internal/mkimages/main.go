// Mkimages writes the example's pictures out of the Fashion-MNIST files of
// Debian's package dataset-fashion-mnist: calibration images from the training split
// to images/, test images and their labels.csv from the t10k split to test/. In
// each split it takes the first pictures of each class, and numbers them by their place in the split.
//
// Usage, in examples/garments: go run ./internal/mkimages [DATASET-FOLDER]
package main

import (
	"encoding/csv"
	"fmt"
	"image"
	"image/png"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ingot-go/ingot/examples/garments/internal/idx"
)

const classes = 10

func main() {
	log.SetFlags(0)
	data := idx.Folder
	if len(os.Args) > 1 {
		data = os.Args[1]
	}
	text, err := os.ReadFile("labels.txt")
	if err != nil {
		log.Fatal(err)
	}
	names := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(names) != classes {
		log.Fatalf("labels.txt has %d names, want %d", len(names), classes)
	}
	if _, err := export(data, "train", "images", 20, names); err != nil {
		log.Fatal(err)
	}
	rows, err := export(data, "t10k", "test", 50, names)
	if err != nil {
		log.Fatal(err)
	}
	if err := writeCSV("test/labels.csv", rows); err != nil {
		log.Fatal(err)
	}
}

// export writes the first count pictures of each class to dir, and returns file, class and name of each.
func export(data, split, dir string, count int, names []string) ([][]string, error) {
	pictures, labels, err := idx.Split(data, split)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var rows [][]string
	var taken [classes]int
	for i, class := range labels {
		if class >= classes {
			return nil, fmt.Errorf("%s: class %d", split, class)
		}
		if taken[class] == count {
			continue
		}
		taken[class]++
		file := fmt.Sprintf("%04d_%s.png", i, fileName(names[class]))
		if err := writePNG(filepath.Join(dir, file), pictures[i]); err != nil {
			return nil, err
		}
		rows = append(rows, []string{file, strconv.Itoa(int(class)), names[class]})
	}
	return rows, nil
}

// fileName makes a class name fit for a file: "T-shirt/top" becomes t-shirt-top.
func fileName(name string) string {
	return strings.NewReplacer("/", "-", " ", "-").Replace(strings.ToLower(name))
}

func writePNG(path string, img image.Image) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	e := png.Encoder{CompressionLevel: png.BestCompression}
	if err := e.Encode(f, img); err != nil {
		return err
	}
	return f.Close()
}

func writeCSV(path string, rows [][]string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := csv.NewWriter(f)
	if err := w.WriteAll(append([][]string{{"file", "class", "name"}}, rows...)); err != nil {
		return err
	}
	return f.Close()
}
