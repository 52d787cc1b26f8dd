/**
 * Gate: one question about the evidence of a move, and its answer. `unknown` blocks like `fail`: what was not measured
 * is never healthy. A gate is a pure function; all it looks at stands in the evidence, so that anybody can ask it again.
 */
export const GATES = [
  /** Everything in scope was compared, and the counts add up. */
  'coverage',
  /** All of it after the move was asked for. The one that makes a move safe; the others add confidence. */
  'as-of',
  /** It has been green for long enough. */
  'streak',
  /** The green stretch has seen restarts, outages and late data. */
  'diversity',
  /** No difference is open. */
  'mismatches',
  /** The log is as fresh as its consumers need. */
  'lag',
  /** What was drawn bounds the rate of what was not looked at. */
  'bound',
  /** Consumers that read both sides saw the same. */
  'shadow',
  /** The verifier finds what is planted for it. */
  'vitality',
  /** The way back was rehearsed, and leads to a historian that is still fed. */
  'rollback-ready',
  /** Enough people answer for it. */
  'approvals',
] as const
export type GateName = (typeof GATES)[number]

/** From worst to best. */
export const GATE_OUTCOMES = [
  /** The evidence speaks against the move. */
  'fail',
  /** The evidence does not say. */
  'unknown',
  'pass',
] as const
export type GateOutcome = (typeof GATE_OUTCOMES)[number]

export interface GateResult {
  readonly gate: GateName
  readonly outcome: GateOutcome
  /** Why it does not pass; for a pass, what it rests on. One sentence each. */
  readonly reasons: readonly string[]
}

/** The outcome of all together: the worst. Where no gate applies, nothing stands in the way. */
export function outcomeOf(results: readonly GateResult[]): GateOutcome {
  return GATE_OUTCOMES.find((outcome) => results.some((result) => result.outcome === outcome)) ?? 'pass'
}
