package quant

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// nearShown is the number of names that near returns.
const nearShown = 4

// near returns the names that are most like what was asked for, quoted, the best
// first.
func near(asked string, names []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	var list []candidate
	seen := map[string]bool{"": true}
	for _, name := range names {
		if !seen[name] {
			seen[name] = true
			list = append(list, candidate{name, distance(strings.ToLower(asked), strings.ToLower(name))})
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(len(a.name), len(b.name)))
	})
	var quoted []string
	for _, c := range list[:min(nearShown, len(list))] {
		quoted = append(quoted, fmt.Sprintf("%q", c.name))
	}
	return quoted
}

// distance returns how many bytes of a have to be inserted, removed or replaced until
// it stands somewhere in b (Sellers, "The theory and computation of evolutionary
// distances", 1980).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := diagonal
			if a[i] != b[j] {
				d++
			}
			diagonal = row[j+1]
			row[j+1] = min(d, row[j]+1, diagonal+1)
		}
	}
	return slices.Min(row)
}
