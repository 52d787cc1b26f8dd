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
import { OpenPoints } from './open-points.ts'
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
  /** As of the options. */
  readonly timeoutMs: number
}

/** The server can keep no more continuation points. */
interface NoPoints {
  readonly session: UaSession
  readonly error: unknown
}

type Member = Ask<NodeRead, HistoryAnswer | NoPoints>

export class HistoryReader {
  readonly #connection: Connection
  readonly #gate: RequestGate
  readonly #coalescer: Coalescer<NodeRead, HistoryAnswer | NoPoints>
  readonly #points: OpenPoints
  /** Nodes the server takes in one call: halved when it refused more. */
  #allowedNodes = MAX_NODES_PER_CALL
  /** Nodes it answers for in time: halved when it is late, and one more after each call that was not. */
  #nodesInTime = MAX_NODES_PER_CALL
  /** Some servers keep source timestamps but refuse to give them alone. */
  #timestamps: TimestampsToReturn = TimestampsToReturn.Source

  constructor({ connection, gate, timeoutMs }: HistoryReaderParts) {
    this.#connection = connection
    this.#gate = gate
    this.#points = new OpenPoints(timeoutMs)
    const limits = { maxAsks: MAX_NODES_PER_CALL, maxRows: MAX_ROWS_PER_CALL, waitMs: COALESCE_MS }
    this.#coalescer = new Coalescer(limits, (asks, signal) => this.#sendTogether(asks, signal))
  }

  /** Begins a chain, when the server has a continuation point for it if it needs one. */
  async read(read: NodeRead, signal: AbortSignal): Promise<HistoryAnswer> {
    for (;;) {
      const answer = await this.#readWithTime(read, signal)
      if (!('error' in answer)) return answer
      if (!(await this.#points.freed(answer.session, signal))) throw answer.error
    }
  }

  async #readWithTime(read: NodeRead, signal: AbortSignal): Promise<HistoryAnswer | NoPoints> {
    const timestamps = this.#timestamps
    try {
      return await this.#begin(read, signal)
    } catch (error) {
      if (refusalIn(error) !== 'timestamps' || timestamps === TimestampsToReturn.Both) throw error
      this.#timestamps = TimestampsToReturn.Both
      return this.#begin(read, signal)
    }
  }

  #begin(read: NodeRead, signal: AbortSignal): Promise<HistoryAnswer | NoPoints> {
    const { rows } = read.range
    if (rows <= SMALL_PAGE) return this.#coalescer.ask(read, rows, signal)
    return new Promise((resolve, reject) => {
      this.#readNodes([{ what: read, rows, signal, resolve, reject }], signal).catch(reject)
    })
  }

  /** Follows a continuation point, whatever becomes of it: it must not be used again. */
  async readOn(continuation: Continuation, signal: AbortSignal): Promise<HistoryAnswer> {
    const { session, nodeId, point, range, timestamps, what } = continuation
    const send = (): Promise<HistoryReadResponse> => {
      const request = requestOf([{ nodeId, continuationPoint: point }], range, timestamps)
      return this.#call(request, [continuation], what, signal)
    }
    let goesOn = false
    try {
      const response = await abortable(this.#gate.run(range.rows, send, signal), signal)
      const [result] = resultsOf(response, 1, what)
      const answer = answerOf(result, continuation)
      goesOn = answer.continuation !== undefined
      return answer
    } finally {
      if (!goesOn) this.#points.closed(session)
    }
  }

  /** Tells the server to forget it. In the background, and nobody cares how it ends. */
  release(continuation: Continuation): void {
    void this.#giveBack(continuation).finally(() => this.#points.closed(continuation.session))
  }

  async #giveBack({ session, nodeId, point, range, timestamps, what }: Continuation): Promise<void> {
    const send = async (): Promise<void> => {
      if (!session.wire.isAlive) throw voidError(what)
      const request = requestOf([{ nodeId, continuationPoint: point }], range, timestamps, true)
      await session.wire.call(request, HistoryReadResponse, what)
    }
    await this.#gate.run(0, send, NEVER).catch(() => this.#points.lost(session))
  }

  /** One call in the session of its sources. What it opens at the server for nobody is given back. */
  async #call(
    request: HistoryReadRequest,
    sources: readonly AnswerSource[],
    what: string,
    signal: AbortSignal,
  ): Promise<HistoryReadResponse> {
    const [first] = sources
    if (first === undefined) throw new Error('a call for no node')
    const { session } = first
    const giveBack = ({ results }: HistoryReadResponse): void => {
      for (const [index, source] of sources.entries()) {
        const point = pointIn(results?.[index])
        if (point !== undefined) void this.#giveBack({ ...source, point })
      }
    }
    try {
      if (!session.wire.isAlive) throw voidError(what)
      const response = await session.wire.call(request, HistoryReadResponse, what, giveBack)
      if (signal.aborted) giveBack(response)
      return response
    } catch (error) {
      this.#points.lost(session)
      throw error
    }
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
    const asked: { member: Member; source: AnswerSource }[] = []
    const send = async (): Promise<HistoryReadResponse | undefined> => {
      const session = await this.#connection.session()
      // Nothing was sent before this, and nothing is sent twice: the indexes are those of this very session.
      for (const member of members) {
        const nodeId = session.namespaces.nodeIdOf(member.what.address)
        if (nodeId === undefined) {
          member.reject(notFoundError(member.what.what, formatOpcUaAddress(member.what.address)))
        } else asked.push({ member, source: { session, nodeId, range, timestamps, what: member.what.what } })
      }
      if (asked.length === 0) return undefined
      const sources = asked.map(({ source }) => source)
      return this.#call(requestOf(sources, range, timestamps), sources, what, signal)
    }
    const rows = range.rows * members.length
    const response = await abortable(this.#gate.run(rows, send, signal), signal)
    if (response === undefined) return
    this.#nodesInTime = Math.min(this.#nodesInTime + 1, MAX_NODES_PER_CALL)
    const results = resultsOf(response, asked.length, what)
    for (const [index, { member, source }] of asked.entries()) this.#settle(member, results[index], source)
  }

  #settle(member: Member, result: HistoryReadResult | undefined, source: AnswerSource): void {
    try {
      const answer = answerOf(result, source)
      if (answer.continuation !== undefined) {
        if (member.signal.aborted) void this.#giveBack(answer.continuation)
        else this.#points.opened(source.session)
      }
      member.resolve(answer)
    } catch (error) {
      if (refusalIn(error) === 'no-points') member.resolve({ session: source.session, error })
      else member.reject(error)
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
  const { statusCode, historyData } = result
  const status = statusCode.value
  if (isBad(status) && refusalOf(status) !== 'no-data') throw errorOfStatus(status, source.what)
  const point = pointIn(result)
  return {
    session: source.session,
    values: valuesOf(historyData, source.what),
    continuation: point === undefined ? undefined : { ...source, point },
  }
}

function pointIn(result: HistoryReadResult | undefined): Buffer | undefined {
  const point = result?.continuationPoint as Buffer | null | undefined
  return point === null || point?.length === 0 ? undefined : point
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
