/**
 * As-of gate: a workload may be served from the log when every cell of its scope has been compared, and found green,
 * by a look that began after the move was asked for, and nothing has voided that verdict since.
 *
 * Green for long is not enough: a window that was edited after its look stays green until somebody looks again. Nor is
 * "nothing is doubted": the historian's notices may be lost. So nothing but a look after the request counts.
 */
import type { Verdict } from '../domain/verdict.ts'
import type { AsOfRequest, PartitionEnd } from './as-of-request.ts'
import { msOf } from './decode.ts'
import type { GateOutcome, GateResult } from './gate.ts'

export interface AsOfEvidence {
  readonly request: AsOfRequest | undefined
  /** Cells of the scope, counted when the evidence was gathered. The next three add up to it. */
  readonly cellsExpected: number
  readonly cellsVerifiedSince: number
  readonly cellsPending: number
  readonly cellsNotGreen: number
  /** Whether the cells tell of all that the log held at the request. */
  readonly foldedPast: boolean
  /** By the bridge's clock, RFC 3339. */
  readonly now: string
  /** A request that is older must be made again. */
  readonly maxAgeMs: number
}

/** What a cell says about the moment of the request. */
export type AsOfStanding = 'verified' | 'pending' | 'not-green'

/** `look`: the look the verdict comes from; undefined when there was none. A verdict that is void reads `pending`. */
export function standingAsOf(
  verdict: Verdict,
  look: number | undefined,
  { lookFence }: Pick<AsOfRequest, 'lookFence'>,
): AsOfStanding {
  switch (verdict) {
    case 'mismatch':
    case 'inconclusive':
      return 'not-green'
    case 'pending':
      return 'pending'
    case 'match':
    case 'explained':
    case 'waived':
      return look !== undefined && look > lookFence ? 'verified' : 'pending'
  }
}

/** `positions`: the next offset to be folded, by partition. */
export function isFoldedPast(logEnd: readonly PartitionEnd[], positions: ReadonlyMap<number, bigint>): boolean {
  return logEnd.every(({ partition, offset }) => (positions.get(partition) ?? 0n) >= BigInt(offset))
}

export function asOfGate(evidence: AsOfEvidence): GateResult {
  const { request } = evidence
  if (request === undefined) return result('unknown', ['the move has not been requested'])
  const against = reasonsAgainst(request, evidence)
  if (against.length > 0) return result('fail', against)
  const open = reasonsUnknown(request, evidence)
  if (open.length > 0) return result('unknown', open)
  return result('pass', [`all ${request.scope.cells} cells were verified after request ${request.id} of ${request.at}`])
}

/** What speaks against the move, whatever else is not known yet. */
function reasonsAgainst(request: AsOfRequest, evidence: AsOfEvidence): string[] {
  const reasons: string[] = []
  if (evidence.cellsNotGreen > 0) reasons.push(`${evidence.cellsNotGreen} cells differ or could not be compared`)
  if (evidence.cellsExpected !== request.scope.cells) {
    reasons.push(
      `the scope has ${evidence.cellsExpected} cells and had ${request.scope.cells} at request ${request.id}: request again`,
    )
  }
  if (!(ageMs(request, evidence) <= evidence.maxAgeMs)) {
    reasons.push(`request ${request.id} of ${request.at} is too old: request again`)
  }
  return reasons
}

/** What is missing for a pass. */
function reasonsUnknown(request: AsOfRequest, evidence: AsOfEvidence): string[] {
  const { cellsExpected, cellsVerifiedSince, cellsPending, cellsNotGreen } = evidence
  const reasons: string[] = []
  if (cellsExpected === 0) reasons.push('the scope has no cell: nothing is proven by it')
  if (cellsPending > 0) reasons.push(`${cellsPending} cells have not been verified since request ${request.id}`)
  const parts = [cellsVerifiedSince, cellsPending, cellsNotGreen]
  if (parts.some((part) => !(part >= 0)) || cellsVerifiedSince + cellsPending + cellsNotGreen !== cellsExpected) {
    reasons.push(`${cellsExpected} cells are expected, and their verdicts do not add up to that`)
  }
  if (!evidence.foldedPast) reasons.push(`the log has not been folded to its end at request ${request.id}`)
  if (ageMs(request, evidence) < 0) reasons.push('the clock is behind the request: its age cannot be told')
  return reasons
}

function ageMs(request: AsOfRequest, { now }: AsOfEvidence): number {
  return msOf(now) - msOf(request.at)
}

function result(outcome: GateOutcome, reasons: readonly string[]): GateResult {
  return { gate: 'as-of', outcome, reasons }
}
