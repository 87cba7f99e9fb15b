// A node:test reporter that writes one JSON line per finished test, and `{"end": true}` when the runner has ended.
// {"test": "Counter > adds", "outcome": "failed", "ms": 3.1, "file": .., "line": 9, "error": {name, message, code,
//  expected, actual, operator, stack, kind}}   A suite (describe) has a line only if it failed by itself.

import { inspect } from "node:util"

const LIMIT = 20_000

const cut = text => (text.length > LIMIT ? `${text.slice(0, LIMIT)}... (${text.length} characters)` : text)
const show = value => cut(typeof value === "string" ? value : inspect(value, { depth: 6, breakLength: 100 }))

function describe(error) {
  const cause = error?.cause instanceof Error || typeof error?.cause === "object" ? (error.cause ?? error) : error
  const plain = typeof error?.cause === "string" ? error.cause : undefined
  const found = {
    name: cause?.name ?? "Error",
    code: cause?.code,
    message: cut(String(plain ?? cause?.message ?? cause)),
    stack: cut(String(cause?.stack ?? "")),
    operator: cause?.operator,
    kind: error?.failureType,
  }
  if (cause && Object.hasOwn(cause, "expected")) found.expected = show(cause.expected)
  if (cause && Object.hasOwn(cause, "actual")) found.actual = show(cause.actual)
  return found
}

const NOT_CHOSEN = "test name does not match pattern" // what node says of tests that --test-name-pattern left out

let seal = text => text
let sealed = false

// Called once, before anything of the suite runs.
export function sealWith(sealer) {
  if (!sealed) [seal, sealed] = [sealer, true]
}

const line = object => seal(JSON.stringify(object)) + "\n"

export default async function* report(source) {
  const path = [] // names of the suites that are open, by nesting
  for await (const { type, data } of source) {
    if (type === "test:start") {
      path.length = data.nesting
      path[data.nesting] = data.name
      yield line({ started: path.join(" > ") })
    }
    if (type !== "test:pass" && type !== "test:fail") continue
    path.length = data.nesting
    const error = data.details?.error
    const isSuite = data.details?.type === "suite"
    if (isSuite && (type === "test:pass" || error?.failureType === "subtestsFailed")) continue
    if (data.skip === NOT_CHOSEN) continue
    const skipped = data.skip !== undefined && data.skip !== false
    const todo = data.todo !== undefined && data.todo !== false
    yield line({
      test: [...path, data.name].join(" > "),
      outcome: skipped || todo ? "skipped" : type === "test:pass" ? "passed" : "failed",
      ms: data.details?.duration_ms ?? 0,
      file: data.file,
      line: data.line,
      nesting: data.nesting,
      error: type === "test:fail" ? describe(error) : undefined,
    })
  }
  yield line({ end: true })
}
