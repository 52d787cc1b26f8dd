/**
 * Answer: one JSON answer, read completely or not at all.
 *
 * PI Web API reports a failure half-way through an answer as a `WebException` under HTTP 200; such an answer is that
 * failure, whatever else it holds. A cut answer never parses, because every answer is one object.
 */
import { isUtf8 } from 'node:buffer'
import { isSafeNumber, LosslessNumber, parse as parseLossless } from 'lossless-json'
import { messageOf } from '../../domain/errors.ts'
import { errorOfStatus, protocolError } from './errors.ts'

export type JsonObject = Readonly<Record<string, unknown>>

export interface Answer {
  readonly json: JsonObject
  /** The same answer with numbers a double cannot hold as `LosslessNumber`. Slow: for the rare types that need it. */
  exact(): JsonObject
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Throws BANYAN_SOURCE_PROTOCOL for anything but one JSON object, and the carried failure for a WebException. */
export function parseAnswer(bytes: Buffer, what: string): Answer {
  // Replacing broken bytes would change values silently.
  if (!isUtf8(bytes)) throw protocolError(`${what}: the answer is not UTF-8 text`, 'unreadable')
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '')
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    const page = /^\s*</.test(text) ? 'an HTML page instead of JSON' : 'JSON that cannot be read'
    throw protocolError(`${what}: the answer is ${page} (${messageOf(cause).slice(0, 120)})`, 'unreadable', {}, cause)
  }
  if (!isObject(json)) throw protocolError(`${what}: the answer is not a JSON object`, 'unreadable')
  throwWebException(json, what)
  let exact: JsonObject | undefined
  return { json, exact: () => (exact ??= parseLossless(text, undefined, exactNumber) as JsonObject) }
}

function exactNumber(text: string): number | LosslessNumber {
  return isSafeNumber(text) ? Number(text) : new LosslessNumber(text)
}

/** A part of a larger answer, judged alone. `pick` finds it again in the exact form. */
export function partOf(whole: Answer, json: JsonObject, pick: (whole: JsonObject) => unknown): Answer {
  return {
    json,
    exact: () => {
      const part = pick(whole.exact())
      return isObject(part) ? part : {}
    },
  }
}

export function throwWebException(json: JsonObject, what: string): void {
  const failure = json['WebException']
  if (failure === undefined || failure === null) return
  const status = isObject(failure) ? failure['StatusCode'] : undefined
  throw errorOfStatus({ status: typeof status === 'number' && status >= 300 ? status : 500, body: failure }, what)
}
