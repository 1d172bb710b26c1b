package qdq

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/onnx"
)

// dataType returns ONNX's name of a type.
func dataType(t ir.DType) (onnx.DataType, error) {
	switch t {
	case ir.F32:
		return onnx.TypeFloat, nil
	case ir.U8:
		return onnx.TypeUint8, nil
	case ir.S8:
		return onnx.TypeInt8, nil
	case ir.S32:
		return onnx.TypeInt32, nil
	case ir.I64:
		return onnx.TypeInt64, nil
	case ir.Bool:
		return onnx.TypeBool, nil
	}
	return 0, fmt.Errorf("elements of %s have no ONNX form", t)
}

// tensor makes a constant.
func tensor(name string, x *ir.Tensor) (*onnx.TensorProto, error) {
	typ, err := dataType(x.Type)
	if err != nil {
		return nil, err
	}
	t := &onnx.TensorProto{Name: name, DataType: typ, RawData: []byte{}}
	for _, d := range x.Shape {
		t.Dims = append(t.Dims, int64(d))
	}
	for _, v := range x.F32 {
		t.RawData = binary.LittleEndian.AppendUint32(t.RawData, math.Float32bits(v))
	}
	for _, v := range x.I64 {
		t.RawData = binary.LittleEndian.AppendUint64(t.RawData, uint64(v))
	}
	for _, v := range x.S32 {
		t.RawData = binary.LittleEndian.AppendUint32(t.RawData, uint32(v))
	}
	for _, v := range x.S8 {
		t.RawData = append(t.RawData, byte(v))
	}
	t.RawData = append(t.RawData, x.U8...)
	return t, nil
}

// constant writes a constant of the graph under its own name, once.
func (w *writer) constant(v *ir.Value) (string, error) {
	t, err := tensor(v.Name, v.Const)
	if err != nil {
		return "", err
	}
	w.out.Initializers = append(w.out.Initializers, t)
	w.reals[v] = v.Name
	return v.Name, nil
}

// initializer writes a constant that the graph doesn't have.
func (w *writer) initializer(base string, x *ir.Tensor) string {
	t, err := tensor(w.fresh(base), x)
	if err != nil {
		w.err = errors.Join(w.err, err)
		return ""
	}
	w.out.Initializers = append(w.out.Initializers, t)
	return t.Name
}

// floats writes numbers: a scalar, or an axis of several.
func (w *writer) floats(base string, v ...float32) string {
	s := ir.Shape{len(v)}
	if len(v) == 1 {
		s = ir.Shape{}
	}
	return w.initializer(base, ir.Floats(s, v))
}

// ints writes a list of integers.
func (w *writer) ints(base string, v ...int) string {
	t := ir.NewTensor(ir.I64, ir.Shape{len(v)})
	for i, x := range v {
		t.I64[i] = int64(x)
	}
	return w.initializer(base, t)
}

// parameters writes scale and zero point of quantized values, once.
func (w *writer) parameters(v *ir.Value) error {
	if _, ok := w.scales[v]; ok {
		return nil
	}
	if v.Quant == nil {
		return fmt.Errorf("value %q has no quantization parameters", v.Name)
	}
	s := ir.Shape{}
	if n := len(v.Quant.Scale); n > 1 {
		s = ir.Shape{n}
	}
	zero := ir.NewTensor(v.Type, s)
	for i, z := range v.Quant.Zero {
		if v.Type == ir.S8 {
			zero.S8[i] = int8(z)
		} else {
			zero.U8[i] = uint8(z)
		}
	}
	w.scales[v] = [2]string{
		w.initializer(v.Name+"_scale", ir.Floats(s, v.Quant.Scale)),
		w.initializer(v.Name+"_zero_point", zero),
	}
	return nil
}

// axisOf is the attribute of parameters that differ along an axis.
func axisOf(q *ir.Quant) []*onnx.AttributeProto {
	if len(q.Scale) == 1 {
		return nil
	}
	return []*onnx.AttributeProto{integer("axis", q.Axis)}
}

func integer(name string, v int) *onnx.AttributeProto {
	return &onnx.AttributeProto{Name: name, Type: onnx.AttrInt, I: int64(v)}
}

func integers(name string, v ...int) *onnx.AttributeProto {
	a := &onnx.AttributeProto{Name: name, Type: onnx.AttrInts}
	for _, x := range v {
		a.Ints = append(a.Ints, int64(x))
	}
	return a
}

func truth(name string, v bool) *onnx.AttributeProto {
	if v {
		return integer(name, 1)
	}
	return integer(name, 0)
}

func number(name string, v float32) *onnx.AttributeProto {
	return &onnx.AttributeProto{Name: name, Type: onnx.AttrFloat, F: v}
}

func text(name, v string) *onnx.AttributeProto {
	return &onnx.AttributeProto{Name: name, Type: onnx.AttrString, S: []byte(v)}
}
