/**
 * Loss guard: tells samples that were deleted from a historian that does not show them.
 *
 * An archive that is offline, a collective member that lags, an account that lost its rights: all answer with an empty
 * window and no error. Believed, that would become thousands of delete records. So a sweep deletes freely what people
 * delete, a few samples here and there, and refuses what looks like an outage until a person says that it was meant:
 * a large loss, a tag of which nothing is left, or stretches that fall empty in many tags at once.
 *
 * Losses are counted where the log's digest speaks of exactly what was compared; of the newest cell it may not, while
 * the tail appends to it.
 */
import { BanyanError } from '../domain/errors.ts'
import type { Coverage } from '../domain/coverage.ts'
import type { Tag } from '../domain/tag.ts'
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

/** What of a tag's samples the historian no longer shows, in the cells compared. */
export interface Losses {
  /** Samples the log has. */
  readonly logged: number
  /** Those that would have to be deleted, at least. */
  readonly gone: number
  /** The longest run of neighbouring cells with samples in the log and none left in the historian. */
  readonly emptiedRun: number
}

export class LossTally {
  #logged = 0
  #gone = 0
  #run = 0
  #longestRun = 0

  /** Cells of the log in ascending order; `held`: how many samples the historian has in the part compared. */
  add({ digest, minTicks, maxTicks }: Cell, compared: Coverage, held: number): void {
    const isExact = compared.some(({ from, until }) => from <= minTicks && maxTicks < until)
    if (digest.count === 0 || !isExact) return
    this.#logged += digest.count
    this.#gone += Math.max(0, digest.count - held)
    this.#run = held === 0 ? this.#run + 1 : 0
    this.#longestRun = Math.max(this.#longestRun, this.#run)
  }

  total(): Losses {
    return { logged: this.#logged, gone: this.#gone, emptiedRun: this.#longestRun }
  }
}

/** Of the tags compared together, those whose deletions are not to be believed. */
export function unbelievable<T extends { readonly losses: Losses }>(compared: readonly T[]): Set<T> {
  const withSamples = compared.filter(({ losses }) => losses.logged > 0)
  const hollow = withSamples.filter(({ losses }) => isHollow(losses))
  const isOneEvent = hollow.length >= MANY_TAGS && hollow.length * MANY_TAGS_ONE_IN > withSamples.length
  return new Set(withSamples.filter(({ losses }) => isLarge(losses) || (isOneEvent && losses.gone > 0)))
}

function isLarge({ logged, gone, emptiedRun }: Losses): boolean {
  if (gone === logged && emptiedRun >= STRETCH_CELLS) return true
  return gone > LARGE_LOSS && (gone * 2 > logged || emptiedRun >= STRETCH_CELLS)
}

function isHollow({ logged, gone, emptiedRun }: Losses): boolean {
  return emptiedRun >= STRETCH_CELLS || (gone === logged && gone >= EMPTIED_SAMPLES)
}

export function refusedLoss(tag: Tag, { logged, gone }: Losses): BanyanError {
  return new BanyanError(
    'BANYAN_SOURCE_PROTOCOL',
    `the historian shows ${logged - gone} of the ${logged} samples of ${tag.name} that the log has: ` +
      'refused to delete the others',
    {
      hint:
        'Look at the tag in the historian: an archive may be offline, or the account may have lost its rights. If the ' +
        'samples were deleted on purpose, stop the daemon and run `banyan sync --once --accept-deletions`.',
      context: { tag: tag.id, logged, gone },
    },
  )
}
