/**
 * The gates of proof: was everything compared, after the move was asked for, and is nothing different? These make a
 * move safe; they look at cells and never at how long they have been green.
 */
import { plural } from '../../util/format.ts'
import { countVerdicts } from '../../domain/verdict.ts'
import { parseTicks } from '../../domain/ticks.ts'
import { asOfGate, isFoldedPast } from '../as-of.ts'
import { msOf } from '../decode.ts'
import type { EvidenceManifest } from '../manifest.ts'
import { answer, type Gate } from './answer.ts'

export const coverageGate: Gate = ({ manifest }) => {
  const { cells, verdicts } = manifest.cells
  const against: string[] = []
  if (countVerdicts(verdicts) !== cells) {
    against.push(
      `${plural(countVerdicts(verdicts), 'verdict')} for ${plural(cells, 'cell')}: the numbers do not add up`,
    )
  }
  if (verdicts.pending > 0) against.push(`${plural(verdicts.pending, 'cell')} not compared, or changed since`)
  if (verdicts.inconclusive > 0) against.push(`${plural(verdicts.inconclusive, 'cell')} could not be compared`)
  against.push(...outsideRequest(manifest))
  return answer('coverage', {
    against,
    unknown: cells === 0 ? ['there is no cell to look at'] : [],
    basis: `all ${plural(cells, 'cell')} of ${plural(manifest.cells.tags, 'tag')} compared`,
  })
}

/** The cells must be those that the move was asked for: not fewer tags, not a shorter time. */
function* outsideRequest({ request, cells }: EvidenceManifest): Generator<string> {
  if (request === null) return
  const { scope, id } = request
  if (cells.tags !== scope.tags) yield `${plural(cells.tags, 'tag')} compared, and request ${id} is for ${scope.tags}`
  if (cells.cells !== scope.cells) yield `${plural(cells.cells, 'cell')}, and request ${id} is for ${scope.cells}`
  if (cells.from === null || cells.until === null) return
  if (parseTicks(cells.from) !== parseTicks(scope.from) || parseTicks(cells.until) !== parseTicks(scope.until)) {
    yield `the cells span ${cells.from} to ${cells.until}, and request ${id} is for ${scope.from} to ${scope.until}`
  }
}

export const asOfManifestGate: Gate = ({ manifest, policy, now }) => {
  const { cells, verdicts, verifiedSince } = manifest.cells
  const green = verdicts.match + verdicts.explained + verdicts.waived
  const positions = new Map(manifest.foldedTo.map(({ partition, offset }) => [partition, BigInt(offset)]))
  return asOfGate({
    request: manifest.request ?? undefined,
    cellsExpected: cells,
    cellsVerifiedSince: verifiedSince,
    cellsPending: verdicts.pending + green - verifiedSince,
    cellsNotGreen: verdicts.mismatch + verdicts.inconclusive,
    foldedPast: manifest.request !== null && isFoldedPast(manifest.request.logEnd, positions),
    now,
    maxAgeMs: policy.requestMaxAgeMs,
  })
}

export const mismatchesGate: Gate = ({ manifest, nowMs }) => {
  const { mismatch, waived } = manifest.cells.verdicts
  const against: string[] = []
  if (mismatch > 0) against.push(`${plural(mismatch, 'cell')} different and not waived`)
  const answered = manifest.waivers.reduce((sum, { cells }) => sum + cells, 0)
  if (answered !== waived) against.push(`${plural(waived, 'cell')} waived, and the waivers are for ${answered}`)
  for (const { id, tag, owner, cells, expiry } of manifest.waivers) {
    if (cells > 0 && msOf(expiry) <= nowMs) {
      against.push(`waiver ${id} of ${owner} for ${plural(cells, 'cell')} of ${tag} has expired`)
    }
  }
  return answer('mismatches', {
    against,
    basis: waived === 0 ? 'no cell is different' : `no cell is different but ${plural(waived, 'cell')} waived`,
  })
}
