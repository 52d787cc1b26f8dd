/**
 * Tail: keeps every tag of one historian covered up to what is settled.
 *
 * What it owes a tag is what of `[liveFrom, settled)` is not covered, and the log knows all of it but the time: nothing
 * needs to be remembered across a crash. A round reads the top of every tag; a top further behind than `CATCH_UP_MS` is
 * read newest first, so that fresh data is back at once, and what that leaves below is caught up beside the rounds. No
 * two read the same: a round reads above all coverage, catching up below its end, backfill below `liveFrom`.
 *
 * A tag with nothing new costs a share of a request and no write. How far it was read is remembered here and written
 * every `FLUSH_EVERY_MS`; after a crash that much is read again, and found empty again.
 */
import type { TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import { TICKS_PER_MS, type Ticks } from '../domain/ticks.ts'
import type { HistorianSource, SourceProbe } from '../source/source.ts'
import type { Logger } from '../telemetry/logger.ts'
import { abortable } from '../util/abort.ts'
import type { Appender } from './appender.ts'
import { BackOff } from './back-off.ts'
import { catchUpGaps } from './catch-up.ts'
import { type ClockEvent, HistorianClock, type OurTime } from './historian-clock.ts'
import { LiveTag } from './live-tag.ts'
import { PageTiers } from './page-tiers.ts'
import type { Ticket } from './pending-entry.ts'
import { type RoundOutcome, TailRound } from './tail-round.ts'
import { lagOfTag, type ProbedAt, stateOfTags, type TailState } from './tail-state.ts'
import { Turn } from './turn.ts'

/** Longer than what an idle tag has to read again after a crash, which is no reason to read anything newest first. */
export const CATCH_UP_MS = 30 * 60_000
/** Where rounds are far apart, a few missed ones are none either. */
const CATCH_UP_INTERVALS = 20
/** How much of a long gap is read at once, unless an interval is longer. */
const FRESH_MS = 60_000
/** What a crash costs: so much of the idle tags is read again. Ten thousand checkpoints are little at this pace. */
export const FLUSH_EVERY_MS = 10 * 60_000

export interface TailParts {
  /** In the lane `tail`. */
  readonly source: HistorianSource
  /** The same historian in the lane `catch-up`. */
  readonly catchUpSource: HistorianSource
  readonly appender: Appender
  readonly logger: Logger
  /** How long after its timestamp a sample may still change by normal means. */
  readonly settleMs: number
  /** Between the starts of two rounds; also the first pause of a tag that fails. */
  readonly intervalMs: number
  /** Samples per full page. */
  readonly pageSize: number
  /** Dense tags read at once; more than the governor lets through is of no use. */
  readonly lanes: number
  /** Sees each probe before anything is read; what it throws ends the round. */
  readonly onProbe: (probe: SourceProbe) => void
  readonly onClock: (event: ClockEvent) => void
  readonly now?: () => OurTime
}

const ourTime = (): OurTime => ({ monotonicMs: performance.now(), wallMs: Date.now() })

export class Tail {
  readonly #parts: TailParts
  readonly #logger: Logger
  readonly #now: () => OurTime
  readonly #clock: HistorianClock
  readonly #tiers: PageTiers
  #tags = new Map<TagId, LiveTag>()
  #probed: ProbedAt | undefined
  #rounds = 0
  #lastRoundMs: number | undefined
  #samples = 0
  #flushedMs: number
  /** Rounds and flushes wait for each other: both write above what is covered. */
  readonly #above = new Turn()
  /** So do two calls that read below. */
  readonly #below = new Turn()

  constructor(parts: TailParts) {
    this.#parts = parts
    this.#logger = parts.logger.child({ component: 'tail', historian: parts.source.historian })
    this.#now = parts.now ?? ourTime
    this.#clock = new HistorianClock(parts.settleMs)
    this.#tiers = new PageTiers(parts.pageSize, parts.lanes)
    this.#flushedMs = this.#nowMs()
  }

  /** From the next round on these tags and no others; what is remembered of those that stay is kept. */
  setTags(tags: readonly Tag[]): void {
    const known = this.#tags
    this.#tags = new Map(
      tags.map((tag) => {
        const { intervalMs } = this.#parts
        const live = known.get(tag.id) ?? new LiveTag(tag, new BackOff(intervalMs), new BackOff(intervalMs))
        live.tag = tag
        return [tag.id, live]
      }),
    )
  }

  /**
   * What is settled as the historian's clock stands, exclusive; undefined until a round has asked it. Goes back when
   * that clock is set back.
   */
  get settled(): Ticks | undefined {
    return this.#clock.settled
  }

  /** The historian's clock leapt and is not believed yet; meanwhile `settled` advances with time only. */
  get isClockHeld(): boolean {
    return this.#clock.isHeld
  }

  has(tag: TagId): boolean {
    return this.#tags.has(tag)
  }

  /**
   * Where the tail's part of a tag begins: whoever else reads the tag for the first time stays below it. Undefined
   * until a round has given the tag its place, which is durable then: until then nobody else may read it, because the
   * round will begin where coverage ends when it comes.
   */
  liveFrom(tag: TagId): Ticks | undefined {
    return this.#parts.appender.progressOf(tag)?.liveFrom
  }

  /**
   * Reads the top of every tag that is due; resolves when all of it is durable. Rejects with what makes the historian
   * or the log as a whole unusable: what was appended until then stays, and the next round goes on from there.
   */
  round(signal: AbortSignal): Promise<RoundOutcome> {
    return this.#above.take(() => this.#round(signal))
  }

  /**
   * Reads what rounds have left below, newest first; answers how many tags had such gaps. Runs beside rounds. Rejects
   * like `round`.
   */
  catchUp(signal: AbortSignal): Promise<number> {
    const { catchUpSource: source, appender, pageSize, lanes } = this.#parts
    const onAppended = (samples: number): void => {
      this.#samples += samples
    }
    const nowMs = (): number => this.#nowMs()
    const parts = { source, appender, logger: this.#logger, pageSize, lanes, nowMs, onAppended }
    return this.#below.take(() => catchUpGaps([...this.#tags.values()], parts, signal))
  }

  /** Makes durable how far tags without news were read, so that a restart need not read it again. Idempotent. */
  flush(signal: AbortSignal): Promise<void> {
    return this.#above.take(() => this.#flush(signal))
  }

  /** Costs a pass over all tags. */
  state(): TailState {
    return {
      ...stateOfTags([...this.#tags.values()], this.#parts.appender, this.#probed, this.#now()),
      rounds: this.#rounds,
      lastRoundMs: this.#lastRoundMs,
      samples: this.#samples,
    }
  }

  /** How far the tag is behind the historian's clock, milliseconds; undefined before a round has seen it. */
  lagMs(tag: TagId): number | undefined {
    const live = this.#tags.get(tag)
    return live && lagOfTag(live, this.#parts.appender, this.#probed, this.#now())
  }

  async #round(signal: AbortSignal): Promise<RoundOutcome> {
    const startedMs = this.#nowMs()
    const settled = await this.#settledNow(signal)
    if (settled === undefined) return { settled, tags: 0, tagsWithNews: 0, tagsFailed: 0, samples: 0 }
    const { source, appender, intervalMs } = this.#parts
    const limits = {
      settled,
      catchUpTicks: ticksOf(Math.max(CATCH_UP_MS, CATCH_UP_INTERVALS * intervalMs)),
      freshTicks: ticksOf(Math.max(FRESH_MS, intervalMs)),
    }
    const nowMs = (): number => this.#nowMs()
    const round = new TailRound({ source, appender, tiers: this.#tiers, logger: this.#logger, limits, nowMs })
    const outcome = await round.run([...this.#tags.values()], signal)
    this.#samples += outcome.samples
    if (this.#nowMs() - this.#flushedMs >= FLUSH_EVERY_MS) await this.#flush(signal)
    this.#rounds += 1
    this.#lastRoundMs = Math.round(this.#nowMs() - startedMs)
    return outcome
  }

  /** Windows end by the historian's clock, never by ours. */
  async #settledNow(signal: AbortSignal): Promise<Ticks | undefined> {
    const { source, onProbe, onClock } = this.#parts
    const probe = await source.probe(signal)
    onProbe(probe)
    if (this.#probed === undefined) this.#resumeClock()
    const at = this.#now()
    this.#probed = { probe, at }
    for (const event of this.#clock.observe({ serverTime: probe.serverTime, ...at })) onClock(event)
    return this.#clock.settled
  }

  /** Whatever the tail has covered was settled when it was. */
  #resumeClock(): void {
    for (const { tag } of this.#tags.values()) {
      const progress = this.#parts.appender.progressOf(tag.id)
      const covered = progress?.liveFrom === undefined ? undefined : progress.covered.at(-1)
      if (covered !== undefined && !tag.future) this.#clock.resume(covered.until)
    }
  }

  async #flush(signal: AbortSignal): Promise<void> {
    const { appender } = this.#parts
    const tickets: Ticket[] = []
    for (const live of this.#tags.values()) {
      const tag = live.tag.id
      const undecided = appender.undecided(tag)
      if (undecided !== undefined) await abortable(undecided, signal)
      const idle = live.idle(appender.progressOf(tag))
      if (idle !== undefined) tickets.push(await appender.put({ tag, ...idle, samples: [] }, signal))
    }
    await abortable(Promise.all(tickets.map(({ durable }) => durable)), signal)
    this.#flushedMs = this.#nowMs()
  }

  #nowMs(): number {
    return this.#now().monotonicMs
  }
}

function ticksOf(ms: number): bigint {
  return BigInt(ms) * TICKS_PER_MS
}
