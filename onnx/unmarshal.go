package onnx

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Unmarshal decodes an ONNX file. Large data share b's memory, so b must not
// be changed afterwards. Fields that inference doesn't need are skipped.
func Unmarshal(b []byte) (*ModelProto, error) {
	m := &ModelProto{}
	if err := m.unmarshal(b); err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	return m, nil
}

// UnmarshalTensor decodes a file that holds one TensorProto, such as the
// input_0.pb and output_0.pb of ONNX's test data. It shares b's memory.
func UnmarshalTensor(b []byte) (*TensorProto, error) {
	t := &TensorProto{}
	if err := t.unmarshal(b); err != nil {
		return nil, fmt.Errorf("onnx: tensor: %w", err)
	}
	return t, nil
}

func (m *ModelProto) unmarshal(b []byte) error {
	return eachField(b, func(x field) error {
		switch x.num {
		case 1:
			return setInt(x, &m.IRVersion)
		case 2:
			return x.str(&m.ProducerName)
		case 3:
			return x.str(&m.ProducerVersion)
		case 4:
			return x.str(&m.Domain)
		case 5:
			return setInt(x, &m.ModelVersion)
		case 6:
			return x.str(&m.DocString)
		case 7:
			if m.Graph == nil {
				m.Graph = &GraphProto{}
			}
			return sub(x, m.Graph.unmarshal)
		case 8:
			var o OperatorSetID
			err := sub(x, o.unmarshal)
			m.OpsetImport = append(m.OpsetImport, o)
			return err
		case 14:
			return addPair(x, &m.Metadata)
		}
		return nil
	})
}

func (o *OperatorSetID) unmarshal(b []byte) error {
	return eachField(b, func(x field) error {
		switch x.num {
		case 1:
			return x.str(&o.Domain)
		case 2:
			return setInt(x, &o.Version)
		}
		return nil
	})
}

func addPair(x field, p *[]StringStringPair) error {
	var e StringStringPair
	err := sub(x, func(b []byte) error {
		return eachField(b, func(x field) error {
			switch x.num {
			case 1:
				return x.str(&e.Key)
			case 2:
				return x.str(&e.Value)
			}
			return nil
		})
	})
	*p = append(*p, e)
	return err
}

func (g *GraphProto) unmarshal(b []byte) error {
	return eachField(b, func(x field) error {
		switch x.num {
		case 1:
			return add(x, &g.Nodes, (*NodeProto).unmarshal)
		case 2:
			return x.str(&g.Name)
		case 5:
			return add(x, &g.Initializers, (*TensorProto).unmarshal)
		case 10:
			return x.str(&g.DocString)
		case 11:
			return add(x, &g.Inputs, (*ValueInfoProto).unmarshal)
		case 12:
			return add(x, &g.Outputs, (*ValueInfoProto).unmarshal)
		case 13:
			return add(x, &g.ValueInfo, (*ValueInfoProto).unmarshal)
		case 15:
			g.Sparse++
		}
		return nil
	})
}

func (n *NodeProto) unmarshal(b []byte) error {
	return eachField(b, func(x field) error {
		switch x.num {
		case 1:
			return x.addStr(&n.Inputs)
		case 2:
			return x.addStr(&n.Outputs)
		case 3:
			return x.str(&n.Name)
		case 4:
			return x.str(&n.OpType)
		case 5:
			return add(x, &n.Attributes, (*AttributeProto).unmarshal)
		case 6:
			return x.str(&n.DocString)
		case 7:
			return x.str(&n.Domain)
		}
		return nil
	})
}

func (a *AttributeProto) unmarshal(b []byte) error {
	seen := AttrUndefined // files of IR version 1 have no type field
	err := eachField(b, func(x field) error {
		switch x.num {
		case 1:
			return x.str(&a.Name)
		case 2:
			seen = AttrFloat
			a.F = math.Float32frombits(uint32(x.u))
			return x.want(protowire.Fixed32Type)
		case 3:
			seen = AttrInt
			return setInt(x, &a.I)
		case 4:
			seen = AttrString
			return x.bytes(&a.S)
		case 5:
			seen = AttrTensor
			if a.T == nil {
				a.T = &TensorProto{}
			}
			return sub(x, a.T.unmarshal)
		case 6:
			seen = AttrGraph
			return x.bytes(&a.Graph)
		case 7:
			seen = AttrFloats
			return addFloats(x, &a.Floats)
		case 8:
			seen = AttrInts
			return addVarints(x, &a.Ints)
		case 9:
			seen = AttrStrings
			return x.addBytes(&a.Strings)
		case 20:
			return setInt(x, &a.Type)
		}
		return nil
	})
	if a.Type == AttrUndefined {
		a.Type = seen
	}
	return err
}

func (t *TensorProto) unmarshal(b []byte) error {
	return eachField(b, func(x field) error {
		switch x.num {
		case 1:
			return addVarints(x, &t.Dims)
		case 2:
			return setInt(x, &t.DataType)
		case 4:
			return addFloats(x, &t.FloatData)
		case 5:
			return addVarints(x, &t.Int32Data)
		case 6:
			return x.addBytes(&t.StringData)
		case 7:
			return addVarints(x, &t.Int64Data)
		case 8:
			return x.str(&t.Name)
		case 9:
			return x.bytes(&t.RawData)
		case 10:
			return addDoubles(x, &t.DoubleData)
		case 11:
			return addVarints(x, &t.Uint64Data)
		case 13:
			return addPair(x, &t.External)
		case 14:
			return setInt(x, &t.DataLocation)
		}
		return nil
	})
}

func (v *ValueInfoProto) unmarshal(b []byte) error {
	return eachField(b, func(x field) error {
		switch x.num {
		case 1:
			return x.str(&v.Name)
		case 2:
			return sub(x, v.unmarshalType)
		}
		return nil
	})
}

// unmarshalType reads a TypeProto.
func (v *ValueInfoProto) unmarshalType(b []byte) error {
	return eachField(b, func(x field) error {
		switch x.num {
		case 1:
			return sub(x, v.unmarshalTensorType)
		case 4, 5, 8, 9:
			v.NoTensor = true
		}
		return nil
	})
}

// unmarshalTensorType reads a TypeProto.Tensor.
func (v *ValueInfoProto) unmarshalTensorType(b []byte) error {
	return eachField(b, func(x field) error {
		switch x.num {
		case 1:
			return setInt(x, &v.ElemType)
		case 2:
			v.HasShape = true
			return sub(x, func(b []byte) error {
				return eachField(b, func(x field) error {
					if x.num != 1 {
						return nil
					}
					var d Dim
					err := sub(x, d.unmarshal)
					v.Dims = append(v.Dims, d)
					return err
				})
			})
		}
		return nil
	})
}

func (d *Dim) unmarshal(b []byte) error {
	return eachField(b, func(x field) error {
		switch x.num {
		case 1:
			d.HasValue = true
			return setInt(x, &d.Value)
		case 2:
			return x.str(&d.Param)
		}
		return nil
	})
}
