package codesize

import (
	"maps"
	"testing"

	"github.com/ingot-go/ingot/internal/gotool"
)

func TestKernels(t *testing.T) {
	sizes, err := Kernels(t.Context(), gotool.Folder{Path: "../../generated/garments"})
	if err != nil {
		t.Fatal(err)
	}
	if len(sizes) != 2 || sizes["avx2"] < 1000 || sizes["avx512vnni"] < 1000 {
		t.Errorf("sizes are %v, want some kB each of avx2 and avx512vnni", sizes)
	}
}

func TestCount(t *testing.T) {
	const listing = `_go_.o:     123       77 T levels
/x/net.a(kernels_avx2_amd):     0       100 T net.addAVX2
/x/net.a(kernels_avx2_amd):     0        50 T net.mulAVX2
/x/net.a(kernels_avx2_amd):     0        64 R consts
/x/net.a(kernels_avx512vn):     0         7 T net.addVNNI
`
	sizes, err := count([]byte(listing))
	if want := map[string]int{"avx2": 150, "avx512vnni": 7}; err != nil || !maps.Equal(sizes, want) {
		t.Errorf("sizes are %v, %v, want %v", sizes, err, want)
	}
	if _, err := count([]byte("_go_.o: 1 2 T f\n")); err == nil {
		t.Error("a package without kernels has a size")
	}
}
