/** Writes an answer to the socket: compressed if wanted, with back-pressure, and with whatever fault was drawn. */
import type { ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGzip, gzipSync } from 'node:zlib'
import { jsonText, type Answer } from './answer.ts'
import type { BodyFault } from './faults.ts'

/** Fast compression: the simulator must not be slower than what it stands for. */
const GZIP = { level: 1 }
/** Below this a compressed answer is not smaller. */
const GZIP_MIN_CHARS = 512
const DRIP_PIECES_PER_SECOND = 20

export async function respond(
  outgoing: ServerResponse,
  answer: Answer,
  options: { readonly gzip: boolean; readonly fault: BodyFault },
): Promise<void> {
  if (options.fault.kind === 'reset') {
    outgoing.socket?.resetAndDestroy()
    return
  }
  outgoing.statusCode = answer.status
  for (const [name, value] of Object.entries(answer.headers)) outgoing.setHeader(name, value)
  outgoing.setHeader('Server', 'Microsoft-HTTPAPI/2.0')
  const text = answer.body.kind === 'json' ? jsonText(answer.body.value) : undefined
  const chunks = answer.body.kind === 'chunks' ? answer.body.chunks : [text ?? '']
  const worthCompressing = text === undefined || text.length >= GZIP_MIN_CHARS
  if (options.fault.kind !== 'none') await respondBadly(outgoing, chunks, options.gzip, options.fault)
  else if (options.gzip && worthCompressing) await writeCompressed(outgoing, chunks)
  else await writeChunks(outgoing, chunks)
}

async function writeChunks(outgoing: ServerResponse, chunks: Iterable<string>): Promise<void> {
  for (const chunk of chunks) {
    if (outgoing.destroyed) return
    if (!outgoing.write(chunk)) await writable(outgoing, outgoing)
  }
  outgoing.end()
}

async function writeCompressed(outgoing: ServerResponse, chunks: Iterable<string>): Promise<void> {
  outgoing.setHeader('Content-Encoding', 'gzip')
  const gzip = createGzip(GZIP)
  gzip.pipe(outgoing)
  for (const chunk of chunks) {
    if (outgoing.destroyed) break
    if (!gzip.write(chunk)) await writable(gzip, outgoing)
  }
  if (outgoing.destroyed) gzip.destroy()
  else gzip.end()
}

/** Resolves when `target` takes more, or the client has gone. */
function writable(target: Writable, outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      target.off('drain', done)
      outgoing.off('close', done)
      resolve()
    }
    target.once('drain', done)
    outgoing.once('close', done)
  })
}

async function respondBadly(
  outgoing: ServerResponse,
  chunks: Iterable<string>,
  gzip: boolean,
  fault: Exclude<BodyFault, { kind: 'none' | 'reset' }>,
): Promise<void> {
  const text = Buffer.from([...chunks].join(''))
  const plain = fault.kind === 'truncate' ? text.subarray(0, Math.floor(text.length * fault.share)) : text
  const body = gzip ? gzipSync(plain, GZIP) : plain
  if (gzip) outgoing.setHeader('Content-Encoding', 'gzip')
  outgoing.setHeader('Content-Length', body.length)
  switch (fault.kind) {
    case 'truncate':
      outgoing.end(body)
      return
    case 'cut':
      // Headers and the first part arrive; then the connection is gone.
      outgoing.write(body.subarray(0, Math.floor(body.length * fault.share)), () => outgoing.destroy())
      return
    case 'drip': {
      const piece = Math.max(1, Math.floor(fault.bytesPerSecond / DRIP_PIECES_PER_SECOND))
      for (let at = 0; at < body.length && !outgoing.destroyed; at += piece) {
        outgoing.write(body.subarray(at, at + piece))
        await sleep(1000 / DRIP_PIECES_PER_SECOND)
      }
      outgoing.end()
    }
  }
}
