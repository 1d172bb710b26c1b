// Package graphview draws a graph for people: an SVG picture, or a page of HTML that
// holds it with a search, and the details of every node. Neither needs another
// program or the network.
//
// Names come from the model, which may be anybody's: text is escaped by the packages
// that write XML and HTML, and what can't be printed is replaced.
package graphview

import (
	"bufio"
	_ "embed"
	"encoding/xml"
	"html/template"
	"io"
	"strings"

	"github.com/ingot-go/ingot/ir"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

//go:embed page.js
var pageScript string

var page = template.Must(template.New("page").Parse(pageText))

// SVG writes g as a picture: title, totals and legend, then a box for every node.
func SVG(w io.Writer, title string, g *ir.Graph) error {
	b := bufio.NewWriter(w)
	b.WriteString(xml.Header)
	drawing{newScene(title, g)}.write(b, true)
	return b.Flush()
}

// HTML writes g as a page that needs no other file.
func HTML(w io.Writer, title string, g *ir.Graph) error {
	s := newScene(title, g)
	var picture strings.Builder
	b := bufio.NewWriter(&picture)
	drawing{s}.write(b, false)
	if err := b.Flush(); err != nil {
		return err
	}
	return page.Execute(w, map[string]any{
		"Title": s.title, "Facts": s.facts, "Legend": s.legend, "Residual": s.residual, "Details": s.details,
		"Picture": template.HTML(picture.String()), "Style": template.CSS(pageStyle), "Script": template.JS(pageScript),
	})
}
