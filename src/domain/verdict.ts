/**
 * Verdict: what is known about the equality of one cell. A closed union; every cell of a scope has exactly one, so the
 * counts always add up to the cells expected. Only `match` and `explained` are green. Not looked at, not finished and
 * not readable are never green.
 */
export const VERDICTS = ['match', 'explained', 'waived', 'mismatch', 'inconclusive', 'pending'] as const
/**
 * `match`: equal multisets of samples. `explained`: different, and a stated rule proves why. `waived`: different, and a
 * person took responsibility until a stated time. `mismatch`: different, twice, with nothing to explain it.
 * `inconclusive`: looked at, and could not be read or compared. `pending`: not covered, not settled, not looked at yet,
 * or changed since.
 */
export type Verdict = (typeof VERDICTS)[number]

/** Cells by verdict. */
export type VerdictCounts = Readonly<Record<Verdict, number>>

/** Why a cell is `inconclusive`. */
export const INCONCLUSIVE_REASONS = [
  /** The historian refuses or garbles the tag. */
  'unreadable',
  /** The historian did not answer. */
  'unanswered',
  /** History or log changed whenever the cell was compared. */
  'moving',
  /** The historian shows so much less than the log that it is not believed. */
  'loss-not-believed',
  /** The log does not show the records it was folded from. */
  'log-incomplete',
] as const
export type InconclusiveReason = (typeof INCONCLUSIVE_REASONS)[number]

/** Why a cell is `pending`. */
export const PENDING_REASONS = [
  /** Not all of it has been copied. */
  'not-covered',
  /** Samples of it may still arrive by normal means. */
  'not-settled',
  /** Never compared. */
  'not-looked-at',
  /** The log has another record of it since it was compared. */
  'changed-since',
  /** Something said that the historian changed there since. */
  'doubted-since',
  /** The rules of comparison changed since. */
  'rules-changed',
] as const
export type PendingReason = (typeof PENDING_REASONS)[number]

/** How samples of a cell differ. */
export const DIFFERENCE_CLASSES = [
  /** The historian has it, the log has not. */
  'MISSING',
  /** The log has it, the historian has not. */
  'EXTRA',
  /** Same time, another value. */
  'VALUE',
  /** Same content, another time. */
  'TIME',
  /** Same time and value, another status or flag. */
  'QUALITY',
  /** Same time, another digital or system state, by code or by name. */
  'STATE',
  /** The log has more copies of what the historian has once. */
  'DUPLICATE',
  /** Same samples at one time, in another order. */
  'ORDER',
  /** Same time and meaning, said in another type or form. */
  'REPRESENTATION',
] as const
export type DifferenceClass = (typeof DIFFERENCE_CLASSES)[number]
/** Samples by class; classes without any are left out. */
export type ClassCounts = Readonly<Partial<Record<DifferenceClass, number>>>

export const NO_VERDICTS: VerdictCounts = {
  match: 0,
  explained: 0,
  waived: 0,
  mismatch: 0,
  inconclusive: 0,
  pending: 0,
}

export function addVerdicts(a: VerdictCounts, b: VerdictCounts): VerdictCounts {
  return Object.fromEntries(VERDICTS.map((verdict) => [verdict, a[verdict] + b[verdict]])) as Record<Verdict, number>
}

/** Cells in all: must be the number expected. */
export function countVerdicts(counts: VerdictCounts): number {
  return VERDICTS.reduce((sum, verdict) => sum + counts[verdict], 0)
}

/** From worst to best: the order in which a roll-up shows one for many. */
export const WORST_FIRST: readonly Verdict[] = ['mismatch', 'inconclusive', 'pending', 'waived', 'explained', 'match']

/** The worst that occurs; undefined for no cells. */
export function worstOf(counts: VerdictCounts): Verdict | undefined {
  return WORST_FIRST.find((verdict) => counts[verdict] > 0)
}
