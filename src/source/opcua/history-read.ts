/**
 * HistoryRead: what one node's history holds in a range, and the answers that follow from its continuation point.
 *
 * One HistoryRead has one range for all its nodes, so small fresh reads of the same range that arrive together travel
 * together; each node's result is judged alone. Continuation points travel alone, in the session they came from, and
 * are sent once. A server may refuse a whole call for one of its nodes: the call is halved until the node stands alone.
 */
import './foreign-log.ts'
import {
  type DataValue,
  HistoryData,
  HistoryReadRequest,
  HistoryReadResponse,
  type HistoryReadResult,
  type NodeId,
  ReadRawModifiedDetails,
  TimestampsToReturn,
} from 'node-opcua-client'
import { type OpcUaAddress, formatOpcUaAddress } from '../../domain/opc-ua-address.ts'
import type { Ticks } from '../../domain/ticks.ts'
import { abortable } from '../../util/abort.ts'
import { type Ask, Coalescer } from '../coalesce.ts'
import type { RequestGate } from '../source.ts'
import type { Connection, UaSession } from './connection.ts'
import { contradiction, errorOfStatus, isCallFault, isLate, notFoundError, refusalIn, voidError } from './errors.ts'
import { COALESCE_MS, MAX_NODES_PER_CALL, MAX_ROWS_PER_CALL, SMALL_PAGE } from './options.ts'
import { isBad, refusalOf } from './status.ts'
import { dateOfTicks } from './time.ts'

export interface HistoryRange {
  readonly from: Ticks
  readonly until: Ticks
  /** Most rows per answer. */
  readonly rows: number
}

export interface NodeRead {
  readonly address: OpcUaAddress
  readonly range: HistoryRange
  /** The request in the reader's words. */
  readonly what: string
}

export interface HistoryAnswer {
  readonly session: UaSession
  readonly values: readonly (DataValue | null)[]
  /** Undefined: the server gave none. */
  readonly continuation: Continuation | undefined
}

/** Belongs to the session and to the details of the call it came from. */
export interface Continuation {
  readonly session: UaSession
  readonly nodeId: NodeId
  readonly point: Buffer
  readonly range: HistoryRange
  readonly timestamps: TimestampsToReturn
  readonly what: string
}

export interface HistoryReaderParts {
  readonly connection: Connection
  readonly gate: RequestGate
}

type Member = Ask<NodeRead, HistoryAnswer>

export class HistoryReader {
  readonly #connection: Connection
  readonly #gate: RequestGate
  readonly #coalescer: Coalescer<NodeRead, HistoryAnswer>
  /** Nodes the server takes in one call: halved when it refused more. */
  #allowedNodes = MAX_NODES_PER_CALL
  /** Nodes it answers for in time: halved when it is late, and one more after each call that was not. */
  #nodesInTime = MAX_NODES_PER_CALL
  /** Some servers keep source timestamps but refuse to give them alone. */
  #timestamps: TimestampsToReturn = TimestampsToReturn.Source

  constructor({ connection, gate }: HistoryReaderParts) {
    this.#connection = connection
    this.#gate = gate
    const limits = { maxAsks: MAX_NODES_PER_CALL, maxRows: MAX_ROWS_PER_CALL, waitMs: COALESCE_MS }
    this.#coalescer = new Coalescer(limits, (asks, signal) => this.#sendTogether(asks, signal))
  }

  /** Begins a chain. */
  async read(read: NodeRead, signal: AbortSignal): Promise<HistoryAnswer> {
    const timestamps = this.#timestamps
    try {
      return await this.#begin(read, signal)
    } catch (error) {
      if (refusalIn(error) !== 'timestamps' || timestamps === TimestampsToReturn.Both) throw error
      this.#timestamps = TimestampsToReturn.Both
      return this.#begin(read, signal)
    }
  }

  #begin(read: NodeRead, signal: AbortSignal): Promise<HistoryAnswer> {
    const { rows } = read.range
    if (rows <= SMALL_PAGE) return this.#coalescer.ask(read, rows, signal)
    return new Promise((resolve, reject) => {
      this.#readNodes([{ what: read, rows, signal, resolve, reject }], signal).catch(reject)
    })
  }

  /** Follows a continuation point, whatever becomes of it: it must not be used again. */
  async readOn(continuation: Continuation, signal: AbortSignal): Promise<HistoryAnswer> {
    const { session, nodeId, point, range, timestamps, what } = continuation
    const send = async (): Promise<HistoryReadResponse> => {
      if (!session.wire.isAlive) throw voidError(what)
      const request = requestOf([{ nodeId, continuationPoint: point }], range, timestamps)
      return session.wire.call(request, HistoryReadResponse, what)
    }
    const response = await abortable(this.#gate.run(range.rows, send, signal), signal)
    const [result] = resultsOf(response, 1, what)
    return answerOf(result, continuation)
  }

  /** Tells the server to forget it. In the background, and nobody cares how it ends. */
  release({ session, nodeId, point, range, timestamps, what }: Continuation): void {
    const send = async (): Promise<void> => {
      if (!session.wire.isAlive) return
      const request = requestOf([{ nodeId, continuationPoint: point }], range, timestamps, true)
      await session.wire.call(request, HistoryReadResponse, what)
    }
    this.#gate.run(0, send, NEVER).catch(() => undefined)
  }

  async #sendTogether(asks: readonly Member[], signal: AbortSignal): Promise<void> {
    const groups = new Map<string, Member[]>()
    for (const ask of asks) {
      const { from, until, rows } = ask.what.range
      const key = `${from.toString()} ${until.toString()} ${rows}`
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [ask])
      else group.push(ask)
    }
    const stated = this.#connection.limits?.nodesPerHistoryRead ?? MAX_NODES_PER_CALL
    const mostNodes = Math.min(this.#allowedNodes, this.#nodesInTime, stated)
    const calls = [...groups.values()].flatMap((group) => chunks(group, mostNodes))
    await Promise.all(calls.map((members) => this.#readNodes(members, signal)))
  }

  /** Settles every member. */
  async #readNodes(members: readonly Member[], signal: AbortSignal): Promise<void> {
    try {
      await this.#readAtOnce(members, signal)
    } catch (error) {
      if (members.length === 1) {
        members[0]?.reject(error)
        return
      }
      const half = Math.ceil(members.length / 2)
      if (refusalIn(error) === 'too-many') this.#allowedNodes = Math.min(this.#allowedNodes, half)
      if (isLate(error)) this.#nodesInTime = Math.min(this.#nodesInTime, half)
      if (!isCallFault(error) || refusalIn(error) === 'session') {
        for (const member of members) member.reject(error)
        return
      }
      await Promise.all([this.#readNodes(members.slice(0, half), signal), this.#readNodes(members.slice(half), signal)])
    }
  }

  async #readAtOnce(members: readonly Member[], signal: AbortSignal): Promise<void> {
    const [one] = members
    if (one === undefined) return
    const { range } = one.what
    const what = members.length === 1 ? one.what.what : `${one.what.what} and ${members.length - 1} more`
    const timestamps = this.#timestamps
    const asked: { member: Member; nodeId: NodeId }[] = []
    const send = async (): Promise<{ session: UaSession; response: HistoryReadResponse | undefined }> => {
      const session = await this.#connection.session()
      // Nothing was sent before this, and nothing is sent twice: the indexes are those of this very session.
      for (const member of members) {
        const nodeId = session.namespaces.nodeIdOf(member.what.address)
        if (nodeId === undefined) {
          member.reject(notFoundError(member.what.what, formatOpcUaAddress(member.what.address)))
        } else asked.push({ member, nodeId })
      }
      if (asked.length === 0) return { session, response: undefined }
      const request = requestOf(asked, range, timestamps)
      return { session, response: await session.wire.call(request, HistoryReadResponse, what) }
    }
    const rows = range.rows * members.length
    const { session, response } = await abortable(this.#gate.run(rows, send, signal), signal)
    if (response === undefined) return
    this.#nodesInTime = Math.min(this.#nodesInTime + 1, MAX_NODES_PER_CALL)
    const results = resultsOf(response, asked.length, what)
    for (const [index, { member, nodeId }] of asked.entries()) {
      const source = { session, nodeId, range, timestamps, what: member.what.what }
      try {
        member.resolve(answerOf(results[index], source))
      } catch (error) {
        member.reject(error)
      }
    }
  }
}

const NEVER = new AbortController().signal

interface NodeToRead {
  readonly nodeId: NodeId
  readonly continuationPoint?: Buffer
}

/** Both bounds always, no bounding values, and the same details with every continuation point: servers compare them. */
function requestOf(
  nodes: readonly NodeToRead[],
  range: HistoryRange,
  timestampsToReturn: TimestampsToReturn,
  releaseContinuationPoints = false,
): HistoryReadRequest {
  return new HistoryReadRequest({
    historyReadDetails: new ReadRawModifiedDetails({
      isReadModified: false,
      startTime: dateOfTicks(range.from),
      endTime: dateOfTicks(range.until),
      numValuesPerNode: range.rows,
      returnBounds: false,
    }),
    timestampsToReturn,
    releaseContinuationPoints,
    nodesToRead: nodes.map(({ nodeId, continuationPoint }) =>
      continuationPoint === undefined ? { nodeId } : { nodeId, continuationPoint },
    ),
  })
}

function resultsOf(response: HistoryReadResponse, count: number, what: string): readonly HistoryReadResult[] {
  const results = response.results ?? []
  if (results.length === count) return results
  throw contradiction(`${what}: ${results.length} results for ${count} nodes`)
}

type AnswerSource = Omit<Continuation, 'point'>

function answerOf(result: HistoryReadResult | undefined, source: AnswerSource): HistoryAnswer {
  if (result === undefined) throw contradiction(`${source.what}: no result`)
  const { statusCode, historyData, continuationPoint } = result
  const status = statusCode.value
  if (isBad(status) && refusalOf(status) !== 'no-data') throw errorOfStatus(status, source.what)
  const point = continuationPoint as Buffer | null | undefined
  return {
    session: source.session,
    values: valuesOf(historyData, source.what),
    continuation: point === null || point === undefined || point.length === 0 ? undefined : { ...source, point },
  }
}

/** Null where there are no rows. */
function valuesOf(historyData: unknown, what: string): readonly (DataValue | null)[] {
  if (historyData === null || historyData === undefined) return []
  if (historyData instanceof HistoryData) return historyData.dataValues ?? []
  throw contradiction(`${what}: the history is no list of values`)
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const result: T[][] = []
  for (let i = 0; i < items.length; i += size) result.push(items.slice(i, i + size))
  return result
}
