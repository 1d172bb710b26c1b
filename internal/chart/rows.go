package chart

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The colours: of text and whiskers, of lines behind the bars, and of bars, which
// people who can't tell red from green can tell apart.
var (
	ink    = color.NRGBA{0x1d, 0x24, 0x33, 0xff}
	faint  = color.NRGBA{0xd9, 0xdd, 0xe6, 0xff}
	colour = []color.NRGBA{{0x3a, 0x72, 0xc4, 0xff}, {0xe0, 0x8b, 0x1f, 0xff}, {0x2f, 0x9e, 0x7d, 0xff}, {0xb4, 0x55, 0xa0, 0xff},
		{0x8a, 0x8f, 0x9c, 0xff}, {0x5f, 0xb3, 0xdf, 0xff}, {0xc9, 0x4f, 0x3d, 0xff}, {0xb0, 0xa0, 0x2a, 0xff}}
)

// row is a line of the chart: a bar, or the heading of a group.
type row struct {
	heading string
	bar     *Bar
}

// rows draws a chart's lines. The first lies at y = 0, the next at -1, and so on.
type rows struct {
	list  []row
	names []string // of bars, in the order of their first use
}

func newRows(c Chart) *rows {
	r := &rows{}
	for _, g := range c.Groups {
		if g.Name != "" {
			r.list = append(r.list, row{heading: printable(g.Name)})
		}
		for i := range g.Bars {
			r.list = append(r.list, row{bar: &g.Bars[i]})
			if !slices.Contains(r.names, g.Bars[i].Name) {
				r.names = append(r.names, g.Bars[i].Name)
			}
		}
	}
	return r
}

// room is how much longer than the longest whisker the axis is, for the label behind it.
const room = 1.12

// DataRange implements plot.DataRanger.
func (r *rows) DataRange() (xmin, xmax, ymin, ymax float64) {
	for _, row := range r.list {
		if row.bar != nil {
			xmax = max(xmax, row.bar.High)
		}
	}
	if xmax == 0 {
		xmax = 1
	}
	return 0, xmax * room, 0.5 - float64(len(r.list)), 0.5
}

// ticks writes the names of bars beside them.
func (r *rows) ticks() []plot.Tick {
	var all []plot.Tick
	for i, row := range r.list {
		if row.bar != nil {
			all = append(all, plot.Tick{Value: float64(-i), Label: printable(row.bar.Name)})
		}
	}
	return all
}

// Plot implements plot.Plotter.
func (r *rows) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	line := draw.LineStyle{Color: faint, Width: 0.6}
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		if !t.IsMinor() {
			c.StrokeLine2(line, x(t.Value), c.Min.Y, x(t.Value), c.Max.Y)
		}
	}
	heading, label := style(sans(10, true), text.XLeft), style(sans(9, false), text.XLeft)
	for i, row := range r.list {
		middle := y(float64(-i))
		if row.bar == nil {
			c.FillText(heading, vg.Point{X: x(0) + 2, Y: middle}, row.heading)
			continue
		}
		b := row.bar
		half := rowHeight * 0.38
		end, low, high := x(b.Value), x(b.Low), x(b.High)
		c.FillPolygon(colour[slices.Index(r.names, b.Name)%len(colour)],
			[]vg.Point{{X: x(0), Y: middle - half}, {X: end, Y: middle - half}, {X: end, Y: middle + half}, {X: x(0), Y: middle + half}})
		if b.Low < b.High {
			whisker := draw.LineStyle{Color: ink, Width: 1}
			c.StrokeLine2(whisker, low, middle, high, middle)
			c.StrokeLine2(whisker, low, middle-3, low, middle+3)
			c.StrokeLine2(whisker, high, middle-3, high, middle+3)
		}
		c.FillText(label, vg.Point{X: high + 5, Y: middle + 1}, number(b.Value))
	}
}
