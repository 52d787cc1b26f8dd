import { describe, expect, it } from 'vitest'
import { readCurrentTruth, type CurrentTruth } from './current-truth.ts'
import type { ContentJson, RecordJson } from './expected.ts'

const TS = '2026-01-01T00:00:00.0000000Z'
const LATER = '2026-01-01T00:00:01.0000000Z'

const float = (value: unknown, more: Partial<ContentJson> = {}): ContentJson => ({
  type: 'float32',
  value,
  status: 0,
  ...more,
})

function put(ord: number, rev: number, content: ContentJson, before?: ContentJson, more: Partial<RecordJson> = {}) {
  const place = { v: 1, tag: 'sim/1', ts: TS, ord, rev, op: 'put', src: 'pi-web-api' }
  return { ...place, ...content, ...(before === undefined ? {} : { before }), ...more }
}

function drop(ord: number, rev: number, before: ContentJson, more: Partial<RecordJson> = {}) {
  return put(ord, rev, { ...before, value: null }, before, { op: 'delete', ...more })
}

function read(...records: object[]): CurrentTruth {
  return readCurrentTruth(records.map((record) => JSON.stringify(record)))
}

describe('current truth of a log', () => {
  it('is the highest revision of each place; deleted places hold nothing', () => {
    const truth = read(
      put(0, 0, float(1)),
      put(1, 0, float(1)),
      put(2, 0, float(3)),
      put(1, 1, float(2, { status: 0x960000, flags: ['substituted'] }), float(1)),
      drop(2, 1, float(3)),
    )
    expect(truth.violations).toEqual([])
    expect(truth.keys.toSorted()).toEqual([`sim/1|${TS}||float32|1|0|`, `sim/1|${TS}||float32|2|9830400|substituted`])
    expect(truth.counts).toEqual({ first: 3, late: 0, edited: 1, deleted: 1, undeleted: 0 })
  })

  it('comes back after a delete, with what was known before it', () => {
    const truth = read(put(0, 0, float(1)), drop(0, 1, float(1)), put(0, 2, float(1), float(1)))
    expect(truth.violations).toEqual([])
    expect(truth.keys).toEqual([`sim/1|${TS}||float32|1|0|`])
    expect(truth.counts.undeleted).toBe(1)
    expect(truth.records.at(-1)).toEqual({
      tag: 'sim/1',
      ts: TS,
      kind: 'undeleted',
      after: 'float32|1|0|',
      before: 'float32|1|0|',
    })
  })

  it('counts first records behind a newer one of their tag as late, of another tag not', () => {
    const other = { tag: 'sim/2' }
    const { counts, violations } = read(
      put(0, 0, float(1), undefined, { ts: LATER }),
      put(0, 0, float(2)),
      put(0, 0, float(1), undefined, other),
    )
    expect(violations).toEqual([])
    expect(counts).toMatchObject({ first: 2, late: 1 })
  })

  it('takes float32 values as equal by their bits, float64 values by theirs', () => {
    const before = float(51.4615021)
    expect(read(put(0, 0, float(51.46150207519531)), put(0, 1, float(1), before)).violations).toEqual([])
    const double = { type: 'float64', value: 51.4615021, status: 0 }
    const other = { ...double, value: 51.46150207519531 }
    expect(read(put(0, 0, other), put(0, 1, float(1), double)).violations).toHaveLength(1)
  })
})

describe('a broken rule is found', () => {
  it.each<[string, object[]]>([
    ['not a record of this contract', [put(0, 0, float(1), undefined, { v: 2 })]],
    ['not a record of this contract', [put(0, 0, float(1), undefined, { src: 'elsewhere' })]],
    ['the time has not seven fraction digits', [put(0, 0, float(1), undefined, { ts: '2026-01-01T00:00:00Z' })]],
    ['ord is no place', [put(-1, 0, float(1))]],
    ['neither put nor delete', [put(0, 0, float(1), undefined, { op: 'upsert' })]],
    ['a first record that deletes', [put(0, 0, float(null), undefined, { op: 'delete' })]],
    ['a first record that supersedes something', [put(0, 0, float(1), float(0))]],
    ['a revision that does not say what it supersedes', [put(0, 0, float(1)), put(0, 1, float(2))]],
    ['a delete with a value', [put(0, 0, float(1)), drop(0, 1, float(1), { value: 1 })]],
    ['a delete of another type', [put(0, 0, float(1)), drop(0, 1, float(1), { type: 'float64' })]],
    ['a revision of what is not there', [put(0, 1, float(2), float(1))]],
    ['not the next free ord', [put(1, 0, float(1))]],
    ['a record twice', [put(0, 0, float(1)), put(0, 0, float(1))]],
    ['a record twice', [put(0, 0, float(1)), put(0, 1, float(2), float(1)), put(0, 1, float(2), float(1))]],
    ['rev 2 after 0', [put(0, 0, float(1)), put(0, 2, float(2), float(1))]],
    ['rev 0 after 1', [put(0, 0, float(1)), put(0, 1, float(2), float(1)), put(0, 0, float(1))]],
    ['before is not what was there', [put(0, 0, float(1)), put(0, 1, float(2), float(3))]],
    ['before is not what was there', [put(0, 0, float(1)), put(0, 1, float(2), float(1, { flags: ['annotated'] }))]],
    [
      'before is not what was there',
      [put(0, 0, float(1)), drop(0, 1, float(1)), put(0, 2, float(5), { type: 'float32', value: null, status: 0 })],
    ],
    ['a delete of what is deleted', [put(0, 0, float(1)), drop(0, 1, float(1)), drop(0, 2, float(1))]],
    ['a revision that changes nothing', [put(0, 0, float(1)), put(0, 1, float(1), float(1))]],
  ])('%s', (rule, records) => {
    const { violations } = read(...records)
    expect(violations).toContainEqual(expect.stringContaining(rule))
  })
})
