package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var sample = Chart{Title: "latency of an image, one thread", Unit: "ms", Groups: []Group{
	{Name: "resnet50", Bars: []Bar{{"int8", 12, 11.8, 12.9}, {"fp32", 48, 46, 51}, {"fp32, not fused", 64, 60, 71}}},
	{Name: "mobilenetv2", Bars: []Bar{{"int8", 1.8, 1.7, 2}, {"fp32", 4, 4, 4}}},
}}

func render(t *testing.T, c Chart) string {
	t.Helper()
	var b strings.Builder
	if err := Bars(&b, c); err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(strings.NewReader(b.String())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func TestText(t *testing.T) {
	picture := render(t, sample)
	for _, want := range []string{"latency of an image, one thread", "ms", "resnet50", "mobilenetv2", "int8", "fp32", "fp32, not fused",
		"12.0", "48.0", "64.0", "1.80", "4.00"} {
		if !strings.Contains(picture, ">"+want+"<") {
			t.Errorf("the chart lacks the text %q", want)
		}
	}
	if picture != render(t, sample) {
		t.Error("the second chart has other bytes")
	}
}

var (
	bar     = regexp.MustCompile(`d="M([\d.]+),([\d.]+)L([\d.]+),([\d.]+)L([\d.]+),([\d.]+)L([\d.]+),([\d.]+)Z" style="fill:#([0-9A-F]{6})`)
	whisker = regexp.MustCompile(`d="M([\d.]+),([\d.]+)L([\d.]+),([\d.]+)" style="fill:none;stroke:#1D2433"`)
)

func float(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func near(a, b float64) bool { return math.Abs(a-b) < 0.01*max(a, b) }

func TestScale(t *testing.T) {
	picture := render(t, sample)
	found := bar.FindAllStringSubmatch(picture, -1)
	found = found[2:] // the paper, and the chart on it
	if len(found) != 5 {
		t.Fatalf("%d bars, want 5", len(found))
	}
	left, unit := float(t, found[0][1]), 0.0
	var colours []string
	for i, b := range []Bar{{"", 12, 0, 0}, {"", 48, 0, 0}, {"", 64, 0, 0}, {"", 1.8, 0, 0}, {"", 4, 0, 0}} {
		length := float(t, found[i][3]) - float(t, found[i][1])
		if i == 0 {
			unit = length / 12
		}
		if !near(length, b.Value*unit) {
			t.Errorf("bar %d is %g long, want %g", i, length, b.Value*unit)
		}
		if at := float(t, found[i][1]); at != left {
			t.Errorf("bar %d starts at %g, the first at %g", i, at, left)
		}
		colours = append(colours, found[i][9])
	}
	if colours[0] != colours[3] || colours[1] != colours[4] || colours[0] == colours[1] || colours[1] == colours[2] {
		t.Errorf("colours %v: want one a name", colours)
	}
	var spreads [][2]float64
	for _, w := range whisker.FindAllStringSubmatch(picture, -1) {
		if w[2] == w[4] { // without its ends
			spreads = append(spreads, [2]float64{(float(t, w[1]) - left) / unit, (float(t, w[3]) - left) / unit})
		}
	}
	for i, want := range [][2]float64{{11.8, 12.9}, {46, 51}, {60, 71}, {1.7, 2}} {
		if len(spreads) != 4 {
			t.Fatalf("%d whiskers, want 4: %v", len(spreads), spreads)
		}
		if !near(spreads[i][0], want[0]) || !near(spreads[i][1], want[1]) {
			t.Errorf("whisker %d is %v, want %v", i, spreads[i], want)
		}
	}
}

func TestNamesAreEscaped(t *testing.T) {
	name := "</svg><script>\x00\"&\n\u202e" + strings.Repeat("long", 500)
	picture := render(t, Chart{Title: name, Unit: name, Groups: []Group{{name, []Bar{{name, 1, 1, 1}}}}})
	for _, bad := range []string{"<script", "\x00", "\u202e"} {
		if strings.Contains(picture, bad) {
			t.Errorf("%q is in the chart as it is", bad)
		}
	}
}

func TestZero(t *testing.T) {
	render(t, Chart{Groups: []Group{{Bars: []Bar{{Name: "nothing"}}}}})
}

func TestBadCharts(t *testing.T) {
	for want, b := range map[string][]Bar{
		"there are no bars": nil,
		`"nan" of "g"`:      {{"nan", math.NaN(), 0, 1}},
		`"inf" of "g"`:      {{"inf", 1, 0, math.Inf(1)}},
		`"low" of "g"`:      {{"low", 1, 2, 3}},
		`"high" of "g"`:     {{"high", 4, 2, 3}},
		`"minus" of "g"`:    {{"minus", 1, -2, 3}},
	} {
		err := Bars(io.Discard, Chart{Groups: []Group{{"g", b}}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %s", err, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.0972: "0.0972", 0.105: "0.105", 1: "1.00", 10.44: "10.4", 99.96: "100.0", 123.4: "123", 45678: "45678"} {
		if got := number(v); got != want {
			t.Errorf("number(%v) = %q, want %q", v, got, want)
		}
	}
}
