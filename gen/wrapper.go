package gen

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/plan"
)

// wrapper writes model.go: what the user of the package sees.
func (g *generator) wrapper() error {
	f := g.newFile("")
	g.packageComment(f)
	f.Anon("embed")
	g.ioTypes(f, "Input", "takes", g.prog.Inputs)
	g.ioTypes(f, "Output", "gives", g.prog.Outputs)
	f.Comment("Names of the model's inputs and outputs, in the order of Input and Output.")
	f.Var().DefsFunc(func(d *jen.Group) {
		d.Id("InputNames").Op("=").Add(nameList(g.prog.Inputs))
		d.Id("OutputNames").Op("=").Add(nameList(g.prog.Outputs))
	})
	f.Comment("Shapes of the model's inputs and outputs, in the same order.")
	f.Var().DefsFunc(func(d *jen.Group) {
		d.Id("InputShapes").Op("=").Add(g.shapeList(g.prog.Inputs))
		d.Id("OutputShapes").Op("=").Add(g.shapeList(g.prog.Outputs))
	})
	f.Comment("WorkspaceSize is the memory of a Workspace in bytes, most of it activations.")
	f.Const().Id("WorkspaceSize").Op("=").Id("images").Op("*").Id("arenaSize").Op("+").Id("slack")
	f.Comment("images is how many a run takes; arenaSize is the bytes of all activations of one that are")
	f.Comment("needed at one time.")
	f.Const().Defs(jen.Id("images").Op("=").Lit(g.images()), jen.Id("arenaSize").Op("=").Lit(g.prog.Arena))
	g.batch(f)
	f.Line()
	f.Comment("//go:embed weights.bin")
	f.Var().Id("weights").Index().Byte()
	f.Line()
	g.modelType(f)
	g.workspaceType(f)
	g.runMethods(f)
	return g.render("model.go", f)
}

// packageComment says what the package is.
func (g *generator) packageComment(f *jen.File) {
	var products int64
	for _, i := range g.prog.Info {
		products += i.MACs
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Package %s runs the network %s on %s kernels.\n\n", g.o.Package, oneLine(g.o.Model), g.precision())
	fmt.Fprintf(&b, "A run takes %s and gives %s. It is %.4g million multiply-accumulates in %d steps, with %s of weights and %s of memory.\n\n",
		g.portList(g.prog.Inputs), g.portList(g.prog.Outputs), float64(g.images())*float64(products)/1e6, len(g.prog.Steps), size(len(g.prog.Weights)), size(g.images()*g.prog.Arena))
	fmt.Fprintf(&b, "Compiler: ingot %s\n", g.o.Version)
	fmt.Fprintf(&b, "Model: sha256 %s", g.o.Hash)
	for _, line := range strings.Split(b.String(), "\n") {
		if line == "" {
			f.PackageComment("//")
			continue
		}
		for _, l := range wrap(line, 80) {
			f.PackageComment(asLine(l))
		}
	}
}

// precision names the kinds of layers that there are.
func (g *generator) precision() string {
	var bytes, floats bool
	for _, s := range g.prog.Steps {
		switch s.(type) {
		case portable.Dense, portable.Depthwise:
			bytes = true
		case portable.DenseF32, portable.DepthwiseF32, portable.Winograd:
			floats = true
		}
	}
	switch {
	case bytes && floats:
		return "int8 and float32"
	case floats:
		return "float32"
	}
	return "int8"
}

func size(n int) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	default:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
}

func (g *generator) portList(ports []plan.Port) string {
	var s []string
	for _, p := range ports {
		s = append(s, fmt.Sprintf("%s (%s)", oneLine(p.Name), g.prog.Whole(p.Shape)))
	}
	return strings.Join(s, ", ")
}

func nameList(ports []plan.Port) jen.Code {
	var names []jen.Code
	for _, p := range ports {
		names = append(names, jen.Lit(p.Name))
	}
	return jen.Index(jen.Lit(len(ports))).String().Values(names...)
}

// ioTypes writes the type of the inputs or of the outputs: an array for one, a
// structure of arrays for several.
func (g *generator) ioTypes(f *jen.File, name, verb string, ports []plan.Port) {
	if len(ports) == 1 {
		comment(f, fmt.Sprintf("%s is what the model %s: %s, %s of shape %s in row-major order.",
			name, verb, oneLine(ports[0].Name), ports[0].Type.GoType(), g.prog.Whole(ports[0].Shape)))
		f.Type().Id(name).Add(g.array(ports[0]))
		return
	}
	comment(f, fmt.Sprintf("%s is what the model %s, %s in row-major order.", name, verb, typesOf(ports)))
	fields := portNames(names(ports))
	f.Type().Id(name).StructFunc(func(s *jen.Group) {
		for i, p := range ports {
			s.Id(fields[i]).Add(g.array(p)).Comment(asLine(fmt.Sprintf("%s, %s", oneLine(p.Name), g.prog.Whole(p.Shape))))
		}
	})
}

// typesOf names the ports' types of elements, each once.
func typesOf(ports []plan.Port) string {
	var all []string
	for _, p := range ports {
		if t := p.Type.GoType(); !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	return strings.Join(all, " and ")
}

// comment writes a wrapped comment.
func comment(f *jen.File, text string) {
	for _, l := range wrap(text, 90) {
		f.Comment(asLine(l))
	}
}

func names(ports []plan.Port) []string {
	var s []string
	for _, p := range ports {
		s = append(s, p.Name)
	}
	return s
}

// shapeList is the literal of the ports' shapes.
func (g *generator) shapeList(ports []plan.Port) jen.Code {
	return jen.Index(jen.Lit(len(ports))).Index().Int().ValuesFunc(func(l *jen.Group) {
		for _, p := range ports {
			l.ValuesFunc(func(d *jen.Group) {
				for _, n := range g.prog.Whole(p.Shape) {
					d.Lit(n)
				}
			})
		}
	})
}

func (g *generator) array(p plan.Port) jen.Code {
	return jen.Index(jen.Lit(g.images() * p.Shape.Elems())).Id(p.Type.GoType())
}

// images is how many a run takes.
func (g *generator) images() int { return max(1, g.prog.Batch.Images) }

// batch writes how the program runs on several images.
func (g *generator) batch(f *jen.File) {
	f.Comment("batches says how the layers run on several images; its zero value is for one.")
	if g.images() == 1 {
		f.Var().Id("batches").Id("batch")
		return
	}
	f.Var().Id("batches").Op("=").Add(literal(reflect.ValueOf(g.prog.Batch), true))
}

func (g *generator) modelType(f *jen.File) {
	f.Comment("Model is the network, ready to run. It is immutable and safe for concurrent use.")
	f.Type().Id("Model").Struct(
		jen.Id("isa").String(),
		jen.Id("m").Op("*").Id("model"),
		jen.Id("pool").Qual("sync", "Pool"),
	)
	f.Comment("New returns the model on the best instruction set that both the machine and this")
	f.Comment("package have. The environment variable INGOT_ISA forces a lower one, by the names")
	f.Comment("that ISA returns; a name that is not there is passed over.")
	f.Func().Id("New").Params().Op("*").Id("Model").Block(
		jen.Id("all").Op(":=").Id("levels").Call(),
		jen.For(jen.List(jen.Id("_"), jen.Id("l")).Op(":=").Range().Id("all")).Block(
			jen.If(jen.Id("l").Dot("name").Op("==").Qual("os", "Getenv").Call(jen.Lit("INGOT_ISA"))).Block(
				jen.Return(jen.Id("newOn").Call(jen.Id("l"))))),
		jen.Return(jen.Id("newOn").Call(jen.Id("all").Index(jen.Lit(0)))),
	)
	f.Comment("level is an instruction set with its kernels.")
	f.Type().Id("level").Struct(
		jen.Id("name").String(),
		jen.Id("isa").Int().Comment("index of the layers' tilings"),
		jen.Id("kernels").Index().Id("kernel").Comment("nil: the layers run in Go"),
	)
	f.Comment("newOn returns the model on one instruction set.")
	f.Func().Id("newOn").Params(jen.Id("l").Id("level")).Op("*").Id("Model").Block(
		jen.Id("m").Op(":=").Op("&").Id("Model").Values(jen.Dict{
			jen.Id("isa"): jen.Id("l").Dot("name"),
			jen.Id("m"):   jen.Id("newModel").Call(jen.Id("program"), jen.Id("weights"), jen.Id("l").Dot("kernels"), jen.Id("l").Dot("isa"), jen.Id("batches")),
		}),
		jen.Id("m").Dot("pool").Dot("New").Op("=").Func().Params().Any().Block(jen.Return(jen.Id("m").Dot("NewWorkspace").Call(jen.Lit(1)))),
		jen.Return(jen.Id("m")),
	)
	f.Comment("ISA returns the name of the instruction set that the model runs on, go for plain Go.")
	f.Func().Params(jen.Id("m").Op("*").Id("Model")).Id("ISA").Params().String().Block(jen.Return(jen.Id("m").Dot("isa")))
}

func (g *generator) workspaceType(f *jen.File) {
	f.Comment("Workspace is the memory of one run at a time.")
	f.Type().Id("Workspace").StructFunc(func(s *jen.Group) {
		s.Id("w").Op("*").Id("work")
		if g.o.Image != nil {
			s.Id("image").Id("imageScratch")
			if !g.quantizesPicture() {
				s.Id("input").Index().Id(g.prog.Inputs[0].Type.GoType()).Comment("made of a picture")
			}
		}
	})
	f.Comment("NewWorkspace returns a workspace of WorkspaceSize bytes for runs on the given number of")
	f.Comment("threads: the goroutine that calls Run is one, the others are goroutines of the workspace,")
	f.Comment("which sleep between runs. Results are the same for any number. More threads than processors,")
	f.Comment("or than GOMAXPROCS, make it slower.")
	f.Func().Params(jen.Id("m").Op("*").Id("Model")).Id("NewWorkspace").Params(jen.Id("workers").Int()).Op("*").Id("Workspace").Block(
		jen.Return(jen.Op("&").Id("Workspace").Values(jen.Dict{jen.Id("w"): jen.Id("m").Dot("m").Dot("newWorkers").Call(
			jen.Id("arenaSize"), jen.Lit(len(g.prog.Inputs)+len(g.prog.Outputs)), jen.Id("workers"))})))
	f.Comment("Close ends the workspace's goroutines and releases its memory. A run on it afterwards panics.")
	f.Func().Params(jen.Id("ws").Op("*").Id("Workspace")).Id("Close").Params().Block(
		jen.If(jen.Id("ws").Dot("w").Op("!=").Nil()).Block(
			jen.Id("ws").Dot("w").Dot("close").Call(),
			jen.Id("ws").Dot("w").Op("=").Nil()))
}

func (g *generator) runMethods(f *jen.File) {
	recv := jen.Id("m").Op("*").Id("Model")
	inOut := []jen.Code{jen.Id("in").Op("*").Id("Input"), jen.Id("out").Op("*").Id("Output")}
	f.Comment("Run computes out from in. It allocates nothing. Runs on different workspaces may be")
	f.Comment("concurrent; a workspace serves one at a time.")
	f.Func().Params(recv).Id("Run").Params(append([]jen.Code{jen.Id("ws").Op("*").Id("Workspace")}, inOut...)...).BlockFunc(func(b *jen.Group) {
		g.setArrays(b, "in", g.prog.Inputs, 0)
		g.setArrays(b, "out", g.prog.Outputs, len(g.prog.Inputs))
		b.Id("m").Dot("m").Dot("run").Call(jen.Id("ws").Dot("w"))
	})
	f.Comment("Predict is Run on a workspace from a pool, for those who keep none.")
	f.Func().Params(recv).Id("Predict").Params(inOut...).Block(
		jen.Id("ws").Op(":=").Id("m").Dot("pool").Dot("Get").Call().Assert(jen.Op("*").Id("Workspace")),
		jen.Id("m").Dot("Run").Call(jen.Id("ws"), jen.Id("in"), jen.Id("out")),
		jen.Id("m").Dot("pool").Dot("Put").Call(jen.Id("ws")),
	)
}

// setArrays hands the caller's arrays to the workspace.
func (g *generator) setArrays(b *jen.Group, from string, ports []plan.Port, first int) {
	fields := portNames(names(ports))
	for i := range ports {
		x := jen.Op("&").Id(from)
		if len(ports) > 1 {
			x = x.Dot(fields[i])
		}
		b.Id("setArray").Call(jen.Id("ws").Dot("w"), jen.Lit(first+i), x.Index(jen.Lit(0)))
	}
}

// labels writes the names of the classes.
func (g *generator) labels() error {
	if len(g.o.Labels) == 0 {
		return nil
	}
	if len(g.prog.Outputs) != 1 || g.prog.Outputs[0].Shape.Elems() != len(g.o.Labels) {
		return fmt.Errorf("%d labels for the outputs %s: want one output with as many elements", len(g.o.Labels), g.portList(g.prog.Outputs))
	}
	f := g.newFile("")
	f.Comment("Labels are the names of the classes, by element of Output.")
	var list []jen.Code
	for _, l := range g.o.Labels {
		list = append(list, jen.Lit(l))
	}
	f.Var().Id("Labels").Op("=").Index(jen.Lit(len(list))).String().Custom(
		jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, list...)
	return g.render("labels.go", f)
}
