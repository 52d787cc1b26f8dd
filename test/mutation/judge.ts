/** What the pure part of the verifier finds in two sides of one tag: digests cell by cell, then classes and causes. */
import { cellStart } from '../../src/domain/cell.ts'
import type { Digest } from '../../src/domain/digest.ts'
import type { Sample } from '../../src/domain/sample.ts'
import { parseTagId, type TagId } from '../../src/domain/tag-id.ts'
import type { Ticks } from '../../src/domain/ticks.ts'
import { areEqual, CellDigests } from '../../src/verify/cell-digests.ts'
import { causeOfCell } from '../../src/verify/classify/cause.ts'
import { CauseTally } from '../../src/verify/classify/cause-tally.ts'
import { evidenceOf } from '../../src/verify/classify/cell-evidence.ts'
import { differencesOf, type Difference } from '../../src/verify/classify/differences.ts'
import { PAGE } from './loss-mutators.ts'
import type { Planted } from './catalogue.ts'

export interface CellSides {
  readonly start: Ticks
  readonly historian: readonly Sample[]
  readonly log: readonly Sample[]
  readonly ofHistorian: Digest
  readonly ofLog: Digest
}

const digested = new WeakMap<readonly Sample[], Map<bigint, CellDigests>>()

/** A clean series takes part in many runs: it is digested once. */
function digestsOf(samples: readonly Sample[], width: bigint): CellDigests {
  const known = digested.get(samples) ?? new Map<bigint, CellDigests>()
  digested.set(samples, known)
  const digests = known.get(width) ?? new CellDigests(width)
  if (!known.has(width)) digests.add(samples)
  known.set(width, digests)
  return digests
}

/** Cells in which either side has a sample, ascending. */
export function cellsOf({ historian, log }: Pick<Planted, 'historian' | 'log'>, width: bigint): CellSides[] {
  const [ofHistorian, ofLog] = [digestsOf(historian, width), digestsOf(log, width)]
  const starts = [...new Set([...ofHistorian.starts(), ...ofLog.starts()])].sort((a, b) => (a < b ? -1 : 1))
  const [held, logged] = [byCell(historian, width), byCell(log, width)]
  return starts.map((start) => ({
    start,
    historian: held.get(start) ?? [],
    log: logged.get(start) ?? [],
    ofHistorian: ofHistorian.of(start),
    ofLog: ofLog.of(start),
  }))
}

function byCell(samples: readonly Sample[], width: bigint): Map<Ticks, Sample[]> {
  const cells = new Map<Ticks, Sample[]>()
  let [start, cell]: [bigint, Sample[]] = [0n, []]
  for (const sample of samples) {
    if (cells.size === 0 || sample.ticks < start || sample.ticks >= start + width) {
      start = cellStart(sample.ticks, width)
      cell = cells.get(start as Ticks) ?? []
      cells.set(start as Ticks, cell)
    }
    cell.push(sample)
  }
  return cells
}

export interface Judged {
  /** Starts of the cells whose digests differ. */
  readonly doubtful: Ticks[]
  /** All differences, cell by cell. */
  readonly found: Difference[]
}

/** Adds to the tally what differs of one tag. */
export function judge(planted: Planted, tag: TagId, tally: CauseTally, width: bigint, isNewest = false): Judged {
  const cells = cellsOf(planted, width).filter(({ ofHistorian, ofLog }) => !areEqual(ofHistorian, ofLog))
  const edge = isNewest ? planted.historian.at(-1)?.ticks : undefined
  const found = cells.flatMap(({ start, historian, log }) => {
    const ofCell = differencesOf(historian, log)
    const facts = { historian, log, found: ofCell, pageSizes: [PAGE], edge, lastEqual: undefined }
    tally.add(evidenceOf(tag, start, facts, causeOfCell(facts)))
    return ofCell
  })
  return { doubtful: cells.map(({ start }) => start), found }
}

export function tallyOf(...sides: readonly Planted[]): CauseTally {
  return new CauseTally((tag) => sides[Number(tag.split('/')[1])]?.log[0]?.ticks)
}

/** The tag of the n-th planted series. */
export function tagOf(n: number): TagId {
  return parseTagId(`plant/${n}`)
}
