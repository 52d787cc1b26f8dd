import { describe, expect, it } from 'vitest'
import { parseTagId } from '../../src/domain/tag-id.ts'
import { ticks } from '../../src/domain/ticks.ts'
import type { SampleRecord } from '../../src/log/record.ts'
import { LoggedSamples } from '../../src/verify/logged-samples.ts'
import { refusal } from '../store/refusal.ts'

const ALL = [{ from: ticks(0n), until: ticks(100n) }]

function put(at: bigint, ord: number, rev: number, value: number): SampleRecord {
  const sample = { ticks: ticks(at), ord, type: 'int32', value, status: 0, flags: 0 } as const
  const before = rev === 0 ? {} : { before: { type: 'int32', value: value - 1, status: 0, flags: 0 } as const }
  return { tag: parseTagId('test/1'), sample, rev, op: 'put', source: 'opcua', ...before }
}

/** The same revision, of another value. */
function other(record: SampleRecord): SampleRecord {
  return { ...record, before: { type: 'int32', value: 99, status: 0, flags: 0 } }
}

function settled(record: SampleRecord): SampleRecord {
  return { ...record, copies: 2 }
}

function logged(...records: SampleRecord[]): LoggedSamples {
  const samples = new LoggedSamples()
  for (const record of records) samples.add(record)
  return samples
}

describe('logged samples', () => {
  it('keep the highest revision of each sample, and of the windows only', () => {
    const samples = logged(put(1n, 0, 0, 5), put(1n, 1, 0, 6), put(1n, 0, 1, 7), put(40n, 0, 0, 1))
    const found = samples.within([{ from: ticks(0n), until: ticks(40n) }], 4)
    expect([...found.keys()]).toEqual([1n])
    expect(found.get(ticks(1n))).toMatchObject([
      { ord: 0, rev: 1, isDeleted: false, content: { value: 7 } },
      { ord: 1, rev: 0, isDeleted: false, content: { value: 6 } },
    ])
  })

  it('remember what a deleted sample was', () => {
    const deletion: SampleRecord = {
      ...put(1n, 0, 1, 6),
      op: 'delete',
      sample: { ticks: ticks(1n), ord: 0, type: 'null', value: null, status: 0, flags: 0 },
    }
    expect(
      logged(put(1n, 0, 0, 5), deletion)
        .within(ALL, 2)
        .get(ticks(1n)),
    ).toMatchObject([{ ord: 0, rev: 1, isDeleted: true, content: { type: 'int32', value: 5 } }])
  })

  it('say how often a sample counts whose records were written again', () => {
    const again = [put(1n, 0, 0, 5), put(1n, 1, 0, 6), put(1n, 0, 0, 5), put(1n, 0, 0, 5)]
    expect(
      logged(...again)
        .within(ALL, 4)
        .get(ticks(1n)),
    ).toMatchObject([
      { ord: 0, rev: 0, repetition: { copies: 3, isCountedDeleted: false, strays: [] } },
      { ord: 1, rev: 0, repetition: undefined },
    ])
    const [first, revised] = [put(1n, 0, 0, 5), put(1n, 0, 1, 6)]
    const whole = logged(first, revised, first, revised).within(ALL, 4)
    expect(whole.get(ticks(1n))).toMatchObject([
      { rev: 1, content: { value: 6 }, repetition: { copies: 2, strays: [] } },
    ])
    const half = logged(first, revised, revised).within(ALL, 3)
    expect(half.get(ticks(1n))).toMatchObject([
      { rev: 1, repetition: { copies: 1, strays: [{ content: { value: 5 }, count: -1 }] } },
    ])
  })

  it('count once what a revision has settled', () => {
    const records = [put(1n, 0, 0, 5), put(1n, 0, 0, 5), settled(put(1n, 0, 1, 6))]
    expect(
      logged(...records)
        .within(ALL, 3)
        .get(ticks(1n)),
    ).toMatchObject([{ rev: 1, repetition: undefined }])
  })

  it.each([
    ['a revision is missing', [put(1n, 0, 0, 5), put(1n, 0, 2, 7)]],
    ['the first record is missing', [put(1n, 0, 1, 7)]],
    ['a revision is there twice, with other values', [put(1n, 0, 0, 5), put(1n, 0, 0, 6)]],
    ['a repeated revision supersedes something else', [put(1n, 0, 0, 5), put(1n, 0, 1, 6), other(put(1n, 0, 1, 6))]],
    [
      'more copies were superseded than there are',
      [put(1n, 0, 0, 5), settled(put(1n, 0, 1, 6)), settled(put(1n, 0, 1, 6))],
    ],
    ['an ord was never written', [put(1n, 0, 0, 5), put(1n, 2, 0, 5)]],
  ])('are not answered when %s', (_, records) => {
    const error = refusal(() => logged(...records).within(ALL, records.length))
    expect(error.code).toBe('BANYAN_LOG_CORRUPT')
  })

  it('are not answered when the log holds fewer records than were folded', () => {
    const error = refusal(() => logged(put(1n, 0, 0, 5)).within(ALL, 2))
    expect(error.code).toBe('BANYAN_LOG_CORRUPT')
    expect(error.message).toContain('2 records')
  })
})
