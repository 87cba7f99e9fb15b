// Loads a package once, the ordinary way, and keeps what that took for `quick.mjs`: `node learn.mjs FILE ROOT ...`.
// Needs --experimental-vm-modules and --experimental-import-meta-resolve, and the V8 flags of the runs that will use it.

import { existsSync, readFileSync, realpathSync } from "node:fs"
import Module, { isBuiltin } from "node:module"
import { dirname, isAbsolute, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import vm from "node:vm"
import { save, stat } from "./kept.mjs"
import { compileWrapped, runWrapped } from "./wrapped.mjs"

process.stdin.resume().on("close", () => process.exit(1)) // whoever started us is gone

const [file, ...roots] = process.argv.slice(2)
const scripts = new Map() // path of a CommonJS module: [text, script]
const resolved = []

const plainResolve = Module._resolveFilename
Module._resolveFilename = function (request, parent, isMain, options) {
  const found = plainResolve.call(this, request, parent, isMain, options)
  if (parent?.filename && !options && isAbsolute(found)) resolved.push([parent.filename, request, found])
  return found
}

const plainCompile = Module.prototype._compile
Module.prototype._compile = function (text, filename, format) {
  if (format === "module" || !/\.c?js$/.test(filename)) return plainCompile.call(this, text, filename, format)
  const script = compileWrapped(text, filename)
  scripts.set(filename, [text, script])
  return runWrapped(script, this, filename)
}

function isModule(path) {
  if (!path.endsWith(".js")) return path.endsWith(".mjs")
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const description = join(folder, "package.json")
    if (existsSync(description)) return JSON.parse(readFileSync(description, "utf8")).type === "module"
    if (folder === dirname(folder)) return false
  }
}

const texts = new Map() // URL of an ES module: [text, module, {specifier: URL}]
const others = new Map() // URL of anything else that one of them imports: names of its exports
const queue = roots.map(root => pathToFileURL(realpathSync(root)).href)
const starts = [...queue]
while (queue.length) {
  const url = queue.pop()
  if (texts.has(url) || others.has(url)) continue
  if (isBuiltin(url) || !isModule(fileURLToPath(url))) {
    others.set(url, Object.keys(await import(url)))
    continue
  }
  const text = readFileSync(fileURLToPath(url), "utf8")
  const module = new vm.SourceTextModule(text, { identifier: url })
  const imports = {}
  for (const specifier of module.dependencySpecifiers) {
    const builtin = specifier.startsWith("node:") ? specifier : `node:${specifier}`
    imports[specifier] = isBuiltin(specifier) ? builtin : import.meta.resolve(specifier, url)
    queue.push(imports[specifier])
  }
  texts.set(url, [text, module, imports])
}
for (const start of starts) await import(start)

const paths = new Map()
const numberOf = path => {
  if (!paths.has(path)) paths.set(path, paths.size)
  return paths.get(path)
}
const place = url => (url.startsWith("node:") ? url : numberOf(fileURLToPath(url)))
const blobs = []
const keep = blob => blobs.push(blob) - 1

const esm = []
for (const [url, [text, module, imports]] of texts) {
  const found = Object.fromEntries(Object.entries(imports).map(([specifier, to]) => [specifier, place(to)]))
  const exported = Object.keys(await import(url))
  esm.push([place(url), keep(Buffer.from(text)), keep(module.createCachedData()), found, exported])
}
const cjs = [...scripts].map(([path, [text, script]]) => [
  numberOf(path), keep(Buffer.from(text)), keep(script.createCachedData()),
])
const names = [...others].map(([url, exported]) => [place(url), exported])
const led = resolved.map(([parent, request, path]) => [numberOf(parent), request, numberOf(path)])
const every = [...paths.keys()]
save(file, { paths: every, stats: every.map(stat), esm, cjs, names, resolved: led }, blobs)
process.exit(0)
