package emu

import "math/bits"

// logicFlags sets the flags of AND, OR, XOR and TEST: CF and OF are cleared.
func (m *Machine) logicFlags(r uint64, size int) {
	m.cf, m.of = false, false
	m.resultFlags(r, size)
}

// resultFlags sets ZF, SF and PF from a result.
func (m *Machine) resultFlags(r uint64, size int) {
	sh := uint(64 - 8*size)
	m.zf = r<<sh == 0
	m.sf = int64(r<<sh) < 0
	m.low = uint8(r)
}

// addFlags returns x+y+c of size bytes and sets all flags.
func (m *Machine) addFlags(x, y, c uint64, size int) uint64 {
	sh := uint(64 - 8*size)
	r := x + y + c
	lo, carry := bits.Add64(x<<sh, y<<sh, 0)
	_, carry2 := bits.Add64(lo, c<<sh, 0)
	m.cf = carry|carry2 != 0
	m.of = int64((x^r)&(y^r)<<sh) < 0
	m.resultFlags(r, size)
	return r
}

// subFlags returns x-y-c of size bytes and sets all flags.
func (m *Machine) subFlags(x, y, c uint64, size int) uint64 {
	sh := uint(64 - 8*size)
	r := x - y - c
	lo, borrow := bits.Sub64(x<<sh, y<<sh, 0)
	_, borrow2 := bits.Sub64(lo, c<<sh, 0)
	m.cf = borrow|borrow2 != 0
	m.of = int64((x^y)&(x^r)<<sh) < 0
	m.resultFlags(r, size)
	return r
}

// condition is a predicate on flags, and the flags that it reads.
type condition struct {
	flags uint64
	holds func(*Machine) bool
}

func condOS(m *Machine) bool { return m.of }
func condCS(m *Machine) bool { return m.cf }
func condEQ(m *Machine) bool { return m.zf }
func condLS(m *Machine) bool { return m.cf || m.zf }
func condMI(m *Machine) bool { return m.sf }
func condPS(m *Machine) bool { return bits.OnesCount8(m.low)&1 == 0 }
func condLT(m *Machine) bool { return m.sf != m.of }
func condLE(m *Machine) bool { return m.zf || m.sf != m.of }

func not(f func(*Machine) bool) func(*Machine) bool {
	return func(m *Machine) bool { return !f(m) }
}

// conditions by the suffix that Go's assembler gives to J, SET and CMOVx; the
// second name of a pair is the opposite.
var conditions = map[string]condition{}

// jumpAliases are the Intel spellings that avo keeps for jumps.
var jumpAliases = map[string]string{
	"A": "HI", "AE": "CC", "B": "CS", "BE": "LS", "C": "CS", "E": "EQ", "G": "GT", "HS": "CC",
	"L": "LT", "LO": "CS", "NA": "LS", "NAE": "CS", "NB": "CC", "NC": "CC", "NG": "LE", "NGE": "LT",
	"NL": "GE", "NO": "OC", "NP": "PC", "NS": "PL", "NZ": "NE", "O": "OS", "P": "PS", "PE": "PS",
	"PO": "PC", "S": "MI", "Z": "EQ",
}

func init() {
	for _, c := range []struct {
		name, opposite string
		flags          uint64
		holds          func(*Machine) bool
	}{
		{"OS", "OC", flagOF, condOS},
		{"CS", "CC", flagCF, condCS},
		{"EQ", "NE", flagZF, condEQ},
		{"LS", "HI", flagCF | flagZF, condLS},
		{"MI", "PL", flagSF, condMI},
		{"PS", "PC", flagPF, condPS},
		{"LT", "GE", flagSF | flagOF, condLT},
		{"LE", "GT", flagZF | flagSF | flagOF, condLE},
	} {
		conditions[c.name] = condition{c.flags, c.holds}
		conditions[c.opposite] = condition{c.flags, not(c.holds)}
	}
	for name, c := range conditions {
		registerCondition(name, c)
	}
	for alias, name := range jumpAliases {
		scalarOps["J"+alias] = jump(conditions[name])
	}
}

// registerCondition adds the opcodes of one condition to the scalar table.
func registerCondition(name string, c condition) {
	scalarOps["J"+name] = jump(c)
	scalarOps["SET"+name] = setcc(c)
	for _, s := range []struct {
		letter string
		size   int
	}{{"W", 2}, {"L", 4}, {"Q", 8}} {
		scalarOps["CMOV"+s.letter+name] = cmov(c, s.size)
	}
}
