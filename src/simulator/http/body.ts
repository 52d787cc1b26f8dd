/** Reads a request body: bounded, gunzipped when it came compressed (2016 R2 and later). */
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { ApiError } from './answer.ts'

const gunzipAsync = promisify(gunzip)

export async function readBody(incoming: IncomingMessage, maxBytes: number): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    bytes += piece.length
    if (bytes > maxBytes) throw ApiError.message(413, 'The request body is larger than the server allows.')
    pieces.push(piece)
  }
  const body = Buffer.concat(pieces)
  if (incoming.headers['content-encoding']?.toLowerCase() !== 'gzip') return body.toString('utf8')
  try {
    return (await gunzipAsync(body, { maxOutputLength: maxBytes })).toString('utf8')
  } catch {
    throw ApiError.badRequest('The request body is not valid gzip or too large.')
  }
}
