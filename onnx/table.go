package onnx

import (
	"math"

	"github.com/ingot-go/ingot/ir"
)

// operator is one row of the table: the versions of the standard operator set
// whose form of the operator is read, the numbers of operands (most is -1 where
// there is no limit), and the function that imports a node.
type operator struct {
	min, max    int
	least, most int
	do          func(*call) error
}

// last returns the last version of the standard operators whose form of the operator is read.
func (o operator) last() int {
	if o.max == tableOpset {
		return maxOpset
	}
	return o.max
}

// operators lists every ONNX operator that is read. Rows that start at opset 6
// have the same meaning there as at 7, or handle the difference.
var operators = map[string]operator{
	// layers with weights
	"Conv":               {6, 21, 2, 3, conv},
	"ConvTranspose":      {6, 21, 2, 3, convTranspose},
	"Gemm":               {6, 21, 2, 3, gemm},
	"MatMul":             {6, 21, 2, 2, matMul},
	"BatchNormalization": {6, 21, 5, 5, batchNorm},

	// elementwise functions
	"Relu":        {6, 21, 1, 1, unary(ir.Relu, nil)},
	"LeakyRelu":   {6, 21, 1, 1, unary(ir.LeakyRelu, []param{{"alpha", 0.01}})},
	"Elu":         {6, 21, 1, 1, unary(ir.Elu, []param{{"alpha", 1}})},
	"HardSigmoid": {6, 21, 1, 1, unary(ir.HardSigmoid, []param{{"alpha", 0.2}, {"beta", 0.5}})},
	"HardSwish":   {14, 21, 1, 1, unary(ir.HardSwish, nil)},
	"Selu":        {6, 21, 1, 1, unary(ir.Selu, []param{{"alpha", 1.67326319217681884765625}, {"gamma", 1.05070102214813232421875}})},
	"Celu":        {12, 21, 1, 1, unary(ir.Celu, []param{{"alpha", 1}})},
	"Softplus":    {6, 21, 1, 1, unary(ir.Softplus, nil)},
	"Softsign":    {6, 21, 1, 1, unary(ir.Softsign, nil)},
	"Mish":        {18, 21, 1, 1, unary(ir.Mish, nil)},
	"Gelu":        {20, 21, 1, 1, gelu},
	"Swish":       {21, 21, 1, 1, swish},
	"Shrink":      {9, 21, 1, 1, unary(ir.Shrink, []param{{"lambd", 0.5}, {"bias", 0}})},
	"Erf":         {9, 21, 1, 1, unary(ir.Erf, nil)},
	"Log":         {6, 21, 1, 1, unary(ir.Log, nil)},
	"Reciprocal":  {6, 21, 1, 1, unary(ir.Reciprocal, nil)},
	"Sin":         {7, 21, 1, 1, unary(ir.Sin, nil)},
	"Cos":         {7, 21, 1, 1, unary(ir.Cos, nil)},
	"Tan":         {7, 21, 1, 1, unary(ir.Tan, nil)},
	"Asin":        {7, 21, 1, 1, unary(ir.Asin, nil)},
	"Acos":        {7, 21, 1, 1, unary(ir.Acos, nil)},
	"Atan":        {7, 21, 1, 1, unary(ir.Atan, nil)},
	"Sinh":        {9, 21, 1, 1, unary(ir.Sinh, nil)},
	"Cosh":        {9, 21, 1, 1, unary(ir.Cosh, nil)},
	"Asinh":       {9, 21, 1, 1, unary(ir.Asinh, nil)},
	"Acosh":       {9, 21, 1, 1, unary(ir.Acosh, nil)},
	"Atanh":       {9, 21, 1, 1, unary(ir.Atanh, nil)},
	"Sqrt":        {6, 21, 1, 1, rounding(ir.Sqrt, math.Sqrt)},
	"Abs":         {6, 21, 1, 1, rounding(ir.Abs, math.Abs)},
	"Neg":         {6, 21, 1, 1, neg},
	"Ceil":        {6, 21, 1, 1, rounding(ir.Ceil, math.Ceil)},
	"Floor":       {6, 21, 1, 1, rounding(ir.Floor, math.Floor)},
	"Round":       {11, 21, 1, 1, rounding(ir.Round, math.RoundToEven)},
	"Sign":        {9, 21, 1, 1, sign},
	"Pow":         {6, 21, 2, 2, pow},
	"Mod":         {10, 21, 2, 2, mod},
	"Max":         {6, 21, 1, -1, several(ir.Max)},
	"Min":         {6, 21, 1, -1, several(ir.Min)},
	"IsNaN":       {9, 21, 1, 1, isNaN},
	"IsInf":       {10, 21, 1, 1, isInf},
	"CastLike":    {15, 21, 2, 2, castLike},
	"Tile":        {6, 21, 2, 2, tile},

	"ThresholdedRelu": {10, 21, 1, 1, unary(ir.ThresholdedRelu, []param{{"alpha", 1}})},

	// comparisons and logic
	"Equal":          {7, 21, 2, 2, comparing(ir.Equal, false)},
	"Less":           {7, 21, 2, 2, comparing(ir.Less, false)},
	"LessOrEqual":    {12, 21, 2, 2, comparing(ir.LessOrEqual, false)},
	"Greater":        {7, 21, 2, 2, comparing(ir.Less, true)},
	"GreaterOrEqual": {12, 21, 2, 2, comparing(ir.LessOrEqual, true)},
	"And":            {7, 21, 2, 2, logical(ir.And)},
	"Or":             {7, 21, 2, 2, logical(ir.Or)},
	"Xor":            {7, 21, 2, 2, logical(ir.Xor)},
	"Not":            {6, 21, 1, 1, not},
	"Where":          {9, 21, 3, 3, where},
	"Sigmoid":        {6, 21, 1, 1, unary(ir.Sigmoid, nil)},
	"Tanh":           {6, 21, 1, 1, unary(ir.Tanh, nil)},
	"Exp":            {6, 21, 1, 1, unary(ir.Exp, nil)},
	"Clip":           {6, 21, 1, 3, clip},
	"PRelu":          {6, 21, 2, 2, prelu},
	"Softmax":        {6, 21, 1, 1, softmax(ir.SoftmaxPlain)},
	"LogSoftmax":     {6, 21, 1, 1, softmax(ir.SoftmaxLog)},
	"Hardmax":        {6, 21, 1, 1, softmax(ir.SoftmaxHard)},
	"Add":            {6, 21, 2, 2, arithmetic(ir.Add)},
	"Sub":            {6, 21, 2, 2, arithmetic(ir.Sub)},
	"Mul":            {6, 21, 2, 2, arithmetic(ir.Mul)},
	"Div":            {6, 21, 2, 2, arithmetic(ir.Div)},
	"Sum":            {6, 21, 1, -1, several(ir.Add)},
	"Mean":           {6, 21, 1, -1, mean},
	"Identity":       {6, 21, 1, 1, identity},
	"Dropout":        {6, 21, 1, 3, dropout},
	"Cast":           {6, 21, 1, 1, cast},

	// pooling and reduction
	"MaxPool":           {6, 21, 1, 1, maxPool},
	"MaxUnpool":         {9, 21, 2, 3, maxUnpool},
	"AveragePool":       {6, 21, 1, 1, averagePool},
	"GlobalAveragePool": {6, 21, 1, 1, globalPool(ir.GlobalAvgPool{})},
	"GlobalMaxPool":     {6, 21, 1, 1, globalPool(ir.GlobalMaxPool{})},
	"LpPool":            {6, 21, 1, 1, lpPool},
	"GlobalLpPool":      {6, 21, 1, 1, globalLpPool},
	"ReduceMean":        {6, 21, 1, 2, reduction(ir.ReduceMean, 18)},
	"ReduceSum":         {6, 21, 1, 2, reduction(ir.ReduceSum, 13)},
	"ReduceMax":         {6, 21, 1, 2, reduction(ir.ReduceMax, 18)},
	"ReduceMin":         {6, 21, 1, 2, reduction(ir.ReduceMin, 18)},
	"ReduceProd":        {6, 21, 1, 2, reduction(ir.ReduceProd, 18)},
	"ReduceL1":          {6, 21, 1, 2, reduction(ir.ReduceL1, 18)},
	"ReduceL2":          {6, 21, 1, 2, reduction(ir.ReduceL2, 18)},
	"ReduceLogSum":      {6, 21, 1, 2, reduction(ir.ReduceLogSum, 18)},
	"ReduceLogSumExp":   {6, 21, 1, 2, reduction(ir.ReduceLogSumExp, 18)},
	"ReduceSumSquare":   {6, 21, 1, 2, reduction(ir.ReduceSumSquare, 18)},
	"ArgMax":            {6, 21, 1, 1, argMax(false)},
	"ArgMin":            {6, 21, 1, 1, argMax(true)},
	"TopK":              {6, 21, 1, 2, topK},
	"CumSum":            {11, 21, 2, 2, cumSum},

	// normalization
	"LRN":                       {6, 21, 1, 1, lrn},
	"InstanceNormalization":     {6, 21, 3, 3, instanceNorm},
	"LayerNormalization":        {17, 21, 2, 3, layerNorm},
	"GroupNormalization":        {18, 21, 3, 3, groupNorm},
	"RMSNormalization":          {21, 21, 2, 2, rmsNorm}, // of opset 23
	"MeanVarianceNormalization": {9, 21, 1, 1, meanVarianceNorm},
	"LpNormalization":           {6, 21, 1, 1, lpNorm},

	// positions that are computed
	"GatherElements":    {11, 21, 2, 2, gatherElements},
	"GatherND":          {11, 21, 2, 2, gatherND},
	"Scatter":           {9, 10, 3, 3, scatterElements},
	"ScatterElements":   {11, 21, 3, 3, scatterElements},
	"ScatterND":         {11, 21, 3, 3, scatterND},
	"OneHot":            {9, 21, 3, 3, oneHot},
	"Compress":          {9, 21, 2, 2, compress},
	"ReverseSequence":   {10, 21, 2, 2, reverseSequence},
	"NonMaxSuppression": {10, 21, 2, 5, nonMaxSuppression},

	// data movement
	"Concat":       {6, 21, 1, -1, concat},
	"Split":        {6, 21, 1, 2, split},
	"Slice":        {6, 21, 1, 5, slice},
	"Pad":          {6, 21, 1, 4, pad},
	"Flatten":      {6, 21, 1, 1, flatten},
	"Reshape":      {6, 21, 2, 2, reshape},
	"Squeeze":      {6, 21, 1, 2, squeeze},
	"Unsqueeze":    {6, 21, 1, 2, unsqueeze},
	"Transpose":    {6, 21, 1, 1, transpose},
	"DepthToSpace": {6, 21, 1, 1, depthToSpace},
	"SpaceToDepth": {6, 21, 1, 1, spaceToDepth},
	"Gather":       {6, 21, 2, 2, gather},
	"Resize":       {10, 21, 1, 4, resize},
	"Upsample":     {7, 9, 1, 2, upsample},

	// quantized models
	"QuantizeLinear":        {10, 21, 2, 3, quantizeLinear},
	"DequantizeLinear":      {10, 21, 2, 3, dequantizeLinear},
	"QLinearConv":           {10, 21, 8, 9, qLinearConv},
	"QLinearMatMul":         {10, 21, 8, 8, qLinearMatMul},
	"ConvInteger":           {10, 21, 2, 4, integerProduct(conv, 0, 0)},
	"MatMulInteger":         {10, 21, 2, 4, integerProduct(matMul, -2, -1)},
	"DynamicQuantizeLinear": {11, 21, 1, 1, dynamicQuantizeLinear},
	// reading between elements
	"GridSample":    {16, 21, 2, 2, gridSample},
	"RoiAlign":      {10, 21, 3, 3, roiAlign},
	"AffineGrid":    {20, 21, 2, 2, affineGrid},
	"CenterCropPad": {18, 21, 2, 2, centerCropPad},

	// constants and shape arithmetic
	"Constant":        {6, 21, 0, 0, constant},
	"ConstantOfShape": {9, 21, 1, 1, constantOfShape},
	"Shape":           {6, 21, 1, 1, shapeOf},
	"Range":           {11, 21, 3, 3, rangeOf},
	"NonZero":         {9, 21, 1, 1, nonZero},
	"EyeLike":         {9, 21, 1, 1, eyeLike},
	"Trilu":           {14, 21, 1, 2, trilu},
	"Expand":          {8, 21, 2, 2, expand},
}
