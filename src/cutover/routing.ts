/**
 * Routing: the side each consumer of a workload is to read, as one record per workload in the routing topic. The record
 * follows from the state; it decides nothing.
 *
 * Whoever cannot read the record (none, another version, not well-formed, contradicting itself) reads the historian. A
 * consumer stays on its side as long as the share served from the log does not pass it: a larger share is a superset.
 */
import { hash } from 'node:crypto'
import { PHASES, type Phase, type Side } from '../domain/workload.ts'
import { canonicalJson } from './canonical-json.ts'
import { count, name, oneOf, orNull, percent, recordFrom, sha256, time, type Decoder } from './decode.ts'
import type { CutoverState } from './state.ts'

export interface RoutingRecord {
  readonly v: 1
  readonly workload: string
  readonly phase: Phase
  readonly serve: Side
  /** Percent of the consumers served from the log: 0 where the historian serves, 100 when live. */
  readonly cohort: number
  /** Grows with every change. Of two records of a workload, the one with the higher version holds. */
  readonly version: number
  /** Hash of the manifest that the step rests on. */
  readonly evidence: string | null
  /** When it was decided, by the bridge's clock, RFC 3339. */
  readonly at: string
}

const FROM_LOG: ReadonlySet<Phase> = new Set<Phase>(['canary', 'live', 'soaking', 'retired'])

/** `at`: time of the event that led to the state. */
export function routingRecordOf(
  { workload, phase, percent: cohort, version, evidence }: CutoverState,
  at: string,
): RoutingRecord {
  const serve = FROM_LOG.has(phase) ? 'log' : 'historian'
  return { v: 1, workload, phase, serve, cohort, version, evidence: evidence ?? null, at }
}

export function encodeRoutingRecord(record: RoutingRecord): string {
  return canonicalJson(record)
}

/** Undefined for anything a consumer must not follow. Unknown fields are passed over: later versions may add some. */
export function decodeRoutingRecord(text: string): RoutingRecord | undefined {
  try {
    const fields = recordFrom(JSON.parse(text), 'routing')
    const field = <T>(key: string, decode: Decoder<T>): T => decode(fields[key], key)
    const record: RoutingRecord = {
      v: field('v', oneOf([1])),
      workload: field('workload', name),
      phase: field('phase', oneOf(PHASES)),
      serve: field('serve', oneOf(['historian', 'log'])),
      cohort: field('cohort', percent),
      version: field('version', count),
      evidence: field('evidence', orNull(sha256)),
      at: field('at', time),
    }
    return isConsistent(record) ? record : undefined
  } catch {
    return undefined
  }
}

function isConsistent({ phase, serve, cohort }: RoutingRecord): boolean {
  if (!FROM_LOG.has(phase)) return serve === 'historian' && cohort === 0
  return serve === 'log' && (phase === 'canary' ? cohort > 0 : cohort === 100)
}

const BUCKETS = 100

/** 0 to 99, always the same for a consumer of a workload. Documented for clients in any language. */
export function bucketOf(consumer: string, workload: string): number {
  return hash('sha256', `${workload}\n${consumer}`, 'buffer').readUInt32BE(0) % BUCKETS
}

/** The side the consumer is to read. `killed`: whether the kill switch is on, which overrules every record. */
export function sideFor(
  record: RoutingRecord | undefined,
  consumer: string,
  { killed }: { readonly killed: boolean },
): Side {
  if (killed || record === undefined || record.serve === 'historian') return 'historian'
  return bucketOf(consumer, record.workload) < record.cohort ? 'log' : 'historian'
}
