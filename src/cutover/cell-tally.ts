/**
 * Tally: the sum of the lines of cell evidence, in one pass and O(log n) memory. Whoever makes a manifest and whoever
 * checks one add up the same lines with this, and must get the same.
 *
 * Lines come by tag, tags in the order of their UTF-8 bytes, and within a tag by time. A line out of order or twice, and
 * a cell left out between two of its tag, are refused: a cell can neither be counted twice nor be passed over.
 */
import { formatTicks, parseTicks, type Ticks } from '../domain/ticks.ts'
import { NO_VERDICTS, type Verdict, type VerdictCounts } from '../domain/verdict.ts'
import { standingAsOf } from './as-of.ts'
import { encodeCell, type CellEvidence } from './cell-evidence.ts'
import { MerkleTree } from './merkle.ts'

export interface CellSum {
  /** Merkle root over the canonical lines. */
  readonly root: string
  readonly tags: number
  readonly cells: number
  /** First start and last end of all; null of no cells. */
  readonly from: string | null
  readonly until: string | null
  readonly verdicts: VerdictCounts
  /** Cells found equal, explained or waived by a look after the fence. */
  readonly verifiedSince: number
}

/** Where a waiver holds: cells of the tag that start in `[from, until)`. */
export interface WaiverScope {
  readonly id: number
  readonly tag: string
  readonly from: string
  readonly until: string
  readonly expiry: string
}

interface TallyOptions {
  readonly cellTicks: number
  /** The latest look begun when the move was requested; looks after it count. Without a request none does. */
  readonly lookFence: number | undefined
  readonly waivers: readonly WaiverScope[]
}

export class CellTally {
  readonly #width: bigint
  readonly #lookFence: number
  readonly #waivers: ReadonlyMap<string, readonly WaiverWindow[]>
  readonly #tree = new MerkleTree()
  readonly #verdicts: Record<Verdict, number> = { ...NO_VERDICTS }
  readonly #waivedCells = new Map<number, number>()
  #tag: string | undefined
  #next: bigint | undefined
  #from: bigint | undefined
  #until: bigint | undefined
  #tags = 0
  #cells = 0
  #verifiedSince = 0

  constructor({ cellTicks, lookFence, waivers }: TallyOptions) {
    this.#width = BigInt(cellTicks)
    this.#lookFence = lookFence ?? Infinity
    this.#waivers = byTag(waivers)
  }

  /** Throws RangeError for a line that cannot stand here. */
  add(cell: CellEvidence): void {
    const start = parseTicks(cell.from)
    this.#place(cell, start)
    this.#tree.add(encodeCell(cell))
    this.#cells += 1
    this.#verdicts[cell.verdict] += 1
    const standing = standingAsOf(cell.verdict, cell.look ?? undefined, { lookFence: this.#lookFence })
    if (standing === 'verified') this.#verifiedSince += 1
    if (cell.verdict === 'waived') this.#waive(cell.tag, start)
  }

  sum(): CellSum {
    return {
      root: this.#tree.root(),
      tags: this.#tags,
      cells: this.#cells,
      from: timeOrNull(this.#from),
      until: timeOrNull(this.#until),
      verdicts: { ...this.#verdicts },
      verifiedSince: this.#verifiedSince,
    }
  }

  /** Waived cells that a waiver answers for. Each cell is counted once, for the waiver that holds longest. */
  waivedBy(waiver: number): number {
    return this.#waivedCells.get(waiver) ?? 0
  }

  #place(cell: CellEvidence, start: bigint): void {
    if (cell.tag !== this.#tag) {
      if (this.#tag !== undefined && Buffer.compare(Buffer.from(this.#tag), Buffer.from(cell.tag)) >= 0) {
        throw new RangeError(`cells of ${cell.tag} out of order`)
      }
      this.#tag = cell.tag
      this.#tags += 1
    } else if (start !== this.#next) {
      throw new RangeError(`the cell ${cell.from} of ${cell.tag} does not follow the one before it`)
    }
    this.#next = start + this.#width
    if (this.#from === undefined || start < this.#from) this.#from = start
    if (this.#until === undefined || this.#next > this.#until) this.#until = this.#next
  }

  #waive(tag: string, start: bigint): void {
    const waiver = this.#waivers.get(tag)?.find(({ from, until }) => from <= start && start < until)
    if (waiver !== undefined) this.#waivedCells.set(waiver.id, this.waivedBy(waiver.id) + 1)
  }
}

interface WaiverWindow {
  readonly id: number
  readonly from: bigint
  readonly until: bigint
}

/** Those that hold longest first. */
function byTag(waivers: readonly WaiverScope[]): ReadonlyMap<string, readonly WaiverWindow[]> {
  const found = new Map<string, WaiverWindow[]>()
  const longest = waivers.toSorted((a, b) => Number(parseTicks(b.expiry) - parseTicks(a.expiry)) || a.id - b.id)
  for (const { id, tag, from, until } of longest) {
    const windows = found.get(tag) ?? []
    windows.push({ id, from: parseTicks(from), until: parseTicks(until) })
    found.set(tag, windows)
  }
  return found
}

function timeOrNull(at: bigint | undefined): string | null {
  return at === undefined ? null : formatTicks(at as Ticks)
}
