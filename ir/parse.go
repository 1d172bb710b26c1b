package ir

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Parse reads the text form that Print writes. The graph that it returns passes
// Verify; an error names the line, or is Verify's. It allocates no more than a small
// multiple of what it reads.
func Parse(r io.Reader) (*Graph, error) {
	p := &parser{g: &Graph{}, values: map[string]*Value{}}
	in := bufio.NewReaderSize(r, 1<<16)
	for n := 1; ; n++ {
		line, err := in.ReadString('\n')
		if err != nil && err != io.EOF {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		p.rest = strings.TrimSpace(line)
		if p.rest != "" && p.rest[0] != '#' {
			p.line()
		}
		if p.err != nil {
			return nil, fmt.Errorf("line %d: %w", n, p.err)
		}
		if err == io.EOF {
			break
		}
	}
	if err := Verify(p.g); err != nil {
		return nil, err
	}
	return p.g, nil
}

// parser consumes one line at a time. After the first error the methods do
// nothing and return zero values; loops look at err.
type parser struct {
	g      *Graph
	values map[string]*Value
	rest   string // what is left of the line
	err    error
}

func (p *parser) failf(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format+p.where(), args...)
	}
	p.rest = ""
}

// where returns the next characters, for a message.
func (p *parser) where() string {
	at := p.rest[:min(len(p.rest), 20)]
	if at == "" {
		return " at the end of the line"
	}
	return strings.ReplaceAll(fmt.Sprintf(" before %q", at), "%", "%%")
}

func (p *parser) line() {
	switch {
	case p.rest[0] == '%':
		p.node()
	case p.accept("graph "):
		p.g.Name = p.quoted()
	case p.accept("input "):
		p.g.Inputs = append(p.g.Inputs, p.value())
	case p.accept("const "):
		v := p.value()
		p.expect("=")
		v.Const = p.data(v)
	case p.accept("output "):
		p.g.Outputs = append(p.g.Outputs, p.ref())
		for p.accept(",") {
			p.g.Outputs = append(p.g.Outputs, p.ref())
		}
	default:
		p.failf("want graph, input, const, output or %%result")
	}
	if p.rest != "" {
		p.failf("want the end of the line")
	}
}

func (p *parser) node() {
	n := &Node{}
	n.Out = append(n.Out, p.value())
	for p.accept(",") {
		n.Out = append(n.Out, p.value())
	}
	p.expect("=")
	op := p.operator()
	p.expect("(")
	for p.err == nil && !p.accept(")") {
		n.In = append(n.In, p.ref())
		if !p.accept(",") && !strings.HasPrefix(p.rest, ")") {
			p.failf("want , or )")
		}
	}
	if p.err != nil {
		return
	}
	p.attributes(op)
	n.Op = op.Interface().(Op)
	n.Name = n.Out[0].Name
	if p.accept("@") {
		n.Name = p.name()
	}
	if p.accept("from ") {
		p.list(func() { n.From = append(n.From, p.quoted()) })
	}
	for _, v := range n.Out {
		// A result named here may not be an operand here.
		for _, x := range n.In {
			if x == v {
				p.failf("%q is computed from itself", v.Name)
			}
		}
		v.Def = n
	}
	p.g.Nodes = append(p.g.Nodes, n)
}

// value reads "%name: type shape [quant(...)]" and defines the name.
func (p *parser) value() *Value {
	p.expect("%")
	v := &Value{Name: p.name()}
	if p.err == nil && p.values[v.Name] != nil {
		p.failf("%q is defined twice", v.Name)
	}
	p.values[v.Name] = v
	p.expect(":")
	v.Type = DType(p.enum(dtypeNames[:]))
	v.Shape = p.shape()
	if p.accept("quant(") {
		v.Quant = p.quant()
	}
	return v
}

func (p *parser) shape() Shape {
	s, w := Shape{}, p.word()
	if w == "scalar" {
		return s
	}
	for _, d := range strings.Split(w, "x") {
		n, err := strconv.ParseUint(d, 10, 32)
		if err != nil {
			p.failf("shape %q", w)
			return s
		}
		s = append(s, int(n))
	}
	if err := checkShape(s); err != nil {
		p.failf("%s", err)
	}
	return s
}

func (p *parser) quant() *Quant {
	q := &Quant{}
	p.oneOrList(func() { q.Scale = append(q.Scale, p.float()) })
	p.expect(",")
	p.oneOrList(func() { q.Zero = append(q.Zero, int32(p.integer(32))) })
	if p.accept(",") {
		q.Axis = int(p.integer(32))
	}
	p.expect(")")
	return q
}

// ref reads "%name" of a value defined before, or "_".
func (p *parser) ref() *Value {
	if p.accept("_") {
		return nil
	}
	p.expect("%")
	name := p.name()
	v := p.values[name]
	if v == nil {
		p.failf("%q is not defined", name)
	}
	return v
}

// data reads the elements of the constant v.
func (p *parser) data(v *Value) *Tensor {
	if p.accept("hash ") {
		p.failf("the data were left out of this text")
	}
	n := v.Shape.Elems()
	if p.accept("base64 ") {
		b := p.base64()
		if len(b) != n*v.Type.Size() || v.Type == Invalid {
			p.failf("%d bytes of data for %s %s", len(b), v.Type, v.Shape)
			return nil
		}
		t := NewTensor(v.Type, v.Shape)
		decode(t, b)
		return t
	}
	t := &Tensor{Type: v.Type, Shape: v.Shape.Clone()}
	p.list(func() { p.element(t) })
	if p.err == nil && t.Elems() != n {
		p.failf("%d elements for %s", t.Elems(), v.Shape)
	}
	return t
}

func (p *parser) element(t *Tensor) {
	switch t.Type {
	case F32:
		t.F32 = append(t.F32, p.float())
	case U8, Bool:
		t.U8 = append(t.U8, uint8(p.unsigned(8)))
	case S8:
		t.S8 = append(t.S8, int8(p.integer(8)))
	case S32:
		t.S32 = append(t.S32, int32(p.integer(32)))
	case I64:
		t.I64 = append(t.I64, p.integer(64))
	default:
		p.failf("constant of type %s", t.Type)
	}
}

// accept consumes token and the blanks behind it, if it is next.
func (p *parser) accept(token string) bool {
	rest, ok := strings.CutPrefix(p.rest, token)
	if ok {
		p.rest = strings.TrimLeft(rest, " \t")
	}
	return ok
}

func (p *parser) expect(token string) {
	if !p.accept(token) {
		p.failf("want %q", token)
	}
}

// word consumes what a name without quotes or a number may consist of.
func (p *parser) word() string {
	n := strings.IndexFunc(p.rest, func(r rune) bool { return !plainRune(r) && r != '+' })
	if n < 0 {
		n = len(p.rest)
	}
	if n == 0 {
		p.failf("want a word")
		return ""
	}
	w := p.rest[:n]
	p.rest = strings.TrimLeft(p.rest[n:], " \t")
	return w
}

func (p *parser) name() string {
	if strings.HasPrefix(p.rest, `"`) {
		return p.quoted()
	}
	return p.word()
}

func (p *parser) quoted() string {
	q, err := strconv.QuotedPrefix(p.rest)
	if err != nil || q[0] != '"' {
		p.failf("want a quoted string")
		return ""
	}
	p.rest = strings.TrimLeft(p.rest[len(q):], " \t")
	s, _ := strconv.Unquote(q) // QuotedPrefix made sure
	return s
}

func (p *parser) base64() []byte {
	b, err := base64.StdEncoding.DecodeString(p.quoted())
	if err != nil {
		p.failf("base64: %s", err)
	}
	return b
}

// list calls item for every entry of [a,b,...].
func (p *parser) list(item func()) {
	p.expect("[")
	if p.accept("]") {
		return
	}
	for p.err == nil {
		item()
		if p.accept("]") {
			return
		}
		p.expect(",")
	}
}

func (p *parser) oneOrList(item func()) {
	if strings.HasPrefix(p.rest, "[") {
		p.list(item)
		return
	}
	item()
}

func (p *parser) integer(bits int) int64 {
	v, err := strconv.ParseInt(p.word(), 10, bits)
	p.number(err)
	return v
}

func (p *parser) unsigned(bits int) uint64 {
	v, err := strconv.ParseUint(p.word(), 10, bits)
	p.number(err)
	return v
}

func (p *parser) float() float32 {
	v, err := strconv.ParseFloat(p.word(), 32)
	p.number(err)
	return float32(v)
}

func (p *parser) number(err error) {
	if err != nil {
		var e *strconv.NumError
		errors.As(err, &e)
		p.failf("%q: %s", e.Num, e.Err)
	}
}
