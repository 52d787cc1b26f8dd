/**
 * Composition root: from a configuration to the adapters that serve it. The only place that chooses an
 * implementation. Everything is opened on first use, and heavy clients are imported only then, so that a command
 * pays for what it touches.
 */
import type { HistorianConfig, KafkaLogConfig, ResolvedConfig } from '../config/config.ts'
import { BanyanError } from '../domain/errors.ts'
import type { SampleLog } from '../log/log.ts'
import type { Lane } from '../replay/governor.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import { readAuthorities } from './authorities.ts'
import { type GovernedSource, HistorianConnections } from './historian-connections.ts'

export class Bridge {
  readonly config: ResolvedConfig
  readonly logger: Logger
  readonly #rootLogger: Logger
  /** By historian. */
  readonly #connections: ReadonlyMap<string, HistorianConnections>
  #store: Promise<Store> | undefined
  #log: Promise<SampleLog> | undefined

  constructor(config: ResolvedConfig, logger: Logger) {
    this.config = config
    this.#rootLogger = logger
    this.logger = logger.child({ bridge: config.bridge })
    this.#connections = new Map(config.historians.map((historian) => [historian.name, this.#connectionsOf(historian)]))
  }

  store(): Promise<Store> {
    this.#store ??= import('../store/store.ts').then(({ openStore }) => openStore(this.config.store))
    return this.#store
  }

  log(): Promise<SampleLog> {
    this.#log ??= this.#openLog()
    return this.#log
  }

  /**
   * The historian as one lane sees it: each lane has connections of its own and shares the historian's one governor,
   * which lets the higher lane go first. Throws BANYAN_INTERNAL for a name the configuration does not have: rules were
   * checked against it.
   */
  source(name: string, lane: Lane = 'backfill'): Promise<GovernedSource> {
    const connections = this.#connections.get(name)
    if (connections === undefined) throw new BanyanError('BANYAN_INTERNAL', `no historian ${name} in the configuration`)
    return connections.lane(lane)
  }

  sources(): Promise<GovernedSource[]> {
    return Promise.all(this.config.historians.map(({ name }) => this.source(name)))
  }

  /** Of the historians that a tag rule names: one that nothing is copied from must not hold up the rest. */
  async selectedSources(): Promise<GovernedSource[]> {
    const names = new Set(this.config.tags.map((rule) => rule.historian))
    const selected = this.config.historians.filter(({ name }) => names.has(name))
    return Promise.all(selected.map(({ name }) => this.source(name)))
  }

  /**
   * The same bridge under another configuration: store and log stay open and are shared, so only what concerns the
   * historians may differ. The old one's sources are to be closed with `closeSources`.
   */
  reconfigured(config: ResolvedConfig): Bridge {
    const next = new Bridge(config, this.#rootLogger)
    next.#store = this.#store
    next.#log = this.#log
    for (const [name, connections] of next.#connections) {
      const before = this.#connections.get(name)
      if (before !== undefined) connections.inherit(before)
    }
    return next
  }

  /** Idempotent. The governors stay: another bridge may have taken them over. */
  async closeSources(): Promise<void> {
    await Promise.all(Array.from(this.#connections.values(), (connections) => connections.closeSources()))
  }

  /** Idempotent; closes what was opened, and reports nothing of what goes wrong doing so. */
  async close(): Promise<void> {
    await this.closeSources()
    for (const connections of this.#connections.values()) connections.closeGovernors()
    await Promise.allSettled([this.#log?.then((log) => log.close())])
    await Promise.allSettled([this.#store?.then((store) => store.close())])
  }

  #connectionsOf(config: HistorianConfig): HistorianConnections {
    return new HistorianConnections(config, {
      logger: this.logger,
      remembered: async () => {
        const known = (await this.store()).tags.list(config.name)
        return known.filter(({ goneAtMs }) => goneAtMs === undefined).map(({ tag }) => tag)
      },
      recordSeam: async (tag, window) => {
        const store = await this.store()
        store.seams.add(tag, window)
      },
    })
  }

  async #openLog(): Promise<SampleLog> {
    const { log, bridge } = this.config
    if (log.kind === 'embedded') {
      const { openEmbeddedLog } = await import('../log/embedded/embedded-log.ts')
      return openEmbeddedLog({ file: log.file, partitions: log.partitions, bridge })
    }
    const { openKafkaLog } = await import('../log/kafka/kafka-log.ts')
    return openKafkaLog({
      bridge,
      brokers: log.brokers,
      topicPrefix: log.topicPrefix,
      partitions: log.partitions,
      replicationFactor: log.replicationFactor,
      writers: log.writers,
      mode: log.mode,
      compression: log.compression,
      ...kafkaSecurity(log),
      logger: this.logger.child({ component: 'kafka' }),
    })
  }
}

function kafkaSecurity({ tls, sasl }: KafkaLogConfig) {
  return {
    ...(tls === undefined ? {} : { tls: tls.caFile === undefined ? {} : { ca: readAuthorities(tls.caFile) } }),
    ...(sasl === undefined
      ? {}
      : { sasl: { mechanism: sasl.mechanism, username: sasl.username, password: sasl.password.read() } }),
  }
}
