package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// resize is none, stretch, or the length of the shorter side.
type resize struct {
	shorter int
	stretch bool
}

// UnmarshalYAML implements yaml.BytesUnmarshaler.
func (r *resize) UnmarshalYAML(b []byte) error {
	text, err := scalar(b)
	if err != nil {
		return fmt.Errorf("input: resize: %w", err)
	}
	switch text {
	case "none":
		return nil
	case "stretch":
		r.stretch = true
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return fmt.Errorf("input: resize %q: want the length in pixels that the shorter side is scaled to, stretch, or none", text)
	}
	r.shorter = n
	return nil
}

// fraction is a number, or a quotient such as 1/255.
type fraction float32

// UnmarshalYAML implements yaml.BytesUnmarshaler.
func (f *fraction) UnmarshalYAML(b []byte) error {
	text, err := scalar(b)
	if err != nil {
		return fmt.Errorf("input: scale: %w", err)
	}
	above, below, divided := strings.Cut(text, "/")
	if !divided {
		below = "1"
	}
	x, err1 := strconv.ParseFloat(strings.TrimSpace(above), 64)
	y, err2 := strconv.ParseFloat(strings.TrimSpace(below), 64)
	if err1 != nil || err2 != nil || !(x > 0) || !(y > 0) {
		return fmt.Errorf("input: scale %q: want a positive number or a quotient, such as 1/255", text)
	}
	*f = fraction(x / y)
	return nil
}

// scalar decodes a value that is not a list or a map, as its text.
func scalar(b []byte) (string, error) {
	var s string
	if err := yaml.Unmarshal(b, &s); err != nil {
		return "", errors.New("want one value")
	}
	return s, nil
}

// numbers is a number or a list of them.
type numbers []float32

// UnmarshalYAML implements yaml.BytesUnmarshaler.
func (n *numbers) UnmarshalYAML(b []byte) error {
	var one float32
	if yaml.Unmarshal(b, &one) == nil {
		*n = numbers{one}
		return nil
	}
	var list []float32
	if err := yaml.Unmarshal(b, &list); err != nil {
		return fmt.Errorf("input: mean and std: %q: want a number, or a list with one for each channel, such as [0.485, 0.456, 0.406]", strings.TrimSpace(string(b)))
	}
	*n = list
	return nil
}

// labels is a file with a name on each line, or the names.
type labels struct {
	file string
	list []string
}

// UnmarshalYAML implements yaml.BytesUnmarshaler.
func (l *labels) UnmarshalYAML(b []byte) error {
	if yaml.Unmarshal(b, &l.list) == nil {
		return nil
	}
	if err := yaml.Unmarshal(b, &l.file); err != nil {
		return errors.New("labels: want a file with a name on each line, or a list of names")
	}
	return nil
}

// load returns the names.
func (l *labels) load(in func(string) string) ([]string, error) {
	if l.file == "" {
		return l.list, nil
	}
	data, err := readSmall(in(l.file))
	if err != nil {
		return nil, fmt.Errorf("labels: %w", err)
	}
	var list []string
	for i, line := range strings.Split(strings.TrimRight(string(data), "\r\n"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			return nil, fmt.Errorf("labels: %s: line %d is empty: want a name on each line", l.file, i+1)
		}
		list = append(list, line)
	}
	return list, nil
}
