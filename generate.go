package ingot

// The packages under generated are made of the models under examples.
//go:generate go run ./cmd/ingot build examples/garments/garments.yaml
