import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RUN_GAP } from '../../src/store/offset-runs.ts'
import { readCells, runsToRead } from '../../src/verify/doubtful-rows.ts'
import { testTag } from '../harness/memory-source.ts'
import { CopiedHistorian, sample, span, WIDTH } from './copied-historian.ts'

const signal = new AbortController().signal

describe('runs to read', () => {
  it('hold every run, ascend, and are further apart than another read is worth', () => {
    const run = fc
      .tuple(fc.bigInt({ min: 0n, max: 20n * RUN_GAP }), fc.bigInt({ min: 0n, max: 2n * RUN_GAP }))
      .map(([first, length]) => ({ first, last: first + length }))
    const cell = fc.record({ partition: fc.nat(2), runs: fc.array(run, { minLength: 1, maxLength: 4 }) })
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 12 }), (cells) => {
        const read = runsToRead(cells)
        expect(new Set(read.keys())).toEqual(new Set(cells.map(({ partition }) => partition)))
        for (const { partition, runs } of cells) {
          for (const { first, last } of runs) {
            expect(read.get(partition)!.filter((wide) => wide.first <= first && last <= wide.last)).toHaveLength(1)
          }
        }
        for (const runs of read.values()) {
          for (const [i, { first }] of runs.entries()) {
            if (i > 0) expect(first - runs[i - 1]!.last).toBeGreaterThan(RUN_GAP)
          }
        }
        // Nothing is read for its own sake: both ends of what is read are ends of runs.
        const ends = (of: Iterable<{ first: bigint; last: bigint }>): bigint[] =>
          [...of].flatMap(({ first, last }) => [first, last])
        const known = new Set(ends(cells.flatMap(({ runs }) => runs)))
        for (const end of ends([...read.values()].flat())) expect(known.has(end)).toBe(true)
      }),
    )
  })
})

describe('rows of doubtful cells', () => {
  it('are those the cell was folded from, whatever was appended to it since', async () => {
    const [a, b] = [testTag(1), testTag(4)]
    const copied = await CopiedHistorian.of(a, b)
    for (const tag of [a, b]) copied.hold(tag, [sample(1, 1), sample(6, 6)])
    await copied.cover(a, span(0, 5))
    await copied.fold(signal)
    const [cell] = copied.store.cells.read(a.id, span(0, 10))
    await copied.cover(a, span(5, 10))
    await copied.cover(b, span(0, 10))
    await copied.fold(signal)
    const [other] = copied.store.cells.read(b.id, span(0, 10))
    // Read as one, their stretches enclose the later record.
    const rows = await readCells(copied.log, [cell!, other!], WIDTH, signal)
    expect([
      ...rows
        .get(cell!)!
        .within([span(0, 10)], 1)
        .keys(),
    ]).toEqual([1n])
    expect([
      ...rows
        .get(other!)!
        .within([span(0, 10)], 2)
        .keys(),
    ]).toEqual([1n, 6n])
  })

  it('are those of the cells asked for and of no other, in one read of a partition', async () => {
    const [a, b] = [testTag(1), testTag(4)]
    const copied = await CopiedHistorian.of(a, b)
    for (const tag of [a, b]) {
      copied.hold(
        tag,
        Array.from({ length: 40 }, (_, n) => sample(n, n)),
      )
    }
    for (const from of [0, 20]) for (const tag of [a, b]) await copied.cover(tag, span(from, from + 20))
    await copied.fold(signal)
    expect(copied.log.shardOf(a.id)).toBe(copied.log.shardOf(b.id))
    const [, second] = copied.store.cells.read(a.id, span(0, 40))
    const [, , third] = copied.store.cells.read(b.id, span(0, 40))
    let reads = 0
    const log = {
      read: (...range: Parameters<typeof copied.log.read>) => {
        reads += 1
        return copied.log.read(...range)
      },
    }
    const rows = await readCells(log, [second!, third!], WIDTH, signal)
    expect(reads).toBe(1)
    const ticksOf = (cell: typeof second): bigint[] => [
      ...rows
        .get(cell!)!
        .within([span(-100, 100)], 10)
        .keys(),
    ]
    expect(ticksOf(second)).toEqual(Array.from({ length: 10 }, (_, n) => BigInt(10 + n)))
    expect(ticksOf(third)).toEqual(Array.from({ length: 10 }, (_, n) => BigInt(20 + n)))
  })
})
