/**
 * The resolved configuration as it could stand in a file: every default spelled out, every path absolute, secrets by
 * the place they come from. Loading the printed text gives the same configuration again.
 */
import { stringify } from 'yaml'
import { formatTicks } from '../domain/ticks.ts'
import type { HistorianConfig, KafkaLogConfig, PiAuthConfig, ResolvedConfig, Secret, TagRule } from './config.ts'
import { formatDuration, formatQuietHours } from './scalars.ts'

export function configToText(config: ResolvedConfig): string {
  return stringify(configToData(config), { lineWidth: 0 })
}

/** Plain data in the shape of banyan.yaml. */
export function configToData(config: ResolvedConfig): object {
  const { log } = config
  return withoutUndefined({
    bridge: config.bridge,
    store: config.store,
    historians: Object.fromEntries(config.historians.map((historian) => [historian.name, historianData(historian)])),
    tags: config.tags.map(tagRuleData),
    log:
      log.kind === 'kafka' ? { kafka: kafkaData(log) } : { embedded: { file: log.file, partitions: log.partitions } },
    sync: { settle: formatDuration(config.sync.settleMs) },
    parity: { cell: formatDuration(config.parity.cellMs) },
  })
}

function historianData({ piWebApi: api }: HistorianConfig): object {
  return {
    piWebApi: {
      url: api.url,
      dataServer: api.dataServer,
      auth: authData(api.auth),
      tls: api.caFile === undefined ? undefined : { caFile: api.caFile },
      pageSize: api.pageSize,
      timeout: formatDuration(api.timeoutMs),
      outage: formatDuration(api.outageMs),
      limits: { ...api.limits, quietHours: api.limits.quietHours.map(formatQuietHours) },
    },
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

function withoutUndefined(data: object): object {
  return JSON.parse(JSON.stringify(data)) as object
}
