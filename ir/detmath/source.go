package detmath

import _ "embed"

// Source, TrigSource and HyperbolicSource are the source of this package's functions, which
// generated packages carry a copy of.
var (
	//go:embed detmath.go
	Source string
	//go:embed trig.go
	TrigSource string
	//go:embed hyperbolic.go
	HyperbolicSource string
)
