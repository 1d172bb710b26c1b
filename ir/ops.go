package ir

// allOps has the zero value of every operator, in the order of op.go and qop.go.
var allOps = []Op{
	Conv{}, FC{}, Gemm{}, MatMul{}, BatchNorm{}, Affine{}, Unary{}, PRelu{}, Binary{},
	MaxPool{}, AvgPool{}, GlobalAvgPool{}, GlobalMaxPool{}, Reduce{}, Softmax{},
	Identity{}, Concat{}, Split{}, Slice{}, Pad{}, Reshape{}, Transpose{}, ChannelShuffle{},
	DepthToSpace{}, ResizeNearest{}, Cast{}, Gather{}, Compare{}, Logic{}, Where{}, Expand{},
	ArgMax{}, TopK{}, CumSum{}, Normalize{}, LRN{}, LpPool{},
	GatherAt{}, GatherND{}, GatherElements{}, ScatterElements{}, ScatterND{}, OneHot{}, NonMaxSuppression{},
	QConv{}, QFC{}, QAdd{}, QMul{}, QAvgPool{}, QGlobalAvgPool{}, QTable{}, Quantize{}, Dequantize{},
}

// Ops returns the zero value of every operator: what a table that must cover
// all of them is checked against.
func Ops() []Op { return append([]Op(nil), allOps...) }

// String returns the name that the text form uses.
func (k BinaryKind) String() string {
	if int(k) < len(binaryNames) {
		return binaryNames[k]
	}
	return "invalid"
}

// String returns the name that the text form uses.
func (m PadMode) String() string {
	if int(m) < len(padModeNames) {
		return padModeNames[m]
	}
	return "invalid"
}

// Elems returns the number of elements that t's data has, whatever its shape says.
func (t *Tensor) Elems() int {
	switch t.Type {
	case F32:
		return len(t.F32)
	case U8, Bool:
		return len(t.U8)
	case S8:
		return len(t.S8)
	case S32:
		return len(t.S32)
	case I64:
		return len(t.I64)
	}
	return 0
}
