/**
 * TailRound: one pass over all tags, each read from where it was left to what is settled.
 *
 * A tag that cannot be read or recorded is set aside with its reason, and left alone for a while that grows; one line
 * tells of all of them. The round ends early only for what concerns more than one tag.
 */
import { concernsOneTag, isUnanswered } from '../domain/error-kinds.ts'
import type { BanyanError } from '../domain/errors.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Logger } from '../telemetry/logger.ts'
import { abortable, together } from '../util/abort.ts'
import type { LiveTag, StretchLimits } from './live-tag.ts'
import { AliveCheck } from './outage.ts'
import { StretchRead, type StretchReadParts } from './stretch-read.ts'

export interface RoundOutcome {
  /** Exclusive; undefined when the historian's clock is not believed yet, and nothing was read. */
  readonly settled: Ticks | undefined
  /** Tags that were read. */
  readonly tags: number
  /** Of them, those that brought samples. */
  readonly tagsWithNews: number
  /** Those that could not be read or recorded. */
  readonly tagsFailed: number
  /** Appended, and durable. */
  readonly samples: number
}

export interface TailRoundParts extends StretchReadParts {
  readonly logger: Logger
  readonly limits: StretchLimits
  /** Milliseconds of a clock that is never set. */
  readonly nowMs: () => number
}

export class TailRound {
  readonly #parts: TailRoundParts
  readonly #alive: AliveCheck
  /** Reject with what concerns more than one tag. */
  readonly #writing: Promise<void>[] = []
  readonly #failures: { readonly live: LiveTag; readonly error: BanyanError; readonly isNew: boolean }[] = []
  #tags = 0
  #tagsWithNews = 0
  #tagsRecovered = 0
  #samples = 0

  constructor(parts: TailRoundParts) {
    this.#parts = parts
    this.#alive = new AliveCheck(parts.source)
  }

  /** Once. Resolves when all that was found is durable; rejects after all reads have ended. */
  async run(tags: readonly LiveTag[], signal: AbortSignal): Promise<RoundOutcome> {
    const due = tags.filter((live) => live.head.isDue(this.#parts.nowMs()))
    try {
      await together(
        due.map((live) => (shared) => this.#read(live, shared)),
        signal,
      )
      await abortable(Promise.all(this.#writing), signal)
    } finally {
      this.#report()
    }
    return {
      settled: this.#parts.limits.settled,
      tags: this.#tags,
      tagsWithNews: this.#tagsWithNews,
      tagsFailed: this.#failures.length,
      samples: this.#samples,
    }
  }

  async #read(live: LiveTag, signal: AbortSignal): Promise<void> {
    const { appender, limits } = this.#parts
    // A round broken off may have left some of it queued.
    const undecided = appender.undecided(live.tag.id)
    if (undecided !== undefined) await abortable(undecided, signal)
    try {
      await this.#place(live, signal)
      const stretch = live.nextStretch(appender.progressOf(live.tag.id), limits)
      if (stretch === undefined) return
      this.#tags += 1
      const read = new StretchRead(live, stretch, this.#parts)
      await read.run(signal)
      if (read.hasQueued) this.#awaitDurable(live, read)
      else this.#succeeded(live)
    } catch (error) {
      if (signal.aborted) throw error
      if (isUnanswered(error)) await this.#alive.over(signal)
      this.#failed(live, error)
    }
  }

  /** A tag seen for the first time gets its place in the log before anything of it is read: what fails cannot move it. */
  async #place(live: LiveTag, signal: AbortSignal): Promise<void> {
    const { appender, limits } = this.#parts
    const tag = live.tag.id
    const liveFrom = live.newPlace(appender.progressOf(tag), limits.settled)
    if (liveFrom === undefined) return
    const { durable } = await appender.put({ kind: 'place', tag, liveFrom }, signal)
    await abortable(durable, signal)
  }

  /** Outside the lanes: other tags are read meanwhile. */
  #awaitDurable(live: LiveTag, read: StretchRead): void {
    const written = read.durable().then(
      () => {
        this.#samples += read.samples
        if (read.samples > 0) this.#tagsWithNews += 1
        this.#succeeded(live)
      },
      (error: unknown) => {
        this.#failed(live, error)
      },
    )
    // It is looked at when all is read, unless the round ends before.
    written.catch(() => undefined)
    this.#writing.push(written)
  }

  #succeeded(live: LiveTag): void {
    if (live.head.fault !== undefined) this.#tagsRecovered += 1
    live.head.succeeded()
  }

  #failed(live: LiveTag, error: unknown): void {
    if (!concernsOneTag(error) && !isUnanswered(error)) throw error
    this.#failures.push({ live, error, isNew: live.head.fault === undefined })
    live.head.failed(error, this.#parts.nowMs())
  }

  #report(): void {
    const { logger } = this.#parts
    const begun = this.#failures.filter(({ isNew }) => isNew)
    const [first] = begun
    if (first !== undefined) {
      const { live, error } = first
      const facts = { tags: begun.length, tag: live.tag.id, code: error.code, error: error.message, hint: error.hint }
      logger.warn(facts, 'tags cannot be read; trying each again later')
    }
    if (this.#tagsRecovered > 0) logger.info({ tags: this.#tagsRecovered }, 'tags are read again')
  }
}
