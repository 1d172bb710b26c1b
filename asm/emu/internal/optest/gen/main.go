// Command gen writes the emulator's test functions to the current directory.
package main

import (
	"log"
	"os"

	"github.com/ingot-go/ingot/asm/emu/internal/optest/forms"
)

func main() {
	log.SetFlags(0)
	files, err := forms.Files()
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(name, text, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
