/**
 * World: two cells of a plant, what the bridge knows of them, and the production state of the workload they belong to.
 * Contents are numbers: every edit in the historian raises its cell's, and a copy makes the log's the same.
 */
import type { Decision } from '../../src/cutover/events.ts'
import type { CutoverState } from '../../src/cutover/state.ts'
import type { Verdict } from '../../src/domain/verdict.ts'

export interface Cell {
  readonly historian: number
  /** -1: no good copy. */
  readonly log: number
  /** The log as it was folded into the cells; what a look compares. */
  readonly folded: number
  /** Notices of edits on their way, sent before and after the open request. */
  readonly noticesBefore: boolean
  readonly noticesAfter: boolean
  /** Undefined also as soon as a notice or another record voids it. */
  readonly verdict: Seen | undefined
  /** What the historian held when the open request was made. */
  readonly asked: number | undefined
  /** The log held records at the open request that are not folded yet. */
  readonly isFoldOwed: boolean
  /** The log was behind the historian at the open request, and is as it was. */
  readonly isBehind: boolean
  /** The newest content of the historian that a look found equal in the log; -1 before any. */
  readonly provenAt: number
}

export interface Seen {
  /** 1: of a look that began after the open request; 0: before. No more of its number is ever compared. */
  readonly look: 0 | 1
  readonly isGreen: boolean
}

/** A look that has read both sides and not recorded its verdict yet. */
export interface LookUnderWay extends Seen {
  readonly cell: 0 | 1
  readonly historian: number
  /** A notice or another record came since it read. */
  readonly isVoid: boolean
}

/** The bridge's clock, as the age of the open request shows it. */
export const CLOCKS = {
  behind: '2024-05-01T11:59:59Z',
  /** When everything happens that a clock does not matter for. */
  fresh: '2024-05-01T12:00:00Z',
  late: '2024-05-02T12:00:01Z',
} as const
export type Clock = keyof typeof CLOCKS

export interface World {
  readonly cells: readonly [Cell, Cell]
  readonly look: LookUnderWay | undefined
  /** What a streak gate counts; undefined where nobody counts. */
  readonly streak: Streak | undefined
  readonly clock: Clock
  /** On somebody's screen: a decision that passed when it was made. */
  readonly decision: Decision | undefined
  readonly seq: number
  readonly machine: CutoverState
}

export interface Streak {
  /** Green windows in a row, up to as many as are asked for. */
  readonly inARow: number
  readonly wasGreen: readonly [boolean, boolean]
}

/** Nothing copied, nothing looked at. */
const EMPTY: Cell = {
  historian: 0,
  log: -1,
  folded: -1,
  noticesBefore: false,
  noticesAfter: false,
  verdict: undefined,
  asked: undefined,
  isFoldOwed: false,
  isBehind: false,
  provenAt: -1,
}

/** A world around a workload that has come this far. */
export function worldOf(machine: CutoverState, isCopied: boolean): World {
  const cell = isCopied ? { ...EMPTY, log: 0, folded: 0 } : EMPTY
  return {
    cells: [cell, cell],
    look: undefined,
    streak: undefined,
    clock: 'fresh',
    decision: undefined,
    seq: 100,
    machine,
  }
}

/** As the store reads it. */
export function verdictOf({ verdict }: Cell): Verdict {
  if (verdict === undefined) return 'pending'
  return verdict.isGreen ? 'match' : 'mismatch'
}

/**
 * States with the same key behave the same: of contents only their order matters, the cells are interchangeable, ids
 * are only compared with the open ones, and nothing reads the times of past moves or of the last drill. So there may be
 * edits without end, and yet the states are few.
 */
export function keyOf({ machine, decision, look, cells, streak, clock }: World): string {
  const [a, b] = ([0, 1] as const).map((at) =>
    cellKey(cells[at], look?.cell === at ? look : undefined, streak?.wasGreen[at]),
  ) as [string, string]
  return [
    a < b ? `${a}/${b}` : `${b}/${a}`,
    streak?.inARow,
    machine.request && clock,
    machineKey(machine),
    decision && `${decision.to}${decision.percent}`,
    decision && bits(decision.epoch === machine.epoch, decision.requestId === (machine.request?.id ?? null)),
  ].join(' ')
}

/** As `keyOf`, of the machine alone. */
export function machineKey(machine: CutoverState): string {
  const { phase, percent, epoch, frozen, quarantine, request, approvals } = machine
  const facts = bits(epoch > 0, frozen !== undefined, quarantine !== undefined, request !== undefined)
  const approvers = approvals.map(({ actor }) => actor).toSorted()
  return `${phase} ${percent} ${facts} ${approvers.join('+')}`
}

function cellKey(cell: Cell, look: LookUnderWay | undefined, wasGreen = false): string {
  const { historian, log, folded, asked, verdict, provenAt } = cell
  const isSince = (content: number): boolean => asked !== undefined && content >= asked
  return [
    bits(log === historian, log < 0, folded === log, folded === historian),
    bits(provenAt === historian, isSince(provenAt), wasGreen),
    bits(cell.noticesBefore, cell.noticesAfter, cell.isFoldOwed, cell.isBehind),
    verdict && `v${verdict.look}${bits(verdict.isGreen)}`,
    look && `l${look.look}${bits(look.isGreen, look.isVoid, look.historian === historian, isSince(look.historian))}`,
  ].join()
}

function bits(...flags: boolean[]): string {
  return flags.map(Number).join('')
}
