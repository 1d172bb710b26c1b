package spec

import "fmt"

// The forms of Depthwise for a window of 3x3 or 5x5 compute tiles of two rows by two
// columns of a vector of channels. The rows of a column of the input that such a tile
// reads lie in groups of four, a dword for each channel.

// WindowRows is how many rows of the input a tile reads.
func (k Kernel) WindowRows() int { return k.Window + k.Stride }

// WindowGroups is how many groups of four those are.
func (k Kernel) WindowGroups() int { return (k.WindowRows() + 3) / 4 }

// Reads reports whether row r of a tile reads any of the rows of a group.
func (k Kernel) Reads(r, group int) bool {
	return r*k.Stride < 4*group+4 && r*k.Stride+k.Window > 4*group
}

// WindowVector is the place, in a vector's weights, of those between a column of the
// window, a group and row r of a tile.
func (k Kernel) WindowVector(column, group, r int) int {
	return (column*k.WindowGroups()+group)*2 + r
}

// WindowVectors is how many such places there are.
func (k Kernel) WindowVectors() int { return k.Window * k.WindowGroups() * 2 }

// windows lists the forms of Depthwise before their epilogues.
func windows(k Kernel) []Kernel {
	k.Family = Depthwise
	all := []Kernel{k}
	k.Window = 1
	all = append(all, k)
	for _, k.Window = range []int{3, 5} {
		for k.Stride = 1; k.Stride <= 2; k.Stride++ {
			all = append(all, k) // Validate knows which instruction set has which
		}
	}
	return all
}

// validWindow checks the fields of Depthwise.
func (k Kernel) validWindow(bad func(string) error) error {
	wide := k.Window == 3 || k.Window == 5
	switch {
	case k.Family != Depthwise && (k.Window != 0 || k.Stride != 0):
		return bad("has fields of the depthwise family")
	case !wide && k.Window != 0 && k.Window != 1:
		return bad("windows are 1x1, 3x3 or 5x5")
	case wide && k.Stride != 1 && k.Stride != 2 || !wide && k.Stride != 0:
		return bad("windows of 3x3 and 5x5 have a stride of 1 or 2, others none")
	case k.ISA == AVX2 && wide && (k.Window != 3 || k.Stride != 1), k.Exact && k.Window == 1:
		return bad("the form for any taps is as fast")
	}
	return nil
}

// windowName is the part of a kernel's name for the window.
func (k Kernel) windowName() string {
	if k.Window == 0 {
		return ""
	}
	name := fmt.Sprintf("%dx%d", k.Window, k.Window)
	if k.Stride > 1 {
		name += fmt.Sprintf("Stride%d", k.Stride)
	}
	return name
}

// windowText says it in words.
func (k Kernel) windowText() string {
	text := fmt.Sprintf(", window %dx%d", k.Window, k.Window)
	if k.Stride > 1 {
		text += fmt.Sprintf(", stride %d", k.Stride)
	}
	return text
}
