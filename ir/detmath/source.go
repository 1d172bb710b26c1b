package detmath

import _ "embed"

// Source is the source of this package's functions, which generated packages
// carry a copy of.
//
//go:embed detmath.go
var Source string
