/**
 * Dialect: how one kind of OPC UA server answers HistoryRead, as data.
 *
 * `strict` follows OPC UA Part 11. `node-opcua`, `asyncua` and `open62541` are what those servers were measured to do.
 * `capped` and `silent` are composites of what vendors document and users report: a page cap below what was asked
 * for, with continuation points that expire and pages without rows, or with nothing at all to show for it. A reader
 * must get the same rows from all of them.
 */
import { UA_STATUS } from './status.ts'

export const DIALECT_NAMES = ['strict', 'node-opcua', 'asyncua', 'open62541', 'capped', 'silent'] as const
export type DialectName = (typeof DIALECT_NAMES)[number]

export interface Dialect {
  /** Does a range include rows exactly at its end? */
  readonly endInclusive: boolean
  /** Bounds are compared on a grid of this many ticks: 1 (100 ns), 10 (1 us), 10,000 (1 ms). */
  readonly boundStep: bigint
  /** returnBounds: answered with bound rows, not heard, or refused with Bad_BoundNotSupported. */
  readonly bounds: 'honoured' | 'ignored' | 'refused'
  /** Rows at one time: the newest alone with ExtraData set, all in insert order, or all in another (fixed) order. */
  readonly ties: 'newest' | 'all' | 'scrambled'
  /** What a time of 0 (not specified) means. `literal`: it is the year 1601. */
  readonly unspecified: 'as-specified' | 'all-rows' | 'newest-of-all' | 'literal'
  /** The page is full as asked (`numValuesPerNode`) and more rows exist: with a continuation point or without. */
  readonly fullPage: 'continues' | 'ends'
  /** Most rows of one page, whatever was asked; 0: no cap. */
  readonly pageCap: number
  /** The page was cut by that cap: with a continuation point or without. */
  readonly cappedPage: 'continues' | 'ends'
  /** Every n-th page of a chain that goes on holds no rows; 0: none. */
  readonly emptyPageEvery: number
  /** Good_MoreData on an operation that goes on. */
  readonly saysMoreData: boolean
  /** Good_NoData on an operation without rows: always, only when a count was asked for, never. */
  readonly saysNoData: 'always' | 'with-count' | 'never'
  readonly continuation: ContinuationDialect
  /** A node the server does not have: a bad operation, or (0) Good with no rows. */
  readonly unknownNode: number
  /** A node without history, an object for one: a bad operation, or the whole call fails. */
  readonly withoutHistory: { readonly status: number; readonly failsCall: boolean }
  /** isReadModified. `ignored`: answered as raw. */
  readonly modified: OtherRead | 'ignored'
  readonly atTime: OtherRead
  /** ReadProcessedDetails is never served: the double computes no aggregates. */
  readonly processed: Refusal
  /** Server timestamps come even when only the source's were asked for. */
  readonly alwaysServerTime: boolean
}

export type OtherRead = 'served' | Refusal
export interface Refusal {
  readonly status: number
  /** The whole call fails, not just the operation. */
  readonly failsCall: boolean
}

export interface ContinuationDialect {
  /**
   * `per-page`: new bytes for each page. `per-chain`: a counter, the same bytes until the end. `random`: 16 random
   * bytes per page. `timestamp`: 8 bytes, the time of the next row. `offset`: 16 bytes, how many rows were delivered.
   * The last two hold all there is: they belong to no session and never end.
   */
  readonly form: 'per-page' | 'per-chain' | 'random' | 'timestamp' | 'offset'
  /** 0: for ever. */
  readonly lifetimeMs: number
  /** Open at once per session; 0: no limit. */
  readonly limit: number
  /** Above the limit: Bad_NoContinuationPoints, or the oldest is freed. */
  readonly aboveLimit: 'refused' | 'oldest-freed'
  /** Sent with another node: invalid, or answered with the first node's rows. */
  readonly boundToNode: boolean
  /** Details sent with one: must equal the first call's, or are not looked at as long as there are any. */
  readonly details: 'must-match' | 'required' | 'ignored'
  readonly bogus: Refusal
  /** releaseContinuationPoints: nothing comes back, or the next rows do. */
  readonly release: 'silent' | 'rows'
}

const STRICT: Dialect = {
  endInclusive: false,
  boundStep: 1n,
  bounds: 'honoured',
  ties: 'newest',
  unspecified: 'as-specified',
  fullPage: 'continues',
  pageCap: 0,
  cappedPage: 'continues',
  emptyPageEvery: 0,
  saysMoreData: false,
  saysNoData: 'always',
  continuation: {
    form: 'per-page',
    lifetimeMs: 0,
    limit: 100,
    aboveLimit: 'refused',
    boundToNode: true,
    details: 'must-match',
    bogus: operation(UA_STATUS.badContinuationPointInvalid),
    release: 'silent',
  },
  unknownNode: UA_STATUS.badNodeIdUnknown,
  withoutHistory: operation(UA_STATUS.badHistoryOperationUnsupported),
  modified: 'served',
  atTime: 'served',
  processed: operation(UA_STATUS.badAggregateNotSupported),
  alwaysServerTime: false,
}

export const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  strict: STRICT,
  'node-opcua': {
    ...STRICT,
    endInclusive: true,
    boundStep: 10_000n,
    bounds: 'ignored',
    ties: 'all',
    unspecified: 'all-rows',
    saysNoData: 'with-count',
    continuation: {
      ...STRICT.continuation,
      form: 'per-chain',
      limit: 0,
      boundToNode: false,
      details: 'required',
    },
    withoutHistory: call(UA_STATUS.badHistoryOperationInvalid),
    modified: operation(UA_STATUS.badUnexpectedError),
    atTime: operation(UA_STATUS.badHistoryOperationUnsupported),
    alwaysServerTime: true,
  },
  asyncua: {
    ...STRICT,
    endInclusive: true,
    boundStep: 10n,
    bounds: 'ignored',
    ties: 'all',
    unspecified: 'newest-of-all',
    fullPage: 'ends',
    pageCap: 10_000,
    saysNoData: 'never',
    continuation: {
      ...STRICT.continuation,
      form: 'timestamp',
      limit: 0,
      boundToNode: false,
      details: 'ignored',
      bogus: call(UA_STATUS.badInternalError),
    },
    unknownNode: UA_STATUS.good,
    withoutHistory: operation(UA_STATUS.good),
    modified: 'ignored',
    atTime: operation(UA_STATUS.badNotImplemented),
    processed: operation(UA_STATUS.badNotImplemented),
  },
  open62541: {
    ...STRICT,
    ties: 'scrambled',
    unspecified: 'literal',
    continuation: {
      ...STRICT.continuation,
      form: 'offset',
      limit: 0,
      boundToNode: false,
      details: 'ignored',
      release: 'rows',
    },
    unknownNode: UA_STATUS.badUserAccessDenied,
    withoutHistory: operation(UA_STATUS.badUserAccessDenied),
    modified: call(UA_STATUS.badNotSupported),
    atTime: call(UA_STATUS.badNotSupported),
    processed: call(UA_STATUS.badNotSupported),
  },
  capped: {
    ...STRICT,
    bounds: 'refused',
    ties: 'all',
    pageCap: 500,
    emptyPageEvery: 3,
    saysMoreData: true,
    continuation: { ...STRICT.continuation, form: 'random', lifetimeMs: 3000, limit: 10, aboveLimit: 'oldest-freed' },
  },
  silent: { ...STRICT, ties: 'all', fullPage: 'ends', pageCap: 300, cappedPage: 'ends' },
}

/** The operation of one node fails; its neighbours do not hear of it. */
function operation(status: number): Refusal {
  return { status, failsCall: false }
}

/** The whole call fails with a service fault. */
function call(status: number): Refusal {
  return { status, failsCall: true }
}
