// A resolve hook for suites that were written for WAO. Published versions of `wao` do not export every path that its
// documentation imports (`wao/hb`, `wao/ao`): such a path is taken from the package's own files. The suite's own
// `assert` is replaced by one that counts. Nothing else changes, and packages keep what they import.

import { existsSync, realpathSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

const COUNTED = /^(node:)?assert(\/strict)?$/

function ownFile(main, name) {
  const root = main.slice(0, main.lastIndexOf("/wao/") + "/wao/".length)
  return ["esm", "src", "cjs"].map(folder => join(root, folder, `${name}.js`)).find(existsSync)
}

async function fromWao(specifier, context, next, error) {
  const main = await next("wao", context).catch(() => null)
  if (!main) throw error
  const file = ownFile(fileURLToPath(main.url), specifier.slice("wao/".length))
  if (!file) throw error
  return { url: pathToFileURL(realpathSync(file)).href, format: "module", shortCircuit: true }
}

export async function resolve(specifier, context, next) {
  const parent = context.parentURL ?? ""
  const ours = dirname(fileURLToPath(import.meta.url))
  if (COUNTED.test(specifier) && !parent.includes("/node_modules/") && !parent.startsWith(pathToFileURL(ours).href)) {
    const strict = specifier.endsWith("/strict") ? "?strict" : ""
    return { url: new URL(`./assert.mjs${strict}`, import.meta.url).href, format: "module", shortCircuit: true }
  }
  try {
    return await next(specifier, context)
  } catch (error) {
    if (error.code === "ERR_PACKAGE_PATH_NOT_EXPORTED" && specifier.startsWith("wao/")) {
      return fromWao(specifier, context, next, error)
    }
    throw error
  }
}
