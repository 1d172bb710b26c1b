// Peers times ingot's packages and ONNX Runtime in one process, in turns, and writes the
// tables of docs/performance.md. README.md says how.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path"
	"strings"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/internal/bench"
	"github.com/ingot-go/ingot/internal/gotool"
	"github.com/ingot-go/ingot/tests/peers/contest"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("peers: ")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		log.Fatal(err)
	}
}

// program is what the flags say.
type program struct {
	module  string // the folder of this module
	library string // ONNX Runtime
	int8    string // folder of its int8 networks
	isa     spec.ISA
	rounds  int
	work    string
	out     io.Writer
}

func run(ctx context.Context, args []string) (err error) {
	p := &program{out: os.Stdout, library: os.Getenv("ONNXRUNTIME_LIB")}
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	flags.StringVar(&p.int8, "int8", "", "`FOLDER` with NAME.onnx in int8 for ONNX Runtime")
	isa := flags.String("isa", "avx512vnni", "instruction set that both may use: avx512vnni, or avx2, to which ONNX Runtime is limited then")
	flags.IntVar(&p.rounds, "rounds", 11, "rounds, `N`")
	flags.StringVar(&p.work, "work", "", "`FOLDER` that keeps networks and ranges for the next time")
	file := flags.String("o", "", "`FILE` for the tables, by default the standard output")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if p.library == "" {
		return errors.New("ONNXRUNTIME_LIB is not set: the path of ONNX Runtime's shared library, 1.22 or later")
	}
	if p.isa, err = spec.ParseISA(*isa); err != nil {
		return err
	}
	if p.rounds < 1 {
		return fmt.Errorf("-rounds %d: want at least 1", p.rounds)
	}
	names := flags.Args()
	if len(names) == 0 {
		names = all()
	}
	temp, err := os.MkdirTemp("", "ingot_peers_")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	if p.work == "" {
		p.work = temp
	}
	if *file != "" {
		f, err := os.Create(*file)
		if err != nil {
			return err
		}
		defer f.Close()
		p.out = f
	}
	return p.compareAll(ctx, names, temp)
}

// compareAll times all networks and writes the tables.
func (p *program) compareAll(ctx context.Context, names []string, temp string) error {
	module, err := gotool.Folder{Path: "."}.Run(ctx, "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return err
	}
	p.module = strings.TrimSpace(string(module))
	if p.isa == spec.AVX2 {
		if p.library, err = limitToAVX2(ctx, p.library, temp); err != nil {
			return err
		}
	}
	l := &limits{copied: map[int]float64{}}
	if l.int8, err = bench.Peak(ctx, p.isa, false); err != nil {
		return err
	}
	if l.float, err = bench.Peak(ctx, p.isa, true); err != nil {
		return err
	}
	t := &tables{isa: p.isa, limits: l, rounds: p.rounds}
	for _, name := range names {
		log.Println(name)
		r, err := p.compare(ctx, name)
		if err != nil {
			return err
		}
		t.networks = append(t.networks, r)
	}
	return t.write(p.out)
}

// threads are the numbers of threads that are compared.
var threads = []int{1, 2}

// compare times one network.
func (p *program) compare(ctx context.Context, name string) (*compared, error) {
	n, err := p.find(ctx, name)
	if err != nil {
		return nil, err
	}
	b, err := p.build(ctx, n)
	if err != nil {
		return nil, err
	}
	defer b.module.Close()
	report, err := b.run(ctx, p.library, p.rounds, p.entries(n))
	if err != nil {
		return nil, err
	}
	c := &compared{name: n.name, Report: report, layers: map[string][]*bench.Layer{}}
	for _, r := range report.Results {
		log.Printf("  %-24s %d threads: %.3f ms, fastest %.3f; cosine with %s %.4f", r.Name, r.Threads, 1e3*r.Median(), 1e3*r.Fastest(), report.Results[0].Name, r.Cosine)
		if r.Package == "" || r.Threads > 1 || r.ISA != p.isa.String() {
			continue
		}
		if r.Name == fp32Name(r.ISA) && r.Cosine < 0.999 {
			return nil, fmt.Errorf("%s: %s and %s differ, their cosine is %.4f", n.name, r.Name, report.Results[0].Name, r.Cosine)
		}
		if c.layers[r.Name], err = b.layers(ctx, path.Base(r.Package), r.ISA); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// The names of the columns.
const (
	ortFP32 = "ONNX Runtime fp32"
	ortInt8 = "ONNX Runtime int8"
)

func fp32Name(isa string) string { return "ingot fp32 " + isa }

func int8Name(isa string, bits int) string {
	if isa == spec.AVX512VNNI.String() {
		return "ingot int8 " + isa // with VNNI the bits don't matter
	}
	return fmt.Sprintf("ingot int8 %s, %d bits", isa, bits)
}

// lineup is who takes part on an instruction set, by the names of the columns. On a machine with VNNI the
// packages for AVX2 are timed too, for a comparison with themselves.
func lineup(isa spec.ISA) []contest.Entry {
	name, avx2 := isa.String(), spec.AVX2.String()
	ours := func(column string, v variant, isa string) contest.Entry {
		return contest.Entry{Name: column, Package: v.path(), ISA: isa}
	}
	list := []contest.Entry{{Name: ortFP32}, {Name: ortInt8}, ours(fp32Name(name), variants[0], name)}
	if isa == spec.AVX512VNNI {
		list = append(list, ours(int8Name(name, 8), variants[1], name))
	}
	return append(list, ours(int8Name(avx2, 8), variants[1], avx2), ours(int8Name(avx2, 7), variants[2], avx2))
}

// entries are who takes part for a network, on each number of threads.
func (p *program) entries(n *network) []contest.Entry {
	var all []contest.Entry
	for _, t := range threads {
		for _, e := range lineup(p.isa) {
			switch e.Threads = t; e.Name {
			case ortFP32:
				e.Model = n.options.Model
			case ortInt8:
				e.Model = n.int8
			}
			if e.Model != "" || e.Package != "" {
				all = append(all, e)
			}
		}
	}
	return all
}
