package main

import (
	"strings"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/internal/config"
)

// precision is the flags that say what becomes int8.
type precision struct {
	name, quantize          string
	names, match, operators names
}

// names is a flag of names joined by commas; a flag that is repeated has those of all.
type names []string

// String implements flag.Value.
func (l *names) String() string { return "" }

// Set implements flag.Value.
func (l *names) Set(text string) error {
	for name := range strings.SplitSeq(text, ",") {
		*l = append(*l, strings.TrimSpace(name))
	}
	return nil
}

// add declares the flags.
func (p *precision) add(c *call) {
	c.flags.StringVar(&p.name, "precision", "", "`PRECISION` of the arithmetic: int8, fp32 (which needs no calibration) or mixed (int8 but for what is excluded); int8, or mixed where something is excluded, by default")
	c.flags.Var(&p.names, "exclude", "nodes that stay fp32, `NAMES` joined by commas: of the fused graph, or of the model's nodes that are part of them")
	c.flags.Var(&p.match, "exclude-match", "nodes that stay fp32 by `PARTS` of their names, joined by commas, or by patterns with *, ? and [a-z]")
	c.flags.Var(&p.operators, "exclude-op", "`OPERATORS` that stay fp32, joined by commas, as inspect -fused or ONNX calls them: Add,FC")
	c.flags.StringVar(&p.quantize, "quantize", "", "`HOW` much becomes int8: full (all that can, the default) or smart (operators other than convolutions and fully connected layers only between int8 neighbours)")
}

// set overrides what a configuration says. Where a flag names the precision, what
// the configuration says for another one goes.
func (p *precision) set(o *ingot.Options) (err error) {
	if p.name != "" {
		if o.Precision, err = config.ParsePrecision(p.name); err != nil {
			return usage("-%v", err)
		}
		if o.Precision != ingot.Mixed {
			o.Exclude.Names, o.Exclude.Match, o.Exclude.Operators = nil, nil, nil
		}
		if o.Precision == ingot.FP32 {
			o.Smart, o.WeightBits, o.Floor = false, nil, ingot.Floor{}
		}
	}
	if p.quantize != "" {
		if o.Smart, err = config.ParseQuantize(p.quantize); err != nil {
			return usage("-%v", err)
		}
	}
	for _, l := range []struct {
		flag names
		to   *[]string
	}{{p.names, &o.Exclude.Names}, {p.match, &o.Exclude.Match}, {p.operators, &o.Exclude.Operators}} {
		if l.flag != nil {
			*l.to = l.flag
		}
	}
	return nil
}
