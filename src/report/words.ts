/**
 * Words: what verdicts, reasons, classes and steps are called in front of people, and the sign that stands beside the
 * colour of each verdict. One list, so that table, CSV and page cannot disagree.
 */
import type { DifferenceClass, InconclusiveReason, PendingReason, Verdict } from '../domain/verdict.ts'
import type { WaterfallStep } from './model.ts'

export interface VerdictWords {
  /** Never colour alone: the sign says the same. */
  readonly glyph: string
  readonly label: string
  /** Completes "These windows …". */
  readonly meaning: string
}

export const VERDICT_WORDS: Readonly<Record<Verdict, VerdictWords>> = {
  match: { glyph: '■', label: 'Identical', meaning: 'hold the same samples on both sides' },
  explained: { glyph: '◪', label: 'Explained', meaning: 'differ, and a stated rule proves why' },
  waived: { glyph: '○', label: 'Waived', meaning: 'differ, and a person took responsibility for it' },
  mismatch: { glyph: '✕', label: 'Different', meaning: 'differ, and nothing explains why' },
  inconclusive: { glyph: '?', label: 'Not comparable', meaning: 'were looked at and could not be compared' },
  pending: { glyph: '·', label: 'Not compared yet', meaning: 'were not compared, or changed since' },
}

export const INCONCLUSIVE_TEXT: Readonly<Record<InconclusiveReason, string>> = {
  unreadable: 'the historian refuses or garbles the tag',
  unanswered: 'the historian did not answer',
  moving: 'the data changed whenever it was compared',
  'loss-not-believed': 'the historian suddenly shows so much less that it is not believed',
  'log-incomplete': 'the log does not show what was once written to it',
}

export const PENDING_TEXT: Readonly<Record<PendingReason, string>> = {
  'not-covered': 'not copied completely yet',
  'not-settled': 'too recent, samples may still arrive',
  'not-looked-at': 'not compared yet',
  'changed-since': 'changed in the log since they were compared',
  'doubted-since': 'reported as changed in the historian since they were compared',
  'rules-changed': 'compared under older rules',
}

export const CLASS_TEXT: Readonly<Record<DifferenceClass, string>> = {
  MISSING: 'in the historian only',
  EXTRA: 'in the log only',
  VALUE: 'same time, another value',
  TIME: 'same content, another time',
  QUALITY: 'same value, another quality',
  STATE: 'same time, another state',
  DUPLICATE: 'more copies in the log',
  ORDER: 'same samples, another order',
  REPRESENTATION: 'same meaning, another type or form',
}

export const STEP_TEXT: Readonly<Record<WaterfallStep['step'], string>> = {
  expected: 'Expected',
  copied: 'Copied',
  settled: 'Settled',
  compared: 'Compared',
  proven: 'Proven equal or explained',
}
