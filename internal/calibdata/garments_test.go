package calibdata

import (
	"io"
	"testing"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// The example's calibration images as its model takes them.
func TestGarments(t *testing.T) {
	s := Spec{ImageSpec: portable.ImageSpec{Width: 28, Height: 28, Channels: 1}, Scale: 1.0 / 255}
	src, err := Open("../../examples/garments/images", []*ir.Value{input("image", 1, 1, 28, 28)}, s)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	n, sum := 0, 0.0
	for {
		in, err := src.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
		for _, v := range in[0].F32 {
			if v < 0 || v > 1 {
				t.Fatalf("image %d: pixel %v", n, v)
			}
			sum += float64(v)
		}
	}
	// 0.286 is the mean over the whole training split.
	if mean := sum / float64(n*28*28); n != 200 || src.Len() != 200 || mean < 0.26 || mean > 0.31 {
		t.Errorf("%d images of mean %v, want 200 of about 0.286", n, mean)
	}
}
