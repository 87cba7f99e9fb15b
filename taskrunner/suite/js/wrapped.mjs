// Compiles and runs a CommonJS module as Node.js does, with the choice to hand over or take its compiled code.

import Module from "node:module"
import { dirname } from "node:path"
import vm from "node:vm"

export function compileWrapped(text, filename, cachedData) {
  return new vm.Script(Module.wrap(text.replace(/^#!.*/, "")), {
    filename,
    cachedData,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
}

export function runWrapped(script, module, filename) {
  const require = id => module.require(id)
  require.resolve = (request, options) => Module._resolveFilename(request, module, false, options)
  require.resolve.paths = request => Module._resolveLookupPaths(request, module)
  require.main = process.mainModule
  require.extensions = Module._extensions
  require.cache = Module._cache
  const { exports } = module
  return script.runInThisContext().call(exports, exports, require, module, filename, dirname(filename))
}
