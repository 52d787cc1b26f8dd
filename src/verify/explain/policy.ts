/**
 * Policy: which rules may explain a difference, and how the rules of comparison are called as a whole. Explained is
 * green, so a change of any rule changes the name, and voids what was decided under the old one.
 */
import { explainByCompression, type CompressionFacts, type ExplainedByCompression } from './compression.ts'

export interface ExplainPolicy {
  /** `explain`: what compression dropped is green. `strict`: it is not. */
  readonly compression: 'explain' | 'strict'
}

export type Explanation = ExplainedByCompression

/** One or two sentences by rule. */
export const RULE_TEXTS = {
  compression:
    'The log keeps samples the historian has since dropped by compression. All of them lie within the compression deviation of what it kept, and everything it kept is in the log.',
} as const satisfies Readonly<Record<Explanation['rule'], string>>

/** Raised when equality, a class or a rule is decided in another way. */
const COMPARISON = 'exact-1'
const COMPRESSION = 'compression-1'

/** Goes into the report, and into every verdict. */
export function rulesOf({ compression }: ExplainPolicy): string {
  return [COMPARISON, ...(compression === 'explain' ? [COMPRESSION] : [])].join('+')
}

/** The rule that explains all differences of a cell; undefined when none does. */
export function explain(policy: ExplainPolicy, facts: CompressionFacts): Explanation | undefined {
  return policy.compression === 'explain' ? explainByCompression(facts) : undefined
}
