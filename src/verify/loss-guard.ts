/**
 * Loss guard: tells samples that were deleted from a historian that does not show them.
 *
 * An archive that is offline, a collective member that lags, an account that lost its rights: all answer with an empty
 * window and no error. Believed, that would become thousands of delete records. So a sweep deletes freely what people
 * delete, a few samples here and there, and refuses what looks like an outage until a person says that it was meant:
 * a large loss, a tag of which nothing is left, stretches that fall empty or histories that end earlier in many tags at
 * once.
 *
 * Losses are counted low: a cell's digest may speak of more than was compared, because the tail appends meanwhile.
 */
import { BanyanError } from '../domain/errors.ts'
import type { Coverage } from '../domain/coverage.ts'
import type { Tag } from '../domain/tag.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Cell } from '../store/cells.ts'

/** Nobody deletes more than this by hand, and an hour of a fast tag is less. */
const LARGE_LOSS = 1_000
/** So many neighbouring cells without a single sample left are a stretch. One or two, in a slow tag, may be chance. */
const STRETCH_CELLS = 3
/** Fewer samples than this are no evidence that a tag fell empty as a whole. */
const EMPTIED_SAMPLES = 10
/** Tags that fall empty at once, from which on it is one event: so many, and one in five of those compared. */
const MANY_TAGS = 5
const MANY_TAGS_ONE_IN = 5

/** One sample at the very top is what a compressing historian takes back itself. */
const TOP_SAMPLES = 2

/** What of a tag's samples the historian no longer shows, in the cells compared. */
export interface Losses {
  /** Samples the log has. */
  readonly logged: number
  /** Those that would have to be deleted, at least. */
  readonly gone: number
  /** The longest run of neighbouring cells with samples in the log and none left in the historian. */
  readonly emptiedRun: number
  /** Of those gone, the ones newer than all the historian shows. */
  readonly top: number
}

/** What the historian holds in the compared part of a cell. */
export interface Held {
  readonly count: number
  /** Time of the newest sample; undefined when there is none. */
  readonly latest: Ticks | undefined
}

/** What the log may hold beside the compared. */
export interface Uncompared {
  /** Samples appended for the tag since its coverage was noted, at most. */
  readonly appendedSince: number
  /** From here on (inclusive) covered history was left out; undefined: it was not. */
  readonly cutAt: Ticks | undefined
}

export class LossTally {
  readonly #uncompared: Uncompared
  #logged = 0
  #gone = 0
  #run = 0
  #longestRun = 0
  #top = 0

  constructor(uncompared: Uncompared) {
    this.#uncompared = uncompared
  }

  /** Cells of either side in ascending order; `cell` is undefined where the log has none. */
  add(cell: Cell | undefined, compared: Coverage, held: Held): void {
    const logged = cell === undefined ? 0 : this.#loggedAtLeast(cell, compared)
    const gone = Math.max(0, logged - held.count)
    if (held.count === 0) this.#top += gone
    else this.#top = cell !== undefined && (held.latest ?? 0n) < cell.maxTicks ? gone : 0
    if (logged === 0) return
    this.#logged += logged
    this.#gone += gone
    this.#run = held.count === 0 ? this.#run + 1 : 0
    this.#longestRun = Math.max(this.#longestRun, this.#run)
  }

  total(): Losses {
    return { logged: this.#logged, gone: this.#gone, emptiedRun: this.#longestRun, top: this.#top }
  }

  /** Samples the log has in the compared part of the cell; 0 where that cannot be told. */
  #loggedAtLeast({ digest, minTicks, maxTicks, window }: Cell, compared: Coverage): number {
    if (compared.some(({ from, until }) => from <= minTicks && maxTicks < until)) return digest.count
    const { appendedSince, cutAt } = this.#uncompared
    return cutAt !== undefined && cutAt < window.until ? 0 : Math.max(0, digest.count - appendedSince)
  }
}

/** Of the tags compared together, those whose deletions are not to be believed. */
export function unbelievable<T extends { readonly losses: Losses }>(compared: readonly T[]): Set<T> {
  const withSamples = compared.filter(({ losses }) => losses.logged > 0)
  const hollow = withSamples.filter(({ losses }) => isHollow(losses))
  const isOneEvent = hollow.length >= MANY_TAGS && hollow.length * MANY_TAGS_ONE_IN > withSamples.length
  return new Set(withSamples.filter(({ losses }) => isLarge(losses) || (isOneEvent && losses.gone > 0)))
}

/**
 * Of the tags compared together, those whose history seems to end earlier than it did, where that is one event: a
 * collective member that lags. A compressing historian may look the same between two snapshots, so whoever shows a
 * sample newer than what was compared does not lag.
 */
export function lagging<T extends { readonly losses: Losses }>(compared: readonly T[]): Set<T> {
  const losing = compared.filter(({ losses }) => losses.gone > 0)
  const shorter = losing.filter(({ losses }) => losses.top >= TOP_SAMPLES)
  const isOneEvent = shorter.length >= MANY_TAGS && shorter.length * MANY_TAGS_ONE_IN > losing.length
  return new Set(isOneEvent ? losing.filter(({ losses }) => losses.top > 0) : [])
}

function isLarge({ logged, gone, emptiedRun }: Losses): boolean {
  if (gone === logged && emptiedRun >= STRETCH_CELLS) return true
  return gone > LARGE_LOSS && (gone * 2 > logged || emptiedRun >= STRETCH_CELLS)
}

function isHollow({ logged, gone, emptiedRun }: Losses): boolean {
  return emptiedRun >= STRETCH_CELLS || (gone === logged && gone >= EMPTIED_SAMPLES)
}

export function refusedLoss(tag: Tag, { logged, gone }: Pick<Losses, 'logged' | 'gone'>): BanyanError {
  return new BanyanError(
    'BANYAN_SOURCE_PROTOCOL',
    `the historian shows ${logged - gone} of the ${logged} samples of ${tag.name} that the log has: ` +
      'refused to delete the others',
    {
      hint:
        'Look at the tag in the historian: an archive may be offline, a collective member may lag behind, or the ' +
        'account may have lost its rights. If the samples were deleted on purpose, stop the daemon and run `banyan sync --once --accept-deletions`.',
      context: { tag: tag.id, logged, gone },
    },
  )
}
