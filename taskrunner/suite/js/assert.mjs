// node:assert as a suite imports it, with every call counted. Failures are node's own errors; only the frame of this
// file is taken out of them, and the text of a bare `assert(x)`, which node reads from the caller's line, is put right.

import { readFileSync } from "node:fs"
import assert from "node:assert"
import { fileURLToPath } from "node:url"

const counts = globalThis[Symbol.for("taskrunner.counts")] ?? { assertions: 0 }
const here = fileURLToPath(import.meta.url)

function callerLine(stack) {
  const frame = stack.split("\n").find(line => /^\s*at /.test(line) && !line.includes("node:") && !line.includes(here))
  const place = frame?.match(/(file:\/\/[^)]+):(\d+):(\d+)/)
  if (!place) return ""
  try {
    return readFileSync(fileURLToPath(place[1].split("?")[0]), "utf8").split("\n")[Number(place[2]) - 1].trim()
  } catch {
    return ""
  }
}

function counted(target) {
  function call(...args) {
    counts.assertions += 1
    try {
      return Reflect.apply(target, this, args)
    } catch (error) {
      if (error instanceof Error) {
        Error.captureStackTrace(error, call)
        const bare = error.code === "ERR_ASSERTION" && error.generatedMessage && error.operator === "=="
        const line = bare && (target === assert || target.name === "ok") ? callerLine(error.stack) : ""
        if (line) error.message = `The expression evaluated to a falsy value:\n\n  ${line}\n`
      }
      throw error
    }
  }
  return Object.defineProperties(call, { name: { value: target.name }, length: { value: target.length } })
}

function wrap(source) {
  const wrapped = counted(source)
  for (const [name, value] of Object.entries(source)) {
    const isError = typeof value === "function" && value.prototype instanceof Error
    wrapped[name] = typeof value === "function" && !isError && name !== "strict" ? counted(value) : value
  }
  return wrapped
}

const strict = wrap(assert.strict)
const loose = wrap(assert)
strict.strict = loose.strict = strict
const chosen = new URL(import.meta.url).search === "?strict" ? strict : loose

export default chosen
export { strict }
export const {
  AssertionError, deepEqual, deepStrictEqual, doesNotMatch, doesNotReject, doesNotThrow, equal, fail, ifError, match,
  notDeepEqual, notDeepStrictEqual, notEqual, notStrictEqual, ok, partialDeepStrictEqual, rejects, strictEqual, throws,
} = chosen
