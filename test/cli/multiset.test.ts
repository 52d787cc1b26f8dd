import { describe, expect, test } from 'vitest'
import { keyOfSample, keyOfTruth, Multiset } from '../../src/cli/multiset.ts'
import type { SampleContent } from '../../src/domain/sample.ts'
import { tagId } from '../../src/domain/tag-id.ts'
import { parseTicks } from '../../src/domain/ticks.ts'
import type { TruthRow } from '../../src/simulator/truth.ts'

const TS = '2026-01-01T00:00:00.1250305Z'
const TRUTH: TruthRow = {
  pointId: 7,
  name: 'A',
  pointType: 'Float32',
  ts: TS,
  ord: 0,
  value: 1.5,
  isSystemState: false,
  good: true,
  questionable: false,
  substituted: false,
  annotated: false,
}

function sampleKey(content: SampleContent): string {
  return keyOfSample(tagId('h', 7), { ticks: parseTicks(TS), ord: 3, ...content })
}

describe('truth and log say the same of', () => {
  test.each<[string, Partial<TruthRow>, SampleContent]>([
    ['a float', {}, { type: 'float32', value: 1.5, status: 0, flags: 0 }],
    ['negative zero', { value: -0 }, { type: 'float32', value: -0, status: 0, flags: 0 }],
    ['NaN', { value: 'NaN' }, { type: 'float32', value: NaN, status: 0, flags: 0 }],
    [
      'a digital state',
      { pointType: 'Digital', value: { code: 2, name: 'Open' } },
      { type: 'digital', value: { code: 2, name: 'Open' }, status: 0, flags: 0 },
    ],
    [
      'a system state',
      { value: { code: 254, name: 'Shutdown' }, isSystemState: true, good: false },
      { type: 'state', value: { code: 254, name: 'Shutdown' }, status: 0x809d0000, flags: 0 },
    ],
    [
      'a blob',
      { pointType: 'Blob', value: 'AP8=' },
      { type: 'bytes', value: new Uint8Array([0, 255]), status: 0, flags: 0 },
    ],
    [
      'a time',
      { pointType: 'Timestamp', value: TS },
      { type: 'timestamp', value: parseTicks(TS), status: 0, flags: 0 },
    ],
    ['a substituted value', { substituted: true }, { type: 'float32', value: 1.5, status: 0x00960000, flags: 2 }],
  ])('%s', (_name, truth, content) => {
    expect(sampleKey(content)).toBe(keyOfTruth('h', { ...TRUTH, ...truth }))
  })
})

test.each<[string, Partial<TruthRow>]>([
  ['another tag', { pointId: 8 }],
  ['100 ns later', { ts: '2026-01-01T00:00:00.1250306Z' }],
  ['another value', { value: 1.5000001 }],
  ['zero without its sign', { value: 0 }],
  ['another type', { pointType: 'Float64' }],
  ['another quality', { questionable: true }],
  ['an annotation', { annotated: true }],
])('%s is another sample', (_name, change) => {
  const base = { ...TRUTH, value: -0 }
  expect(keyOfTruth('h', { ...base, ...change })).not.toBe(keyOfTruth('h', base))
})

test('counts what is missing and what is there too often', () => {
  const of = (...keys: string[]): Multiset => {
    const set = new Multiset()
    for (const key of keys) set.add(key)
    return set
  }
  expect(of('a', 'a', 'b').compare(of('a', 'b', 'b', 'c'))).toEqual({ missing: 1, extra: 2 })
  expect(of('a', 'b').compare(of('b', 'a'))).toEqual({ missing: 0, extra: 0 })
})
