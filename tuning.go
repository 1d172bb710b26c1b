package ingot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ingot-go/ingot/gen"
	"github.com/ingot-go/ingot/internal/bench"
	"github.com/ingot-go/ingot/internal/gotool"
	"github.com/ingot-go/ingot/internal/tune"
	"github.com/ingot-go/ingot/plan"
)

// TuningFile returns where the measured tiles of a model are: beside it, MODEL.tuning.json
// for MODEL.onnx. Build reads the file if it is there.
func TuningFile(model string) string {
	return strings.TrimSuffix(model, filepath.Ext(model)) + ".tuning.json"
}

// tuningFile is the JSON file.
type tuningFile struct {
	CPU    string       `json:"cpu"` // that it was last measured on, for people
	Layers []tunedLayer `json:"layers"`
}

// tunedLayer is the tile of all layers of one key.
type tunedLayer struct {
	Key string `json:"layer"`
	plan.Tile
}

// readTuning reads the model's tuning file, if there is one.
func (b *build) readTuning() error {
	name := TuningFile(b.o.Model)
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the tuning: %w", err)
	}
	var f tuningFile
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return fmt.Errorf("%s: %w: tune again, or remove the file", name, err)
	}
	b.tuning = plan.Tuning{}
	for _, l := range f.Layers {
		b.tuning[l.Key] = l.Tile
	}
	return nil
}

// writeTuning writes the tiles beside the model, those of other builds of it kept.
func (b *build) writeTuning() error {
	f := tuningFile{CPU: bench.CPU()}
	for k, t := range b.tuning {
		f.Layers = append(f.Layers, tunedLayer{k, t})
	}
	slices.SortFunc(f.Layers, func(a, b tunedLayer) int { return strings.Compare(a.Key, b.Key) })
	err := replaceFile(TuningFile(b.o.Model), f.write)
	if err != nil {
		return fmt.Errorf("writing the tuning: %w", err)
	}
	return nil
}

// write writes the file, a layer on a line.
func (f *tuningFile) write(w io.Writer) error {
	cpu, err := json.Marshal(f.CPU)
	if err != nil {
		return err
	}
	lines := make([]string, len(f.Layers))
	for i, l := range f.Layers {
		line, err := json.Marshal(l)
		if err != nil {
			return err
		}
		lines[i] = "\t\t" + string(line)
	}
	_, err = fmt.Fprintf(w, "{\n\t\"cpu\": %s,\n\t\"layers\": [\n%s\n\t]\n}\n", cpu, strings.Join(lines, ",\n"))
	return err
}

// untested is the known input that benchmarks run on where no test does.
var untested = []gen.Golden{{Seed: 1}}

// tune measures the tiles that each layer could have on the instruction sets of this
// machine, where the options ask for it, and writes the fastest into the tuning file. A
// candidate is a package in which every layer has its next tile; all take turns.
func (b *build) tune() error {
	if err := b.readTuning(); err != nil || !b.o.Tune {
		return err
	}
	m, err := gotool.NewModule("tune", nil, nil)
	if err != nil {
		return err
	}
	defer m.Close()
	var programs []*plan.Program
	var folders []gotool.Folder
	for i := 0; ; i++ {
		p, err := b.candidate(i, programs)
		if err != nil {
			return err
		}
		if p == nil {
			break
		}
		name := fmt.Sprintf("candidate%d", i)
		files, err := gen.Files(p, gen.Options{Package: name, Model: filepath.Base(b.o.Model), Hash: b.hash, Version: Version, ISAs: b.o.ISAs, Golden: untested})
		if err == nil {
			err = m.Write(name, files)
		}
		if err != nil {
			return err
		}
		programs, folders = append(programs, p), append(folders, m.Sub(name))
	}
	found, err := tune.Measure(b.ctx, programs, folders, b.progress("tuning"))
	if err != nil {
		return fmt.Errorf("tuning: %w", err)
	}
	if b.tuning == nil {
		b.tuning = plan.Tuning{}
	}
	for key, t := range found {
		b.tuning[key] = t
	}
	return b.writeTuning()
}

// candidate plans the program in which every layer has its i-th tile, or its last where
// there are fewer; nil when no layer has so many.
func (b *build) candidate(i int, before []*plan.Program) (*plan.Program, error) {
	tiles := plan.Tuning{}
	if i > 0 {
		more := false
		for _, info := range before[0].Info {
			for _, c := range info.Choices {
				more = more || i < len(c.Tiles)
				tiles[c.Key] = c.Tiles[min(i, len(c.Tiles)-1)]
			}
		}
		if !more {
			return nil, nil
		}
	}
	return plan.Build(b.graph, plan.Options{Tuning: tiles})
}
