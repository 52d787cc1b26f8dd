/**
 * Serving: which of a historian's two sources reads a tag now. Pure but for its memory; time is passed in, in
 * milliseconds of a clock that is never set.
 *
 * The primary serves until it has failed for `afterMs` without one success in between; the time of a request that failed
 * counts from when it was sent. Then the fallback serves, until the primary has answered everything it was asked for
 * `backMs`: one failure begins that anew. So a primary that comes and goes changes nothing, neither way.
 *
 * All of it holds twice: for the historian as a whole, whose failures are failed probes, refused credentials, and that
 * nobody is answered at all (pulse.ts), and for each tag, whose failures are reads that failed. A tag is read from the fallback when either says so. A tag that the
 * primary does not know (NOT_FOUND) is gone, which is no failure.
 *
 * While the fallback serves, the primary is asked in trials. When the fallback fails too, a primary that answers trials
 * serves at once.
 */
import { setMaxListeners } from 'node:events'
import { isBanyanError, type BanyanError, type ErrorCode } from '../domain/errors.ts'
import type { TagId } from '../domain/tag-id.ts'

export interface ServingLimits {
  /** How long the primary fails before the fallback serves. */
  readonly afterMs: number
  /** How long it answers before it serves again. */
  readonly backMs: number
}

/** One request that failed. */
export interface Attempt {
  readonly sentMs: number
  readonly failedMs: number
}

export type Standing =
  | {
      readonly by: 'primary'
      /** Its last success; -Infinity before the first. */
      readonly answeredMs: number
      /** Undefined when its last request succeeded. */
      readonly failingSinceMs: number | undefined
    }
  | {
      readonly by: 'fallback'
      readonly sinceMs: number
      /** First success of the primary after its last failure; undefined when that was its last request. */
      readonly answeringSinceMs: number | undefined
    }

export const TRUSTED: Standing = trusted(Number.NEGATIVE_INFINITY)

export function afterFailure(standing: Standing, { sentMs, failedMs }: Attempt, { afterMs }: ServingLimits): Standing {
  if (standing.by === 'fallback') return { ...standing, answeringSinceMs: undefined }
  // What was sent before the last success says nothing about the time before it.
  const failingSinceMs = standing.failingSinceMs ?? Math.max(sentMs, standing.answeredMs)
  if (failedMs - failingSinceMs < afterMs) return { ...standing, failingSinceMs }
  return { by: 'fallback', sinceMs: failedMs, answeringSinceMs: undefined }
}

export function afterAnswer(standing: Standing, nowMs: number, { backMs }: ServingLimits): Standing {
  if (standing.by === 'primary') return trusted(nowMs)
  const answeringSinceMs = standing.answeringSinceMs ?? nowMs
  return nowMs - answeringSinceMs >= backMs ? trusted(nowMs) : { ...standing, answeringSinceMs }
}

function trusted(answeredMs: number): Standing {
  return { by: 'primary', answeredMs, failingSinceMs: undefined }
}

/** Whom a failed read of a tag concerns; undefined: the fallback could not help. */
export function concernOf(error: unknown): 'historian' | 'tag' | undefined {
  if (isBanyanError(error, ...OF_HISTORIAN)) return 'historian'
  return isBanyanError(error, ...UNANSWERED, ...OF_TAG) ? 'tag' : undefined
}

/** May the historian as a whole be what a read failed for? */
export function isUnanswered(error: unknown): error is BanyanError {
  return isBanyanError(error, ...OF_HISTORIAN, ...UNANSWERED)
}

const OF_HISTORIAN: readonly ErrorCode[] = ['BANYAN_SOURCE_UNAUTHORIZED', 'BANYAN_SOURCE_DOWN']
const UNANSWERED: readonly ErrorCode[] = ['BANYAN_SOURCE_UNAVAILABLE', 'BANYAN_SOURCE_THROTTLED']
const OF_TAG: readonly ErrorCode[] = [
  'BANYAN_SOURCE_FORBIDDEN',
  'BANYAN_SOURCE_REJECTED',
  'BANYAN_SOURCE_PROTOCOL',
  'BANYAN_TICK_GROUP_TOO_LARGE',
]

/** Trials in the time the primary has to answer: enough that its good days are not one lucky moment. */
const TRIALS_PER_RETURN = 5
/** A probe is cheap, and all tags wait for it. */
const PROBE_EVERY_MS = 10_000
/** A read is asked for one tag alone. */
const READ_EVERY_MS = 60_000

export class Serving {
  readonly #limits: ServingLimits
  #historian: Standing = TRUSTED
  /** Of the tags that were read. */
  readonly #tags = new Map<TagId, Standing>()
  #primaryStint = newStint()
  /** When the primary was last tried: for a tag, or (undefined) as a whole. */
  readonly #triedMs = new Map<TagId | undefined, number>()

  constructor(limits: ServingLimits) {
    this.#limits = limits
  }

  of(tag: TagId): Standing['by'] {
    return this.isFallback() ? 'fallback' : (this.#tags.get(tag)?.by ?? 'primary')
  }

  /** Whether the fallback serves the historian as a whole. */
  isFallback(): boolean {
    return this.#historian.by === 'fallback'
  }

  /** Aborts when the fallback takes over for the historian as a whole: who waits for the primary then waits in vain. */
  whilePrimary(): AbortSignal {
    return this.#primaryStint.signal
  }

  /** Whether the fallback serves this tag for what is wrong with the tag alone. */
  isAside(tag: TagId): boolean {
    return this.#tags.get(tag)?.by === 'fallback'
  }

  /** The primary answered: a read of the tag, or (undefined) a probe. */
  answered(tag: TagId | undefined, nowMs: number): void {
    if (tag !== undefined) this.#tags.set(tag, afterAnswer(this.#tags.get(tag) ?? TRUSTED, nowMs, this.#limits))
    // Whoever reads a tag is there, and has let us in; on trial, only a probe says so.
    if (tag === undefined || !this.isFallback()) this.#turn(afterAnswer(this.#historian, nowMs, this.#limits))
  }

  /** The primary failed: a read of the tag, or (undefined) a probe, or any request with what concerns all of them. */
  failed(tag: TagId | undefined, attempt: Attempt): void {
    if (tag === undefined) this.#turn(afterFailure(this.#historian, attempt, this.#limits))
    else this.#tags.set(tag, afterFailure(this.#tags.get(tag) ?? TRUSTED, attempt, this.#limits))
  }

  /** Not one request of the primary, of whatever kind, was answered for `afterMs`. */
  unanswered(nowMs: number): void {
    if (!this.isFallback()) this.#turn({ by: 'fallback', sinceMs: nowMs, answeringSinceMs: undefined })
  }

  /** The fallback failed: a read of the tag, or (undefined) a probe, or any request that it did not answer. */
  fallbackFailed(tag: TagId | undefined, nowMs: number): void {
    if (tag === undefined && isAnswering(this.#historian)) this.#turn(trusted(nowMs))
    if (tag !== undefined && isAnswering(this.#tags.get(tag))) this.#tags.set(tag, trusted(nowMs))
  }

  /** How long the primary fails before the fallback serves. */
  get afterMs(): number {
    return this.#limits.afterMs
  }

  /** How long the primary may still fail for this tag before the fallback serves it; 0 when that time is over. */
  patienceMs(tag: TagId, nowMs: number): number {
    const standing = this.#tags.get(tag) ?? TRUSTED
    if (standing.by === 'fallback') return 0
    return Math.max(0, (standing.failingSinceMs ?? nowMs) + this.#limits.afterMs - nowMs)
  }

  /** Whether to try the primary now; whoever is told so does it. */
  takeTrial(tag: TagId | undefined, nowMs: number): boolean {
    const everyMs = Math.min(
      this.#limits.backMs / TRIALS_PER_RETURN,
      tag === undefined ? PROBE_EVERY_MS : READ_EVERY_MS,
    )
    if (nowMs - (this.#triedMs.get(tag) ?? Number.NEGATIVE_INFINITY) < everyMs) return false
    this.#triedMs.set(tag, nowMs)
    return true
  }

  /** What a tag did while the historian as a whole was in trouble says nothing about the tag. */
  #turn(next: Standing): void {
    if (next.by !== this.#historian.by) {
      for (const [tag, { by }] of this.#tags) if (by === 'primary') this.#tags.delete(tag)
    }
    const isOver = next.by === 'fallback' && this.#historian.by === 'primary'
    if (next.by === 'primary' && this.#historian.by === 'fallback') this.#primaryStint = newStint()
    this.#historian = next
    if (isOver) this.#primaryStint.abort(new Error('the fallback has taken over'))
  }
}

/** Every read of the primary listens to it; that is no leak. */
function newStint(): AbortController {
  const stint = new AbortController()
  setMaxListeners(0, stint.signal)
  return stint
}

function isAnswering(standing: Standing | undefined): boolean {
  return standing?.by === 'fallback' && standing.answeringSinceMs !== undefined
}
