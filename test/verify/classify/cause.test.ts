import { describe, expect, it } from 'vitest'
import { EMPTY_DIGEST, addDigests, hashSample, type Digest } from '../../../src/domain/digest.ts'
import type { Sample } from '../../../src/domain/sample.ts'
import { parseTagId, type TagId } from '../../../src/domain/tag-id.ts'
import { parseTicks, ticks, TICKS_PER_MS, TICKS_PER_SECOND } from '../../../src/domain/ticks.ts'
import { causeOfCell } from '../../../src/verify/classify/cause.ts'
import { describeCause, type Cause } from '../../../src/verify/classify/cause-names.ts'
import { CauseTally } from '../../../src/verify/classify/cause-tally.ts'
import type { CellEvidence } from '../../../src/verify/classify/cell-evidence.ts'
import type { CellFacts } from '../../../src/verify/classify/cell-facts.ts'
import { differencesOf } from '../../../src/verify/classify/differences.ts'

const FROM = parseTicks('2024-05-01T06:00:00Z')

function f64(seconds: number, value: number, other: Partial<Sample> = {}): Sample {
  const at = ticks(FROM + BigInt(Math.round(seconds * Number(TICKS_PER_SECOND))))
  return { type: 'float64', value, status: 0, flags: 0, ticks: at, ord: 0, ...other } as Sample
}

/** One sample every ten seconds. */
function series(count: number, value: (i: number) => number): Sample[] {
  return Array.from({ length: count }, (_, i) => f64(i * 10, value(i)))
}

function noise(i: number): number {
  return 50 + 40 * Math.sin(i * i)
}

function causeOf(historian: Sample[], log: Sample[], other: Partial<CellFacts> = {}): Cause | undefined {
  const found = differencesOf(historian, log)
  expect(found).not.toEqual([])
  return causeOfCell({ historian, log, found, pageSizes: [10, 200], edge: undefined, lastEqual: undefined, ...other })
}

function without(samples: readonly Sample[], from: number, length: number): Sample[] {
  return samples.toSpliced(from, length)
}

function moved(samples: readonly Sample[], by: bigint | ((sample: Sample) => bigint)): Sample[] {
  return samples.map((one) => ({ ...one, ticks: ticks(one.ticks + (typeof by === 'bigint' ? by : by(one))) }))
}

function digestOf(samples: readonly Sample[]): Digest {
  return samples.reduce((sum, one) => addDigests(sum, { count: 1, sum: hashSample(one) }), EMPTY_DIGEST)
}

const CLEAN = series(600, noise)
const STATE: Partial<Sample> = { type: 'state', value: { code: 248, name: 'No Data' }, status: 0x809b0000 }

describe('causeOfCell', () => {
  it.each<[string, number, number, string]>([
    ['a factor and an offset', 1.8, 32, 'log = 1.8 × historian + 32, °C to °F'],
    ['back again', 5 / 9, -160 / 9, 'log = 0.555556 × historian - 17.7778, °F to °C'],
    ['an offset', 1, 273.15, 'log = historian + 273.15, °C to K'],
    ['a thousandth', 0.001, 0, 'log = 0.001 × historian, a thousandth'],
    ['an unknown factor', 0.734, 0, 'log = 0.734 × historian'],
  ])('names the relation: %s', (_, factor, offset, detail) => {
    const historian = CLEAN.slice(0, 20)
    const log = historian.map((one, i) => f64(i * 10, Math.fround(Number(one.value) * factor + offset)))
    const cause = causeOf(historian, log)
    expect(cause).toEqual({ cause: 'unit-factor', detail })
    expect(describeCause(cause!)).toContain(`(${detail})`)
  })

  it('knows an edit where the log still holds what was equal, and not where the log changed too', () => {
    const edited = [...CLEAN.slice(0, 5), f64(50, 1), ...CLEAN.slice(6)]
    expect(causeOf(edited, CLEAN, { lastEqual: digestOf(CLEAN) })).toEqual({ cause: 'edited-in-historian' })
    expect(causeOf(CLEAN, edited, { lastEqual: digestOf(CLEAN) })).toBeUndefined()
  })

  const edge = CLEAN.at(-1)!.ticks
  it.each<[string, Sample[], Sample[], Partial<CellFacts>?]>([
    ['two samples an hour off', CLEAN, [...CLEAN.slice(2), ...moved(CLEAN.slice(0, 2), 3_600n * TICKS_PER_SECOND)]],
    [
      'samples that can only be hours apart',
      [1, 2, 3].map((hour) => f64(hour * 3_600, 1)),
      [4, 5, 6].map((hour) => f64(hour * 3_600, 1)),
    ],
    ['moves by no whole hour', CLEAN.slice(0, 50), moved(CLEAN.slice(0, 50), 3_601n * TICKS_PER_SECOND)],
    ['two times cut to milliseconds', [f64(1.00012, 1), f64(2.00034, 2)], [f64(1, 1), f64(2, 2)]],
    ['short moves off any grid', moved(CLEAN, 3n), moved(CLEAN, ({ ticks: t }) => 4n + (t % 7n))],
    ['moves of more than a millisecond', moved(CLEAN, 3n), moved(CLEAN, 2n * TICKS_PER_MS)],
    ['two float32', [f64(1, 0.1), f64(2, 0.2)], [f64(1, Math.fround(0.1)), f64(2, Math.fround(0.2))]],
    ['signs of zero', [1, 2, 3].map((s) => f64(s, 0)), [1, 2, 3].map((s) => f64(s, -0))],
    ['one lost state', [...CLEAN, f64(9_000, 0, STATE)], CLEAN],
    ['a state among other losses', [...CLEAN, f64(9_000, 0, STATE), f64(9_001, 0, STATE)], CLEAN.slice(1)],
    ['two lost states of three', [1, 2, 3].map((s) => f64(s, 0, STATE)), [f64(3, 0, STATE)]],
    ['two copies', CLEAN, [...CLEAN, ...CLEAN.slice(3, 5)]],
    ['copies with gaps', CLEAN, [...CLEAN, CLEAN[3]!, CLEAN[4]!, CLEAN[6]!]],
    ['a run of no whole page', CLEAN, without(CLEAN, 50, 199)],
    ['a run of a page too small to tell', CLEAN, without(CLEAN, 50, 30)],
    ['two runs of a page', series(900, noise), without(without(series(900, noise), 600, 200), 100, 200)],
    ['two edges only', CLEAN, without(without(CLEAN, 399, 1), 199, 1)],
    ['a repeating value against one that hardly moves', series(20, (i) => i % 2), series(20, () => 5)],
    ['a repeating system state', series(20, noise), series(20, () => 0).map((one) => ({ ...one, ...STATE }) as Sample)],
    ['seven values times a thousand', series(7, noise), series(7, (i) => noise(i) * 1_000)],
    ['few different values', series(40, (i) => i % 4), series(40, (i) => (i % 4) * 3 + 1)],
    ['a ramp one sample late', series(40, (i) => i), series(40, (i) => i - 1)],
    ['values off by chance', series(40, noise), series(40, (i) => noise(i) + Math.cos(i))],
    ['two causes in one cell', CLEAN, [...CLEAN.slice(0, 300), ...CLEAN.slice(100, 110)].concat(f64(5_000, 3))],
    ['new samples lost, and none of it near the present', CLEAN, CLEAN.slice(0, -3)],
    ['too many to be late', CLEAN, CLEAN.slice(0, -17), { edge }],
    ['lost two hours before the present', [f64(-7_200, 1), ...CLEAN], CLEAN, { edge: ticks(FROM + 1n) }],
  ])('names nothing: %s', (_, historian, log, other) => {
    expect(causeOf(historian, log, other)).toBeUndefined()
  })

  it('names what is just enough', () => {
    expect(causeOf(CLEAN, without(CLEAN, 50, 200))?.cause).toBe('page-edge')
    expect(causeOf(series(617, noise), CLEAN)?.cause).toBe('page-edge')
    expect(causeOf(series(616, noise), CLEAN)).toBeUndefined()
    expect(causeOf(CLEAN, CLEAN.slice(0, -16), { edge })?.cause).toBe('late-samples')
    expect(causeOf(CLEAN, [...CLEAN, ...CLEAN.slice(3, 6)])?.cause).toBe('duplicated-segment')
    expect(
      causeOf(
        series(20, noise),
        series(20, () => 5),
      )?.cause,
    ).toBe('stale-series')
  })
})

describe('CauseTally', () => {
  const A = parseTagId('pi/1')
  const B = parseTagId('pi/2')
  let digests = 0

  function evidence(tag: TagId, hour: number, other: Partial<CellEvidence> = {}): CellEvidence {
    const from = ticks(FROM + BigInt(hour) * 3_600n * TICKS_PER_SECOND)
    const digest = (): Digest => ({ count: 10, sum: BigInt(++digests) })
    return { tag, from, cause: undefined, historian: digest(), log: digest(), lacksOldest: false, ...other }
  }

  function tallied(cells: readonly CellEvidence[], oldestInLog?: bigint): CauseTally {
    const tally = new CauseTally(() => (oldestInLog === undefined ? undefined : ticks(oldestInLog)))
    for (const cell of cells) tally.add(cell)
    return tally
  }

  it('gives a tag the cause of most of its cells, and counts every cell with its own', () => {
    const [pages, late]: Cause[] = [{ cause: 'page-edge' }, { cause: 'late-samples' }]
    const cells = [pages, pages, late, undefined].map((cause, hour) => evidence(A, hour, { cause }))
    expect(tallied(cells).causeOf(A)).toBeUndefined()
    const tally = tallied([...cells.slice(0, 3), evidence(B, 0, { cause: pages })])
    expect(tally.causeOf(A)).toEqual(pages)
    expect(tally.causeOf(parseTagId('pi/9'))).toBeUndefined()
    expect(tally.causes().map(({ cause, cells: n, tags }) => [cause, n, tags])).toEqual([
      ['page-edge', 3, 2],
      ['late-samples', 1, 1],
    ])
  })

  it('keeps a detail only while all cells share it', () => {
    const cause = (detail: string): Cause => ({ cause: 'unit-factor', detail })
    const same = tallied([evidence(A, 0, { cause: cause('x') }), evidence(B, 0, { cause: cause('x') })])
    expect(same.causes()[0]?.text).toContain('(x)')
    const mixed = tallied([evidence(A, 0, { cause: cause('x') }), evidence(A, 1, { cause: cause('y') })])
    expect(mixed.causeOf(A)).toEqual({ cause: 'unit-factor' })
    expect(mixed.causes()[0]?.text).not.toContain('(')
  })

  it('sees a truncated history only where nothing newer is missing and the log goes on', () => {
    const cells = [0, 1].map((hour) => evidence(A, hour, { lacksOldest: true }))
    const oldest = cells[1]!.from + 5n
    expect(tallied(cells, oldest).causeOf(A)).toEqual({ cause: 'truncated-history' })
    expect(tallied(cells).causeOf(A)).toBeUndefined()
    expect(tallied(cells, cells[0]!.from).causeOf(A)).toBeUndefined()
    expect(tallied(cells.slice(0, 1), oldest).causeOf(A)).toBeUndefined()
    expect(tallied([...cells, evidence(A, -1)], oldest).causeOf(A)).toBeUndefined()
  })

  it('sees a shift and a swap only where it shows in enough samples', () => {
    const held = [0, 1, 2].map((hour) => evidence(A, hour))
    const shift = (by: number, count: number): CellEvidence[] =>
      held.map((cell, i) => {
        const from = held[i - by]
        const log = from === undefined ? cell.log : { ...from.historian, count }
        return { ...cell, historian: { ...cell.historian, count }, log }
      })
    expect(tallied(shift(1, 10)).causeOf(A)).toEqual({ cause: 'whole-hour-shift' })
    expect(tallied(shift(1, 3)).causeOf(A)).toBeUndefined()
    expect(tallied(shift(2, 10)).causeOf(A)).toBeUndefined()
    const [one, other] = [evidence(A, 0), evidence(B, 0)]
    const swap = (count: number): CellEvidence[] => [
      { ...one, historian: { ...one.historian, count }, log: { ...other.historian, count } },
      { ...other, historian: { ...other.historian, count }, log: { ...one.historian, count } },
    ]
    expect(tallied(swap(8)).causeOf(B)).toEqual({ cause: 'tag-swap', detail: 'with pi/1' })
    expect(tallied(swap(7)).causeOf(B)).toBeUndefined()
    expect(tallied([swap(8)[0]!, other]).causeOf(A)).toBeUndefined()
  })
})
