/** Words of a cutover: what phases, steps and answers of gates are called in front of people, and their signs. */
import type { Phase } from '../domain/workload.ts'
import type { GateAnswer, PhaseStop, StepReport } from './cutover-model.ts'

export const PHASE_TEXT: Readonly<Record<Phase, { readonly label: string; readonly meaning: string }>> = {
  registered: { label: 'Registered', meaning: 'known, nothing is copied for it' },
  backfilling: { label: 'Backfilling', meaning: 'its history is being copied' },
  mirroring: { label: 'Mirroring', meaning: 'its history is copied, and what is new follows' },
  verifying: { label: 'Verifying', meaning: 'log and historian are being compared' },
  shadowing: { label: 'Shadowing', meaning: 'consumers may read both sides and compare' },
  canary: { label: 'Canary', meaning: 'a share of the consumers reads the log' },
  live: { label: 'Live', meaning: 'all consumers read the log' },
  soaking: { label: 'Soaking', meaning: 'as live, on probation before the historian is let go' },
  retired: { label: 'Retired', meaning: 'the historian may stop; there is no way back' },
}

export interface AnswerWords {
  /** Never colour alone: the sign says the same. */
  readonly glyph: string
  readonly label: string
}

export const ANSWER_WORDS: Readonly<Record<GateAnswer, AnswerWords>> = {
  pass: { glyph: '✓', label: 'Passes' },
  fail: { glyph: '✕', label: 'Refuses' },
  unknown: { glyph: '?', label: 'Not known' },
}

export const STOP_WORDS: Readonly<Record<PhaseStop['standing'], AnswerWords>> = {
  passed: { glyph: '●', label: 'passed' },
  here: { glyph: '▶', label: 'here' },
  ahead: { glyph: '○', label: 'ahead' },
}

/** `canary 10 %`, `live`. */
export function stepText({ phase, percent }: StepReport): string {
  return phase === 'canary' ? `${phase} ${percent} %` : phase
}
