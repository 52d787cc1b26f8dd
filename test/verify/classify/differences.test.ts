import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FLAG, type Sample, type SampleContent } from '../../../src/domain/sample.ts'
import { STATUS } from '../../../src/domain/quality.ts'
import { ticks, TICKS_PER_SECOND } from '../../../src/domain/ticks.ts'
import type { DifferenceClass } from '../../../src/domain/verdict.ts'
import { differencesOf, summarise, type Difference } from '../../../src/verify/classify/differences.ts'
import { sampleKey } from '../../../src/verify/classify/sample-key.ts'
import { pairTick } from '../../../src/verify/classify/tick-pairs.ts'
import { meaningKey } from '../../../src/verify/classify/meaning.ts'
import { anyContent } from '../../log/arbitrary-sample.ts'

/** Few contents, so that ties, copies and samples at other times are common. */
const content: fc.Arbitrary<SampleContent> = fc.oneof(
  fc.record({
    type: fc.constantFrom('float32' as const, 'float64' as const),
    value: fc.constantFrom(0, -0, 1, 2, NaN),
    status: fc.constant(0),
    flags: fc.constantFrom(0, 2),
  }),
  fc.record({
    type: fc.constantFrom('state' as const, 'digital' as const),
    value: fc.constantFrom({ code: 1, name: 'Open' }, { code: 1, name: 'Auf' }, { code: 2, name: 'Open' }),
    status: fc.constantFrom(0, STATUS.bad),
    flags: fc.constant(0),
  }),
  anyContent,
)
const cell: fc.Arbitrary<Sample[]> = fc
  .array(fc.tuple(fc.bigInt({ min: -2n, max: 4n }), content), { maxLength: 16 })
  .map((rows) => settled(rows.map(([at, said]) => ({ ...said, ticks: ticks(at), ord: 0 }))))

function settled(samples: readonly Sample[]): Sample[] {
  const ords = new Map<bigint, number>()
  return samples
    .toSorted((a, b) => Number(a.ticks - b.ticks))
    .map((sample) => {
      const ord = ords.get(sample.ticks) ?? 0
      ords.set(sample.ticks, ord + 1)
      return { ...sample, ord }
    })
}

const shuffles = fc.array(fc.nat(), { minLength: 16, maxLength: 16 })

function shuffled(samples: readonly Sample[], keys: readonly number[]): Sample[] {
  const places = new Map(samples.map((sample, i) => [sample, keys[i]!]))
  return samples.toSorted((a, b) => places.get(a)! - places.get(b)!)
}

function countsOf(found: readonly Difference[]) {
  return summarise(found, 0).counts
}

function keysOf(samples: readonly (Sample | undefined)[]): string[] {
  return samples.flatMap((sample) => (sample === undefined ? [] : [sampleKey(sample)])).sort()
}

/** Multiset difference, the plain way. */
function minus(samples: readonly Sample[], others: readonly Sample[]): string[] {
  const open = keysOf(others)
  return keysOf(samples).filter((key) => {
    const i = open.indexOf(key)
    if (i !== -1) open.splice(i, 1)
    return i === -1
  })
}

function f64(value: number, seconds: number, other: Partial<Sample> = {}): Sample {
  const at = ticks(BigInt(Math.round(seconds * Number(TICKS_PER_SECOND))))
  return { type: 'float64', value, status: 0, flags: 0, ticks: at, ord: 0, ...other } as Sample
}

function classes(historian: Sample[], log: Sample[]): DifferenceClass[] {
  return differencesOf(historian, log).map((one) => one.class)
}

describe('differencesOf', () => {
  it('finds nothing in equal multisets, in whatever order they arrived', () => {
    fc.assert(
      fc.property(cell, shuffles, (samples, keys) => {
        expect(differencesOf(samples, shuffled(samples, keys))).toEqual([])
      }),
    )
  })

  it('puts every sample without an equal into exactly one difference, and no other', () => {
    fc.assert(
      fc.property(cell, cell, (historian, log) => {
        const found = differencesOf(historian, log)
        expect(keysOf(found.map((one) => one.historian))).toEqual(minus(historian, log))
        expect(keysOf(found.map((one) => one.log))).toEqual(minus(log, historian))
      }),
      { numRuns: 1_000 },
    )
  })

  it('gives pairs only to classes that have two sides, at one time or with one content', () => {
    fc.assert(
      fc.property(cell, cell, (historian, log) => {
        for (const one of differencesOf(historian, log)) {
          if (one.class === 'MISSING') expect(one.log).toBeUndefined()
          else if (one.class === 'EXTRA' || one.class === 'DUPLICATE') expect(one.historian).toBeUndefined()
          else if (one.class === 'TIME') {
            expect(one.dtTicks).toBe(one.log!.ticks - one.historian!.ticks)
            expect(sampleKey({ ...one.log!, ticks: one.historian!.ticks })).toBe(sampleKey(one.historian!))
          } else expect(one.log!.ticks).toBe(one.historian!.ticks)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('counts the same whatever the order of arrival', () => {
    fc.assert(
      fc.property(cell, cell, shuffles, (historian, log, keys) => {
        const counts = countsOf(differencesOf(historian, log))
        expect(countsOf(differencesOf(shuffled(historian, keys), shuffled(log, keys)))).toEqual(counts)
      }),
      { numRuns: 500 },
    )
  })

  it('mirrors when the sides are swapped: MISSING for EXTRA and DUPLICATE, the rest alike', () => {
    fc.assert(
      fc.property(cell, cell, (historian, log) => {
        const { MISSING = 0, EXTRA = 0, DUPLICATE = 0, ...rest } = countsOf(differencesOf(historian, log))
        const swapped = countsOf(differencesOf(log, historian))
        expect(swapped.MISSING ?? 0).toBe(EXTRA + DUPLICATE)
        expect((swapped.EXTRA ?? 0) + (swapped.DUPLICATE ?? 0)).toBe(MISSING)
        expect(swapped).toMatchObject(rest)
      }),
      { numRuns: 1_000 },
    )
  })

  it('remarks another order inside a tick when asked, and only where the multisets are equal', () => {
    const historian = [f64(1, 5), f64(2, 5, { ord: 1 }), f64(3, 5, { ord: 2 }), f64(1, 6), f64(2, 6, { ord: 1 })]
    const log = [f64(1, 5), f64(3, 5, { ord: 1 }), f64(2, 5, { ord: 2 }), f64(2, 6), f64(4, 6, { ord: 1 })]
    expect(classes(historian, log)).toEqual(['VALUE'])
    expect(countsOf(differencesOf(historian, log, { order: true }))).toEqual({ ORDER: 2, VALUE: 1 })
  })

  it('pairs inside a tick by what is said, not by place', () => {
    const historian = [f64(1, 5), f64(10, 5, { ord: 1 }), f64(20, 5, { ord: 2, flags: 1 })]
    const log = [f64(20, 5), f64(2, 5, { ord: 1 }), f64(10.5, 5, { ord: 2 })]
    const found = differencesOf(historian, log)
    expect(countsOf(found)).toEqual({ VALUE: 2, QUALITY: 1 })
    expect(found.map(({ deviation }) => deviation)).toEqual([undefined, 1, 0.5])
    expect(summarise(found, 1)).toMatchObject({ leftOut: 2, maxDeviation: 1, first: 50_000_000n, last: 50_000_000n })
  })

  it('calls one more copy a duplicate even where the same content is missing elsewhere', () => {
    const historian = [f64(1, 5), f64(1, 6), f64(1, 7)]
    const log = [f64(1, 5), f64(1, 5, { ord: 1 }), f64(1, 7)]
    expect(countsOf(differencesOf(historian, log))).toEqual({ DUPLICATE: 1, MISSING: 1 })
    expect(classes([f64(1, 5)], [f64(1, 5), f64(2, 5, { ord: 1 })])).toEqual(['EXTRA'])
  })

  it('finds a whole cell moved by an hour although the new times are taken', () => {
    const minutes = Array.from({ length: 600 }, (_, i) => f64(Math.sin(i) * 100, i * 60))
    const moved = minutes.map((one) => ({ ...one, ticks: ticks(one.ticks + 3_600n * TICKS_PER_SECOND) }))
    const found = differencesOf(minutes.slice(60), moved.slice(0, -60))
    expect(countsOf(found)).toEqual({ TIME: 480, MISSING: 60, EXTRA: 60 })
    expect(new Set(found.map(({ dtTicks }) => dtTicks))).toEqual(new Set([undefined, 3_600n * TICKS_PER_SECOND]))
  })

  it('keeps order when it pairs moved samples, the nearest together', () => {
    const log = [f64(1, 1), f64(1, 11), f64(1, 21.5)]
    const moved = differencesOf([f64(1, 10), f64(1, 20)], log)
    expect(moved.map((one) => [one.class, one.dtTicks])).toEqual([
      ['EXTRA', undefined],
      ['TIME', TICKS_PER_SECOND],
      ['TIME', (TICKS_PER_SECOND * 3n) / 2n],
    ])
  })

  it('bears cells of any size: all of one side missing, all at one time', () => {
    const many = Array.from({ length: 150_000 }, (_, i) => f64(i, i))
    expect(countsOf(differencesOf(many, []))).toEqual({ MISSING: many.length })
    const tied = many.slice(0, 20_000).map((one, ord): Sample => ({ ...one, ticks: ticks(0n), ord }))
    const others = tied.map((one): Sample => ({ ...one, flags: 1 }))
    expect(countsOf(differencesOf(tied, others))).toEqual({ QUALITY: tied.length })
  })

  it.each<[string, Partial<Sample>, Partial<Sample>, DifferenceClass]>([
    ['float32 widened', { type: 'float32', value: Math.fround(0.1) }, { value: Math.fround(0.1) }, 'REPRESENTATION'],
    ['float32 through decimals', { type: 'float32', value: Math.fround(0.1) }, { value: 0.1 }, 'REPRESENTATION'],
    ['a zero with a sign', { value: 0 }, { value: -0 }, 'REPRESENTATION'],
    ['an integer as a float', { type: 'int64', value: 2n ** 60n }, { value: 2 ** 60 }, 'REPRESENTATION'],
    ['NaN in another width', { type: 'float32', value: NaN }, { value: NaN }, 'REPRESENTATION'],
    ['a boolean as a number', { type: 'boolean', value: true }, { value: 1 }, 'REPRESENTATION'],
    [
      'a state by its number',
      { type: 'digital', value: { code: 2, name: 'Open' } },
      { type: 'int32', value: 2 },
      'REPRESENTATION',
    ],
    [
      'a state by its name',
      { type: 'digital', value: { code: 2, name: 'Open' } },
      { type: 'string', value: 'Open' },
      'REPRESENTATION',
    ],
    ['an integer no float32 holds', { type: 'int32', value: 16_777_217 }, { value: 16_777_216 }, 'VALUE'],
    ['two float64 of one float32', { value: 0.1 }, { value: Math.fround(0.1) }, 'VALUE'],
    ['nothing for a number', { value: 0 }, { type: 'null', value: null }, 'VALUE'],
    ['another form with another status', { value: 0 }, { value: -0, status: 1 }, 'QUALITY'],
    ['a flag', { value: 1, flags: FLAG.annotated }, { value: 1 }, 'QUALITY'],
    [
      'a name',
      { type: 'digital', value: { code: 2, name: 'Open' } },
      { type: 'digital', value: { code: 2, name: 'Auf' } },
      'STATE',
    ],
    [
      'a state of another set',
      { type: 'digital', value: { code: 2, name: 'Open' } },
      { type: 'state', value: { code: 2, name: 'Open' } },
      'STATE',
    ],
    [
      'a number for a system state',
      { type: 'state', value: { code: 246, name: 'I/O Timeout' } },
      { value: 246 },
      'STATE',
    ],
  ])('tells %s', (_, historian, log, expected) => {
    expect(classes([f64(0, 5, historian)], [f64(0, 5, log)])).toEqual([expected])
  })
})

describe('pairTick', () => {
  const group = fc
    .array(content, { maxLength: 5 })
    .map((all) => all.map((said, ord) => ({ ...said, ticks: ticks(0n), ord })))

  it('makes as many pairs of one meaning as there can be, and leaves samples on one side only', () => {
    fc.assert(
      fc.property(group, group, (historian, log) => {
        const { pairs, ...rest } = pairTick(historian, log)
        expect(pairs).toHaveLength(Math.min(historian.length, log.length))
        expect(Math.min(rest.historian.length, rest.log.length)).toBe(0)
        expect(pairs.filter(([a, b]) => meaningKey(a) === meaningKey(b))).toHaveLength(mostAlike(historian, log))
      }),
      { numRuns: 500 },
    )
  })

  /** By trying all. */
  function mostAlike([first, ...others]: readonly Sample[], log: readonly Sample[]): number {
    if (first === undefined) return 0
    return log.reduce(
      (most, one, i) => {
        if (meaningKey(one) !== meaningKey(first)) return most
        return Math.max(most, 1 + mostAlike(others, log.toSpliced(i, 1)))
      },
      mostAlike(others, log),
    )
  }
})
