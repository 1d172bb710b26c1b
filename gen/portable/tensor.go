package portable

import (
	"math"
	"unsafe"
)

// tensor is an activation in the arena: NHWC bytes, one image.
type tensor struct {
	Off      int // of the first channel of the first pixel
	Row, Pix int // bytes between rows and between pixels
	H, W, C  int
}

// at returns the offset of a pixel, which may lie in the halo.
func (t tensor) at(y, x int) int { return t.Off + y*t.Row + x*t.Pix }

// slack is how many bytes behind a tensor a kernel may read (never write).
const slack = 64

// work is the memory of one run, or of one worker of it.
type work struct {
	memory   []byte           // activations of all images, 64-byte aligned, with slack behind them
	arena    []byte           // memory from those of the image on that is computed
	pitch    int              // bytes between images
	image    int              // that is computed
	together int              // images that a layer takes together; 0 where it is one
	args     args             // of the kernel that runs
	call     tileCall         // that it is
	arrays   []unsafe.Pointer // the caller's inputs and outputs; held here, they are on the heap
	worker
}

// newWorkers allocates the memory of runs of the model, and starts the workers but the
// first, which is the caller of run.
func (m *model) newWorkers(arena, arrays, workers int) *work {
	w := newWork(arena, m.batch.Images, arrays)
	w.workers = 1
	w.phases = m.phases(max(1, workers))
	if workers > 1 {
		newTeam(m, w, workers)
	}
	return w
}

// newWork allocates the memory of one run on some images, with some arrays of the caller's.
func newWork(arena, images, arrays int) *work {
	w := &work{memory: alignedBytes(images*arena + slack), pitch: arena, arrays: make([]unsafe.Pointer, arrays)}
	w.setImage(0)
	return w
}

// alignedBytes returns n zero bytes that start on a cache line.
func alignedBytes(n int) []byte {
	b := make([]byte, n+63)
	skip := int(-address(&b[0]) & 63)
	return b[skip : skip+n : skip+n]
}

// floats returns n float32 of the arena.
func (w *work) floats(off, n int) []float32 {
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&w.arena[off])), n)
}

// setArray hands over one of the caller's arrays.
func setArray[T any](w *work, i int, first *T) { w.arrays[i] = unsafe.Pointer(first) }

// step describes a layer; bind makes it ready to run with the model's weights.
type step interface {
	bind(*model) layer
}

// layer runs on the memory of one run. It is immutable.
type layer interface {
	run(*work)
}

// model is a bound program.
type model struct {
	blob    []byte   // the embedded weights, on a cache line
	kernels []kernel // nil where the machine has no kernels
	isa     int      // which of each layer's tilings, where there are kernels
	layers  []layer
	batch   batch
}

// newModel binds the steps to the weights. Kernels may be nil: then all layers
// run in Go. The zero batch is one image.
func newModel(steps []step, weights []byte, kernels []kernel, isa int, b batch) *model {
	m := &model{blob: alignedBytes(len(weights) + slack), kernels: kernels, isa: isa, batch: b}
	if b.Images == 0 {
		m.batch = batch{1, []segment{{Layers: len(steps)}}}
	}
	copy(m.blob, weights)
	for _, s := range steps {
		m.layers = append(m.layers, s.bind(m))
	}
	return m
}

func (m *model) run(w *work) { m.runFrom(0, w) }

// runFrom runs the layers from number first on.
func (m *model) runFrom(first int, w *work) {
	if w.team != nil {
		w.team.run(first, w)
		return
	}
	if m.batch.Images == 1 {
		for _, l := range m.layers[first:] {
			l.run(w)
		}
		return
	}
	for i := range w.phases {
		w.phases[i].fillBorders(m, w, 0)
		w.phases[i].run(m, w, first)
	}
}

// int32s, float32s and table decode parts of the weights.
func (m *model) int32s(off, n int) []int32 {
	v := make([]int32, n)
	for i := range v {
		v[i] = int32(m.word(off + 4*i))
	}
	return v
}

func (m *model) float32s(off, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = math.Float32frombits(m.word(off + 4*i))
	}
	return v
}

func (m *model) word(off int) uint32 {
	b := m.blob[off : off+4]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// epilogue is what happens to an exact sum: see requantize.
type epilogue struct {
	Zero         uint8 // zero point of the result
	Lo, Hi       uint8 // limits of the result
	Pre          bool  // clamp before the residual sum
	PreLo, PreHi float32
	ResMul       float32 // the residual operand's factor
	ResZero      uint8   // and zero point
	Table        int     // 256 bytes of the weights, or -1
}

// set fills the arguments that belong to the epilogue.
func (e *epilogue) set(m *model, a *args) {
	a.Zero, a.Most = int32(e.Zero), 0x01010101*uint32(e.Hi)
	a.Lo, a.Hi = float32(int(e.Lo)-int(e.Zero)), float32(int(e.Hi)-int(e.Zero))
	a.PreLo, a.PreHi = e.PreLo, e.PreHi
	a.ResMul, a.ResZero = e.ResMul, int32(e.ResZero)
	if e.Table >= 0 {
		a.Table = address(&m.blob[e.Table])
	}
	a.Consts = address(&kernelConsts[0])
}

// requantize is the end of every int8 operator: v is the scaled sum; a residual
// byte r is added where there is one; the result is limited, rounded to the nearest,
// ties to even, and looked up.
func (e *epilogue) requantize(m *model, v float32, r uint8, residual bool) uint8 {
	if residual {
		if e.Pre {
			v = min(max(v, e.PreLo), e.PreHi)
		}
		v += float32(float32(int(r)-int(e.ResZero)) * e.ResMul)
	}
	q := roundByte(v, e.Zero, e.Lo, e.Hi)
	if e.Table >= 0 {
		q = m.blob[e.Table+int(q)]
	}
	return q
}

// roundByte limits v+zero to lo..hi and rounds v to the nearest, ties to even.
func roundByte(v float32, zero, lo, hi uint8) uint8 {
	least := float32(int(lo) - int(zero))
	if !(v > least) { // also NaN, the sum of two infinities
		v = least
	}
	v = min(v, float32(int(hi)-int(zero)))
	return uint8(int(math.RoundToEven(float64(v))) + int(zero))
}
