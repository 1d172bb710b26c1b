package onnx

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Marshal encodes m as an ONNX file: fields in the order of their numbers,
// empty ones left out, so the same model always gives the same bytes.
// Unmarshal reads back what Marshal writes.
func (m *ModelProto) Marshal() []byte {
	var e encoder
	e.int(1, m.IRVersion)
	e.str(2, m.ProducerName)
	e.str(3, m.ProducerVersion)
	e.str(4, m.Domain)
	e.int(5, m.ModelVersion)
	e.str(6, m.DocString)
	if m.Graph != nil {
		e.msg(7, m.Graph.encode)
	}
	for _, o := range m.OpsetImport {
		e.msg(8, func(e *encoder) {
			e.str(1, o.Domain)
			e.int(2, o.Version)
		})
	}
	e.pairs(14, m.Metadata)
	return e.b
}

// Marshal encodes t as a file of its own, which UnmarshalTensor reads.
func (t *TensorProto) Marshal() []byte {
	var e encoder
	t.encode(&e)
	return e.b
}

// encoder appends fields to b; zero values are left out.
type encoder struct{ b []byte }

func (e *encoder) int(num protowire.Number, v int64) {
	if v != 0 {
		e.b = protowire.AppendTag(e.b, num, protowire.VarintType)
		e.b = protowire.AppendVarint(e.b, uint64(v))
	}
}

func (e *encoder) bytes(num protowire.Number, v []byte) {
	e.b = protowire.AppendTag(e.b, num, protowire.BytesType)
	e.b = protowire.AppendBytes(e.b, v)
}

func (e *encoder) str(num protowire.Number, v string) {
	if v != "" {
		e.bytes(num, []byte(v))
	}
}

// strs keeps empty elements: they stand for absent operands.
func (e *encoder) strs(num protowire.Number, vs []string) {
	for _, v := range vs {
		e.bytes(num, []byte(v))
	}
}

func (e *encoder) msg(num protowire.Number, f func(*encoder)) {
	var s encoder
	f(&s)
	e.bytes(num, s.b)
}

func (e *encoder) pairs(num protowire.Number, ps []StringStringPair) {
	for _, p := range ps {
		e.msg(num, func(e *encoder) {
			e.str(1, p.Key)
			e.str(2, p.Value)
		})
	}
}

// packed encodes a repeated number; f appends one element.
func packed[T any](e *encoder, num protowire.Number, vs []T, f func([]byte, T) []byte) {
	if len(vs) == 0 {
		return
	}
	var b []byte
	for _, v := range vs {
		b = f(b, v)
	}
	e.bytes(num, b)
}

func appendInt[T int32 | int64 | uint64](b []byte, v T) []byte {
	return protowire.AppendVarint(b, uint64(v))
}

func appendFloat(b []byte, v float32) []byte {
	return protowire.AppendFixed32(b, math.Float32bits(v))
}

func appendDouble(b []byte, v float64) []byte {
	return protowire.AppendFixed64(b, math.Float64bits(v))
}

func (g *GraphProto) encode(e *encoder) {
	for _, n := range g.Nodes {
		e.msg(1, n.encode)
	}
	e.str(2, g.Name)
	for _, t := range g.Initializers {
		e.msg(5, t.encode)
	}
	e.str(10, g.DocString)
	for i, vs := range [][]*ValueInfoProto{g.Inputs, g.Outputs, g.ValueInfo} {
		for _, v := range vs {
			e.msg(protowire.Number(11+i), v.encode)
		}
	}
}

func (n *NodeProto) encode(e *encoder) {
	e.strs(1, n.Inputs)
	e.strs(2, n.Outputs)
	e.str(3, n.Name)
	e.str(4, n.OpType)
	for _, a := range n.Attributes {
		e.msg(5, a.encode)
	}
	e.str(6, n.DocString)
	e.str(7, n.Domain)
}

// encode writes the field that the type names even where it is zero.
func (a *AttributeProto) encode(e *encoder) {
	e.str(1, a.Name)
	switch a.Type {
	case AttrFloat:
		e.b = protowire.AppendTag(e.b, 2, protowire.Fixed32Type)
		e.b = appendFloat(e.b, a.F)
	case AttrInt:
		e.b = protowire.AppendTag(e.b, 3, protowire.VarintType)
		e.b = appendInt(e.b, a.I)
	case AttrString:
		e.bytes(4, a.S)
	case AttrTensor:
		if a.T != nil {
			e.msg(5, a.T.encode)
		}
	case AttrGraph:
		e.bytes(6, a.Graph)
	}
	packed(e, 7, a.Floats, appendFloat)
	packed(e, 8, a.Ints, appendInt)
	for _, s := range a.Strings {
		e.bytes(9, s)
	}
	e.int(20, int64(a.Type))
}

func (t *TensorProto) encode(e *encoder) {
	packed(e, 1, t.Dims, appendInt)
	e.int(2, int64(t.DataType))
	packed(e, 4, t.FloatData, appendFloat)
	packed(e, 5, t.Int32Data, appendInt)
	for _, s := range t.StringData {
		e.bytes(6, s)
	}
	packed(e, 7, t.Int64Data, appendInt)
	e.str(8, t.Name)
	if t.RawData != nil {
		e.bytes(9, t.RawData)
	}
	packed(e, 10, t.DoubleData, appendDouble)
	packed(e, 11, t.Uint64Data, appendInt)
	e.pairs(13, t.External)
	e.int(14, int64(t.DataLocation))
}

func (v *ValueInfoProto) encode(e *encoder) {
	e.str(1, v.Name)
	if v.NoTensor {
		return
	}
	e.msg(2, func(e *encoder) {
		e.msg(1, func(e *encoder) {
			e.int(1, int64(v.ElemType))
			if !v.HasShape {
				return
			}
			e.msg(2, func(e *encoder) {
				for _, d := range v.Dims {
					e.msg(1, d.encode)
				}
			})
		})
	})
}

func (d Dim) encode(e *encoder) {
	if d.HasValue {
		e.b = protowire.AppendTag(e.b, 1, protowire.VarintType)
		e.b = appendInt(e.b, d.Value)
	}
	e.str(2, d.Param)
}
