package onnx

import (
	"bytes"
	"reflect"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// everything uses every field of every message.
func everything() *ModelProto {
	return &ModelProto{
		IRVersion: 8, ProducerName: "p", ProducerVersion: "1", Domain: "d", ModelVersion: -3, DocString: "doc",
		OpsetImport: []OperatorSetID{{Version: 13}, {Domain: "com.x", Version: 1}},
		Metadata:    []StringStringPair{{"k", "v"}, {"empty", ""}},
		Graph: &GraphProto{
			Name: "g", DocString: "gd",
			Nodes: []*NodeProto{{
				Inputs: []string{"a", "", "b"}, Outputs: []string{"", "c"}, Name: "n", OpType: "Op", DocString: "nd", Domain: "com.x",
				Attributes: []*AttributeProto{
					attrI("zero", 0), attrI("neg", -1), attrF("f", 0), attrS("s", ""), attrIs("is", 0, -1, 1<<62), attrFs("fs", 0, -1.5),
					attrT("t", ramp("inner", 2)), {Name: "ss", Type: AttrStrings, Strings: [][]byte{{}, []byte("x")}},
				},
			}},
			Initializers: []*TensorProto{
				{Name: "raw", Dims: []int64{2, 0}, DataType: TypeFloat, RawData: []byte{}},
				{Name: "typed", FloatData: []float32{1}, Int32Data: []int32{-1}, Int64Data: []int64{-1}, DoubleData: []float64{1e300},
					Uint64Data: []uint64{1 << 63}, StringData: [][]byte{[]byte("s")}},
				{Name: "ext", External: []StringStringPair{{"location", "f"}}, DataLocation: 1},
			},
			Inputs:    []*ValueInfoProto{value("in", 1, -1, 0), {Name: "norank", ElemType: TypeInt64}},
			Outputs:   []*ValueInfoProto{value("out")},
			ValueInfo: []*ValueInfoProto{value("mid", 5)},
		},
	}
}

func TestMarshalRoundTrip(t *testing.T) {
	m := everything()
	b := m.Marshal()
	got, err := Unmarshal(b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, m) {
		t.Errorf("got %+v\nwant %+v", got.Graph, m.Graph)
	}
	if !bytes.Equal(got.Marshal(), b) {
		t.Error("marshalling again gives other bytes")
	}
}

// Every prefix of a file either fails to decode or decodes to less; none may panic.
func TestUnmarshalTruncated(t *testing.T) {
	b := everything().Marshal()
	failed := 0
	for i := range b {
		if _, err := Unmarshal(b[:i]); err != nil {
			failed++
		}
	}
	if failed < len(b)*9/10 {
		t.Errorf("only %d of %d prefixes fail", failed, len(b))
	}
}

// Writers may leave repeated numbers unpacked; readers must take both.
func TestUnmarshalUnpacked(t *testing.T) {
	var b []byte
	for _, v := range []uint64{2, 3} {
		b = protowire.AppendVarint(protowire.AppendTag(b, 1, protowire.VarintType), v)
	}
	b = appendFloat(protowire.AppendTag(b, 4, protowire.Fixed32Type), 1.5)
	b = appendDouble(protowire.AppendTag(b, 10, protowire.Fixed64Type), 2.5)
	got, err := UnmarshalTensor(b)
	if err != nil {
		t.Fatal(err)
	}
	want := &TensorProto{Dims: []int64{2, 3}, FloatData: []float32{1.5}, DoubleData: []float64{2.5}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestUnmarshalWrongWireType(t *testing.T) {
	for name, b := range map[string][]byte{
		"graph is a number":      protowire.AppendVarint(protowire.AppendTag(nil, 7, protowire.VarintType), 1),
		"ir_version is a string": protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), []byte("x")),
		"text":                   []byte("this is no ONNX file at all"),
		"bad tag":                {0xff, 0xff, 0xff},
	} {
		if _, err := Unmarshal(b); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
