package endtoend

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

var proxy = flag.Bool("proxy", false, "also install the project from a module proxy, as a user would; takes some minutes")

const (
	modulePath    = "github.com/ingot-go/ingot"
	moduleVersion = "v0.1.0"
)

// userMain is the program of somebody who uses the package. GENERATE stands for
// the directive, which go generate would take for one of this file's.
const userMain = `package main

import (
	"fmt"
	"image"
	_ "image/png"
	"log"
	"os"

	"example.com/app/clothes"
)

GENERATE go tool ingot build clothes.yaml

func main() {
	f, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		log.Fatal(err)
	}
	m := clothes.New()
	ws := m.NewWorkspace(1)
	defer ws.Close()
	var out clothes.Output
	if err := m.RunImage(ws, img, &out); err != nil {
		log.Fatal(err)
	}
	best := 0
	for i, v := range out {
		if v > out[best] {
			best = i
		}
	}
	fmt.Println(clothes.Labels[best])
}
`

// writeProxy puts the project into a folder that serves as a module proxy.
func writeProxy(t *testing.T, dir string) {
	t.Helper()
	at := filepath.Join(dir, modulePath, "@v")
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(at, "list"), []byte(moduleVersion+"\n"))
	write(t, filepath.Join(at, moduleVersion+".mod"), mod)
	write(t, filepath.Join(at, moduleVersion+".info"), fmt.Appendf(nil, "{%q: %q}\n", "Version", moduleVersion))
	f, err := os.Create(filepath.Join(at, moduleVersion+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := zip.CreateFromDir(f, module.Version{Path: modulePath, Version: moduleVersion}, root); err != nil {
		t.Fatal(err)
	}
}

// A user's way: go get -tool, go generate, and a program of his own.
func TestInstall(t *testing.T) {
	if !*proxy {
		t.Skip("takes some minutes: go test ./tests/endtoend -run TestInstall -proxy")
	}
	cache, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	proxies, app := t.TempDir(), t.TempDir()
	writeProxy(t, proxies)
	modcache := filepath.Join(work, "modcache")
	env := []string{
		// What the project requires comes out of the download cache, which has a proxy's form.
		"GOPROXY=file://" + filepath.ToSlash(proxies) + ",file://" + filepath.ToSlash(strings.TrimSpace(string(cache))) + "/cache/download",
		"GOSUMDB=off", "GOFLAGS=-modcacherw", "GOMODCACHE=" + modcache,
	}
	gocmd(t, app, env, "mod", "init", "example.com/app")
	gocmd(t, app, env, "get", "-tool", modulePath+"/cmd/ingot@"+moduleVersion)
	example := os.DirFS(filepath.Join(root, "examples/garments/images"))
	if err := os.CopyFS(filepath.Join(app, "pictures"), example); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"garments.onnx", "labels.txt"} {
		data, err := os.ReadFile(filepath.Join(root, "examples/garments", name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(app, name), data)
	}
	write(t, filepath.Join(app, "clothes.yaml"), []byte("model: garments.onnx\noutput: clothes\nlabels: labels.txt\n"+
		"input: {colour: grey, resize: stretch, scale: 1/255}\ncalibration: {images: pictures, cache: ranges.json}\n"))
	write(t, filepath.Join(app, "main.go"), []byte(strings.Replace(userMain, "GENERATE", "//go:generate", 1)))
	t.Log(gocmd(t, app, env, "generate", "./..."))
	gocmd(t, app, env, "vet", "./...")
	gocmd(t, app, env, "test", "./clothes")
	out := gocmd(t, app, env, "run", ".", filepath.Join(root, "examples/garments/test/0002_trouser.png"))
	if strings.TrimSpace(out) != "Trouser" {
		t.Errorf("the program printed %q, want Trouser", out)
	}
	out = gocmd(t, app, env, "tool", "ingot", "run", "-top", "1", "clothes", filepath.Join(root, "examples/garments/test/0002_trouser.png"))
	if !strings.Contains(out, "Trouser") {
		t.Errorf("ingot run printed %q, want Trouser", out)
	}
}
