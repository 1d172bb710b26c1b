package ir

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"strconv"
	"strings"
)

// The text form has one line for each thing, in graph order:
//
//	graph "name"
//	input %x: f32 1x3x8x8
//	const %w: f32 4x3x1x1 = [0.5,1,…] or = base64 "…", little-endian
//	%y: u8 1x4x8x8 quant(0.1,128) = QConv(%x,%w,_,%r) {Kernel=[1,1] Groups=1} @node from ["source"]
//	output %y
//
// quant has scale, zero point and, where it is not 0, axis; a list in brackets
// per channel. Attributes are the operator's fields, embedded structs flattened, zero
// values left out. "@node" is left out where the node has its only result's name.
// Names of other characters than letters, digits and _./- are quoted as in Go.
// Empty lines and lines that start with # don't count.

// smallConst is the most elements that a constant is written with as numbers.
const smallConst = 16

// Print writes g's text form, which Parse reads back.
func Print(w io.Writer, g *Graph) error { return printGraph(w, g, true) }

// String returns the text form with a hash in place of the data of larger
// constants: for people and for comparison, not for Parse.
func (g *Graph) String() string {
	var b strings.Builder
	_ = printGraph(&b, g, false) // a Builder does not fail
	return b.String()
}

func printGraph(w io.Writer, g *Graph, data bool) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "graph %s\n", strconv.Quote(g.Name))
	seen := map[*Value]bool{}
	for _, v := range g.Inputs {
		seen[v] = true
		fmt.Fprintf(b, "input %s\n", valueText(v))
	}
	constants := func(vs []*Value) {
		for _, v := range vs {
			if v.IsConst() && !seen[v] {
				seen[v] = true
				fmt.Fprintf(b, "const %s = ", valueText(v))
				writeData(b, v.Const, data)
				b.WriteByte('\n')
			}
		}
	}
	for _, n := range g.Nodes {
		if n != nil {
			constants(n.In)
		}
		fmt.Fprintln(b, nodeText(n))
	}
	constants(g.Outputs)
	fmt.Fprintf(b, "output %s\n", strings.Join(refs(g.Outputs), ","))
	return b.Flush()
}

// nodeText, as all of printGraph, also takes what Verify refuses, for dumps of broken graphs.
func nodeText(n *Node) string {
	if n == nil {
		return "# nil node"
	}
	kind, attrs := "nil", ""
	if n.Op != nil {
		kind, attrs = n.Op.Kind(), strings.Join(Attributes(n.Op), " ")
	}
	results := make([]string, len(n.Out))
	for i, v := range n.Out {
		results[i] = valueText(v)
	}
	s := fmt.Sprintf("%s = %s(%s)", strings.Join(results, ", "), kind, strings.Join(refs(n.In), ","))
	if attrs != "" {
		s += " {" + attrs + "}"
	}
	if len(n.Out) != 1 || n.Out[0] == nil || n.Out[0].Name != n.Name {
		s += " @" + nameText(n.Name)
	}
	if len(n.From) > 0 {
		from := make([]string, len(n.From))
		for i, f := range n.From {
			from[i] = strconv.Quote(f)
		}
		s += " from [" + strings.Join(from, ",") + "]"
	}
	return s
}

func refs(vs []*Value) []string {
	r := make([]string, len(vs))
	for i, v := range vs {
		r[i] = "_"
		if v != nil {
			r[i] = "%" + nameText(v.Name)
		}
	}
	return r
}

func valueText(v *Value) string {
	if v == nil {
		return "_"
	}
	s := fmt.Sprintf("%%%s: %s %s", nameText(v.Name), v.Type, v.Shape)
	if v.Quant != nil {
		s += " " + v.Quant.String()
	}
	return s
}

// String returns quant(scale,zero) or, per channel, quant([scales],[zeros],axis).
func (q *Quant) String() string {
	scale, zero := list(q.Scale, floatText), list(q.Zero, func(z int32) string { return strconv.Itoa(int(z)) })
	if len(q.Scale) == 1 && len(q.Zero) == 1 {
		scale, zero = strings.Trim(scale, "[]"), strings.Trim(zero, "[]")
	}
	if q.Axis != 0 {
		return fmt.Sprintf("quant(%s,%s,%d)", scale, zero, q.Axis)
	}
	return fmt.Sprintf("quant(%s,%s)", scale, zero)
}

func list[T any](vs []T, text func(T) string) string {
	s := make([]string, len(vs))
	for i, v := range vs {
		s[i] = text(v)
	}
	return "[" + strings.Join(s, ",") + "]"
}

// floatText returns the shortest decimal that is v.
func floatText(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }

func plainRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_./-", r)
}

func nameText(name string) string {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !plainRune(r) }) {
		return strconv.Quote(name)
	}
	return name
}

// writeData writes few elements as numbers, more as base64 or, without data, as a hash.
func writeData(w *bufio.Writer, t *Tensor, data bool) {
	if t.Elems() <= smallConst {
		w.WriteString(numbers(t))
		return
	}
	if !data {
		h := fnv.New64a()
		h.Write(encode(t))
		fmt.Fprintf(w, "hash %016x", h.Sum64())
		return
	}
	w.WriteString(`base64 "`)
	e := base64.NewEncoder(base64.StdEncoding, w)
	e.Write(encode(t))
	e.Close()
	w.WriteByte('"')
}

func numbers(t *Tensor) string {
	switch t.Type {
	case F32:
		return list(t.F32, floatText)
	case U8, Bool:
		return list(t.U8, func(v uint8) string { return strconv.Itoa(int(v)) })
	case S8:
		return list(t.S8, func(v int8) string { return strconv.Itoa(int(v)) })
	case S32:
		return list(t.S32, func(v int32) string { return strconv.Itoa(int(v)) })
	}
	return list(t.I64, func(v int64) string { return strconv.FormatInt(v, 10) })
}

// encode returns the elements' bytes, little-endian.
func encode(t *Tensor) []byte {
	b := make([]byte, 0, t.Elems()*t.Type.Size())
	switch t.Type {
	case F32:
		for _, v := range t.F32 {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
	case U8, Bool:
		b = append(b, t.U8...)
	case S8:
		for _, v := range t.S8 {
			b = append(b, byte(v))
		}
	case S32:
		for _, v := range t.S32 {
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		}
	case I64:
		for _, v := range t.I64 {
			b = binary.LittleEndian.AppendUint64(b, uint64(v))
		}
	}
	return b
}

// decode fills t, whose length fits b, from little-endian bytes.
func decode(t *Tensor, b []byte) {
	copy(t.U8, b)
	for i := range t.F32 {
		t.F32[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	for i := range t.S8 {
		t.S8[i] = int8(b[i])
	}
	for i := range t.S32 {
		t.S32[i] = int32(binary.LittleEndian.Uint32(b[4*i:]))
	}
	for i := range t.I64 {
		t.I64[i] = int64(binary.LittleEndian.Uint64(b[8*i:]))
	}
}
