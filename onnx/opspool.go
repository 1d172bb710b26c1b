package onnx

import (
	"fmt"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// pool reads what MaxPool and AveragePool share and imports them as op makes them.
func (c *call) pool(op func(w ir.Window, ceil bool) ir.Op) error {
	if len(c.ints("kernel_shape")) == 0 {
		return fmt.Errorf("the attribute kernel_shape is missing")
	}
	if c.isVolume() {
		return c.poolVolume(op)
	}
	if err := c.wantImage(); err != nil {
		return err
	}
	w, err := c.window(nil)
	if err != nil {
		return err
	}
	x, err := c.image("input", c.in[0])
	if err != nil {
		return err
	}
	return c.imageResult(op(w, c.int("ceil_mode", 0) != 0), x)
}

// maxPool imports MaxPool; the indices, where somebody reads them, are a node of their own.
func maxPool(c *call) error {
	if len(c.node.Outputs) > 1 && c.node.Outputs[1] != "" {
		if c.isVolume() {
			return fmt.Errorf("the positions of the maxima of %s are not supported: three axes of space have values only", c.in[0].Shape)
		}
		column := c.int("storage_order", 0) != 0
		indices := *c
		node := *c.node
		node.Outputs = c.node.Outputs[1:2]
		indices.node, indices.name = &node, c.imp.nodes.fresh(c.name+"/indices")
		err := indices.pool(func(w ir.Window, ceil bool) ir.Op {
			return ir.ArgMaxPool{Window: w, Ceil: ceil, ColumnMajor: column}
		})
		if err != nil {
			return err
		}
	}
	return c.pool(func(w ir.Window, ceil bool) ir.Op { return ir.MaxPool{Window: w, Ceil: ceil} })
}

func averagePool(c *call) error {
	count := c.int("count_include_pad", 0) != 0
	return c.pool(func(w ir.Window, ceil bool) ir.Op { return ir.AvgPool{Window: w, Ceil: ceil, CountPad: count} })
}

// globalPool imports a pooling over all of space, however many axes that has.
func globalPool(op ir.Op) func(*call) error {
	return func(c *call) error {
		x := c.in[0]
		if len(x.Shape) == 4 {
			return c.result(op, x)
		}
		if len(x.Shape) < 3 {
			return fmt.Errorf("input of %s has no axes of space", x.Shape)
		}
		flat, err := c.aux("input", ir.Reshape{Shape: ir.Shape{x.Shape[0], x.Shape[1], 1, x.Shape[2:].Elems()}}, x)
		if err != nil {
			return err
		}
		y, err := c.aux("image", op, flat)
		if err != nil {
			return err
		}
		s := append(x.Shape[:2:2], slices.Repeat(ir.Shape{1}, len(x.Shape)-2)...)
		return c.result(ir.Reshape{Shape: s}, y)
	}
}
