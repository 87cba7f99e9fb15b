// Loaded before a node:test suite (`node --import`): registers our resolve hook and writes one JSON line per test to
// TASKRUNNER_COUNTS with what the reporter cannot see: assertions that ran, and the requests made to a local node.
// {"test": "Counter > adds", "assertions": 2, "exchanges": [{"method": "POST", "path": "/..", "status": 200}]}

import { appendFileSync } from "node:fs"
import { register } from "node:module"
import { afterEach, beforeEach } from "node:test"

const KEEP = 200 // requests kept per test: the last ones, where the failure is

register(new URL("./resolve.mjs", import.meta.url))

const counts = (globalThis[Symbol.for("taskrunner.counts")] = { assertions: 0, exchanges: [] })
const local = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(?=\/)/

const plainFetch = globalThis.fetch
globalThis.fetch = async function fetch(input, init) {
  const url = String(input?.url ?? input)
  const response = await plainFetch(input, init)
  if (local.test(url)) {
    counts.exchanges.push({
      method: init?.method ?? input?.method ?? "GET",
      path: url.replace(local, ""),
      status: response.status,
      failure: response.headers.get("taskrunner-failure") ?? undefined,
    })
    if (counts.exchanges.length > KEEP) counts.exchanges.shift()
  }
  return response
}

function write(test) {
  const line = { test, assertions: counts.assertions, exchanges: counts.exchanges }
  appendFileSync(process.env.TASKRUNNER_COUNTS, JSON.stringify(line) + "\n")
  counts.assertions = 0
  counts.exchanges = []
}

if (process.env.TASKRUNNER_COUNTS) {
  beforeEach(() => write("")) // what hooks and the file's own top level did belongs to no test
  afterEach(t => write(t?.fullName ?? t?.name ?? ""))
}
