/**
 * Source differences: what came of comparing the two sources of a historian where one had stood in for the other. Kept as
 * evidence of what the fallback is worth; they say nothing about the log, which sweeps correct.
 *
 * The newest DIFFERENCES_KEPT are kept, over all tags; the totals are of those.
 */
import type { TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import type { StoreDatabase } from './database.ts'
import { ofHistorian } from './of-historian.ts'

/** An outage of an hour in a plant of ten thousand tags, all of which differ. */
const DIFFERENCES_KEPT = 10_000

export interface DifferenceCounts {
  /** Samples both have. */
  readonly equal: number
  /** Samples only PI has. */
  readonly onlyPrimary: number
  /** Samples only OPC UA has. */
  readonly onlyFallback: number
  /** Samples both have, with other values. */
  readonly value: number
  /** Samples both have, with the same value and another severity. */
  readonly quality: number
}

export interface SourceDifference extends DifferenceCounts {
  readonly tag: TagId
  /** What was compared. */
  readonly window: Window
  /** One of the two could not be read any more: nothing is known, and the counts are 0. */
  readonly isUnread: boolean
  readonly foundAtMs: number
}

export interface DifferenceTotals extends DifferenceCounts {
  readonly windows: number
  readonly unread: number
}

interface DifferenceRow {
  readonly tag: TagId
  readonly from_ticks: bigint
  readonly until_ticks: bigint
  readonly equal: bigint
  readonly only_primary: bigint
  readonly only_fallback: bigint
  readonly value: bigint
  readonly quality: bigint
  readonly unread: bigint
  readonly found_at: bigint
}

type TotalsRow = Record<keyof DifferenceTotals, bigint>

export class SourceDifferenceTable {
  readonly #db: StoreDatabase
  readonly #clock: () => number

  constructor(db: StoreDatabase, clock: () => number) {
    this.#db = db
    this.#clock = clock
  }

  add({ tag, window, isUnread, ...counts }: Omit<SourceDifference, 'foundAtMs'>): void {
    const { equal, onlyPrimary, onlyFallback, value, quality } = counts
    this.#db.write(() => {
      this.#db
        .prepare(
          `INSERT INTO source_differences
             (tag, from_ticks, until_ticks, equal, only_primary, only_fallback, value, quality, unread, found_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          ...[tag, window.from, window.until],
          ...[equal, onlyPrimary, onlyFallback, value, quality, isUnread ? 1 : 0, this.#clock()],
        )
      this.#db
        .prepare('DELETE FROM source_differences WHERE id <= (SELECT max(id) FROM source_differences) - ?')
        .run(DIFFERENCES_KEPT)
    })
  }

  /** Newest first. */
  list(limit: number): SourceDifference[] {
    return this.#db
      .read(() =>
        this.#db.prepare<DifferenceRow>('SELECT * FROM source_differences ORDER BY id DESC LIMIT ?').all(limit),
      )
      .map((row) => ({
        tag: row.tag,
        window: { from: row.from_ticks as Ticks, until: row.until_ticks as Ticks },
        equal: Number(row.equal),
        onlyPrimary: Number(row.only_primary),
        onlyFallback: Number(row.only_fallback),
        value: Number(row.value),
        quality: Number(row.quality),
        isUnread: row.unread === 1n,
        foundAtMs: Number(row.found_at),
      }))
  }

  /** Of a historian, or of all. */
  totals(historian?: string): DifferenceTotals {
    const row = this.#db.read(() =>
      this.#db
        .prepare<TotalsRow>(
          `SELECT count(*) AS windows, coalesce(sum(unread), 0) AS unread, coalesce(sum(equal), 0) AS equal,
             coalesce(sum(only_primary), 0) AS onlyPrimary, coalesce(sum(only_fallback), 0) AS onlyFallback,
             coalesce(sum(value), 0) AS value, coalesce(sum(quality), 0) AS quality
           FROM source_differences WHERE @historian IS NULL OR ${ofHistorian('tag')}`,
        )
        .get({ historian: historian ?? null }),
    )
    return {
      windows: Number(row?.windows ?? 0),
      unread: Number(row?.unread ?? 0),
      equal: Number(row?.equal ?? 0),
      onlyPrimary: Number(row?.onlyPrimary ?? 0),
      onlyFallback: Number(row?.onlyFallback ?? 0),
      value: Number(row?.value ?? 0),
      quality: Number(row?.quality ?? 0),
    }
  }
}
