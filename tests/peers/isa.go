package main

import (
	"bufio"
	"bytes"
	"context"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// The instruction by which a program asks what registers the system saves, and what takes its
// place: MOV $7, AL; NOP. Then bits 5 to 7 of the answer, the registers of AVX-512, are never set, and
// the program takes its AVX2 code. No flag, no other register and no memory changes.
var (
	xgetbv      = []byte{0x0f, 0x01, 0xd0}
	withoutZMMs = []byte{0xb0, 0x07, 0x90}
)

// limitToAVX2 copies a shared library into a folder and makes the copy believe that the system
// does not save the registers of AVX-512. It returns the copy's path. The name objdump is that of
// GNU binutils, which tells instructions from bytes that look like one.
func limitToAVX2(ctx context.Context, library, dir string) (string, error) {
	text, err := os.ReadFile(library)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "objdump", "-d", "--no-show-raw-insn", library)
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("limiting ONNX Runtime to AVX2 needs objdump of GNU binutils: %w", err)
	}
	addresses, err := findXGETBV(out)
	if err != nil {
		return "", fmt.Errorf("%s: %w", library, err)
	}
	if err := patch(text, addresses); err != nil {
		return "", fmt.Errorf("%s: %w", library, err)
	}
	path := filepath.Join(dir, filepath.Base(library))
	return path, os.WriteFile(path, text, 0o777)
}

// findXGETBV returns the addresses of the instruction in what objdump printed.
func findXGETBV(listing []byte) ([]uint64, error) {
	var all []uint64
	lines := bufio.NewScanner(bytes.NewReader(listing))
	for lines.Scan() {
		address, instruction, ok := strings.Cut(lines.Text(), ":")
		if !ok || strings.TrimSpace(instruction) != "xgetbv" {
			continue
		}
		a, err := strconv.ParseUint(strings.TrimSpace(address), 16, 64)
		if err != nil {
			return nil, fmt.Errorf("objdump printed %q: %w", lines.Text(), err)
		}
		all = append(all, a)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no XGETBV found: this library asks for AVX-512 in another way")
	}
	return all, nil
}

// patch replaces the instructions at these addresses in the text of an ELF file.
func patch(text []byte, addresses []uint64) error {
	file, err := elf.NewFile(bytes.NewReader(text))
	if err != nil {
		return err
	}
	for _, a := range addresses {
		at, ok := offset(file, a)
		if !ok || at+3 > uint64(len(text)) || !bytes.Equal(text[at:at+3], xgetbv) {
			return fmt.Errorf("no XGETBV at address %#x", a)
		}
		copy(text[at:], withoutZMMs)
	}
	return nil
}

// offset returns where the file holds what is loaded to an address.
func offset(file *elf.File, address uint64) (uint64, bool) {
	for _, p := range file.Progs {
		if p.Type == elf.PT_LOAD && address >= p.Vaddr && address < p.Vaddr+p.Filesz {
			return address - p.Vaddr + p.Off, true
		}
	}
	return 0, false
}
