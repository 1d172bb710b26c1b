package main

import (
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress is a bar on the terminal while something takes long; nothing, where no
// person is looking.
type progress struct {
	stage string
	bar   *progressbar.ProgressBar
}

// set shows how far a stage has come.
func (p *progress) set(stage string, done, total int) {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return
	}
	if p.bar == nil || p.stage != stage {
		p.clear()
		p.stage = stage
		p.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetDescription(stage),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish())
	}
	_ = p.bar.Set(done) // a bar that can't be drawn is no reason to stop
}

// of returns what reports the progress of one stage.
func (p *progress) of(stage string) func(done, total int) {
	return func(done, total int) { p.set(stage, done, total) }
}

// clear takes the bar away.
func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	p.bar = nil
}
