package garments_test

import (
	"fmt"
	"image"
	_ "image/png"
	"log"
	"os"

	"github.com/ingot-go/ingot/generated/garments"
)

// A picture of an ankle boot that the network has not seen in training.
func Example() {
	f, err := os.Open("../../examples/garments/test/0000_ankle-boot.png")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		log.Fatal(err)
	}

	m := garments.New()
	ws := m.NewWorkspace(1) // keep it: runs on it allocate nothing
	defer ws.Close()
	var scores garments.Output
	if err := m.RunImage(ws, img, &scores); err != nil {
		log.Fatal(err)
	}

	best := 0
	for i, s := range scores {
		if s > scores[best] {
			best = i
		}
	}
	fmt.Println(garments.Labels[best])
	// Output: Ankle boot
}

// Inputs that are not pictures go in as arrays.
func ExampleModel_Predict() {
	m := garments.New()
	var in garments.Input // a black picture
	var out garments.Output
	m.Predict(&in, &out)
	fmt.Println(len(out), "scores")
	// Output: 10 scores
}
