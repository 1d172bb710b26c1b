// Package optest has the emulator's test functions for the CPU: one an opcode
// and instruction set, each running all forms of the opcode on one block.
package optest

//go:generate go run ./gen

// Funcs are the functions by name; nil where the architecture has none. The
// argument is a block as package forms lays it out, aligned to 64 bytes. A
// function must only be called where the CPU has the ISA in its name.
var Funcs map[string]func(b *byte)
