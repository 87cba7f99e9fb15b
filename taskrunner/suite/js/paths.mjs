// For suites that somebody else starts (`npm test`): only the resolve hook, so that `wao/hb` and `wao/ao` are found.

import { register } from "node:module"

register(new URL("./resolve.mjs", import.meta.url))
