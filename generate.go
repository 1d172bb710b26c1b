package ingot

// The packages under generated are made of the models under examples.
//go:generate go run ./cmd/ingot build examples/garments/garments.yaml
//go:generate go run ./tests/zoo sampleblock -o examples/sampleblock/sampleblock.onnx
//go:generate go run ./cmd/ingot build -precision fp32 -fuse=false -o generated/sampleblock/unfused examples/sampleblock/sampleblock.yaml
//go:generate go run ./cmd/ingot build -precision fp32 -o generated/sampleblock/fused examples/sampleblock/sampleblock.yaml
//go:generate go run ./cmd/ingot build examples/sampleblock/sampleblock.yaml
//go:generate go run ./cmd/ingot inspect -svg docs/sampleblock-model.svg examples/sampleblock/sampleblock.onnx
//go:generate go run ./cmd/ingot inspect -fused -svg docs/sampleblock-fused.svg examples/sampleblock/sampleblock.onnx
//go:generate go run ./cmd/ingot inspect -quantized -svg docs/sampleblock-int8.svg examples/sampleblock/sampleblock.yaml
//go:generate go run ./tests/operators -o docs/operators.md
