package ir

// Type is what shape inference says of a result.
type Type struct {
	Type  DType
	Shape Shape
}

// Op is an operator with its attributes. Every operator is a struct type of
// this package whose exported fields are its attributes; the operands and
// results are in its comment, by position. A pointer is never used as an Op.
type Op interface {
	// Kind returns the operator's name in the text form.
	Kind() string
	// Infer returns the types of the results, or why the operands don't fit.
	// It does not look at quantization parameters.
	Infer(in []*Value) ([]Type, error)
}

// Window is the sliding window of a convolution or a pooling, height before width.
type Window struct {
	Kernel   [2]int
	Stride   [2]int
	Dilation [2]int
	Pad      [4]int // top, left, bottom, right
}

// Epilogue is what a Conv or FC does with its sum of products, in this order:
// Pre, then the addition of the residual operand if there is one, then Act.
type Epilogue struct {
	Pre Act // before the residual sum; only with a residual operand
	Act Act // last
}

// Conv is a 2-D convolution (cross-correlation).
//
// In: X f32 [N,C,H,W]; W f32 [M,C/Groups,kh,kw]; B f32 [M] or nil; R f32 of
// the result's shape or nil. Out: f32 [N,M,OH,OW].
type Conv struct {
	Window
	Groups int
	Epilogue
}

// FC is a fully connected layer: X times the transpose of W, plus B.
//
// In: X f32 [N,K]; W f32 [M,K]; B f32 [M] or nil; R f32 [N,M] or nil. Out: f32 [N,M].
type FC struct {
	Epilogue
}

// Gemm is Alpha*A'*B' + Beta*C, ' a transposition where asked for. Fusion turns
// it into FC when B is constant.
//
// In: A f32 [M,K]; B f32 [K,N]; C f32 that broadcasts to [M,N], or nil. Out: f32 [M,N].
type Gemm struct {
	Alpha, Beta    float32
	TransA, TransB bool
}

// MatMul is the product of matrices in the last two axes, with numpy's rules
// for one-dimensional operands and broadcast of the leading axes.
//
// In: A f32; B f32. Out: f32.
type MatMul struct{}

// BatchNorm is scale*(x-mean)/sqrt(var+Epsilon) + bias for each channel (axis 1).
//
// In: X f32 [N,C,...]; scale, bias, mean, var f32 [C]. Out: as X.
type BatchNorm struct {
	Epsilon float32
}

// Affine is f32(x*Mul[c]) + Add[c], c the index of axis 1: constants spelled out as
// Sub, Div, Mul and Add, or a BatchNorm that no convolution took up. Mul and Add
// have one element each, or one a channel each.
//
// In: X f32. Out: as X.
type Affine struct {
	Mul, Add []float32
}

// Unary applies an elementwise function. In: X f32. Out: as X.
type Unary struct {
	Act Act
}

// PRelu is x<0 ? slope*x : x. In: X f32; slope f32 that broadcasts to X. Out: as X.
type PRelu struct{}

// BinaryKind names an elementwise function of two variables.
type BinaryKind uint8

// The functions of Binary.
const (
	Add BinaryKind = iota
	Sub
	Mul
	Div
	Max
	Min
	Pow  // a to the power b
	Mod  // the rest of a/b with the sign of b
	FMod // the rest of a/b with the sign of a
)

var binaryNames = [...]string{"Add", "Sub", "Mul", "Div", "Max", "Min", "Pow", "Mod", "FMod"}

// Binary applies a function to two tensors that broadcast as numpy's do. A maximum or minimum
// with NaN is NaN. Integers wrap; a quotient is cut towards 0, and it and the rest by 0 are 0.
//
// In: A, B of one number type, no quantized bytes. Out: that type, of the broadcast shape.
type Binary struct {
	Fn  BinaryKind
	Act Act // applied to the result; of Add, Sub, Mul and Div of f32 only
}

// MaxPool is the maximum over a window; padding never wins. With Ceil a last
// window may start inside the padded input and reach past it.
//
// In: X f32 or u8 [N,C,H,W]. Out: as X but for H and W; quantization as X.
type MaxPool struct {
	Window
	Ceil bool
}

// AvgPool is the mean over a window. With CountPad the padding (not what Ceil
// adds beyond it) counts as zeros; else only the inside is summed and counted.
//
// In: X f32 [N,C,H,W]. Out: as X but for H and W.
type AvgPool struct {
	Window
	Ceil     bool
	CountPad bool
}

// GlobalAvgPool is the mean over all positions. In: X f32 [N,C,H,W]. Out: f32 [N,C,1,1].
type GlobalAvgPool struct{}

// GlobalMaxPool is the maximum over all positions. In: X f32 or u8 [N,C,H,W].
// Out: [N,C,1,1]; quantization as X.
type GlobalMaxPool struct{}

// Softmax is exp(x-max)/sum along one axis, or what Fn makes of it. In: X f32. Out: as X.
type Softmax struct {
	Axis int
	Fn   SoftmaxKind
}

// Identity returns its operand. In: X of any type. Out: as X.
type Identity struct{}

// Concat joins along an axis. In: one or more of the same type. Out: that type.
// In an int8 graph all operands and the result share one Quant.
type Concat struct {
	Axis int
}

// Split cuts along an axis. In: X of any type. Out: len(Sizes) values.
type Split struct {
	Axis  int
	Sizes []int
}

// Slice takes Size[i] elements of axis i from Start[i] on, every Step[i]-th;
// a negative step walks backwards. In: X of any type. Out: shape Size.
type Slice struct {
	Start, Step, Size []int
}

// PadMode says what Pad fills the border with.
type PadMode uint8

// The modes of Pad.
const (
	PadConstant PadMode = iota
	PadReflect          // mirror without repeating the edge
	PadEdge             // repeat the edge
)

var padModeNames = [...]string{"constant", "reflect", "edge"}

// Pad adds a border; negative widths crop. In: X of any type. Out: X's type.
// Value is the real number of PadConstant; in an int8 graph it is stored as
// round(Value/scale)+zero, limited to 0..255.
type Pad struct {
	Before, After []int // one of each an axis
	Mode          PadMode
	Value         float32
}

// Reshape gives the elements, in row-major order, another shape. In: X of any
// type. Out: Shape, without wildcards.
type Reshape struct {
	Shape Shape
}

// Transpose permutes axes: axis i of the result is axis Perm[i] of the operand.
// In: X of any type. Out: X's type.
type Transpose struct {
	Perm []int
}

// ChannelShuffle reads channels as a Groups x C/Groups matrix and transposes it.
// In: X of any type [N,C,H,W]. Out: as X.
type ChannelShuffle struct {
	Groups int
}

// DepthToSpace moves blocks of channels into space. In: X of any type
// [N,C,H,W]. Out: [N,C/Block^2,H*Block,W*Block]. CRD reads the channel as
// (c, y, x); else as (y, x, c).
type DepthToSpace struct {
	Block int
	CRD   bool
}

// ResizeNearest takes for each position of the result the operand's element at
// (Y[y], X[x]); the importer computes both from the model's coordinate mode.
// In: X of any type [N,C,H,W]. Out: [N,C,len(Y),len(X)].
type ResizeNearest struct {
	Y, X []int
}

// Cast converts elements. A real number is cut towards 0; beyond the range of the integer type it
// takes the nearest end, and NaN becomes 0. Integers wrap. A truth value is whether the number is not 0.
//
// In: X of any type, no quantized bytes. Out: To.
type Cast struct {
	To DType
}

// Gather takes slices along an axis by index, in index order; the indices
// are attributes because networks of static shape have them constant.
// In: X of any type. Out: the axis replaced by IndexShape.
type Gather struct {
	Axis       int
	Index      []int
	IndexShape Shape
}
