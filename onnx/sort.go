package onnx

import (
	"fmt"
	"strings"
)

// nodeLabel names a node in messages: its name, or its first result.
func nodeLabel(n *NodeProto) string {
	if n.Name != "" {
		return n.Name
	}
	for _, o := range n.Outputs {
		if o != "" {
			return o
		}
	}
	return "unnamed"
}

// sorted returns the nodes so that each comes after those whose results it
// reads, otherwise in the file's order. ONNX demands such an order; files that
// lack it are accepted, cycles are an error that names the nodes of one.
func sorted(nodes []*NodeProto) ([]*NodeProto, error) {
	producer := map[string]int{}
	for i, n := range nodes {
		for _, o := range n.Outputs {
			if o != "" {
				producer[o] = i
			}
		}
	}
	s := sorter{nodes: nodes, producer: producer, state: make([]byte, len(nodes))}
	for i := range nodes {
		if err := s.visit(i); err != nil {
			return nil, err
		}
	}
	return s.order, nil
}

type sorter struct {
	nodes    []*NodeProto
	producer map[string]int
	state    []byte // 0 not seen, 1 on the path, 2 done
	order    []*NodeProto
}

// frame is a node whose operands from next on are still to be visited.
type frame struct{ node, next int }

// visit appends node i after all that it reads. The path is kept in a slice and
// not on the stack: a hostile file may be a chain of millions of nodes.
func (s *sorter) visit(i int) error {
	if s.state[i] != 0 {
		return nil
	}
	s.state[i] = 1
	for path := []frame{{node: i}}; len(path) > 0; {
		top := &path[len(path)-1]
		n := s.nodes[top.node]
		if top.next == len(n.Inputs) {
			s.state[top.node] = 2
			s.order = append(s.order, n)
			path = path[:len(path)-1]
			continue
		}
		from, ok := s.producer[n.Inputs[top.next]]
		top.next++
		switch {
		case !ok || s.state[from] == 2:
		case s.state[from] == 1:
			return s.cycle(path, from)
		default:
			s.state[from] = 1
			path = append(path, frame{node: from})
		}
	}
	return nil
}

// cycle names the nodes of the path from the node start on.
func (s *sorter) cycle(path []frame, start int) error {
	const most = 10
	var names []string
	for i := len(path) - 1; i >= 0; i-- {
		names = append(names, fmt.Sprintf("%q", nodeLabel(s.nodes[path[i].node])))
		if path[i].node == start {
			break
		}
	}
	if len(names) > most {
		names = append(names[:most], fmt.Sprintf("%d more", len(names)-most))
	}
	return fmt.Errorf("the graph has a cycle: %s read each other's results; no order of execution exists", strings.Join(names, ", "))
}
