/**
 * HintWatch: listens to a historian's notices of change. They only say where to look sooner: coverage and the sweeps
 * never depend on them, so a notice that is lost, late or wrong costs nothing but time.
 */
import { NOTHING_COVERED, within } from '../domain/coverage.ts'
import { BanyanError } from '../domain/errors.ts'
import type { Tag } from '../domain/tag.ts'
import { TICKS_PER_SECOND, ticks, type Ticks } from '../domain/ticks.ts'
import type { Hint, HistorianSource } from '../source/source.ts'
import type { DirtyMark } from '../store/dirty.ts'
import type { Store } from '../store/store.ts'
import { groupBy } from '../util/group-by.ts'

/** Notices are for changes behind the tail, which the next sweep finds in any case: no reason to ask often. */
const ASK_EVERY_MS = 30_000
/** Looked at again when notices were lost: most changes are this young, and the sweeps find the others. */
const LOST_TICKS = 3_600n * TICKS_PER_SECOND

export class HintWatch {
  readonly #source: HistorianSource
  readonly #store: Store
  #received: number | undefined
  #isOffered = true

  constructor(source: HistorianSource, store: Store) {
    this.#source = source
    this.#store = store
  }

  /** Since the start; undefined where the historian offers none. */
  get received(): number | undefined {
    return this.#received
  }

  /** False when the historian has said that it offers none. */
  get isOffered(): boolean {
    return this.#isOffered
  }

  /** Until the signal aborts, or until the historian says that it offers no notices. Rejects when it is unreachable. */
  async watch(tags: readonly Tag[], signal: AbortSignal): Promise<void> {
    this.#isOffered = true
    try {
      for await (const hints of this.#source.hints(tags, ASK_EVERY_MS, signal)) {
        this.#received = (this.#received ?? 0) + hints.length
        this.#mark(hints)
      }
    } catch (error) {
      if (!(error instanceof BanyanError) || error.code !== 'BANYAN_SOURCE_REJECTED') throw error
      this.#received = undefined
      this.#isOffered = false
    }
  }

  /** Only what is covered: the rest is yet to be read, or never will be. */
  #mark(hints: readonly Hint[]): void {
    const behindTail = hints.filter(({ change }) => change !== 'added')
    const marks = [...groupBy(behindTail, ({ tag }) => tag)].flatMap(([tag, ofTag]): DirtyMark[] => {
      const covered = this.#store.coverage.get(tag)?.covered ?? NOTHING_COVERED
      const until = covered.at(-1)?.until
      if (until === undefined) return []
      return ofTag.flatMap((hint) => within(covered, windowOf(hint, until)).map((window) => ({ tag, window })))
    })
    if (marks.length > 0) this.#store.dirty.markAll(marks, 'hint')
  }
}

function windowOf({ at }: Hint, coveredUntil: Ticks): DirtyMark['window'] {
  if (at === undefined) return { from: ticks(coveredUntil - LOST_TICKS), until: coveredUntil }
  return { from: at, until: ticks(at + 1n) }
}
