/** The records an append entry becomes, in the order in which they are written. */
import type { AppendEntry } from './log.ts'
import type { SampleRecord } from './record.ts'

export function recordsOf(entry: AppendEntry): SampleRecord[] {
  if (entry.kind === 'place') return []
  const { tag, source } = entry
  return entry.kind === 'amend'
    ? entry.corrections.map((correction) => ({ ...correction, tag, source }))
    : entry.samples.map((sample) => ({ tag, sample, rev: 0, op: 'put', source }))
}
