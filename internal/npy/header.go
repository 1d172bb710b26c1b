package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	magic     = "\x93NUMPY"
	maxHeader = 1 << 16 // bytes; numpy itself refuses to parse more than 10,000 by default
	maxAxes   = 64      // numpy's own limit
)

// header is the description in front of the data:
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
type header struct {
	order   binary.ByteOrder
	kind    string // of dtype, such as f4
	fortran bool
	shape   []int
	bytes   int64 // length of the header, magic included
	elems   int64
}

// readHeader reads a header of version 1, 2 or 3.
func readHeader(r io.Reader) (*header, error) {
	start := make([]byte, 8, 12)
	if _, err := io.ReadFull(r, start); err != nil || string(start[:6]) != magic {
		return nil, errors.New("not an .npy array: it does not begin with the magic string")
	}
	length := 2
	switch start[6] {
	case 1:
	case 2, 3:
		length = 4
	default:
		return nil, fmt.Errorf(".npy format version %d is not known, want 1 to 3", start[6])
	}
	size := make([]byte, 4)
	if _, err := io.ReadFull(r, size[:length]); err != nil {
		return nil, errors.New("header is cut off")
	}
	n := int64(binary.LittleEndian.Uint32(size))
	if n > maxHeader {
		return nil, fmt.Errorf("header of %d bytes, want at most %d", n, maxHeader)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, errors.New("header is cut off")
	}
	h, err := parseHeader(string(text))
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	h.bytes = 8 + int64(length) + n
	return h, nil
}

// parseHeader reads the Python dictionary that a header is, its keys in any order.
func parseHeader(text string) (*header, error) {
	p := parser{strings.TrimSpace(text)}
	h, seen := &header{}, map[string]bool{}
	if !p.take("{") {
		return nil, errors.New("want a dictionary")
	}
	for !p.take("}") {
		key, err := p.quoted()
		if err != nil {
			return nil, err
		}
		if !p.take(":") || seen[key] {
			return nil, fmt.Errorf("no single value for %q", key)
		}
		seen[key] = true
		switch key {
		case "descr":
			err = p.dtype(h)
		case "fortran_order":
			h.fortran, err = p.boolean()
		case "shape":
			h.shape, err = p.tuple()
		default:
			err = fmt.Errorf("unknown key %q", key)
		}
		if err != nil {
			return nil, err
		}
		if !p.take(",") && !strings.HasPrefix(p.s, "}") {
			return nil, fmt.Errorf("want , or } after the value of %q", key)
		}
	}
	if len(seen) != 3 || p.s != "" {
		return nil, errors.New("want a dictionary of descr, fortran_order and shape alone")
	}
	return h, h.count()
}

// count sets the number of elements, which must not overflow.
func (h *header) count() error {
	h.elems = 1
	for _, d := range h.shape {
		if d > 0 && h.elems > (1<<48)/int64(d) {
			return fmt.Errorf("shape %v is too large", h.shape)
		}
		h.elems *= int64(d)
	}
	return nil
}

// parser takes tokens off the front of s.
type parser struct{ s string }

func (p *parser) take(token string) bool {
	rest, ok := strings.CutPrefix(p.s, token)
	if ok {
		p.s = strings.TrimLeft(rest, " \t\n")
	}
	return ok
}

func (p *parser) quoted() (string, error) {
	for _, q := range []string{"'", `"`} {
		if !p.take(q) {
			continue
		}
		text, rest, ok := strings.Cut(p.s, q)
		if ok {
			p.s = strings.TrimLeft(rest, " \t\n")
			return text, nil
		}
	}
	return "", errors.New("want a string in quotes")
}

func (p *parser) boolean() (bool, error) {
	switch {
	case p.take("True"):
		return true, nil
	case p.take("False"):
		return false, nil
	}
	return false, errors.New("fortran_order is neither True nor False")
}

func (p *parser) dtype(h *header) error {
	if strings.HasPrefix(p.s, "[") {
		return errors.New("arrays of records are not supported, want one number type")
	}
	text, err := p.quoted()
	if err != nil {
		return err
	}
	h.order = binary.LittleEndian
	if strings.HasPrefix(text, ">") {
		h.order = binary.BigEndian
	}
	h.kind = strings.TrimLeft(text, "<>|=")
	if _, ok := decoders[h.kind]; !ok || len(text) != 3 {
		return fmt.Errorf("number type %q is not supported, want float32, float64, float16, bool, or integers of 8 to 64 bits but uint64", text)
	}
	return nil
}

func (p *parser) tuple() ([]int, error) {
	if !p.take("(") {
		return nil, errors.New("shape is not a tuple")
	}
	shape := []int{}
	for !p.take(")") {
		digits := len(p.s) - len(strings.TrimLeft(p.s, "0123456789"))
		n, err := strconv.ParseInt(p.s[:digits], 10, 0)
		if err != nil || n > 1<<48 || len(shape) == maxAxes {
			return nil, errors.New("shape is not a tuple of lengths")
		}
		shape = append(shape, int(n))
		p.take(p.s[:digits])
		p.take("L") // as Python 2 wrote it
		if !p.take(",") && !strings.HasPrefix(p.s, ")") {
			return nil, errors.New("shape is not a tuple of lengths")
		}
	}
	return shape, nil
}
