/** Kept traits: what is kept of a mismatch to find causes that show across cells and tags only (cause-tally.ts). */
import { formatDigestSum, parseDigestSum, type Digest } from '../domain/digest.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { DifferingCell } from '../store/verdicts.ts'
import { CAUSE_TEXTS, type Cause, type CauseName } from './classify/cause-names.ts'
import type { CellEvidence } from './classify/cell-evidence.ts'

interface Traits {
  readonly historian: readonly [count: number, sum: string]
  readonly log: readonly [count: number, sum: string]
  readonly lacksOldest: boolean
  readonly detail?: string
}

export function encodeTraits({ historian, log, lacksOldest, cause }: CellEvidence): string {
  const detail = cause?.detail
  const traits: Traits = {
    historian: pairOf(historian),
    log: pairOf(log),
    lacksOldest,
    ...(detail === undefined ? {} : { detail }),
  }
  return JSON.stringify(traits)
}

/** Undefined for a cell of which no traits were kept, or none this version can read. */
export function decodeTraits(tag: TagId, { start, cause, traits }: DifferingCell): CellEvidence | undefined {
  try {
    const { historian, log, lacksOldest, detail } = JSON.parse(traits) as Partial<Traits>
    if (historian === undefined || log === undefined) return undefined
    return {
      tag,
      from: start,
      cause: causeFrom(cause, detail),
      historian: digestOf(historian),
      log: digestOf(log),
      lacksOldest: lacksOldest === true,
    }
  } catch {
    return undefined
  }
}

function causeFrom(name: string | undefined, detail: string | undefined): Cause | undefined {
  if (name === undefined || !Object.hasOwn(CAUSE_TEXTS, name)) return undefined
  return { cause: name as CauseName, ...(detail === undefined ? {} : { detail }) }
}

function pairOf({ count, sum }: Digest): [number, string] {
  return [count, formatDigestSum(sum)]
}

function digestOf([count, sum]: readonly [number, string]): Digest {
  return { count, sum: parseDigestSum(sum) }
}
