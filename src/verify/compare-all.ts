/**
 * Compare all: the comparison of many tags, which sweep and verification share. What differs is answered, to be
 * corrected by the one and judged by the other; what is equal is told to a recorder and forgotten.
 */
import { isBanyanError } from '../domain/errors.ts'
import { together } from '../util/abort.ts'
import { compareTag, type Comparison, type CompareParts, type Noted } from './compare.ts'
import type { FailedTags } from './failed-tags.ts'
import { inLanes } from './lanes.ts'
import type { LookRecorder } from './look-recorder.ts'
import { lagging, unbelievable } from './loss-guard.ts'
import { showsNewer } from './newer-samples.ts'

/** Tags read at once: two coalesced calls, so that one is prepared while one is answered. */
const SPARSE_LANES = 200
/** A tag with more samples than the largest page that is coalesced reads alone, and fills a call by itself. */
const DENSE_ROWS = 800
/** As many as the governor lets through, usually; each holds one page. */
const DENSE_LANES = 8

export interface Compared extends Comparison {
  readonly noted: Noted
}

export interface CompareAllParts extends CompareParts {
  readonly failed: FailedTags
  /** Undefined: nobody keeps what is equal. */
  readonly recorder: LookRecorder | undefined
}

/**
 * Those that could be compared, in the order given; the others are set aside in `failed`. Rejects when the historian or
 * the store fails as a whole.
 */
export async function compareAll(
  noted: readonly Noted[],
  parts: CompareAllParts,
  signal: AbortSignal,
): Promise<Compared[]> {
  const { cells, failed, recorder } = parts
  const results = new Map<Noted, Compared>()
  const compare = async (one: Noted, lane: AbortSignal): Promise<void> => {
    try {
      const comparison = await compareTag(one, parts, (part) => recorder?.add(one.tag, part), lane)
      results.set(one, { noted: one, ...comparison })
      failed.forget(one.tag)
    } catch (error) {
      await failed.add(one.tag, error, lane)
    }
  }
  const dense = new Set(
    noted.filter(
      ({ tag, windows }) => windows.reduce((sum, window) => sum + cells.countSamples(tag.id, window), 0) > DENSE_ROWS,
    ),
  )
  const sparse = noted.filter((one) => !dense.has(one))
  await together(
    [
      (shared) => inLanes(sparse, SPARSE_LANES, compare, shared),
      (shared) => inLanes(dense, DENSE_LANES, compare, shared),
    ],
    signal,
  )
  return noted.flatMap((one) => results.get(one) ?? [])
}

/** Tags that miss samples in a way that speaks against the historian, see loss-guard.ts. */
export interface Disbelieved {
  /** Of these, so much is gone, or so many fell empty at once. */
  readonly hollow: ReadonlySet<Compared>
  /** These end earlier than they did, all at once, and show nothing newer. */
  readonly lagging: ReadonlySet<Compared>
}

export async function disbelieved(
  compared: readonly Compared[],
  { reader }: Pick<CompareParts, 'reader'>,
  signal: AbortSignal,
): Promise<Disbelieved> {
  const confirmed = lagging(compared)
  const look = async (one: Compared, lane: AbortSignal): Promise<void> => {
    try {
      if (await showsNewer(one.noted, reader, lane)) confirmed.delete(one)
    } catch (error) {
      // Not knowing better, nothing is believed; what is wrong the next read says.
      if (!isBanyanError(error)) throw error
    }
  }
  await inLanes([...confirmed], SPARSE_LANES, look, signal)
  return { hollow: unbelievable(compared), lagging: confirmed }
}
