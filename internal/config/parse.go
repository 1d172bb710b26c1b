package config

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/quant"
)

// ParseShape reads extents joined by x, such as 1x3x224x224.
func ParseShape(text string) (ir.Shape, error) {
	var s ir.Shape
	for _, d := range strings.Split(text, "x") {
		n, err := strconv.Atoi(d)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("shape %q: want positive numbers joined by x, as in 1x3x224x224", text)
		}
		s = append(s, n)
	}
	return s, nil
}

// ParseMode reads the name of a calibration mode; naive is another for minmax.
func ParseMode(name string) (quant.Mode, error) {
	switch name {
	case "minmax", "naive":
		return quant.MinMax, nil
	case "entropy":
		return quant.Entropy, nil
	}
	return "", fmt.Errorf("mode %q: want minmax or entropy", name)
}

// ParsePrecision reads the name of a precision.
func ParsePrecision(name string) (ingot.Precision, error) {
	switch p := ingot.Precision(name); p {
	case ingot.Int8, ingot.FP32, ingot.Mixed:
		return p, nil
	}
	return "", fmt.Errorf("precision %q: want int8, fp32 or mixed", name)
}

// ParseQuantize reads how much is quantized: full is all that can be, smart what stands
// between int8 neighbours.
func ParseQuantize(name string) (smart bool, err error) {
	switch name {
	case "full", "smart":
		return name == "smart", nil
	}
	return false, fmt.Errorf("quantize %q: want full or smart", name)
}
