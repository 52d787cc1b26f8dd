/** PolicyOf: the rules that a workload moves by: the defaults of its criticality, and over them what the site sets. */
import type { WorkloadConfig } from '../../config/config.ts'
import { DEFAULT_POLICIES, type GatePolicy } from '../../cutover/policy.ts'
import { formatTicks } from '../../domain/ticks.ts'

export function policyOf({ criticality, gates: { freezes, shadow, ...set } }: WorkloadConfig): GatePolicy {
  const policy: GatePolicy = { ...DEFAULT_POLICIES[criticality], ...set }
  return {
    ...policy,
    shadow: { ...policy.shadow, ...shadow },
    freezes:
      freezes?.map(({ from, until, reason }) => ({ from: formatTicks(from), until: formatTicks(until), reason })) ??
      policy.freezes,
  }
}
