package ir

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

var (
	actType    = reflect.TypeFor[Act]()
	bytesType  = reflect.TypeFor[[]uint8]()
	enumByType = map[reflect.Type][]string{
		reflect.TypeFor[ActKind]():     actNames[:],
		reflect.TypeFor[BinaryKind]():  binaryNames[:],
		reflect.TypeFor[ReduceKind]():  reduceNames[:],
		reflect.TypeFor[SoftmaxKind](): softmaxNames[:],
		reflect.TypeFor[ScatterKind](): scatterNames[:],
		reflect.TypeFor[CompareKind](): compareNames[:],
		reflect.TypeFor[LogicKind]():   logicNames[:],
		reflect.TypeFor[PadMode]():     padModeNames[:],
		reflect.TypeFor[DType]():       dtypeNames[:],
	}
)

// eachField calls f for every attribute of an operator's struct, those of
// embedded structs included, in their order.
func eachField(v reflect.Value, f func(name string, v reflect.Value)) {
	for i := range v.NumField() {
		if t := v.Type().Field(i); t.Anonymous {
			eachField(v.Field(i), f)
		} else {
			f(t.Name, v.Field(i))
		}
	}
}

// Attributes returns an operator's attributes that are not zero, each as name=value
// in the text form.
func Attributes(op Op) []string {
	var all []string
	eachField(reflect.Indirect(reflect.ValueOf(op)), func(name string, v reflect.Value) {
		if !v.IsZero() {
			all = append(all, name+"="+attributeText(v))
		}
	})
	return all
}

func attributeText(v reflect.Value) string {
	if names, ok := enumByType[v.Type()]; ok && int(v.Uint()) < len(names) {
		return names[v.Uint()]
	}
	switch v.Kind() {
	case reflect.Struct: // an Act: kind(A,B), or the kind alone
		a := v.Interface().(Act)
		if a == (Act{Kind: a.Kind}) {
			return a.Kind.String()
		}
		return fmt.Sprintf("%s(%s,%s)", a.Kind, floatText(a.A), floatText(a.B))
	case reflect.Float32:
		return floatText(float32(v.Float()))
	case reflect.Slice, reflect.Array:
		if v.Type() == bytesType {
			return strconv.Quote(base64.StdEncoding.EncodeToString(v.Bytes()))
		}
		s := make([]string, v.Len())
		for i := range s {
			s[i] = attributeText(v.Index(i))
		}
		return "[" + strings.Join(s, ",") + "]"
	}
	return fmt.Sprint(v.Interface())
}

// operator reads an operator's name; its operands and attributes follow.
func (p *parser) operator() reflect.Value {
	kind := p.word()
	for _, op := range allOps {
		if op.Kind() == kind {
			return reflect.New(reflect.TypeOf(op)).Elem()
		}
	}
	p.failf("unknown operator %q", kind)
	return reflect.Value{}
}

// attributes reads {Name=value ...}, if it is there, into an operator's struct.
func (p *parser) attributes(op reflect.Value) {
	if !p.accept("{") {
		return
	}
	fields := map[string]reflect.Value{}
	eachField(op, func(name string, v reflect.Value) { fields[name] = v })
	for p.err == nil && !p.accept("}") {
		name := p.word()
		f, ok := fields[name]
		if !ok {
			p.failf("%q is no attribute, or is there twice", name)
			return
		}
		delete(fields, name)
		p.expect("=")
		p.attribute(f)
	}
}

func (p *parser) attribute(v reflect.Value) {
	if names, ok := enumByType[v.Type()]; ok {
		v.SetUint(uint64(p.enum(names)))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		v.Set(reflect.ValueOf(p.act()))
	case reflect.Bool:
		v.SetBool(p.word() == "true")
	case reflect.Int:
		v.SetInt(p.integer(64))
	case reflect.Uint8:
		v.SetUint(uint64(uint8(p.unsigned(8))))
	case reflect.Float32:
		v.SetFloat(float64(p.float()))
	case reflect.Array:
		i := 0
		p.list(func() {
			if i == v.Len() {
				p.failf("more than %d entries", v.Len())
				return
			}
			p.attribute(v.Index(i))
			i++
		})
		if i < v.Len() {
			p.failf("%d entries, want %d", i, v.Len())
		}
	case reflect.Slice:
		if v.Type() == bytesType {
			v.SetBytes(p.base64())
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		p.list(func() {
			e := reflect.New(v.Type().Elem()).Elem()
			p.attribute(e)
			v.Set(reflect.Append(v, e))
		})
	}
}

func (p *parser) enum(names []string) int {
	w := p.word()
	for i, n := range names {
		if n == w {
			return i
		}
	}
	p.failf("%q is none of %s", w, strings.Join(names, ", "))
	return 0
}

func (p *parser) act() Act {
	a := Act{Kind: ActKind(p.enum(actNames[:]))}
	if p.accept("(") {
		a.A = p.float()
		p.expect(",")
		a.B = p.float()
		p.expect(")")
	}
	return a
}
