/** The gate that makes a move safe, and two that do not, asked about a world. */
import { asOfGate, standingAsOf } from '../../src/cutover/as-of.ts'
import type { GateOutcome, GateResult } from '../../src/cutover/gate.ts'
import { CLOCKS, verdictOf, type World } from './world.ts'

/** Answers in the place of the as-of gate. */
export type StepGate = (world: World) => GateResult

const DAY_MS = 86_400_000

/** The production gate. */
export const asOf: StepGate = (world) => asOfGate({ ...countsOf(world), foldedPast: isFoldedPastRequest(world) })

/** The production gate, told that the log was folded. */
export const asOfWithoutFolding: StepGate = (world) => asOfGate({ ...countsOf(world), foldedPast: true })

/** Two green windows in a row, and each was green once. */
export const streak: StepGate = ({ machine, streak: green }) =>
  result(machine.request !== undefined && green?.inARow === 2 && green.wasGreen.every(Boolean))

/** Every notice sent before the request has come or is lost, and no verdict is void. */
export const marker: StepGate = ({ machine, cells }) =>
  result(machine.request !== undefined && cells.every((cell) => !cell.noticesBefore && verdictOf(cell) === 'match'))

function countsOf({ machine: { request }, cells, clock }: World) {
  const standings = cells.map((cell) =>
    request === undefined ? 'pending' : standingAsOf(verdictOf(cell), cell.verdict?.look, request),
  )
  const count = (standing: string): number => standings.filter((one) => one === standing).length
  return {
    request,
    cellsExpected: cells.length,
    cellsVerifiedSince: count('verified'),
    cellsPending: count('pending'),
    cellsNotGreen: count('not-green'),
    now: CLOCKS[clock],
    maxAgeMs: DAY_MS,
  }
}

function isFoldedPastRequest({ cells }: World): boolean {
  return cells.every(({ isFoldOwed }) => !isFoldOwed)
}

function result(isOpen: boolean): GateResult {
  const outcome: GateOutcome = isOpen ? 'pass' : 'unknown'
  return { gate: 'as-of', outcome, reasons: [] }
}
