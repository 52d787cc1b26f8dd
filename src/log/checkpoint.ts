/**
 * Checkpoint record (contracts.md §1): what is durable for one tag, written in the same transaction as the samples it
 * speaks of. The last one per key is the tag's coverage.
 */
import { coverageFrom } from '../domain/coverage.ts'
import { BanyanError, messageOf } from '../domain/errors.ts'
import { parseTagId, type TagId } from '../domain/tag-id.ts'
import { formatTicks, type Ticks } from '../domain/ticks.ts'
import type { LogPosition, TagProgress } from './log.ts'
import { timeFrom } from './payload.ts'

export interface Checkpoint {
  readonly bridge: string
  readonly shard: number
  readonly tag: TagId
  readonly progress: TagProgress
  readonly updatedAt: Ticks
  /** Additive, only from writers without transactions: where the tag's partition ended when this was written. */
  readonly offsets?: LogPosition
}

const VERSION = 1

/** More windows than a real coverage ever has: what lies beyond is not a checkpoint. */
const MAX_WINDOWS = 100_000

/** Key of the checkpoint record. */
export function checkpointKey(bridge: string, tag: TagId): string {
  return `${bridge}/${tag}`
}

export function encodeCheckpoint(checkpoint: Checkpoint): string {
  const { bridge, shard, tag, progress, updatedAt, offsets } = checkpoint
  return JSON.stringify({
    v: VERSION,
    bridge,
    shard,
    tag,
    covered: progress.covered.map((w) => [formatTicks(w.from), formatTicks(w.until)]),
    samples: progress.samples,
    // Additive: left out as long as they say nothing.
    ...(progress.amendments > 0 && { amendments: progress.amendments }),
    ...(progress.liveFrom !== undefined && { liveFrom: formatTicks(progress.liveFrom) }),
    updatedAt: formatTicks(updatedAt),
    ...(offsets && { offsets: [...offsets].map(([partition, offset]) => [partition, offset.toString()]) }),
  })
}

/** Throws BANYAN_LOG_CORRUPT for anything that is not a checkpoint of this version; ignores unknown fields. */
export function decodeCheckpoint(text: string): Checkpoint {
  try {
    return checkpointFrom(JSON.parse(text))
  } catch (cause) {
    throw new BanyanError('BANYAN_LOG_CORRUPT', `not a checkpoint: ${messageOf(cause)}`, {
      hint: 'Something other than Banyan wrote to the checkpoints, or a newer version did: use a topic prefix of its own.',
      context: { checkpoint: text.slice(0, EXCERPT_LENGTH) },
      cause,
    })
  }
}

const EXCERPT_LENGTH = 200

interface Fields {
  readonly v?: unknown
  readonly bridge?: unknown
  readonly shard?: unknown
  readonly tag?: unknown
  readonly covered?: unknown
  readonly samples?: unknown
  readonly amendments?: unknown
  readonly liveFrom?: unknown
  readonly updatedAt?: unknown
  readonly offsets?: unknown
}

function checkpointFrom(json: unknown): Checkpoint {
  if (typeof json !== 'object' || json === null) throw new RangeError('not an object')
  const { v, bridge, shard, tag, covered, samples, amendments, liveFrom, updatedAt, offsets } = json as Fields
  if (v !== VERSION) throw new RangeError(`version ${String(v)} is not ${String(VERSION)}`)
  if (typeof bridge !== 'string' || bridge === '') throw new RangeError('bridge is not a name')
  if (typeof tag !== 'string') throw new RangeError('tag is not text')
  return {
    bridge,
    shard: countFrom(shard, 'shard'),
    tag: parseTagId(tag),
    progress: {
      covered: coverageFrom(listFrom(covered, 'covered').map(windowFrom)),
      samples: countFrom(samples, 'samples'),
      amendments: amendments === undefined ? 0 : countFrom(amendments, 'amendments'),
      liveFrom: liveFrom === undefined ? undefined : timeFrom(liveFrom, 'liveFrom'),
    },
    updatedAt: timeFrom(updatedAt, 'updatedAt'),
    ...(offsets !== undefined && { offsets: new Map(listFrom(offsets, 'offsets').map(offsetFrom)) }),
  }
}

function windowFrom(item: unknown): { from: Ticks; until: Ticks } {
  const [from, until] = pairFrom(item, 'covered')
  return { from: timeFrom(from, 'covered'), until: timeFrom(until, 'covered') }
}

function offsetFrom(item: unknown): [number, bigint] {
  const [partition, offset] = pairFrom(item, 'offsets')
  if (typeof offset !== 'string' || !/^\d{1,19}$/.test(offset)) throw new RangeError('offsets holds no offset')
  return [countFrom(partition, 'offsets'), BigInt(offset)]
}

function pairFrom(item: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(item) || item.length !== 2) throw new RangeError(`${name} holds no pairs`)
  return item
}

function listFrom(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length > MAX_WINDOWS) throw new RangeError(`${name} is not a list`)
  return value
}

function countFrom(value: unknown, name: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new RangeError(`${name} is not a count`)
  return value as number
}
