/**
 * Parity: what is known, as of now, about every cell that is expected of a tag. Verdicts as they were recorded are held
 * against the cells, the marks of doubt, the rules and the waivers as they are; what does not stand any more is pending.
 *
 * Only what departs from a plain match is fetched cell by cell. Tags are answered one at a time, so memory is bounded by
 * the cells of one tag.
 */
import { cellsTouched } from '../domain/cell.ts'
import { gapsWithin, within, type Coverage } from '../domain/coverage.ts'
import { EMPTY_DIGEST, type Digest } from '../domain/digest.ts'
import { sealOf, type Seal } from '../domain/seal.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import {
  DIFFERENCE_CLASSES,
  type ClassCounts,
  type DifferenceClass,
  type InconclusiveReason,
  type Verdict,
} from '../domain/verdict.ts'
import type { Window } from '../domain/window.ts'
import type { CellTable } from './cells.ts'
import { CellStates, type CellState, type StateCounts } from './cell-states.ts'
import { checkedWithin, type CheckedWindow } from './checked-windows.ts'
import type { StoreDatabase } from './database.ts'
import type { DirtyTable } from './dirty.ts'
import { corruptStore } from './sqlite-error.ts'
import type { VerdictTable } from './verdicts.ts'
import type { WaiverTable } from './waivers.ts'

/** Cells of a tag named one by one, worst first; of the others the counts are told. */
const DOUBTFUL_PER_TAG = 1_000
/** Verdicts that rest on both sides. */
const COMPARED = ['match', 'explained', 'waived', 'mismatch'] as const

export interface ParityScope {
  /** The rules of comparison in force. */
  readonly rules: string
  /** Of a cell, in ticks. */
  readonly width: bigint
  /** Only what this look or a later one has seen counts as compared; undefined: whatever still stands. */
  readonly sinceLook?: number
}

export interface ExpectedTag {
  readonly tag: TagId
  /** What is asked about: from the beginning of the tag, or later, to now, or earlier. */
  readonly expected: Window
  /** What is copied of the tag. */
  readonly covered: Coverage
  /** Exclusive end of what is settled; undefined for a tag that holds future data. */
  readonly settled: Ticks | undefined
}

export interface TagState extends StateCounts {
  readonly tag: TagId
  readonly states: CellStates
  /** Samples by class in the cells called mismatch. */
  readonly classes: ClassCounts
  /** Cells called mismatch by probable cause; those without one are left out. */
  readonly causes: ReadonlyMap<string, number>
  /** By rule. */
  readonly explained: ReadonlyMap<string, { readonly cells: number; readonly samples: number }>
  /** Samples in the cells called match or explained. */
  readonly samplesProven: number
  readonly samplesInLog: number
  /**
   * Cells; each a subset of the one before, and of `states.cells`. Compared is what was given a verdict that rests on both
   * sides: what could not be read or never came to rest is not.
   */
  readonly copied: number
  readonly settled: number
  readonly compared: number
  /** When the oldest and the newest of the looks began that anything here rests on, milliseconds since 1970. */
  readonly lookedAt: { readonly earliestMs: number; readonly latestMs: number } | undefined
  /** What was compared, and when: ascending and disjoint. */
  readonly checked: readonly { readonly window: Window; readonly atMs: number }[]
  /** Cells called mismatch, waived or inconclusive; ascending, the first ones of each. */
  readonly doubtful: readonly DoubtfulState[]
  readonly doubtfulLeftOut: number
}

export interface DoubtfulState {
  readonly start: Ticks
  readonly verdict: Extract<Verdict, 'mismatch' | 'waived' | 'inconclusive'>
  readonly reason: InconclusiveReason | undefined
  readonly classes: ClassCounts
  readonly cause: string | undefined
}

/** The cells of a tag one by one. */
export interface TagRecord {
  readonly tag: TagId
  /** Samples by class in the cells called mismatch. */
  readonly classes: ClassCounts
  /** Ascending, without a gap. */
  readonly cells: readonly CellRecord[]
}

export interface CellRecord {
  readonly start: Ticks
  readonly verdict: Verdict
  /**
   * The look that the verdict comes from, or an earlier one where several looks share the cell or it is not known any
   * more: 0 is earlier than all. Undefined: pending.
   */
  readonly look: number | undefined
  /** Records ever folded into it. */
  readonly epoch: number
  /** Of the samples in the log. */
  readonly digest: Digest
}

/** A cell that is not simply equal to what was compared. */
interface Exception {
  readonly start: Ticks
  readonly verdict: Verdict | null
  readonly reason: InconclusiveReason | null
  readonly fits: bigint | null
  readonly evidence: string | null
  readonly classes: string | null
  readonly cause: string | null
  readonly rule: string | null
}

interface Look {
  readonly marks: number
  readonly rules: string
  readonly atMs: number
}

export interface ParityTables {
  readonly cells: CellTable
  readonly dirty: DirtyTable
  readonly verdicts: VerdictTable
  readonly waivers: WaiverTable
}

export class ParityReader {
  readonly #db: StoreDatabase
  readonly #tables: ParityTables

  constructor(db: StoreDatabase, tables: ParityTables) {
    this.#db = db
    this.#tables = tables
  }

  /** The state of each tag, in the order given. Throws BANYAN_INTERNAL when a tag's cells do not add up. */
  *read(scope: ParityScope, tags: Iterable<ExpectedTag>): Generator<TagState> {
    const looks = this.#looks()
    for (const tag of tags) yield this.#db.read(() => this.#stateOf(scope, tag, looks))
  }

  /** Every cell of each tag with what its verdict rests on, in the order given. */
  *records(scope: ParityScope, tags: Iterable<ExpectedTag>): Generator<TagRecord> {
    const looks = this.#looks()
    for (const tag of tags) yield this.#db.read(() => this.#recordOf(scope, tag, looks))
  }

  #recordOf(scope: ParityScope, expected: ExpectedTag, looks: Looks): TagRecord {
    const { tag } = expected
    const { states, standing, tally } = this.#judged(scope, expected, looks)
    const cells = new Map(this.#tables.cells.read(tag, states.window).map((cell) => [cell.window.from, cell]))
    const lookAt = lookerOf(standing, scope.width)
    const records: CellRecord[] = []
    for (let start = states.window.from; start < states.window.until; start = (start + scope.width) as Ticks) {
      const verdict = states.at(start)?.verdict ?? 'pending'
      const cell = cells.get(start)
      const digest = cell?.digest ?? EMPTY_DIGEST
      records.push({ start, verdict, look: lookAt(start, verdict), epoch: cell?.epoch ?? 0, digest })
    }
    return { tag, classes: tally.total().classes, cells: records }
  }

  #stateOf(scope: ParityScope, expected: ExpectedTag, looks: Looks): TagState {
    const { tag } = expected
    const { width } = scope
    const { seal, states, standing, tally } = this.#judged(scope, expected, looks)
    const counts = states.count()
    return {
      tag,
      states,
      ...counts,
      ...tally.total(),
      ...this.#samples(tag, states),
      copied: states.cells - cellsIn(seal.incomplete, width),
      settled: cellsIn(seal.sealed, width),
      compared: COMPARED.reduce((sum, verdict) => sum + counts.verdicts[verdict], 0),
      ...whenOf(standing, looks),
    }
  }

  #judged(scope: ParityScope, { tag, expected, covered, settled }: ExpectedTag, looks: Looks): JudgedTag {
    const { width } = scope
    const seal = sealOf(expected, covered, settled, width)
    const states = new CellStates(seal.cells, width)
    states.paint(seal.unsettled, { verdict: 'pending', reason: 'not-settled' })
    states.paint(seal.uncovered, { verdict: 'pending', reason: 'not-covered' })
    const checked = checkedWithin(this.#tables.verdicts.checked(tag, seal.cells), seal.cells)
    const standing = this.#paintChecked(states, scope, { tag, expected, seal, checked }, looks)
    const tally = new Tally()
    for (const exception of this.#exceptions(tag, standing)) {
      const state = this.#judge(tag, exception)
      // A doubt or a later reading failure outweighs what was green, and nothing that was not.
      const known = states.at(exception.start)
      if (known?.verdict === 'match' || (known?.verdict === 'inconclusive' && isDifference(state))) {
        states.paint([{ from: exception.start, until: (exception.start + 1n) as Ticks }], state)
        tally.add(exception, state, this.#classes(exception))
      }
    }
    return { seal, states, standing, tally }
  }

  /** Paints what the sealed cells are but for exceptions, and answers the windows whose looks count. */
  #paintChecked(
    states: CellStates,
    { rules, width, sinceLook = 0 }: ParityScope,
    { tag, expected, seal, checked }: CheckedTag,
    looks: Looks,
  ): CheckedWindow[] {
    const isCurrent = ({ look }: CheckedWindow): boolean =>
      look >= sinceLook && looks.get(look)?.rules === rules && this.#tables.cells.width() === width
    const current = checked.filter(isCurrent)
    const outdated = checked.filter((one) => !isCurrent(one) && looks.get(one.look)?.rules !== rules)
    const asked = seal.sealed.flatMap((window) => within([window], expected))
    states.paint(seal.sealed, { verdict: 'match' })
    const paintSealed = (windows: Coverage, state: CellState): void => {
      for (const window of seal.sealed) states.paint(within(windows, window), state)
    }
    for (const { id, window } of this.#tables.dirty.marks(tag)) {
      const doubted = current.filter(({ look }) => (looks.get(look)?.marks ?? 0) < id)
      paintSealed(
        cellsTouched(
          doubted.flatMap((one) => within([one], window)),
          width,
        ),
        { verdict: 'pending', reason: 'doubted-since' },
      )
    }
    for (const { from, until, outcome } of current) {
      if (outcome !== 'compared') paintSealed([{ from, until }], { verdict: 'inconclusive', reason: outcome })
    }
    const unseen = cellsTouched(
      asked.flatMap((window) => gapsWithin(current, window)),
      width,
    )
    paintSealed(unseen, { verdict: 'pending', reason: 'not-looked-at' })
    for (const window of unseen) {
      paintSealed(
        cellsTouched(
          outdated.flatMap((one) => within([one], window)),
          width,
        ),
        { verdict: 'pending', reason: 'rules-changed' },
      )
    }
    return current
  }

  /** In the windows: cells that changed since, those with a verdict other than match, and verdicts without a cell. */
  *#exceptions(tag: TagId, windows: readonly CheckedWindow[]): Generator<Exception> {
    const [first] = windows
    const last = windows.at(-1)
    if (first === undefined || last === undefined) return
    const range = { from: first.from, until: last.until }
    const width = this.#tables.cells.width() ?? 1n
    const binding = { tag, from: range.from - width, until: range.until }
    yield* this.#db
      .prepare<Exception>(
        // Cells with what was found of them, and findings whose cell is gone: dropped by a rebuild, or never there.

        `SELECT c.start_ticks AS start, v.verdict, v.reason,
           v.records = c.records AND v.count = c.count AND v.digest = c.digest AS fits,
           d.evidence, d.classes, d.cause, d.rule
         FROM cells c
         LEFT JOIN verdicts v ON v.tag_key = (SELECT key FROM parity_tags WHERE tag = @tag) AND v.start_ticks = c.start_ticks
         LEFT JOIN verdict_details d ON d.tag_key = v.tag_key AND d.start_ticks = v.start_ticks
         WHERE c.tag_key = (SELECT key FROM projected_tags WHERE tag = @tag)
           AND c.start_ticks > @from AND c.start_ticks < @until
           AND (v.verdict IS NULL OR v.verdict <> 'match'
                OR v.records <> c.records OR v.count <> c.count OR v.digest <> c.digest)
         UNION ALL
         SELECT v.start_ticks, v.verdict, v.reason, v.records = 0, d.evidence, d.classes, d.cause, d.rule
         FROM verdicts v
         LEFT JOIN verdict_details d ON d.tag_key = v.tag_key AND d.start_ticks = v.start_ticks
         WHERE v.tag_key = (SELECT key FROM parity_tags WHERE tag = @tag)
           AND v.start_ticks > @from AND v.start_ticks < @until
           AND NOT EXISTS (SELECT 1 FROM cells c WHERE c.tag_key = (SELECT key FROM projected_tags WHERE tag = @tag)
                           AND c.start_ticks = v.start_ticks)`,
      )
      .all(binding)
  }

  #judge(tag: TagId, { start, verdict, reason, fits, evidence }: Exception): CellState {
    if (verdict === null || fits !== 1n) return { verdict: 'pending', reason: 'changed-since' }
    if (verdict === 'inconclusive') return { verdict, reason: reason ?? 'moving' }
    if (verdict === 'mismatch') {
      const isWaived = evidence !== null && this.#tables.waivers.waives(tag, start, evidence)
      return { verdict: isWaived ? 'waived' : 'mismatch' }
    }
    // It differed when it was looked at last, and is to be looked at again.
    if (verdict === 'pending' || verdict === 'waived') return { verdict: 'pending', reason: 'doubted-since' }
    return { verdict }
  }

  #classes({ classes }: Exception): ClassCounts {
    if (classes === null) return {}
    try {
      return JSON.parse(classes) as ClassCounts
    } catch (error) {
      throw corruptStore(this.#db.file, 'the difference classes of a cell cannot be read', error)
    }
  }

  /** Counted over whichever is in fewer pieces: what is proven, or what is not. */
  #samples(tag: TagId, states: CellStates): Pick<TagState, 'samplesProven' | 'samplesInLog'> {
    const isProven = ({ verdict }: CellState): boolean => verdict === 'match' || verdict === 'explained'
    const count = (windows: readonly Window[]): number =>
      windows.reduce((sum, window) => sum + this.#tables.cells.countSamples(tag, window), 0)
    const samplesInLog = count([states.window])
    const proven = states.runs(isProven)
    const others = states.runs((state) => !isProven(state))
    const samplesProven = proven.length < others.length ? count(proven) : samplesInLog - count(others)
    return { samplesInLog, samplesProven }
  }

  #looks(): Looks {
    const rows = this.#db.read(() =>
      this.#db
        .prepare<{ id: bigint; marks: bigint; rules: string; at: bigint }>('SELECT id, marks, rules, at FROM looks')
        .all(),
    )
    return new Map(
      rows.map(({ id, marks, rules, at }) => [Number(id), { marks: Number(marks), rules, atMs: Number(at) }]),
    )
  }
}

type Looks = ReadonlyMap<number, Look>

interface JudgedTag {
  readonly seal: Seal
  readonly states: CellStates
  /** The windows whose looks count; ascending and disjoint. */
  readonly standing: readonly CheckedWindow[]
  readonly tally: Tally
}

interface CheckedTag extends Pick<ExpectedTag, 'tag' | 'expected'> {
  readonly seal: Seal
  readonly checked: readonly CheckedWindow[]
}

/** What the exceptions of a tag add up to. */
class Tally {
  readonly #classes: Partial<Record<DifferenceClass, number>> = {}
  readonly #causes = new Map<string, number>()
  readonly #explained = new Map<string, { cells: number; samples: number }>()
  readonly #doubtful: DoubtfulState[] = []
  #doubtfulLeftOut = 0

  add({ start, cause, rule }: Exception, state: CellState, classes: ClassCounts): void {
    if (state.verdict === 'mismatch') {
      for (const name of DIFFERENCE_CLASSES) {
        const samples = classes[name] ?? 0
        if (samples > 0) this.#classes[name] = (this.#classes[name] ?? 0) + samples
      }
      if (cause !== null) this.#causes.set(cause, (this.#causes.get(cause) ?? 0) + 1)
    }
    if (state.verdict === 'explained' && rule !== null) {
      const known = this.#explained.get(rule) ?? { cells: 0, samples: 0 }
      const samples = DIFFERENCE_CLASSES.reduce((sum, name) => sum + (classes[name] ?? 0), 0)
      this.#explained.set(rule, { cells: known.cells + 1, samples: known.samples + samples })
    }
    if (state.verdict !== 'mismatch' && state.verdict !== 'waived' && state.verdict !== 'inconclusive') return
    if (this.#doubtful.length >= DOUBTFUL_PER_TAG) this.#doubtfulLeftOut += 1
    else {
      const reason = state.verdict === 'inconclusive' ? state.reason : undefined
      this.#doubtful.push({ start, verdict: state.verdict, reason, classes, cause: cause ?? undefined })
    }
  }

  total(): Pick<TagState, 'classes' | 'causes' | 'explained' | 'doubtful' | 'doubtfulLeftOut'> {
    return {
      classes: this.#classes,
      causes: this.#causes,
      explained: this.#explained,
      doubtful: this.#doubtful,
      doubtfulLeftOut: this.#doubtfulLeftOut,
    }
  }
}

function isDifference({ verdict }: CellState): boolean {
  return verdict === 'mismatch' || verdict === 'waived'
}

function cellsIn(windows: Coverage, width: bigint): number {
  return windows.reduce((sum, { from, until }) => sum + Number((until - from) / width), 0)
}

/** Answers the look behind a verdict, for cells asked in ascending order. */
function lookerOf(
  windows: readonly CheckedWindow[],
  width: bigint,
): (start: Ticks, verdict: Verdict) => number | undefined {
  let first = 0
  return (start, verdict) => {
    if (verdict === 'pending') return undefined
    while (first < windows.length && (windows[first]?.until ?? 0n) <= start) first++
    let look: number | undefined
    for (let at = first; at < windows.length; at++) {
      const window = windows[at]
      if (window === undefined || window.from >= start + width) break
      // A difference outlives a look that could not read: it was seen by one before.
      const seenBy = window.outcome === 'compared' || verdict === 'inconclusive' ? window.look : 0
      look = Math.min(look ?? seenBy, seenBy)
    }
    return look ?? 0
  }
}

function whenOf(windows: readonly CheckedWindow[], looks: Looks): Pick<TagState, 'checked' | 'lookedAt'> {
  const compared = windows.filter(({ outcome }) => outcome === 'compared')
  const checked = compared.map(({ from, until, look }) => ({
    window: { from, until },
    atMs: looks.get(look)?.atMs ?? 0,
  }))
  let [earliestMs, latestMs] = [Infinity, -Infinity]
  for (const { atMs } of checked) {
    earliestMs = Math.min(earliestMs, atMs)
    latestMs = Math.max(latestMs, atMs)
  }
  return { checked, lookedAt: checked.length === 0 ? undefined : { earliestMs, latestMs } }
}
