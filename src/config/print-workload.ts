/** A workload as it could stand in the file, with the gates that the site sets: the others follow from the criticality. */
import { formatTicks } from '../domain/ticks.ts'
import type { GateOverrides, WorkloadConfig } from './config.ts'
import { formatDuration } from './scalars.ts'

export function workloadData({ tags, historian, criticality, consumers, gates }: WorkloadConfig): object {
  return {
    tags,
    historian,
    criticality,
    consumers: consumers.map(({ name, stalenessMs }) => ({ name, staleness: formatDuration(stalenessMs) })),
    gates: Object.keys(gates).length === 0 ? undefined : gatesData(gates),
  }
}

function gatesData(gates: GateOverrides): object {
  const { shadow, freezes } = gates
  return {
    streak: durationText(gates.streakMs),
    consumerCycle: durationText(gates.consumerCycleMs),
    approvals: gates.approvals,
    maxUpperRate: gates.maxUpperRate,
    requestMaxAge: durationText(gates.requestMaxAgeMs),
    vitalityMaxAge: durationText(gates.vitalityMaxAgeMs),
    drillMaxAge: durationText(gates.drillMaxAgeMs),
    drillMax: durationText(gates.drillMaxMs),
    historianMaxAge: durationText(gates.historianMaxAgeMs),
    diversity: gates.diversity,
    shadow: shadow && {
      required: shadow.required,
      comparisons: shadow.minComparisons,
      fingerprints: shadow.minQueryShare,
      within: durationText(shadow.withinMs),
    },
    canary: gates.canarySteps,
    soak: durationText(gates.soakMs),
    freeze: freezes?.map(({ from, until, reason }) => ({ from: formatTicks(from), until: formatTicks(until), reason })),
  }
}

function durationText(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : formatDuration(ms)
}
