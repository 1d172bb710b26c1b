package onnx

import (
	"maps"
	"slices"
)

// Operator describes a row of the table of operators that are read.
type Operator struct {
	Name        string
	Min, Max    int    // versions of the standard operators whose form is read
	Least, Most int    // operands; Most is -1 where there is no limit
	Note        string // what is not read of it, or how; empty where all is
}

// Operators lists every operator that is read, by name.
func Operators() []Operator {
	var all []Operator
	for _, name := range slices.Sorted(maps.Keys(operators)) {
		o := operators[name]
		all = append(all, Operator{name, o.min, o.last(), o.least, o.most, notes[name]})
	}
	return all
}

// notes are what people should know of a row beside its numbers; most rows need none.
var notes = map[string]string{
	"AveragePool":        "one, two or three axes of space",
	"BatchNormalization": "as it acts after training; in training mode of constants only",
	"Clip":               "constant limits",
	"Conv":               "one, two or three axes of space; computed weights in plain Go",
	"Div":                "in int8 by constants only",
	"Dropout":            "as it acts after training: not at all",
	"MaxPool":            "one, two or three axes of space",
	"Slice":              "constant starts, ends, axes and steps",
}
