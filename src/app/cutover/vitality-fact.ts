/** Vitality fact: how the last trial with planted faults went, as the store keeps it. */
import type { VitalityEvidence } from '../../cutover/manifest.ts'
import { formatTicks, ticksFromMs } from '../../domain/ticks.ts'
import type { CutoverFactTable } from '../../store/cutover-facts.ts'
import type { Vitality } from './vitality.ts'

/** One a day for each of many workloads, over the time facts are kept. */
const FACTS_MAX = 10_000

export type VitalityFact = Omit<VitalityEvidence, 'verifierLagWindows'>

export function recordVitality(facts: CutoverFactTable, workload: string, epoch: number, vitality: Vitality): void {
  facts.record({ kind: 'seeded-faults', workload, detail: { epoch, ...vitality } })
}

/** Undefined when there was none, or what is written of it cannot be read. */
export function lastVitality(facts: CutoverFactTable, workload: string): VitalityFact | undefined {
  const last = facts.facts('seeded-faults', 0, FACTS_MAX).find((fact) => fact.workload === workload)
  if (last === undefined) return undefined
  const { epoch, planted, found } = last.detail
  if (!isCount(epoch) || !isCount(planted) || !isCount(found)) return undefined
  return { at: formatTicks(ticksFromMs(last.atMs)), epoch, planted, found }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
