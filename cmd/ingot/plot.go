package main

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/ingot-go/ingot/internal/bench"
	"github.com/ingot-go/ingot/internal/chart"
)

// draw draws the times of all tables, a group each.
func (b *benchmark) draw(w io.Writer) error {
	c := chart.Chart{Title: "Time of a run, " + bench.CPU() + ", " + b.threads.String(), Unit: "ms"}
	for _, t := range b.tables {
		g := chart.Group{Name: t.name}
		for _, r := range t.rows {
			low, high := r.Range()
			g.Bars = append(g.Bars, chart.Bar{Name: b.bar(r), Value: ms(r.Median()), Low: ms(low), High: ms(high)})
		}
		c.Groups = append(c.Groups, g)
	}
	return chart.Bars(w, c)
}

// bar is the name of a row's bar.
func (b *benchmark) bar(r *bench.Row) string {
	name := r.Variant + " " + r.ISA
	if len(b.threads) > 1 {
		name += " " + threads{r.Threads}.String()
	}
	return name
}

func ms(d time.Duration) float64 { return 1e3 * d.Seconds() }

// plotTo writes the chart to a file.
func (b *benchmark) plotTo(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(b.draw(f), f.Close())
}
