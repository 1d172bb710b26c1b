package main

import (
	"io"
	"os"
	"strings"

	"github.com/ingot-go/ingot/internal/graphview"
	"github.com/ingot-go/ingot/ir"
)

// pictures are the flags of inspect that draw the graph into files.
type pictures struct{ svg, html string }

func (p *pictures) add(c *call) {
	c.flags.StringVar(&p.svg, "svg", "", "draw the graph into `FILE`, an SVG picture, instead of the table")
	c.flags.StringVar(&p.html, "html", "", "draw the graph into `FILE`, a page for the browser with search and the details of every node, instead of the table")
}

// asked reports whether a picture is wanted.
func (p *pictures) asked() bool { return p.svg != "" || p.html != "" }

// write draws g into the files that the flags name.
func (p *pictures) write(title string, g *ir.Graph) error {
	for _, f := range []struct {
		path string
		draw func(io.Writer, string, *ir.Graph) error
	}{{p.svg, graphview.SVG}, {p.html, graphview.HTML}} {
		if f.path == "" {
			continue
		}
		var b strings.Builder
		if err := f.draw(&b, title, g); err != nil {
			return err
		}
		if err := os.WriteFile(f.path, []byte(b.String()), 0o666); err != nil {
			return err
		}
	}
	return nil
}
