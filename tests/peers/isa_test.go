package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"
)

// features is the argument by which the test's program says what it believes to run on.
const features = "print-features"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == features {
		fmt.Println(cpu.X86.HasAVX2, cpu.X86.HasFMA, cpu.X86.HasAVX512F)
		return
	}
	os.Exit(m.Run())
}

// The copy of a program, here this one, uses AVX2 and not AVX-512.
func TestLimitToAVX2(t *testing.T) {
	if _, err := exec.LookPath("objdump"); err != nil || !cpu.X86.HasAVX2 {
		t.Skip("no objdump, or no AVX2")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	limited, err := limitToAVX2(t.Context(), program, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(limited, features).Output()
	if got := strings.TrimSpace(string(out)); err != nil || got != "true true false" {
		t.Errorf("AVX2, FMA, AVX-512: %q, %v", got, err)
	}
}

func TestFindXGETBV(t *testing.T) {
	const listing = "lib.so:     file format elf64-x86-64\n\n00000000016aba00 <f>:\n 16aba2a:\txor    %ecx,%ecx\n 16aba2c:\txgetbv\n 16aba2f:\tret\n 17eb457:\txgetbv \n"
	got, err := findXGETBV([]byte(listing))
	if err != nil || fmt.Sprintf("%x", got) != "[16aba2c 17eb457]" {
		t.Errorf("%x, %v", got, err)
	}
	if _, err := findXGETBV([]byte(strings.ReplaceAll(listing, "xgetbv", "nop"))); err == nil {
		t.Error("none is there: no error")
	}
}

func TestPatchElsewhere(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before := bytes.Clone(text)
	if err := patch(text, []uint64{1}); err == nil || !bytes.Equal(before, text) {
		t.Errorf("an address without the instruction: %v", err)
	}
}
