/**
 * FailoverSource: a historian with two sources behind one port. The primary (PI Web API) is read as long as it serves;
 * where it does not, the fallback (OPC UA) reads the same tags, under the same tag ids.
 *
 * - Who reads a tag is decided tag by tag, and for the historian as a whole, by serving.ts.
 * - Within one read the change happens between two pages: a tick that is inside neither tick group. Every page says who
 *   served it.
 * - What the fallback serves, empty windows too, is recorded as a seam before it is passed on (seam-marks.ts): when the
 *   primary is back, both are read again and compared, and the log is compared with the primary.
 * - The clock never runs ahead of the primary's (carried-clock.ts).
 * - Tags are the primary's: catalogue, counts and notices of change come from it alone.
 * - While the fallback serves, the primary is tried in the background, never in the way of a caller.
 * - When both fail, the primary's failure is what counts: a historian that is away, as without a fallback.
 */
import { isBanyanError } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import { floorToMs } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import type { Logger } from '../telemetry/logger.ts'
import { following, sleep } from '../util/abort.ts'
import type { CarriedClock, Moment } from './carried-clock.ts'
import { bothFailed, closed, takenOver, withoutNode } from './failover-errors.ts'
import type { Pulse } from './pulse.ts'
import type { SeamMarks } from './seam-marks.ts'
import { concernOf, isUnanswered, type Serving } from './serving.ts'
import type { Catalogue, HistorianSource, Hint, ReadOptions, SamplePage, SourceProbe, TagSelection } from './source.ts'

/** A read on trial takes a glance; the answer is thrown away. */
const TRIAL_ROWS = 10
/** Tags on trial at the same time: a glance at a hundred tags must not look like a backfill. */
const TRIALS_AT_ONCE = 8
/** Changes of source without a page in between: there and back. Both failing each time is an outage of both. */
const TURNS_WITHOUT_PAGE = 2

/** What all lanes of one historian share. */
export interface Failover {
  readonly serving: Serving
  /** Fed by the gates of the primary. */
  readonly pulse: Pulse
  readonly clock: CarriedClock
  readonly seams: SeamMarks
}

export interface FailoverParts extends Failover {
  readonly primary: HistorianSource
  readonly fallback: HistorianSource
  /** Values per call that the fallback may be asked for. */
  readonly fallbackPageSize: number
  /** A read that the primary refuses waits until the fallback may serve the tag; else it fails, to be tried again later. */
  readonly isPatient: boolean
  readonly logger: Logger
  readonly now?: () => Moment
}

const ourTime = (): Moment => ({ monotonicMs: performance.now(), wallMs: Date.now() })

export class FailoverSource implements HistorianSource {
  readonly historian: string
  readonly #parts: FailoverParts
  readonly #now: () => Moment
  readonly #closing = new AbortController()
  /** Under way: of tags, and (undefined) of the historian as a whole. */
  readonly #trials = new Map<TagId | undefined, Promise<void>>()
  /** What the fallback was last asked for. */
  #lastAsked: { readonly tag: Tag; readonly window: Window } | undefined

  constructor(parts: FailoverParts) {
    this.historian = parts.primary.historian
    this.#parts = parts
    this.#now = parts.now ?? ourTime
  }

  async probe(signal: AbortSignal): Promise<SourceProbe> {
    const { serving } = this.#parts
    this.#refuseWhenClosed()
    if (!serving.isFallback()) {
      try {
        return await this.#probePrimary(signal)
      } catch (error) {
        if (signal.aborted || !serving.isFallback()) throw error
      }
    }
    this.#tryHistorian()
    try {
      return this.#standIn(await this.#parts.fallback.probe(signal))
    } catch (error) {
      if (signal.aborted) throw error
      return await this.#probeInstead(error, signal)
    }
  }

  /** The primary's (known-nodes.ts): also while the fallback serves, when it is what the primary listed before. */
  async catalogue(selection: TagSelection, signal: AbortSignal): Promise<Catalogue> {
    const { primary, serving } = this.#parts
    const sentMs = this.#nowMs()
    const { signal: whileServing, release } = this.#whilePrimary(signal)
    try {
      return await primary.catalogue(selection, whileServing)
    } catch (error) {
      if (signal.aborted) throw error
      if (!whileServing.aborted) {
        if (!isUnanswered(error) || serving.isFallback()) throw error
        this.#failed(undefined, sentMs, error)
        if (!this.#isAway()) throw error
      }
    } finally {
      release()
    }
    return primary.catalogue(selection, signal)
  }

  async *read(tag: Tag, window: Window, options: ReadOptions, signal: AbortSignal): AsyncGenerator<SamplePage> {
    let open: Window | undefined = window
    let turnsLeft = TURNS_WITHOUT_PAGE
    while (open !== undefined) {
      const by = this.#serverOf(tag)
      const pages = by === 'primary' ? this.#primaryPages : this.#fallbackPages
      try {
        for await (const page of pages.call(this, tag, open, options, signal)) {
          turnsLeft = TURNS_WITHOUT_PAGE
          open = page.covers.until < window.until ? { from: page.covers.until, until: window.until } : undefined
          yield page
          if (this.#serverOf(tag) !== by) break
        }
      } catch (error) {
        if (signal.aborted) throw error
        if (this.#serverOf(tag) === by) await this.#awaitTurn(tag, error, signal)
        else if (turnsLeft === 0) throw error
        else turnsLeft -= 1
      }
    }
  }

  async count(tag: Tag, windows: readonly Window[], signal: AbortSignal): Promise<(number | undefined)[]> {
    if (this.#serverOf(tag) === 'primary') return this.#parts.primary.count(tag, windows, signal)
    return windows.map(() => undefined)
  }

  async summarise(tag: Tag, windows: readonly Window[], signal: AbortSignal): Promise<(string | undefined)[]> {
    if (this.#serverOf(tag) === 'primary') return this.#parts.primary.summarise(tag, windows, signal)
    return windows.map(() => undefined)
  }

  hints(tags: readonly Tag[], everyMs: number, signal: AbortSignal): AsyncIterable<readonly Hint[]> {
    return this.#parts.primary.hints(tags, everyMs, signal)
  }

  async close(): Promise<void> {
    this.#closing.abort(closed())
    await Promise.allSettled([this.#parts.primary.close(), this.#parts.fallback.close(), ...this.#trials.values()])
  }

  /** A tag without a node has the primary only. */
  #serverOf(tag: Tag): 'primary' | 'fallback' {
    return tag.address.opcua === undefined ? 'primary' : this.#parts.serving.of(tag.id)
  }

  /**
   * Until the time is over in which the primary may fail for the tag: asked once more, it serves, or the fallback does.
   * Throws the error where nothing is to be hoped for from that.
   */
  async #awaitTurn(tag: Tag, error: unknown, signal: AbortSignal): Promise<void> {
    const { isPatient, serving } = this.#parts
    const isRefused = concernOf(error) === 'tag' && !isUnanswered(error)
    if (!isPatient || !isRefused || tag.address.opcua === undefined || this.#serverOf(tag) === 'fallback') throw error
    const { signal: either, release } = following([signal, this.#closing.signal])
    try {
      await sleep(Math.ceil(serving.patienceMs(tag.id, this.#nowMs())), either)
    } finally {
      release()
    }
  }

  async *#primaryPages(
    tag: Tag,
    window: Window,
    options: ReadOptions,
    signal: AbortSignal,
  ): AsyncGenerator<SamplePage> {
    const { primary, serving } = this.#parts
    // Waiting for a historian that is known to be away would hold up the tags that have a node.
    if (serving.isFallback() && !this.#closing.signal.aborted) throw withoutNode(tag)
    const { signal: whileServing, release } = this.#whilePrimary(signal)
    let sentMs = this.#nowMs()
    try {
      for await (const page of primary.read(tag, window, options, whileServing)) {
        serving.answered(tag.id, this.#nowMs())
        yield page
        // What the caller did with the page took time, too.
        sentMs = this.#nowMs()
      }
    } catch (error) {
      // Waiting on, each read would find out by itself that the primary is away.
      if (whileServing.aborted && !signal.aborted)
        throw tag.address.opcua === undefined ? withoutNode(tag) : takenOver()
      if (!signal.aborted) {
        this.#failed(tag.id, sentMs, error)
        if (isUnanswered(error)) this.#askAfterHistorian()
      }
      throw error
    } finally {
      release()
    }
  }

  async *#fallbackPages(
    tag: Tag,
    window: Window,
    options: ReadOptions,
    signal: AbortSignal,
  ): AsyncGenerator<SamplePage> {
    const { fallback, fallbackPageSize, seams } = this.#parts
    this.#refuseWhenClosed()
    this.#lastAsked = { tag, window }
    this.#tryHistorian()
    this.#tryTag(tag, window)
    const pageSize = Math.min(options.pageSize, fallbackPageSize)
    try {
      for await (const page of fallback.read(tag, window, { ...options, pageSize }, signal)) {
        await seams.served(tag.id, page.covers)
        yield page
      }
    } catch (error) {
      // A seam that cannot be recorded is no failure of the fallback.
      const isOfSource = isBanyanError(error) && !error.code.startsWith('BANYAN_STORE_')
      if (!signal.aborted && isOfSource) this.#fallbackFailed(tag.id, error)
      throw error
    }
  }

  async #probePrimary(signal: AbortSignal): Promise<SourceProbe> {
    const sentMs = this.#nowMs()
    const { signal: whileServing, release } = this.#whilePrimary(signal)
    try {
      const probe = await this.#parts.primary.probe(whileServing)
      this.#parts.clock.hear(probe.serverTime, this.#now())
      this.#answered()
      return probe
    } catch (error) {
      if (whileServing.aborted && !signal.aborted) throw takenOver()
      if (!signal.aborted && isBanyanError(error)) this.#failed(undefined, sentMs, error)
      throw error
    } finally {
      release()
    }
  }

  /** For a call of the primary: aborts when the fallback takes over, and sees to it that it does in time. */
  #whilePrimary(signal: AbortSignal): { readonly signal: AbortSignal; release: () => void } {
    const { serving, pulse } = this.#parts
    // On trial, the primary is asked although the fallback serves.
    if (serving.isFallback()) return { signal, release: () => undefined }
    const serves = following([signal, serving.whilePrimary()])
    const stopWatching = pulse.onSilence(serving.afterMs, {
      isNear: () => {
        this.#askAfterHistorian()
      },
      isOver: (failure) => {
        this.#note(() => {
          serving.unanswered(this.#nowMs())
        }, failure)
      },
    })
    return {
      signal: serves.signal,
      release: () => {
        stopWatching()
        serves.release()
      },
    }
  }

  #fallbackFailed(tag: TagId, error: unknown): void {
    const { serving } = this.#parts
    serving.fallbackFailed(tag, this.#nowMs())
    // What is wrong with one node is no reason to leave a fallback that serves the others.
    if (!isUnanswered(error)) return
    this.#note(() => {
      serving.fallbackFailed(undefined, this.#nowMs())
    })
  }

  #standIn(probe: SourceProbe): SourceProbe {
    const now = this.#now()
    const serverTime = this.#parts.clock.limit(probe.serverTime, now)
    const earlierMs = floorToMs(probe.serverTime) - floorToMs(serverTime)
    return { ...probe, serverTime, clockOffsetMs: probe.clockOffsetMs - earlierMs }
  }

  /** The fallback does not answer a probe: a primary that does serves at once. */
  async #probeInstead(fallbackFailure: unknown, signal: AbortSignal): Promise<SourceProbe> {
    try {
      const probe = await this.#probePrimary(signal)
      this.#note(() => {
        this.#parts.serving.fallbackFailed(undefined, this.#nowMs())
      })
      return probe
    } catch (error) {
      throw signal.aborted ? error : bothFailed(error, fallbackFailure)
    }
  }

  /** Tries the primary as a whole, where that is due, beside the caller: a probe, and a glance at what was read last. */
  #tryHistorian(): void {
    const { serving } = this.#parts
    if (!serving.isFallback() || this.#closing.signal.aborted || this.#trials.has(undefined)) return
    if (!serving.takeTrial(undefined, this.#nowMs())) return
    this.#follow(undefined, this.#probeAndGlance(this.#closing.signal))
  }

  /** Beside the caller: is it the tag that was not answered, or does the primary answer nobody? */
  #askAfterHistorian(): void {
    if (this.#parts.serving.isFallback() || this.#closing.signal.aborted || this.#trials.has(undefined)) return
    const asking = this.#probePrimary(this.#closing.signal).then(() => undefined)
    this.#follow(undefined, asking)
  }

  /** Tries a tag that stands aside alone, where that is due, by a glance at what the caller reads. */
  #tryTag(tag: Tag, window: Window): void {
    const { serving } = this.#parts
    if (serving.isFallback() || !serving.isAside(tag.id) || this.#trials.has(tag.id)) return
    if (this.#trials.size >= TRIALS_AT_ONCE || this.#closing.signal.aborted) return
    if (!serving.takeTrial(tag.id, this.#nowMs())) return
    this.#follow(tag.id, this.#glance(tag, window, this.#closing.signal))
  }

  #follow(subject: TagId | undefined, trial: Promise<void>): void {
    const ended = trial.catch(() => undefined).finally(() => this.#trials.delete(subject))
    this.#trials.set(subject, ended)
  }

  async #probeAndGlance(signal: AbortSignal): Promise<void> {
    const { primary, clock } = this.#parts
    let sentMs = this.#nowMs()
    try {
      const { serverTime } = await primary.probe(signal)
      clock.hear(serverTime, this.#now())
    } catch (error) {
      if (!signal.aborted) this.#failed(undefined, sentMs, error)
      return
    }
    sentMs = this.#nowMs()
    try {
      if (this.#lastAsked !== undefined) {
        const { tag, window } = this.#lastAsked
        await firstPage(primary.read(tag, window, { pageSize: TRIAL_ROWS }, signal))
      }
    } catch (error) {
      if (signal.aborted) return
      if (isUnanswered(error)) {
        this.#failed(undefined, sentMs, error)
        return
      }
      // Whatever else a tag fails with is its own affair: it was answered.
    }
    this.#answered()
  }

  #glance(tag: Tag, window: Window, signal: AbortSignal): Promise<void> {
    return firstPage(this.#primaryPages(tag, window, { pageSize: TRIAL_ROWS }, signal))
  }

  #answered(): void {
    this.#note(() => {
      this.#parts.serving.answered(undefined, this.#nowMs())
    })
  }

  /** A failed probe is about all tags, whatever it fails with. */
  #failed(tag: TagId | undefined, sentMs: number, error: unknown): void {
    const concern = tag === undefined ? 'historian' : concernOf(error)
    if (concern === undefined) return
    const attempt = { sentMs, failedMs: this.#nowMs() }
    this.#note(() => {
      this.#parts.serving.failed(concern === 'tag' ? tag : undefined, attempt)
    }, error)
  }

  /** One line when the historian as a whole changes sources. */
  #note(learn: () => void, error?: unknown): void {
    const { serving, logger } = this.#parts
    const before = serving.isFallback()
    learn()
    if (serving.isFallback() === before) return
    const fields = isBanyanError(error) ? { code: error.code, error: error.message } : {}
    if (before) logger.info(fields, 'PI Web API answers again and is read again')
    else logger.warn(fields, 'PI Web API does not answer; tags are read through OPC UA')
  }

  #isAway(): boolean {
    return this.#parts.serving.isFallback()
  }

  #refuseWhenClosed(): void {
    this.#closing.signal.throwIfAborted()
  }

  #nowMs(): number {
    return this.#now().monotonicMs
  }
}

async function firstPage(pages: AsyncIterable<SamplePage>): Promise<void> {
  const reading = pages[Symbol.asyncIterator]()
  await reading.next()
  await reading.return?.()
}
