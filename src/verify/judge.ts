/**
 * Judge: the verdict on a cell that was seen to differ, from the rows of both sides. Pure.
 *
 * - No row differs: `match`, if the log showed all that was folded; `inconclusive: log-incomplete` if it did not. The
 *   records it lost may have been superseded, but a log that loses records proves nothing.
 * - Rows differ, and so much is missing in the historian that an outage explains it as well as a deletion: a cell it
 *   shows nothing of at all, or the end of a history that lags, is `inconclusive: loss-not-believed`. A historian that
 *   shows something has answered: what is missing there is a mismatch, however much it is.
 * - A rule proves why they differ, and the log is whole: `explained`.
 * - Everything else: `mismatch`. Also where the log is not whole: what it lost is what differs.
 */
import { formatDigestSum, type Digest } from '../domain/digest.ts'
import type { Sample } from '../domain/sample.ts'
import type { Tag } from '../domain/tag.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { CellDetails, CellFinding, SeenCell } from '../store/verdicts.ts'
import { causeOfCell } from './classify/cause.ts'
import type { CellFacts } from './classify/cell-facts.ts'
import { evidenceOf } from './classify/cell-evidence.ts'
import { differencesOf, summarise } from './classify/differences.ts'
import { explain, type ExplainPolicy } from './explain/policy.ts'
import { encodeTraits } from './kept-traits.ts'
import { KEPT_DIFFERENCES, keepCell } from './kept-samples.ts'

/** What is known about a tag beside its samples. Where nothing is known, nothing is explained. */
export interface TagKnowledge {
  /** Since when it is known to have had its present settings. */
  readonly settingsSince?: Ticks
}

export interface JudgeOptions {
  readonly policy: ExplainPolicy
  readonly knowledgeOf: (tag: Tag) => TagKnowledge
  /** Rows per page of the reads that filled the log, for whoever looks for a cause. */
  readonly pageSizes: readonly number[]
}

/** Both sides of a cell, all of what was compared of it. */
export interface BothSides {
  readonly tag: Tag
  readonly start: Ticks
  readonly seen: SeenCell
  /** What the historian held, and holds. */
  readonly held: Digest
  /** Ascending; within a tick in archive order. */
  readonly historian: readonly Sample[]
  /** Ascending; within a tick by ord. */
  readonly log: readonly Sample[]
  /** Whether the log showed all that was folded into the cell, each record once. */
  readonly isLogWhole: boolean
  /** Whether it showed less. */
  readonly isLogShort: boolean
  /** Of `log`: those that came in the order of their times, as far as the log tells. */
  readonly inOrder: ReadonlySet<Sample>
  /** Whether the loss guard refused to believe what the historian no longer shows there. */
  readonly isLossDisbelieved: boolean
  readonly lastEqual: Digest | undefined
  /** End of what was compared of the tag, where that is the historian's present. */
  readonly edge: Ticks | undefined
}

export function judge(both: BothSides, { policy, knowledgeOf, pageSizes }: JudgeOptions): CellFinding {
  const { tag, start, seen, historian, log, isLogWhole, isLogShort } = both
  const found = differencesOf(historian, log)
  if (found.length === 0) {
    const details = detailsOf(both, found, undefined, undefined)
    return isLogWhole
      ? { start, verdict: 'match', seen, isLogShort }
      : { start, verdict: 'inconclusive', reason: 'log-incomplete', seen, isLogShort, details }
  }
  const facts: CellFacts = { historian, log, found, pageSizes, edge: both.edge, lastEqual: both.lastEqual }
  const { settingsSince } = knowledgeOf(tag)
  const explanation = isLogWhole
    ? explain(settingsSince === undefined ? { ...policy, compression: 'strict' } : policy, {
        tag,
        settingsSince: settingsSince ?? start,
        found,
        historian,
        log,
        isInOrder: (sample) => both.inOrder.has(sample),
      })
    : undefined
  const details = detailsOf(both, found, facts, explanation?.rule)
  if (both.isLossDisbelieved) {
    return { start, verdict: 'inconclusive', reason: 'loss-not-believed', seen, isLogShort, details }
  }
  return { start, verdict: explanation === undefined ? 'mismatch' : 'explained', seen, isLogShort, details }
}

/** A cell that was never twice the same. */
export function moving(start: Ticks, seen: SeenCell, held: Digest): CellFinding {
  const evidence = evidenceText(seen, held)
  const details = { evidence, classes: {}, cause: undefined, rule: undefined, traits: '{}', kept: undefined }
  return { start, verdict: 'inconclusive', reason: 'moving', seen, details }
}

function detailsOf(
  { tag, start, seen, held, historian, log }: BothSides,
  found: ReturnType<typeof differencesOf>,
  facts: CellFacts | undefined,
  rule: string | undefined,
): CellDetails {
  const cause = facts === undefined ? undefined : causeOfCell(facts)
  const summary = summarise(found, KEPT_DIFFERENCES)
  return {
    evidence: evidenceText(seen, held),
    classes: summary.counts,
    cause: cause?.cause,
    rule,
    traits: facts === undefined ? '{}' : encodeTraits(evidenceOf(tag.id, start, facts, cause)),
    kept: keepCell(summary, historian, log),
  }
}

function evidenceText({ epoch, digest }: SeenCell, held: Digest): string {
  return `${epoch}:${textOf(digest)}:${textOf(held)}`
}

function textOf({ count, sum }: Digest): string {
  return `${count}/${formatDigestSum(sum)}`
}
