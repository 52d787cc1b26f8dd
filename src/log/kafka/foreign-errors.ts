/**
 * What kafkajs throws, as BanyanError: the one place that knows its messages. kafkajs wraps errors in errors; the
 * innermost one that says something specific decides.
 */
import { BanyanError, isBanyanError, messageOf, type ErrorCode } from '../../domain/errors.ts'

interface Rule {
  /** Matched against "name type code message" of every error in the chain of causes. */
  readonly pattern: RegExp
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly hint: string
}

const RULES: readonly Rule[] = [
  {
    // The broker answers 47 also when the transaction timed out while its writer lived: only the lease can tell.
    pattern: /INVALID_PRODUCER_EPOCH|PRODUCER_FENCED|Unknown error code 90\b/,
    code: 'BANYAN_LOG_FENCED',
    retryable: false,
    hint: 'Another process writes as this bridge, or a transaction lasted longer than its timeout. Stop the other process, or give this one another `bridge` name.',
  },
  {
    pattern: /MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE/,
    code: 'BANYAN_LOG_REJECTED',
    retryable: false,
    hint: 'Raise max.message.bytes of the samples topic (and replica.fetch.max.bytes of the brokers) above the largest sample.',
  },
  {
    pattern: /INVALID_TIMESTAMP/,
    code: 'BANYAN_LOG_REJECTED',
    retryable: false,
    hint: 'Raise message.timestamp.after.max.ms and message.timestamp.before.max.ms of the samples topic: `banyan check` prints the command.',
  },
  {
    pattern: /INVALID_RECORD|CORRUPT_MESSAGE|INVALID_REQUIRED_ACKS/,
    code: 'BANYAN_LOG_REJECTED',
    retryable: false,
    hint: 'The broker does not take these records: look at its log.',
  },
  {
    pattern: /INVALID_TRANSACTION_TIMEOUT/,
    code: 'BANYAN_LOG_UNSAFE',
    retryable: false,
    hint: 'Raise transaction.max.timeout.ms of the brokers to at least 30000.',
  },
  {
    pattern: /SASL|ILLEGAL_SASL_STATE|[Aa]uthentication failed/,
    code: 'BANYAN_LOG_UNAVAILABLE',
    retryable: false,
    hint: 'Check log.kafka.sasl: mechanism, username and the password file.',
  },
  {
    pattern: /TRANSACTIONAL_ID_AUTHORIZATION_FAILED/,
    code: 'BANYAN_LOG_UNAVAILABLE',
    retryable: false,
    hint: 'Grant the account Write and Describe on the transactional ids that start with `banyan.<bridge>.`, or use mode: idempotent.',
  },
  {
    pattern: /AUTHORIZATION_FAILED/,
    code: 'BANYAN_LOG_UNAVAILABLE',
    retryable: false,
    hint: 'Grant the account Read, Write, Describe and DescribeConfigs on the topics of this prefix.',
  },
  {
    pattern: /CERT|certificate|altnames|SSL routines|ERR_SSL|ERR_TLS|EPROTO/,
    code: 'BANYAN_LOG_UNAVAILABLE',
    retryable: false,
    hint: 'Check log.kafka.tls: does the listener speak TLS, is its certificate signed by tls.caFile, does it name this host?',
  },
  {
    pattern: /UNKNOWN_TOPIC_OR_PARTITION|does not host this topic-partition/,
    code: 'BANYAN_LOG_UNAVAILABLE',
    retryable: false,
    hint: 'The topic does not exist or may not be seen: run `banyan check --create-topics`.',
  },
  {
    pattern: /LEADER_NOT_AVAILABLE|no leader for this topic-partition|NOT_ENOUGH_REPLICAS/,
    code: 'BANYAN_LOG_UNAVAILABLE',
    retryable: true,
    hint: 'A partition has no leader or too few replicas in sync: a broker is down. `banyan check` names the partition.',
  },
  {
    pattern: /ENOTFOUND|EAI_AGAIN/,
    code: 'BANYAN_LOG_UNAVAILABLE',
    retryable: true,
    hint: 'A broker name cannot be resolved: check log.kafka.brokers and the brokers’ advertised.listeners.',
  },
]

const UNREACHABLE: Omit<Rule, 'pattern'> = {
  code: 'BANYAN_LOG_UNAVAILABLE',
  retryable: true,
  hint: 'Check log.kafka.brokers, the network and the brokers. A listener that speaks TLS needs log.kafka.tls, one that does not must not have it.',
}

/** kafkajs nests a handful of errors; a longer chain is a loop. */
const MAX_CAUSES = 10

/** `doing`: what was attempted, on what, e.g. `append to historian.samples`. */
export function logError(error: unknown, doing: string, brokers: readonly string[]): BanyanError {
  if (isBanyanError(error)) return error
  const texts = causesOf(error).map(describe)
  // Innermost first: the outer ones repeat its text without its type.
  const { code, retryable, hint } =
    texts.toReversed().flatMap((text) => RULES.filter((rule) => rule.pattern.test(text)))[0] ?? UNREACHABLE
  return new BanyanError(code, `Kafka (${brokers.join(', ')}): cannot ${doing}: ${messageOf(error)}`, {
    retryable,
    hint,
    context: { brokers: brokers.join(',') },
    cause: error,
  })
}

/** Runs `act`; what it throws comes out as BanyanError, or as the signal's reason once that is aborted. */
export async function translated<T>(
  act: () => Promise<T>,
  doing: string,
  brokers: readonly string[],
  signal?: AbortSignal,
): Promise<T> {
  try {
    return await act()
  } catch (error) {
    signal?.throwIfAborted()
    throw logError(error, doing, brokers)
  }
}

function causesOf(error: unknown): Error[] {
  const chain: Error[] = []
  let at: unknown = error
  while (at instanceof Error && chain.length < MAX_CAUSES) {
    chain.push(at)
    const [first] = (at as { errors?: unknown[] }).errors ?? []
    at = first ?? at.cause
  }
  return chain
}

function describe(error: Error): string {
  const { type, code } = error as { type?: unknown; code?: unknown }
  return [error.name, type, code, error.message].map(String).join(' ')
}
