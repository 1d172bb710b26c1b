package portable

import (
	"reflect"
	"unsafe"
)

// The names under which the compiler and its tests use what generated packages
// have as their own. This file and imageapi.go stay behind when the others are
// copied into a package.

// Descriptions of layers.
type (
	Tensor        = tensor
	Epilogue      = epilogue
	Step          = step
	Dense         = dense
	Tiling        = tiling
	Part          = part
	Depthwise     = depthwise
	DepthwiseForm = depthwiseForm
	Pool          = pool
	Binary        = binaryInt8
	Table         = table
	Quantize      = quantize
	Dequantize    = dequantize
	Halo          = halo
	Move          = move
	Fill          = fill
	Resize        = resize
	Resample      = resample
	WindowF32     = windowF32
	ConvTranspose = convTranspose
	ArgMaxPool    = argMaxPool
	MaxUnpool     = maxUnpool
	GridSample    = gridSample
	RoiAlign      = roiAlign
	Values        = values
	Kind          = kind
	Factors       = factors
	Slopes        = slopes
	Softmax       = softmax
	Product       = product
	ChannelOf     = channelOf
	FakeQuant     = fakeQuant
	Lines         = axisLines
	Reduce        = reduce
	ReduceFn      = reduceFn
	SoftmaxFn     = softmaxFn
	CumSum        = cumSum
	ArgMax        = argMax
	TopK          = topK
	Normalize     = normalize
	LRN           = lrn
	LpPool        = lpPool
	GatherSlices  = gatherSlices
	ElementsAt    = elementsAt
	TupleIndex    = tupleIndex
	ElementIndex  = elementIndex
	ScatterSlices = scatterSlices
	ScatterFn     = scatterFn
	OneHot        = oneHot
	Suppress      = suppress
	Port          = port
	Load          = load
	Batch         = batch
	Segment       = segment

	QuantizeLinear   = quantizeLinear
	DequantizeLinear = dequantizeLinear
	DynamicQuantize  = dynamicQuantize

	DenseF32      = denseF32
	DepthwiseF32  = depthwiseF32
	Winograd      = winograd
	EpilogueF32   = epilogueF32
	Activation    = activation
	UnaryF32      = unaryF32
	BinaryF32     = binaryF32
	AffineF32     = affineF32
	SoftmaxF32    = softmaxF32
	NormalizeF32  = normalizeF32
	PoolF32       = poolF32
	ToPixels      = toPixels
	ToPlanes      = toPlanes
	QuantizeRun   = quantizeRun
	DequantizeRun = dequantizeRun
	Interleave    = interleave
	Function      = function
	PairOp        = pairOp

	Curve       = curve
	CurveKind   = curveKind
	SimpleCurve = simpleCurve
	ExpCurve    = expCurve
	PowerCurve  = powerCurve
	TrigCurve   = trigCurve
	NormalF32   = normalF32
	SwishF32    = swishF32
	EluF32      = eluF32
	SoftplusF32 = softplusF32
	BasicF32    = basicF32
	Repeats     = repeats
	Pairs       = pairwise
	PairFn      = pairFn
	Comparisons = comparisons
	Comparison  = comparison
	Choice      = choice
	Conversion  = conversion
)

// The forms of the depthwise kernels.
const (
	TapsForm   = tapsForm
	AffineForm = affineForm
	WindowForm = windowForm
	WordsForm  = wordsForm
)

// The types of elements.
const (
	KindF32 = kindF32
	KindI64 = kindI64
	KindS32 = kindS32
	KindU8  = kindU8
	KindS8  = kindS8
)

// The functions of two variables.
const (
	Plus  = plus
	Minus = minus
	Times = times
	Over  = over
)

// BothTrue is the first of the functions of truth values.
const BothTrue = bothTrue

// Args is the argument structure of the kernels, Kernel a kernel.
type (
	Args   = args
	Kernel = kernel
)

// ShortRun is the length of a row below which there are no kernels that quantize.
const ShortRun = shortRun

// ShortRGB is the length of a row below which there is none that quantizes to pixels of three
// channels.
const ShortRGB = shortRGB

// Slack is how many bytes behind a tensor a kernel may read.
const Slack = slack

// KernelConsts is what Args.Consts points to.
var KernelConsts = &kernelConsts

// Model is a bound program, Work the memory of a run of it.
type (
	Model = model
	Work  = work
)

// Bind makes the steps ready to run. With kernels nil they run in Go; else isa,
// an index of Dense.Tiling, says which instruction set the kernels are for.
func Bind(steps []Step, weights []byte, kernels []Kernel, isa int) *Model {
	return newModel(steps, weights, kernels, isa, batch{})
}

// BindBatch is Bind for several images at a time.
func BindBatch(steps []Step, weights []byte, kernels []Kernel, isa int, b Batch) *Model {
	return newModel(steps, weights, kernels, isa, b)
}

// NewWork allocates the memory of one run, with an arena of that many bytes.
func NewWork(arena, arrays int) *Work { return newWork(arena, 1, arrays) }

// NewWorkers allocates the memory of runs by some workers, with an arena of that many bytes
// for each image.
func (m *model) NewWorkers(arena, arrays, workers int) *Work {
	return m.newWorkers(arena, arrays, workers)
}

// Close ends the workers.
func (w *work) Close() { w.close() }

// Arena returns the activations, with the slack behind them.
func (w *work) Arena() []byte { return w.memory }

// SetArena replaces the activations' memory; it must be of the same size.
func (w *work) SetArena(b []byte) {
	w.memory = b
	w.setImage(0)
}

// Blob returns the bound weights, with the slack behind them.
func (m *model) Blob() []byte { return m.blob }

// SetBlob replaces the memory of the weights by a copy of them, of the same size.
func (m *model) SetBlob(b []byte) { m.blob = b }

// Lists returns the memory of the lists that bound layers hand to kernels: offsets,
// biases, factors, zero points.
func (m *model) Lists() [][]byte {
	var all [][]byte
	for _, l := range m.layers {
		all = appendLists(all, reflect.Indirect(reflect.ValueOf(l)))
	}
	return all
}

func appendLists(all [][]byte, v reflect.Value) [][]byte {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			all = appendLists(all, v.Field(i))
		}
	case reflect.Slice:
		switch v.Type().Elem().Kind() {
		case reflect.Struct:
			for i := range v.Len() {
				all = appendLists(all, v.Index(i))
			}
		case reflect.Int32, reflect.Float32:
			if v.Len() > 0 {
				all = append(all, unsafe.Slice((*byte)(v.UnsafePointer()), 4*v.Len()))
			}
		}
	}
	return all
}

// SetArrays hands over the caller's arrays: inputs, then outputs, float32.
func (w *work) SetArrays(arrays ...[]float32) {
	for i, a := range arrays {
		setArray(w, i, &a[0])
	}
}

// SetBytes hands over the memory of the caller's arrays of any types: inputs, then outputs.
func (w *work) SetBytes(arrays ...[]byte) {
	for i, a := range arrays {
		setArray(w, i, &a[0])
	}
}

// RunStep runs one step.
func (m *model) RunStep(w *Work, i int) { m.layers[i].run(w) }

// RunBytes runs the steps on the memory of the caller's arrays.
func (m *model) RunBytes(w *Work, arrays ...[]byte) {
	w.SetBytes(arrays...)
	m.run(w)
}

// Run runs the steps on the caller's arrays.
func (m *model) Run(w *Work, arrays ...[]float32) {
	w.SetArrays(arrays...)
	m.run(w)
}
