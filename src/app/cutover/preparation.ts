/**
 * Preparation: the first phases are entered when something is so, not when somebody vouches for it: something is copied,
 * all of it is copied and the tail follows, the comparison has begun. Read from the store.
 */
import { gapsWithin } from '../../domain/coverage.ts'
import { ticksFromMs, TICKS_PER_MS } from '../../domain/ticks.ts'
import type { Phase } from '../../domain/workload.ts'
import type { ExpectedTag } from '../../store/parity.ts'
import type { Store } from '../../store/store.ts'
import { plural } from '../../util/format.ts'
import type { Refusal } from './outcome.ts'

/** A tail is within seconds of the present; a historian that restarts takes minutes. */
const FOLLOWS_WITHIN_MS = 15 * 60_000

export interface PreparationFacts {
  readonly store: Store
  /** All the cells of the workload. */
  readonly expected: readonly ExpectedTag[]
  /** Tags of the workload, those included of which nothing is expected yet. */
  readonly tags: number
  readonly nowMs: number
}

/** What is not so yet; nothing for phases that gates stand before. */
export function missingFor(to: Phase, facts: PreparationFacts): Refusal[] {
  switch (to) {
    case 'backfilling':
      return isBegun(facts) ? [] : [NOTHING_COPIED]
    case 'mirroring':
      return mirrorGaps(facts)
    case 'verifying':
      return [...mirrorGaps(facts), ...(isCompared(facts) ? [] : [NOTHING_COMPARED])]
    default:
      return []
  }
}

const NOTHING_COPIED: Refusal = {
  reason: 'nothing of it is copied, and no job copies anything',
  hint: 'Start `banyan sync`, or run `banyan backfill`.',
}

const NOTHING_COMPARED: Refusal = {
  reason: 'nothing of it was compared yet',
  hint: 'Let `banyan sync` compare, or run `banyan verify`.',
}

function isBegun({ store, expected }: PreparationFacts): boolean {
  return expected.some(({ covered }) => covered.length > 0) || store.jobs.hasRunning()
}

function mirrorGaps({ expected, tags, nowMs }: PreparationFacts): Refusal[] {
  const missing: Refusal[] = []
  if (tags === 0) {
    missing.push({ reason: 'no tag that is copied belongs to it', hint: 'Mend the masks of the workload, or `tags`.' })
  }
  const open = expected.filter((one) => gapsWithin(one.covered, one.expected).length > 0).length
  const begun = tags - expected.length + open
  if (begun > 0) {
    const reason = `the history of ${plural(begun, 'tag')} is not copied`
    missing.push({ reason, hint: 'Wait for the backfill; `banyan jobs` tells how far it is.' })
  }
  const late = ticksFromMs(nowMs - FOLLOWS_WITHIN_MS)
  const behind = expected.filter(({ settled }) => settled !== undefined && settled < late)
  const [first] = behind
  if (first?.settled !== undefined) {
    const minutes = Number((ticksFromMs(nowMs) - first.settled) / TICKS_PER_MS) / 60_000
    const reason = `the newest that was copied is ${Math.floor(minutes)} minutes old: no tail follows`
    missing.push({ reason, hint: 'Let `banyan sync` run.' })
  }
  return missing
}

function isCompared({ store, expected }: PreparationFacts): boolean {
  return expected.some(({ tag, expected: window }) => store.verdicts.checked(tag, window).length > 0)
}
