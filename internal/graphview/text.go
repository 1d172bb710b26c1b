package graphview

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/ingot-go/ingot/ir"
)

// textLine is a line in a box: text on the left and, where there is some, on the right.
type textLine struct{ class, text, right string }

// The text of boxes is monospaced, so that its width is known without the font: no
// common one is wider than 0.62 of its size, in hundredths of a pixel here.
const (
	titleAdvance, titleRunes = 806, 38
	lineAdvance, lineRunes   = 682, 46
	titleHeight, lineHeight  = 17, 15
	margin                   = 10
	narrowest                = 150
	mostSources              = 6 // names of source nodes that a box lists
)

// measure returns the size of a box around lines.
func measure(lines []textLine) (w, h int) {
	w, h = narrowest, margin
	for _, l := range lines {
		n := columns(l.text)
		if l.right != "" {
			n += columns(l.right) + 2
		}
		advance, height := lineAdvance, lineHeight
		if l.class == "op" {
			advance, height = titleAdvance, titleHeight
		}
		w, h = max(w, n*advance/100+2*margin), h+height
	}
	return (w + 1) / 2 * 2, h
}

// columns is the width of text in characters; those of East Asia and pictures take two.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	if r >= 0x1100 && r != replacement && r != '…' && r != '→' {
		return 2
	}
	return 1
}

const replacement = '\uFFFD'

// clean replaces what can't be printed or changes the direction of text.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return replacement
		}
		return r
	}, s)
}

// shorten cuts the middle out of what takes more than n columns: both ends of a
// node's name tell something.
func shorten(s string, n int) string {
	if columns(s) <= n {
		return s
	}
	r, head, tail := []rune(s), 0, 0
	for left := (n - 1) / 2; left >= runeColumns(r[head]); head++ {
		left -= runeColumns(r[head])
	}
	for left := n / 2; left >= runeColumns(r[len(r)-1-tail]); tail++ {
		left -= runeColumns(r[len(r)-1-tail])
	}
	return string(r[:head]) + "…" + string(r[len(r)-tail:])
}

// human writes a count with three digits and a thousand's letter.
func human(n int64) string {
	v := float64(n)
	for _, unit := range []string{"", " k", " M", " G"} {
		if v < 999.5 {
			return strconv.FormatFloat(v, 'g', 3, 64) + unit
		}
		v /= 1000
	}
	return strconv.FormatFloat(v, 'f', 0, 64) + " T"
}

// typeText is a value's type and shape.
func typeText(v *ir.Value) string { return v.Type.String() + " " + v.Shape.String() }

// class is the colour of a node.
func class(n *ir.Node) string {
	switch n.Op.(type) {
	case ir.Quantize, ir.Dequantize:
		return "border"
	case ir.Identity, ir.Concat, ir.Split, ir.Slice, ir.Pad, ir.Reshape, ir.Transpose, ir.ChannelShuffle,
		ir.DepthToSpace, ir.SpaceToDepth, ir.ResizeNearest, ir.Cast, ir.Gather:
		return "move"
	}
	if n.Out[0].Type == ir.U8 {
		return "int8"
	}
	return "fp32"
}

// nodeBox is a node as it is drawn.
func nodeBox(id string, n *ir.Node) box {
	b := box{id: id, class: class(n), label: shorten(clean(n.Name), 300)}
	b.lines = []textLine{{class: "op", text: shorten(form(n), titleRunes)}, {class: "name", text: shorten(clean(n.Name), lineRunes)}}
	if steps := epilogue(n); len(steps) > 0 {
		b.lines = append(b.lines, textLine{class: "epilogue", text: shorten("→ "+strings.Join(steps, " → "), lineRunes)})
	}
	fused := 0
	for _, from := range n.From {
		if from == n.Name {
			continue
		}
		if fused++; fused <= mostSources {
			b.lines = append(b.lines, textLine{class: "source", text: "+ " + shorten(clean(from), lineRunes-2)})
		}
	}
	if fused > mostSources {
		b.lines = append(b.lines, textLine{class: "source", text: fmt.Sprintf("+ %d more", fused-mostSources)})
	}
	macs := ""
	if m := ir.MACs(n); m > 0 {
		macs = human(m) + " MACs"
	}
	for i, v := range n.Out {
		if i > 0 {
			macs = ""
		}
		if i == mostSources {
			b.lines = append(b.lines, textLine{class: "shape", text: fmt.Sprintf("and %d more", len(n.Out)-i)})
			break
		}
		b.lines = append(b.lines, textLine{class: "shape", text: shorten(typeText(v), lineRunes-columns(macs)), right: macs})
	}
	return b
}

// form is an operator with what makes it special: window, stride, dilation, groups, function.
func form(n *ir.Node) string {
	s := n.Op.Kind()
	switch o := n.Op.(type) {
	case ir.Conv:
		return s + window(o.Window) + groups(o.Groups)
	case ir.QConv:
		return s + window(o.Window) + groups(o.Groups)
	case ir.MaxPool:
		return s + window(o.Window)
	case ir.AvgPool:
		return s + window(o.Window)
	case ir.QAvgPool:
		return s + window(o.Window)
	case ir.Unary:
		return s + " " + o.Act.String()
	case ir.Binary:
		return s + " " + o.Fn.String()
	case ir.ChannelShuffle:
		return s + groups(o.Groups)
	}
	return s
}

func groups(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(" groups %d", n)
}

func window(w ir.Window) string {
	s := fmt.Sprintf(" %dx%d", w.Kernel[0], w.Kernel[1])
	for _, p := range []struct {
		name string
		size [2]int
	}{{"stride", w.Stride}, {"dilation", w.Dilation}} {
		switch {
		case p.size[0] != p.size[1]:
			s += fmt.Sprintf(" %s %dx%d", p.name, p.size[0], p.size[1])
		case p.size[0] != 1:
			s += fmt.Sprintf(" %s %d", p.name, p.size[0])
		}
	}
	return s
}

// epilogue lists what a node does with its result before it stores it.
func epilogue(n *ir.Node) []string {
	var steps []string
	step := func(is bool, s string) {
		if is {
			steps = append(steps, s)
		}
	}
	sum := residualOperand(n) >= 0 && len(n.In) > residualOperand(n) && n.In[residualOperand(n)] != nil
	float := func(e ir.Epilogue) {
		step(!e.Pre.IsNone(), e.Pre.String())
		step(sum, "residual sum")
		step(!e.Act.IsNone(), e.Act.String())
	}
	stored := func(lo, hi uint8, table []uint8) {
		step(lo > 0 || hi < 255, fmt.Sprintf("clamp to %d..%d", lo, hi))
		step(len(table) > 0, "table")
	}
	requant := func(r ir.Requant) {
		step(true, "requantize")
		step(r.Pre, "clamp")
		step(sum, "residual sum")
		stored(r.Lo, r.Hi, r.Table)
	}
	switch o := n.Op.(type) {
	case ir.Conv:
		float(o.Epilogue)
	case ir.FC:
		float(o.Epilogue)
	case ir.Binary:
		step(!o.Act.IsNone(), o.Act.String())
	case ir.QConv:
		requant(o.Requant)
	case ir.QFC:
		requant(o.Requant)
	case ir.QAdd:
		stored(o.Lo, o.Hi, o.Table)
	case ir.QMul:
		stored(o.Lo, o.Hi, o.Table)
	}
	return steps
}
