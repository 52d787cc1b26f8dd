/**
 * HistoryService: answers HistoryRead in a dialect.
 *
 * It stands in for the library's own service as a whole, not node by node, because servers differ in what they fail
 * a whole call for. The library's historian is not used.
 */
import type {
  DataValue,
  HistoryReadRequest,
  HistoryReadResult,
  HistoryReadValueId,
  ReadRawModifiedDetails,
} from 'node-opcua'
import { readAtTime } from './at-time.ts'
import { ContinuationPoints, type Chain } from './continuation-points.ts'
import type { RequestTally } from './counters.ts'
import { ticksOf, type DataValues, type Timestamps } from './data-value.ts'
import type { Dialect, OtherRead } from './dialect.ts'
import {
  rawPage,
  UNSPECIFIED_TIME,
  visibleRow,
  type Cursor,
  type PageRow,
  type RawPage,
  type RawRead,
} from './history-page.ts'
import { supersededRows } from './modified.ts'
import type { NodeOpcua } from './node-opcua.ts'
import type { Plant } from './plant.ts'
import type { UaSeries } from './row.ts'
import { UA_STATUS } from './status.ts'
import type { OpcUaSwitches } from './switches.ts'

export interface HistoryContext {
  readonly opcua: NodeOpcua
  readonly dialect: Dialect
  readonly plant: Plant
  readonly values: DataValues
  readonly tally: RequestTally
  readonly switches: () => OpcUaSwitches
  /** Name of the node, if it is one of the plant's; undefined for a stranger. */
  readonly nameOf: (node: HistoryReadValueId) => string | undefined
  /** Is it a node of the server at all? */
  readonly exists: (node: HistoryReadValueId) => boolean
}

/** Results node by node, or the service result of a call that failed as a whole. */
export type HistoryAnswer = readonly HistoryReadResult[] | number

/** Thrown to fail the whole call. */
class CallFailure extends Error {
  readonly status: number

  constructor(status: number) {
    super(`service result 0x${status.toString(16)}`)
    this.status = status
  }
}

/** `release` as the request says; `session` owns the continuation points. */
interface Ask {
  readonly session: object
  readonly node: HistoryReadValueId
  readonly details: HistoryReadRequest['historyReadDetails']
  readonly release: boolean
  readonly timestamps: Timestamps
}

export class HistoryService {
  readonly continuationPoints: ContinuationPoints
  readonly #context: HistoryContext

  constructor(context: HistoryContext) {
    this.#context = context
    const { dialect, tally } = context
    this.continuationPoints = new ContinuationPoints(dialect.continuation, tally, () => performance.now())
  }

  answer(request: HistoryReadRequest, session: object): HistoryAnswer {
    try {
      return this.#results(request, session)
    } catch (error) {
      if (error instanceof CallFailure) return error.status
      throw error
    }
  }

  #results(request: HistoryReadRequest, session: object): HistoryReadResult[] {
    const { dialect, tally, switches } = this.#context
    const { serviceResult, maxNodesPerCall, maxRowsPerAnswer } = switches()
    const nodes = request.nodesToRead ?? []
    if (serviceResult !== 0) throw new CallFailure(serviceResult)
    if (maxNodesPerCall > 0 && nodes.length > maxNodesPerCall) throw new CallFailure(UA_STATUS.badTooManyOperations)
    const timestamps = this.#timestampsOf(request)
    const details = request.historyReadDetails
    const { continuation } = dialect
    if (details === null && continuation.details !== 'ignored') {
      throw new CallFailure(UA_STATUS.badHistoryOperationInvalid)
    }
    const release = request.releaseContinuationPoints
    const answers = nodes.map((node) => this.#answerOne({ session, node, details, release, timestamps }))
    const rows = answers.reduce((sum, answer) => sum + answer.rows, 0)
    if (maxRowsPerAnswer > 0 && rows > maxRowsPerAnswer) throw new CallFailure(UA_STATUS.badResponseTooLarge)
    tally.rows += rows
    return answers.map((answer) => answer.result)
  }

  #timestampsOf({ timestampsToReturn }: HistoryReadRequest): Timestamps {
    const { TimestampsToReturn } = this.#context.opcua
    const server = this.#context.dialect.alwaysServerTime
    switch (timestampsToReturn) {
      case TimestampsToReturn.Source:
        return { source: true, server }
      case TimestampsToReturn.Server:
        return { source: false, server: true }
      case TimestampsToReturn.Both:
        return { source: true, server: true }
      case TimestampsToReturn.Neither:
      case TimestampsToReturn.Invalid:
        throw new CallFailure(UA_STATUS.badTimestampsToReturnInvalid)
    }
  }

  #answerOne(ask: Ask): NodeAnswer {
    const { dialect, plant, switches, opcua } = this.#context
    const { deniedNodes, removedNodes, operationStatus } = switches()
    const name = this.#context.nameOf(ask.node)
    const node = name === undefined || removedNodes.includes(name) ? undefined : plant.find(name)
    if (node === undefined) {
      const isStranger = name !== undefined || !this.#context.exists(ask.node)
      return isStranger ? this.#failed(dialect.unknownNode) : this.#refused(dialect.withoutHistory)
    }
    if (deniedNodes.includes(node.name)) return this.#failed(UA_STATUS.badUserAccessDenied)
    if (!node.hasHistory) return this.#refused(dialect.withoutHistory)
    if (operationStatus !== 0) return this.#failed(operationStatus)
    const { details } = ask
    if (details instanceof opcua.ReadAtTimeDetails) {
      if (dialect.atTime !== 'served') return this.#refused(dialect.atTime)
      const times = (details.reqTimes ?? []).map((time) => ticksOf(time) ?? UNSPECIFIED_TIME)
      const rows = times.map((at) => readAtTime(node.series, at))
      return this.#served(rows.map((row) => this.#context.values.dataValue(row, ask.timestamps)))
    }
    if (details instanceof opcua.ReadRawModifiedDetails && details.isReadModified && dialect.modified !== 'ignored') {
      return this.#modified(node.series, rawReadOf(details), dialect.modified, ask.timestamps)
    }
    if (details !== null && !(details instanceof opcua.ReadRawModifiedDetails)) return this.#refused(dialect.processed)
    return this.#raw(ask, node.name, details === null ? undefined : rawReadOf(details))
  }

  #raw(ask: Ask, node: string, read: RawRead | undefined): NodeAnswer {
    const { dialect, plant } = this.#context
    const point = pointIn(ask.node)
    const begun = point === undefined ? this.#begin(node, read) : this.#goOn(ask, point, node, read)
    if ('result' in begun) return begun
    // A continuation point of another node answers with that node's rows, where the dialect lets it.
    const series = plant.find(begun.node)?.series
    if (series === undefined) return this.#failed(dialect.unknownNode)
    const page = rawPage(series, dialect, begun.read, begun.cursor)
    if (typeof page === 'number') return this.#failed(page)
    let next: Buffer | undefined
    if (page.next !== undefined) {
      next = this.continuationPoints.save(ask.session, { ...begun, cursor: page.next }, point)
      if (next === undefined) return this.#failed(UA_STATUS.badNoContinuationPoints)
    }
    const rows = page.rows.map((row) => this.#dataValue(series, row, ask.timestamps))
    return this.#served(rows, this.#statusOf(page, begun.read), next)
  }

  #begin(node: string, read: RawRead | undefined): Begun | NodeAnswer {
    return read === undefined ? this.#failed(UA_STATUS.badHistoryOperationInvalid) : { node, read, cursor: undefined }
  }

  /** Whatever comes of it, the continuation point is used up. */
  #goOn({ session, release }: Ask, point: Buffer, node: string, read: RawRead | undefined): Begun | NodeAnswer {
    const { continuation } = this.#context.dialect
    const chain = this.continuationPoints.take(session, point, node, read)
    if (release && continuation.release === 'silent') return this.#failed(UA_STATUS.good)
    if (chain === undefined) return this.#refused(continuation.bogus)
    if (continuation.details === 'must-match' && (read === undefined || !isSameRead(chain.read, read))) {
      return this.#failed(UA_STATUS.badHistoryOperationInvalid)
    }
    return chain
  }

  #modified(series: UaSeries, read: RawRead, modified: OtherRead, timestamps: Timestamps): NodeAnswer {
    if (modified !== 'served') return this.#refused(modified)
    if (read.returnBounds) return this.#failed(UA_STATUS.badInvalidArgument)
    const rows = supersededRows(series, read)
    const { HistoryModifiedData, HistoryReadResult, HistoryUpdateType, ModificationInfo } = this.#context.opcua
    const historyData = new HistoryModifiedData({
      dataValues: rows.map((row) => this.#context.values.dataValue(row, timestamps)),
      modificationInfos: rows.map(
        () => new ModificationInfo({ updateType: HistoryUpdateType.Insert, userName: 'simulator' }),
      ),
    })
    return { rows: rows.length, result: new HistoryReadResult({ historyData }) }
  }

  #dataValue(series: UaSeries, row: PageRow, timestamps: Timestamps): DataValue {
    const { values } = this.#context
    if (row.kind === 'missing-bound') {
      const { ticks } = row
      return values.dataValue({ ticks, status: UA_STATUS.badBoundNotFound, value: undefined }, timestamps)
    }
    return values.dataValue(visibleRow(series, row), timestamps)
  }

  #statusOf({ rows, next }: RawPage, { count }: RawRead): number {
    const { saysMoreData, saysNoData } = this.#context.dialect
    if (next !== undefined) return saysMoreData ? UA_STATUS.goodMoreData : UA_STATUS.good
    if (rows.length > 0 || saysNoData === 'never' || (saysNoData === 'with-count' && count === 0)) return UA_STATUS.good
    return UA_STATUS.goodNoData
  }

  #served(dataValues: DataValue[], status: number = UA_STATUS.good, continuationPoint?: Buffer): NodeAnswer {
    const { opcua, values } = this.#context
    const historyData = new opcua.HistoryData(null)
    historyData.dataValues = dataValues
    const result = new opcua.HistoryReadResult(null)
    result.statusCode = values.statusCode(status)
    result.historyData = historyData
    if (continuationPoint !== undefined) result.continuationPoint = continuationPoint
    return { rows: dataValues.length, result }
  }

  #refused({ status, failsCall }: { readonly status: number; readonly failsCall: boolean }): NodeAnswer {
    if (failsCall) throw new CallFailure(status)
    return this.#failed(status)
  }

  /** An operation that failed has no history data; "Good" has, without rows: some servers say that of unknown nodes. */
  #failed(status: number): NodeAnswer {
    const answer = this.#served([], status)
    if (status !== UA_STATUS.good) answer.result.historyData = null
    return answer
  }
}

/** A read about to be answered: of a new chain, or of one that goes on at the cursor. */
type Begun = Pick<Chain, 'node' | 'read'> & { readonly cursor: Cursor | undefined }

interface NodeAnswer {
  readonly result: HistoryReadResult
  readonly rows: number
}

function pointIn({ continuationPoint }: HistoryReadValueId): Buffer | undefined {
  const bytes = continuationPoint as Buffer | null
  return bytes === null || bytes.length === 0 ? undefined : bytes
}

function rawReadOf(details: ReadRawModifiedDetails): RawRead {
  return {
    start: ticksOf(details.startTime) ?? UNSPECIFIED_TIME,
    end: ticksOf(details.endTime) ?? UNSPECIFIED_TIME,
    count: details.numValuesPerNode,
    returnBounds: details.returnBounds,
  }
}

function isSameRead(one: RawRead, other: RawRead): boolean {
  return (
    one.start === other.start &&
    one.end === other.end &&
    one.count === other.count &&
    one.returnBounds === other.returnBounds
  )
}
