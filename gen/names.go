package gen

import (
	"fmt"
	"strings"
	"unicode"
)

// goName makes an exported Go identifier of an ONNX name: letters and digits
// stay, what follows another character is capitalised.
func goName(s string) string {
	var b strings.Builder
	up := true
	for _, r := range s {
		switch {
		case r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			if up {
				r = unicode.ToUpper(r)
			}
			b.WriteRune(r)
			up = false
		default:
			up = true
		}
	}
	if n := b.String(); n != "" && !unicode.IsDigit(rune(n[0])) {
		return n
	}
	return "X" + b.String()
}

// portNames returns the field names of several inputs or outputs, distinct.
func portNames(names []string) []string {
	used := map[string]bool{}
	var out []string
	for _, n := range names {
		name := goName(n)
		for i := 2; used[name]; i++ {
			name = fmt.Sprintf("%s%d", goName(n), i)
		}
		used[name] = true
		out = append(out, name)
	}
	return out
}

// oneLine makes text from a model fit for a comment: printable, on one line, and
// not too long.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	if len(s) > 400 {
		s = strings.ToValidUTF8(s[:400], "") + "..."
	}
	return s
}
