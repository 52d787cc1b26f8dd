/**
 * Rolling audit: reads the records of all cells again from the log, a little at a time and round and round, to see
 * whether the log still shows what was folded from it. The comparison by digests cannot: cells keep what a record added
 * although the record is gone. The historian is not asked.
 *
 * Where it got to is not remembered across starts: it begins at a tag drawn at random, so that frequent restarts do not
 * audit the same tags again and again.
 */
import { ticks, type Ticks } from '../domain/ticks.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Window } from '../domain/window.ts'
import { ascending } from '../verify/chunks.ts'
import { auditLog, type AuditOutcome, type AuditParts } from '../verify/log-audit.ts'
import type { CurrentTags } from './current-tags.ts'

/** Of one turn; seconds of reading where the records lie together. */
const TURN_CELLS = 20_000
const TURN_SAMPLES = 200_000
/** Between the beginnings of two turns, at least. */
const TURN_EVERY_MS = 10 * 60_000
/** Of the time, at most: records that lie scattered cost the log a reading of all that lies between them. */
const TIME_SHARE = 1 / 20

/** Beyond any time a sample can have, and far enough from the edge of 64 bits to be reckoned with. */
const BEGINNING = ticks(-(2n ** 62n))
const END = ticks(2n ** 62n)

export interface RollingAuditParts extends AuditParts {
  readonly tags: CurrentTags
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Milliseconds, monotonic. */
  readonly clock: () => number
}

interface Place {
  readonly tag: TagId
  /** Inclusive. */
  readonly from: Ticks
}

const NOTHING: AuditOutcome = { cells: 0, short: 0 }

export class RollingAudit {
  readonly #parts: RollingAuditParts
  #place: Place | undefined
  #dueMs: number

  constructor(parts: RollingAuditParts) {
    this.#parts = parts
    this.#dueMs = parts.clock() + TURN_EVERY_MS
  }

  /** A turn, if one is due. Rejects when log or store fail, or the signal aborts; the turn is then taken again. */
  async turnIfDue(signal: AbortSignal): Promise<AuditOutcome> {
    return this.#parts.clock() < this.#dueMs ? NOTHING : this.turn(signal)
  }

  async turn(signal: AbortSignal): Promise<AuditOutcome> {
    const { clock } = this.#parts
    const startedMs = clock()
    const { scope, next } = this.#nextScope()
    const outcome = await auditLog(scope, this.#parts, signal)
    this.#place = next
    const tookMs = clock() - startedMs
    this.#dueMs = startedMs + Math.max(TURN_EVERY_MS, tookMs / TIME_SHARE)
    return outcome
  }

  /** Cells from the place reached on, tag by tag; and where the turn after that begins. */
  #nextScope(): {
    readonly scope: { readonly tag: TagId; readonly window: Window }[]
    readonly next: Place | undefined
  } {
    const { tags, random } = this.#parts
    const ids = ascending(tags.all().map(({ id }) => id))
    const drawn = ids[Math.floor(random() * ids.length)]
    const place = this.#place ?? (drawn === undefined ? undefined : { tag: drawn, from: BEGINNING })
    const scope: { readonly tag: TagId; readonly window: Window }[] = []
    const room = { cells: TURN_CELLS, samples: TURN_SAMPLES }
    if (place === undefined) return { scope, next: undefined }
    const first = ids.findIndex((id) => id >= place.tag)
    const order = first === -1 ? ids : [...ids.slice(first), ...ids.slice(0, first)]
    for (const tag of order) {
      const from = tag === place.tag ? place.from : BEGINNING
      const until = this.#endOf(tag, from, room)
      scope.push({ tag, window: { from, until } })
      if (until !== END) return { scope, next: { tag, from: until } }
    }
    // All the way round: on with the tag it began at.
    return { scope, next: order[0] === undefined ? undefined : { tag: order[0], from: BEGINNING } }
  }

  /** Where the room ends; the end of time when all cells from there on fit. At least one cell always does. */
  #endOf(tag: TagId, from: Ticks, room: { cells: number; samples: number }): Ticks {
    for (const { window, digest } of this.#parts.store.cells.read(tag, { from, until: END })) {
      if (room.cells <= 0 || room.samples <= 0) return window.from
      room.cells -= 1
      room.samples -= digest.count
    }
    return END
  }
}
