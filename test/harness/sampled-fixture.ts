/** A parity report by sample: of what nobody compared, all was left out by the draw. Sound, like the report it is made of. */
import type { ParityReport, SampleEvidence } from '../../src/report/model.ts'
import { reportFixture } from './report-fixture.ts'

export function sampledFixture(over: Partial<SampleEvidence> = {}): ParityReport {
  const report = reportFixture({ mood: 'unknown', tags: 5 })
  const { verdicts, cells } = report.totals
  const drawn = 1_000
  const sample = { every: 50, seed: 7, windows: cells, drawn, equal: drawn, different: 0, open: 0, certainty: 0.95 }
  return {
    ...report,
    scope: { ...report.scope, policy: 'sample' },
    pending: { 'not-looked-at': verdicts.pending },
    waterfall: report.waterfall.map((step) => (step.step === 'settled' ? { ...step, cells } : step)),
    sample: { ...sample, rate: 0.0030001, maxRate: 0.01, ...over },
  }
}
