package quant

import (
	"bytes"
	"testing"
)

// Whatever the bytes, a calibration cache is an error or a calibration that can be saved and
// read again.
func FuzzLoad(f *testing.F) {
	for _, s := range []string{
		`{"mode":"minmax","samples":3,"model":"sha256:0","points":[{"name":"x","min":-1,"max":2,"threshold":2}],"means":[{"name":"x","channels":[1,2]}]}`,
		`{"mode":"entropy","samples":1,"executor":"kernels","model":"m","points":[]}`,
		`{"mode":"minmax","samples":1,"model":"m","points":[{"name":"a","min":1e38,"max":3e38,"threshold":1e-45},{"name":"a"}]}`,
		`{"points":[[[[[[]]]]]]}`, `null`, ``,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Load(bytes.NewReader(b))
		if err != nil {
			return
		}
		var saved bytes.Buffer
		if err := c.Save(&saved); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(&saved); err != nil {
			t.Errorf("what was saved is refused: %v", err)
		}
	})
}
