// What `mlpc graph` asks of dagre: boxes, frames around some of them and arrows in, places out.
import { Graph, layout } from "@dagrejs/dagre";

// QuickJS has none; what dagre copies is plain data.
globalThis.structuredClone ??= (value) => JSON.parse(JSON.stringify(value));

globalThis.arrange = (text) => {
  const { boxes, frames, arrows, across } = JSON.parse(text);
  const graph = new Graph({ compound: true, multigraph: true });
  // Across, boxes are wider than the way between them, and above each other they need little room.
  const gaps = across ? { rankdir: "LR", nodesep: 16, ranksep: 44 } : { rankdir: "TB", nodesep: 28, ranksep: 52 };
  graph.setGraph({ ...gaps, edgesep: 16, marginx: 20, marginy: 20 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const frame of frames) graph.setNode(frame, {});
  for (const { id, width, height, frame } of boxes) {
    graph.setNode(id, { width, height });
    if (frame) graph.setParent(id, frame);
  }
  arrows.forEach(([start, end], number) => graph.setEdge(start, end, { weight: 1 }, String(number)));
  layout(graph);
  const place = (id) => {
    const { x, y, width, height } = graph.node(id);
    return [x - width / 2, y - height / 2, width, height];
  };
  const { width, height } = graph.graph();
  return JSON.stringify({
    width,
    height,
    boxes: boxes.map(({ id }) => place(id)),
    arrows: arrows.map(([start, end], number) =>
      graph.edge({ v: start, w: end, name: String(number) }).points.map(({ x, y }) => [x, y]),
    ),
  });
};
