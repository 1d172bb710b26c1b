package gen

import (
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/plan"
)

// tests writes the package's own test and benchmarks.
func (g *generator) tests() error {
	f := g.newFile("")
	g.goldenTest(f)
	g.benchmarks(f)
	return g.render("model_test.go", f)
}

// goldenTest writes the comparison with known results on every instruction set.
func (g *generator) goldenTest(f *jen.File) {
	f.Comment("known are inputs, by the seed that knownInput makes them of, with the SHA-256 of the")
	f.Comment("bits of what they give.")
	var list []jen.Code
	for _, k := range g.o.Golden {
		list = append(list, jen.Values(jen.Lit(int(k.Seed)), jen.Lit(digest(k.Outputs))))
	}
	f.Var().Id("known").Op("=").Index().Struct(jen.Id("seed").Uint64(), jen.Id("sum").String()).Custom(
		jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, list...)
	f.Comment("TestKnown runs the known inputs twice on one workspace, its memory spoilt before, on every")
	f.Comment("instruction set that the machine has and several numbers of threads; results must be the same")
	f.Comment("to the bit.")
	f.Func().Id("TestKnown").Params(jen.Id("t").Op("*").Qual("testing", "T")).Block(
		jen.For(jen.List(jen.Id("_"), jen.Id("l")).Op(":=").Range().Id("levels").Call()).Block(
			jen.Id("m").Op(":=").Id("newOn").Call(jen.Id("l")),
			jen.List(jen.Id("runs"), jen.Id("workers")).Op(":=").List(jen.Lit(2*len(g.o.Golden)), jen.Index().Int().Values(jen.Lit(1), jen.Lit(2), jen.Lit(3), jen.Lit(8))),
			g.fewerRuns(),
			jen.For(jen.List(jen.Id("_"), jen.Id("n")).Op(":=").Range().Id("workers")).Block(
				jen.Id("t").Dot("Run").Call(jen.Qual("fmt", "Sprintf").Call(jen.Lit("%s/%d"), jen.Id("l").Dot("name"), jen.Id("n")),
					jen.Func().Params(jen.Id("t").Op("*").Qual("testing", "T")).Block(jen.Id("testKnown").Call(jen.Id("t"), jen.Id("m"), jen.Id("n"), jen.Id("runs"))))),
		))
	f.Func().Id("testKnown").Params(jen.Id("t").Op("*").Qual("testing", "T"), jen.Id("m").Op("*").Id("Model"), jen.List(jen.Id("workers"), jen.Id("runs")).Int()).Block(
		jen.Id("ws").Op(":=").Id("m").Dot("NewWorkspace").Call(jen.Id("workers")),
		jen.Defer().Id("ws").Dot("Close").Call(),
		jen.For(jen.Id("first").Op(":=").Range().Id("runs")).Block(
			jen.For(jen.Id("i").Op(":=").Range().Id("ws").Dot("w").Dot("memory")).Block(
				jen.Id("ws").Dot("w").Dot("memory").Index(jen.Id("i")).Op("=").Lit(0xaa)),
			jen.Id("out").Op(":=").New(jen.Id("Output")),
			jen.Id("m").Dot("Run").Call(jen.Id("ws"), jen.Id("knownInput").Call(jen.Id("first")), jen.Id("out")),
			jen.For(jen.Id("image").Op(":=").Range().Id("images")).Block(
				jen.Id("k").Op(":=").Id("known").Index(jen.Parens(jen.Id("first").Op("+").Id("image")).Op("%").Len(jen.Id("known"))),
				jen.If(jen.Id("sum").Op(":=").Id("outputSum").Call(jen.Id("out"), jen.Id("image")), jen.Id("sum").Op("!=").Id("k").Dot("sum")).Block(
					jen.Id("t").Dot("Errorf").Call(jen.Lit("image %d, seed %d: output has the hash %s, want %s"), jen.Id("image"), jen.Id("k").Dot("seed"), jen.Id("sum"), jen.Id("k").Dot("sum"))),
			)))
	f.Comment("knownInput makes the known inputs from number first on, with the SplitMix64 generator: numbers")
	f.Comment("in the range that the model quantizes.")
	f.Func().Id("knownInput").Params(jen.Id("first").Int()).Op("*").Id("Input").Block(
		jen.Id("in").Op(":=").New(jen.Id("Input")),
		jen.For(jen.Id("image").Op(":=").Range().Id("images")).BlockFunc(func(b *jen.Group) {
			b.Id("seed").Op(":=").Id("known").Index(jen.Parens(jen.Id("first").Op("+").Id("image")).Op("%").Len(jen.Id("known"))).Dot("seed")
			for i, p := range g.prog.Inputs {
				args := []jen.Code{g.imageOf("in", g.prog.Inputs, i, p), jen.Id("seed").Op("+").Lit(i).Op("<<").Lit(32)}
				if p.Type == ir.F32 {
					low, width := knownRange(g.prog, i)
					args = append(args, float(low), float(width))
				} else {
					args = append(args, jen.Lit(knownShift(p.Type)))
				}
				b.Id(knownFill(p.Type)).Call(args...)
			}
		}),
		jen.Return(jen.Id("in")))
	g.fillKnown(f)
	f.Comment("outputSum is the hash of what one image gives.")
	f.Func().Id("outputSum").Params(jen.Id("out").Op("*").Id("Output"), jen.Id("image").Int()).String().BlockFunc(func(b *jen.Group) {
		b.Id("h").Op(":=").Qual("crypto/sha256", "New").Call()
		for i, p := range g.prog.Outputs {
			b.For(jen.List(jen.Id("_"), jen.Id("v")).Op(":=").Range().Add(g.imageOf("out", g.prog.Outputs, i, p))).Block(hashElement(p.Type)...)
		}
		b.Return(jen.Qual("encoding/hex", "EncodeToString").Call(jen.Id("h").Dot("Sum").Call(jen.Nil())))
	})
}

// imageOf is the part of a port's array that belongs to one image.
func (g *generator) imageOf(of string, ports []plan.Port, i int, p plan.Port) jen.Code {
	x := jen.Id(of)
	if len(ports) > 1 {
		x = x.Dot(portNames(names(ports))[i])
	}
	n := p.Shape.Elems()
	return x.Index(jen.Id("image").Op("*").Lit(n).Op(":")).Index(jen.Op(":").Lit(n))
}

// longInGo is the products of a network that takes seconds in plain Go.
const longInGo = 5e8

// fewerRuns lets the test of a large network run once in plain Go.
func (g *generator) fewerRuns() jen.Code {
	if g.products() < longInGo {
		return jen.Null()
	}
	return jen.If(jen.Id("l").Dot("kernels").Op("==").Nil()).Block(
		jen.Comment("Plain Go takes seconds."),
		jen.List(jen.Id("runs"), jen.Id("workers")).Op("=").List(jen.Lit(1), jen.Index().Int().Values(jen.Lit(3))))
}

// benchmarks writes the time of a run, and of each layer, on every instruction set.
func (g *generator) benchmarks(f *jen.File) {
	level := func(body ...jen.Code) jen.Code {
		return jen.For(jen.List(jen.Id("_"), jen.Id("l")).Op(":=").Range().Id("levels").Call()).Block(body...)
	}
	sub := func(name jen.Code, body ...jen.Code) jen.Code {
		return jen.Id("b").Dot("Run").Call(name, jen.Func().Params(jen.Id("b").Op("*").Qual("testing", "B")).Block(body...))
	}
	f.Comment("BenchmarkRun times a run on one thread, on every instruction set that the machine has.")
	f.Func().Id("BenchmarkRun").Params(jen.Id("b").Op("*").Qual("testing", "B")).Block(level(
		sub(jen.Id("l").Dot("name"),
			jen.Id("m").Op(":=").Id("newOn").Call(jen.Id("l")),
			jen.Id("ws").Op(":=").Id("m").Dot("NewWorkspace").Call(jen.Lit(1)),
			jen.Id("in").Op(",").Id("out").Op(":=").Id("knownInput").Call(jen.Lit(1)).Op(",").New(jen.Id("Output")),
			jen.Id("b").Dot("ReportAllocs").Call(),
			jen.For(jen.Id("b").Dot("Loop").Call()).Block(jen.Id("m").Dot("Run").Call(jen.Id("ws"), jen.Id("in"), jen.Id("out"))),
			jen.Id("b").Dot("ReportMetric").Call(
				jen.Lit(float64(g.products())/1e9).Op("*").Float64().Parens(jen.Id("b").Dot("N")).Op("/").Id("b").Dot("Elapsed").Call().Dot("Seconds").Call(), jen.Lit("GMAC/s")),
		)))
	f.Comment("BenchmarkLayers times every layer by itself, on one thread, its operands in the cache as far as")
	f.Comment("they fit.")
	f.Func().Id("BenchmarkLayers").Params(jen.Id("b").Op("*").Qual("testing", "B")).Block(level(
		sub(jen.Id("l").Dot("name"),
			jen.Id("m").Op(":=").Id("newOn").Call(jen.Id("l")),
			jen.Id("ws").Op(":=").Id("m").Dot("NewWorkspace").Call(jen.Lit(1)),
			jen.Id("m").Dot("Run").Call(jen.Id("ws"), jen.Id("knownInput").Call(jen.Lit(0)), jen.New(jen.Id("Output"))),
			jen.For(jen.List(jen.Id("i"), jen.Id("layer")).Op(":=").Range().Id("m").Dot("m").Dot("layers")).Block(
				sub(jen.Qual("fmt", "Sprintf").Call(jen.Lit("%03d %s"), jen.Id("i"), jen.Id("layerNames").Index(jen.Id("i"))),
					jen.For(jen.Id("b").Dot("Loop").Call()).Block(g.runLayer()),
					jen.Id("s").Op(":=").Id("b").Dot("Elapsed").Call().Dot("Seconds").Call().Op("/").Float64().Parens(jen.Id("b").Dot("N")),
					jen.Id("b").Dot("ReportMetric").Call(jen.Id("layerMACs").Index(jen.Id("i")).Op("/").Id("s").Op("/").Lit(1e9), jen.Lit("GMAC/s")),
					jen.Id("b").Dot("ReportMetric").Call(jen.Id("layerBytes").Index(jen.Id("i")).Op("/").Id("s").Op("/").Lit(1e9), jen.Lit("GB/s")),
				)),
		)))
	var names, macs, bytes []jen.Code
	for _, i := range g.prog.Info {
		names = append(names, jen.Lit(benchmarkName(i)))
		macs = append(macs, jen.Lit(g.images()*int(i.MACs)))
		bytes = append(bytes, jen.Lit(g.images()*int(i.Bytes-i.Weights)+int(i.Weights)))
	}
	f.Comment("layerNames says what each layer is.")
	f.Var().Id("layerNames").Op("=").Index().String().Custom(
		jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, names...)
	f.Comment("layerMACs and layerBytes are the products of each layer in a run and the bytes that it reads")
	f.Comment("and writes, each once.")
	f.Var().Defs(
		jen.Id("layerMACs").Op("=").Index().Float64().Values(macs...),
		jen.Id("layerBytes").Op("=").Index().Float64().Values(bytes...),
	)
}

// runLayer runs a layer as often as a run does.
func (g *generator) runLayer() jen.Code {
	run := jen.Id("layer").Dot("run").Call(jen.Id("ws").Dot("w"))
	if g.images() == 1 {
		return run
	}
	return jen.For(jen.Id("image").Op(":=").Range().Id("images")).Block(
		jen.Id("ws").Dot("w").Dot("setImage").Call(jen.Id("image")), run)
}

// benchmarkName is a layer's node and the beginning of its description.
func benchmarkName(i plan.Info) string {
	text, _, _ := strings.Cut(i.Text, ",")
	text, _, _ = strings.Cut(text, ":")
	return oneLine(i.Name + ": " + text)
}

// products is those of a run.
func (g *generator) products() int64 {
	var n int64
	for _, i := range g.prog.Info {
		n += i.MACs
	}
	return n * int64(g.images())
}
