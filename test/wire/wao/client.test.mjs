// The unmodified npm client against the embedded node over TCP: every method of PROTOCOL 7.1 that needs no outside
// service. test_wao.py starts the node and this file; NODE_URL, NODE_ADDRESS and JWK (a file) come from there.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { before, describe, it } from "node:test"
import { HB } from "wao"

const url = process.env.NODE_URL
const jwk = JSON.parse(readFileSync(process.env.JWK, "utf8"))
const MODULE = `
local total = 0
function compute(base, req, opts)
  local msg = req.body
  if msg.action == "Inc" then total = total + 1 end
  if msg.action == "Fail" then error("boom") end
  base.results = { outbox = { ["1"] = { target = "nobody", data = tostring(total) } }, output = { data = msg.data or "" } }
  return base
end`

const make = async () => new HB({ url }).init(jwk)
let hb, module
before(async () => {
  hb = await make()
  module = await hb.cacheScript(MODULE)
})
const spawn = async () => (await hb.spawn({ "execution-device": "lua@5.3a", module })).pid

describe("who", () => {
  it("init reads the operator's address", () => assert.equal(hb.operator, process.env.NODE_ADDRESS))
  it("g reads a literal", async () => {
    assert.equal(await hb.g("/~meta@1.0/info/address"), process.env.NODE_ADDRESS)
  })
  it("get gives status, headers, body and out", async () => {
    const res = await hb.get({ path: "/~meta@1.0/info/address" })
    assert.equal(res.status, 200)
    assert.equal(res.body, process.env.NODE_ADDRESS)
    assert.equal(res.out, process.env.NODE_ADDRESS)
    assert.match(res.headers["signature-input"], /^http-sig-[0-9a-f]{16}=/)
  })
  it("getJSON reads the whole of meta", async () => {
    assert.equal((await hb.getJSON({ path: "/~meta@1.0/info" })).address, process.env.NODE_ADDRESS)
  })
})

describe("modules", () => {
  it("cacheScript gives an id that can be spawned", () => assert.match(module, /^[\w-]{43}$/))
  it("cacheBinary keeps bytes as they are", async () => {
    const id = await hb.cacheBinary(Buffer.from([0, 97, 115, 109, 255, 254, 13, 10, 0]), "application/wasm")
    assert.match(id, /^[\w-]{43}$/)
  })
})

describe("processes", () => {
  it("spawn gives an id, and slot 0 is the process itself", async () => {
    const pid = await spawn()
    assert.match(pid, /^[\w-]{43}$/)
    assert.equal((await hb.slot({ pid, path: "current" })).body, 0)
  })

  it("schedule counts slots up", async () => {
    const pid = await spawn()
    for (const expected of [1, 2, 3]) {
      assert.equal((await hb.schedule({ pid, tags: { Action: "Inc" } })).slot, expected)
    }
    const slot = await hb.slot({ pid })
    assert.equal(slot.current, 3)
  })

  it("scheduleLua and computeLua run the module", async () => {
    const pid = await spawn()
    const { slot } = await hb.scheduleLua({ pid, action: "Inc", data: "hello" })
    const results = await hb.computeLua({ pid, slot })
    assert.equal(results.outbox[0].data, "1")
    assert.equal(results.output.data, "hello")
    assert.ok(JSON.stringify(results).includes('"data":"1"'))
  })

  it("computing only the last slot gives the same", async () => {
    const pid = await spawn()
    for (let i = 0; i < 3; i++) await hb.scheduleLua({ pid, action: "Inc" })
    assert.equal((await hb.computeLua({ pid, slot: 3 })).outbox[0].data, "3")
    assert.equal((await hb.computeLua({ pid, slot: 1 })).outbox[0].data, "1")
  })

  it("compute and now with a path", async () => {
    const pid = await spawn()
    const { slot } = await hb.scheduleLua({ pid, action: "Inc" })
    assert.equal((await hb.compute({ pid, slot, path: "results/outbox/1/data" })).body, "1")
    assert.equal((await hb.now({ pid, path: "results/outbox/1/data" })).body, "1")
  })

  it("compute of the whole state is JSON", async () => {
    const pid = await spawn()
    const { slot } = await hb.scheduleLua({ pid, action: "Inc" })
    const state = await hb.compute({ pid, slot })
    assert.equal(state["at-slot"], slot)
    assert.equal(state.results.outbox[0].data, "1")
  })

  it("message schedules and computes", async () => {
    const pid = await spawn()
    const { slot, res } = await hb.message({ pid, tags: { Action: "Inc" } })
    assert.equal(slot, 1)
    assert.equal(res.results.outbox[0].data, "1")
  })

  it("scheduleFlat takes an uncommitted message", async () => {
    const pid = await spawn()
    assert.equal((await hb.scheduleFlat({ pid, data: "plain" })).slot, 1)
  })

  it("data over 4 KiB and typed tags arrive", async () => {
    const pid = await spawn()
    const data = "x".repeat(20_000)
    const { slot } = await hb.schedule({ pid, data, tags: { n: 5, t: true, l: ["a", 2], e: "" } })
    assert.equal((await hb.computeLua({ pid, slot })).output.data, data)
  })

  it("data with line feeds, quotes and JSON arrives exactly", async () => {
    const pid = await spawn()
    const data = '{"a": "b\\n"}\n  second line\n'
    const { slot } = await hb.schedule({ pid, data })
    assert.equal((await hb.computeLua({ pid, slot })).output.data, data)
  })

  it("spawnLua caches the client's own boot and spawns it", async () => {
    const client = await make()
    const { pid } = await client.spawnLua()
    assert.match(pid, /^[\w-]{43}$/)
    assert.match(client.lua, /^[\w-]{43}$/)
  })

  it("the lower-case spelling of a process id is the same process", async () => {
    const pid = await spawn()
    assert.equal((await hb.schedule({ pid: pid.toLowerCase(), tags: { Action: "Inc" } })).slot, 1)
    assert.equal((await hb.slot({ pid, path: "current" })).body, 1)
  })
})

describe("messages", () => {
  it("lists slots with tags, sender and data", async () => {
    const pid = await spawn()
    await hb.scheduleLua({ pid, action: "Inc", data: "d1" })
    const { edges, page_info } = await hb.messages({ pid })
    assert.equal(edges.length, 2)
    assert.equal(page_info.has_next_page, false)
    const { message } = edges[1].node
    assert.equal(message.From, hb.addr)
    assert.equal(message.Data, "d1")
    assert.equal(message.Tags.find(tag => tag.name === "Action").value, "Inc")
  })

  it("pages from and to", async () => {
    const pid = await spawn()
    for (let i = 0; i < 4; i++) await hb.schedule({ pid, tags: { Action: "Inc" } })
    const { edges } = await hb.messages({ pid, from: 1, to: 2 })
    assert.deepEqual(edges.map(edge => edge.cursor), [1, 2])
  })
})

describe("AOS, legacy and the rest", () => {
  it("spawnAOS, scheduleAOS, computeAOS and messageAOS run the client's own image", async () => {
    const client = await make()
    const { pid } = await client.spawnAOS()
    const { slot } = await client.scheduleAOS({ pid, data: "count = 41" })
    await client.computeAOS({ pid, slot })
    const source = 'Handlers.add("Get", "Get", function (msg) msg.reply({ Data = tostring(count + 1) }) end)'
    await client.messageAOS({ pid, data: source })
    const { outbox } = await client.messageAOS({ pid, action: "Get" })
    assert.equal(outbox["1"].data, "42")
  })

  it("spawnLegacy and scheduleLegacy take slots; computing says that a compute unit is missing", async () => {
    const { pid } = await hb.spawnLegacy()
    const { slot } = await hb.scheduleLegacy({ pid, data: "return 1" })
    assert.equal(slot, 1)
    assert.ok((await hb.get({ path: `/${pid}/compute`, slot })).status >= 400)
  })

  it("commit gives a message that verifies on the node", async () => {
    const committed = await hb.commit({ type: "Message", a: "b" }, { path: false })
    assert.equal(Object.keys(committed.commitments).length, 2)
  })

  it("messages gives the next page", async () => {
    const pid = await spawn()
    await hb.schedule({ pid, tags: { Action: "Inc" } })
    const page = await hb.messages({ pid, from: 1 })
    assert.deepEqual(page.edges.map(edge => edge.cursor), [1])
    assert.equal(page.next, undefined)
  })
})

describe("post and get", () => {
  it("post with a path answers what the device answers", async () => {
    const res = await hb.post({ path: "/~message@1.0/x", x: "y" })
    assert.equal(res.status, 200)
    assert.equal(res.out, "y")
  })
  it("postJSON", async () => assert.equal((await hb.postJSON({ path: "/~message@1.0/x", x: "y" })).body, "y"))
  it("p", async () => assert.equal(await hb.p("/~message@1.0/x", { x: "y" }), "y"))
})

describe("errors", () => {
  it("an unknown process is 404", async () => {
    const res = await hb.get({ path: `/${"A".repeat(43)}/compute`, slot: 1 })
    assert.equal(res.status, 404)
    assert.match(res.body, /not found/i)
  })
  it("a failing slot is 500, and so is every later one", async () => {
    const pid = await spawn()
    await hb.scheduleLua({ pid, action: "Inc" })
    await hb.scheduleLua({ pid, action: "Fail" })
    await hb.scheduleLua({ pid, action: "Inc" })
    const status = async slot => (await hb.get({ path: `/${pid}/compute/results`, slot }, { json: true })).status
    assert.deepEqual([await status(1), await status(2), await status(3)], [200, 500, 500])
  })
  it("a failure is told in the header taskrunner-failure too", async () => {
    const pid = await spawn()
    const { slot } = await hb.scheduleLua({ pid, action: "Fail" })
    const res = await hb.get({ path: `/${pid}/compute/results`, slot })
    const failure = JSON.parse(res.headers["taskrunner-failure"])
    assert.equal(failure.line, 6)
    assert.match(failure.message, /boom/)
  })
  it("non-ASCII data from this client is refused, as by the real node", async () => {
    const pid = await spawn()
    await assert.rejects(hb.schedule({ pid, data: "é" }), /400: .*not valid/)
    assert.equal((await hb.slot({ pid, path: "current" })).body, 0)
  })
})
