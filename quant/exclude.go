package quant

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/ingot-go/ingot/ir"
)

// Exclude says which nodes of the fused graph stay fp32, whole: a layer with its bias,
// residual sum and activation. A node is called by its own name, or by that of any
// node of the source model that it stands for.
type Exclude struct {
	Names []string // exact
	// Match has parts of names; one with *, ? or [ in it is a pattern for the whole
	// name, as of package path but that * also stands for slashes.
	Match []string
	// Operators are kinds of package ir, such as Conv, FC, Binary or GlobalAvgPool,
	// or what ONNX calls them: Gemm, Add, GlobalAveragePool.
	Operators []string
}

// Empty reports whether nothing is excluded.
func (x Exclude) Empty() bool { return len(x.Names)+len(x.Match)+len(x.Operators) == 0 }

// entry is one entry of an Exclude.
type entry struct {
	how, text string // how is name, match or operator
	accepts   func(name string) bool
	among     func(n *ir.Node) []string // what is compared with text
}

// find returns which name of a node e accepts, if it does one.
func (e entry) find(n *ir.Node) (name string, ok bool) {
	list := e.among(n)
	if i := slices.IndexFunc(list, e.accepts); i >= 0 {
		return list[i], true
	}
	return "", false
}

// because says why a node is excluded. Where a part of the node matches, it says which.
func (e entry) because(n *ir.Node, name string) string {
	if e.how == "match" && name != n.Name {
		return fmt.Sprintf("excluded by match %q of its %q", e.text, name)
	}
	return fmt.Sprintf("excluded by %s %q", e.how, e.text)
}

// nodes returns the nodes of g that are excluded, with why. An entry that is none's
// name is an error.
func (x Exclude) nodes(g *ir.Graph) (map[*ir.Node]string, error) {
	entries, err := x.entries()
	if err != nil {
		return nil, fmt.Errorf("exclude: %w", err)
	}
	why := map[*ir.Node]string{}
	for _, e := range entries {
		found := false
		for _, n := range g.Nodes {
			if name, ok := e.find(n); ok {
				found = true
				why[n] = cmp.Or(why[n], e.because(n, name))
			}
		}
		if !found {
			return nil, fmt.Errorf("exclude: %s", e.missing(g))
		}
	}
	return why, nil
}

// entries makes the tests of all entries, and looks at the patterns.
func (x Exclude) entries() ([]entry, error) {
	var list []entry
	same := func(text string) func(string) bool { return func(name string) bool { return name == text } }
	for _, text := range x.Names {
		list = append(list, entry{"name", text, same(text), called})
	}
	for _, text := range x.Match {
		if _, err := glob(text, ""); err != nil {
			return nil, fmt.Errorf("match %q: %w", text, err)
		}
		list = append(list, entry{"match", text, func(name string) bool { ok, _ := glob(text, name); return ok }, called})
	}
	for _, text := range x.Operators {
		list = append(list, entry{"operator", text, same(text), operators})
	}
	for _, e := range list {
		if e.text == "" {
			return nil, fmt.Errorf("an empty %s: leave it out", e.how)
		}
	}
	return list, nil
}

// missing says that no node is what e asks for, and what is like it.
func (e entry) missing(g *ir.Graph) string {
	var have []string
	for _, n := range g.Nodes {
		have = append(have, e.among(n)...)
	}
	text := fmt.Sprintf("no node of the fused graph has a name that matches %q", e.text)
	switch e.how {
	case "name":
		text = fmt.Sprintf("no node of the fused graph is called %q", e.text)
	case "operator":
		text = fmt.Sprintf("no node of the fused graph is a %q (activations and sums that are part of a layer go with the layer's name)", e.text)
	}
	if list := near(e.text, have); len(list) > 0 {
		text += fmt.Sprintf("; there are %s", strings.Join(list, ", "))
	}
	return text
}

// called returns the names that a node goes by.
func called(n *ir.Node) []string { return append([]string{n.Name}, n.From...) }

// glob reports whether name has text in it, or is like it where text is a pattern.
func glob(text, name string) (bool, error) {
	if !strings.ContainsAny(text, "*?[") {
		return strings.Contains(name, text), nil
	}
	flat := strings.NewReplacer("/", "\x00") // * of package path stops at slashes
	return path.Match(flat.Replace(text), flat.Replace(name))
}

// aliases are what ONNX calls a kind of operator, where the name is another.
var aliases = map[string][]string{
	"FC":            {"Gemm", "MatMul"},
	"Affine":        {"BatchNormalization"},
	"BatchNorm":     {"BatchNormalization"},
	"AvgPool":       {"AveragePool"},
	"GlobalAvgPool": {"GlobalAveragePool"},
	"Reshape":       {"Flatten", "Squeeze", "Unsqueeze"},
	"ResizeNearest": {"Resize", "Upsample"},
}

// activations are what ONNX calls the functions of a Unary; Silu is what PyTorch says.
var activations = map[ir.ActKind]string{
	ir.Relu: "Relu", ir.Clip: "Clip", ir.LeakyRelu: "LeakyRelu", ir.Sigmoid: "Sigmoid", ir.Tanh: "Tanh",
	ir.HardSigmoid: "HardSigmoid", ir.HardSwish: "HardSwish", ir.Elu: "Elu", ir.Exp: "Exp", ir.Silu: "Silu",
	ir.Swish: "Swish", ir.Selu: "Selu", ir.Celu: "Celu", ir.Softplus: "Softplus", ir.Softsign: "Softsign", ir.Mish: "Mish", ir.Gelu: "Gelu",
	ir.GeluTanh: "Gelu", ir.ThresholdedRelu: "ThresholdedRelu", ir.Shrink: "Shrink", ir.Abs: "Abs", ir.Neg: "Neg", ir.Reciprocal: "Reciprocal",
	ir.Sqrt: "Sqrt", ir.Log: "Log", ir.Erf: "Erf", ir.Power: "Pow", ir.Floor: "Floor", ir.Ceil: "Ceil", ir.Round: "Round", ir.Sign: "Sign",
	ir.Sin: "Sin", ir.Cos: "Cos", ir.Tan: "Tan", ir.Asin: "Asin", ir.Acos: "Acos", ir.Atan: "Atan", ir.Sinh: "Sinh", ir.Cosh: "Cosh",
	ir.Asinh: "Asinh", ir.Acosh: "Acosh", ir.Atanh: "Atanh",
}

// operators returns what a node's operator is called.
func operators(n *ir.Node) []string {
	kind := n.Op.Kind()
	list := append([]string{kind}, aliases[kind]...)
	switch op := n.Op.(type) {
	case ir.Binary:
		list = append(list, op.Fn.String())
	case ir.Unary:
		list = append(list, activations[op.Act.Kind])
	}
	return list
}
