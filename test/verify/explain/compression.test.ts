import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { STATUS } from '../../../src/domain/quality.ts'
import { FLAG, type Sample } from '../../../src/domain/sample.ts'
import type { TagCompression } from '../../../src/domain/tag.ts'
import { ticks, TICKS_PER_SECOND } from '../../../src/domain/ticks.ts'
import { differencesOf } from '../../../src/verify/classify/differences.ts'
import { explainByCompression, type ExplainedByCompression } from '../../../src/verify/explain/compression.ts'
import { compressed, PLANT_SIGNALS, uncompressed } from './swinging-door.ts'

const ON: TagCompression = { compressing: true, compDev: 1, compMinSeconds: 0, compMaxSeconds: 28_800, excDev: 0.5 }

interface Case {
  readonly historian: readonly Sample[]
  readonly log: readonly Sample[]
  readonly step?: boolean
  readonly compression?: TagCompression | undefined
  readonly settingsSince?: bigint
  readonly isInOrder?: (sample: Sample) => boolean
}

function explain({
  historian,
  log,
  step = false,
  settingsSince = 0n,
  ...other
}: Case): ExplainedByCompression | undefined {
  return explainByCompression({
    tag: { step, compression: 'compression' in other ? other.compression : ON },
    settingsSince: ticks(settingsSince),
    found: differencesOf(historian, log),
    historian,
    log,
    isInOrder: other.isInOrder ?? (() => true),
  })
}

function f32(seconds: number, value: number, other: Partial<Sample> = {}): Sample {
  const at = ticks(BigInt(Math.round(seconds * Number(TICKS_PER_SECOND))))
  return { type: 'float32', value: Math.fround(value), status: 0, flags: 0, ticks: at, ord: 0, ...other } as Sample
}

/** Archived at 0, 100 and 200 s: up from 0 to 10, then flat. */
const ARCHIVE = [f32(0, 0), f32(100, 10), f32(200, 10)]

function withExtra(...extras: Sample[]): Case {
  return { historian: ARCHIVE, log: [...ARCHIVE, ...extras].toSorted((a, b) => Number(a.ticks - b.ticks)) }
}

describe('explainByCompression', () => {
  it.each(PLANT_SIGNALS)(
    'explains all that a swinging door dropped, to the full deviation and no further: %s',
    (signal) => {
      for (let seed = 1; seed <= 10; seed++) {
        const log = uncompressed(signal, seed, 800)
        const historian = compressed(log, ON.compDev, ON.compMaxSeconds)
        const explained = explain({ historian, log })
        expect(explained).toMatchObject({ samples: log.length - historian.length, compDev: 1 })
        expect(explained!.samples).toBeGreaterThan(300)
        expect(explained!.maxShareOfDeviation).toBeLessThanOrEqual(1 + 1e-5)
      }
    },
  )

  it('says by how much, and over how long', () => {
    expect(explain(withExtra(f32(50, 5.5), f32(150, 9.25)))).toEqual({
      rule: 'compression',
      samples: 2,
      compDev: 1,
      maxDeviation: 0.75,
      maxShareOfDeviation: 0.75,
      longestGapSeconds: 100,
    })
  })

  const good = withExtra(f32(50, 5.5))
  it.each<[string, Case]>([
    ['too far above the line', withExtra(f32(50, 6.01))],
    ['too far below the line', withExtra(f32(50, 3.99))],
    ['not a number', withExtra(f32(50, NaN))],
    ['one of several too far', withExtra(f32(20, 2), f32(150, 12), f32(160, 10))],
    ['compression off', { ...good, compression: { ...ON, compressing: false } }],
    ['settings not known', { ...good, compression: undefined }],
    ['a minimum time', { ...good, compression: { ...ON, compMinSeconds: 30 } }],
    ['a maximum time shorter than the gap', { ...good, compression: { ...ON, compMaxSeconds: 99 } }],
    ['a deviation that is no number', { ...good, compression: { ...ON, compDev: NaN } }],
    ['a deviation without end', { ...good, compression: { ...ON, compDev: Infinity } }],
    ['settings younger than the samples', { ...good, settingsSince: 1n }],
    ['arrival out of order', { ...good, isInOrder: ({ ticks: at }) => at !== 500_000_000n }],
    ['a bad sample', withExtra(f32(50, 5.5, { status: STATUS.bad }))],
    ['a questionable sample', withExtra(f32(50, 5.5, { flags: FLAG.questionable }))],
    ['an edited sample', withExtra(f32(50, 5.5, { flags: FLAG.substituted }))],
    ['two samples at one time', withExtra(f32(50, 5.5), f32(50, 5.4, { ord: 1 }))],
    ['the same sample twice', withExtra(f32(50, 5.5), f32(50, 5.5, { ord: 1 }))],
    ['a copy of an archived sample', withExtra(f32(100, 10, { ord: 1 }))],
    ['another sample at the time of an archived one', withExtra(f32(100, 10.5, { ord: 1 }))],
    ['nothing archived before', withExtra(f32(-50, 0))],
    ['nothing archived behind', withExtra(f32(250, 10))],
    ['another type', withExtra(f32(50, 5.5, { type: 'float64' }))],
    ['a missing sample besides', { historian: [...ARCHIVE, f32(300, 1)], log: withExtra(f32(50, 5.5)).log }],
    [
      'a neighbour with another value in the log',
      { historian: ARCHIVE, log: [f32(0, 0), f32(50, 5), f32(100, 10.5), f32(200, 10)] },
    ],
    [
      'a neighbour that is a system state',
      {
        historian: [f32(0, 0, { type: 'state', value: { code: 246, name: '' }, status: STATUS.bad }), f32(100, 10)],
        log: [
          f32(0, 0, { type: 'state', value: { code: 246, name: '' }, status: STATUS.bad }),
          f32(50, 5),
          f32(100, 10),
        ],
      },
    ],
    ['no difference at all', { historian: ARCHIVE, log: ARCHIVE }],
  ])('explains nothing: %s', (_, facts) => {
    expect(explain(good)).toBeDefined()
    expect(explain(facts)).toBeUndefined()
  })

  it('measures a step tag from the step, not from the line', () => {
    expect(explain({ ...withExtra(f32(50, 0.9)), step: true })).toMatchObject({ maxDeviation: Math.fround(0.9) })
    expect(explain({ ...withExtra(f32(50, 5)), step: true })).toBeUndefined()
    expect(explain(withExtra(f32(50, 0.9)))).toBeUndefined()
  })

  it.each(['digital', 'string'] as const)('explains of a %s only what repeats the state before it', (type) => {
    const say = (seconds: number, code: number): Sample =>
      f32(seconds, 0, type === 'digital' ? { type, value: { code, name: `S${code}` } } : { type, value: `S${code}` })
    const historian = [say(0, 1), say(100, 2), say(200, 1)]
    const withState = (extra: Sample): Case => ({ historian, log: [...historian, extra] })
    expect(explain(withState(say(50, 1)))).toMatchObject({ samples: 1, maxDeviation: 0 })
    expect(explain(withState(say(150, 2)))).toBeDefined()
    expect(explain(withState(say(50, 2)))).toBeUndefined()
  })

  it('explains exactly what lies inside the envelope, by brute force', () => {
    type Point = readonly [seconds: number, halves: number, flags: number]
    const points = (most: number, least: number): fc.Arbitrary<Point[]> =>
      fc.array(
        fc.tuple(
          fc.integer({ min: 0, max: 14 }),
          fc.integer({ min: -3, max: 3 }),
          fc.constantFrom(0, 0, 0, 0, 0, 0, 1),
        ),
        { minLength: least, maxLength: most },
      )
    const rows = (from: readonly Point[]): Sample[] => from.map(([s, v, flags]) => f32(s, v / 2, { flags }))
    const inTime = (samples: Sample[]): Sample[] => samples.toSorted((a, b) => Number(a.ticks - b.ticks))

    function isInside(
      [s, v, flags]: Point,
      shared: readonly Point[],
      more: readonly Point[],
      step: boolean,
      most: number,
    ) {
      const [before] = shared.filter(([at]) => at < s).toSorted((a, b) => b[0] - a[0])
      const [after] = shared.filter(([at]) => at > s).toSorted((a, b) => a[0] - b[0])
      if (before === undefined || after === undefined) return false
      const areAlone = [before, after].every(([at]) => shared.filter((one) => one[0] === at).length === 1)
      const isAlone = [...shared, ...more].filter(([at]) => at === s).length === 1
      const length = after[0] - before[0]
      // In halves and times the length of the gap all numbers are whole: nothing is rounded.
      const off = step ? v - before[1] : (v - before[1]) * length - (after[1] - before[1]) * (s - before[0])
      const isNear = Math.abs(off) <= 2 * ON.compDev * (step ? 1 : length)
      return areAlone && isAlone && isNear && length <= most && before[2] + flags + after[2] === 0
    }

    const counted = { explained: 0, unexplained: 0 }
    fc.assert(
      fc.property(
        points(7, 2),
        points(3, 1),
        fc.boolean(),
        fc.integer({ min: 4, max: 14 }),
        (shared, more, step, most) => {
          const historian = inTime(rows(shared))
          const log = inTime([...historian, ...rows(more)])
          const explained = explain({ historian, log, step, compression: { ...ON, compMaxSeconds: most } })
          expect(explained?.samples).toBe(
            more.every((one) => isInside(one, shared, more, step, most)) ? more.length : undefined,
          )
          counted[explained === undefined ? 'unexplained' : 'explained'] += 1
        },
      ),
      { numRuns: 6_000 },
    )
    // About one case in thirty is explained.
    expect(Math.min(counted.explained, counted.unexplained)).toBeGreaterThan(100)
  })
})
