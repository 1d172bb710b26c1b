package bench

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// CPU returns the name of the machine's processor, or its architecture where the
// system doesn't tell.
func CPU() string {
	switch runtime.GOOS {
	case "linux":
		text, _ := os.ReadFile("/proc/cpuinfo")
		if name := cpuName(string(text)); name != "" {
			return name
		}
	case "darwin":
		if out, err := exec.Command("sysctl", "-n", "machdep.cpu.brand_string").Output(); err == nil {
			return strings.TrimSpace(string(out))
		}
	case "windows":
		if name := os.Getenv("PROCESSOR_IDENTIFIER"); name != "" {
			return name
		}
	}
	return runtime.GOARCH
}

// cpuName finds the first processor in /proc/cpuinfo. Virtual machines may hide the
// model in its name, so that family and number are given too.
func cpuName(text string) string {
	first, _, _ := strings.Cut(text, "\n\n")
	field := map[string]string{}
	for line := range strings.Lines(first) {
		key, value, _ := strings.Cut(line, ":")
		field[strings.TrimSpace(key)] = strings.TrimSpace(value)
	}
	name := field["model name"]
	if name != "" && field["cpu family"] != "" {
		name += ", family " + field["cpu family"] + " model " + field["model"]
	}
	return name
}
