package gen

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"

	"github.com/dave/jennifer/jen"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/plan"
)

// KnownInputs returns the inputs of a known run, made of the SplitMix64
// generator (Steele, Lea, Flood: "Fast splittable pseudorandom number
// generators", 2014): real numbers over the range that the program quantizes, any bytes, truth
// values, and other integers from 0 to 15. Generated tests have the same function.
func KnownInputs(p *plan.Program, seed uint64) []*ir.Tensor {
	var all []*ir.Tensor
	for i, port := range p.Inputs {
		low, width := knownRange(p, i)
		x := ir.NewTensor(port.Type, port.Shape)
		s := seed + uint64(i)<<32
		for j := range x.Elems() {
			s += 0x9e3779b97f4a7c15
			z := s
			z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
			z = (z ^ z>>27) * 0x94d049bb133111eb
			z ^= z >> 31
			switch port.Type {
			case ir.F32:
				x.F32[j] = low + float32(float32(z>>40)*(1.0/(1<<24))*width)
			case ir.U8:
				x.U8[j] = uint8(z >> knownShift(port.Type))
			case ir.S8:
				x.S8[j] = int8(z >> knownShift(port.Type))
			case ir.S32:
				x.S32[j] = int32(z >> knownShift(port.Type))
			case ir.I64:
				x.I64[j] = int64(z >> knownShift(port.Type))
			case ir.Bool:
				x.U8[j] = uint8(z >> knownShift(port.Type))
			}
		}
		all = append(all, x)
	}
	return all
}

// knownShift is how far the generator's 64 bits are shifted for known integers of a type.
func knownShift(t ir.DType) int {
	switch t {
	case ir.U8, ir.S8:
		return 56
	case ir.Bool:
		return 63
	}
	return 60
}

// knownRange returns the lowest number and the width of the range that an input
// is quantized from, or -1 and 3 for one that isn't.
func knownRange(p *plan.Program, input int) (low, width float32) {
	for _, s := range p.Steps {
		if q, ok := s.(portable.Quantize); ok && q.Input == input {
			return (-float32(q.Zero) - q.Add[0]) / q.Mul[0], 255 / q.Mul[0]
		}
	}
	return -1, 3
}

// digest is what the generated test has of the outputs: a hash of their bits.
func digest(outputs []*ir.Tensor) string {
	h := sha256.New()
	for _, o := range outputs {
		for _, v := range o.F32 {
			h.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)))
		}
		for _, v := range o.S32 {
			h.Write(binary.LittleEndian.AppendUint64(nil, uint64(v)))
		}
		for _, v := range o.I64 {
			h.Write(binary.LittleEndian.AppendUint64(nil, uint64(v)))
		}
		for _, v := range o.S8 {
			h.Write(binary.LittleEndian.AppendUint64(nil, uint64(v)))
		}
		for _, v := range o.U8 {
			h.Write(binary.LittleEndian.AppendUint64(nil, uint64(v)))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// fillKnown writes the test's functions that make known inputs, for the types that there are.
func (g *generator) fillKnown(f *jen.File) {
	has := map[string]bool{}
	for _, p := range g.prog.Inputs {
		has[knownFill(p.Type)] = true
	}
	next := []jen.Code{
		jen.Id("s").Op("+=").Op("0x9e3779b97f4a7c15"),
		jen.Id("z").Op(":=").Id("s"),
		jen.Id("z").Op("=").Parens(jen.Id("z").Op("^").Id("z").Op(">>").Lit(30)).Op("*").Op("0xbf58476d1ce4e5b9"),
		jen.Id("z").Op("=").Parens(jen.Id("z").Op("^").Id("z").Op(">>").Lit(27)).Op("*").Op("0x94d049bb133111eb"),
	}
	mixed := func() *jen.Statement { return jen.Parens(jen.Id("z").Op("^").Id("z").Op(">>").Lit(31)) }
	each := func(element jen.Code) jen.Code {
		return jen.For(jen.Id("j").Op(":=").Range().Id("x")).Block(append(next[:len(next):len(next)],
			jen.Id("x").Index(jen.Id("j")).Op("=").Add(element))...)
	}
	if has["fillKnown"] {
		f.Func().Id("fillKnown").Params(jen.Id("x").Index().Float32(), jen.Id("s").Uint64(), jen.List(jen.Id("low"), jen.Id("width")).Float32()).Block(
			each(jen.Id("low").Op("+").Float32().Parens(
				jen.Float32().Parens(mixed().Op(">>").Lit(40)).
					Op("*").Parens(jen.Op("1.0").Op("/").Parens(jen.Lit(1).Op("<<").Lit(24))).Op("*").Id("width"))))
	}
	if has["fillKnownIntegers"] {
		f.Func().Id("fillKnownIntegers").Types(jen.Id("T").Op("int64 | int32 | int8 | uint8")).Params(jen.Id("x").Index().Id("T"), jen.Id("s").Uint64(), jen.Id("shift").Int()).Block(
			each(jen.Id("T").Parens(mixed().Op(">>").Id("shift"))))
	}
	if has["fillKnownTruths"] {
		f.Func().Id("fillKnownTruths").Params(jen.Id("x").Index().Bool(), jen.Id("s").Uint64(), jen.Id("shift").Int()).Block(
			each(mixed().Op(">>").Id("shift").Op("!=").Lit(0)))
	}
}

// knownFill is the test's function that fills an input of a type.
func knownFill(t ir.DType) string {
	switch t {
	case ir.F32:
		return "fillKnown"
	case ir.Bool:
		return "fillKnownTruths"
	}
	return "fillKnownIntegers"
}

// hashElement writes what adds an element v of a port to the hash h.
func hashElement(t ir.DType) []jen.Code {
	write := func(bits string, x jen.Code) jen.Code {
		return jen.Id("h").Dot("Write").Call(jen.Qual("encoding/binary", "LittleEndian").Dot("AppendUint"+bits).Call(jen.Nil(), x))
	}
	switch t {
	case ir.F32:
		return []jen.Code{write("32", jen.Qual("math", "Float32bits").Call(jen.Id("v")))}
	case ir.Bool:
		return []jen.Code{
			jen.Id("truth").Op(":=").Uint64().Parens(jen.Lit(0)),
			jen.If(jen.Id("v")).Block(jen.Id("truth").Op("=").Lit(1)),
			write("64", jen.Id("truth")),
		}
	}
	return []jen.Code{write("64", jen.Uint64().Parens(jen.Id("v")))}
}
