package gen

import (
	"errors"
	"reflect"

	"github.com/dave/jennifer/jen"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/plan"
)

// image writes RunImage for models that take pictures.
func (g *generator) image() error {
	im := g.o.Image
	if im == nil {
		return nil
	}
	if !g.prog.Image {
		return errors.New("the model's input is not quantized by its first step, so a picture can't be loaded into it: leave out the image part of the configuration")
	}
	q := g.prog.Steps[0].(portable.Quantize)
	if im.ChannelsLast && len(q.Mul) > 1 {
		return errors.New("the model's input is scaled row by row, so a picture can't be loaded into it: leave out the image part of the configuration")
	}
	x := q.Y
	// A pixel's axes in the arena, where the input is laid out as if it were NCHW.
	row, pixel, channel := x.Row, x.Pix, 1
	if im.ChannelsLast {
		row, pixel, channel = 1, x.Row, x.Pix
	}
	f := g.newFile("")
	f.Comment("pictures says how a picture becomes the quantized input: its size, where it lies in")
	f.Comment("the arena, and the byte for each byte of a channel, normalised and quantized.")
	var tables []jen.Code
	for _, t := range im.Table {
		tables = append(tables, sequence(reflect.ValueOf(t)))
	}
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
	values = append(values, jen.Id("table").Op(":").Op("&").Index(jen.Lit(3)).Index(jen.Lit(256)).Uint8().Custom(
		jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, tables...))
	f.Var().Id("pictures").Op("=").Id("imageFormat").Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, values...)
	f.Comment("RunImage computes out from a picture, which it scales and cuts as the network was")
	f.Comment("trained. It returns an error for a picture without a pixel, or of a size that the")
	f.Comment("network can't take where it does not scale. Otherwise it is like Run.")
	f.Func().Params(jen.Id("m").Op("*").Id("Model")).Id("RunImage").Params(
		jen.Id("ws").Op("*").Id("Workspace"), jen.Id("img").Qual("image", "Image"), jen.Id("out").Op("*").Id("Output"),
	).Error().BlockFunc(func(b *jen.Group) {
		b.If(jen.Err().Op(":=").Id("pictures").Dot("load").Call(
			jen.Id("ws").Dot("w").Dot("arena").Index(jen.Lit(x.Off).Op(":")), jen.Id("img"), jen.Op("&").Id("ws").Dot("image")),
			jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Err()))
		g.setArrays(b, "out", g.prog.Outputs, len(g.prog.Inputs))
		b.Id("m").Dot("m").Dot("runFrom").Call(jen.Lit(1), jen.Id("ws").Dot("w"))
		b.Return(jen.Nil())
	})
	return g.render("picture.go", f)
}

// PixelTable returns the quantized input byte of channel c for every byte of a
// picture: what the program's first step makes of the normalised value.
func PixelTable(p *plan.Program, c int, normalize func(uint8) float32) (table [256]uint8) {
	q := p.Steps[0].(portable.Quantize)
	for v := range table {
		table[v] = q.Byte(c, normalize(uint8(v)))
	}
	return table
}
