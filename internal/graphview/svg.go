package graphview

import (
	"bufio"
	_ "embed"
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/ingot-go/ingot/internal/graphview/layout"
)

//go:embed picture.css
var pictureStyle string

// border is the room around the drawing.
const border = 24

// drawing writes a scene.
type drawing struct{ *scene }

// write writes the picture, with a head of title, facts and legend if asked for.
func (d drawing) write(b *bufio.Writer, head bool) {
	left, top, width := border, border, d.plan.W+2*border
	if head {
		top += d.headHeight()
		width = max(width, d.headWidth()+2*border)
		left = (width - d.plan.W) / 2
	}
	height := top + d.plan.H + border
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" id="picture" width="%d" height="%d" viewBox="0 0 %d %d">`+"\n", width, height, width, height)
	fmt.Fprintf(b, "<title>%s</title>\n<style>\n%s</style>\n", escape(d.title), pictureStyle)
	fmt.Fprintf(b, "<defs>%s%s</defs>\n", marker("arrow"), marker("arrow-residual"))
	fmt.Fprintf(b, `<rect class="paper" width="%d" height="%d"/>`+"\n", width, height)
	if head {
		d.head(b)
	}
	fmt.Fprintf(b, `<g transform="translate(%d %d)">`+"\n", left, top)
	for i := range d.edges {
		d.edge(b, i)
	}
	for i := range d.boxes {
		d.box(b, i)
	}
	b.WriteString("</g>\n</svg>\n")
}

func marker(id string) string {
	return fmt.Sprintf(`<marker id="%s" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path class="%s" d="M0 0 8 4 0 8z"/></marker>`, id, id)
}

// escape makes text fit for XML, whatever it has.
func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder does not fail
	return b.String()
}

func text(b *bufio.Writer, class string, x, y int, s string) {
	fmt.Fprintf(b, `<text class="%s" x="%d" y="%d">%s</text>`+"\n", class, x, y, escape(s))
}

// The sizes of the head.
const (
	headTitle, headLine = 30, 20
	headAdvance         = 75 // of a character, in tenths of a pixel
)

func (d drawing) headHeight() int { return headTitle + headLine*(len(d.facts)+1) + border }

func (d drawing) headWidth() int {
	w := columns(d.title) * headAdvance * 4 / 30
	for _, f := range d.facts {
		w = max(w, columns(f)*headAdvance/10)
	}
	return max(w, d.legendWidth())
}

// legendEntry is a swatch and its text, and how wide both are.
func legendEntry(c count) (string, int) {
	s := fmt.Sprintf("%s (%d)", c.Name, c.N)
	return s, 36 + columns(s)*headAdvance/10
}

func (d drawing) legendWidth() int {
	w := 0
	for _, c := range d.legend {
		_, one := legendEntry(c)
		w += one
	}
	if d.residual {
		w += 40 + len("residual operand")*headAdvance/10
	}
	return w
}

// head writes title, facts and legend.
func (d drawing) head(b *bufio.Writer) {
	x, y := border, border+16
	text(b, "title", x, y, d.title)
	y += headTitle - headLine + 2
	for _, f := range d.facts {
		y += headLine
		text(b, "fact", x, y, f)
	}
	y += headLine + 4
	for _, c := range d.legend {
		s, w := legendEntry(c)
		fmt.Fprintf(b, `<g class="node %s"><rect x="%d" y="%d" width="14" height="14" rx="3"/></g>`+"\n", c.Class, x, y-11)
		text(b, "fact", x+20, y, s)
		x += w
	}
	if d.residual {
		fmt.Fprintf(b, `<path class="edge residual" d="M%d %dh28"/>`+"\n", x, y-4)
		text(b, "fact", x+34, y, "residual operand")
	}
}

// edge writes an edge: straight down in its columns, bent between layers.
func (d drawing) edge(b *bufio.Writer, i int) {
	e, route := d.edges[i], d.plan.Routes[i]
	class, arrow := "edge", "arrow"
	if e.residual {
		class, arrow = "edge residual", "arrow-residual"
	}
	fmt.Fprintf(b, `<path class="%s" data-from="%s" data-to="%s" marker-end="url(#%s)" d="%s"><title>%s</title></path>`+"\n",
		class, d.boxes[e.from].id, d.boxes[e.to].id, arrow, path(route), escape(shorten(e.label, 300)))
}

// path writes a route as SVG does.
func path(route []layout.Point) string {
	at := route[0]
	s := fmt.Appendf(nil, "M%d %d", at.X, at.Y)
	for i, p := range route[1:] {
		switch {
		case p.X != at.X:
			middle := (at.Y + p.Y) / 2
			s = fmt.Appendf(s, "C%d %d %d %d %d %d", at.X, middle, p.X, middle, p.X, p.Y)
		case i+2 < len(route) && route[i+2].X == p.X: // goes on straight
			continue
		default:
			s = fmt.Appendf(s, "V%d", p.Y)
		}
		at = p
	}
	return string(s)
}

// box writes a box and its text.
func (d drawing) box(b *bufio.Writer, i int) {
	x, at, size := d.boxes[i], d.plan.Corner[i], d.sizes[i]
	radius := 5
	if x.class == "terminal" {
		radius = size.H / 2
	}
	fmt.Fprintf(b, `<g class="node %s" id="%s"><title>%s</title>`+"\n", x.class, x.id, escape(x.label))
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" rx="%d"/>`+"\n", at.X, at.Y, size.W, size.H, radius)
	y := at.Y + margin/2
	for _, l := range x.lines {
		y += lineHeight
		if l.class == "op" {
			y += titleHeight - lineHeight
		}
		if x.class == "terminal" {
			text(b, l.class+" middle", at.X+size.W/2, y-4, l.text)
			continue
		}
		text(b, l.class, at.X+margin, y-4, l.text)
		if l.right != "" {
			text(b, "macs", at.X+size.W-margin, y-4, l.right)
		}
	}
	b.WriteString("</g>\n")
}
