package ingot_test

import (
	"testing"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/internal/config"
)

// Inputs that were held back are those of the accuracy line, at most as many as are
// asked for; without calibration inputs there are none.
func TestSamples(t *testing.T) {
	o, err := config.Read(garmentsConfig)
	if err != nil {
		t.Fatal(err)
	}
	o.Precision = ingot.FP32 // opens no inputs in a build
	for _, c := range []struct {
		calibration string
		n, want     int
	}{{o.Calibration, 5, 5}, {o.Calibration, 1000, 20}, {"", 5, 0}} {
		o.Calibration = c.calibration
		g, samples, _, err := ingot.Samples(t.Context(), o, c.n)
		if err != nil {
			t.Fatal(err)
		}
		if len(samples) != c.want {
			t.Errorf("%d samples of %q, want %d", len(samples), c.calibration, c.want)
		}
		for _, in := range samples {
			if len(in) != 1 || !in[0].Shape.Equal(g.Inputs[0].Shape) {
				t.Errorf("a sample is %v, the model takes %s", in, g.Inputs[0].Shape)
			}
		}
	}
}
