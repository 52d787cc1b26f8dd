/**
 * What a reload (SIGHUP) may change: compares the configuration that runs with the one now in the file, and says which
 * changed keys can take effect and which cannot, why, and what to do. Pure.
 *
 * Can: how the historians are asked, which tags are copied, how the tail and the sweeps go, which workloads there are
 * and what is asked of them. Cannot: what decides where samples are read from or written to, and what is bound at the
 * start. The historians' secrets need no reload: they are read anew whenever they are used. The log's password is read
 * once, when it is opened.
 */
import { isDeepStrictEqual } from 'node:util'
import type { HistorianConfig, ResolvedConfig } from '../config/config.ts'
import { type ConfigData, configToData, historianData, syncData, workloadsData } from '../config/print.ts'

export interface ConfigChanges {
  /** Changed keys that can take effect, as dotted paths. */
  readonly apply: readonly string[]
  /** One sentence for each changed key that cannot: the key, why, and what to do. */
  readonly refused: readonly string[]
}

const RESTART = 'restart the bridge to change it'

/** Keys of the file that are fixed while the bridge runs. */
const FIXED = {
  bridge: 'names the writers and the lease, and must never change once data is in the log',
  store: `holds the lease of this process: ${RESTART}`,
  log: `is where this process is writing: ${RESTART}`,
  parity: `is the width of the cells in the store, which are folded anew at a start: ${RESTART}`,
  cutover: `names the kill switch, whose file is known to whoever may have to make it: ${RESTART}`,
  web: `is bound at the start: ${RESTART}`,
}
/** Keys of a historian that say which server it is; that is checked against its tags at the start. */
const IDENTITY: readonly string[] = ['url', 'dataServer', 'endpoint', 'role']

export function compareConfigs(running: ResolvedConfig, wanted: ResolvedConfig): ConfigChanges {
  const changed = changedKeys(configToData(running), configToData(wanted))
  const refused = Object.entries(FIXED).flatMap(([key, why]) => (changed.includes(key) ? [`${key} ${why}`] : []))
  const apply = changedKeys(syncData(running.sync), syncData(wanted.sync)).map((key) => `sync.${key}`)

  for (const name of new Set([...running.historians, ...wanted.historians].map((historian) => historian.name))) {
    const [before, after] = [historianNamed(name, running), historianNamed(name, wanted)]
    if (before === undefined || after === undefined) {
      refused.push(`historians.${name} is ${before === undefined ? 'new' : 'gone'}: ${RESTART}`)
      continue
    }
    for (const { path, key } of changedConnections(before, after)) {
      if (key === undefined) refused.push(`${path} decides how the historian is read: ${RESTART}`)
      else if (IDENTITY.includes(key)) refused.push(`${path}.${key} says which server it is: ${RESTART}`)
      else apply.push(`${path}.${key}`)
    }
  }

  apply.push(
    ...changedKeys(workloadsData(running.workloads), workloadsData(wanted.workloads)).map((key) => `workloads.${key}`),
  )
  // With the names from the list files, which the printed form leaves out.
  if (!isDeepStrictEqual(running.tags, wanted.tags)) apply.push('tags')
  return { apply, refused }
}

function historianNamed(name: string, { historians }: ResolvedConfig): HistorianConfig | undefined {
  return historians.find((historian) => historian.name === name)
}

/** Keys of the ways a historian is read; without a key where one of them is new or gone. */
function* changedConnections(
  before: HistorianConfig,
  after: HistorianConfig,
): Generator<{ path: string; key?: string }> {
  const [printedBefore, printedAfter] = [historianData(before), historianData(after)]
  for (const kind of ['piWebApi', 'opcua'] as const) {
    const path = `historians.${before.name}.${kind}`
    const [old, now] = [printedBefore[kind], printedAfter[kind]]
    if (old === undefined || now === undefined) {
      if (old !== now) yield { path }
      continue
    }
    for (const key of changedKeys(old, now)) yield { path, key }
    // With the nodes from the list file, which the printed form leaves out.
    const nodes = [before.opcua?.nodes, after.opcua?.nodes]
    if (kind === 'opcua' && isDeepStrictEqual(old['nodes'], now['nodes']) && !isDeepStrictEqual(nodes[0], nodes[1])) {
      yield { path, key: 'nodes' }
    }
  }
}

/** The keys of two maps whose values differ, or that only one of them has. */
function changedKeys(before: ConfigData, after: ConfigData): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].filter((key) => !isDeepStrictEqual(before[key], after[key]))
}
