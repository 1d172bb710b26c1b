package bench

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/ingot-go/ingot/quant"
)

// column is a column of the table. A column whose cells are all empty is left out.
type column struct {
	name string
	cell func(r *Row) string
}

// WriteTable writes a line for each row. Speed-ups are over the first.
func WriteTable(w io.Writer, rows []*Row) error {
	columns := []column{
		{"variant", func(r *Row) string { return r.Variant }},
		{"isa", func(r *Row) string { return r.ISA }},
		{"threads", func(r *Row) string { return threads(rows, r) }},
		{"median ms", func(r *Row) string { return fmt.Sprintf("%.4g", 1e3*r.Median().Seconds()) }},
		{"lowest", func(r *Row) string { low, _ := r.Range(); return fmt.Sprintf("%.4g", 1e3*low.Seconds()) }},
		{"highest", func(r *Row) string { _, high := r.Range(); return fmt.Sprintf("%.4g", 1e3*high.Seconds()) }},
		{"speed-up", func(r *Row) string { return fmt.Sprintf("%.2f", rows[0].Median().Seconds()/r.Median().Seconds()) }},
		{"GMAC/s", func(r *Row) string { return fmt.Sprintf("%.1f", r.rate(r.Median())) }},
		{"code kB", func(r *Row) string { return kilobytes(r.Code) }},
		{"weights kB", func(r *Row) string { return kilobytes(r.Weights) }},
		{"top-1", func(r *Row) string { return topClass(r.Accuracy) }},
		{"cosine", func(r *Row) string { return cosine(r.Accuracy) }},
	}
	columns = slices.DeleteFunc(columns, func(c column) bool {
		return !slices.ContainsFunc(rows, func(r *Row) bool { return c.cell(r) != "" })
	})
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	for _, c := range columns {
		fmt.Fprintf(t, "%s\t", c.name)
	}
	fmt.Fprintln(t)
	for _, r := range rows {
		for _, c := range columns {
			fmt.Fprintf(t, "%s\t", c.cell(r))
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

// threads is a row's number of threads, where any row has more than one.
func threads(rows []*Row, r *Row) string {
	if !slices.ContainsFunc(rows, func(r *Row) bool { return r.Threads > 1 }) {
		return ""
	}
	return strconv.Itoa(r.Threads)
}

// kilobytes writes a size; nothing for one that is not known.
func kilobytes(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", float64(n)/1e3)
}

// topClass is how many of the samples have the same best class.
func topClass(a *quant.Accuracy) string {
	if a == nil || !a.Classifier {
		return ""
	}
	return fmt.Sprintf("%d/%d", a.Agree, a.Samples)
}

func cosine(a *quant.Accuracy) string {
	if a == nil {
		return ""
	}
	return fmt.Sprintf("%.5f", a.MeanCosine)
}
