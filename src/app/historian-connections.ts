/**
 * HistorianConnections: one historian's adapters, one set per lane, and what all lanes share: what it asked for (the
 * governors), the sign-in, and which of two sources serves.
 *
 * With a fallback, the lanes that copy read whichever source serves. The lanes that compare read the primary alone: what
 * the log says is measured against PI, or not at all.
 */
import type {
  HistorianConfig,
  HistorianLimits,
  OpcUaConfig,
  OpcUaIdentityConfig,
  PiAuthConfig,
  PiWebApiConfig,
} from '../config/config.ts'
import { BanyanError } from '../domain/errors.ts'
import type { Tag } from '../domain/tag.ts'
import { Governor, type Lane } from '../replay/governor.ts'
import { CarriedClock } from '../source/carried-clock.ts'
import { FailoverSource, type Failover } from '../source/failover.ts'
import { withKnownNodes } from '../source/known-nodes.ts'
import type { SignIn } from '../source/pi-web-api/sign-in.ts'
import { Pulse } from '../source/pulse.ts'
import { SeamMarks, type SeamRecord } from '../source/seam-marks.ts'
import { Serving } from '../source/serving.ts'
import type { HistorianSource } from '../source/source.ts'
import type { Logger } from '../telemetry/logger.ts'
import { readAuthorities } from './authorities.ts'

export interface GovernedSource {
  readonly config: HistorianConfig
  readonly source: HistorianSource
  /** Of the source that is read while all is well. */
  readonly governor: Governor
  /** Present where another source stands in for that one. */
  readonly standIn: StandIn | undefined
}

export interface StandIn {
  /** The fallback alone. */
  readonly source: HistorianSource
  readonly governor: Governor
  readonly failover: Failover
}

export interface ConnectionParts {
  readonly logger: Logger
  /** The tags the historian's catalogue last listed. */
  readonly remembered: () => Promise<readonly Tag[]>
  readonly recordSeam: SeamRecord
}

type Connection = 'piWebApi' | 'opcua'

/** Lanes whose reads are compared with the log. */
const COMPARING: ReadonlySet<Lane> = new Set<Lane>(['sweep', 'verify'])

/** All governors that a lane of the historian may wait for. */
export function governorsOf({ governor, standIn }: GovernedSource): Governor[] {
  return standIn === undefined ? [governor] : [governor, standIn.governor]
}

export class HistorianConnections {
  readonly config: HistorianConfig
  readonly #parts: ConnectionParts
  readonly #governors = new Map<Connection, Governor>()
  readonly #lanes = new Map<Lane, Promise<GovernedSource>>()
  #failover: Failover | undefined
  #signIn: SignIn | undefined
  #hasWarned = false

  constructor(config: HistorianConfig, parts: ConnectionParts) {
    this.config = config
    this.#parts = parts
  }

  /** What a historian asked for (less, later), and which source serves, holds whatever else was edited. */
  inherit(before: HistorianConnections): void {
    for (const [connection, governor] of before.#governors) {
      const isSame = isEqual(before.config[connection]?.limits, this.config[connection]?.limits)
      if (isSame) this.#governors.set(connection, governor)
    }
    if (isEqual(before.config.opcua?.failover, this.config.opcua?.failover)) this.#failover = before.#failover
  }

  /** Opened once per lane. */
  lane(lane: Lane): Promise<GovernedSource> {
    const opened = this.#lanes.get(lane) ?? this.#open(lane)
    this.#lanes.set(lane, opened)
    return opened
  }

  /** Idempotent. The governors stay: others may have taken them over. */
  async closeSources(): Promise<void> {
    await Promise.allSettled(
      [...this.#lanes.values()].map(async (opened) => {
        const { source, standIn } = await opened
        await Promise.allSettled([source.close(), standIn?.source.close()])
      }),
    )
  }

  closeGovernors(): void {
    for (const governor of this.#governors.values()) governor.close()
  }

  async #open(lane: Lane): Promise<GovernedSource> {
    const { config } = this
    const { piWebApi, opcua } = config
    if (piWebApi === undefined) return { config, ...(await this.#openOpcUa(expected(opcua), lane)), standIn: undefined }
    if (opcua?.failover === undefined || opcua.nodes.kind === 'browse') {
      return { config, ...(await this.#openPiWebApi(piWebApi, lane, undefined)), standIn: undefined }
    }
    const failover = (this.#failover ??= this.#newFailover(opcua.failover))
    const pi = await this.#openPiWebApi(piWebApi, lane, failover.pulse)
    const fallback = await this.#openOpcUa(opcua, lane)
    const primary = withKnownNodes(pi.source, {
      nodes: opcua.nodes,
      remembered: this.#parts.remembered,
      isAway: () => failover.serving.isFallback(),
    })
    const source = COMPARING.has(lane)
      ? primary
      : new FailoverSource({
          ...failover,
          primary,
          fallback: fallback.source,
          fallbackPageSize: opcua.pageSize,
          // A job reads a tag once, and ends; the others come again.
          isPatient: lane === 'backfill',
          logger: this.#loggerOf(lane),
        })
    return { config, source, governor: pi.governor, standIn: { ...fallback, failover } }
  }

  async #openPiWebApi(
    config: PiWebApiConfig,
    lane: Lane,
    pulse: Pulse | undefined,
  ): Promise<Pick<GovernedSource, 'source' | 'governor'>> {
    const [{ openPiWebApiSource }, { SignIn }] = await Promise.all([
      import('../source/pi-web-api/source.ts'),
      import('../source/pi-web-api/sign-in.ts'),
    ])
    const { url, dataServer, auth, caFile, timeoutMs, limits } = config
    const governor = this.#governorOf('piWebApi', limits)
    this.#signIn ??= new SignIn(credentialsOf(auth))
    const source = openPiWebApiSource({
      historian: this.config.name,
      url,
      dataServer,
      auth: this.#signIn,
      ...(caFile === undefined ? {} : { ca: readAuthorities(caFile) }),
      timeoutMs,
      batchSize: limits.batchSize,
      gate: pulse?.watch(governor.lane(lane)) ?? governor.lane(lane),
      logger: this.#loggerOf(lane),
    })
    return { source, governor }
  }

  async #openOpcUa(config: OpcUaConfig, lane: Lane): Promise<Pick<GovernedSource, 'source' | 'governor'>> {
    const { openOpcUaSource } = await import('../source/opcua/source.ts')
    const governor = this.#governorOf('opcua', config.limits)
    if (config.security.mode === 'None') this.#warnOfClearText(config)
    const source = openOpcUaSource({
      historian: this.config.name,
      endpoint: config.endpoint,
      security: config.security,
      identity: identityOf(config.identity),
      nodes: config.nodes,
      timeoutMs: config.timeoutMs,
      gate: governor.lane(lane),
      logger: this.#loggerOf(lane),
    })
    return { source, governor }
  }

  #newFailover({ afterMs, backMs, overlapMs }: NonNullable<OpcUaConfig['failover']>): Failover {
    return {
      serving: new Serving({ afterMs, backMs }),
      pulse: new Pulse(),
      clock: new CarriedClock(),
      seams: new SeamMarks(this.#parts.recordSeam, overlapMs),
    }
  }

  #governorOf(connection: Connection, limits: HistorianLimits): Governor {
    const known = this.#governors.get(connection)
    if (known !== undefined) return known
    const { concurrency, requestsPerSecond, rowsInFlight, quietHours, timeZone } = limits
    const governor = new Governor({
      concurrency,
      requestsPerSecond,
      rowsInFlight,
      quietHours: quietHours.length === 0 ? undefined : { timeZone, ranges: quietHours },
    })
    this.#governors.set(connection, governor)
    return governor
  }

  /** Once: every lane opens a connection. */
  #warnOfClearText({ endpoint }: OpcUaConfig): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    this.#parts.logger.warn(
      { component: 'source', historian: this.config.name, endpoint },
      'opcua.security.mode is None: whoever is on the way can read, and change, what is read',
    )
  }

  #loggerOf(lane: Lane): Logger {
    return this.#parts.logger.child({ component: 'source', historian: this.config.name, lane })
  }
}

function expected(opcua: OpcUaConfig | undefined): OpcUaConfig {
  if (opcua === undefined) throw new BanyanError('BANYAN_INTERNAL', 'a historian without any connection')
  return opcua
}

/** Of configurations: plain data but for secrets. */
function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
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

function identityOf(identity: OpcUaIdentityConfig) {
  return identity.type === 'username'
    ? { type: identity.type, username: identity.username, password: identity.password.read }
    : identity
}
