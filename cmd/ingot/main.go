// Ingot compiles trained convolutional networks into Go packages with int8 assembly.
//
// Usage:
//
//	ingot build MODEL.onnx|CONFIG.yaml   write the package
//	ingot quantize -o Q.onnx MODEL|CONFIG write the int8 form as an ONNX file
//	ingot inspect MODEL.onnx|CONFIG.yaml list the operators of a model
//	ingot run PKGDIR INPUT...            run a package on arrays or pictures
//	ingot bench MODEL|CONFIG|PKGDIR...   time models and packages side by side
//	ingot version                        print the version
//
// Each has flags, which ingot COMMAND -h explains.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/ingot-go/ingot"
)

// command is a subcommand. Its function gets the arguments behind its name.
type command struct {
	name, args, short, long string
	run                     func(c *call) error
}

// commands is filled by init, because help refers to it.
var commands []command

func init() {
	commands = []command{buildCommand, quantizeCommand, inspectCommand, runCommand, benchCommand, versionCommand}
}

// call is one run of a subcommand.
type call struct {
	context.Context
	flags          *flag.FlagSet
	args           []string // before the flags are parsed
	stdout, stderr io.Writer
}

// usageError is a mistake in the command line: exit status 2.
type usageError struct{ text string }

// Error implements error.
func (e usageError) Error() string { return e.text }

func usage(format string, a ...any) error { return usageError{fmt.Sprintf(format, a...)} }

// errInterrupted is the cause of a context that a signal ended.
var errInterrupted = errors.New("interrupted")

func main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, stopSignals...)
	go func() {
		<-signals
		signal.Stop(signals) // a second one ends the process
		cancel(errInterrupted)
	}()
	os.Exit(dispatch(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// dispatch runs the subcommand that args name and returns the exit status.
func dispatch(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		help(stderr)
		return 2
	}
	name := args[0]
	if name == "help" || name == "-h" || name == "-help" || name == "--help" {
		if len(args) < 2 {
			help(stdout)
			return 0
		}
		name, args = args[1], []string{"", "-h"}
	}
	for _, c := range commands {
		if c.name == name {
			return c.status(ctx, args[1:], stdout, stderr)
		}
	}
	fmt.Fprintf(stderr, "ingot: there is no command %q\n\n", name)
	help(stderr)
	return 2
}

// status runs a subcommand and returns the exit status.
func (c command) status(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("ingot "+c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error is printed below, and help where it was asked for
	flags.Usage = func() {}
	err := c.run(&call{Context: ctx, flags: flags, args: args, stdout: stdout, stderr: stderr})
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(stdout)
		fmt.Fprintf(stdout, "usage: ingot %s %s\n\n%s\n\nFlags:\n", c.name, c.args, c.long)
		flags.PrintDefaults()
		return 0
	}
	fmt.Fprintf(stderr, "ingot %s: %s\n", c.name, shorten(err.Error()))
	var u usageError
	if errors.As(err, &u) {
		fmt.Fprintf(stderr, "usage: ingot %s %s; ingot %s -h explains more\n", c.name, c.args, c.name)
		return 2
	}
	return 1
}

// parse parses the flags and checks the number of arguments behind them.
func (c *call) parse(least, most int, want string) error {
	if err := c.flags.Parse(c.args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return usage("%v", err)
	}
	for _, a := range c.flags.Args() {
		if strings.HasPrefix(a, "-") && len(a) > 1 {
			return usage("flag %s stands behind an argument: write flags first", a)
		}
	}
	if n := c.flags.NArg(); n < least || most >= 0 && n > most {
		return usage("want %s, got %d arguments", want, n)
	}
	return nil
}

// maxLines is how many lines of an error are printed.
const maxLines = 20

// shorten cuts long lists of what is wrong.
func shorten(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if len(lines) <= maxLines+1 {
		return strings.Join(lines, "\n")
	}
	return fmt.Sprintf("%s\n  ... and %d more like these", strings.Join(lines[:maxLines+1], "\n"), len(lines)-maxLines-1)
}

func help(w io.Writer) {
	fmt.Fprint(w, "Ingot compiles a trained convolutional network, an ONNX file, into a Go package\n"+
		"that runs it on assembly kernels of int8 or float32, without cgo.\n\nUsage:\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  ingot %-8s %s\n", c.name, c.short)
	}
	fmt.Fprint(w, "\ningot COMMAND -h explains a command and its flags. To begin with:\n\n"+
		"  ingot build -calib PICTURES model.onnx   # a folder with some 100 typical pictures\n"+
		"  ingot run model picture.jpg\n"+
		"  ingot bench model\n")
}

var versionCommand = command{
	name: "version", short: "print the version",
	long: "Prints the version that generated packages name.",
	run: func(c *call) error {
		if err := c.parse(0, 0, "no argument"); err != nil {
			return err
		}
		_, err := fmt.Fprintln(c.stdout, "ingot", ingot.Version)
		return err
	},
}
