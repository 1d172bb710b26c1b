package models

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/ingot-go/ingot/internal/calibdata"
	"github.com/ingot-go/ingot/ir"
)

// none is the label of an input whose class nobody knows.
const none = -1

// set is a list of samples, each loaded when it is asked for.
type set struct {
	n  int
	at func(i int) (x *ir.Tensor, label int, err error)
}

// first returns at most n samples, spread evenly over the set.
func (s set) first(n int) set {
	if n <= 0 || n >= s.n {
		return s
	}
	all := s
	return set{n, func(i int) (*ir.Tensor, int, error) { return all.at(i * all.n / n) }}
}

// source is a set as calibration reads it.
type source struct {
	set
	next int
}

func (s *source) Next() ([]*ir.Tensor, error) {
	if s.next == s.n {
		return nil, io.EOF
	}
	x, _, err := s.at(s.next)
	s.next++
	return []*ir.Tensor{x}, err
}

func (s *source) Reset() error { s.next = 0; return nil }
func (s *source) Len() int     { return s.n }

// labelled is a picture with its class.
type labelled struct {
	file  string
	class int
}

// listed returns the pictures of a split that a folder's labels.csv names.
func listed(t *testing.T, dir, split string) []labelled {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "labels.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var list []labelled
	for _, r := range rows[1:] {
		class, err := strconv.Atoi(r[1])
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Dir(r[0]) == split {
			list = append(list, labelled{filepath.Join(dir, r[0]), class})
		}
	}
	if len(list) == 0 {
		t.Fatalf("%s has no pictures of %q", dir, split)
	}
	return list
}

// pictures is the set of listed pictures as s has them.
func pictures(list []labelled, s calibdata.Spec) set {
	return set{len(list), func(i int) (*ir.Tensor, int, error) {
		x, err := calibdata.LoadImage(list[i].file, s)
		return x, list[i].class, err
	}}
}

// cifar returns CIFAR-10 pictures, each pixel repeated in both directions.
func cifar(s calibdata.Spec, repeat int) func(*testing.T, string) set {
	return func(t *testing.T, split string) set {
		list := pictures(listed(t, filepath.Join(data(t), "images/cifar10-dev"), split), s)
		return set{list.n, func(i int) (*ir.Tensor, int, error) {
			x, label, err := list.at(i)
			if err != nil || repeat == 1 {
				return x, label, err
			}
			return repeated(x, repeat), label, nil
		}}
	}
}

// repeated returns an image with every pixel k by k times.
func repeated(x *ir.Tensor, k int) *ir.Tensor {
	c, h, w := x.Shape[1], x.Shape[2], x.Shape[3]
	y := ir.NewTensor(ir.F32, ir.Shape{1, c, h * k, w * k})
	for i := range y.F32 {
		col, row, plane := i%(w*k), i/(w*k)%(h*k), i/(w*k)/(h*k)
		y.F32[i] = x.F32[(plane*h+row/k)*w+col/k]
	}
	return y
}

// imagenet returns ImageNet pictures.
func imagenet(s calibdata.Spec) func(*testing.T, string) set {
	return func(t *testing.T, split string) set {
		return pictures(listed(t, filepath.Join(data(t), "images/imagenet-dev"), split), s)
	}
}

// unlabelled forgets the classes, which are not those of the network.
func unlabelled(load func(*testing.T, string) set) func(*testing.T, string) set {
	return func(t *testing.T, split string) set {
		s := load(t, split)
		return set{s.n, func(i int) (*ir.Tensor, int, error) {
			x, _, err := s.at(i)
			return x, none, err
		}}
	}
}

// keywords returns the spoken words: a fifth for calibration, the others as test.
func keywords(t *testing.T, split string) set {
	const size = 49 * 10
	dir := filepath.Join(data(t), "features/kws-dev")
	b, err := os.ReadFile(filepath.Join(dir, "features.i8"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []int
	for i := range len(b) / size {
		if (i%5 == 0) == (split == calibSplit) {
			rows = append(rows, i)
		}
	}
	list := listed(t, dir, ".")
	return set{len(rows), func(i int) (*ir.Tensor, int, error) {
		x := ir.NewTensor(ir.F32, ir.Shape{1, 1, 49, 10})
		for j := range x.F32 {
			x.F32[j] = float32(int(int8(b[rows[i]*size+j]))-83) * 0.5847029
		}
		return x, list[rows[i]].class, nil
	}}
}

// glyphs are the digits in 5 by 7 pixels, a row a byte.
var glyphs = [10][7]byte{
	{0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e}, {0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e},
	{0x0e, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1f}, {0x0e, 0x11, 0x01, 0x06, 0x01, 0x11, 0x0e},
	{0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02}, {0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e},
	{0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e}, {0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08},
	{0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e}, {0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c},
}

// digits returns drawn digits, 28 by 28 pixels of 0 to 255: three pixels to one
// of the glyph, blurred, at a random place, slant and brightness, with noise.
func digits(_ *testing.T, split string) set {
	seed, n := uint64(1), 100
	if split == testSplit {
		seed, n = 2, 1000
	}
	return set{n, func(i int) (*ir.Tensor, int, error) {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		digit := i % len(glyphs)
		left, top, slant, light := 4+r.IntN(6), 2+r.IntN(4), float64(0.4*r.Float64())-0.1, 150+float64(100*r.Float64())
		ink := func(x, y int) float64 {
			y -= top
			x -= left + int(slant*float64(20-y))
			if x < 0 || y < 0 || x >= 15 || y >= 21 || glyphs[digit][y/3]>>(4-x/3)&1 == 0 {
				return 0
			}
			return 1
		}
		t := ir.NewTensor(ir.F32, ir.Shape{1, 1, 28, 28})
		for j := range t.F32 {
			sum := 0.0
			for k := range 9 {
				sum += ink(j%28+k%3-1, j/28+k/3-1)
			}
			t.F32[j] = float32(int(float64(sum*light)/9 + float64(5*r.Float64())))
		}
		return t, digit, nil
	}}
}

// garments returns the example's pictures. All of the 10,000 test pictures of
// Fashion-MNIST are used where -long asks for them and they are there.
func garments(t *testing.T, split string) set {
	if split == testSplit {
		if *long {
			s, err := fashion("/usr/share/datasets/fashion-mnist")
			if err == nil {
				return s
			}
			t.Logf("testing 500 pictures of Fashion-MNIST, Debian's dataset-fashion-mnist has all: %v", err)
		}
		return pictures(listed(t, "../../examples/garments/test", "."), pixels(28, 28, 1))
	}
	files, err := calibdata.ImageFiles("../../examples/garments/images")
	if err != nil {
		t.Fatal(err)
	}
	var list []labelled
	for _, f := range files {
		list = append(list, labelled{f, none})
	}
	return pictures(list, pixels(28, 28, 1))
}

// fashion reads the test pictures of Fashion-MNIST in the IDX format.
func fashion(dir string) (set, error) {
	images, err := readIDX(filepath.Join(dir, "t10k-images-idx3-ubyte.gz"), 16)
	if err != nil {
		return set{}, err
	}
	labels, err := readIDX(filepath.Join(dir, "t10k-labels-idx1-ubyte.gz"), 8)
	if err != nil {
		return set{}, err
	}
	s := pixels(28, 28, 1)
	const size = 28 * 28
	if len(images) != size*len(labels) {
		return set{}, fmt.Errorf("%d bytes of pictures for %d labels", len(images), len(labels))
	}
	return set{len(labels), func(i int) (*ir.Tensor, int, error) {
		x := ir.NewTensor(ir.F32, s.Shape())
		for j, v := range images[i*size:][:size] {
			x.F32[j] = s.Normalize(0, v)
		}
		return x, int(labels[i]), nil
	}}, nil
}

// readIDX returns the data of a compressed file behind its header.
func readIDX(path string, header int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(b) < header {
		return nil, fmt.Errorf("%s: %d bytes are no IDX file", path, len(b))
	}
	return b[header:], nil
}
