// Asks the real clients: reads one JSON question per line, answers with one JSON line.
//   {"ask": "request", "input": M}     headers and body that hbsig signs for M
//   {"ask": "commit", "input": M}      what hbsig's commit returns for M
//   {"ask": "reply", "headers": H, "body": B}   what wao's parser reads
// Bytes travel as {"$b": base64}, atoms as {"$a": name}. Arguments: the JWK file and the folder node_modules.
import fs from "node:fs"
import path from "node:path"
import readline from "node:readline"
import { pathToFileURL } from "node:url"

const [jwkFile, modules] = process.argv.slice(2)
const load = file => import(pathToFileURL(path.join(modules, file)))
const { createSigner, commit } = await load("hbsig/esm/index.js")
const { from } = await load("wao/esm/httpsig-utils.js")
const signer = createSigner(JSON.parse(fs.readFileSync(jwkFile)), "")
console.error = () => {}

const read = v => {
  if (Array.isArray(v)) return v.map(read)
  if (!v || typeof v !== "object") return v
  if ("$b" in v) return Buffer.from(v.$b, "base64")
  if ("$a" in v) return Symbol.for(v.$a)
  return Object.fromEntries(Object.entries(v).map(([key, inner]) => [key, read(inner)]))
}
const bytes = async v => Buffer.from(v instanceof Blob ? await v.arrayBuffer() : v).toString("base64")
const write = v => {
  if (v === undefined) return null
  if (typeof v === "symbol") return { $a: Symbol.keyFor(v) }
  if (Number.isNaN(v)) return { $nan: 1 }
  if (Buffer.isBuffer(v)) return { $b: v.toString("base64") }
  if (Array.isArray(v)) return Array.from(v).map(inner => write(inner))
  if (!v || typeof v !== "object") return v
  return Object.fromEntries(Object.entries(v).map(([key, inner]) => [key, write(inner)]))
}
const answers = {
  request: async ({ input }) => {
    const { headers, body } = await signer({ path: "/x", ...read(input) })
    const { signature, ...rest } = headers
    return { headers: rest, body: body ? await bytes(body) : "" }
  },
  commit: async ({ input }) => {
    const { commitments, ...rest } = await commit(read(input), { signer, path: false })
    for (const key of Object.keys(rest))
      if (rest[key] !== undefined && typeof rest[key] !== "string") rest[key] = { $b: await bytes(rest[key]) }
    const hmac = Object.keys(commitments).find(id => commitments[id].alg === "hmac-sha256")
    return { rest, hmac, listed: commitments[hmac]["signature-input"] }
  },
  reply: async ({ headers, body }) => write(from({ headers, body, status: 200 })),
}
for await (const line of readline.createInterface({ input: process.stdin })) {
  const question = JSON.parse(line)
  let answer
  try {
    answer = { answer: await answers[question.ask](question) }
  } catch (error) {
    answer = { error: String(error) }
  }
  process.stdout.write(JSON.stringify(answer) + "\n")
}
