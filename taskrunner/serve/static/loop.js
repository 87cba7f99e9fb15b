// The loop as a picture: one box a state, as in docs/loop.md; the state that is under way is marked.

const W = 92
const H = 30
const NS = "http://www.w3.org/2000/svg"

// state: [label, column, row]
const BOXES = {
  preflight: ["preflight", 0, 0],
  scaffold: ["scaffold", 1, 0],
  build: ["build", 2, 0],
  test_first: ["failed test", 3, 0],
  test_all: ["all tests", 4, 0],
  prove: ["prove", 5, 0],
  done: ["done", 6, 0],
  fix: ["fix", 2, 1.6],
  classify: ["classify", 4, 1.6],
  step_back: ["step back", 3, 2.8],
  escalated: ["escalated", 5, 2.8],
}
const WAYS = [
  ["preflight", "scaffold"], ["scaffold", "build"], ["build", "test_first"], ["test_first", "test_all"],
  ["test_all", "prove"], ["prove", "done"], ["test_first", "classify"], ["test_all", "classify"], ["prove", "classify"],
  ["classify", "fix"], ["classify", "step_back"], ["step_back", "fix"], ["classify", "escalated"], ["fix", "build"],
]

const center = name => [60 + BOXES[name][1] * 118, 30 + BOXES[name][2] * 52]

function make(tag, attributes, text) {
  const node = document.createElementNS(NS, tag)
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value)
  if (text) node.textContent = text
  return node
}

// Where a straight line from the middle of one box towards another leaves the box.
function border([x, y], [toX, toY]) {
  const [dx, dy] = [toX - x, toY - y]
  const scale = Math.min(dx ? (W / 2 + 3) / Math.abs(dx) : Infinity, dy ? (H / 2 + 3) / Math.abs(dy) : Infinity)
  return [x + dx * scale, y + dy * scale]
}

export function drawLoop(state) {
  const svg = make("svg", { viewBox: "0 0 830 210", role: "img", "aria-label": `The loop; now: ${state}` })
  const marker = make("marker", { id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" })
  marker.append(make("path", { d: "M0 0L8 4L0 8z" }))
  svg.append(marker)
  for (const [from, to] of WAYS) {
    const start = border(center(from), center(to))
    const end = border(center(to), center(from))
    svg.append(make("path", { d: `M${start}L${end}`, "marker-end": "url(#tip)" }))
  }
  for (const [name, [label]] of Object.entries(BOXES)) {
    const [x, y] = center(name)
    const group = make("g", { class: name === state ? `now ${name}` : name })
    group.append(make("rect", { x: x - W / 2, y: y - H / 2, width: W, height: H, rx: 7 }), make("text", { x, y }, label))
    svg.append(group)
  }
  return svg
}
