/**
 * Vitality: does the comparison still see? Faults are planted into copies, in memory, of real cells of a workload, and
 * go the way of every cell: digests first, and the rows of those that differ to the judge. A fault is found when the
 * verdict on it is `mismatch`; the cell as it is must be found equal, or finding faults in it proves nothing.
 *
 * What it shows is that digest, classification and rules work on this data, in this build. It does not show that the
 * historian is read rightly: that is what the comparisons themselves are for.
 */
import type { Sample } from '../../domain/sample.ts'
import type { Tag } from '../../domain/tag.ts'
import type { Ticks } from '../../domain/ticks.ts'
import type { SampleLog } from '../../log/log.ts'
import type { Cell } from '../../store/cells.ts'
import type { ExpectedTag } from '../../store/parity.ts'
import type { Store } from '../../store/store.ts'
import { areEqual, CellDigests } from '../../verify/cell-digests.ts'
import { streamCells } from '../../verify/doubtful-rows.ts'
import type { ExplainPolicy } from '../../verify/explain/policy.ts'
import { judge } from '../../verify/judge.ts'
import { LogRows } from '../../verify/log-rows.ts'
import { readingOverLoss } from '../read-over-loss.ts'
import { SEEDED_FAULTS, type SeededFault } from './seeded-faults.ts'

/** Tags whose newest cells are taken, spread over the workload: enough for every kind of value a site has. */
const TAGS_TRIED = 20
/** Cells at the end of a tag that are looked through for one that holds samples. */
const CELLS_BACK = 1_000n

export interface Vitality {
  readonly planted: number
  readonly found: number
}

interface VitalityParts {
  readonly store: Pick<Store, 'cells'>
  readonly log: SampleLog
  readonly tagOf: (id: Tag['id']) => Tag | undefined
  readonly policy: ExplainPolicy
  /** Of a cell, in ticks. */
  readonly width: bigint
}

/** `expected`: what the workload is expected to hold. Nothing is planted where no tag has a sample. */
export async function plantFaults(
  expected: readonly ExpectedTag[],
  parts: VitalityParts,
  signal: AbortSignal,
): Promise<Vitality> {
  const { log, tagOf, width } = parts
  const cells = spread(expected, TAGS_TRIED).flatMap((one) => newestCell(parts, one) ?? [])
  const reader = readingOverLoss(log)
  const rows = new Map(cells.map((cell) => [cell, new LogRows()]))
  const add = (cell: Cell, logged: Parameters<LogRows['add']>[0]): void => rows.get(cell)?.add(logged)
  await streamCells(reader, cells, { cellWidth: width, begin: await reader.begin(signal) }, add, signal)
  let [planted, found] = [0, 0]
  for (const [cell, inLog] of rows) {
    const tag = tagOf(cell.tag)
    // A cell that the log does not show whole is no sample of health; the comparisons tell of it.
    if (tag === undefined || !inLog.isWhole(cell.epoch)) continue
    const samples = inLog.samples([cell.window])
    const isSound = !isSeen({ ...parts, tag, cell }, samples, samples)
    for (const fault of Object.values<SeededFault>(SEEDED_FAULTS)) {
      const faulty = fault(samples, cell.window)
      if (faulty === undefined) continue
      planted += 1
      if (isSound && isSeen({ ...parts, tag, cell }, samples, faulty)) found += 1
    }
  }
  return { planted, found }
}

interface Tried extends Pick<VitalityParts, 'policy' | 'width'> {
  readonly tag: Tag
  readonly cell: Cell
}

/** Whether the copy is called a mismatch with the truth. */
function isSeen({ tag, cell, policy, width }: Tried, truth: readonly Sample[], copy: readonly Sample[]): boolean {
  const start = cell.window.from
  const held = digestOf(truth, start, width)
  const digest = digestOf(copy, start, width)
  if (areEqual(digest, held)) return false
  const { verdict } = judge(
    {
      ...{ tag, start, held, historian: truth, log: copy },
      seen: { epoch: cell.epoch, digest },
      isLogWhole: true,
      isLogShort: false,
      inOrder: new Set(),
      isLossDisbelieved: false,
      lastEqual: cell.digest,
      edge: undefined,
    },
    // Nothing is known of the tag's past, so no rule explains a fault away.
    { policy, knowledgeOf: () => ({}), pageSizes: [] },
  )
  return verdict === 'mismatch'
}

function digestOf(samples: readonly Sample[], start: Ticks, width: bigint) {
  const digests = new CellDigests(width)
  digests.add(samples)
  return digests.of(start)
}

function newestCell({ store, width }: VitalityParts, { tag, expected }: ExpectedTag): Cell | undefined {
  const back = (expected.until - CELLS_BACK * width) as Ticks
  const from = back > expected.from ? back : expected.from
  return store.cells.read(tag, { from, until: expected.until }).findLast(({ digest }) => digest.count > 0)
}

/** At most so many, evenly over all. */
function spread<T>(items: readonly T[], most: number): T[] {
  const step = Math.max(1, items.length / most)
  return Array.from({ length: Math.min(most, items.length) }, (_, i) => items[Math.floor(i * step)]).flatMap(
    (item) => item ?? [],
  )
}
