package gen

import (
	"fmt"
	"strings"
	"unicode"
)

// longestName bounds identifiers.
const longestName = 80

// goName makes an exported Go identifier of an ONNX name: letters and digits
// stay, what follows another character is capitalised, what is too long is cut off.
func goName(s string) string {
	var b strings.Builder
	up := true
	for _, r := range s {
		if b.Len() == longestName {
			break
		}
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
	used, last := map[string]bool{}, map[string]int{}
	var out []string
	for _, n := range names {
		base := goName(n)
		name := base
		for i := max(2, last[base]); used[name]; i++ {
			name = fmt.Sprintf("%s%d", base, i)
			last[base] = i + 1
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

// asLine makes one line of text a comment. Without the slashes jennifer takes text that
// begins with /* or // for a whole comment and writes it as it is, so that a name from a model
// could close it, or be a //go: directive.
func asLine(s string) string { return "// " + s }
