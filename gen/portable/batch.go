package portable

import "unsafe"

// batch says how a program runs on several images at a time. Each image has an arena of its own.
type batch struct {
	Images   int
	Segments []segment
}

// segment is some layers in a row. Layer by layer, each runs on all images before the next,
// and its weights are read once for all of them. Otherwise all of them run on an image before the
// next image, and what they compute stays in the cache.
type segment struct {
	Layers       int
	LayerByLayer bool
}

// phase is a part of a run between two points at which the workers wait for each other:
// a layer on one image, by all workers together; a layer on all images, by all together;
// or some layers on one image or on several, each of which is one worker's.
type phase struct {
	borders     int // first layer that fills a border beside what the others do
	first, last int // layers
	stage       int // of the only layer, where it has stages
	image       int // the first
	images      int
	each        bool // an image is one worker's
	alone       bool // there is but one call
	calls       int  // of kernels, that the workers divide among them
}

// staged is a layer whose calls depend on each other: the workers wait for each other
// after each stage.
type staged interface {
	stages() int
	stage(w *work, i int)
}

// manyImages is a layer whose kernels take all images of a run by themselves.
type manyImages interface{ takesImages() }

// phases returns the phases of a run by some workers.
func (m *model) phases(workers int) []phase {
	var all []phase
	first := 0
	for _, s := range m.batch.Segments {
		last := first + s.Layers
		switch n := m.batch.Images; {
		case s.LayerByLayer:
			all = m.together(all, first, last, 0, n)
		case n%workers == 0 || n >= 4*workers:
			all = append(all, phase{borders: first, first: first, last: last, images: n, each: true})
		default:
			for image := range n {
				all = m.together(all, first, last, image, 1)
			}
		}
		first = last
	}
	return all
}

// together appends the phases of some layers, on some images, by all workers.
func (m *model) together(all []phase, first, last, image, images int) []phase {
	borders := first
	for i := first; i < last; i++ {
		if h, ok := m.layers[i].(*boundHalo); ok && h.Early && i+1 < last {
			continue
		}
		p := phase{borders: borders, first: i, last: i + 1, image: image, images: images}
		if s, ok := m.layers[i].(staged); ok {
			all = appendStages(all, p, s.stages())
		} else {
			all = append(all, p)
		}
		borders = i + 1
	}
	return all
}

// appendStages appends the phases of a layer that has several.
func appendStages(all []phase, p phase, stages int) []phase {
	images, borders := p.images, p.borders
	p.images = 1
	for range images {
		p.borders = borders
		for p.stage = range stages {
			all = append(all, p)
			p.borders = p.first
		}
		p.image++
	}
	return all
}

// joined makes one phase of neighbours that are one call each, on the same image.
func (m *model) joined(all []phase) []phase {
	var out []phase
	for _, p := range all {
		_, stages := m.layers[p.first].(staged)
		alone := p.calls == 1 && p.images == 1 && !stages
		if n := len(out) - 1; alone && n >= 0 && out[n].alone && p.image == out[n].image {
			// The next layer may read the border that the first one does not.
			out[n].first, out[n].last, out[n].each = out[n].borders, p.last, true
			continue
		}
		p.alone = alone
		out = append(out, p)
	}
	return out
}

// fillBorders fills a part of the borders that go with a phase, of as many parts as workers.
func (p *phase) fillBorders(m *model, w *work, part int) {
	for _, l := range m.layers[p.borders:p.first] {
		h := l.(*boundHalo)
		for i := range p.images {
			w.setImage(p.image + i)
			h.rows(w, h.X.H*part/w.workers, h.X.H*(part+1)/w.workers)
		}
	}
}

// all is how many calls the phase has, parts of borders counted.
func (p *phase) all(workers int) int {
	if p.borders < p.first {
		return p.calls + workers
	}
	return p.calls
}

// run makes the calls of a phase, of layers from number first on, that are w's.
func (p *phase) run(m *model, w *work, first int) {
	l := m.layers[p.first]
	switch {
	case p.each:
		p.runEach(m, w, first)
	case p.images > 1:
		w.together = p.images
		if _, ok := l.(manyImages); ok && m.kernels != nil {
			l.run(w)
		} else {
			for i := range p.images {
				w.setImage(i)
				l.run(w)
			}
		}
		w.together = 0
	default:
		w.setImage(p.image)
		if s, ok := l.(staged); ok {
			s.stage(w, p.stage)
		} else {
			l.run(w)
		}
	}
}

// runEach runs the layers on every image that is w's.
func (p *phase) runEach(m *model, w *work, first int) {
	for i := range p.images {
		if !w.mine() {
			continue
		}
		workers := w.workers
		w.workers = 1
		w.setImage(p.image + i)
		for _, l := range m.layers[max(first, p.first):p.last] {
			l.run(w)
		}
		w.workers = workers
	}
}

// setImage chooses the image that the next calls work on.
func (w *work) setImage(i int) {
	w.image = i
	w.arena = w.memory[i*w.pitch:]
}

// callerBytes returns one image's part, n bytes, of one of the caller's arrays.
func (w *work) callerBytes(array, n int) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(w.arrays[array], n*w.image)), n)
}

// callerFloats returns one image's part, n elements, of one of the caller's arrays.
func (w *work) callerFloats(array, n int) []float32 {
	return unsafe.Slice((*float32)(unsafe.Add(w.arrays[array], 4*n*w.image)), n)
}
