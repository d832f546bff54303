package desk

import (
	"fmt"
	"strings"

	"sesec.eu/tidings/web/page"
)

// Chart is a drawing of a few numbers, made by the server, without a script and
// without a style of its own: colours are classes of desk.css, which knows the dark
// and paper. Every chart stands with the table it is drawn from; its words say what
// one would see.
type Chart struct {
	ID     string
	Title  string
	Words  string // for who does not see it
	Width  int
	Height int
	Lines  []ChartLine
	Bars   []ChartBar
	Labels []ChartLabel
	Path   string // of a line; "" for none
	Dots   [][2]float64
}

// ChartLine is a rule across.
type ChartLine struct {
	X1, Y1, X2, Y2 float64
	Base           bool
}

// ChartBar is a bar.
type ChartBar struct {
	X, Y, W, H float64
	Class      string
}

// ChartLabel is a word in it.
type ChartLabel struct {
	X, Y   float64
	Text   string
	Anchor string // start, middle, end
}

const (
	chartWidth, chartHeight         = 720, 190
	chartLeft, chartRight           = 76.0, 12.0
	chartTop, chartBottom           = 12.0, 24.0
	chartInner                      = chartWidth - chartLeft - chartRight
	chartDeep                       = chartHeight - chartTop - chartBottom
	mostLabels                      = 7
	barShare                float64 = 0.34
)

// point is a place on the axis with its numbers.
type point struct {
	label    string
	up, down int
}

// round gives a number one can read that is not below n: 1, 2 or 5 and noughts.
func roundUp(n int) int {
	for step := 1; ; step *= 10 {
		for _, m := range []int{1, 2, 5} {
			if step*m >= n {
				return step * m
			}
		}
	}
}

// barChart draws what came as bars upwards and what went as bars downwards.
func barChart(id, title, words string, points []point) *Chart {
	c := &Chart{ID: id, Title: title, Words: words, Width: chartWidth, Height: chartHeight}
	up, down := 0, 0
	for _, p := range points {
		up, down = max(up, p.up), max(down, p.down)
	}
	if up+down == 0 || len(points) == 0 {
		return nil
	}
	top, low := roundUp(up), 0
	if up == 0 {
		top = 0
	}
	if down > 0 {
		low = roundUp(down)
	}
	unit := chartDeep / float64(top+low)
	zero := chartTop + float64(top)*unit
	for _, n := range []int{top, 0, -low} {
		if n == 0 || n == top && top > 0 || n == -low && low > 0 {
			y := zero - float64(n)*unit
			c.Lines = append(c.Lines, ChartLine{chartLeft, y, chartWidth - chartRight, y, n == 0})
			if n >= 0 || float64(low)*unit > 16 { // else it would stand in the one above
				c.Labels = append(c.Labels, ChartLabel{chartLeft - 8, y + 4, page.Number(max(n, -n)), "end"})
			}
		}
	}
	step := chartInner / float64(len(points))
	width := min(step*2*barShare, 36)
	every := (len(points) + mostLabels - 1) / mostLabels
	for i, p := range points {
		x := chartLeft + (float64(i)+.5)*step
		if p.up > 0 {
			h := max(float64(p.up)*unit, 1)
			c.Bars = append(c.Bars, ChartBar{x - width/2, zero - h, width, h, "up"})
		}
		if p.down > 0 {
			c.Bars = append(c.Bars, ChartBar{x - width/2, zero, width, max(float64(p.down)*unit, 1), "down"})
		}
		if i%every == 0 {
			c.Labels = append(c.Labels, ChartLabel{x, chartHeight - 6, p.label, "middle"})
		}
	}
	return c
}

// lineChart draws one number over time. The axis begins at nought: a line that does
// not makes much of little.
func lineChart(id, title, words string, points []point) *Chart {
	most := 0
	for _, p := range points {
		most = max(most, p.up)
	}
	if most == 0 || len(points) < 2 {
		return nil
	}
	c := &Chart{ID: id, Title: title, Words: words, Width: chartWidth, Height: chartHeight}
	top := roundUp(most)
	unit := chartDeep / float64(top)
	for _, n := range []int{top, top / 2, 0} {
		y := chartTop + float64(top-n)*unit
		c.Lines = append(c.Lines, ChartLine{chartLeft, y, chartWidth - chartRight, y, n == 0})
		c.Labels = append(c.Labels, ChartLabel{chartLeft - 8, y + 4, page.Number(n), "end"})
	}
	step := chartInner / float64(len(points))
	every := (len(points) + mostLabels - 1) / mostLabels
	var path strings.Builder
	for i, p := range points {
		x, y := chartLeft+(float64(i)+.5)*step, chartTop+float64(top-p.up)*unit
		verb := "L"
		if i == 0 {
			verb = "M"
		}
		fmt.Fprintf(&path, "%s%.1f %.1f ", verb, x, y)
		c.Dots = append(c.Dots, [2]float64{x, y})
		if i%every == 0 {
			c.Labels = append(c.Labels, ChartLabel{x, chartHeight - 6, p.label, "middle"})
		}
	}
	c.Path = strings.TrimSpace(path.String())
	return c
}
