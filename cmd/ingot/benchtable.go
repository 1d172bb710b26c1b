package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/internal/bench"
	"github.com/ingot-go/ingot/internal/gotool"
)

// table is a model with its variants and packages beside it, or packages alone.
type table struct {
	name     string
	options  ingot.Options // of the model
	variants []string      // of the model; none without one
	packages []string
	subjects []subject
	rows     []*bench.Row
	lines    strings.Builder // of layers, for benchstat
}

// subject is a package that is timed.
type subject struct {
	name string
	at   gotool.Folder
}

// run builds, compares and times what is in a table, and prints it.
func (b *benchmark) run(t *table) error {
	fmt.Fprintf(b.stdout, "\n%s\n", t.name)
	m, err := gotool.NewModule("bench", nil, nil)
	if err != nil {
		return err
	}
	defer m.Close()
	s := &bench.Session{}
	defer s.Close()
	var x *samples
	if len(t.variants) > 0 {
		if x, err = findSamples(b.call, t.options); err != nil {
			return err
		}
	}
	if err := b.start(t, m, s); err != nil {
		return err
	}
	in := s.Inputs()
	if x != nil {
		b.progress.set("comparing outputs", 0, 1)
		if err := x.compare(s); err != nil {
			return err
		}
		in = x.inputs()[0]
	}
	if err := s.Time(in, b.count, b.progress.of("timing")); err != nil {
		return err
	}
	b.progress.clear()
	t.rows = s.Rows
	if x != nil {
		fmt.Fprintf(b.stdout, "outputs compared with those of fp32 on %s\n", x.text)
	}
	if err := bench.WriteTable(b.stdout, s.Rows); err != nil {
		return err
	}
	if b.layers {
		return b.timeLayers(t)
	}
	return nil
}

// start compiles and starts everything in a table.
func (b *benchmark) start(t *table, m *gotool.Module, s *bench.Session) error {
	for i, name := range t.variants {
		b.progress.set("building "+name, i, len(t.variants))
		at, err := buildVariant(b.call, m, name, t.options, &b.progress)
		if err != nil {
			return err
		}
		t.subjects = append(t.subjects, subject{name, at})
	}
	for _, dir := range t.packages {
		t.subjects = append(t.subjects, subject{dir, gotool.Folder{Path: dir}})
	}
	for i, x := range t.subjects {
		b.progress.set("compiling "+x.name, i, len(t.subjects))
		if err := s.AddPackage(b, x.name, x.at, b.isas, b.threads); err != nil {
			return err
		}
	}
	if b.ort != "" && len(t.variants) > 0 {
		b.progress.set("starting ONNX Runtime", 0, 1)
		return s.AddONNXRuntime(b, b.ort, t.options.Model, b.threads)
	}
	return nil
}

// timeLayers times the layers of all packages of a table and prints them.
func (b *benchmark) timeLayers(t *table) error {
	for i, x := range t.subjects {
		var isas []string
		for _, r := range t.rows {
			if r.Variant == x.name && !slices.Contains(isas, r.ISA) {
				isas = append(isas, r.ISA)
			}
		}
		b.progress.set("timing layers of "+x.name, i, len(t.subjects))
		text, err := bench.RunLayers(b, x.at, bench.LayerRun{ISAs: isas, Time: bench.LayerTime, Count: b.count})
		if err != nil {
			return err
		}
		b.progress.clear()
		layers, err := bench.ParseLayers(text)
		if err != nil {
			return err
		}
		bench.WriteLayerLines(&t.lines, t.name, x.name, text)
		for len(layers) > 0 {
			n := 1
			for n < len(layers) && layers[n].ISA == layers[0].ISA {
				n++
			}
			if err := b.printLayers(x.name, layers[:n]); err != nil {
				return err
			}
			layers = layers[n:]
		}
	}
	return nil
}

// printLayers prints a table of the layers on one instruction set.
func (b *benchmark) printLayers(variant string, layers []*bench.Layer) error {
	peaks, total := [2]float64{}, 0.0
	if isa, err := spec.ParseISA(layers[0].ISA); err == nil {
		for i := range peaks {
			if peaks[i], err = bench.Peak(b, isa, i == 1); err != nil {
				return err
			}
		}
	}
	for _, l := range layers {
		total += l.Fastest()
	}
	fmt.Fprintf(b.stdout, "\n%s on %s: %.4f ms in %d layers", variant, layers[0].ISA, 1e3*total, len(layers))
	if peaks[0] > 0 {
		fmt.Fprintf(b.stdout, "; peak of int8 %.1f, of float32 %.1f GMAC/s", peaks[0]/1e9, peaks[1]/1e9)
	}
	fmt.Fprintln(b.stdout)
	t := tabwriter.NewWriter(b.stdout, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "layer\tms\tof time\tGMAC/s\tpeak\tGB/s\tcopy\t  name")
	for _, l := range layers {
		peak, copied := peaks[0], 0.0
		if l.Float {
			peak = peaks[1]
		}
		if l.MACs == 0 && l.Bytes > 0 {
			copied = bench.Copy(l.Bytes * l.Fastest())
		}
		fmt.Fprintf(t, "%d\t%.4f\t%.1f%%\t%s\t%s\t%s\t%s\t  %s\n", l.Number, 1e3*l.Fastest(), 100*l.Fastest()/total,
			rate(l.MACs/1e9, "%.1f"), share(l.MACs, peak), rate(l.Bytes/1e9, "%.1f"), share(l.Bytes, copied), l.Name)
	}
	return t.Flush()
}

// rate writes a number, and nothing for zero.
func rate(v float64, format string) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf(format, v)
}

func share(v, of float64) string {
	if v == 0 || of == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f%%", 100*v/of)
}

// save writes the files that were asked for.
func (b *benchmark) save() error {
	if b.lines != "" {
		var text strings.Builder
		text.WriteString(bench.BenchstatHeader())
		for _, t := range b.tables {
			bench.WriteBenchstat(&text, t.name, t.rows)
			text.WriteString(t.lines.String())
		}
		if err := os.WriteFile(b.lines, []byte(text.String()), 0o666); err != nil {
			return err
		}
	}
	if b.plot != "" {
		return b.plotTo(b.plot)
	}
	return nil
}

// assembly returns the instruction sets of the list that have assembly; none stands
// for all.
func (l levels) assembly() []spec.ISA {
	var isas []spec.ISA
	for _, name := range l {
		if isa, err := spec.ParseISA(name); err == nil {
			isas = append(isas, isa)
		}
	}
	return isas
}
