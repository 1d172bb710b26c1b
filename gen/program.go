package gen

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"

	"github.com/dave/jennifer/jen"
)

// newFile starts a generated file.
func (g *generator) newFile(constraint string) *jen.File {
	f := jen.NewFile(g.o.Package)
	f.HeaderComment(header)
	if constraint != "" {
		f.HeaderComment("//go:build " + constraint)
	}
	return f
}

// render adds a file to the package.
func (g *generator) render(name string, f *jen.File) error {
	var b bytes.Buffer
	if err := f.Render(&b); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	g.files[name] = b.Bytes()
	return nil
}

// program writes the table of layers.
func (g *generator) program() error {
	f := g.newFile("")
	f.Comment("program lists the layers of the network in the order in which they run.")
	f.Comment("Offsets of tensors are in the arena of a Workspace, offsets of weights in")
	f.Comment("weights.bin; pitches are bytes.")
	f.Var().Id("program").Op("=").Index().Id("step").Custom(
		jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, g.steps()...)
	return g.render("program.go", f)
}

func (g *generator) steps() []jen.Code {
	var list []jen.Code
	for i, s := range g.prog.Steps {
		info := g.prog.Info[i]
		text := fmt.Sprintf("%s: %s.", oneLine(info.Name), info.Text)
		if from := strings.Join(info.From, ", "); len(info.From) > 1 {
			text += " From " + oneLine(from) + "."
		}
		c := jen.Line()
		for _, line := range wrap(text, 100) {
			c.Comment(asLine(line)).Line()
		}
		list = append(list, c.Add(literal(reflect.ValueOf(s), true)))
	}
	return list
}

// wrap breaks text into lines of about the given length.
func wrap(s string, n int) []string {
	var lines []string
	line := ""
	for _, w := range strings.Fields(s) {
		if line != "" && len(line)+1+len(w) > n {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += w
	}
	return append(lines, line)
}
