/**
 * StretchRead: reads what a round owes one tag, and appends what it brings.
 *
 * Every page with samples is appended with the window it covers, in order; emptiness is remembered, not written. So a
 * read that breaks off leaves the log as far as it came, and the next round goes on there.
 */
import type { Window } from '../domain/window.ts'
import type { HistorianSource, SamplePage } from '../source/source.ts'
import { failpoint } from '../util/failpoint.ts'
import type { Appender } from './appender.ts'
import { after, brokenTiling, checkedPages, provenBy } from './checked-pages.ts'
import type { LiveTag, Stretch } from './live-tag.ts'
import type { PageTiers, Tier } from './page-tiers.ts'
import type { Ticket } from './pending-entry.ts'

export interface StretchReadParts {
  readonly source: HistorianSource
  readonly appender: Appender
  readonly tiers: PageTiers
}

export class StretchRead {
  readonly #live: LiveTag
  readonly #stretch: Stretch
  readonly #parts: StretchReadParts
  readonly #tickets: Ticket[] = []
  /** Where the next entry begins. */
  #coverFrom: Window['from']
  #samples = 0

  constructor(live: LiveTag, stretch: Stretch, parts: StretchReadParts) {
    this.#live = live
    this.#stretch = stretch
    this.#parts = parts
    this.#coverFrom = stretch.coverFrom
  }

  /** Resolves when all is read, and queued where there is anything to write. */
  async run(signal: AbortSignal): Promise<void> {
    let tier = this.#parts.tiers.startFor(this.#live.lastSamples)
    let rest: Window | undefined = this.#stretch.window
    while (rest !== undefined) {
      const [window, current]: [Window, Tier] = [rest, tier]
      rest = await current.lanes.add(() => this.#readIn(current, window, signal))
      tier = current.next ?? current
    }
    this.#live.wasRead(this.#samples)
  }

  /** Resolves when what was queued is durable; rejects when the log refused some of it. */
  async durable(): Promise<void> {
    // Every one is looked at: a later page may be durable although an earlier one was refused.
    for (const { durable } of this.#tickets) await durable
  }

  /** Found so far. */
  get samples(): number {
    return this.#samples
  }

  get hasQueued(): boolean {
    return this.#tickets.length > 0
  }

  /** What is left: in the last tier nothing, else what a first page did not hold. */
  async #readIn(tier: Tier, window: Window, signal: AbortSignal): Promise<Window | undefined> {
    signal.throwIfAborted()
    const options = { source: this.#parts.source, pageSize: tier.pageSize }
    for await (const page of checkedPages(this.#live.tag, window, options, signal)) {
      await this.#deliver(page, signal)
      if (tier.next !== undefined) return after(page.covers, window)
    }
    if (tier.next !== undefined) throw brokenTiling(this.#live.tag, window)
    return undefined
  }

  async #deliver(page: SamplePage, signal: AbortSignal): Promise<void> {
    failpoint('page-read')
    const { tag } = this.#live
    const { window: whole, provisionalFrom, isAppendedEmpty } = this.#stretch
    const { samples } = page
    this.#samples += samples.length
    this.#live.newest = samples.at(-1)?.ticks ?? this.#live.newest
    const proven = provenBy(page, whole, provisionalFrom)
    if (proven === undefined) return
    const covers = { from: this.#coverFrom, until: proven.until }
    const isEnd = page.covers.until >= whole.until
    if (samples.length === 0 && !(isEnd && isAppendedEmpty && !this.hasQueued)) {
      this.#live.foundNothing(covers, page.source)
      return
    }
    this.#tickets.push(await this.#parts.appender.put({ tag: tag.id, source: page.source, covers, samples }, signal))
    this.#coverFrom = covers.until
  }
}
