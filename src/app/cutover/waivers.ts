/**
 * Waivers of a workload: those the chain has on record. A waiver that was made without a word in the chain hides a
 * difference from whoever reads the evidence, and counts for nothing here.
 */
import type { CutoverEvent, WaiverDetail } from '../../cutover/events.ts'
import type { WaiverScope } from '../../cutover/cell-tally.ts'
import type { RecordedEvent } from '../../cutover/machine.ts'
import type { WaiverTable } from '../../store/waivers.ts'

export interface RecordedWaiver {
  readonly seq: number
  readonly at: string
  readonly scope: WaiverScope
  readonly reason: string
  readonly owner: string
  /** Neither expired nor withdrawn. */
  readonly inForce: boolean
}

/** Of those ever made, the newest that are looked through. */
const WAIVERS_LISTED = 10_000

/** Newest first. */
export function recordedWaivers(rows: readonly RecordedEvent[], table: WaiverTable, nowMs: number): RecordedWaiver[] {
  const inForce = new Set(
    table
      .list(WAIVERS_LISTED)
      .filter(({ expiresAtMs, withdrawnAtMs }) => withdrawnAtMs === undefined && expiresAtMs > nowMs)
      .map(({ id }) => id),
  )
  return rows
    .flatMap(({ event }) => (event.action === 'waive' ? [recordOf(event)] : []))
    .map((waiver) => ({ ...waiver, inForce: inForce.has(waiver.scope.id) }))
    .reverse()
}

function recordOf({ seq, at, reason, detail }: CutoverEvent<'waive'>): Omit<RecordedWaiver, 'inForce'> {
  return { seq, at, scope: scopeOf(detail), reason: reason ?? '', owner: detail.owner }
}

function scopeOf({ waiver, tag, from, until, expiresAt }: WaiverDetail): WaiverScope {
  return { id: waiver, tag, from, until, expiry: expiresAt }
}
