/**
 * Replay: copies ranges of tags from one historian into the log: for a backfill, and for what a live tail left behind.
 *
 * Each tag starts with a small page over its whole gap, many tags at once: a sparse tag's ten years are one request
 * (the adapter packs many into one call). What is left of a dense tag is read slice by slice with full pages, few at
 * a time, newest slices of all tags first. Every page goes to the appender with the window it covers, so a stop at
 * any moment leaves nothing but gaps, which the next run computes afresh.
 *
 * A tag that cannot be read is set aside with its reason; the rest go on. Only the historian itself (down for too
 * long, credentials refused) or the log end a replay.
 */
import { setMaxListeners } from 'node:events'
import PQueue from 'p-queue'
import { gapsWithin } from '../domain/coverage.ts'
import { concernsOneTag, isUnanswered } from '../domain/error-kinds.ts'
import { isBanyanError, type BanyanError, type ErrorCode } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import type { HistorianSource, SamplePage } from '../source/source.ts'
import { abortable, following } from '../util/abort.ts'
import { failpoint } from '../util/failpoint.ts'
import type { Appender } from './appender.ts'
import { after, brokenTiling, lastingPages, provenBy, type Outage } from './checked-pages.ts'
import type { Ticket } from './pending-entry.ts'
import { nextSlice, type Density, type ReplayOrder } from './slices.ts'

/** First pages are small: hundreds of them are in memory at once, and most tags of a plant are slow. */
export const FIRST_PAGE_ROWS = 1_000
/** Tags whose first page is being read: two full coalesced calls, so that one is prepared while one is answered. */
const FIRST_PAGE_LANES = 200
/** Slice size in full pages: the page cut short at a slice's end costs a tenth of a request per page. */
const SLICE_PAGES = 10

export interface ReplayTask {
  readonly tag: Tag
  readonly range: Window
  /**
   * From here on, having found nothing proves nothing: of what lies beyond, only the stretch up to the last sample
   * found counts as covered. For tags that hold future data, whose forecasts are yet to be written; read oldest first.
   */
  readonly provisionalFrom?: Ticks | undefined
}

export interface ReplayOptions {
  readonly source: HistorianSource
  readonly appender: Appender
  readonly outage: Outage
  readonly order: ReplayOrder
  /** Samples per full page. */
  readonly pageSize: number
  /** Dense tags read at once; more than the governor lets through is of no use. */
  readonly lanes: number
  /** Called when that many samples of a tag have become durable. */
  readonly onAppended?: (samples: number) => void
  readonly onTagDone: (tag: Tag) => void
  readonly onTagFailed: (failure: TagFailure) => void
}

export interface TagFailure {
  readonly tag: TagId
  readonly name: string
  readonly code: ErrorCode
  readonly message: string
  /** What the user should do next. */
  readonly hint: string | undefined
}

/**
 * Resolves when every task is durable or its tag set aside. Rejects, after all reads have ended, with the historian's
 * or the log's failure, or with the signal's reason; what it has queued by then may still become durable.
 */
export async function replay(tasks: readonly ReplayTask[], options: ReplayOptions, signal: AbortSignal): Promise<void> {
  const stop = new AbortController()
  const { signal: combined, release } = following([signal, options.appender.gaveUp, stop.signal])
  // Hundreds of tags wait on it at once; that is no leak.
  setMaxListeners(0, combined)
  const lanes = {
    first: new PQueue({ concurrency: FIRST_PAGE_LANES }),
    dense: new PQueue({ concurrency: options.lanes }),
  }
  const fail = ({ tag: { id: tag, name } }: ReplayTask, error: unknown): void => {
    if (combined.aborted) return
    if (concernsOneTag(error) || isUnanswered(error)) {
      const { code, message, hint } = error
      options.onTagFailed({ tag, name, code, message, hint })
    } else {
      stop.abort(error)
    }
  }
  const writing: Promise<void>[] = []
  const copy = async (task: ReplayTask): Promise<void> => {
    const reading = new TagReplay(task, options, lanes, combined)
    try {
      await reading.run()
    } catch (error) {
      fail(task, error)
      return
    }
    writing.push(
      reading.durable().then(
        () => {
          options.onTagDone(task.tag)
        },
        (error: unknown) => {
          fail(task, error)
        },
      ),
    )
  }
  try {
    await Promise.all(tasks.map(copy))
    // A log that is away must not hold up whoever stops the replay.
    await abortable(Promise.all(writing), combined)
  } finally {
    release()
  }
}

/**
 * Tags that wait in a lane do not listen to the signal: adding a listener looks at all there are, and a hundred
 * thousand tags would stop the process for minutes. They are let through one by one, and see it then.
 */
class TagReplay {
  readonly #task: ReplayTask
  readonly #options: ReplayOptions
  readonly #lanes: { readonly first: PQueue; readonly dense: PQueue }
  readonly #signal: AbortSignal
  #lastTicket: Ticket | undefined
  /** Why an entry of this tag was not appended. */
  #refusal: BanyanError | undefined
  #slicesRead = 0

  constructor(
    task: ReplayTask,
    options: ReplayOptions,
    lanes: { readonly first: PQueue; readonly dense: PQueue },
    signal: AbortSignal,
  ) {
    this.#task = task
    this.#options = options
    this.#lanes = lanes
    this.#signal = signal
  }

  /** Resolves when all is read and queued. */
  async run(): Promise<void> {
    const { appender } = this.#options
    const { id } = this.#task.tag
    // An earlier run, broken off, may have left some of it queued.
    const undecided = appender.undecided(id)
    if (undecided !== undefined) await abortable(undecided, this.#signal)
    const covered = appender.progressOf(id)?.covered ?? []
    const gaps = gapsWithin(covered, this.#task.range)
    for (const gap of this.#options.order === 'newest-first' ? gaps.reverse() : gaps) await this.#copyGap(gap)
  }

  /** Resolves when what was queued is durable; rejects when the log refused some of it. */
  async durable(): Promise<void> {
    // Entries of one tag are settled in order: with the last one all are.
    await this.#lastTicket?.durable
    if (this.#refusal !== undefined) throw this.#refusal
  }

  async #copyGap(gap: Window): Promise<void> {
    const first = await this.#lanes.first.add(() => this.#firstPage(gap))
    let rest: Window | undefined = after(first.seen, gap)
    let density = first
    while (rest !== undefined) {
      const cut = nextSlice(rest, this.#options.order, density, SLICE_PAGES * this.#options.pageSize)
      // The newest slices of all tags come before the second-newest of any.
      const priority = -this.#slicesRead
      density = await this.#lanes.dense.add(() => this.#readWindow(cut.slice), { priority })
      this.#slicesRead += 1
      rest = cut.rest
    }
  }

  async #firstPage(gap: Window): Promise<Density> {
    const pageSize = Math.min(FIRST_PAGE_ROWS, this.#options.pageSize)
    for await (const page of this.#pages(gap, pageSize)) {
      await this.#deliver(page)
      return { samples: page.samples.length, seen: page.covers }
    }
    throw brokenTiling(this.#task.tag, gap)
  }

  async #readWindow(slice: Window): Promise<Density> {
    let samples = 0
    for await (const page of this.#pages(slice, this.#options.pageSize)) {
      await this.#deliver(page)
      samples += page.samples.length
    }
    return { samples, seen: slice }
  }

  #pages(window: Window, pageSize: number): AsyncIterable<SamplePage> {
    this.#signal.throwIfAborted()
    const { source, outage } = this.#options
    return lastingPages(this.#task.tag, window, { source, outage, pageSize }, this.#signal)
  }

  async #deliver(page: SamplePage): Promise<void> {
    failpoint('page-read')
    const { appender } = this.#options
    const covers = provenBy(page, this.#task.range, this.#task.provisionalFrom)
    if (covers === undefined) return
    const entry = { tag: this.#task.tag.id, source: page.source, covers, samples: page.samples }
    this.#lastTicket = await appender.put(entry, this.#signal)
    this.#lastTicket.durable.then(
      () => this.#options.onAppended?.(page.samples.length),
      (error: unknown) => {
        if (isBanyanError(error)) this.#refusal ??= error
      },
    )
  }
}
