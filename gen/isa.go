package gen

import (
	"cmp"
	"slices"

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
			b.If(has(isa)).BlockFunc(func(b *jen.Group) {
				table := jen.Id(tableName(isa))
				if len(g.better(isa)) > 0 {
					b.Id("k").Op(":=").Add(table)
					b.If(jen.Qual(cpuPackage, "X86").Dot("HasAVX512VBMI")).Block(jen.Id("k").Op("=").Id("kernelsVBMI").Call())
					table = jen.Id("k")
				}
				b.Id("l").Op("=").Append(jen.Id("l"), jen.Id("level").Values(jen.Lit(isa.String()), jen.Lit(int(isa)), table))
			})
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
		g.betterTable(f, isa)
		for _, k := range g.functions(isa) {
			f.Line()
			comment(f, k.Name()+" "+k.Describe()+".")
			f.Comment("//")
			f.Comment("//go:noescape")
			f.Func().Id(k.Name()).Params(jen.Id("a").Op("*").Id("args"))
		}
	}
	return g.render("kernels_amd64.go", f)
}

// better returns the numbers of the kernels that have another form for CPUs with VBMI.
func (g *generator) better(isa spec.ISA) (numbers []int) {
	for i, k := range g.prog.Kernels[isa] {
		if k.Best() != k {
			numbers = append(numbers, i)
		}
	}
	return numbers
}

// functions returns the kernels of an instruction set in all their forms, by name.
func (g *generator) functions(isa spec.ISA) []spec.Kernel {
	all := slices.Clone(g.prog.Kernels[isa])
	for _, i := range g.better(isa) {
		all = append(all, all[i].Best())
	}
	slices.SortFunc(all, func(a, b spec.Kernel) int { return cmp.Compare(a.Name(), b.Name()) })
	return all
}

// betterTable writes the choice of kernels on a CPU with VBMI, where it makes a difference.
func (g *generator) betterTable(f *jen.File, isa spec.ISA) {
	numbers := g.better(isa)
	if len(numbers) == 0 {
		return
	}
	f.Comment("kernelsVBMI returns the kernels where the machine has AVX-512 VBMI too, which looks up tables faster.")
	f.Func().Id("kernelsVBMI").Params().Index().Id("kernel").BlockFunc(func(b *jen.Group) {
		b.Id("k").Op(":=").Qual("slices", "Clone").Call(jen.Id(tableName(isa)))
		for _, i := range numbers {
			b.Id("k").Index(jen.Lit(i)).Op("=").Id(g.prog.Kernels[isa][i].Best().Name())
		}
		b.Return(jen.Id("k"))
	})
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
