package contest

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func TestTurns(t *testing.T) {
	var order []string
	fake := func(name string) *Result {
		return &Result{Entry: Entry{Name: name}, network: network{run: func() error { order = append(order, name); return nil }}}
	}
	c := Config{Rounds: 2}
	all := []*Result{fake("a"), fake("b")}
	if err := c.time(all); err != nil {
		t.Fatal(err)
	}
	one := strings.Repeat("a", 1+fewest) + strings.Repeat("b", 1+fewest)
	if got := strings.Join(order, ""); got != one+one {
		t.Errorf("they ran in the order %s, want %s", got, one+one)
	}
	if len(all[0].Rounds) != 2 {
		t.Errorf("%d rounds", len(all[0].Rounds))
	}
}

func TestTurnTakesTime(t *testing.T) {
	runs := 0
	r, err := turn(func() error { runs++; time.Sleep(time.Millisecond); return nil }, 20*time.Millisecond)
	if err != nil || runs < 2+fewest || runs > 22 || r.Fastest < 1e-3 || r.Median < r.Fastest {
		t.Errorf("%d runs, %+v, %v", runs, r, err)
	}
	if _, err := turn(func() error { return errors.New("broken") }, 0); err == nil {
		t.Error("no error")
	}
}

func TestStatistics(t *testing.T) {
	r := Result{Rounds: []Round{{3, 2}, {5, 1}, {4, 4}, {10, 9}}}
	if r.Median() != 4.5 || r.Fastest() != 1 {
		t.Errorf("median %g, fastest %g", r.Median(), r.Fastest())
	}
}

func TestCosine(t *testing.T) {
	if c := cosine([]float32{3, 4}, []float32{4, 3}); math.Abs(c-0.96) > 1e-12 {
		t.Errorf("cosine %g", c)
	}
	if c := cosine([]float32{0, 0}, []float32{1, 2}); c != 0 {
		t.Errorf("cosine with zeros %g", c)
	}
}

func TestOpen(t *testing.T) {
	packages := map[string]Package{"p": func(threads int) (string, []float32, []float32, func()) {
		return "avx2", make([]float32, 2), make([]float32, 1), func() {}
	}}
	c := Config{Input: []float32{1, 2}}
	n, err := c.open(Entry{Package: "p", ISA: "avx2"}, packages)
	if err != nil || n.in[1] != 2 {
		t.Errorf("%v, %v", n, err)
	}
	if _, err := c.open(Entry{Package: "p", ISA: "avx512vnni"}, packages); err == nil {
		t.Error("another instruction set: no error")
	}
	c.Input = c.Input[:1]
	if _, err := c.open(Entry{Package: "p", ISA: "avx2"}, packages); err == nil {
		t.Error("another input: no error")
	}
}
