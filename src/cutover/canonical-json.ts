/**
 * Canonical JSON: one text per value, so that a hash of the text is a hash of the value. Keys in the order of their
 * UTF-16 units, no white space, numbers and strings as `JSON.stringify` prints them (RFC 8785, except that a lone
 * surrogate is written as its escape instead of refused).
 *
 * What cannot be said in JSON without loss is refused, never dropped: undefined, bigint, NaN, infinities, functions,
 * anything that is not a plain object or array.
 */
import { hash } from 'node:crypto'

/** Deeper than anything recorded here by far; what is read is hostile, and the walk is recursive. */
const DEPTH_MAX = 32

/** Throws RangeError for what JSON cannot say. */
export function canonicalJson(value: unknown): string {
  return textOf(value, 0)
}

function textOf(value: unknown, depth: number): string {
  if (depth > DEPTH_MAX) throw new RangeError(`nested deeper than ${DEPTH_MAX}`)
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value)
    case 'number':
      if (!Number.isFinite(value)) throw new RangeError(`JSON has no number ${value}`)
      return JSON.stringify(value)
    case 'object':
      if (value === null) return 'null'
      if (Array.isArray(value)) return `[${value.map((item) => textOf(item, depth + 1)).join(',')}]`
      return objectText(value, depth)
    default:
      throw new RangeError(`JSON has no ${typeof value}`)
  }
}

function objectText(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw new RangeError('not a plain object')
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${textOf(member, depth + 1)}`)
  return `{${members.join(',')}}`
}

/**
 * The value of a text that is canonical to the letter. Throws RangeError for any other spelling of the same value: no
 * byte of a text that passes can change without changing what it says.
 */
export function parseCanonicalJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new RangeError('not JSON', { cause })
  }
  if (canonicalJson(value) !== text) throw new RangeError('not in canonical form')
  return value
}

/** 64 lower-case hex digits; text is hashed as UTF-8. */
export function sha256Hex(content: string | Uint8Array): string {
  return hash('sha256', content, 'hex')
}
