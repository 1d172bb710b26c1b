package gen

import (
	"fmt"
	"math"
	"reflect"
	"strconv"

	"github.com/dave/jennifer/jen"
)

// literal returns the Go expression of a value built of the types of package
// portable. Fields that have their zero value are left out. Top says that each
// field is to have a line of its own.
func literal(v reflect.Value, top bool) jen.Code {
	switch v.Kind() {
	case reflect.Struct:
		return jen.Id(v.Type().Name()).Add(fields(v, top))
	case reflect.Slice, reflect.Array:
		return sequence(v)
	case reflect.Interface:
		return literal(v.Elem(), false)
	case reflect.Pointer:
		return jen.Op("&").Add(literal(v.Elem(), false))
	case reflect.Float32:
		return float(float32(v.Float()))
	}
	return jen.Op(fmt.Sprintf("%#v", v.Interface()))
}

func fields(v reflect.Value, lines bool) jen.Code {
	var list []jen.Code
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			continue
		}
		list = append(list, jen.Id(v.Type().Field(i).Name).Op(":").Add(value(v.Field(i))))
	}
	return jen.Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: lines}, list...)
}

// value is the literal of a field. Numbers of named types need no name there.
func value(v reflect.Value) jen.Code {
	switch v.Kind() {
	case reflect.Uint8, reflect.Int, reflect.Int64, reflect.Uint32, reflect.Uint64:
		return jen.Op(fmt.Sprint(v.Interface()))
	case reflect.String:
		return jen.Lit(v.String())
	}
	return literal(v, false)
}

func sequence(v reflect.Value) jen.Code {
	t := jen.Index()
	if v.Kind() == reflect.Array {
		t = jen.Index(jen.Lit(v.Len()))
	}
	var list []jen.Code
	for i := range v.Len() {
		if v.Index(i).Kind() == reflect.Struct {
			list = append(list, fields(v.Index(i), false))
			continue
		}
		list = append(list, value(v.Index(i)))
	}
	return t.Id(v.Type().Elem().Name()).Values(list...)
}

// float is the shortest decimal that is the same float32.
func float(f float32) jen.Code {
	switch {
	case math.IsInf(float64(f), 0):
		sign := 1
		if f < 0 {
			sign = -1
		}
		return jen.Float32().Parens(jen.Qual("math", "Inf").Call(jen.Lit(sign)))
	}
	return jen.Op(strconv.FormatFloat(float64(f), 'g', -1, 32))
}
