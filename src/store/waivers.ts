/**
 * Waivers: mismatches somebody takes responsibility for, until a stated time. A waiver holds the cells that were a
 * mismatch when it was made, each with the evidence there was; a cell that differs in any other way since, is compared
 * anew with another result, or changes in the log, is waived no more.
 */
import { BanyanError } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import type { StoreDatabase } from './database.ts'

export interface WaiverRequest {
  readonly tag: TagId
  readonly window: Window
  readonly reason: string
  readonly owner: string
  /** Milliseconds since 1970; in the future. */
  readonly expiresAtMs: number
}

export interface Waiver extends WaiverRequest {
  readonly id: number
  readonly madeAtMs: number
  readonly withdrawnAtMs: number | undefined
  /** Cells it was made for. */
  readonly cells: number
}

interface WaiverRow {
  readonly id: bigint
  readonly tag: TagId
  readonly from_ticks: bigint
  readonly until_ticks: bigint
  readonly reason: string
  readonly owner: string
  readonly made_at: bigint
  readonly expires_at: bigint
  readonly withdrawn_at: bigint | null
  readonly cells: bigint
}

export class WaiverTable {
  readonly #db: StoreDatabase
  readonly #clock: () => number

  constructor(db: StoreDatabase, clock: () => number) {
    this.#db = db
    this.#clock = clock
  }

  /**
   * Waives the mismatches of the tag whose cells begin in the window, and answers the waiver. Throws BANYAN_USAGE when
   * there is none, nobody answers for it, or it would be over before it begins.
   */
  make({ tag, window: { from, until }, reason, owner, expiresAtMs }: WaiverRequest): Waiver {
    const madeAtMs = this.#clock()
    if (reason.trim() === '' || owner.trim() === '' || expiresAtMs <= madeAtMs) throw incomplete()
    return this.#db.write(() => {
      const row = this.#db
        .prepare<{ id: bigint }>(
          `INSERT INTO waivers (tag, from_ticks, until_ticks, reason, owner, made_at, expires_at)
           VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`,
        )
        .get(tag, from, until, reason, owner, madeAtMs, expiresAtMs)
      const id = row?.id ?? 0n
      const { changes } = this.#db
        .prepare(
          `INSERT INTO waived_cells (waiver, start_ticks, evidence)
           SELECT ?, start_ticks, evidence FROM verdicts JOIN verdict_details USING (tag_key, start_ticks)
           WHERE tag_key = (SELECT key FROM parity_tags WHERE tag = ?) AND start_ticks >= ? AND start_ticks < ?
             AND verdict = 'mismatch'`,
        )
        .run(id, tag, from, until)
      if (changes === 0) throw nothingToWaive(tag)
      const [made] = this.#select('WHERE id = @id', { id })
      if (made === undefined) throw nothingToWaive(tag)
      return made
    })
  }

  /** False when there is no such waiver, or it was withdrawn before. */
  withdraw(id: number): boolean {
    return this.#db.write(
      () =>
        this.#db
          .prepare('UPDATE waivers SET withdrawn_at = ? WHERE id = ? AND withdrawn_at IS NULL')
          .run(this.#clock(), id).changes === 1,
    )
  }

  /** Newest first, those that ended included. */
  list(limit: number): Waiver[] {
    return this.#db.read(() => this.#select('ORDER BY id DESC LIMIT @limit', { limit }))
  }

  /** Whether a waiver in force was made for the cell as it differs now. */
  waives(tag: TagId, start: Ticks, evidence: string): boolean {
    return this.#db.read(
      () =>
        this.#db
          .prepare(
            `SELECT 1 FROM waivers JOIN waived_cells ON waiver = id
             WHERE tag = ? AND start_ticks = ? AND evidence = ? AND withdrawn_at IS NULL AND expires_at > ?`,
          )
          .get(tag, start, evidence, this.#clock()) !== undefined,
    )
  }

  #select(rest: string, binding: Readonly<Record<string, bigint | number>>): Waiver[] {
    return this.#db
      .prepare<WaiverRow>(
        `SELECT *, (SELECT count(*) FROM waived_cells WHERE waiver = id) AS cells FROM waivers ${rest}`,
      )
      .all(binding)
      .map((row) => ({
        id: Number(row.id),
        tag: row.tag,
        window: { from: row.from_ticks as Ticks, until: row.until_ticks as Ticks },
        reason: row.reason,
        owner: row.owner,
        madeAtMs: Number(row.made_at),
        expiresAtMs: Number(row.expires_at),
        withdrawnAtMs: row.withdrawn_at === null ? undefined : Number(row.withdrawn_at),
        cells: Number(row.cells),
      }))
  }
}

function incomplete(): BanyanError {
  return new BanyanError('BANYAN_USAGE', 'a waiver needs a reason, an owner and an end in the future', {
    hint: 'Say why the difference is acceptable, who answers for it, and until when.',
  })
}

function nothingToWaive(tag: TagId): BanyanError {
  return new BanyanError('BANYAN_USAGE', `there is no mismatch of ${tag} in this window to be waived`, {
    hint: 'Look at the parity report; run `banyan verify` for a current one.',
    context: { tag },
  })
}
