/**
 * ResolvedConfig: what the rest of Banyan runs on. Every path is absolute, every duration in milliseconds, every time
 * in ticks, every default filled in, every combination checked; the whole value is frozen. Secrets are not in it:
 * only functions that read them when they are needed.
 */
import type { OpcUaAddress } from '../domain/opc-ua-address.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Workload } from '../domain/workload.ts'

export interface ResolvedConfig {
  /** The file it came from, absolute. */
  readonly file: string
  /** Names the writers, the lease and the metrics. */
  readonly bridge: string
  /** SQLite file of the store. */
  readonly store: string
  /** At least one; names are unique. */
  readonly historians: readonly HistorianConfig[]
  /** In file order. A tag belongs to the first rule that matches it. */
  readonly tags: readonly TagRule[]
  readonly log: LogConfig
  readonly sync: SyncConfig
  readonly parity: ParityConfig
  /** In file order; names are unique. */
  readonly workloads: readonly WorkloadConfig[]
  readonly cutover: CutoverConfig
  /** Undefined: nothing listens. */
  readonly web: WebConfig | undefined
}

export interface HistorianConfig {
  /** First part of its tag ids, `[a-z0-9-]`. */
  readonly name: string
  /** At least one of the two is there; both: PI Web API is read, and OPC UA stands in for it. */
  readonly piWebApi: PiWebApiConfig | undefined
  readonly opcua: OpcUaConfig | undefined
  /** The one of the two that is read while all is well: what whoever reads needs to know, whatever the protocol. */
  readonly primary: ConnectionConfig
}

/** What every way of reading a historian has. */
export interface ConnectionConfig {
  /** Values per tag per call. */
  readonly pageSize: number
  /** Whole-request deadline. */
  readonly timeoutMs: number
  /** How long an unreachable historian is retried before a job stops. */
  readonly outageMs: number
  readonly limits: HistorianLimits
}

export interface PiWebApiConfig extends ConnectionConfig {
  /** Base address, e.g. `https://host/piwebapi`; no trailing slash, no credentials in it. */
  readonly url: string
  /** Name of the PI data server as PI Web API lists it. */
  readonly dataServer: string
  readonly auth: PiAuthConfig
  /** PEM file with the authorities to trust in place of the system's. */
  readonly caFile: string | undefined
  readonly limits: PiWebApiLimits
}

export type PiAuthConfig =
  | { readonly type: 'basic'; readonly username: string; readonly password: Secret }
  | { readonly type: 'bearer'; readonly token: Secret }
  | { readonly type: 'none' }

export const OPC_UA_ROLES = ['fallback', 'only'] as const
export const OPC_UA_MODES = ['None', 'Sign', 'SignAndEncrypt'] as const
export const OPC_UA_POLICIES = ['None', 'Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss'] as const

export interface OpcUaConfig extends ConnectionConfig {
  /** `opc.tcp://host:port[/path]`. */
  readonly endpoint: string
  readonly security: OpcUaSecurityConfig
  readonly identity: OpcUaIdentityConfig
  readonly nodes: OpcUaNodesConfig
  /** Present: PI Web API is read, and this stands in for it. Undefined: this is all there is. */
  readonly failover: FailoverConfig | undefined
}

export interface OpcUaSecurityConfig {
  readonly mode: (typeof OPC_UA_MODES)[number]
  /** `None` with mode None, and only then. */
  readonly policy: (typeof OPC_UA_POLICIES)[number]
  /** Folder of our own certificate and of those we trust. */
  readonly pki: string
}

export type OpcUaIdentityConfig =
  | { readonly type: 'anonymous' }
  | { readonly type: 'username'; readonly username: string; readonly password: Secret }
  | { readonly type: 'certificate'; readonly certificateFile: string; readonly privateKeyFile: string }

/** Which node a tag is. */
export type OpcUaNodesConfig =
  | {
      readonly kind: 'list'
      readonly file: string
      /** By tag name as the file spells it; each name once, whatever the case. */
      readonly entries: ReadonlyMap<string, OpcUaAddress>
    }
  /** A node id with `{name}` where the tag's name belongs. */
  | { readonly kind: 'pattern'; readonly pattern: string }
  /** Every variable with history below this node. */
  | { readonly kind: 'browse'; readonly root: OpcUaAddress }

/** When tags change between PI Web API and OPC UA. */
export interface FailoverConfig {
  /** How long PI Web API fails before OPC UA takes over. */
  readonly afterMs: number
  /** How long PI Web API answers before it takes over again. */
  readonly backMs: number
  /** How far around what OPC UA served both are compared afterwards. */
  readonly overlapMs: number
}

/** Ceilings that protect the historian. */
export interface HistorianLimits {
  /** Requests at the same time, at most. */
  readonly concurrency: number
  readonly requestsPerSecond: number
  /** Samples that requests under way may bring back, summed. */
  readonly rowsInFlight: number
  /** Nothing is read for backfill inside these. */
  readonly quietHours: readonly QuietHours[]
  /** IANA zone in which the quiet hours are meant. */
  readonly timeZone: string
}

export interface PiWebApiLimits extends HistorianLimits {
  /** Sub-requests in one `/batch` call, at most. */
  readonly batchSize: number
}

/** Minutes of the local day, 0 to 1439; `untilMinute` is exclusive and lies before `fromMinute` when midnight is inside. */
export interface QuietHours {
  readonly fromMinute: number
  readonly untilMinute: number
}

/** A secret is read anew at every call, so that a rotated file takes effect without a restart. */
export interface Secret {
  /** Where it comes from; printable. */
  readonly place: { readonly file: string } | { readonly variable: string }
  /** Throws BANYAN_CONFIG_INVALID when the file or variable is missing, empty or too long. */
  readonly read: () => string
}

export interface TagRule {
  readonly historian: string
  /** PI name masks. */
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  /** Exact tag names from the rule's list file, each once, in file order. */
  readonly names: readonly string[]
  /** The list file, absolute; undefined when the rule has none. */
  readonly file: string | undefined
  readonly backfill: BackfillRule | undefined
}

export const BACKFILL_ORDERS = ['newest-first', 'oldest-first'] as const
export type BackfillOrder = (typeof BACKFILL_ORDERS)[number]

export interface BackfillRule {
  /** Inclusive. */
  readonly from: Ticks
  /** Exclusive; undefined: up to now minus settle, when the job starts. */
  readonly until: Ticks | undefined
  readonly order: BackfillOrder
}

export type LogConfig = KafkaLogConfig | EmbeddedLogConfig

export interface KafkaLogConfig {
  readonly kind: 'kafka'
  /** `host:port` each. */
  readonly brokers: readonly string[]
  readonly topicPrefix: string
  readonly partitions: number
  readonly replicationFactor: number
  /** Writer shards, at most `partitions`. */
  readonly writers: number
  readonly mode: 'transactional' | 'idempotent'
  readonly compression: 'none' | 'gzip'
  /** Present: TLS on. */
  readonly tls: { readonly caFile: string | undefined } | undefined
  readonly sasl: KafkaSaslConfig | undefined
  /** How long an unreachable log is retried before a job stops. */
  readonly outageMs: number
}

export interface KafkaSaslConfig {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
  readonly password: Secret
}

export interface EmbeddedLogConfig {
  readonly kind: 'embedded'
  /** SQLite file, absolute. */
  readonly file: string
  readonly partitions: number
}

export const REPAIR_MODES = ['auto', 'report'] as const
/** What a sweep does about a difference: write the correction into the log, or only tell. */
export type RepairMode = (typeof REPAIR_MODES)[number]

export interface SyncConfig {
  /** From the beginning of one round of the tail to the beginning of the next. */
  readonly intervalMs: number
  /** How long after its timestamp a sample may still change by normal means. */
  readonly settleMs: number
  /** At least one; names are unique. */
  readonly sweeps: readonly SweepConfig[]
  /** How often the catalogue is read again. */
  readonly catalogueMs: number
  readonly repair: RepairMode
  /** Listen to the historian's notices of change, where it offers them. */
  readonly hints: boolean
}

export interface SweepConfig {
  /** Made of what it does, e.g. `sweep 1d every 15m`: names it in the store, in status, logs and metrics. */
  readonly name: string
  readonly timing: Timing
  /** How far back it compares; longer than the settle time. */
  readonly lookBackMs: number
}

export type Timing =
  | { readonly kind: 'every'; readonly everyMs: number }
  /** Five fields, in the local time of an IANA zone; known to come due some day. */
  | { readonly kind: 'cron'; readonly cron: string; readonly timeZone: string }

export const PARITY_POLICIES = ['census', 'sample'] as const
export const COMPRESSION_RULES = ['explain', 'strict'] as const
/** Whether samples that the historian has dropped by compression, provably, are explained or a mismatch. */
export type CompressionRule = (typeof COMPRESSION_RULES)[number]

export interface ParityConfig {
  /** Width of a cell; divides a day. */
  readonly cellMs: number
  readonly compression: CompressionRule
  /** Undefined: every cell is compared. */
  readonly sample: SampleConfig | undefined
}

export interface SampleConfig {
  /** Of so many neighbouring cells of a tag, one is drawn. */
  readonly every: number
  /** Which one is drawn: another seed draws others. */
  readonly seed: number
  /** The share of cells that may differ at most, for the sample to be called good enough. */
  readonly maxRate: number
}

/** Names of its consumers are unique. */
export interface WorkloadConfig extends Workload {
  /** PI name masks, at least one. One that matches no tag is no error: the tag may come. */
  readonly tags: readonly string[]
  /** Whose tags they are; undefined: those of any historian. */
  readonly historian: string | undefined
  readonly gates: GateOverrides
}

/** What a site sets of a gate policy. The rest follows from the criticality; a key that is not set is not there. */
export interface GateOverrides {
  readonly streakMs?: number
  readonly consumerCycleMs?: number
  readonly soakMs?: number
  readonly requestMaxAgeMs?: number
  readonly vitalityMaxAgeMs?: number
  readonly drillMaxAgeMs?: number
  readonly drillMaxMs?: number
  readonly historianMaxAgeMs?: number
  /** Above 0, at most 1. */
  readonly maxUpperRate?: number
  readonly approvals?: number
  readonly diversity?: boolean
  /** Percent, ascending, 1 to 99; at least one. */
  readonly canarySteps?: readonly number[]
  readonly freezes?: readonly FreezeConfig[]
  readonly shadow?: ShadowOverrides
}

/** `[from, until)`; never empty. */
export interface FreezeConfig {
  readonly from: Ticks
  readonly until: Ticks
  readonly reason: string
}

export interface ShadowOverrides {
  readonly required?: boolean
  readonly minComparisons?: number
  /** Above 0, at most 1. */
  readonly minQueryShare?: number
  readonly withinMs?: number
}

export interface CutoverConfig {
  /** File that turns the kill switch on by being there, absolute; undefined: only the environment does. */
  readonly killSwitch: string | undefined
}

export interface WebConfig {
  /** Name or IP address to listen on; IPv6 without brackets. */
  readonly host: string
  readonly port: number
  /** Names clients may ask for, lower-case, beside `host`, localhost and IP addresses. */
  readonly names: readonly string[]
}
