import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Sample, SampleContent } from '../../src/domain/sample.ts'
import { hashSample } from '../../src/domain/digest.ts'
import { ticks, type Ticks } from '../../src/domain/ticks.ts'
import type { SampleRecord } from '../../src/log/record.ts'
import { Fold } from '../../src/project/fold.ts'
import { align, countChanges, type Change } from '../../src/verify/align.ts'
import { LoggedSamples } from '../../src/verify/logged-samples.ts'
import { parseTagId } from '../../src/domain/tag-id.ts'
import { currentTruth, textOf } from './current-truth.ts'

const TAG = parseTagId('test/1')
const EVERYTHING = [{ from: ticks(-1_000n), until: ticks(1_000n) }]

/** Few values and times, so that ties, equal contents and returns are common. */
const content: fc.Arbitrary<SampleContent> = fc.oneof(
  fc.record({
    type: fc.constant('float64' as const),
    value: fc.constantFrom(0, -0, 1, NaN),
    status: fc.constant(0),
    flags: fc.constantFrom(0, 2),
  }),
  fc.record({
    type: fc.constant('state' as const),
    value: fc.constant({ code: 254, name: 'Shutdown' }),
    status: fc.constantFrom(0, 0x80000000),
    flags: fc.constant(0),
  }),
)
const history: fc.Arbitrary<Sample[]> = fc
  .array(fc.tuple(fc.bigInt({ min: -2n, max: 3n }), content), { maxLength: 14 })
  .map((rows) => {
    const sorted = rows.toSorted(([a], [b]) => Number(a - b))
    return sorted.map(([at, said], i) => ({
      ...said,
      ticks: ticks(at),
      ord: i - sorted.findIndex(([other]) => other === at),
    }))
  })

/** The log as a list of records of one tag. */
class Journal {
  readonly records: SampleRecord[] = []

  folded(): Map<Ticks, readonly { ord: number }[]> & ReturnType<LoggedSamples['within']> {
    const logged = new LoggedSamples()
    for (const record of this.records) logged.add(record)
    return logged.within(EVERYTHING, this.records.length)
  }

  /** Somebody writes a stretch again, that begins anywhere and is some records long. */
  repeat(from: number, length: number): void {
    // A copy of what settles copies supersedes more than there are: such a log is refused.
    this.records.push(...this.records.slice(from, from + length).filter(({ copies }) => copies === undefined))
  }

  /** What adding and subtracting the records comes to. */
  sum(): { readonly count: number; readonly sum: bigint; readonly puts: number } {
    const fold = new Fold(10_000n, () => false)
    for (const [i, record] of this.records.entries()) fold.add(0, { offset: BigInt(i), record })
    const total = { count: 0, sum: 0n, puts: 0 }
    for (const { puts, cells } of fold.deltas()) {
      total.puts += puts
      for (const cell of cells) {
        total.count += cell.count
        total.sum = BigInt.asUintN(128, total.sum + cell.sum)
      }
    }
    return total
  }

  /** Aligns with the historian and appends what that takes. */
  follow(held: readonly Sample[]): Change[] {
    const changes = align(this.folded(), held)
    this.records.push(...changes.map(({ correction }) => ({ ...correction, tag: TAG, source: 'opcua' as const })))
    return changes
  }
}

function textOfAll(held: readonly Sample[]): string[] {
  return held.map((one) => textOf({ ...one, ord: 0 })).sort()
}

/** By a reader that keeps the highest revision. */
function keyed(records: readonly SampleRecord[]): string[] {
  const latest = new Map<string, SampleRecord>()
  for (const record of records) {
    const key = `${record.sample.ticks.toString()}/${record.sample.ord}`
    if (record.rev > (latest.get(key)?.rev ?? -1)) latest.set(key, record)
  }
  return textOfAll([...latest.values()].filter(({ op }) => op === 'put').map(({ sample }) => sample))
}

function digestOf(held: readonly Sample[]): { readonly count: number; readonly sum: bigint } {
  const sum = held.reduce((total, one) => total + hashSample(one), 0n)
  return { count: held.length, sum: BigInt.asUintN(128, sum) }
}

function f64(at: bigint, value: number, ord = 0): Sample {
  return { ticks: ticks(at), ord, type: 'float64', value, status: 0, flags: 0 }
}

describe('align', () => {
  it('makes the log say what the historian says, round after round, as the contract demands', () => {
    fc.assert(
      fc.property(fc.array(history, { minLength: 1, maxLength: 8 }), (rounds) => {
        const journal = new Journal()
        for (const held of rounds) {
          journal.follow(held)
          const { samples, violations } = currentTruth(journal.records)
          expect(violations).toEqual([])
          expect(samples).toEqual(textOfAll(held))
        }
      }),
      { numRuns: 500 },
    )
  })

  it('changes nothing when only the order inside a tick differs, and nothing twice', () => {
    fc.assert(
      fc.property(history, fc.array(fc.nat(), { minLength: 14, maxLength: 14 }), (held, keys) => {
        const journal = new Journal()
        journal.follow(held)
        const shuffled = held
          .map((one, i) => ({ one, key: keys[i]! }))
          .toSorted((a, b) => Number(a.one.ticks - b.one.ticks) || a.key - b.key)
          .map(({ one }) => one)
        expect(journal.follow(shuffled)).toEqual([])
        expect(journal.follow(held)).toEqual([])
      }),
    )
  })

  it('makes no more corrections than the multisets differ by, and says of which kind', () => {
    fc.assert(
      fc.property(history, history, (before, after) => {
        const journal = new Journal()
        journal.follow(before)
        const { late, edited, deleted } = countChanges(journal.follow(after))
        expect(late - deleted).toBe(after.length - before.length)
        const open = textOfAll(before)
        const unmatched = textOfAll(after).filter((text) => {
          const i = open.indexOf(text)
          if (i !== -1) open.splice(i, 1)
          return i === -1
        })
        expect(edited + deleted).toBe(open.length)
        expect(late + edited).toBe(unmatched.length)
      }),
      { numRuns: 300 },
    )
  })

  it('settles what was written again, for who keeps the highest revision and for who adds up', () => {
    const stretch = fc.record({ from: fc.nat(30), length: fc.integer({ min: 1, max: 12 }) })
    const round = fc.record({ held: history, again: fc.array(stretch, { maxLength: 3 }) })
    fc.assert(
      fc.property(fc.array(round, { minLength: 1, maxLength: 6 }), (rounds) => {
        const journal = new Journal()
        let acknowledged = 0
        for (const { held, again } of rounds) {
          acknowledged += journal.follow(held).filter(({ correction }) => correction.rev === 0).length
          for (const { from, length } of again) journal.repeat(from, length)
          expect(journal.follow(held).filter(({ correction }) => correction.rev === 0)).toEqual([])
          expect(keyed(journal.records)).toEqual(textOfAll(held))
          expect(journal.sum()).toEqual({ ...digestOf(held), puts: acknowledged })
          expect(journal.follow(held)).toEqual([])
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('settles in the same step what the historian changed', () => {
    const stretch = fc.record({ from: fc.nat(30), length: fc.integer({ min: 1, max: 12 }) })
    fc.assert(
      fc.property(history, history, history, fc.array(stretch, { maxLength: 4 }), (first, second, third, again) => {
        const journal = new Journal()
        const late = [journal.follow(first), journal.follow(second)]
        for (const { from, length } of again) journal.repeat(from, length)
        late.push(journal.follow(third))
        expect(keyed(journal.records)).toEqual(textOfAll(third))
        const puts = late.flat().filter(({ correction }) => correction.rev === 0).length
        expect(journal.sum()).toEqual({ ...digestOf(third), puts })
      }),
      { numRuns: 1_000 },
    )
  })

  it('needs one revision for a sample that was written again with its revisions', () => {
    const journal = new Journal()
    journal.follow([f64(5n, 1)])
    journal.follow([f64(5n, 2)])
    journal.repeat(0, 2)
    const two = { type: 'float64', value: 2, status: 0, flags: 0 }
    expect(journal.follow([f64(5n, 2)])).toEqual([
      { kind: 'edited', correction: { sample: f64(5n, 2), rev: 2, op: 'put', before: two, copies: 2 } },
    ])
  })

  it('gives a late sample the next ord', () => {
    const journal = new Journal()
    journal.follow([f64(5n, 1)])
    expect(journal.follow([f64(5n, 1), f64(5n, 2, 1), f64(6n, 3)])).toEqual([
      { kind: 'late', correction: { sample: f64(5n, 2, 1), rev: 0, op: 'put' } },
      { kind: 'late', correction: { sample: f64(6n, 3), rev: 0, op: 'put' } },
    ])
  })

  it('keeps the ord of an edited sample, and the order of several', () => {
    const journal = new Journal()
    journal.follow([f64(5n, 1), f64(5n, 2, 1), f64(5n, 3, 2)])
    const corrections = journal.follow([f64(5n, 2), f64(5n, 8, 1), f64(5n, 9, 2)]).map(({ correction }) => correction)
    expect(corrections).toEqual([
      { sample: f64(5n, 8, 0), rev: 1, op: 'put', before: { type: 'float64', value: 1, status: 0, flags: 0 } },
      { sample: f64(5n, 9, 2), rev: 1, op: 'put', before: { type: 'float64', value: 3, status: 0, flags: 0 } },
    ])
  })

  it('gives back the place of a deleted sample, with what it last was', () => {
    const journal = new Journal()
    journal.follow([f64(5n, 1), f64(5n, 2, 1)])
    const [deleted] = journal.follow([f64(5n, 2)])
    const one = { type: 'float64', value: 1, status: 0, flags: 0 }
    expect(deleted).toEqual({
      kind: 'deleted',
      correction: {
        sample: { ticks: 5n, ord: 0, type: 'null', value: null, status: 0, flags: 0 },
        rev: 1,
        op: 'delete',
        before: one,
      },
    })
    expect(journal.follow([f64(5n, 7), f64(5n, 2, 1), f64(5n, 8, 2)])).toEqual([
      { kind: 'late', correction: { sample: f64(5n, 7, 0), rev: 2, op: 'put', before: one } },
      { kind: 'late', correction: { sample: f64(5n, 8, 2), rev: 0, op: 'put' } },
    ])
  })

  it('sees what is equal as a number and not as a sample', () => {
    const journal = new Journal()
    journal.follow([f64(1n, 0)])
    const edited = { late: 0, edited: 1, deleted: 0 }
    for (const value of [-0, NaN]) expect(countChanges(journal.follow([f64(1n, value)]))).toEqual(edited)
    const narrow: Sample = { ticks: ticks(1n), ord: 0, type: 'float32', value: 0, status: 0, flags: 0 }
    for (const one of [narrow, { ...narrow, flags: 1 }, { ...narrow, status: 1 }]) {
      expect(countChanges(journal.follow([one]))).toEqual(edited)
    }
  })
})
