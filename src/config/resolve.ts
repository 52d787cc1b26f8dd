/**
 * Config -> ResolvedConfig: paths become absolute, tag lists are read, and what no single key shows is checked: names
 * that lead nowhere, files used twice, limits that would stop everything. All problems are reported at once.
 */
import { dirname, resolve } from 'node:path'
import { messageOf } from '../domain/errors.ts'
import type {
  HistorianConfig,
  HistorianLimits,
  KafkaLogConfig,
  LogConfig,
  OpcUaConfig,
  PiAuthConfig,
  PiWebApiConfig,
  ResolvedConfig,
  Secret,
  TagRule,
} from './config.ts'
import type { ConfigPath, Report } from './problem.ts'
import { checkRoles, type ListProblem, resolveOpcUa } from './resolve-opcua.ts'
import { resolveParity } from './resolve-parity.ts'
import { resolveSync } from './resolve-sync.ts'
import { resolveWorkloads } from './resolve-workloads.ts'
import { coverWholeDay } from './scalars.ts'
import type { Config } from './schema.ts'
import { type Environment, environmentSecret, fileSecret } from './secret.ts'
import { readTagList } from './tag-list.ts'

type Historian = Config['historians'][string]
type PiWebApi = NonNullable<Historian['piWebApi']>
type Kafka = NonNullable<Config['log']['kafka']>

export function resolveConfig(
  config: Config,
  file: string,
  environment: Environment,
  report: Report,
): ResolvedConfig | undefined {
  const resolver = new Resolver(file, environment, report)
  const log = resolver.log(config.log)
  const store = resolver.path(config.store)
  if (log?.kind === 'embedded' && log.file === store) {
    report(['log', 'embedded', 'file'], 'is the same file as the store', 'give each its own file')
  }
  if (store === file) report(['store'], 'is the configuration file itself')
  const killSwitch = resolver.killSwitch(config.cutover, [file, store, ...(log?.kind === 'embedded' ? [log.file] : [])])
  const historians = Object.entries(config.historians).flatMap(
    ([name, historian]) => resolver.historian(name, historian) ?? [],
  )
  const names = Object.keys(config.historians)
  const tags = config.tags.map((rule, index) => resolver.tagRule(rule, ['tags', index], names))
  if (log === undefined) return undefined
  return {
    file,
    bridge: config.bridge,
    store,
    historians,
    tags,
    log,
    sync: resolveSync(config.sync, report),
    parity: resolveParity(config.parity, report),
    workloads: resolveWorkloads(config, report),
    cutover: { killSwitch },
    web: config.web && { ...config.web.listen, names: config.web.names },
  }
}

class Resolver {
  readonly #folder: string
  readonly #environment: Environment
  readonly #report: Report

  constructor(file: string, environment: Environment, report: Report) {
    this.#folder = dirname(file)
    this.#environment = environment
    this.#report = report
  }

  path(relative: string): string {
    return resolve(this.#folder, relative)
  }

  /** It is on when its file is there, so it must not be one of those that always are. */
  killSwitch({ killSwitch }: Config['cutover'], inUse: readonly string[]): string | undefined {
    const file = this.#optionalPath(killSwitch)
    if (file !== undefined && inUse.includes(file)) {
      this.#report(['cutover', 'killSwitch'], 'is a file that is always there', 'name one that nothing else makes')
    }
    return file
  }

  /** Undefined when it has no connection at all, which is reported. */
  historian(name: string, historian: Historian): HistorianConfig | undefined {
    const path = ['historians', name]
    checkRoles(historian, path, this.#report)
    const piWebApi = historian.piWebApi && this.#piWebApi(historian.piWebApi, [...path, 'piWebApi'])
    const opcua = historian.opcua && this.#opcua(historian.opcua, [...path, 'opcua'])
    const primary = piWebApi ?? opcua
    return primary && { name, piWebApi, opcua, primary }
  }

  #opcua(opcua: NonNullable<Historian['opcua']>, path: ConfigPath): OpcUaConfig {
    this.#checkLimits(opcua, path)
    return resolveOpcUa(opcua, path, {
      path: (relative) => this.path(relative),
      password: (keys, at) => this.#password(keys, at),
      readList: (file, at, read) => this.#readList(file, at, read),
      report: this.#report,
    })
  }

  #checkLimits({ pageSize, limits }: Pick<PiWebApi, 'pageSize'> & { limits: HistorianLimits }, path: ConfigPath): void {
    if (pageSize > limits.rowsInFlight) {
      const most = `limits.rowsInFlight (${String(limits.rowsInFlight)})`
      this.#report([...path, 'pageSize'], `is more than ${most} lets through`, 'lower pageSize or raise rowsInFlight')
    }
    if (coverWholeDay(limits.quietHours)) {
      this.#report([...path, 'limits', 'quietHours'], 'leave no minute of the day for reading')
    }
  }

  #piWebApi(api: PiWebApi, path: ConfigPath): PiWebApiConfig {
    this.#checkUrl(api, [...path, 'url'])
    this.#checkLimits(api, path)
    return {
      url: api.url.replace(/\/+$/, ''),
      dataServer: api.dataServer,
      auth: this.#auth(api.auth, [...path, 'auth']),
      caFile: this.#optionalPath(api.tls?.caFile),
      pageSize: api.pageSize,
      timeoutMs: api.timeout,
      outageMs: api.outage,
      limits: api.limits,
    }
  }

  #checkUrl(api: PiWebApi, path: ConfigPath): void {
    const url = new URL(api.url)
    if (url.username !== '' || url.password !== '') {
      this.#report(path, 'must not carry credentials', 'use auth: { type: basic, username: …, passwordFile: … }')
    }
    if (url.search !== '' || url.hash !== '') this.#report(path, 'must end with the path, without ? or #')
    if (url.protocol === 'http:' && api.auth.type !== 'none' && !isLoopback(url.hostname)) {
      this.#report(path, `would send the ${api.auth.type} credentials in clear text`, 'use https')
    }
  }

  #auth(auth: PiWebApi['auth'], path: ConfigPath): PiAuthConfig {
    switch (auth.type) {
      case 'basic':
        return { type: 'basic', username: auth.username, password: this.#password(auth, path) }
      case 'bearer':
        return { type: 'bearer', token: this.#secret('token', auth.tokenFile, auth.tokenEnv, path) }
      case 'none':
        return { type: 'none' }
    }
  }

  #password(keys: { passwordFile?: string | undefined; passwordEnv?: string | undefined }, path: ConfigPath): Secret {
    return this.#secret('password', keys.passwordFile, keys.passwordEnv, path)
  }

  #secret(kind: string, file: string | undefined, variable: string | undefined, path: ConfigPath): Secret {
    if ((file === undefined) === (variable === undefined)) {
      this.#report(path, `needs either ${kind}File or ${kind}Env${file === undefined ? '' : ', not both'}`)
    }
    return file === undefined ? environmentSecret(variable ?? '', this.#environment) : fileSecret(this.path(file))
  }

  tagRule(rule: Config['tags'][number], path: ConfigPath, historians: readonly string[]): TagRule {
    if (!historians.includes(rule.historian)) {
      const shown = JSON.stringify(rule.historian)
      this.#report(
        [...path, 'historian'],
        `names ${shown}, which is not a historian`,
        `known: ${historians.join(', ')}`,
      )
    }
    if (rule.include.length === 0 && rule.file === undefined) {
      this.#report(path, 'selects no tag', 'add "include:" with name masks or "file:" with a list of names')
    }
    const { backfill } = rule
    if (backfill?.until !== undefined && backfill.until <= backfill.from) {
      this.#report([...path, 'backfill', 'until'], 'must be later than from')
    }
    const file = this.#optionalPath(rule.file)
    return {
      historian: rule.historian,
      include: rule.include,
      exclude: rule.exclude,
      names: file === undefined ? [] : (this.#readList(file, [...path, 'file'], readTagList)?.names ?? []),
      file,
      backfill: backfill && { from: backfill.from, until: backfill.until, order: backfill.order },
    }
  }

  /** Undefined when it cannot be read. */
  #readList<T extends { readonly problem: ListProblem }>(
    file: string,
    path: ConfigPath,
    read: (file: string) => T,
  ): T | undefined {
    try {
      const list = read(file)
      if (list.problem !== undefined) {
        const line = list.problem.line === undefined ? '' : ` line ${String(list.problem.line)}`
        this.#report(path, `${file}${line} ${list.problem.message}`)
      }
      return list
    } catch (error) {
      this.#report(path, `cannot be read: ${messageOf(error)}`, 'relative paths are relative to the configuration file')
      return undefined
    }
  }

  log({ kafka, embedded }: Config['log']): LogConfig | undefined {
    if (kafka !== undefined && embedded !== undefined) {
      this.#report(['log'], 'has both kafka and embedded', 'keep the one that is meant')
      return undefined
    }
    if (kafka !== undefined) return this.#kafka(kafka)
    if (embedded !== undefined) {
      return { kind: 'embedded', file: this.path(embedded.file), partitions: embedded.partitions }
    }
    this.#report(['log'], 'has neither kafka nor embedded', 'name the log the samples go to')
    return undefined
  }

  #kafka(kafka: Kafka): KafkaLogConfig {
    const path = ['log', 'kafka']
    if (kafka.writers > kafka.partitions) {
      this.#report([...path, 'writers'], `must not be more than partitions (${String(kafka.partitions)})`)
    }
    const { sasl, tls, outage, ...rest } = kafka
    if (sasl?.mechanism === 'plain' && tls === undefined && !kafka.brokers.every(isLoopbackBroker)) {
      this.#report([...path, 'sasl'], 'plain without tls would send the password in clear text', 'add "tls: {}"')
    }
    return {
      kind: 'kafka',
      ...rest,
      outageMs: outage,
      tls: tls && { caFile: this.#optionalPath(tls.caFile) },
      sasl: sasl && {
        mechanism: sasl.mechanism,
        username: sasl.username,
        password: this.#password(sasl, [...path, 'sasl']),
      },
    }
  }

  #optionalPath(path: string | undefined): string | undefined {
    return path === undefined ? undefined : this.path(path)
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

function isLoopbackBroker(broker: string): boolean {
  return isLoopback(broker.slice(0, broker.lastIndexOf(':')))
}
