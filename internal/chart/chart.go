// Package chart draws measurements as bars, into an SVG picture.
package chart

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Chart is what Bars draws. Bars of one name have one colour in all groups.
type Chart struct {
	Title  string
	Unit   string // of all values, as in ms
	Groups []Group
}

// Group is bars under one heading.
type Group struct {
	Name string
	Bars []Bar
}

// Bar is a value, as a median, and the spread that a whisker shows: Low <= Value <=
// High, all finite and not negative. Without a spread all three are the same.
type Bar struct {
	Name             string
	Value, Low, High float64
}

// The size of the picture: of a row, of all else that is above and below, and across.
const (
	rowHeight   = 17 * vg.Length(1)
	frameHeight = 66 * vg.Length(1)
	width       = 620 * vg.Length(1)
)

// Bars writes c as horizontal bars, from the first group at the top to the last. The
// same chart is the same bytes.
func Bars(w io.Writer, c Chart) error {
	if err := c.check(); err != nil {
		return err
	}
	rows := newRows(c)
	p := plot.New()
	p.Title.Text = printable(c.Title)
	p.Title.TextStyle.Font = sans(13, true)
	p.Title.Padding = 6
	p.X.Label.Text = printable(c.Unit)
	p.X.Label.TextStyle.Font, p.X.Tick.Label.Font, p.Y.Tick.Label.Font = sans(10, false), sans(9, false), sans(10, false)
	p.X.Tick.Marker = plot.TickerFunc(ticks)
	p.Add(rows)
	p.Y.Tick.Marker, p.Y.Tick.Length, p.Y.LineStyle.Width, p.Y.Padding = plot.ConstantTicks(rows.ticks()), 0, 0, 4
	height := rowHeight*vg.Length(len(rows.list)) + frameHeight
	canvas := vgsvg.New(width, height)
	paper := draw.New(canvas)
	paper.SetColor(p.BackgroundColor)
	paper.Fill(paper.Rectangle.Path())
	p.Draw(draw.Crop(paper, 8, -14, 6, -6))
	var picture strings.Builder
	if _, err := canvas.WriteTo(&picture); err != nil {
		return err
	}
	// Not everybody has the font that the text was measured with.
	_, err := io.WriteString(w, strings.ReplaceAll(picture.String(), "font-family:Liberation Sans;", "font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
	return err
}

// check refuses what can't be drawn.
func (c Chart) check() error {
	bars := 0
	for _, g := range c.Groups {
		for _, b := range g.Bars {
			bars++
			if !(0 <= b.Low && b.Low <= b.Value && b.Value <= b.High && b.High < math.Inf(1)) {
				return fmt.Errorf("chart: bar %q of %q: %v with a spread of %v to %v: want 0 <= low <= value <= high, all finite", b.Name, g.Name, b.Value, b.Low, b.High)
			}
		}
	}
	if bars == 0 {
		return errors.New("chart: there are no bars to draw")
	}
	return nil
}

func sans(size vg.Length, bold bool) font.Font {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	if bold {
		f.Weight = 3 // as in golang.org/x/image/font
	}
	return f
}

func style(f font.Font, x text.XAlignment) text.Style {
	return text.Style{Color: ink, Font: f, XAlign: x, YAlign: text.YCenter, Handler: plot.DefaultTextHandler}
}

// ticks are plot's own, with no more digits than they need.
func ticks(low, high float64) []plot.Tick {
	all := plot.DefaultTicks{}.Ticks(low, high)
	for i := range all {
		if !all[i].IsMinor() {
			all[i].Label = strconv.FormatFloat(all[i].Value, 'g', 4, 64)
		}
	}
	return all
}

// printable replaces what XML can't hold, and cuts what would leave no room for bars.
func printable(s string) string {
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// number writes a value with three digits, more only before the point.
func number(v float64) string {
	if v >= 100 || v == 0 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'f', max(0, 2-int(math.Floor(math.Log10(v)))), 64)
}
