/**
 * As-of request: the moment a move was asked for, told in the clocks and counters of everything that takes part, so
 * that "verified since" is a comparison of numbers and not of clocks. Written before anything is checked for the move.
 */
import { count, finite, list, name, object, offset, time, type Decoder } from './decode.ts'

export interface AsOfRequest {
  /** `seq` of the event that made it. */
  readonly id: number
  /** By the bridge's clock, RFC 3339. For its age only. */
  readonly at: string
  readonly historians: readonly HistorianTime[]
  /** The latest look that had begun. A verdict of a later look saw the historian after the request. */
  readonly lookFence: number
  /** Committed end of each partition, exclusive: all that was acknowledged before the request lies below. Never empty. */
  readonly logEnd: readonly PartitionEnd[]
  readonly scope: AsOfScope
}

export interface HistorianTime {
  readonly name: string
  /** By its own clock, RFC 3339. */
  readonly serverTime: string
  /** How far its clock is ahead of the bridge's. */
  readonly clockOffsetMs: number
}

export interface PartitionEnd {
  readonly partition: number
  /** Decimal: it may exceed what a double tells apart. */
  readonly offset: string
}

/** What has to be verified. */
export interface AsOfScope {
  readonly tags: number
  readonly cells: number
  /** Inclusive, RFC 3339. */
  readonly from: string
  /** Exclusive. */
  readonly until: string
}

/** Far above the historians a plant has, and the partitions a topic has. */
const HISTORIANS_MAX = 1_000
const PARTITIONS_MAX = 100_000

const FIELDS = {
  historians: list(object<HistorianTime>({ name, serverTime: time, clockOffsetMs: finite }), HISTORIANS_MAX),
  lookFence: count,
  logEnd: atLeastOne(list(object<PartitionEnd>({ partition: count, offset }), PARTITIONS_MAX)),
  scope: object<AsOfScope>({ tags: count, cells: count, from: time, until: time }),
}

/** The request as the detail of its event, whose `seq` and `at` are its own. */
export type RequestDetail = Omit<AsOfRequest, 'id' | 'at'>

export const decodeRequestDetail = object<RequestDetail>(FIELDS)
export const decodeAsOfRequest = object<AsOfRequest>({ id: count, at: time, ...FIELDS })

/** A log without partitions would have been folded to its end before anything was written. */
function atLeastOne<T>(decode: Decoder<readonly T[]>): Decoder<readonly T[]> {
  return (value, at) => {
    const items = decode(value, at)
    if (items.length === 0) throw new RangeError(`${at} is empty`)
    return items
  }
}
