/**
 * The resolved configuration as it could stand in a file: every default spelled out but those of the gates, every path
 * absolute, secrets by the place they come from. Loading the printed text gives the same configuration again.
 */
import { stringify } from 'yaml'
import { formatOpcUaAddress } from '../domain/opc-ua-address.ts'
import { formatTicks } from '../domain/ticks.ts'
import type {
  ConnectionConfig,
  HistorianConfig,
  KafkaLogConfig,
  OpcUaConfig,
  OpcUaIdentityConfig,
  OpcUaNodesConfig,
  ParityConfig,
  PiAuthConfig,
  PiWebApiConfig,
  ResolvedConfig,
  Secret,
  SyncConfig,
  TagRule,
  WorkloadConfig,
} from './config.ts'
import { workloadData } from './print-workload.ts'
import { formatDuration, formatListen, formatQuietHours } from './scalars.ts'

export type ConfigData = Readonly<Record<string, unknown>>

export function configToText(config: ResolvedConfig): string {
  return stringify(configToData(config), { lineWidth: 0 })
}

/** Plain data in the shape of banyan.yaml, where keys that are not set are left out. */
export function configToData(config: ResolvedConfig): ConfigData {
  const { log } = config
  return withoutUndefined({
    bridge: config.bridge,
    store: config.store,
    historians: Object.fromEntries(config.historians.map((historian) => [historian.name, historianData(historian)])),
    tags: config.tags.map(tagRuleData),
    log:
      log.kind === 'kafka' ? { kafka: kafkaData(log) } : { embedded: { file: log.file, partitions: log.partitions } },
    sync: syncData(config.sync),
    parity: parityData(config.parity),
    workloads: workloadsData(config.workloads),
    cutover: config.cutover.killSwitch === undefined ? undefined : config.cutover,
    web: config.web && { listen: formatListen(config.web), names: config.web.names },
  })
}

function parityData({ cellMs, compression, sample }: ParityConfig): ConfigData {
  const policy = sample === undefined ? 'census' : 'sample'
  return withoutUndefined({ cell: formatDuration(cellMs), policy, sample: sample && { ...sample }, compression })
}

/** Per way of reading it. */
export interface HistorianData {
  readonly piWebApi?: ConfigData | undefined
  readonly opcua?: ConfigData | undefined
}

export function historianData({ piWebApi, opcua }: HistorianConfig): HistorianData {
  return { piWebApi: piWebApi && piWebApiData(piWebApi), opcua: opcua && opcUaData(opcua) }
}

function piWebApiData(api: PiWebApiConfig): ConfigData {
  return {
    url: api.url,
    dataServer: api.dataServer,
    auth: authData(api.auth),
    tls: api.caFile === undefined ? undefined : { caFile: api.caFile },
    ...connectionData(api),
  }
}

function opcUaData(opcua: OpcUaConfig): ConfigData {
  const { failover } = opcua
  return {
    endpoint: opcua.endpoint,
    role: failover === undefined ? 'only' : 'fallback',
    security: opcua.security,
    identity: identityData(opcua.identity),
    nodes: nodesData(opcua.nodes),
    ...connectionData(opcua),
    ...(failover === undefined ? {} : { outage: undefined }),
    failover: failover && {
      after: formatDuration(failover.afterMs),
      back: formatDuration(failover.backMs),
      overlap: formatDuration(failover.overlapMs),
    },
  }
}

function connectionData({ pageSize, timeoutMs, outageMs, limits }: ConnectionConfig): ConfigData {
  return {
    pageSize,
    timeout: formatDuration(timeoutMs),
    outage: formatDuration(outageMs),
    limits: { ...limits, quietHours: limits.quietHours.map(formatQuietHours) },
  }
}

function identityData(identity: OpcUaIdentityConfig): object {
  return identity.type === 'username'
    ? { type: identity.type, username: identity.username, ...secretData('password', identity.password) }
    : identity
}

function nodesData(nodes: OpcUaNodesConfig): object {
  switch (nodes.kind) {
    case 'list':
      return { file: nodes.file }
    case 'pattern':
      return { pattern: nodes.pattern }
    case 'browse':
      return { browse: formatOpcUaAddress(nodes.root) }
  }
}

function authData(auth: PiAuthConfig): object {
  switch (auth.type) {
    case 'basic':
      return { type: 'basic', username: auth.username, ...secretData('password', auth.password) }
    case 'bearer':
      return { type: 'bearer', ...secretData('token', auth.token) }
    case 'none':
      return { type: 'none' }
  }
}

function secretData(kind: string, { place }: Secret): object {
  return 'file' in place ? { [`${kind}File`]: place.file } : { [`${kind}Env`]: place.variable }
}

function tagRuleData(rule: TagRule): object {
  const { backfill } = rule
  return {
    historian: rule.historian,
    include: rule.include,
    exclude: rule.exclude,
    file: rule.file,
    backfill: backfill && {
      from: formatTicks(backfill.from),
      until: backfill.until === undefined ? undefined : formatTicks(backfill.until),
      order: backfill.order,
    },
  }
}

function kafkaData(kafka: KafkaLogConfig): object {
  const { sasl } = kafka
  return {
    brokers: kafka.brokers,
    topicPrefix: kafka.topicPrefix,
    partitions: kafka.partitions,
    replicationFactor: kafka.replicationFactor,
    writers: kafka.writers,
    mode: kafka.mode,
    compression: kafka.compression,
    tls: kafka.tls,
    sasl: sasl && { mechanism: sasl.mechanism, username: sasl.username, ...secretData('password', sasl.password) },
    outage: formatDuration(kafka.outageMs),
  }
}

export function syncData(sync: SyncConfig): ConfigData {
  return {
    interval: formatDuration(sync.intervalMs),
    settle: formatDuration(sync.settleMs),
    sweeps: sync.sweeps.map(({ timing, lookBackMs }) => {
      const lookBack = formatDuration(lookBackMs)
      if (timing.kind === 'every') return { every: formatDuration(timing.everyMs), lookBack }
      return { cron: timing.cron, timeZone: timing.timeZone, lookBack }
    }),
    catalogue: formatDuration(sync.catalogueMs),
    repair: sync.repair,
    hints: sync.hints,
  }
}

/** By name. */
export function workloadsData(workloads: readonly WorkloadConfig[]): ConfigData {
  return Object.fromEntries(workloads.map((workload) => [workload.name, workloadData(workload)]))
}

function withoutUndefined(data: object): ConfigData {
  return JSON.parse(JSON.stringify(data)) as ConfigData
}
