/** What openKafkaLog needs to know, and the limits of the adapter. */
import type { Logger } from '../../telemetry/logger.ts'

export interface KafkaLogOptions {
  /** Names the writers: `banyan.<bridge>.<shard>` are their transactional ids. */
  readonly bridge: string
  /** `host:port` each; any one that answers is enough. */
  readonly brokers: readonly string[]
  /** Topics are `<topicPrefix>.samples`, `.tags` and `.checkpoints`. */
  readonly topicPrefix: string
  /** Partitions of the samples; fixed for ever, because a tag lives in the partition its id hashes to. */
  readonly partitions: number
  /** Used when topics are created, and the least the preflight accepts. */
  readonly replicationFactor: number
  /** Writer shards; fixed for ever, because a shard's coverage lives in the checkpoint partition of its number. */
  readonly writers: number
  /** `idempotent` only for brokers without transactions: no fencing, see idempotent-session.ts. */
  readonly mode: 'transactional' | 'idempotent'
  readonly compression: 'none' | 'gzip'
  /** Present: TLS, verified against `ca` (PEM text) or the system's certificate authorities. */
  readonly tls?: { readonly ca?: string | undefined } | undefined
  readonly sasl?: KafkaSasl | undefined
  /** How long the broker lets an abandoned transaction hold readers back. Default: 30 s. */
  readonly transactionTimeoutMs?: number | undefined
  /** Only tests have a reason to change these. */
  readonly limits?: Partial<KafkaLimits>
  readonly logger: Logger
}

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
  readonly password: string
}

export interface KafkaLimits {
  /** Until a broker must have answered for the first time. A command should not sit silent for longer. */
  readonly connectMs: number
  /** Until one send, commit or abort must be acknowledged; covers a leader move (2-4 s) with a wide margin. */
  readonly requestMs: number
  /** Until a writer is the shard's one writer: taking over an open transaction takes the broker a moment. */
  readonly takeOverMs: number
  /**
   * Until a transaction below the asked position must be decided. A crashed writer's is given up by the broker after
   * its timeout and up to 10 s more (transaction.abort.timed.out.transaction.cleanup.interval.ms).
   */
  readonly decisionMs: number
  /** A writer is spent after so many records: kafkajs wraps sequence numbers one off at 2^31. */
  readonly recycleAfterRecords: number
}

/** Short, because a dead writer's open transaction holds every reader back for so long. */
const DEFAULT_TRANSACTION_TIMEOUT_MS = 30_000

/** Grace for the broker's own clean-up of a transaction that timed out, which runs every 10 s. */
const CLEANUP_GRACE_MS = 15_000

export function transactionTimeoutOf(options: KafkaLogOptions): number {
  return options.transactionTimeoutMs ?? DEFAULT_TRANSACTION_TIMEOUT_MS
}

export function limitsOf(options: KafkaLogOptions): KafkaLimits {
  return {
    connectMs: 10_000,
    requestMs: 20_000,
    takeOverMs: 60_000,
    decisionMs: transactionTimeoutOf(options) + CLEANUP_GRACE_MS,
    recycleAfterRecords: 1_000_000_000,
    ...options.limits,
  }
}
