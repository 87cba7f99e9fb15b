// Loads a package from what `learn.mjs` kept of it. Its modules are what they would be: texts, identities, order, places
// in error stacks. Afterwards nothing here is in the way: what is loaded later is loaded by Node.js alone.

import Module, { createRequire } from "node:module"
import { dirname } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import vm from "node:vm"
import { load } from "./kept.mjs"
import { compileWrapped, runWrapped } from "./wrapped.mjs"

// Where the resolve hook's stand-in modules find the namespaces.
const loaded = (globalThis[Symbol.for("taskrunner.loaded")] = new Map())
const require = createRequire(import.meta.url)

// Loads these files and gives what was loaded: URLs with the names of their exports. Null, and nothing has happened, if
// what was kept does not fit (any more).
export async function loadQuickly(file, roots) {
  const kept = load(file)
  if (kept === null) return null
  const urls = kept.paths.map(path => pathToFileURL(path).href)
  const url = place => (typeof place === "string" ? place : urls[place])
  const esm = new Map(kept.esm.map(each => [url(each[0]), each]))
  const wanted = roots.map(root => pathToFileURL(root).href)
  if (!wanted.every(each => esm.has(each))) return null
  const made = maker(kept, url, esm)
  const restore = patchRequire(kept)
  try {
    for (const each of wanted) await made.evaluated(each)
  } finally {
    restore()
  }
  const own = [...made.modules].filter(([each]) => esm.has(each))
  for (const [each, module] of own) loaded.set(each, module.namespace)
  return new Map(own.map(([each]) => [each, esm.get(each)[4]]))
}

// Compiled code forgets who resolves its dynamic imports, so a text that may have some is compiled anew.
const codeFor = (text, code) => (/\bimport\s*\(/.test(text) ? undefined : code)

function maker(kept, url, esm) {
  const modules = new Map()
  const names = new Map(kept.names.map(([place, exported]) => [url(place), exported]))

  function foreign(at) {
    const exported = names.get(at)
    function evaluate() {
      const value = require(at.startsWith("node:") ? at : fileURLToPath(at))
      for (const name of exported) {
        const whole = name === "module.exports" || (name === "default" && !(at.startsWith("node:") && "default" in value))
        this.setExport(name, whole ? value : value[name])
      }
    }
    return new vm.SyntheticModule(exported, evaluate, { identifier: at })
  }

  function own(at) {
    const [, where, code, imports] = esm.get(at)
    const path = fileURLToPath(at)
    const text = kept.blob(where).toString("utf8")
    return new vm.SourceTextModule(text, {
      identifier: at,
      cachedData: codeFor(text, kept.blob(code)),
      initializeImportMeta(meta) {
        Object.assign(meta, { dirname: dirname(path), filename: path, url: at })
        meta.resolve = specifier => import.meta.resolve(specifier, at)
      },
      importModuleDynamically(specifier) {
        const to = specifier in imports ? url(imports[specifier]) : import.meta.resolve(specifier, at)
        return esm.has(to) ? evaluated(to) : import(to)
      },
    })
  }

  function module(at) {
    if (!modules.has(at)) modules.set(at, esm.has(at) ? own(at) : foreign(at))
    return modules.get(at)
  }

  async function evaluated(at) {
    const root = module(at)
    if (root.status === "unlinked") await root.link((specifier, from) => module(url(esm.get(from.identifier)[3][specifier])))
    if (root.status === "linked") await root.evaluate()
    return root
  }

  return { modules, evaluated }
}

function patchRequire(kept) {
  const scripts = new Map(kept.cjs.map(([path, text, code]) => [kept.paths[path], [text, code]]))
  const led = new Map(kept.resolved.map(([parent, request, to]) => [`${parent}\0${request}`, kept.paths[to]]))
  const numbers = new Map(kept.paths.map((path, number) => [path, number]))
  const plainResolve = Module._resolveFilename
  const plainJs = Module._extensions[".js"]

  Module._resolveFilename = function (request, parent, isMain, options) {
    const known = options ? undefined : led.get(`${numbers.get(parent?.filename)}\0${request}`)
    return known ?? plainResolve.call(this, request, parent, isMain, options)
  }
  Module._extensions[".js"] = function (module, filename) {
    const found = scripts.get(filename)
    if (!found) return plainJs(module, filename)
    const [text, code] = [kept.blob(found[0]).toString("utf8"), kept.blob(found[1])]
    runWrapped(compileWrapped(text, filename, codeFor(text, code)), module, filename)
  }
  return () => {
    Module._resolveFilename = plainResolve
    Module._extensions[".js"] = plainJs
  }
}
