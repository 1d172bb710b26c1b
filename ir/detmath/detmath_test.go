package detmath

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"math/rand/v2"
	"testing"
)

var functions = []struct {
	name     string
	f, ref   func(float64) float64
	lo, hi   float64
	positive bool
}{
	{"Exp", Exp, math.Exp, -708, 709, false},
	{"Expm1", Expm1, math.Expm1, -60, 60, false},
	{"Tanh", Tanh, math.Tanh, -30, 30, false},
	{"Sigmoid", Sigmoid, refSigmoid, -700, 700, false},
	{"Erf", Erf, math.Erf, -7, 7, false},
	{"Log", Log, math.Log, 0, 1e6, true},
}

func refSigmoid(x float64) float64 {
	if x < 0 {
		return math.Exp(x) / (1 + math.Exp(x))
	}
	return 1 / (1 + math.Exp(-x))
}

func relative(a, b float64) float64 {
	if a == b || a != a && b != b {
		return 0
	}
	return math.Abs(a-b) / math.Abs(b)
}

func TestAccuracy(t *testing.T) {
	for _, c := range functions {
		t.Run(c.name, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(1, 2))
			worst, where := 0.0, 0.0
			check := func(x float64) {
				if e := relative(c.f(x), c.ref(x)); !(e <= worst) {
					worst, where = e, x
				}
			}
			for range 100000 {
				check(c.lo + rnd.Float64()*(c.hi-c.lo))
				small := math.Exp(-40 * rnd.Float64()) // many magnitudes
				check(small)
				if c.positive {
					check(1 + small)
				} else {
					check(-small)
				}
			}
			if !(worst <= 1e-14) {
				t.Errorf("relative error %g at %g: want at most 1e-14", worst, where)
			}
			t.Logf("worst relative error %.2g at %g", worst, where)
		})
	}
}

func TestEdges(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	cases := []struct {
		name    string
		f       func(float64) float64
		x, want float64
	}{
		{"Exp", Exp, 0, 1}, {"Exp", Exp, inf, inf}, {"Exp", Exp, -inf, 0}, {"Exp", Exp, nan, nan},
		{"Exp", Exp, 709.9, inf}, {"Exp", Exp, 1e300, inf}, {"Exp", Exp, -746, 0}, {"Exp", Exp, -1e300, 0},
		{"Exp", Exp, -745, math.SmallestNonzeroFloat64}, {"Exp", Exp, 709.782712893384, math.Exp(709.782712893384)},
		{"Exp", Exp, -740, math.Exp(-740)}, {"Exp", Exp, 5e-324, 1},
		{"Expm1", Expm1, 0, 0}, {"Expm1", Expm1, inf, inf}, {"Expm1", Expm1, -inf, -1}, {"Expm1", Expm1, nan, nan},
		{"Expm1", Expm1, 5e-324, 5e-324}, {"Expm1", Expm1, -100, -1},
		{"Tanh", Tanh, 0, 0}, {"Tanh", Tanh, inf, 1}, {"Tanh", Tanh, -inf, -1}, {"Tanh", Tanh, nan, nan},
		{"Tanh", Tanh, 25, 1}, {"Tanh", Tanh, -25, -1}, {"Tanh", Tanh, -1e-300, -1e-300},
		{"Sigmoid", Sigmoid, 0, 0.5}, {"Sigmoid", Sigmoid, inf, 1}, {"Sigmoid", Sigmoid, -inf, 0},
		{"Sigmoid", Sigmoid, nan, nan}, {"Sigmoid", Sigmoid, 800, 1}, {"Sigmoid", Sigmoid, -800, 0},
		{"Erf", Erf, 0, 0}, {"Erf", Erf, inf, 1}, {"Erf", Erf, -inf, -1}, {"Erf", Erf, nan, nan}, {"Erf", Erf, 6, 1},
		{"Log", Log, 1, 0}, {"Log", Log, 0, -inf}, {"Log", Log, -1, nan}, {"Log", Log, inf, inf}, {"Log", Log, nan, nan},
		{"Log", Log, 5e-324, -1074 * math.Ln2}, {"Log", Log, math.MaxFloat64, math.Log(math.MaxFloat64)},
	}
	for _, c := range cases {
		// A subnormal result is checked to one unit of its last place.
		if got := c.f(c.x); relative(got, c.want) > 1e-14 && math.Abs(got-c.want) > 5e-324 || math.IsNaN(got) != math.IsNaN(c.want) {
			t.Errorf("%s(%g) = %g, want %g", c.name, c.x, got, c.want)
		}
	}
}

// TestBits pins results, so that a platform that computes other bits fails.
func TestBits(t *testing.T) {
	for _, c := range functions {
		h := uint64(14695981039346656037)
		for i := range 4096 {
			x := c.lo + float64((c.hi-c.lo)*float64(i))/4096
			h = (h ^ math.Float64bits(c.f(x))) * 1099511628211
		}
		if want := bitsOf[c.name]; h != want {
			t.Errorf("%s: hash of results %#x, want %#x", c.name, h, want)
		}
	}
}

var bitsOf = map[string]uint64{
	"Exp": 0xbe4c95becac38b93, "Expm1": 0x63ed4c9157a15f82, "Tanh": 0xed117a11844a77ed,
	"Sigmoid": 0x39e58aca73fccbaa, "Erf": 0xa506443326bb654d, "Log": 0x8c73b6be1efd816,
}

// TestProductsAreConverted keeps the rule that prevents fusion: a product that
// is an operand of a sum or difference stands within float64(...).
func TestProductsAreConverted(t *testing.T) {
	for _, name := range []string{"detmath.go", "trig.go", "hyperbolic.go"} {
		productsAreConverted(t, name)
	}
}

func productsAreConverted(t *testing.T, name string) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range f.Imports {
		if i.Path.Value != `"math"` && i.Path.Value != `"math/bits"` {
			t.Errorf("%s imports %s: it is copied into generated packages", name, i.Path.Value)
		}
	}
	var product func(ast.Expr) bool
	product = func(e ast.Expr) bool {
		switch e := e.(type) {
		case *ast.ParenExpr:
			return product(e.X)
		case *ast.UnaryExpr:
			return product(e.X)
		case *ast.BinaryExpr:
			return e.Op == token.MUL
		}
		return false
	}
	sums := 0
	ast.Inspect(f, func(n ast.Node) bool {
		if e, ok := n.(*ast.BinaryExpr); ok && (e.Op == token.ADD || e.Op == token.SUB) {
			sums++
			if product(e.X) || product(e.Y) {
				t.Errorf("%s: a product in a sum may be fused", fset.Position(e.Pos()))
			}
		}
		if a, ok := n.(*ast.AssignStmt); ok && a.Tok != token.ASSIGN && a.Tok != token.DEFINE {
			for _, y := range a.Rhs {
				if product(y) {
					t.Errorf("%s: a product in a sum may be fused", fset.Position(a.Pos()))
				}
			}
		}
		return true
	})
	if sums == 0 {
		t.Error("no sum was found: the check looks at nothing")
	}
}
