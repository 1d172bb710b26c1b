package gen

import (
	"fmt"
	"reflect"

	"github.com/dave/jennifer/jen"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// image writes RunImage for models that take pictures.
func (g *generator) image() error {
	im := g.o.Image
	if im == nil {
		return nil
	}
	if t := g.prog.Inputs[0].Type; t != ir.F32 && t != ir.U8 {
		return fmt.Errorf("pictures can't become the input %q of %s: want float32 or uint8", g.prog.Inputs[0].Name, t.GoType())
	}
	f := g.newFile("")
	switch {
	case g.quantizesPicture():
		f.Comment("pictures says how a picture becomes the quantized input: its size, where it lies in")
		f.Comment("the arena, and the byte for each byte of a channel, normalised and quantized.")
	case g.prog.Inputs[0].Type == ir.U8:
		f.Comment("pictures says how a picture becomes the input: its size and the order of its axes. The")
		f.Comment("input is the picture's bytes.")
	default:
		f.Comment("pictures says how a picture becomes the input: its size, the order of its axes, and the")
		f.Comment("number for each byte of a channel, normalised.")
	}
	element, tables := g.pixelTables()
	row, pixel, channel := g.pitches()
	values := []jen.Code{
		jen.Id("width").Op(":").Lit(im.Width), jen.Id("height").Op(":").Lit(im.Height), jen.Id("channels").Op(":").Lit(im.Channels),
		jen.Id("rowPitch").Op(":").Lit(row), jen.Id("pixelPitch").Op(":").Lit(pixel), jen.Id("channelPitch").Op(":").Lit(channel),
	}
	if im.Shorter > 0 {
		values = append(values, jen.Id("shorter").Op(":").Lit(im.Shorter))
	}
	if im.Stretch {
		values = append(values, jen.Id("stretch").Op(":").True())
	}
	if im.BGR {
		values = append(values, jen.Id("bgr").Op(":").True())
	}
	if tables != nil {
		values = append(values, jen.Id("table").Op(":").Op("&").Index(jen.Lit(3)).Index(jen.Lit(256)).Id(element).Custom(
			jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, tables...))
	}
	f.Var().Id("pictures").Op("=").Id("imageFormat").Index(jen.Id(element)).Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, values...)
	g.runImage(f)
	return g.render("picture.go", f)
}

// quantizesPicture reports whether a picture is written to the result of the first
// step, which quantizes the input, instead of to the input. A quantization that scales
// row by row, where the rows were taken for channels, is left to the program.
func (g *generator) quantizesPicture() bool {
	if g.o.Image == nil || !g.prog.Image {
		return false
	}
	q := g.prog.Steps[0].(portable.Quantize)
	return !g.o.Image.ChannelsLast || len(q.Mul) == 1
}

// pixelTables returns the type of the input's elements and, for each channel, the
// element for every byte: what the first step makes of the normalised value, or that value. An
// input of bytes has no table.
func (g *generator) pixelTables() (element string, tables []jen.Code) {
	if g.prog.Inputs[0].Type == ir.U8 {
		return "uint8", nil
	}
	element = "float32"
	var first portable.Quantize
	if g.quantizesPicture() {
		element, first = "uint8", g.prog.Steps[0].(portable.Quantize)
	}
	for c := range g.o.Image.Channels {
		var bytes [256]uint8
		var floats [256]float32
		for v := range floats {
			floats[v] = g.o.Image.Normalize(c, uint8(v))
			if element == "uint8" {
				bytes[v] = first.Byte(c, floats[v])
			}
		}
		if element == "uint8" {
			tables = append(tables, sequence(reflect.ValueOf(bytes)))
		} else {
			tables = append(tables, sequence(reflect.ValueOf(floats)))
		}
	}
	return element, tables
}

// pitches returns the distances of rows, pixels and channels: in the caller's array,
// or in the arena, where the input is laid out as if it were NCHW.
func (g *generator) pitches() (row, pixel, channel int) {
	im := g.o.Image
	switch quantizes := g.quantizesPicture(); {
	case quantizes:
		x := g.prog.Steps[0].(portable.Quantize).Y
		if im.ChannelsLast {
			return 1, x.Row, x.Pix
		}
		return x.Row, x.Pix, 1
	case im.ChannelsLast:
		return im.Width * im.Channels, im.Channels, 1
	}
	return im.Width, 1, im.Width * im.Height
}

// runImage writes the method, for a batch RunImages. Without a quantization that a picture can
// take the place of, the workspace has an array for the input from the first picture on.
func (g *generator) runImage(f *jen.File) {
	name, param := "RunImage", jen.Id("img").Qual("image", "Image")
	if g.images() > 1 {
		name, param = "RunImages", jen.Id("imgs").Op("*").Index(jen.Id("images")).Qual("image", "Image")
		f.Comment("RunImages computes out from pictures, one for each image of a run, which it scales and cuts as")
		f.Comment("the network was trained. It returns an error for a picture without a pixel, or of a size that")
		f.Comment("the network can't take where it does not scale. Otherwise it is like Run.")
	} else {
		f.Comment("RunImage computes out from a picture, which it scales and cuts as the network was")
		f.Comment("trained. It returns an error for a picture without a pixel, or of a size that the")
		f.Comment("network can't take where it does not scale. Otherwise it is like Run.")
	}
	f.Func().Params(jen.Id("m").Op("*").Id("Model")).Id(name).Params(
		jen.Id("ws").Op("*").Id("Workspace"), param, jen.Id("out").Op("*").Id("Output"),
	).Error().BlockFunc(func(b *jen.Group) {
		to, each, first := jen.Id("ws").Dot("input"), jen.Lit(g.prog.Inputs[0].Shape.Elems()), 0
		if g.quantizesPicture() {
			first = 1 // the step that the picture takes the place of
			to, each = jen.Id("ws").Dot("w").Dot("memory"), jen.Id("arenaSize")
		} else {
			b.Id("ws").Dot("input").Op("=").Id("grow").Call(to, jen.Lit(g.images()*g.prog.Inputs[0].Shape.Elems()))
		}
		g.loadPictures(b, to, each)
		if !g.quantizesPicture() {
			b.Id("setArray").Call(jen.Id("ws").Dot("w"), jen.Lit(0), jen.Op("&").Id("ws").Dot("input").Index(jen.Lit(0)))
		}
		g.setArrays(b, "out", g.prog.Outputs, len(g.prog.Inputs))
		b.Id("m").Dot("m").Dot("runFrom").Call(jen.Lit(first), jen.Id("ws").Dot("w"))
		b.Return(jen.Nil())
	})
}

// loadPictures writes the reading of the picture, or of each of several, whose elements are in to.
func (g *generator) loadPictures(b *jen.Group, to, each *jen.Statement) {
	var off *jen.Statement
	if g.quantizesPicture() {
		off = jen.Lit(g.prog.Steps[0].(portable.Quantize).Y.Off)
	}
	if g.images() == 1 {
		if off != nil {
			to = to.Clone().Index(off.Op(":"))
		}
		b.If(jen.Err().Op(":=").Id("pictures").Dot("load").Call(to, jen.Id("img"), jen.Op("&").Id("ws").Dot("image")),
			jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Err()))
		return
	}
	at := jen.Id("i").Op("*").Add(each)
	if off != nil {
		at = off.Op("+").Add(at)
	}
	b.For(jen.List(jen.Id("i"), jen.Id("img")).Op(":=").Range().Id("imgs")).Block(
		jen.If(jen.Err().Op(":=").Id("pictures").Dot("load").Call(to.Clone().Index(at.Op(":")), jen.Id("img"), jen.Op("&").Id("ws").Dot("image")),
			jen.Err().Op("!=").Nil()).Block(
			jen.Return(jen.Qual("fmt", "Errorf").Call(jen.Lit("picture %d: %w"), jen.Id("i"), jen.Err()))))
}
