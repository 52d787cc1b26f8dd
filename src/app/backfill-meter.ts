/** What a backfill has done so far, for people and for the job's row. */
import { coveredTicks, gapsWithin } from '../domain/coverage.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Window } from '../domain/window.ts'
import type { AppendEntry } from '../log/log.ts'
import type { Governor } from '../replay/governor.ts'
import type { ReplayTask, TagFailure } from '../replay/replay.ts'

export interface BackfillProgress {
  /** `index`: reading the log back into cells, and counting. */
  readonly phase: 'catalogue' | 'copy' | 'index'
  readonly tags: { readonly total: number; readonly done: number; readonly failed: number }
  /** Appended and durable, this run. */
  readonly samples: number
  readonly requests: number
  /** Share of the source time to copy that is durable, 0 to 1; in phase `index`, share of the log read back. */
  readonly fraction: number
  /** Why the historian is not being read right now. */
  readonly heldBy: readonly string[]
}

export class BackfillMeter {
  readonly failures: TagFailure[] = []
  tagsTotal = 0
  tagsDone = 0
  samples = 0
  /** Share of the log read back. */
  indexed = 0
  recordsInLog = 0
  seconds = 0
  missing: readonly string[] = []
  withoutBackfill = 0
  #phase: BackfillProgress['phase'] = 'catalogue'
  #copyStartedMs = 0
  readonly #governors: readonly Governor[]
  readonly #requestsBefore: number
  readonly #ranges = new Map<TagId, Window>()
  #ticksTotal = 0n
  #ticksDone = 0n

  constructor(governors: readonly Governor[]) {
    this.#governors = governors
    this.#requestsBefore = this.#requestsMade()
  }

  get requests(): number {
    return this.#requestsMade() - this.#requestsBefore
  }

  selected(selectedCount: number, workCount: number, missing: readonly string[]): void {
    this.tagsTotal = workCount
    this.withoutBackfill = selectedCount - workCount
    this.missing = missing
  }

  copying(): void {
    this.#phase = 'copy'
    this.#copyStartedMs = performance.now()
  }

  indexing(): void {
    this.#phase = 'index'
  }

  copied(): void {
    this.seconds = (performance.now() - this.#copyStartedMs) / 1000
  }

  planned(task: ReplayTask, covered: Parameters<typeof gapsWithin>[0]): void {
    this.#ranges.set(task.tag.id, task.range)
    this.#ticksTotal += coveredTicks(gapsWithin(covered, task.range))
  }

  /** Counts what lies in the planned ranges: others may be appending to the same log. */
  appended(batch: readonly AppendEntry[]): void {
    for (const entry of batch) {
      if (entry.kind === 'amend' || entry.kind === 'place') continue
      const { tag, samples, covers } = entry
      const range = this.#ranges.get(tag)
      if (range === undefined || covers.from < range.from || covers.until > range.until) continue
      this.samples += samples.length
      this.#ticksDone += covers.until - covers.from
    }
  }

  progress(): BackfillProgress {
    const copied = this.#ticksTotal === 0n ? 1 : Number((this.#ticksDone * 10_000n) / this.#ticksTotal) / 10_000
    return {
      phase: this.#phase,
      tags: { total: this.tagsTotal, done: this.tagsDone, failed: this.failures.length },
      samples: this.samples,
      requests: this.requests,
      fraction: this.#phase === 'index' ? this.indexed : copied,
      heldBy: this.#governors.flatMap((governor) => governor.heldBy('backfill')),
    }
  }

  #requestsMade(): number {
    return this.#governors.reduce((sum, governor) => sum + governor.state().requests, 0)
  }
}
