// Package fusion rewrites a graph in fp32 until it has few, large nodes:
// convolutions and fully connected layers that take up normalisation, bias,
// residual sum, activation and padding.
//
// A rule never loses a value that somebody reads: it stops where a value has a
// second reader or is an output of the graph. A fused node has the name of its
// layer, and its result that of the last value it stands for, so tensors are
// found by the names of the source model.
package fusion

import (
	"fmt"
	"slices"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/pass"
)

// Eval computes the results of one node from its operands, nil where one is absent.
type Eval = func(n *ir.Node, in []*ir.Tensor) ([]*ir.Tensor, error)

// Passes returns the rewrites in the order in which they run. eval computes the
// nodes whose operands are constant. Each pass runs to its own fixed point, the
// last one until none of them finds anything, so fusing twice changes nothing.
func Passes(eval Eval) []pass.Pass {
	passes := slices.Concat(forms(eval), activations(), folds())
	return append(passes, pass.Pass{Name: "repeat what that enabled", Run: repeat(passes)})
}

// forms bring what can be written in several ways into one.
func forms(eval Eval) []pass.Pass {
	return []pass.Pass{
		// What is left of the exporter's bookkeeping.
		{Name: "drop dead nodes", Run: dropDead},
		{Name: "fold constants", Run: each(foldConstants(eval))},
		{Name: "drop no-ops", Run: each(dropNoops)},

		// Quantized models.
		{Name: "pair quantizations", Run: each(pairQuantization), After: []pass.Order{
			{Pass: "drop no-ops", Reason: "an Identity between the two hides them from each other"}}},

		// Moves of data.
		{Name: "recognize channel shuffle", Run: each(recognizeShuffle)},
		{Name: "recognize pixel shuffle", Run: each(recognizePixelShuffle)},
		{Name: "merge reshapes", Run: each(mergeReshapes), After: []pass.Order{
			{Pass: "recognize channel shuffle", Reason: "a merged first Reshape hides the shape it starts from"},
			{Pass: "recognize pixel shuffle", Reason: "a merged first Reshape hides the shape it starts from"}}},
		{Name: "merge transposes", Run: each(mergeTransposes), After: []pass.Order{
			{Pass: "recognize channel shuffle", Reason: "the Transpose of a shuffle must not become part of another"}}},

		{Name: "assignments to concat", Run: each(scatterToConcat), After: []pass.Order{
			{Pass: "fold constants", Reason: "the positions may be computed"}}},
		{Name: "part of concat", Run: each(sliceOfConcat), After: []pass.Order{
			{Pass: "assignments to concat", Reason: "what is read of assigned parts is a part of that Concat"}}},

		// One form for what can be written in several.
		{Name: "gemm to fc", Run: each(gemmToFC), After: []pass.Order{
			{Pass: "fold constants", Reason: "the weights may be computed"}}},
		{Name: "gemm to matmul", Run: each(gemmToMatMul), After: []pass.Order{
			{Pass: "fold constants", Reason: "the weights may be computed"}}},
		{Name: "spell out computed convolution", Run: each(computedConv), After: []pass.Order{
			{Pass: "fold constants", Reason: "the weights may be computed of constants"}}},
		{Name: "matmul to fc", Run: each(matMulToFC), After: []pass.Order{
			{Pass: "fold constants", Reason: "the weights may be computed"}}},
		{Name: "power to function", Run: each(powToFunction), After: []pass.Order{
			{Pass: "fold constants", Reason: "the exponent may be computed"}}},
		{Name: "merge reductions", Run: each(mergeReductions)},
		{Name: "sum of branches", Run: each(sumOfBranches)},
		{Name: "sum to mean", Run: each(sumToMean), After: []pass.Order{
			{Pass: "merge reductions", Reason: "the sums over height and over width may be two"}}},
		{Name: "mean to pool", Run: each(meanToPool)},
		{Name: "constants to affine", Run: each(constantToAffine), After: []pass.Order{
			{Pass: "matmul to fc", Reason: "it looks for the addition of its bias, along the last axis"},
			{Pass: "fold constants", Reason: "the constant may be computed"}}},

		// Normalizations spelled out in small operators.
		{Name: "recognize layer norm", Run: each(recognizeLayerNorm), After: []pass.Order{
			{Pass: "constants to affine", Reason: "the sum with epsilon is matched as Affine"}}},
		{Name: "factors into normalization", Run: each(factorsIntoNormalize), After: []pass.Order{
			{Pass: "recognize layer norm", Reason: "its factors stand behind the spelled form"}}},
	}
}

// activations recognize functions that are spelled out in small operators.
func activations() []pass.Pass {
	return []pass.Pass{
		{Name: "merge clamps", Run: each(mergeClamps)},
		{Name: "prelu to leaky relu", Run: each(preluToLeaky)},
		{Name: "recognize hard-swish", Run: each(recognizeHardSwish), After: []pass.Order{
			{Pass: "constants to affine", Reason: "x+3 and /6 are matched as Affine"},
			{Pass: "merge clamps", Reason: "it matches one clamp"}}},
		{Name: "recognize hard-sigmoid", Run: each(recognizeHardSigmoid), After: []pass.Order{
			{Pass: "recognize hard-swish", Reason: "its factor 1/6 may follow the product"}}},
		{Name: "recognize sigmoid", Run: each(recognizeSigmoid), After: []pass.Order{
			{Pass: "constants to affine", Reason: "1 + exp(x) is matched as Affine"}}},
		{Name: "recognize silu", Run: each(recognizeSilu)},
		{Name: "recognize gelu", Run: each(recognizeGelu), After: []pass.Order{
			{Pass: "constants to affine", Reason: "its constants are matched as Affine"}}},
		{Name: "recognize gelu by tanh", Run: each(recognizeGeluTanh), After: []pass.Order{
			{Pass: "constants to affine", Reason: "its constants are matched as Affine"}}},
		{Name: "recognize softplus", Run: each(recognizeSoftplus), After: []pass.Order{
			{Pass: "constants to affine", Reason: "1 + exp(x) is matched as Affine"}}},
		{Name: "recognize mish", Run: each(recognizeMish), After: []pass.Order{
			{Pass: "recognize softplus", Reason: "it matches the Softplus"}}},
		{Name: "recognize softsign", Run: each(recognizeSoftsign), After: []pass.Order{
			{Pass: "constants to affine", Reason: "1 + |x| is matched as Affine"}}},
	}
}

// folds make operators part of the layers around them.
func folds() []pass.Pass {
	return []pass.Pass{
		// Factors and shifts into weights and biases.
		{Name: "batch norm to affine", Run: each(batchNormToAffine), After: []pass.Order{
			{Pass: "recognize hard-sigmoid", Reason: "merged with a BatchNorm, x+3 is no longer seen"},
			{Pass: "recognize gelu", Reason: "merged with a BatchNorm, x/sqrt(2) is no longer seen"}}},
		{Name: "affine before volume", Run: each(affineBeforeVolume), After: []pass.Order{
			{Pass: "batch norm to affine", Reason: "a BatchNorm folds as an Affine"}}},
		{Name: "affine into previous layer", Run: each(affineIntoPrevious), After: []pass.Order{
			{Pass: "batch norm to affine", Reason: "a BatchNorm folds as an Affine"},
			{Pass: "recognize hard-sigmoid", Reason: "folded into the weights, x+3 is no longer seen"}}},
		{Name: "affine into transposed convolution", Run: each(affineIntoTransposed), After: []pass.Order{
			{Pass: "batch norm to affine", Reason: "a BatchNorm folds as an Affine"}}},
		{Name: "transposed to convolution", Run: each(transposedToConv), After: []pass.Order{
			{Pass: "fold constants", Reason: "the weights may be computed"},
			{Pass: "affine into transposed convolution", Reason: "no factor for each channel can be folded past the moves behind"}}},
		{Name: "compose affines", Run: each(composeAffines), After: []pass.Order{
			{Pass: "recognize hard-sigmoid", Reason: "merged with another Affine, x+3 is no longer seen"}}},
		{Name: "affine into next layer", Run: each(affineIntoNext), After: []pass.Order{
			{Pass: "affine into previous layer", Reason: "the previous layer takes any Affine, the next not all"},
			{Pass: "compose affines", Reason: "the shift of two may cancel"}}},
		{Name: "sink reshapes and transposes", Run: each(sinkMoves), After: []pass.Order{
			{Pass: "constants to affine", Reason: "an Affine of one operand sinks where a Binary can't"},
			{Pass: "affine into next layer", Reason: "a Transpose between the two would keep them apart"},
			{Pass: "recognize channel shuffle", Reason: "it must find the three moves side by side"}}},
		{Name: "raise transposes", Run: each(raiseTransposes), After: []pass.Order{
			{Pass: "recognize channel shuffle", Reason: "it must find the three moves side by side"}}},
		{Name: "sink transposes", Run: each(sinkTransposes), After: []pass.Order{
			{Pass: "recognize channel shuffle", Reason: "it must find the three moves side by side"}}},
		{Name: "transpose before softmax", Run: each(transposeBeforeSoftmax)},
		{Name: "softmax of rows", Run: each(softmaxOfRows), After: []pass.Order{
			{Pass: "sink transposes", Reason: "a Transpose may bring the runs together for nothing"},
			{Pass: "transpose before softmax", Reason: "a Transpose may bring the runs together for nothing"}}},
		{Name: "transpose into fc", Run: each(transposeIntoFC), After: []pass.Order{
			{Pass: "merge transposes", Reason: "a pair that cancels costs nothing"}}},

		{Name: "channels to convolution", Run: each(channelsToConv), After: []pass.Order{
			{Pass: "recognize layer norm", Reason: "the means over channels may be those of a normalization"}}},
		{Name: "axis to pool", Run: each(axisToPool), After: []pass.Order{
			{Pass: "recognize layer norm", Reason: "the means may be those of a normalization"},
			{Pass: "merge reductions", Reason: "those over height and over width may be one"}}},

		// Borders and epilogues.
		{Name: "pad into window", Run: each(padIntoWindow), After: []pass.Order{
			{Pass: "affine into next layer", Reason: "a shift folds into a layer only while that has no padding"}}},
		{Name: "drop taps on padding", Run: each(dropPaddingTaps), After: []pass.Order{
			{Pass: "pad into window", Reason: "the border may be a Pad"}}},
		{Name: "activation into epilogue", Run: each(activationIntoEpilogue), After: []pass.Order{
			{Pass: "affine into previous layer", Reason: "weights take factors before an activation only"},
			{Pass: "recognize hard-swish", Reason: "the last part of a spelled activation is no activation by itself"}}},
		{Name: "activation into joined layers", Run: each(activationIntoJoined), After: []pass.Order{
			{Pass: "affine into previous layer", Reason: "weights take factors before an activation only"},
			{Pass: "recognize hard-swish", Reason: "the last part of a spelled activation is no activation by itself"}}},
		{Name: "residual sum into epilogue", Run: each(residualIntoEpilogue), After: []pass.Order{
			{Pass: "affine into previous layer", Reason: "no factor can be folded past a residual operand"},
			{Pass: "activation into epilogue", Reason: "a clamp before the sum must be in the epilogue already"}}},
	}
}

func dropDead(g *ir.Graph) (int, error) { return g.RemoveDead(), nil }

// maxRounds bounds repeat; real networks need two or three.
const maxRounds = 32

// repeat runs all passes, round after round, until a round changes nothing.
func repeat(passes []pass.Pass) func(*ir.Graph) (int, error) {
	return func(g *ir.Graph) (int, error) {
		total := 0
		for range maxRounds {
			changes := 0
			for _, p := range passes {
				n, err := p.Run(g)
				if err != nil {
					return total, fmt.Errorf("%s: %w", p.Name, err)
				}
				changes += n
			}
			if total += changes; changes == 0 {
				return total, nil
			}
		}
		return total, fmt.Errorf("no fixed point after %d rounds", maxRounds)
	}
}
