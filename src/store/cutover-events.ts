/**
 * Cutover events: the audit chain as the store keeps it, one per bridge over all workloads. An event is appended in the
 * transaction that read the end of the chain, so that whoever decides has seen every decision before; of two processes
 * at once the second one sees the first one's. SQLite itself refuses an event that does not follow, and every change to
 * one that is there.
 *
 * What a line says, and what its hash covers, is the business of whoever builds it.
 */
import type { StoreDatabase } from './database.ts'

/** The end of the chain. */
export interface CutoverHead {
  readonly seq: number
  readonly hash: string
}

export interface NewCutoverEvent extends CutoverHead {
  readonly prevHash: string
  readonly workload: string
  /** Canonical JSON with these four fields in it. */
  readonly line: string
}

export interface StoredCutoverEvent extends NewCutoverEvent {
  /** Undefined: the audit topic may not have it. */
  readonly publishedAtMs: number | undefined
}

export interface CutoverEventQuery {
  /** Left out: of all. */
  readonly workload?: string
  /** Exclusive; left out: from the beginning. */
  readonly afterSeq?: number
  readonly limit: number
}

interface EventRow {
  readonly seq: bigint
  readonly workload: string
  readonly prev_hash: string
  readonly hash: string
  readonly line: string
  readonly published_at: bigint | null
}

export class CutoverEventTable {
  readonly #db: StoreDatabase
  readonly #clock: () => number

  constructor(db: StoreDatabase, clock: () => number) {
    this.#db = db
    this.#clock = clock
  }

  /**
   * Appends what `build` makes of the end of the chain, which is undefined before the first event, and answers it once
   * it is durable. `build` may read the store and sees nothing change meanwhile; it must not wait for anything. When it
   * throws, nothing was written, by it either; when it answers undefined, there is nothing to record.
   */
  append<E extends NewCutoverEvent | undefined>(build: (head: CutoverHead | undefined) => E): E {
    return this.#db.write(() => {
      const event = build(this.head())
      if (event !== undefined) {
        const { seq, workload, prevHash, hash, line } = event
        this.#db
          .prepare('INSERT INTO cutover_events (seq, workload, prev_hash, hash, line) VALUES (?, ?, ?, ?, ?)')
          .run(seq, workload, prevHash, hash, line)
      }
      return event
    })
  }

  head(): CutoverHead | undefined {
    const row = this.#db.read(() =>
      this.#db
        .prepare<Pick<EventRow, 'seq' | 'hash'>>('SELECT seq, hash FROM cutover_events ORDER BY seq DESC LIMIT 1')
        .get(),
    )
    return row && { seq: Number(row.seq), hash: row.hash }
  }

  /** Ascending. */
  list({ workload, afterSeq = 0, limit }: CutoverEventQuery): StoredCutoverEvent[] {
    if (workload === undefined) return this.#select('WHERE seq > @afterSeq', { afterSeq, limit })
    return this.#select('WHERE workload = @workload AND seq > @afterSeq', { workload, afterSeq, limit })
  }

  /** Those the audit topic may not have, ascending. A crash after publishing leaves them here: publish them again. */
  unpublished(limit: number): StoredCutoverEvent[] {
    return this.#select('WHERE published_at IS NULL', { limit })
  }

  /** The audit topic has them for certain. */
  markPublished(seqs: readonly number[]): void {
    const at = this.#clock()
    this.#db.write(() => {
      const mark = this.#db.prepare('UPDATE cutover_events SET published_at = ? WHERE seq = ? AND published_at IS NULL')
      for (const seq of seqs) mark.run(at, seq)
    })
  }

  /** Nothing is known to be in the audit topic any more: it may be another one. */
  forgetPublished(): void {
    this.#db.write(() => this.#db.prepare('UPDATE cutover_events SET published_at = NULL').run())
  }

  /** Whether the audit topic was ever heard to have one. */
  hasPublished(): boolean {
    return this.#db.read(
      () => this.#db.prepare('SELECT 1 FROM cutover_events WHERE published_at IS NOT NULL').get() !== undefined,
    )
  }

  #select(where: string, binding: Readonly<Record<string, string | number>>): StoredCutoverEvent[] {
    return this.#db
      .read(() =>
        this.#db.prepare<EventRow>(`SELECT * FROM cutover_events ${where} ORDER BY seq LIMIT @limit`).all(binding),
      )
      .map((row) => ({
        seq: Number(row.seq),
        workload: row.workload,
        prevHash: row.prev_hash,
        hash: row.hash,
        line: row.line,
        publishedAtMs: row.published_at === null ? undefined : Number(row.published_at),
      }))
  }
}
