package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"text/template"
	"time"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/internal/bench"
	"github.com/ingot-go/ingot/internal/gotool"
	"github.com/ingot-go/ingot/quant"
	"github.com/ingot-go/ingot/tests/peers/contest"
)

// variant is a generated package of a network.
type variant struct {
	name string
	bits int // of weights; 0 for fp32
}

var variants = []variant{{"fp32", 0}, {"int8", 8}, {"int8w7", 7}}

// options returns how the variant is built.
func (v variant) options(o ingot.Options) ingot.Options {
	o.Package, o.Labels, o.Floor, o.Exclude, o.Smart = v.name, nil, ingot.Floor{}, quant.Exclude{}, false
	o.Precision, o.WeightBits = ingot.FP32, nil
	if v.bits > 0 {
		o.Precision, o.WeightBits = ingot.Int8, []quant.Bits{{Pattern: "*", Bits: v.bits}}
	}
	return o
}

// built is a network's packages and the program that has them all.
type built struct {
	*network
	module *gotool.Module
	binary string
}

// build builds a network's packages and compiles the program. The caller closes the module.
func (p *program) build(ctx context.Context, n *network) (*built, error) {
	m, err := gotool.NewModule("peers", nil, nil)
	if err != nil {
		return nil, err
	}
	b := &built{n, m, filepath.Join(m.Path, "contest.exe")}
	for _, v := range variants {
		files, _, err := ingot.Files(ctx, v.options(n.options))
		if err == nil {
			err = m.Write(v.name, files)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s, %s: %w", n.name, v.name, err), m.Close())
		}
	}
	if err := b.compile(ctx, p.module); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return b, nil
}

// programText imports the packages under the names that they have here.
var programText = template.Must(template.New("").Funcs(template.FuncMap{"base": path.Base}).Parse(`package main

import (
	"github.com/ingot-go/ingot/tests/peers/contest"
{{range .}}	"{{.}}"
{{end}})

func main() {
	contest.Main(map[string]contest.Package{
{{range .}}		"{{.}}": func(threads int) (string, []float32, []float32, func()) {
			m, in, out := {{base .}}.New(), new({{base .}}.Input), new({{base .}}.Output)
			ws := m.NewWorkspace(threads)
			return m.ISA(), in[:], out[:], func() { m.Run(ws, in, out) }
		},
{{end}}	})
}
`))

// path is what the program imports.
func (v variant) path() string { return "ingot.temporary/peers/" + v.name }

// compile compiles the program. A workspace joins the temporary module with the one
// that the contest is in, and that with ingot.
func (b *built) compile(ctx context.Context, module string) error {
	var paths []string
	for _, v := range variants {
		paths = append(paths, v.path())
	}
	var text bytes.Buffer
	if err := programText.Execute(&text, paths); err != nil {
		return err
	}
	work := fmt.Sprintf("go 1.26.0\n\nuse (\n\t%q\n\t%q\n\t%q\n)\n", b.module.Path, module, filepath.Join(module, "..", ".."))
	if err := b.module.Write("", map[string][]byte{"main.go": text.Bytes(), "go.work": []byte(work)}); err != nil {
		return err
	}
	env := []string{"GOWORK=" + filepath.Join(b.module.Path, "go.work"), "GOFLAGS=", "CGO_ENABLED=1"}
	if _, err := b.module.With(env...).Run(ctx, "build", "-o", b.binary, "."); err != nil {
		return fmt.Errorf("%s: the program needs a C compiler for cgo: %w", b.name, err)
	}
	return nil
}

// each is how long a network is timed in a round.
const each = 100 * time.Millisecond

// run runs the contest.
func (b *built) run(ctx context.Context, library string, rounds int, entries []contest.Entry) (*contest.Report, error) {
	input, err := b.input()
	if err != nil {
		return nil, err
	}
	c := contest.Config{Library: library, Input: input, Outputs: b.outputs, Rounds: rounds, Each: each, Entries: entries}
	for _, d := range b.shape {
		c.Shape = append(c.Shape, int64(d))
	}
	text, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, b.binary)
	cmd.Stdin = bytes.NewReader(text)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.name, err)
	}
	var r contest.Report
	return &r, json.Unmarshal(out, &r)
}

// layers times every layer of a variant by itself.
func (b *built) layers(ctx context.Context, v, isa string) ([]*bench.Layer, error) {
	text, err := bench.RunLayers(ctx, b.module.Sub(v), bench.LayerRun{ISAs: []string{isa}, Time: bench.LayerTime, Count: 3})
	if err != nil {
		return nil, err
	}
	return bench.ParseLayers(text)
}
