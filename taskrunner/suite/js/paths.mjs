// For suites that somebody else starts (`npm test`): only the resolve hook, so that `wao/hb` and `wao/ao` are found.

import { register } from "node:module"
import { importWao } from "./wao.mjs"

const suite = process.execArgv.includes("--test") ? undefined : process.argv[1] // the runner itself imports nothing
if (suite) await importWao(suite).catch(() => undefined)
register(new URL("./resolve.mjs", import.meta.url))
