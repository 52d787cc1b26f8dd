/**
 * A historian as the watch over workloads sees it, when commands do what a daemon would: all it tells is read from the
 * store after each of them.
 */
import type { Bridge } from '../../app/bridge.ts'
import type { WatchedHistorian } from '../../daemon/cutover-service.ts'
import { surveyParity } from '../../daemon/parity-survey.ts'
import type { TagId } from '../../domain/tag-id.ts'
import { ticksFromMs, TICKS_PER_MS } from '../../domain/ticks.ts'
import type { VerdictCounts } from '../../domain/verdict.ts'
import type { Store } from '../../store/store.ts'
import type { Revisions } from '../../telemetry/live-status.ts'

interface StoredHistorianParts {
  readonly bridge: Bridge
  readonly store: Store
  /** Its name. */
  readonly historian: string
  /** The historian's own, milliseconds since 1970. */
  readonly clock: () => number
}

export class StoredHistorian implements WatchedHistorian {
  readonly name: string
  /** The catalogue was read by the copy, and does not change. */
  readonly catalogueChanges = 1
  readonly #parts: StoredHistorianParts
  #cells: ReadonlyMap<TagId, VerdictCounts> = new Map()
  #passes = 0
  #revisions: Revisions = { late: 0, edited: 0, deleted: 0 }

  constructor(parts: StoredHistorianParts) {
    this.name = parts.historian
    this.#parts = parts
  }

  get cells(): ReadonlyMap<TagId, VerdictCounts> {
    return this.#cells
  }

  get verifierPasses(): number {
    return this.#passes
  }

  lagMs(tag: TagId): number | undefined {
    const { store, clock } = this.#parts
    const end = store.coverage.get(tag)?.covered.at(-1)?.until
    return end === undefined ? undefined : Number((ticksFromMs(clock()) - end) / TICKS_PER_MS)
  }

  live(): ReturnType<WatchedHistorian['live']> {
    return { name: this.name, up: true, revisions: this.#revisions }
  }

  /** A command has gone through comparing; `revisions`: what it corrected. */
  async compared(revisions: Revisions | undefined, signal: AbortSignal): Promise<void> {
    const { bridge, store, historian } = this.#parts
    const { late, edited, deleted } = this.#revisions
    this.#revisions = {
      late: late + (revisions?.late ?? 0),
      edited: edited + (revisions?.edited ?? 0),
      deleted: deleted + (revisions?.deleted ?? 0),
    }
    this.#cells = (await surveyParity({ bridge, store, historian }, signal)).cells
    this.#passes += 1
  }
}
