package onnx

// The messages of onnx.proto (IR version 3 to 10) that inference needs, with
// the fields that it needs. Names and field numbers are upstream's:
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.

// ModelProto is a whole file.
type ModelProto struct {
	IRVersion       int64              // 1
	ProducerName    string             // 2
	ProducerVersion string             // 3
	Domain          string             // 4
	ModelVersion    int64              // 5
	DocString       string             // 6
	Graph           *GraphProto        // 7
	OpsetImport     []OperatorSetID    // 8
	Metadata        []StringStringPair // 14
}

// OperatorSetID says which version of a domain's operators the model uses.
type OperatorSetID struct {
	Domain  string // 1; empty and "ai.onnx" are the standard operators
	Version int64  // 2
}

// StringStringPair is upstream's StringStringEntryProto.
type StringStringPair struct {
	Key   string // 1
	Value string // 2
}

// GraphProto is a graph; nodes name the values that they read and write.
type GraphProto struct {
	Nodes        []*NodeProto      // 1
	Name         string            // 2
	Initializers []*TensorProto    // 5
	DocString    string            // 10
	Inputs       []*ValueInfoProto // 11
	Outputs      []*ValueInfoProto // 12
	ValueInfo    []*ValueInfoProto // 13
	Sparse       int               // 15: how many sparse initializers; their content is not read
}

// NodeProto applies an operator. An empty name in Inputs or Outputs is an
// absent optional operand or result.
type NodeProto struct {
	Inputs     []string          // 1
	Outputs    []string          // 2
	Name       string            // 3
	OpType     string            // 4
	Attributes []*AttributeProto // 5
	DocString  string            // 6
	Domain     string            // 7
}

// AttrType is AttributeProto.AttributeType.
type AttrType int32

// The types of attributes that are read; sparse tensors keep their type and lose their content.
const (
	AttrUndefined AttrType = 0
	AttrFloat     AttrType = 1
	AttrInt       AttrType = 2
	AttrString    AttrType = 3
	AttrTensor    AttrType = 4
	AttrGraph     AttrType = 5
	AttrFloats    AttrType = 6
	AttrInts      AttrType = 7
	AttrStrings   AttrType = 8
)

var attrTypeNames = [...]string{"undefined", "float", "int", "string", "tensor", "graph", "floats", "ints", "strings",
	"tensors", "graphs", "sparse tensor", "sparse tensors", "type", "types"}

// AttributeProto is a named attribute of a node; the field that Type names is set.
type AttributeProto struct {
	Name    string       // 1
	F       float32      // 2
	I       int64        // 3
	S       []byte       // 4
	T       *TensorProto // 5
	Graph   []byte       // 6: a GraphProto, which is decoded where it is needed
	Floats  []float32    // 7
	Ints    []int64      // 8
	Strings [][]byte     // 9
	Type    AttrType     // 20
}

// DataType is TensorProto.DataType.
type DataType int32

// The element types of tensors, as far as they are read.
const (
	TypeUndefined DataType = 0
	TypeFloat     DataType = 1
	TypeUint8     DataType = 2
	TypeInt8      DataType = 3
	TypeUint16    DataType = 4
	TypeInt16     DataType = 5
	TypeInt32     DataType = 6
	TypeInt64     DataType = 7
	TypeString    DataType = 8
	TypeBool      DataType = 9
	TypeFloat16   DataType = 10
	TypeDouble    DataType = 11
	TypeUint32    DataType = 12
	TypeUint64    DataType = 13
	TypeComplex64 DataType = 14
	TypeBFloat16  DataType = 16
)

// TensorProto is constant data: in RawData (little endian), in the typed field
// that DataType asks for, or in a file that External names.
type TensorProto struct {
	Dims         []int64            // 1
	DataType     DataType           // 2
	FloatData    []float32          // 4: float
	Int32Data    []int32            // 5: int32, int16, int8, uint16, uint8, bool, float16, bfloat16
	StringData   [][]byte           // 6
	Int64Data    []int64            // 7: int64
	Name         string             // 8
	RawData      []byte             // 9
	DoubleData   []float64          // 10: double
	Uint64Data   []uint64           // 11: uint32, uint64
	External     []StringStringPair // 13: location, offset, length, checksum
	DataLocation int32              // 14: 1 means External
}

// ValueInfoProto declares a value: its name and, if it is a tensor, its type.
type ValueInfoProto struct {
	Name     string   // 1
	ElemType DataType // type.tensor_type.elem_type
	HasShape bool     // whether type.tensor_type.shape is there
	Dims     []Dim    // type.tensor_type.shape.dim
	NoTensor bool     // a sequence, map, optional or sparse tensor
}

// Dim is one axis of a declared shape: a value, or a name, or neither.
type Dim struct {
	Value    int64  // 1
	HasValue bool   // a present value may be 0
	Param    string // 2
}
