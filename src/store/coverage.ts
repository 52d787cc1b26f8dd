/**
 * Coverage cache: what the log's checkpoints say per tag, kept for commands that want to know it without opening a
 * writer. The log wins: `replaceAll` takes over what a writer read from the log, and says where the cache was wrong.
 *
 * A `save` that fails (disk full) costs nothing but freshness: the next `replaceAll` mends it.
 */
import { coverageFrom, type Coverage } from '../domain/coverage.ts'
import { parseTagId, type TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import type { StoreDatabase } from './database.ts'
import { corruptStore } from './sqlite-error.ts'

export interface CachedProgress {
  readonly covered: Coverage
  /** Samples appended for the tag since ever. */
  readonly samples: number
}

export interface CoverageDifference {
  readonly tag: TagId
  /** Undefined: the cache did not know the tag. */
  readonly cached: CachedProgress | undefined
  /** Undefined: the log does not know the tag. */
  readonly logged: CachedProgress | undefined
}

interface WindowRow {
  readonly tag: string
  readonly samples: bigint
  /** Null together, for a tag that covers nothing. */
  readonly from_ticks: bigint | null
  readonly until_ticks: bigint | null
}

const SELECT = `
  SELECT coverage.tag, samples, from_ticks, until_ticks FROM coverage LEFT JOIN covered_windows USING (tag)`

export class CoverageTable {
  readonly #db: StoreDatabase

  constructor(db: StoreDatabase) {
    this.#db = db
  }

  get(tag: TagId): CachedProgress | undefined {
    const rows = this.#db.read(() =>
      this.#db.prepare<WindowRow>(`${SELECT} WHERE coverage.tag = ? ORDER BY from_ticks`).all(tag),
    )
    return this.#decode(rows).get(tag)
  }

  load(): Map<TagId, CachedProgress> {
    const rows = this.#db.read(() => this.#db.prepare<WindowRow>(`${SELECT} ORDER BY coverage.tag, from_ticks`).all())
    return this.#decode(rows)
  }

  /** Samples in the log per tag, as far as known here; without the windows. */
  samples(): Map<TagId, number> {
    const rows = this.#db.read(() =>
      this.#db.prepare<{ tag: TagId; samples: bigint }>('SELECT tag, samples FROM coverage').all(),
    )
    return new Map(rows.map(({ tag, samples }) => [tag, Number(samples)]))
  }

  /** Replaces what is known of these tags; all or nothing. */
  save(entries: Iterable<readonly [TagId, CachedProgress]>): void {
    this.#db.write(() => {
      const upsert = this.#db.prepare('INSERT OR REPLACE INTO coverage (tag, samples) VALUES (?, ?)')
      const clear = this.#db.prepare('DELETE FROM covered_windows WHERE tag = ?')
      const insert = this.#db.prepare('INSERT INTO covered_windows (tag, from_ticks, until_ticks) VALUES (?, ?, ?)')
      for (const [tag, { covered, samples }] of entries) {
        upsert.run(tag, samples)
        clear.run(tag)
        for (const { from, until } of covered) insert.run(tag, from, until)
      }
    })
  }

  /** Takes over the coverage of *all* tags as the log has it, and answers where the cache differed. */
  replaceAll(logged: ReadonlyMap<TagId, CachedProgress>): CoverageDifference[] {
    return this.#db.write(() => {
      const cached = this.load()
      const differences: CoverageDifference[] = []
      for (const [tag, progress] of logged) {
        const before = cached.get(tag)
        if (before === undefined || !isSame(before, progress)) {
          differences.push({ tag, cached: before, logged: progress })
        }
      }
      const gone = [...cached.keys()].filter((tag) => !logged.has(tag))
      const remove = this.#db.prepare('DELETE FROM coverage WHERE tag = ?')
      const clear = this.#db.prepare('DELETE FROM covered_windows WHERE tag = ?')
      for (const tag of gone) {
        remove.run(tag)
        clear.run(tag)
        differences.push({ tag, cached: cached.get(tag), logged: undefined })
      }
      this.save(
        differences.flatMap(({ tag, logged: progress }) => (progress === undefined ? [] : [[tag, progress] as const])),
      )
      return differences
    })
  }

  /** Rows of a tag together, windows ascending. */
  #decode(rows: readonly WindowRow[]): Map<TagId, CachedProgress> {
    const windows = new Map<string, { samples: number; covered: Window[] }>()
    for (const row of rows) {
      let entry = windows.get(row.tag)
      if (entry === undefined) windows.set(row.tag, (entry = { samples: Number(row.samples), covered: [] }))
      if (row.from_ticks !== null && row.until_ticks !== null) {
        entry.covered.push({ from: row.from_ticks as Ticks, until: row.until_ticks as Ticks })
      }
    }
    try {
      return new Map(
        [...windows].map(([tag, { samples, covered }]) => [
          parseTagId(tag),
          { samples, covered: coverageFrom(covered) },
        ]),
      )
    } catch (error) {
      throw corruptStore(this.#db.file, 'the coverage cannot be read', error)
    }
  }
}

function isSame(a: CachedProgress, b: CachedProgress): boolean {
  return (
    a.samples === b.samples &&
    a.covered.length === b.covered.length &&
    a.covered.every((w, i) => w.from === b.covered[i]?.from && w.until === b.covered[i].until)
  )
}
