package gen

import (
	"github.com/dave/jennifer/jen"

	"github.com/ingot-go/ingot/asm/spec"
)

const cpuPackage = "golang.org/x/sys/cpu"

// levelComment is what both kernel files say of levels.
func levelComment(f *jen.File) {
	f.Comment("levels lists the instruction sets that this package has kernels for and that the")
	f.Comment("machine has, best first; plain Go, which everything has, is last.")
}

// kernelTables writes the declarations of the assembly functions and the choice
// among them.
func (g *generator) kernelTables() error {
	f := g.newFile("amd64 && !purego")
	f.ImportName(cpuPackage, "cpu")
	levelComment(f)
	f.Func().Id("levels").Params().Index().Id("level").BlockFunc(func(b *jen.Group) {
		b.Var().Id("l").Index().Id("level")
		for i := len(g.o.ISAs) - 1; i >= 0; i-- {
			isa := g.o.ISAs[i]
			b.If(has(isa)).Block(jen.Id("l").Op("=").Append(jen.Id("l"),
				jen.Id("level").Values(jen.Lit(isa.String()), jen.Lit(int(isa)), jen.Id(tableName(isa)))))
		}
		b.Return(jen.Append(jen.Id("l"), jen.Id("level").Values(jen.Id("name").Op(":").Lit("go"))))
	})
	for _, isa := range g.o.ISAs {
		f.Comment("Kernels for " + isa.String() + ", by the numbers that program has.")
		var names []jen.Code
		for _, k := range g.prog.Kernels[isa] {
			names = append(names, jen.Id(k.Name()))
		}
		f.Var().Id(tableName(isa)).Op("=").Index().Id("kernel").Custom(
			jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, names...)
		for _, k := range g.prog.Kernels[isa] {
			f.Line()
			comment(f, k.Name()+" "+k.Describe()+".")
			f.Comment("//")
			f.Comment("//go:noescape")
			f.Func().Id(k.Name()).Params(jen.Id("a").Op("*").Id("args"))
		}
	}
	return g.render("kernels_amd64.go", f)
}

func tableName(isa spec.ISA) string {
	return [...]string{"kernelsAVX2", "kernelsVNNI"}[isa]
}

// has is the test for an instruction set.
func has(isa spec.ISA) *jen.Statement {
	features := [...][]string{
		spec.AVX2:       {"HasAVX2", "HasFMA"},
		spec.AVX512VNNI: {"HasAVX512F", "HasAVX512BW", "HasAVX512DQ", "HasAVX512VL", "HasAVX512VNNI"},
	}[isa]
	s := jen.Qual(cpuPackage, "X86").Dot(features[0])
	for _, f := range features[1:] {
		s = s.Op("&&").Qual(cpuPackage, "X86").Dot(f)
	}
	return s
}

// noKernels writes the same for other machines.
func (g *generator) noKernels() error {
	f := g.newFile("!amd64 || purego")
	levelComment(f)
	f.Func().Id("levels").Params().Index().Id("level").Block(
		jen.Return(jen.Index().Id("level").Values(jen.Values(jen.Id("name").Op(":").Lit("go")))))
	return g.render("kernels_other.go", f)
}
