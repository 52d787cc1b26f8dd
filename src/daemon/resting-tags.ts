/**
 * Resting tags: those of which a comparison could settle nothing, because they could not be read or never came to rest.
 * What is unsettled is planned first, so without a rest such a tag would take the turns of all others for ever.
 */
import { within, type Coverage } from '../domain/coverage.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Window } from '../domain/window.ts'
import type { PlannedTag, TagNeed } from '../verify/planner.ts'

const REST_MS = 30 * 60_000

export class RestingTags {
  /** Milliseconds, monotonic. */
  readonly #clock: () => number
  /** Until when each rests. */
  readonly #untilMs = new Map<TagId, number>()
  /** What was to be settled of each tag that was planned. */
  #open: ReadonlyMap<TagId, Coverage> = new Map()

  constructor(clock: () => number) {
    this.#clock = clock
  }

  has(tag: TagId): boolean {
    const untilMs = this.#untilMs.get(tag)
    if (untilMs !== undefined && untilMs <= this.#clock()) this.#untilMs.delete(tag)
    return this.#untilMs.has(tag)
  }

  add(tag: TagId): void {
    this.#untilMs.set(tag, this.#clock() + REST_MS)
  }

  /** All of what is planned was compared; what that settled shows in the needs that `judge` is given next. */
  compared(planned: readonly PlannedTag[], needs: readonly TagNeed[]): void {
    const needOf = new Map(needs.map((need) => [need.tag, need]))
    const open = new Map<TagId, Coverage>()
    for (const { tag, windows } of planned) {
      const need = needOf.get(tag)
      const ofTag = need === undefined ? [] : windows.flatMap((window) => unsettledIn(need, window))
      if (ofTag.length > 0) open.set(tag, ofTag)
    }
    this.#open = open
  }

  /** Adds the tags of which everything compared is as unsettled as before. */
  judge(needs: readonly TagNeed[]): void {
    for (const need of needs) {
      const open = this.#open.get(need.tag)
      if (open?.every((window) => lengthOf(unsettledIn(need, window)) === lengthOf([window])) === true) {
        this.add(need.tag)
      }
    }
    this.#open = new Map()
  }
}

/** The two lists of a need are disjoint. */
function unsettledIn({ doubtful, unchecked }: TagNeed, window: Window): Coverage {
  return [...within(doubtful, window), ...within(unchecked, window)]
}

function lengthOf(windows: Coverage): bigint {
  return windows.reduce((sum, { from, until }) => sum + until - from, 0n)
}
