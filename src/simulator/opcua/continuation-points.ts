/**
 * ContinuationPoints: what a server remembers about reads it has not finished, in the ways of the dialects.
 *
 * Those that hold their place in themselves (a time, an offset) are remembered nowhere and are good in any session,
 * for ever. The others belong to one session, end with it, and are numbered from 1 anew by each server that starts: a
 * number may come back and mean another read.
 */
import { randomBytes } from 'node:crypto'
import type { RequestTally } from './counters.ts'
import type { ContinuationDialect } from './dialect.ts'
import { UNSPECIFIED_TIME, type Cursor, type RawRead } from './history-page.ts'

/** A read of one node, as far as it has come. */
export interface Chain {
  readonly node: string
  readonly read: RawRead
  readonly cursor: Cursor
}

interface Remembered extends Chain {
  readonly expiresAtMs: number
}

/** Marks the 16 bytes of an offset as ours. */
const OFFSET_MARK = Buffer.from('offset\0\0', 'latin1')

export class ContinuationPoints {
  readonly #dialect: ContinuationDialect
  readonly #nowMs: () => number
  readonly #bySession = new Map<object, Map<string, Remembered>>()
  readonly #tally: RequestTally
  #lastNumber = 0

  constructor(dialect: ContinuationDialect, tally: RequestTally, nowMs: () => number) {
    this.#dialect = dialect
    this.#tally = tally
    this.#nowMs = nowMs
  }

  /** The bytes for a read that goes on, `previous` being those it came with; undefined when no more may be open. */
  save(session: object, chain: Chain, previous: Buffer | undefined): Buffer | undefined {
    const stateless = statelessBytes(chain.cursor, this.#dialect)
    if (stateless !== undefined) return stateless
    const points = this.#pointsOf(session)
    if (this.#dialect.limit > 0 && points.size >= this.#dialect.limit) {
      const [oldest] = points.keys()
      if (this.#dialect.aboveLimit === 'refused' || oldest === undefined) return undefined
      this.#forget(points, oldest)
    }
    const bytes = this.#dialect.form === 'per-chain' && previous !== undefined ? previous : this.#newBytes()
    const { lifetimeMs } = this.#dialect
    const expiresAtMs = lifetimeMs === 0 ? Number.POSITIVE_INFINITY : this.#nowMs() + lifetimeMs
    points.set(keyOf(bytes), { ...chain, expiresAtMs })
    this.#tally.continuationPointsChanged(1)
    return bytes
  }

  /**
   * What the bytes stand for, and forgets it: what was taken cannot be taken again. `node` and `read` are what the
   * request says beside them. Undefined when they are no continuation point (any more).
   */
  take(session: object, bytes: Buffer, node: string, read: RawRead | undefined): Chain | undefined {
    const cursor = statelessCursor(bytes, this.#dialect)
    if (cursor !== undefined) return read === undefined ? undefined : { node, read, cursor }
    const points = this.#bySession.get(session)
    const found = points?.get(keyOf(bytes))
    if (points === undefined || found === undefined) return undefined
    if (this.#dialect.boundToNode && found.node !== node) return undefined
    this.#forget(points, keyOf(bytes))
    return found.expiresAtMs <= this.#nowMs() ? undefined : found
  }

  closeSession(session: object): void {
    this.#tally.continuationPointsChanged(-(this.#bySession.get(session)?.size ?? 0))
    this.#bySession.delete(session)
  }

  #pointsOf(session: object): Map<string, Remembered> {
    let points = this.#bySession.get(session)
    if (points === undefined) {
      points = new Map()
      this.#bySession.set(session, points)
    }
    return points
  }

  #forget(points: Map<string, Remembered>, key: string): void {
    points.delete(key)
    this.#tally.continuationPointsChanged(-1)
  }

  #newBytes(): Buffer {
    if (this.#dialect.form === 'random') return randomBytes(16)
    this.#lastNumber += 1
    return Buffer.from(String(this.#lastNumber))
  }
}

function keyOf(bytes: Buffer): string {
  return bytes.toString('latin1')
}

function statelessBytes(cursor: Cursor, { form }: ContinuationDialect): Buffer | undefined {
  if (form === 'timestamp' && cursor.at === 'time') {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(cursor.ticks - UNSPECIFIED_TIME)
    return bytes
  }
  if (form === 'offset' && cursor.at === 'offset') {
    const bytes = Buffer.alloc(16)
    OFFSET_MARK.copy(bytes)
    bytes.writeBigUInt64LE(BigInt(cursor.offset), 8)
    return bytes
  }
  return undefined
}

function statelessCursor(bytes: Buffer, { form }: ContinuationDialect): Cursor | undefined {
  if (form === 'timestamp' && bytes.length === 8) {
    return { page: 1, given: 0, at: 'time', ticks: bytes.readBigInt64LE() + UNSPECIFIED_TIME, skip: 0 }
  }
  if (form === 'offset' && bytes.length === 16 && bytes.subarray(0, 8).equals(OFFSET_MARK)) {
    return { page: 1, given: 0, at: 'offset', offset: Number(bytes.readBigUInt64LE(8)) }
  }
  return undefined
}
