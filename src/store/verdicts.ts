/**
 * Verdicts: what comparisons have found, cell by cell. Written a look at a time, each in one transaction; what is found
 * later replaces what was found before, and a look that comes late replaces nothing newer than itself.
 *
 * A verdict is kept with the epoch and the digest of the log that it saw. Whether it still stands is not written here but
 * found out by whoever reads it (cell-states.ts), against the cells as they are by then.
 *
 * What could not be read loses its green verdicts and keeps the others: a difference that was seen is not forgotten
 * because the historian did not answer the next time.
 */
import { cellsTouched } from '../domain/cell.ts'
import type { Coverage } from '../domain/coverage.ts'
import type { Digest } from '../domain/digest.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { ClassCounts, InconclusiveReason, Verdict } from '../domain/verdict.ts'
import type { Window } from '../domain/window.ts'
import { coarsened, latestOf, overlay, type CheckedWindow, type LookFailure } from './checked-windows.ts'
import type { StoreDatabase } from './database.ts'
import { decodeSum, encodeSum } from './digest-blob.ts'
import type { KeptCell } from './kept-cell.ts'
import { corruptStore } from './sqlite-error.ts'

/** Enough for a look-back, a tail and a few gaps; more is taken together, oldest first. */
const WINDOWS_PER_TAG = 64
/** Cells of a tag whose samples are kept; of the others the counts are. */
export const KEPT_CELLS_PER_TAG = 50

/** What a look has found in one tag. */
export interface TagFindings {
  readonly tag: TagId
  /** All that was looked at; ascending and disjoint. */
  readonly windows: Coverage
  /** A failure speaks of every cell of the windows, and there are no `cells` then. */
  readonly outcome: 'compared' | LookFailure
  /** Cells in the windows that have a record or a sample; the others were empty on both sides. */
  readonly cells: readonly CellFinding[]
}

export interface CellFinding {
  readonly start: Ticks
  /** `pending`: it differs and is to be looked at again. */
  readonly verdict: Exclude<Verdict, 'waived'>
  readonly reason?: InconclusiveReason
  readonly seen: SeenCell
  /** Whether the log itself shows less than was folded from it; undefined: nobody read it, and it is as it was. */
  readonly isLogShort?: boolean
  readonly details?: CellDetails
}

/** What the log was folded to when the cell was compared. */
export interface SeenCell {
  /** 0: no record. */
  readonly epoch: number
  readonly digest: Digest
}

export interface CellDetails {
  /** Changes with whatever the cell differs by. */
  readonly evidence: string
  readonly classes: ClassCounts
  readonly cause: string | undefined
  readonly rule: string | undefined
  /** JSON text of whoever looks for causes across cells. */
  readonly traits: string
  readonly kept: KeptCell | undefined
}

/** A mismatch as whoever looks for causes across cells sees it. */
export interface DifferingCell {
  readonly start: Ticks
  readonly cause: string | undefined
  readonly traits: string
}

/** What is carried over when a cell is looked at again. */
interface Carried {
  readonly log_short: bigint
  readonly equal_count: bigint | null
  readonly equal_digest: Uint8Array | null
}

interface CheckedRow {
  readonly from_ticks: bigint
  readonly until_ticks: bigint
  readonly look: bigint
  readonly outcome: CheckedWindow['outcome']
}

export class VerdictTable {
  readonly #db: StoreDatabase

  constructor(db: StoreDatabase) {
    this.#db = db
  }

  /** All or nothing. `width` of a cell, in ticks. */
  record(look: number, findings: Iterable<TagFindings>, width: bigint): void {
    this.#db.write(() => {
      for (const one of findings) this.#recordTag(look, one, width)
    })
  }

  /** What was looked at of a tag, ascending and disjoint; the windows that touch `range`, whole. */
  checked(tag: TagId, range?: Window): CheckedWindow[] {
    return this.#db.read(() => this.#checked(this.#key(tag), range))
  }

  /** Starts of the cells in the window of which the log did not show all that was folded, when it was read last. */
  logShort(tag: TagId, window: Window): Set<Ticks> {
    return this.#db.read(() => this.#starts(this.#key(tag), window, 'log_short = 1'))
  }

  /** Starts of the cells in the window that differed and are to be looked at again. */
  open(tag: TagId, window: Window): Set<Ticks> {
    return this.#db.read(() => this.#starts(this.#key(tag), window, "verdict = 'pending'"))
  }

  /** What both sides held when the cell was last found equal; undefined: it never was, or is so now. */
  lastEqual(tag: TagId, start: Ticks): Digest | undefined {
    const carried = this.#db.read(() => this.#carried(this.#key(tag) ?? 0n, start))
    if (carried === undefined || carried.equal_count === null || carried.equal_digest === null) return undefined
    return { count: Number(carried.equal_count), sum: decodeSum(carried.equal_digest) }
  }

  /** The mismatches of a tag, ascending, whether they still stand or not. */
  differing(tag: TagId): DifferingCell[] {
    const rows = this.#db.read(() =>
      this.#db
        .prepare<{ start: Ticks; cause: string | null; traits: string }>(
          `SELECT start_ticks AS start, cause, traits FROM verdicts JOIN verdict_details USING (tag_key, start_ticks)
           WHERE tag_key = ? AND verdict = 'mismatch' ORDER BY start_ticks`,
        )
        .all(this.#key(tag) ?? 0n),
    )
    return rows.map(({ start, cause, traits }) => ({ start, cause: cause ?? undefined, traits }))
  }

  /** Starts of the cells that this look or a later one called a mismatch, mended since or not. */
  differed(tag: TagId, sinceLook: number): Set<Ticks> {
    const rows = this.#db.read(() =>
      this.#db
        .prepare<{ at: Ticks }>('SELECT start_ticks AS at FROM differed_cells WHERE tag_key = ? AND look >= ?')
        .all(this.#key(tag) ?? 0n, sinceLook),
    )
    return new Set(rows.map(({ at }) => at))
  }

  /** What was kept of a cell's samples; undefined when nothing was. */
  kept(tag: TagId, start: Ticks): KeptCell | undefined {
    const row = this.#db.read(() =>
      this.#db
        .prepare<{ kept: string | null }>('SELECT kept FROM verdict_details WHERE tag_key = ? AND start_ticks = ?')
        .get(this.#key(tag) ?? 0n, start),
    )
    if (row === undefined || row.kept === null) return undefined
    try {
      return JSON.parse(row.kept) as KeptCell
    } catch (error) {
      throw corruptStore(this.#db.file, 'the samples kept of a cell cannot be read', error)
    }
  }

  /** Keeps the list of windows short where it has grown; looks from `inFlight` on may still be under way. */
  tidy(inFlight: number): void {
    const keys = this.#db.read(() =>
      this.#db
        .prepare<{ key: bigint }>('SELECT tag_key AS key FROM checked_windows GROUP BY tag_key HAVING count(*) > ?')
        .all(WINDOWS_PER_TAG),
    )
    const rules = this.#rulesByLook()
    const alike = (a: number, b: number): boolean => Math.max(a, b) < inFlight && rules.get(a) === rules.get(b)
    for (const { key } of keys) {
      this.#db.write(() => {
        const known = this.#checked(key, undefined)
        const fewer = coarsened(known, WINDOWS_PER_TAG / 2, alike)
        if (fewer.length < known.length) this.#replaceWindows(key, known, fewer)
      })
    }
  }

  #recordTag(look: number, { tag, windows, outcome, cells }: TagFindings, width: bigint): void {
    const [first] = windows
    const last = windows.at(-1)
    if (first === undefined || last === undefined) return
    const key = this.#keyFor(tag)
    const known = this.#checked(key, { from: first.from, until: last.until })
    const seen = latestOf(known, windows, look, width)
    this.#replaceWindows(key, known, overlay(known, seen, { look, outcome }))
    const mine = cellsTouched(seen, width)
    const taken = cells.filter(({ start }) => mine.some(({ from, until }) => start >= from && start < until))
    const carried = taken.map(({ start, verdict }) => (verdict === 'match' ? undefined : this.#carried(key, start)))
    for (const window of mine) this.#forget(key, window, outcome)
    let room = KEPT_CELLS_PER_TAG - this.#keptCells(key)
    for (const [i, cell] of taken.entries()) {
      this.#insert(key, cell, carried[i], room > 0)
      if (cell.verdict === 'mismatch') this.#remember(key, cell.start, look)
      if (cell.details?.kept !== undefined) room -= 1
    }
  }

  #insert(key: bigint, cell: CellFinding, carried: Carried | undefined, keeps: boolean): void {
    const { start, verdict, reason, seen, details } = cell
    const isLogShort = cell.isLogShort ?? carried?.log_short === 1n
    this.#db
      .prepare('INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(
        key,
        start,
        verdict,
        reason ?? null,
        seen.epoch,
        seen.digest.count,
        encodeSum(seen.digest.sum),
        isLogShort ? 1 : 0,
        carried?.equal_count ?? null,
        carried?.equal_digest ?? null,
      )
    if (details === undefined) return
    const { evidence, classes, cause, rule, traits, kept } = details
    this.#db
      .prepare('INSERT OR REPLACE INTO verdict_details VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
      .run(
        key,
        start,
        evidence,
        JSON.stringify(classes),
        cause ?? null,
        rule ?? null,
        traits,
        keeps && kept !== undefined ? JSON.stringify(kept) : null,
      )
  }

  #remember(key: bigint, start: Ticks, look: number): void {
    this.#db.prepare('INSERT OR REPLACE INTO differed_cells VALUES (?, ?, ?)').run(key, start, look)
  }

  /** A match leaves behind what it was, whatever else what it left behind itself. */
  #carried(key: bigint, start: Ticks): Carried | undefined {
    return this.#db
      .prepare<Carried>(
        `SELECT log_short, iif(verdict = 'match', count, equal_count) AS equal_count,
           iif(verdict = 'match', digest, equal_digest) AS equal_digest
         FROM verdicts WHERE tag_key = ? AND start_ticks = ?`,
      )
      .get(key, start)
  }

  #forget(key: bigint, { from, until }: Window, outcome: CheckedWindow['outcome']): void {
    const green = outcome === 'compared' ? '' : "AND verdict IN ('match', 'explained')"
    const inside = 'tag_key = ? AND start_ticks >= ? AND start_ticks < ?'
    this.#db.prepare(`DELETE FROM verdicts WHERE ${inside} ${green}`).run(key, from, until)
    this.#db
      .prepare(
        `DELETE FROM verdict_details WHERE ${inside} AND NOT EXISTS (SELECT 1 FROM verdicts
           WHERE verdicts.tag_key = verdict_details.tag_key AND verdicts.start_ticks = verdict_details.start_ticks)`,
      )
      .run(key, from, until)
  }

  #checked(key: bigint | undefined, range: Window | undefined): CheckedWindow[] {
    if (key === undefined) return []
    const rows =
      range === undefined
        ? this.#db.prepare<CheckedRow>('SELECT * FROM checked_windows WHERE tag_key = ? ORDER BY from_ticks').all(key)
        : this.#db
            .prepare<CheckedRow>(
              `SELECT * FROM checked_windows WHERE tag_key = ? AND from_ticks <= ? AND until_ticks >= ?
               ORDER BY from_ticks`,
            )
            .all(key, range.until, range.from)
    return rows.map(({ from_ticks, until_ticks, look, outcome }) => ({
      from: from_ticks as Ticks,
      until: until_ticks as Ticks,
      look: Number(look),
      outcome,
    }))
  }

  #replaceWindows(key: bigint, known: readonly CheckedWindow[], now: readonly CheckedWindow[]): void {
    const remove = this.#db.prepare('DELETE FROM checked_windows WHERE tag_key = ? AND from_ticks = ?')
    const insert = this.#db.prepare('INSERT INTO checked_windows VALUES (?, ?, ?, ?, ?)')
    for (const { from } of known) remove.run(key, from)
    for (const { from, until, look, outcome } of now) insert.run(key, from, until, look, outcome)
  }

  #starts(key: bigint | undefined, { from, until }: Window, condition: string): Set<Ticks> {
    const rows = this.#db
      .prepare<{ at: Ticks }>(
        `SELECT start_ticks AS at FROM verdicts WHERE tag_key = ? AND start_ticks >= ? AND start_ticks < ? AND ${condition}`,
      )
      .all(key ?? 0n, from, until)
    return new Set(rows.map(({ at }) => at))
  }

  #keptCells(key: bigint): number {
    const row = this.#db
      .prepare<{ n: bigint }>('SELECT count(*) AS n FROM verdict_details WHERE tag_key = ? AND kept IS NOT NULL')
      .get(key)
    return Number(row?.n ?? 0n)
  }

  #rulesByLook(): Map<number, string> {
    const rows = this.#db.read(() =>
      this.#db.prepare<{ id: bigint; rules: string }>('SELECT id, rules FROM looks').all(),
    )
    return new Map(rows.map(({ id, rules }) => [Number(id), rules]))
  }

  #key(tag: TagId): bigint | undefined {
    return this.#db.prepare<{ key: bigint }>('SELECT key FROM parity_tags WHERE tag = ?').get(tag)?.key
  }

  #keyFor(tag: TagId): bigint {
    this.#db.prepare('INSERT OR IGNORE INTO parity_tags (tag) VALUES (?)').run(tag)
    return this.#key(tag) ?? 0n
  }
}
