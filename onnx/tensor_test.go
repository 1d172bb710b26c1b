package onnx

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestTensorTypes(t *testing.T) {
	f32 := func(v ...float32) *ir.Tensor { return ir.Floats(ir.Shape{len(v)}, v) }
	i64 := func(v ...int64) *ir.Tensor { return &ir.Tensor{Type: ir.I64, Shape: ir.Shape{len(v)}, I64: v} }
	s32 := func(v ...int32) *ir.Tensor { return &ir.Tensor{Type: ir.S32, Shape: ir.Shape{2}, S32: v} }
	half := []byte{0x00, 0x3c, 0x00, 0xc0} // 1, -2
	for _, c := range []struct {
		name string
		p    TensorProto
		want *ir.Tensor
	}{
		{"float raw", TensorProto{DataType: TypeFloat, RawData: []byte{0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0}}, f32(1, -2)},
		{"float typed", TensorProto{DataType: TypeFloat, FloatData: []float32{1, -2}}, f32(1, -2)},
		{"float16 raw", TensorProto{DataType: TypeFloat16, RawData: half}, f32(1, -2)},
		{"float16 typed", TensorProto{DataType: TypeFloat16, Int32Data: []int32{0x3c00, 0xc000}}, f32(1, -2)},
		{"bfloat16 raw", TensorProto{DataType: TypeBFloat16, RawData: []byte{0x80, 0x3f, 0, 0xc0}}, f32(1, -2)},
		{"bfloat16 typed", TensorProto{DataType: TypeBFloat16, Int32Data: []int32{0x3f80, 0xc000}}, f32(1, -2)},
		{"double raw", TensorProto{DataType: TypeDouble, RawData: []byte{0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0}}, f32(1, -2)},
		{"double typed", TensorProto{DataType: TypeDouble, DoubleData: []float64{1, -2}}, f32(1, -2)},
		{"int64 raw", TensorProto{DataType: TypeInt64, RawData: []byte{1, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255}}, i64(1, -1)},
		{"int64 typed", TensorProto{DataType: TypeInt64, Int64Data: []int64{1, -1}}, i64(1, -1)},
		{"int16 raw", TensorProto{DataType: TypeInt16, RawData: []byte{1, 0, 255, 255}}, s32(1, -1)},
		{"uint16 typed", TensorProto{DataType: TypeUint16, Int32Data: []int32{1, 65535}}, s32(1, 65535)},
		{"uint32 typed", TensorProto{DataType: TypeUint32, Uint64Data: []uint64{1, 1 << 31}}, i64(1, 1<<31)},
		{"uint64 raw", TensorProto{DataType: TypeUint64, RawData: []byte{1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0}}, i64(1, 2)},
		{"int32 raw", TensorProto{DataType: TypeInt32, RawData: []byte{1, 0, 0, 0, 255, 255, 255, 255}}, &ir.Tensor{Type: ir.S32, Shape: ir.Shape{2}, S32: []int32{1, -1}}},
		{"int8 typed", TensorProto{DataType: TypeInt8, Int32Data: []int32{1, -1}}, &ir.Tensor{Type: ir.S8, Shape: ir.Shape{2}, S8: []int8{1, -1}}},
		{"int8 raw", TensorProto{DataType: TypeInt8, RawData: []byte{1, 255}}, &ir.Tensor{Type: ir.S8, Shape: ir.Shape{2}, S8: []int8{1, -1}}},
		{"uint8 typed", TensorProto{DataType: TypeUint8, Int32Data: []int32{1, 255}}, &ir.Tensor{Type: ir.U8, Shape: ir.Shape{2}, U8: []uint8{1, 255}}},
		{"bool typed", TensorProto{DataType: TypeBool, Int32Data: []int32{1, 0}}, &ir.Tensor{Type: ir.Bool, Shape: ir.Shape{2}, U8: []uint8{1, 0}}},
		{"bool raw", TensorProto{DataType: TypeBool, RawData: []byte{0, 1}}, &ir.Tensor{Type: ir.Bool, Shape: ir.Shape{2}, U8: []uint8{0, 1}}},
	} {
		c.p.Dims = []int64{2}
		got, err := c.p.Tensor()
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, %v; want %+v", c.name, got, err, c.want)
		}
	}
}

func TestNewTensor(t *testing.T) {
	for _, want := range []*ir.Tensor{
		ir.Floats(ir.Shape{1, 2}, []float32{1.5, -3}),
		{Type: ir.I64, Shape: ir.Shape{2}, I64: []int64{-1, 1 << 40}},
		{Type: ir.S32, Shape: ir.Shape{}, S32: []int32{-7}},
		{Type: ir.S8, Shape: ir.Shape{2}, S8: []int8{-128, 127}},
		{Type: ir.U8, Shape: ir.Shape{2}, U8: []uint8{0, 255}},
		{Type: ir.Bool, Shape: ir.Shape{1}, U8: []uint8{1}},
	} {
		p, err := UnmarshalTensor(NewTensor("t", want).Marshal())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.Tensor(); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	}
}

func TestHalfToFloat(t *testing.T) {
	for h, want := range map[uint16]float32{
		0x0000: 0, 0x3555: 0.333251953125, 0x7bff: 65504, 0x0400: 1.0 / (1 << 14), // smallest normal
		0x0001: 1.0 / (1 << 24), 0x03ff: 1023.0 / (1 << 24), 0x8001: -1.0 / (1 << 24), 0x7c00: float32(math.Inf(1)),
	} {
		if got := halfToFloat(h); got != want {
			t.Errorf("%#04x is %g, want %g", h, got, want)
		}
	}
	if got := halfToFloat(0x7e01); got == got {
		t.Errorf("0x7e01 is %g, want NaN", got)
	}
	if got := halfToFloat(0x8000); !math.Signbit(float64(got)) {
		t.Error("the sign of -0 is lost")
	}
}

func TestTensorErrors(t *testing.T) {
	for _, c := range []struct {
		want string
		p    TensorProto
	}{
		{"has 3 bytes of data, float of 1 needs 4", TensorProto{DataType: TypeFloat, Dims: []int64{1}, RawData: []byte{1, 2, 3}}},
		{"has 1 elements of data, float of 2x2 needs 4", TensorProto{DataType: TypeFloat, Dims: []int64{2, 2}, FloatData: []float32{1}}},
		{"dimension 0 is -1", TensorProto{DataType: TypeFloat, Dims: []int64{-1}}},
		{"more than", TensorProto{DataType: TypeFloat, Dims: []int64{1 << 30, 1 << 30, 1 << 30}}},
		{"at most 32", TensorProto{DataType: TypeFloat, Dims: make([]int64, 33)}},
		{"elements of string", TensorProto{DataType: TypeString}},
		{"elements of type 99", TensorProto{DataType: 99}},
		{"element 1 is 256, outside u8", TensorProto{DataType: TypeUint8, Dims: []int64{2}, Int32Data: []int32{0, 256}}},
		{"outside bool", TensorProto{DataType: TypeBool, Dims: []int64{1}, RawData: []byte{2}}},
		{"folder is not known", TensorProto{DataType: TypeFloat, DataLocation: 1, External: []StringStringPair{{"location", "w"}}}},
	} {
		_, err := c.p.Tensor()
		wantError(t, err, c.want)
	}
}

func TestExternalData(t *testing.T) {
	dir := t.TempDir()
	inside := filepath.Join(dir, "model")
	if err := os.MkdirAll(filepath.Join(inside, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	bytes := []byte{9, 9, 9, 9, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0}
	for _, f := range []string{"secret", "model/w.bin", "model/sub/w.bin"} {
		if err := os.WriteFile(filepath.Join(dir, f), bytes, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"out": "../secret", "in": "w.bin", "up": ".."} {
		if err := os.Symlink(to, filepath.Join(inside, link)); err != nil {
			t.Skip("no symbolic links here:", err)
		}
	}
	for _, c := range []struct{ location, offset, length, want string }{
		{"w.bin", "4", "8", ""},
		{"w.bin", "4", "", ""},
		{"sub/w.bin", "4", "8", ""},
		{"in", "4", "8", ""},
		{"out", "4", "8", "external data in"},
		{"up/secret", "4", "8", "external data in"},
		{"../secret", "4", "8", "must stay inside"},
		{"sub/../w.bin", "4", "8", "must stay inside"},
		{`..\secret`, "4", "8", "must stay inside"},
		{filepath.Join(dir, "secret"), "4", "8", "must stay inside"},
		{"", "4", "8", "must stay inside"},
		{"missing", "4", "8", "no such file"},
		{"sub", "0", "8", "not a regular file"},
		{"w.bin", "8", "8", "has 12 bytes, the tensor wants 8 from 8 on"},
		{"w.bin", "9223372036854775807", "8", "has 12 bytes"},
		{"w.bin", "-1", "8", "offset -1"},
		{"w.bin", "4", "4", "the tensor needs 8 bytes"},
		{"w.bin", "x", "8", `offset "x" is no number`},
	} {
		p := &TensorProto{Name: "w", Dims: []int64{2}, DataType: TypeFloat, DataLocation: 1, External: []StringStringPair{{"location", c.location}, {"offset", c.offset}}}
		if c.length != "" {
			p.External = append(p.External, StringStringPair{"length", c.length})
		}
		m := model(13, value("x", 1, 2), []*TensorProto{p}, node("Add: x, w -> y"))
		g, err := ImportBytes(m.Marshal(), inside, Options{})
		if c.want != "" {
			wantError(t, err, `initializer "w"`, c.want)
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.location, err)
		} else if got := g.Nodes[0].In[1].Const.F32; !reflect.DeepEqual(got, []float32{1, -2}) {
			t.Errorf("%s: got %v", c.location, got)
		}
	}
}

// TestExternalTotal reads the same piece of a file for many tensors: a few bytes of model for
// each must not take the memory of all.
func TestExternalTotal(t *testing.T) {
	files := externalFiles{dir: t.TempDir(), total: new(int64)}
	if err := os.WriteFile(filepath.Join(files.dir, "w"), make([]byte, 8), 0o666); err != nil {
		t.Fatal(err)
	}
	entries := []StringStringPair{{"location", "w"}}
	if _, err := files.read(entries, 8); err != nil {
		t.Fatal(err)
	}
	*files.total = maxExternal - 8
	if _, err := files.read(entries, 8); err != nil {
		t.Errorf("the last bytes: %v", err)
	}
	_, err := files.read(entries, 8)
	wantError(t, err, `external data in "w"`, "more than 2147483648 bytes in all")
}
