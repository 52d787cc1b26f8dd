import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  addDigests,
  canonicalBytes,
  EMPTY_DIGEST,
  formatDigestSum,
  hashSample,
  subtractDigests,
  type Digest,
} from '../../src/domain/digest.ts'
import type { SampleContent } from '../../src/domain/sample.ts'
import type { Ticks } from '../../src/domain/ticks.ts'
import { decodeRecord, encodeRecord } from '../../src/log/record.ts'

interface Golden {
  readonly records: readonly {
    readonly name: string
    readonly record: string
    readonly sample?: Encoded
    readonly before?: Encoded
  }[]
  readonly digest: { readonly count: number; readonly sum: string }
}
interface Encoded {
  readonly canonical: string
  readonly hash: string
}

// Made by another implementation, in another language: see the file's `about`.
const golden = JSON.parse(
  readFileSync(new URL('../../fixtures/golden/records.json', import.meta.url), 'utf8'),
) as Golden

describe('golden records', () => {
  it.each(golden.records)('$name: text, canonical bytes and hash', ({ record: text, sample, before }) => {
    const record = decodeRecord(text)
    expect(encodeRecord(record)).toBe(text)
    expect(record.op === 'put' ? encoded(record.sample) : undefined).toEqual(sample)
    expect(record.before && encoded({ ...record.before, ticks: record.sample.ticks })).toEqual(before)
  })

  it('add up to the golden digest', () => {
    let digest: Digest = EMPTY_DIGEST
    for (const { record: text } of golden.records) {
      const { sample, before, op } = decodeRecord(text)
      if (op === 'put') digest = addDigests(digest, { count: 1, sum: hashSample(sample) })
      if (before) digest = subtractDigests(digest, { count: 1, sum: hashSample({ ...before, ticks: sample.ticks }) })
    }
    expect({ count: digest.count, sum: formatDigestSum(digest.sum) }).toEqual(golden.digest)
  })
})

function encoded(sample: SampleContent & { ticks: Ticks }): Encoded {
  return { canonical: Buffer.from(canonicalBytes(sample)).toString('hex'), hash: formatDigestSum(hashSample(sample)) }
}
