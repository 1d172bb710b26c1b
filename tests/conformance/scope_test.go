package conformance

import (
	"errors"
	"slices"
	"strings"

	"github.com/ingot-go/ingot/onnx"
)

// class says what kind of thing is missing.
type class string

// The classes. All but the last are what ingot does not claim.
const (
	dynamicShapes class = "dynamic shapes" // the shape of a result depends on numbers
	emptyTensors  class = "empty tensors"  // a network that computes has none
	controlFlow   class = "control flow"
	stringClass   class = "strings"
	training      class = "training"
	elementTypes  class = "element types"
	noCNN         class = "operator of no CNN"
	notYet        class = "not yet"

	quantizedModel class = "quantized" // of a result that the int8 column has instead
)

// outOfScope is why a test asks for something that ingot does not do.
type outOfScope struct {
	class  class
	reason string
}

// Error implements error.
func (o outOfScope) Error() string { return string(o.class) + ": " + o.reason }

// ofClass lists operators that belong to a class whatever is said about them.
var ofClass = map[class][]string{
	dynamicShapes: {"Compress", "NonZero", "Unique"},
	controlFlow: {"If", "Loop", "Scan", "Optional", "OptionalGetElement", "OptionalHasElement", "ConcatFromSequence", "SequenceAt",
		"SequenceConstruct", "SequenceEmpty", "SequenceErase", "SequenceInsert", "SequenceLength", "SequenceMap", "SplitToSequence", "ReverseSequence"},
	stringClass: {"RegexFullMatch", "StringConcat", "StringNormalizer", "StringSplit", "TfIdfVectorizer"},
	training:    {"Adagrad", "Adam", "Gradient", "Momentum", "NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"},
	noCNN: {"AffineGrid", "Attention", "Bernoulli", "BitShift", "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor", "BlackmanWindow", "Col2Im", "DFT",
		"Det", "Einsum", "GRU", "HammingWindow", "HannWindow", "ImageDecoder", "LSTM", "MelWeightMatrix", "Multinomial", "RNN", "RandomNormal",
		"RandomNormalLike", "RandomUniform", "RandomUniformLike", "RotaryEmbedding", "STFT", "TensorScatter"},
}

// ofText lists parts of messages that tell the class.
var ofText = []struct {
	part  string
	class class
}{
	{"string", stringClass},
	{"training", training},
	{"is empty", emptyTensors},
	{"would be empty", emptyTensors},
	{"has elements of", elementTypes},
	{"elements of", elementTypes},
	{"input of", notYet}, // of some shape
	{"outputs of a package are float32", elementTypes},
}

// trainingResults are the results of operators that only training has.
var trainingResults = map[string]bool{"BatchNormalization": true, "Dropout": true}

// classOf returns the class of what a message says about an operator, which may be empty.
func classOf(op, message string) class {
	for c, ops := range ofClass {
		if slices.Contains(ops, op) {
			return c
		}
	}
	if trainingResults[op] && strings.HasPrefix(message, "result ") {
		return training
	}
	for _, t := range ofText {
		if strings.Contains(message, t.part) {
			return t.class
		}
	}
	return notYet
}

// importReason is the reason why a model of these tests was refused.
func importReason(err error) error {
	var e *onnx.Error
	if !errors.As(err, &e) {
		return err
	}
	p := e.Problems[0]
	reason, _, _ := strings.Cut(p.What, "; ")
	reason, _, _ = strings.Cut(reason, ", want")
	if strings.HasPrefix(reason, "the operator is not supported") {
		reason = "not supported"
	}
	c := classOf(p.Op, reason)
	if p.Op != "" {
		reason = p.Op + ": " + reason
	}
	return outOfScope{c, reason}
}
