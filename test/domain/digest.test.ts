import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addDigests,
  canonicalBytes,
  EMPTY_DIGEST,
  formatDigestSum,
  hashSample,
  parseDigestSum,
  subtractDigests,
  type Digest,
} from '../../src/domain/digest.ts'
import type { Sample } from '../../src/domain/sample.ts'
import { parseTicks } from '../../src/domain/ticks.ts'
import { anyContent, anySample } from '../log/arbitrary-sample.ts'

const START = parseTicks('2024-05-01T06:00:00.1250305Z')
const PLAIN: Sample = { ticks: START, ord: 0, type: 'float32', value: 1.5, status: 0, flags: 0 }

function digestOf(samples: readonly Sample[]): Digest {
  return samples.reduce((sum, each) => addDigests(sum, { count: 1, sum: hashSample(each) }), EMPTY_DIGEST)
}

function bytesOf(sample: Sample): string {
  return Buffer.from(canonicalBytes(sample)).toString('hex')
}

describe('digest', () => {
  it('does not depend on order, and adds up over any split', () => {
    fc.assert(
      fc.property(fc.array(anySample), fc.nat(), (samples, at) => {
        const cut = at % (samples.length + 1)
        const [left, right] = [digestOf(samples.slice(0, cut)), digestOf(samples.slice(cut))]
        expect(addDigests(right, left)).toEqual(digestOf(samples))
        expect(digestOf(samples.toReversed())).toEqual(digestOf(samples))
        expect(subtractDigests(digestOf(samples), left)).toEqual(right)
      }),
    )
  })

  it('sees a sample dropped, repeated or exchanged', () => {
    fc.assert(
      fc.property(fc.array(anySample, { minLength: 1 }), fc.nat(), anyContent, (samples, at, other) => {
        const index = at % samples.length
        const whole = digestOf(samples)
        const chosen = samples[index]!
        expect(digestOf(samples.toSpliced(index, 1)).sum).not.toBe(whole.sum)
        expect(digestOf([...samples, chosen]).sum).not.toBe(whole.sum)
        const exchanged = { ...other, ticks: chosen.ticks, ord: 0 }
        fc.pre(bytesOf(exchanged) !== bytesOf(chosen))
        expect(digestOf(samples.with(index, exchanged)).sum).not.toBe(whole.sum)
      }),
    )
  })

  it('stays within 128 bits both ways', () => {
    const one: Digest = { count: 1, sum: 1n }
    const highest: Digest = { count: 1, sum: 2n ** 128n - 1n }
    expect(addDigests(highest, one)).toEqual({ count: 2, sum: 0n })
    expect(subtractDigests(EMPTY_DIGEST, one)).toEqual({ count: -1, sum: 2n ** 128n - 1n })
  })

  it('prints as 32 hex digits', () => {
    expect(formatDigestSum(0n)).toBe('0'.repeat(32))
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), (sum) => {
        expect(formatDigestSum(sum)).toMatch(/^[0-9a-f]{32}$/)
        expect(parseDigestSum(formatDigestSum(sum))).toBe(sum)
      }),
    )
    for (const text of ['', '0x00', 'F'.repeat(32), '0'.repeat(31), '0'.repeat(33), `${'0'.repeat(31)}g`]) {
      expect(() => parseDigestSum(text)).toThrow(RangeError)
    }
  })
})

describe('hash of a sample', () => {
  it('is the first half of SHA-256 over the canonical bytes', () => {
    fc.assert(
      fc.property(anySample, (sample) => {
        const whole = createHash('sha256').update(canonicalBytes(sample)).digest('hex')
        expect(formatDigestSum(hashSample(sample))).toBe(whole.slice(0, 32))
      }),
    )
  })

  it('leaves the place and nothing else out', () => {
    const elsewhere: Sample = { ...PLAIN, ord: 3 }
    expect(hashSample(elsewhere)).toBe(hashSample(PLAIN))
    const changed: Sample[] = [
      { ...PLAIN, ticks: parseTicks('2024-05-01T06:00:00.1250306Z') },
      { ...PLAIN, value: Math.fround(1.5000001) },
      { ...PLAIN, value: -1.5 },
      { ...PLAIN, status: 1 },
      { ...PLAIN, flags: 1 },
      { ...PLAIN, type: 'float64' },
      { ...PLAIN, type: 'float16' },
      { ...PLAIN, type: 'null', value: null },
    ]
    const hashes = new Set([PLAIN, ...changed].map(hashSample))
    expect(hashes.size).toBe(changed.length + 1)
  })

  it('tells zero from minus zero, and one NaN from nothing else', () => {
    expect(hashSample({ ...PLAIN, value: 0 })).not.toBe(hashSample({ ...PLAIN, value: -0 }))
    const bits = new DataView(new ArrayBuffer(4))
    bits.setUint32(0, 0xffc00001)
    expect(hashSample({ ...PLAIN, value: bits.getFloat32(0) })).toBe(hashSample({ ...PLAIN, value: NaN }))
  })

  it('tells texts apart that look alike, lone surrogates included', () => {
    const texts = ['', '\0', 'a', 'ab', 'ä', 'a\u0308', '\ufffd', '\ud800', '\udc00', '\ud800\udc00', '\udc00\ud800']
    const hashes = texts.map((value) => hashSample({ ...PLAIN, type: 'string', value }))
    expect(new Set(hashes).size).toBe(texts.length)
  })

  it('takes values of any length, and forgets the one before', () => {
    const before = bytesOf(PLAIN)
    const value = 'ü\ud800'.repeat(50_000)
    const long = canonicalBytes({ ...PLAIN, type: 'string', value })
    expect(long).toHaveLength(9 + 4 + 50_000 * 5 + 5)
    expect(bytesOf(PLAIN)).toBe(before)
    expect(canonicalBytes({ ...PLAIN, type: 'bytes', value: new Uint8Array(10_000).fill(7) })).toHaveLength(10_018)
    expect(bytesOf({ ...PLAIN, type: 'string', value: 'x' }).slice(18)).toBe('0000000178' + '0000000000')
  })
})
