/**
 * Cutover facts: small measurements a decision needs that no cell holds. Per workload and ten minutes: was everything
 * green, did the verifier look, how late were the consumers; and what the bridge lived through and proved of itself.
 *
 * Kept for 90 days, longer than any streak a policy can ask for. What is not in here was not measured, and is never
 * taken for good: losing facts closes gates and opens none.
 */
import type { StoreDatabase } from './database.ts'

export const FACT_WINDOW_MS = 600_000
const RETENTION_MS = 90 * 86_400_000

/** What a consumer could have read from the log was this old, milliseconds. */
export interface ConsumerLagFact {
  readonly consumer: string
  readonly p99Ms: number
  readonly maxMs: number
}

export interface WindowFact {
  readonly workload: string
  /** Start of the ten minutes, milliseconds since 1970. */
  readonly startMs: number
  /** Whether every cell was; undefined: nobody could say. */
  readonly isGreen: boolean | undefined
  /** The verifier finished no look at the workload. */
  readonly isSilent: boolean
  /** A consumer that is not in here was not measured. */
  readonly lags: readonly ConsumerLagFact[]
}

export type BridgeFactKind =
  /** Faults were planted for the verifier to find; the detail says how many, and how many it found. */
  | 'seeded-faults'
  | 'restart'
  /** A historian was away and came back. */
  | 'outage'
  /** Samples came long after their time. */
  | 'late-batch'
  /** To or from daylight saving time, lived through or simulated. */
  | 'clock-change'

export interface NewBridgeFact {
  readonly kind: BridgeFactKind
  /** Left out: it is about all of them. */
  readonly workload?: string | undefined
  /** Plain JSON. */
  readonly detail: Readonly<Record<string, unknown>>
}

export interface BridgeFact extends NewBridgeFact {
  readonly atMs: number
}

interface WindowRow {
  readonly start_at: bigint
  readonly is_green: bigint | null
  readonly is_silent: bigint
  readonly lags: string
}

interface FactRow {
  readonly at: bigint
  readonly kind: BridgeFactKind
  readonly workload: string | null
  readonly detail: string
}

export class CutoverFactTable {
  readonly #db: StoreDatabase
  readonly #clock: () => number

  constructor(db: StoreDatabase, clock: () => number) {
    this.#db = db
    this.#clock = clock
  }

  /** Of the ten minutes that `startMs` lies in; what was noted of them before is replaced. */
  recordWindow({ workload, startMs, isGreen, isSilent, lags }: WindowFact): void {
    const start = startMs - (startMs % FACT_WINDOW_MS)
    this.#db.write(() => {
      this.#db
        .prepare('REPLACE INTO workload_windows VALUES (?, ?, ?, ?, ?)')
        .run(workload, start, isGreen === undefined ? null : Number(isGreen), Number(isSilent), JSON.stringify(lags))
      this.#db.prepare('DELETE FROM workload_windows WHERE start_at < ?').run(this.#clock() - RETENTION_MS)
    })
  }

  /** Those that begin in `[fromMs, untilMs)`, ascending. */
  windows(workload: string, fromMs: number, untilMs: number): WindowFact[] {
    return this.#db
      .read(() =>
        this.#db
          .prepare<WindowRow>(
            `SELECT start_at, is_green, is_silent, lags FROM workload_windows
             WHERE workload = ? AND start_at >= ? AND start_at < ? ORDER BY start_at`,
          )
          .all(workload, fromMs, untilMs),
      )
      .map((row) => ({
        workload,
        startMs: Number(row.start_at),
        isGreen: row.is_green === null ? undefined : row.is_green === 1n,
        isSilent: row.is_silent === 1n,
        lags: JSON.parse(row.lags) as ConsumerLagFact[],
      }))
  }

  /** It happened now. */
  record({ kind, workload, detail }: NewBridgeFact): void {
    const now = this.#clock()
    this.#db.write(() => {
      this.#db
        .prepare('INSERT INTO bridge_facts (at, kind, workload, detail) VALUES (?, ?, ?, ?)')
        .run(now, kind, workload ?? null, JSON.stringify(detail))
      this.#db.prepare('DELETE FROM bridge_facts WHERE at < ?').run(now - RETENTION_MS)
    })
  }

  /** Of the kind, since `fromMs` (inclusive), newest first. */
  facts(kind: BridgeFactKind, fromMs: number, limit: number): BridgeFact[] {
    return this.#db
      .read(() =>
        this.#db
          .prepare<FactRow>('SELECT * FROM bridge_facts WHERE kind = ? AND at >= ? ORDER BY at DESC, id DESC LIMIT ?')
          .all(kind, fromMs, limit),
      )
      .map((row) => ({
        atMs: Number(row.at),
        kind: row.kind,
        ...(row.workload !== null && { workload: row.workload }),
        detail: JSON.parse(row.detail) as BridgeFact['detail'],
      }))
  }
}
