// Written as users of npm wao write a suite for a wasm module in custom-wasm/; nothing in it knows of taskrunner.
import { after, before, describe, it } from "node:test"
import assert from "node:assert"
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { HyperBEAM } from "wao/test"
import HB from "wao/hb"

const image = resolve(import.meta.dirname, "../custom-wasm/target/wasm64-unknown-unknown/release/custom_wasm.wasm")

describe("counter in wasm", () => {
  let hbeam, hb, id

  before(async () => {
    hbeam = await new HyperBEAM({ reset: true }).ready()
    hb = await new HB({ url: hbeam.url }).init(hbeam.jwk)
    id = await hb.cacheBinary(readFileSync(image), "application/wasm")
  })

  after(async () => hbeam?.kill())

  const ask = async (pid, action, tags = {}) => {
    const { slot } = await hb.scheduleAOS({ pid, action, tags })
    const outbox = await hb.computeAOS({ pid, slot })
    return outbox["1"].data
  }

  it("spawns a process of the image", async () => {
    const { pid } = await hb.spawnAOS(id)
    assert.equal(typeof pid, "string")
  })

  it("counts", async () => {
    const { pid } = await hb.spawnAOS(id)
    assert.equal(await ask(pid, "Inc"), "1")
    assert.equal(await ask(pid, "Inc", { Amount: "4" }), "5")
    assert.equal(await ask(pid, "Get"), "5")
  })

  it("keeps what two processes count apart", async () => {
    const { pid: one } = await hb.spawnAOS(id)
    const { pid: two } = await hb.spawnAOS(id)
    await ask(one, "Inc")
    assert.equal(await ask(two, "Get"), "0")
    assert.equal(await ask(one, "Get"), "1")
  })
})
