package portable

// suppress selects boxes by their scores and leaves out those that overlap a better one.
type suppress struct {
	Name                   string
	Boxes, Scores, Y       values
	Order                  values // int32, one a box: room for the boxes of a class in their order
	Images, Classes, Count int    // boxes of an image
	Most                   int
	IoU, Score             float32
	Center                 bool
}

type boundSuppress struct {
	*suppress
	boxes, scores, y, order operand
}

func (s suppress) bind(m *model) layer {
	return &boundSuppress{&s, s.Boxes.bind(m), s.Scores.bind(m), s.Y.bind(m), s.Order.bind(m)}
}

func (s *boundSuppress) run(w *work) {
	if !w.mine() {
		return
	}
	boxes, scores := s.boxes.get(w), s.scores.get(w)
	y, order := numbers[int64](w, &s.y), numbers[int32](w, &s.order)
	rows := 0
	for i := range s.Images {
		for c := range s.Classes {
			first := rows
			q := queue{scores[(i*s.Classes+c)*s.Count:][:s.Count], order}
			q.fill(s.Score)
			of := boxes[4*i*s.Count:][:4*s.Count]
			for len(q.order) > 0 && rows-first < s.Most {
				k := q.next()
				if s.isFree(of, y[3*first:3*rows], k) {
					y[3*rows], y[3*rows+1], y[3*rows+2] = int64(i), int64(c), int64(k)
					rows++
				}
			}
		}
	}
	for i := 3 * rows; i < len(y); i++ {
		y[i] = -1
	}
}

// isFree reports whether box k overlaps none of the rows that are selected too much.
func (s *boundSuppress) isFree(boxes []float32, rows []int64, k int) bool {
	b := cornersOf(boxes[4*k:], s.Center)
	for i := 2; i < len(rows); i += 3 {
		if b.overlap(cornersOf(boxes[4*rows[i]:], s.Center)) > float64(s.IoU) {
			return false
		}
	}
	return true
}

// queue gives boxes in the order of their scores; of equal ones the lower number comes first.
type queue struct {
	scores []float32
	order  []int32 // a heap, the best on top
}

// fill puts in the boxes with a score above a limit.
func (q *queue) fill(limit float32) {
	n := 0
	for i, s := range q.scores {
		if s > limit {
			q.order[n] = int32(i)
			n++
		}
	}
	q.order = q.order[:n]
	for i := n/2 - 1; i >= 0; i-- {
		q.down(i)
	}
}

// next takes out the best.
func (q *queue) next() int {
	best, last := q.order[0], len(q.order)-1
	q.order[0] = q.order[last]
	q.order = q.order[:last]
	q.down(0)
	return int(best)
}

func (q *queue) better(i, j int) bool {
	a, b := q.order[i], q.order[j]
	return q.scores[a] > q.scores[b] || q.scores[a] == q.scores[b] && a < b
}

// down moves entry i to where it belongs.
func (q *queue) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(q.order) {
			return
		}
		if child+1 < len(q.order) && q.better(child+1, child) {
			child++
		}
		if !q.better(child, i) {
			return
		}
		q.order[i], q.order[child] = q.order[child], q.order[i]
		i = child
	}
}

// corners is a box, the lower corner first.
type corners struct{ y1, x1, y2, x2 float64 }

func cornersOf(v []float32, center bool) corners {
	a, b, c, d := float64(v[0]), float64(v[1]), float64(v[2]), float64(v[3])
	if center {
		return corners{b - d/2, a - c/2, b + d/2, a + c/2}
	}
	return corners{min(a, c), min(b, d), max(a, c), max(b, d)}
}

func (a corners) area() float64 { return float64((a.y2 - a.y1) * (a.x2 - a.x1)) }

// overlap is the intersection over the union; 0 where a box has no area.
func (a corners) overlap(b corners) float64 {
	h := min(a.y2, b.y2) - max(a.y1, b.y1)
	w := min(a.x2, b.x2) - max(a.x1, b.x1)
	if !(h > 0 && w > 0 && a.area() > 0 && b.area() > 0) {
		return 0
	}
	common := float64(h * w)
	return common / (a.area() + b.area() - common)
}
