// Command operators writes docs/operators.md: every ONNX operator that is read, and what
// becomes of it. All of it is found out by importing, compiling and quantizing small
// models, but for the notes, which stand beside the table of package onnx, and the
// attributes, which are read from its source.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/ingot-go/ingot/onnx"
)

func main() {
	output := flag.String("o", "docs/operators.md", "`FILE` to write")
	source := flag.String("source", "onnx", "`FOLDER` of package onnx")
	flag.Parse()
	text, err := document(*source)
	if err == nil {
		err = os.WriteFile(*output, []byte(text), 0o666)
	}
	if err != nil {
		log.Fatal(err)
	}
}

const head = `<!-- Written by go generate; do not edit. -->

# Operators

Every ONNX operator of the standard domain that is read, found out by compiling small models. Opsets are
the versions of the operator set whose form of the operator is read. Constants are operands that must be
constant. A network that needs more is refused, with a list of all that it lacks.

- *assembly*: kernels for AVX-512 and AVX2, and plain Go elsewhere;
- *plain Go*: runs inside the package on every platform, slower;
- *copy*: elements are moved by plain Go; *free*: a view, or gone after fusion;
- *table*: 256 bytes, by an assembly kernel; *bytes*: moved as they are, with their scale;
- *fp32*: stays float32 in an int8 network, between a dequantization and a quantization;
- *folded*: on constants only, computed while compiling.

*In layers* says that it is part of a convolution or fully connected layer where it follows one.

| operator | opsets | operands | attributes | constants | fp32 | int8 | in layers | note |
|---|---|---|---|---|---|---|---|---|
`

// document returns the page.
func document(source string) (string, error) {
	read, err := readers(source)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(head)
	for _, o := range onnx.Operators() {
		r := read[o.Name]
		f := probe(o)
		layers := ""
		if f.absorbed {
			layers = "yes"
		}
		fmt.Fprintf(&b, "| %s | %d–%d | %s | %s | %s | %s | %s | %s | %s |\n", o.Name, o.Min, o.Max, operands(o),
			strings.Join(r.attributes, ", "), strings.Join(r.constants, ", "), f.fp32, f.int8, layers, o.Note)
	}
	return b.String(), nil
}

// operands is how many operands an operator has.
func operands(o onnx.Operator) string {
	switch {
	case o.Most < 0:
		return fmt.Sprintf("%d or more", o.Least)
	case o.Least == o.Most:
		return fmt.Sprint(o.Least)
	}
	return fmt.Sprintf("%d–%d", o.Least, o.Most)
}
