package config

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// The limits of a file. A decoder of YAML takes memory with the square of the nesting, and
// aliases of aliases stand for any number of values.
const (
	maxFile    = 1 << 20 // bytes
	maxNesting = 32
)

// readSmall reads a regular file of at most maxFile bytes.
func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path) // before opening, which would wait on a pipe
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", path)
	case info.Size() > maxFile:
		return nil, fmt.Errorf("%s has %d bytes, want at most %d", path, info.Size(), maxFile)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile))
}

// checkNesting refuses YAML that is nested more deeply than any configuration.
// Brackets in quoted strings count too: what is closed does no harm.
func checkNesting(data []byte) error {
	depth := 0
	for i, c := range data {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(depth-1, 0)
		}
		if depth > maxNesting {
			return fmt.Errorf("line %d: more than %d brackets are open", 1+bytes.Count(data[:i], []byte("\n")), maxNesting)
		}
	}
	for i, line := range bytes.Split(data, []byte("\n")) {
		for n := 0; ; n++ {
			line = bytes.TrimLeft(line, " \t")
			if len(line) < 2 || line[0] != '-' && line[0] != '?' || line[1] != ' ' {
				break
			}
			if line = line[1:]; n == maxNesting {
				return fmt.Errorf("line %d: lists in lists more than %d deep", i+1, maxNesting)
			}
		}
	}
	for _, t := range lexer.Tokenize(string(data)) {
		if t.Type == token.AliasType || t.Type == token.MergeKeyType {
			return fmt.Errorf("line %d: aliases are not supported: write the value out", t.Position.Line)
		}
	}
	return nil
}

// mostText is the most of an error that repeats the file.
const mostText = 1000

// short cuts a message off where it is too long.
func short(s string) string {
	if len(s) <= mostText {
		return s
	}
	return strings.ToValidUTF8(s[:mostText], "") + "..."
}
