package interp

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// disturb changes some numbers of an operator to small ones, rarely to huge ones.
func disturb(rnd *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			disturb(rnd, v.Field(i))
		}
	case reflect.Array, reflect.Slice:
		if v.Kind() == reflect.Slice { // the original's data are shared
			c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			reflect.Copy(c, v)
			v.Set(c)
			if v.Len() > 0 && rnd.IntN(10) == 0 {
				v.Set(v.Slice(0, v.Len()-1))
			}
		}
		for i := range v.Len() {
			disturb(rnd, v.Index(i))
		}
	case reflect.Int:
		switch rnd.IntN(8) {
		case 0, 1:
			v.SetInt(int64(rnd.IntN(8) - 2))
		case 2:
			v.SetInt(rnd.Int64() >> rnd.IntN(63))
		}
	case reflect.Uint8:
		if rnd.IntN(8) == 0 {
			v.SetUint(uint64(rnd.IntN(12)))
		}
	case reflect.Bool:
		v.SetBool(rnd.IntN(2) == 0)
	}
}

func disturbShape(rnd *rand.Rand, s ir.Shape) ir.Shape {
	s = s.Clone()
	if len(s) > 0 && rnd.IntN(3) == 0 {
		s[rnd.IntN(len(s))] = rnd.IntN(4)
	}
	switch rnd.IntN(10) {
	case 0:
		s = append(s, 1)
	case 1:
		s = s[:max(len(s)-1, 0)]
	}
	return s
}

// TestRandomNodesNeverPanic changes attributes, operands and shapes of all cases at random:
// a node is refused, or it is evaluated to tensors of its results' types.
func TestRandomNodesNeverPanic(t *testing.T) {
	rnd := rand.New(rand.NewPCG(11, 12))
	evaluated := 0
	for _, c := range allCases() {
		for range 300 {
			op := reflect.New(reflect.TypeOf(c.op)).Elem()
			op.Set(reflect.ValueOf(c.op))
			disturb(rnd, op)
			in := make([]*ir.Tensor, len(c.in), len(c.in)+1)
			for i, x := range c.in {
				if x != nil {
					in[i] = ir.NewTensor(x.Type, disturbShape(rnd, x.Shape))
				}
			}
			if rnd.IntN(10) == 0 {
				in = in[:rnd.IntN(len(in)+1)]
			}
			if evaluates(t, c, op.Interface().(ir.Op), in) {
				evaluated++
			}
		}
	}
	if evaluated < 1000 {
		t.Errorf("only %d nodes were evaluated", evaluated)
	}
}

func evaluates(t *testing.T, c opCase, op ir.Op, in []*ir.Tensor) bool {
	defer func() {
		if r := recover(); r != nil {
			shapes := ""
			for _, x := range in {
				if x != nil {
					shapes += fmt.Sprintf(" %s %s", x.Type, x.Shape)
				}
			}
			t.Errorf("%s %+v on%s: panic: %v", c.name, op, shapes, r)
		}
	}()
	n, err := build(op, in, c.quants, c.result)
	if err != nil {
		return false
	}
	elems := 0
	for _, v := range n.Out {
		for _, d := range v.Shape {
			if d > 1<<12 {
				return false // valid, but large
			}
		}
		elems += v.Shape.Elems()
	}
	if elems > 1<<16 {
		return false
	}
	out, err := Eval(n, in)
	if err != nil {
		return false
	}
	for i, v := range n.Out {
		if err := fits(v, out[i]); err != nil {
			t.Errorf("%s %+v: result %d: %v", c.name, op, i, err)
		}
	}
	return true
}
