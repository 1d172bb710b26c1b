package fusion

import (
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/pass"
)

// Unfused returns rewrites that fuse nothing: they drop what computes nothing and write
// every node in the form that has a kernel, so that each computing node of the source
// model is one node. It is what a fused graph is compared with. eval is as for Passes.
func Unfused(eval Eval) []pass.Pass {
	return []pass.Pass{
		{Name: "drop dead nodes", Run: dropDead},
		{Name: "fold constants", Run: each(foldConstants(eval))},
		{Name: "drop bookkeeping", Run: each(dropBookkeeping)},
		{Name: "pair quantizations", Run: each(pairQuantization)},
		{Name: "gemm to fc", Run: each(gemmToFC), After: []pass.Order{
			{Pass: "fold constants", Reason: "the weights may be computed"}}},
		{Name: "gemm to matmul", Run: each(gemmToMatMul), After: []pass.Order{
			{Pass: "fold constants", Reason: "the weights may be computed"}}},
		{Name: "spell out computed convolution", Run: each(computedConv), After: []pass.Order{
			{Pass: "fold constants", Reason: "the weights may be computed of constants"}}},
		{Name: "matmul to fc", Run: each(loneMatMulToFC), After: []pass.Order{
			{Pass: "fold constants", Reason: "the weights may be computed"}}},
		{Name: "mean to pool", Run: each(loneMeanToPool)},
		{Name: "transposed to convolution", Run: each(transposedToConv), After: []pass.Order{
			{Pass: "fold constants", Reason: "the weights may be computed"}}},
		{Name: "constants to affine", Run: each(constantToAffine), After: []pass.Order{
			{Pass: "fold constants", Reason: "the constant may be computed"}}},
		{Name: "prelu to leaky relu", Run: each(preluToLeaky), After: []pass.Order{
			{Pass: "fold constants", Reason: "the slope may be computed"}}},
		{Name: "batch norm to affine", Run: each(batchNormToAffine), After: []pass.Order{
			{Pass: "fold constants", Reason: "the parameters may be computed"}}},
	}
}

// isBookkeeping reports whether a node computes nothing, whatever its attributes.
func isBookkeeping(n *ir.Node) bool {
	switch n.Op.(type) {
	case ir.Identity, ir.Cast, ir.Reshape:
		return true
	}
	return false
}

// dropBookkeeping is dropNoops for what computes nothing: an operator that has nothing
// to do with its attributes stays.
func dropBookkeeping(e *edit, n *ir.Node) (bool, error) {
	if !isBookkeeping(n) {
		return false, nil
	}
	return dropNoops(e, n)
}

// loneMeanToPool is meanToPool without the Transpose before it.
func loneMeanToPool(e *edit, n *ir.Node) (bool, error) {
	if _, _, ok := producer[ir.Transpose](n.In[0]); ok {
		return false, nil
	}
	return meanToPool(e, n)
}
