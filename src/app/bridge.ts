/**
 * Composition root: from a configuration to the adapters that serve it. The only place that chooses an
 * implementation. Everything is opened on first use, and heavy clients are imported only then, so that a command
 * pays for what it touches.
 */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { HistorianConfig, KafkaLogConfig, PiAuthConfig, ResolvedConfig } from '../config/config.ts'
import { BanyanError, messageOf } from '../domain/errors.ts'
import type { SampleLog } from '../log/log.ts'
import { Governor, type Lane } from '../replay/governor.ts'
import type { SignIn } from '../source/pi-web-api/sign-in.ts'
import type { HistorianSource } from '../source/source.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'

export interface GovernedSource {
  readonly config: HistorianConfig
  readonly source: HistorianSource
  readonly governor: Governor
}

export class Bridge {
  readonly config: ResolvedConfig
  readonly logger: Logger
  readonly #rootLogger: Logger
  /** By `<lane>/<historian>`. */
  readonly #sources = new Map<string, Promise<GovernedSource>>()
  readonly #governors = new Map<string, Governor>()
  readonly #signIns = new Map<string, SignIn>()
  #store: Promise<Store> | undefined
  #log: Promise<SampleLog> | undefined

  constructor(config: ResolvedConfig, logger: Logger) {
    this.config = config
    this.#rootLogger = logger
    this.logger = logger.child({ bridge: config.bridge })
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
    const config = this.config.historians.find((historian) => historian.name === name)
    if (config === undefined) throw new BanyanError('BANYAN_INTERNAL', `no historian ${name} in the configuration`)
    const key = `${lane}/${name}`
    const opened = this.#sources.get(key) ?? this.#openSource(config, lane)
    this.#sources.set(key, opened)
    return opened
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
    // What a historian asked for (less, later) holds whatever else was edited.
    for (const { name, piWebApi } of config.historians) {
      const governor = this.#governors.get(name)
      const before = this.config.historians.find((historian) => historian.name === name)
      const isSame = JSON.stringify(before?.piWebApi.limits) === JSON.stringify(piWebApi.limits)
      if (governor !== undefined && isSame) next.#governors.set(name, governor)
    }
    return next
  }

  /** Idempotent. The governors stay: another bridge may have taken them over. */
  async closeSources(): Promise<void> {
    await Promise.allSettled([...this.#sources.values()].map(async (opened) => (await opened).source.close()))
  }

  /** Idempotent; closes what was opened, and reports nothing of what goes wrong doing so. */
  async close(): Promise<void> {
    await this.closeSources()
    for (const governor of this.#governors.values()) governor.close()
    await Promise.allSettled([this.#log?.then((log) => log.close())])
    await Promise.allSettled([this.#store?.then((store) => store.close())])
  }

  async #openSource(config: HistorianConfig, lane: Lane): Promise<GovernedSource> {
    const [{ openPiWebApiSource }, { SignIn }] = await Promise.all([
      import('../source/pi-web-api/source.ts'),
      import('../source/pi-web-api/sign-in.ts'),
    ])
    const { url, dataServer, auth, caFile, timeoutMs, limits } = config.piWebApi
    const governor = this.#governorOf(config)
    const signIn = this.#signIns.get(config.name) ?? new SignIn(credentialsOf(auth))
    this.#signIns.set(config.name, signIn)
    const source = openPiWebApiSource({
      historian: config.name,
      url,
      dataServer,
      auth: signIn,
      ...(caFile === undefined ? {} : { ca: readAuthorities(caFile) }),
      timeoutMs,
      batchSize: limits.batchSize,
      gate: governor.lane(lane),
      logger: this.logger.child({ component: 'source', historian: config.name, lane }),
    })
    return { config, source, governor }
  }

  #governorOf({ name, piWebApi: { limits } }: HistorianConfig): Governor {
    const known = this.#governors.get(name)
    if (known !== undefined) return known
    const { concurrency, requestsPerSecond, rowsInFlight, quietHours, timeZone } = limits
    const governor = new Governor({
      concurrency,
      requestsPerSecond,
      rowsInFlight,
      quietHours: quietHours.length === 0 ? undefined : { timeZone, ranges: quietHours },
    })
    this.#governors.set(name, governor)
    return governor
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

function credentialsOf(auth: PiAuthConfig) {
  switch (auth.type) {
    case 'basic':
      return { type: auth.type, username: auth.username, password: auth.password.read }
    case 'bearer':
      return { type: auth.type, token: auth.token.read }
    case 'none':
      return { type: auth.type }
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

/** TLS would pass over a file without certificates in silence, and then blame the server's. */
function readAuthorities(file: string): string {
  let pem: string
  try {
    pem = readFileSync(file, 'utf8')
  } catch (error) {
    throw new BanyanError('BANYAN_CONFIG_INVALID', `cannot read the certificate file ${file}: ${messageOf(error)}`, {
      hint: 'check caFile in the configuration and the rights of the file',
      cause: error,
    })
  }
  try {
    new X509Certificate(pem)
    return pem
  } catch (error) {
    throw new BanyanError('BANYAN_CONFIG_INVALID', `the file ${file} holds no certificate in PEM form`, {
      hint: 'a PEM file begins with -----BEGIN CERTIFICATE-----; "openssl x509 -inform der -in <file>" makes one of a binary certificate',
      cause: error,
    })
  }
}
