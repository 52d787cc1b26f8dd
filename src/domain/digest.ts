/**
 * Digest: what a multiset of samples adds up to. Each sample is hashed alone and the hashes are summed modulo 2^128,
 * so the digest does not depend on order, sees every duplicate, and can be added and subtracted: a parent is the sum
 * of its children, a revision is "minus what was, plus what is".
 *
 * The canonical encoding is fixed (contracts.md §3): big-endian
 *
 *   int64 ticks | uint8 type | payload | uint32 status | uint8 flags
 *
 * `ord`, the source and the revision are not part of it. Text is UTF-8; a lone surrogate is encoded as if it were a
 * character (three bytes, "surrogatepass"), so that different texts never share an encoding.
 */
import { hash } from 'node:crypto'
import { SAMPLE_TYPES, type SampleContent, type SampleType } from './sample.ts'
import type { Ticks } from './ticks.ts'

export interface Digest {
  /** Samples in the multiset; negative only in a difference. */
  readonly count: number
  /** Sum of their hashes modulo 2^128. */
  readonly sum: bigint
}

export const EMPTY_DIGEST: Digest = { count: 0, sum: 0n }

export function addDigests(a: Digest, b: Digest): Digest {
  return { count: a.count + b.count, sum: BigInt.asUintN(128, a.sum + b.sum) }
}

export function subtractDigests(a: Digest, b: Digest): Digest {
  return { count: a.count - b.count, sum: BigInt.asUintN(128, a.sum - b.sum) }
}

/** First 16 bytes of SHA-256 over the canonical encoding, read big-endian. */
export function hashSample(sample: SampleContent & { readonly ticks: Ticks }): bigint {
  return BigInt(`0x${hash('sha256', canonicalBytes(sample), 'hex').slice(0, 32)}`)
}

/** 32 lower-case hex digits. */
export function formatDigestSum(sum: bigint): string {
  return sum.toString(16).padStart(32, '0')
}

/** Throws RangeError unless the text is 32 lower-case hex digits. */
export function parseDigestSum(text: string): bigint {
  if (!/^[0-9a-f]{32}$/.test(text)) throw new RangeError(`not a digest: ${JSON.stringify(text.slice(0, 64))}`)
  return BigInt(`0x${text}`)
}

const TYPE_CODE = Object.fromEntries(SAMPLE_TYPES.map((type, index) => [type, index + 1])) as Record<SampleType, number>

const PAYLOAD_AT = 9
/** Status and flags, behind the payload. */
const TAIL_BYTES = 5
/** Everything but text, at its longest: ticks, type, code, length, status, flags. */
const FIXED_BYTES = PAYLOAD_AT + 12 + TAIL_BYTES
const TWO_POW_32 = 0x1_0000_0000

// One buffer for all short encodings, and a view for each of the lengths that fixed payloads have: hashing runs once
// per sample, and an allocation costs as much as the hash.
const SHORT_BYTES = 4096
const shortBuffer = Buffer.alloc(SHORT_BYTES)
const shortViews = Array.from({ length: 32 }, (_, length) => shortBuffer.subarray(0, length))

/** The canonical encoding. The bytes are valid until the next call. */
export function canonicalBytes(sample: SampleContent & { readonly ticks: Ticks }): Uint8Array {
  const text = textOf(sample)
  const buffer = bufferFor(text)
  buffer.writeBigInt64BE(sample.ticks, 0)
  buffer[8] = TYPE_CODE[sample.type]
  const end = writePayload(buffer, sample, text)
  buffer.writeUInt32BE(sample.status, end)
  buffer[end + 4] = sample.flags
  const length = end + TAIL_BYTES
  return (buffer === shortBuffer ? shortViews[length] : undefined) ?? buffer.subarray(0, length)
}

function bufferFor(text: string | Uint8Array | undefined): Buffer {
  // A UTF-16 unit takes at most three bytes.
  if (text === undefined || text.length * 3 <= SHORT_BYTES - FIXED_BYTES) return shortBuffer
  return Buffer.alloc(FIXED_BYTES + Buffer.byteLength(text))
}

/** The part of the payload whose length varies. */
function textOf(sample: SampleContent): string | Uint8Array | undefined {
  switch (sample.type) {
    case 'string':
    case 'other':
    case 'bytes':
      return sample.value
    case 'digital':
    case 'state':
      return sample.value.name
    default:
      return undefined
  }
}

/** Writes the payload and answers where it ends. */
function writePayload(buffer: Buffer, sample: SampleContent, text: string | Uint8Array | undefined): number {
  switch (sample.type) {
    case 'float16':
    case 'float32':
      if (Number.isNaN(sample.value)) return buffer.writeUInt32BE(0x7fc00000, PAYLOAD_AT)
      return buffer.writeFloatBE(sample.value, PAYLOAD_AT)
    case 'float64':
      if (Number.isNaN(sample.value)) return writeInteger(buffer, 0x7ff80000 * TWO_POW_32)
      return buffer.writeDoubleBE(sample.value, PAYLOAD_AT)
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'uint32':
      return writeInteger(buffer, sample.value)
    case 'int64':
    case 'timestamp':
      return buffer.writeBigInt64BE(sample.value, PAYLOAD_AT)
    case 'uint64':
      return buffer.writeBigUInt64BE(sample.value, PAYLOAD_AT)
    case 'boolean':
      return buffer.writeUInt8(sample.value ? 1 : 0, PAYLOAD_AT)
    case 'digital':
    case 'state':
      return writeText(buffer, text ?? '', writeInteger(buffer, sample.value.code))
    case 'string':
    case 'other':
    case 'bytes':
      return writeText(buffer, text ?? '', PAYLOAD_AT)
    case 'null':
      return PAYLOAD_AT
  }
}

/** An integral number as int64, in two's complement. */
function writeInteger(buffer: Buffer, value: number): number {
  const high = Math.floor(value / TWO_POW_32)
  buffer.writeInt32BE(high, PAYLOAD_AT)
  return buffer.writeUInt32BE(value - high * TWO_POW_32, PAYLOAD_AT + 4)
}

/** Length and bytes. */
function writeText(buffer: Buffer, text: string | Uint8Array, at: number): number {
  const from = at + 4
  let length: number
  if (typeof text !== 'string') {
    buffer.set(text, from)
    length = text.length
  } else if (/\p{Surrogate}/u.test(text)) {
    length = writeIllFormed(buffer, text, from)
  } else {
    length = buffer.write(text, from)
  }
  buffer.writeUInt32BE(length, at)
  return from + length
}

function writeIllFormed(buffer: Buffer, text: string, from: number): number {
  let at = from
  // Iteration yields whole characters, and lone surrogates as themselves.
  for (const character of text) {
    const unit = character.charCodeAt(0)
    if (character.length === 1 && (unit & 0xf800) === 0xd800) {
      buffer[at++] = 0xe0 | (unit >> 12)
      buffer[at++] = 0x80 | ((unit >> 6) & 0x3f)
      buffer[at++] = 0x80 | (unit & 0x3f)
    } else {
      at += buffer.write(character, at)
    }
  }
  return at - from
}
