/**
 * Free loopback ports below the ephemeral range. A port inside that range can be taken as the *source* port of the
 * very connection that polls it: the poll then reaches itself, and the broker dies of "Address already in use".
 */
import { createServer } from 'node:net'
import { randomInt } from 'node:crypto'

const FIRST = 20_000
const LAST = 31_999
const ATTEMPTS = 100

export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>()
  for (let i = 0; i < ATTEMPTS && found.size < count; i++) {
    const port = randomInt(FIRST, LAST)
    if (await isFree(port)) found.add(port)
  }
  if (found.size < count) throw new Error(`no ${count} free ports between ${FIRST} and ${LAST} on 127.0.0.1`)
  return [...found]
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => {
      resolve(false)
    })
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true)
      })
    })
  })
}
