// Reads /api/overview and /api/task/ID, again whenever /api/changes says so, and puts them on the page. Text from
// modules, tests and briefs only ever becomes text nodes.

import { drawLoop } from "./loop.js"

const $ = id => document.getElementById(id)
const MARK = { done: ["✓", "good"], in_progress: ["▸", "warn"], blocked: ["■", "bad"], pending: ["·", ""] }
let tasks = []
let chosen = null

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) if (value) node.setAttribute(name, value)
  node.append(...children.filter(child => child !== null && child !== undefined))
  return node
}

async function read(path) {
  const answer = await fetch(path)
  if (!answer.ok) throw new Error(await answer.text())
  return answer.json()
}

function showTasks() {
  $("tasks").replaceChildren(
    ...tasks.map(task => {
      const [mark, color] = MARK[task.status] ?? ["?", ""]
      const detail = task.status === "done" ? task.verdict || "done" : task.failure?.code || task.status.replace("_", " ")
      const button = el("button", { "aria-current": String(task.id === chosen) }, el("span", { class: color }, mark),
        el("span", {}, task.name), el("small", {}, `${task.type} · ${detail}`))
      button.addEventListener("click", () => choose(task.id))
      return el("li", {}, button)
    }),
  )
}

function showHead({ task }) {
  const [, color] = MARK[task.status] ?? ["", ""]
  const counts = task.tests ? `${task.tests} tests, ${task.assertions} assertions` : ""
  const facts = [task.verdict, counts, `iteration ${task.iteration}`].filter(Boolean).join(" · ")
  const failure = task.status !== "done" ? task.failure : null
  $("head").replaceChildren(
    el("h2", {}, task.name, " ", el("span", { class: color }, task.status.replace("_", " "))),
    el("p", {}, facts),
    ...(failure ? [el("p", { class: "fail" }, el("b", { class: "bad" }, `${failure.class} ${failure.code} `), failure.message)] : []),
    ...(task.rule && task.status === "blocked"
      ? [el("p", {}, `${task.rule.rule}: ${task.rule.reason} (${task.rule.count ?? ""} of ${task.rule.limit ?? ""})`)] : []),
  )
}

function showMarks(marks) {
  let number = 0
  const items = marks.map(mark => {
    if (mark.kind === "fix") return el("li", { class: "fix", title: `a fix by ${mark.text}` }, "fix")
    if (mark.kind === "done") return el("li", { class: "done", title: mark.text }, "✓ done")
    number += 1
    const note = mark.escalated ? " ■" : mark.step_back ? " ↩" : ""
    return el("li", { class: mark.class, title: `${mark.class}: ${mark.text}` }, `${number} ${mark.code}${note}`)
  })
  $("marks").replaceChildren(...(items.length ? items : [el("li", { class: "none" }, "nothing has failed yet")]))
}

function showSource(source) {
  $("source-name").textContent = source ? `${source.file}${source.line ? `:${source.line}` : ""}` : "Source"
  const lines = (source?.lines ?? ["(no file yet)"]).map((line, index) =>
    el("span", { class: index + 1 === source?.line ? "here" : "" }, line || " "))
  $("source").replaceChildren(...lines)
  const here = $("source").querySelector(".here")
  if (here) $("source").scrollTop = here.offsetTop - $("source").offsetTop - $("source").clientHeight / 2
}

// Just enough Markdown for briefs: headings, fenced blocks, lists and paragraphs with `code`.
function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map(part =>
    /^`.+`$/.test(part) ? el("code", {}, part.slice(1, -1)) : /^\*\*.+\*\*$/.test(part) ? el("b", {}, part.slice(2, -2)) : part)
}

function markdown(text) {
  const found = []
  for (const block of text.split(/(^(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\2[ \t]*$)/m).filter((_, index) => index % 3 !== 2)) {
    const fence = block.match(/^(`{3,}|~{3,})[^\n]*\n([\s\S]*?)\n?^\1[ \t]*$/m)
    if (fence && block.startsWith(fence[1])) {
      found.push(el("pre", {}, fence[2]))
      continue
    }
    for (const paragraph of block.split(/\n{2,}/)) {
      const lines = paragraph.trim().split("\n")
      if (lines[0].startsWith("#")) found.push(el("h3", {}, lines.shift().replace(/^#+\s*/, "")))
      if (lines.join("").trim() === "") continue
      const listed = lines.every(line => /^\s*([-*]|\d+\.)\s/.test(line) || /^\s{2,}/.test(line))
      if (listed) found.push(el("ul", {}, ...lines.map(line => el("li", {}, ...inline(line.replace(/^\s*([-*]|\d+\.)\s/, ""))))))
      else found.push(el("p", {}, ...inline(lines.join("\n"))))
    }
  }
  return found
}

function showProof({ mutants, coverage }) {
  const rows = []
  if (coverage) {
    const share = ([reached, all]) => `${reached} of ${all}`
    const left = coverage.missing.length ? `; never reached: ${coverage.missing.join(", ")}` : ""
    rows.push(["coverage", `${share(coverage.lines)} lines, ${share(coverage.branches)} branches of ${coverage.file}${left}`])
  }
  if (mutants) {
    rows.push(["mutants", `${mutants.killed} of ${mutants.total} noticed`])
    for (const each of mutants.survivors ?? []) rows.push(["survived", `${each.file ?? ""}:${each.line ?? ""} ${each.name ?? ""}`])
  }
  const table = el("table", {}, ...rows.map(([name, text]) => el("tr", {}, el("th", {}, name), el("td", {}, text))))
  $("proof").replaceChildren(...(rows.length ? [el("h2", {}, "Proof"), table] : []))
}

function showJournal(events) {
  $("journal").replaceChildren(
    ...events.toReversed().map(event => {
      return el("li", {}, el("time", {}, event.at.slice(11, 19)), el("span", {}, event.kind), el("code", {}, event.line))
    }),
  )
}

async function showDetail() {
  if (chosen === null) return
  const detail = await read(`/api/task/${encodeURIComponent(chosen)}`)
  showHead(detail)
  $("loop").replaceChildren(drawLoop(detail.loop))
  showMarks(detail.marks)
  showSource(detail.source)
  const nothing = el("p", {}, detail.task.status === "done" ? "Done; there is nothing to fix." : "No brief yet.")
  $("brief").replaceChildren(...(detail.brief ? markdown(detail.brief) : [nothing]))
  showProof(detail)
  showJournal(detail.events)
}

async function choose(id) {
  chosen = id
  location.hash = encodeURIComponent(id)
  showTasks()
  await showDetail()
}

async function refresh() {
  const overview = await read("/api/overview")
  tasks = overview.tasks
  $("name").textContent = overview.name
  document.title = `${overview.name} · taskrunner`
  const wanted = decodeURIComponent(location.hash.slice(1))
  const known = tasks.find(task => String(task.id) === (chosen === null ? wanted : String(chosen)))
  const next = known ?? tasks.find(task => task.status === "in_progress") ?? tasks[0]
  chosen = next?.id ?? null
  showTasks()
  await showDetail()
}

function move(step) {
  const index = tasks.findIndex(task => task.id === chosen)
  const next = tasks[Math.min(tasks.length - 1, Math.max(0, index + step))]
  if (next) choose(next.id)
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  s: () => $("source-box").focus(),
  b: () => $("brief-box").focus(),
  l: () => $("journal-box").focus(),
}
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const act = KEYS[event.key]
  if (act) act()
})

const stream = new EventSource("/api/changes")
stream.onopen = () => { $("live").className = "on"; $("live").textContent = "live" }
stream.onerror = () => { $("live").className = "off"; $("live").textContent = "not connected" }
stream.onmessage = () => refresh().catch(error => { $("live").className = "off"; $("live").textContent = error.message })
