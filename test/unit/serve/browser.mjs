// Opens the dashboard in headless Chromium and answers one JSON object with what a person would see.
// Arguments: the page's URL, a folder for screenshots, a command file that is touched when the page should change.
import { writeFileSync } from "node:fs"
import { chromium } from "playwright-core"

const [url, folder, signal] = process.argv.slice(2)
const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--no-sandbox"]
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: quiet })
const problems = []
const open = async options => {
  const page = await (await browser.newContext(options)).newPage()
  page.on("pageerror", error => problems.push(error.message))
  page.on("console", message => message.type() === "error" && problems.push(message.text()))
  await page.goto(url)
  await page.waitForSelector("#head h2")
  return page
}

const page = await open({ viewport: { width: 1400, height: 1000 } })
const text = selector => page.locator(selector).innerText()
const seen = {
  title: await page.title(),
  head: await text("#head"),
  now: await page.locator("#loop .now text").textContent(),
  here: await text("#source .here"),
  brief: await text("#brief"),
  code: await text("#brief pre"),
  marks: await text("#marks"),
  proof: await text("#proof"),
  tasks: await page.locator("#tasks button").count(),
  live: await page.locator("#live.on").count(),
}
await page.screenshot({ path: `${folder}/wide.png` })
await page.keyboard.press("j")
await page.waitForFunction(() => document.querySelector("#head h2").innerText.startsWith("Prove"))
seen.second = await text("#head h2")
await page.keyboard.press("k")
await page.waitForFunction(() => document.querySelector("#head h2").innerText.startsWith("Counter"))
await page.keyboard.press("b")
seen.focused = await page.evaluate(() => document.activeElement.id)
writeFileSync(signal, "now")
await page.waitForFunction(() => document.querySelector("#marks").innerText.includes("done"), null, { timeout: 15000 })
seen.later = await text("#marks")

const phone = await open({ viewport: { width: 390, height: 844 }, colorScheme: "dark" })
seen.overflow = await phone.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
await phone.screenshot({ path: `${folder}/phone.png`, fullPage: true })
await browser.close()
console.log(JSON.stringify({ ...seen, problems }))
