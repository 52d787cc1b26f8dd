/** The `workloads` keys: names that lead nowhere and stretches without length are refused, keys not set are left out. */
import type { GateOverrides, WorkloadConfig } from './config.ts'
import type { ConfigPath, Report } from './problem.ts'
import type { Config } from './schema.ts'

type Workload = Config['workloads'][string]
type Gates = Workload['gates']

export function resolveWorkloads({ workloads, historians }: Config, report: Report): WorkloadConfig[] {
  const known = Object.keys(historians)
  return Object.entries(workloads).map(([name, workload]) => {
    const path = ['workloads', name]
    const { tags, historian, criticality, gates } = workload
    if (historian !== undefined && !known.includes(historian)) {
      const message = `names ${JSON.stringify(historian)}, which is not a historian`
      report([...path, 'historian'], message, `known: ${known.join(', ')}`)
    }
    checkConsumers(workload, path, report)
    checkFreezes(gates, path, report)
    const consumers = workload.consumers.map((consumer) => ({ name: consumer.name, stalenessMs: consumer.staleness }))
    return { name, criticality, tags, historian, consumers, gates: overridesOf(gates) }
  })
}

function checkConsumers({ consumers }: Workload, path: ConfigPath, report: Report): void {
  const seen = new Set<string>()
  for (const [index, { name }] of consumers.entries()) {
    if (seen.has(name))
      report([...path, 'consumers', index, 'name'], 'repeats an earlier consumer', 'remove one of the two')
    seen.add(name)
  }
}

function checkFreezes({ freeze = [] }: Gates, path: ConfigPath, report: Report): void {
  for (const [index, { from, until }] of freeze.entries()) {
    if (until <= from) report([...path, 'gates', 'freeze', index, 'until'], 'must be later than from')
  }
}

function overridesOf({ shadow, ...gates }: Gates): GateOverrides {
  return withoutUndefined({
    streakMs: gates.streak,
    consumerCycleMs: gates.consumerCycle,
    soakMs: gates.soak,
    requestMaxAgeMs: gates.requestMaxAge,
    vitalityMaxAgeMs: gates.vitalityMaxAge,
    drillMaxAgeMs: gates.drillMaxAge,
    drillMaxMs: gates.drillMax,
    historianMaxAgeMs: gates.historianMaxAge,
    maxUpperRate: gates.maxUpperRate,
    approvals: gates.approvals,
    diversity: gates.diversity,
    canarySteps: gates.canary,
    freezes: gates.freeze,
    shadow:
      shadow &&
      withoutUndefined({
        required: shadow.required,
        minComparisons: shadow.comparisons,
        minQueryShare: shadow.fingerprints,
        withinMs: shadow.within,
      }),
  })
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

function withoutUndefined<T extends object>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<T>
}
