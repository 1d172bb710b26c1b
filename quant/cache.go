package quant

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/ingot-go/ingot/ir"
)

// Save writes the calibration as JSON, one point or mean a line in the graph's order,
// to be read, edited and committed. The same calibration gives the same bytes.
func (c *Calibration) Save(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n  \"mode\": %q,\n  \"samples\": %d,\n", c.Mode, c.Samples)
	if c.Executor == KernelExecutor {
		fmt.Fprintf(&b, "  \"executor\": %q,\n", c.Executor)
	}
	fmt.Fprintf(&b, "  \"model\": %q,\n  \"points\": [", c.Model)
	if err := writeLines(&b, c.Points); err != nil {
		return fmt.Errorf("calibration points: %w", err)
	}
	b.WriteString("\n  ],\n  \"means\": [")
	if err := writeLines(&b, c.Means); err != nil {
		return fmt.Errorf("calibration means: %w", err)
	}
	b.WriteString("\n  ]\n}\n")
	_, err := w.Write(b.Bytes())
	return err
}

// writeLines writes the elements of an array, one a line.
func writeLines[T any](b *bytes.Buffer, list []T) error {
	for i, x := range list {
		line, err := json.Marshal(x)
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n    ")
		b.Write(line)
	}
	return nil
}

// Load reads what Save wrote and perhaps somebody edited. Means may be left out: biases
// then stay as they are. Without an executor, it was GoExecutor. Unknown or missing
// fields, impossible numbers and repeated points are errors that name the point.
func Load(r io.Reader) (*Calibration, error) {
	fail := func(err error) (*Calibration, error) {
		return nil, fmt.Errorf("calibration cache: %w", err)
	}
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	var raw struct {
		Mode     *Mode             `json:"mode"`
		Samples  *int              `json:"samples"`
		Executor string            `json:"executor"`
		Model    *string           `json:"model"`
		Points   []json.RawMessage `json:"points"`
		Means    []Mean            `json:"means"`
	}
	raw.Executor = GoExecutor
	if err := d.Decode(&raw); err != nil {
		return fail(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return fail(errors.New("there is something behind the closing brace"))
	}
	if raw.Mode == nil || raw.Samples == nil || raw.Model == nil || raw.Points == nil {
		return fail(errors.New("mode, samples, model and points must all be there"))
	}
	c := &Calibration{Mode: *raw.Mode, Samples: *raw.Samples, Executor: raw.Executor, Model: *raw.Model, Means: raw.Means}
	for i, m := range raw.Points {
		p, err := loadPoint(m)
		if err != nil {
			return fail(fmt.Errorf("point %d (%q): %w", i, p.Name, err))
		}
		c.Points = append(c.Points, p)
	}
	if err := c.validate(); err != nil {
		return fail(err)
	}
	return c, nil
}

func loadPoint(m json.RawMessage) (Range, error) {
	var name struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(m, &name) // for the message; errors come again below
	var p struct {
		Name      *string  `json:"name"`
		Min       *float32 `json:"min"`
		Max       *float32 `json:"max"`
		Threshold *float32 `json:"threshold"`
	}
	d := json.NewDecoder(bytes.NewReader(m))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return Range{Name: name.Name}, err
	}
	if p.Name == nil || p.Min == nil || p.Max == nil || p.Threshold == nil {
		return Range{Name: name.Name}, errors.New("name, min, max and threshold must all be there")
	}
	return Range{*p.Name, *p.Min, *p.Max, *p.Threshold}, nil
}

// validate checks the numbers.
func (c *Calibration) validate() error {
	if c.Mode != MinMax && c.Mode != Entropy {
		return fmt.Errorf("mode %q: want %s or %s", c.Mode, MinMax, Entropy)
	}
	if c.Samples < 1 {
		return fmt.Errorf("samples is %d: want at least 1", c.Samples)
	}
	if c.Executor != "" && c.Executor != GoExecutor && c.Executor != KernelExecutor {
		return fmt.Errorf("executor %q: want %s or %s", c.Executor, GoExecutor, KernelExecutor)
	}
	seen := map[string]bool{}
	for i, p := range c.Points {
		switch {
		case p.Name == "":
			return fmt.Errorf("point %d has no name", i)
		case seen[p.Name]:
			return fmt.Errorf("point %q is there twice", p.Name)
		case !finite(p.Min) || !finite(p.Max) || !finite(p.Threshold):
			return fmt.Errorf("point %q: min %g, max %g, threshold %g: want finite numbers", p.Name, p.Min, p.Max, p.Threshold)
		case p.Min > p.Max:
			return fmt.Errorf("point %q: min %g is above max %g", p.Name, p.Min, p.Max)
		case p.Threshold < 0 || p.Threshold == 0 && (p.Min != 0 || p.Max != 0):
			return fmt.Errorf("point %q: threshold is %g, want it positive", p.Name, p.Threshold)
		}
		seen[p.Name] = true
	}
	return c.validateMeans()
}

func (c *Calibration) validateMeans() error {
	seen := map[string]bool{}
	for _, m := range c.Means {
		if seen[m.Name] {
			return fmt.Errorf("means of %q are there twice", m.Name)
		}
		seen[m.Name] = true
		for i, v := range m.Channels {
			if !finite(v) {
				return fmt.Errorf("mean of channel %d of %q is %g: want a finite number", i, m.Name, v)
			}
		}
	}
	return nil
}

func finite(v float32) bool { return v-v == 0 }

// Check fails unless the calibration belongs to g.
func (c *Calibration) Check(g *ir.Graph) error {
	if err := c.validate(); err != nil {
		return fmt.Errorf("calibration: %w", err)
	}
	if h := Hash(g); h != c.Model {
		return fmt.Errorf("the calibration was made for another model: it names %s, graph %q is %s (its weights, operators or fusion changed); delete the calibration cache and calibrate again", c.Model, g.Name, h)
	}
	return c.checkMeans(g)
}

// Hash identifies a graph: its operators, names, shapes and constants.
func Hash(g *ir.Graph) string {
	h := sha256.New()
	for _, v := range g.Inputs {
		fmt.Fprintf(h, "input %q %s %s\n", v.Name, v.Type, v.Shape)
	}
	seen := map[*ir.Value]bool{}
	for _, n := range g.Nodes {
		fmt.Fprintf(h, "node %s %v", n.Op.Kind(), n.Op)
		for _, v := range n.In {
			switch {
			case v == nil:
				io.WriteString(h, " _")
			case v.IsConst() && !seen[v]:
				seen[v] = true
				hashConst(h, v)
			default:
				fmt.Fprintf(h, " %q", v.Name)
			}
		}
		for _, v := range n.Out {
			fmt.Fprintf(h, " -> %q", v.Name)
		}
		io.WriteString(h, "\n")
	}
	for _, v := range g.Outputs {
		fmt.Fprintf(h, "output %q\n", v.Name)
	}
	return fmt.Sprintf("sha256:%x", h.Sum(nil))
}

func hashConst(h hash.Hash, v *ir.Value) {
	t := v.Const
	fmt.Fprintf(h, " %q %s %s ", v.Name, v.Type, v.Shape)
	for _, data := range []any{t.F32, t.U8, t.S8, t.S32, t.I64} {
		_ = binary.Write(h, binary.LittleEndian, data) // a hash takes everything
	}
}
