/**
 * Random histories of a log as Banyan writes it (samples, edits, deletes, samples restored after a delete), and what
 * they come to by the plainest reckoning: the samples that are current, window by window.
 */
import fc from 'fast-check'
import { hashSample } from '../../src/domain/digest.ts'
import type { SampleContent } from '../../src/domain/sample.ts'
import { parseTagId, type TagId } from '../../src/domain/tag-id.ts'
import { ticks, type Ticks } from '../../src/domain/ticks.ts'
import type { SampleRecord } from '../../src/log/record.ts'

export const CELL_WIDTH = 10n
const TAGS = ['pi/1', 'pi/2', 'pi/3'].map(parseTagId)

interface Step {
  readonly tag: TagId
  readonly ticks: Ticks
  readonly ord: number
  readonly value: number
  readonly deletes: boolean
}

const step: fc.Arbitrary<Step> = fc.record({
  tag: fc.constantFrom(...TAGS),
  // A few windows on both sides of 1970, and their edges.
  ticks: fc.bigInt({ min: -21n, max: 31n }).map(ticks),
  ord: fc.integer({ min: 0, max: 1 }),
  value: fc.integer({ min: 0, max: 3 }),
  deletes: fc.boolean(),
})

/** Transactions of records. */
export const history: fc.Arbitrary<SampleRecord[][]> = fc
  .array(fc.array(step, { maxLength: 8 }), { maxLength: 12 })
  .map((transactions) => {
    const known = new Map<string, { rev: number; content: SampleContent; deleted: boolean }>()
    return transactions.map((steps) =>
      steps.flatMap(({ tag, ticks: at, ord, value, deletes }): SampleRecord[] => {
        const identity = `${tag}|${at.toString()}|${ord}`
        const old = known.get(identity)
        const content: SampleContent = { type: 'int32', value, status: 0, flags: 0 }
        if (old === undefined) {
          known.set(identity, { rev: 0, content, deleted: false })
          return [{ tag, sample: { ...content, ticks: at, ord }, rev: 0, op: 'put', source: 'pi-web-api' }]
        }
        if (deletes && old.deleted) return []
        const rev = old.rev + 1
        known.set(identity, { rev, content: deletes ? old.content : content, deleted: deletes })
        const said: SampleContent = deletes ? { type: 'null', value: null, status: 0, flags: 0 } : content
        return [
          {
            tag,
            sample: { ...said, ticks: at, ord },
            rev,
            op: deletes ? 'delete' : 'put',
            source: 'pi-web-api',
            before: old.content,
          },
        ]
      }),
    )
  })

interface Expected {
  /** By `tag|window start`. */
  readonly cells: Map<string, { count: number; sum: bigint; epoch: number }>
  readonly puts: Map<TagId, number>
}

export function reckon(transactions: readonly (readonly SampleRecord[])[]): Expected {
  const current = new Map<string, SampleRecord>()
  const cells: Expected['cells'] = new Map()
  const puts = new Map<TagId, number>()
  const cellOf = ({ tag, sample }: SampleRecord): string => {
    // Windows are counted from far below every time used here, where division rounds down.
    const number = (sample.ticks + 1_000n * CELL_WIDTH) / CELL_WIDTH - 1_000n
    return `${tag}|${(number * CELL_WIDTH).toString()}`
  }
  for (const record of transactions.flat()) {
    const cell = cells.get(cellOf(record)) ?? { count: 0, sum: 0n, epoch: 0 }
    cells.set(cellOf(record), { ...cell, epoch: cell.epoch + 1 })
    current.set(`${record.tag}|${record.sample.ticks.toString()}|${record.sample.ord}`, record)
    puts.set(record.tag, (puts.get(record.tag) ?? 0) + (record.rev === 0 ? 1 : 0))
  }
  for (const record of current.values()) {
    if (record.op === 'delete') continue
    const cell = cells.get(cellOf(record))!
    const sum = BigInt.asUintN(128, cell.sum + hashSample(record.sample))
    cells.set(cellOf(record), { ...cell, count: cell.count + 1, sum })
  }
  return { cells, puts }
}
