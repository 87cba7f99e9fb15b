// Finds what a suite imports of the npm package `wao`, and loads it before any hook of ours is there.

import { existsSync, readFileSync, realpathSync } from "node:fs"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"

// The package that the suite imports has thousands of modules, and each would be asked of the hook's thread: a second in
// all. So it is loaded before the hook is there; what fails here fails again, and is told, where the suite imports it.
function filesOfWao(suite) {
  const named = new Set([...readFileSync(suite, "utf8").matchAll(/from\s+["']wao(?:\/([\w-]+))?["']/g)].map(m => m[1] ?? "index"))
  for (let folder = dirname(suite); ; folder = dirname(folder)) {
    const found = [...named].map(name => join(folder, "node_modules", "wao", "esm", `${name}.js`)).filter(existsSync)
    if (found.length || folder === dirname(folder)) return found.map(file => realpathSync(file))
  }
}

export async function importWao(suite) {
  for (const file of filesOfWao(suite)) await import(pathToFileURL(file).href)
}
