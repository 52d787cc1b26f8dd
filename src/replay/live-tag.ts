/**
 * LiveTag: what the tail remembers of one tag, and what it reads next. No input or output.
 *
 * What is covered, and where the tail's part begins, is the log's to say; here is only what may be forgotten at any
 * moment: that a stretch above the covered part was read and found empty (it need not be read again), and how dense the
 * tag is. The empty stretch is remembered with where it begins, and counts only while the coverage ends just there:
 * whatever else happened to the coverage, an entry refused by the log above all, makes it void rather than wrong.
 */
import { gapsWithin } from '../domain/coverage.ts'
import type { Tag } from '../domain/tag.ts'
import { END_OF_PI_TIME, ticks, TICKS_PER_SECOND, type Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import type { TagProgress } from '../log/log.ts'
import type { SourceKind } from '../source/source.ts'
import type { BackOff } from './back-off.ts'

/** A tag the log has never seen begins this far below what is settled: its first round shows whether it can be read. */
const FIRST_STRETCH = TICKS_PER_SECOND
/** Rounds in which a tag with future data is left alone after one that brought nothing of it: it costs a whole read. */
const FUTURE_REST_ROUNDS = 5

export interface StretchLimits {
  /** Settled, exclusive: what lies below no longer changes by normal means. */
  readonly settled: Ticks
  /** A head further behind than this is read newest first. */
  readonly catchUpTicks: bigint
  /** How much of it is read at once, at the newest end. */
  readonly freshTicks: bigint
}

/** What a round reads of a tag. */
export interface Stretch {
  readonly window: Window
  /** Where the first entry appended for it begins: below `window` lies what was read before and found empty. */
  readonly coverFrom: Ticks
  /** Appended even when nothing is found. */
  readonly isAppendedEmpty: boolean
  readonly provisionalFrom: Ticks | undefined
}

/** A window read and found empty, and who said last that it is. */
export interface Emptiness {
  readonly covers: Window
  readonly source: SourceKind
}

type Progress = TagProgress | undefined

export class LiveTag {
  /** Replaced when the catalogue describes it anew. */
  tag: Tag
  readonly head: BackOff
  readonly catchUp: BackOff
  /** Time of the newest sample seen; undefined before one was. */
  newest: Ticks | undefined
  /** Samples the last read brought: as many are expected of the next. */
  lastSamples = 0
  /** Read and found empty, not durable. */
  #idle: Emptiness | undefined
  #restRounds = 0

  constructor(tag: Tag, head: BackOff, catchUp: BackOff) {
    this.tag = tag
    this.head = head
    this.catchUp = catchUp
  }

  /** Where the tail's part is to begin; undefined when the log has that. Nothing is read before. */
  newPlace(progress: Progress, settled: Ticks): Ticks | undefined {
    if (progress?.liveFrom !== undefined) return undefined
    return progress?.covered.at(-1)?.until ?? ticks(settled - FIRST_STRETCH)
  }

  /** Undefined when nothing is to be read in this round. Called once per round. */
  nextStretch(progress: Progress, limits: StretchLimits): Stretch | undefined {
    const { settled, catchUpTicks, freshTicks } = limits
    const head = headOf(progress)
    if (head === undefined) return undefined
    const from = this.#idle?.covers.from === head ? this.#idle.covers.until : head
    const until = this.tag.future ? END_OF_PI_TIME : settled
    if (from >= until || this.#isResting()) return undefined
    const stretch = {
      window: { from, until },
      coverFrom: head,
      // A tag that is followed shows as covered from its first round on.
      isAppendedEmpty: progress?.covered.length === 0,
      provisionalFrom: this.tag.future ? settled : undefined,
    }
    if (this.tag.future || settled - from <= catchUpTicks) return stretch
    const fresh = ticks(settled - freshTicks)
    return { ...stretch, window: { from: fresh, until }, coverFrom: fresh, isAppendedEmpty: true }
  }

  /** `from` is where the coverage will end once everything put for the tag is durable. */
  foundNothing(covers: Window, source: SourceKind): void {
    this.#idle = { covers, source }
  }

  /** A whole stretch was read, with so many samples. */
  wasRead(samples: number): void {
    this.lastSamples = samples
    this.#restRounds = this.tag.future && samples === 0 ? FUTURE_REST_ROUNDS : 0
  }

  /** Read and found empty above what is covered; undefined when that is nothing. */
  idle(progress: Progress): Emptiness | undefined {
    return this.#idle !== undefined && this.#idle.covers.from === headOf(progress) ? this.#idle : undefined
  }

  /** Gaps between where the tail's part begins and where coverage ends, ascending: to be caught up. */
  gaps(progress: Progress): Window[] {
    const from = progress?.liveFrom
    const last = progress?.covered.at(-1)
    if (from === undefined || last === undefined || last.from <= from) return []
    return gapsWithin(progress?.covered ?? [], { from, until: last.until })
  }

  /** Below it the tail has read everything it is responsible for; undefined until that has a beginning. */
  watermark(progress: Progress): Ticks | undefined {
    return this.gaps(progress)[0]?.from ?? this.idle(progress)?.covers.until ?? headOf(progress)
  }

  #isResting(): boolean {
    if (this.#restRounds === 0) return false
    this.#restRounds -= 1
    return true
  }
}

/** Where coverage ends, or the tail's part begins before anything of it is covered; undefined until it has a place. */
function headOf(progress: Progress): Ticks | undefined {
  const from = progress?.liveFrom
  const until = progress?.covered.at(-1)?.until
  return from === undefined || until === undefined || until < from ? from : until
}
