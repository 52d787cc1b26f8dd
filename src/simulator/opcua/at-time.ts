/** ReadAtTime: the row stored at a time, or what a straight line between its neighbours gives. */
import type { UaRow, UaSeries } from './row.ts'
import { HISTORIAN_BITS, UA_STATUS } from './status.ts'

/** Of several rows at the time, the newest. Numbers are interpolated; other kinds keep the value before. */
export function readAtTime(series: UaSeries, at: bigint): UaRow {
  const after = series.lowerBound(at + 1n)
  const before = after === 0 ? undefined : series.rowAt(after - 1)
  if (before === undefined) return { ticks: at, status: UA_STATUS.badNoData, value: undefined }
  if (before.ticks === at) return before
  const next = after < series.length ? series.rowAt(after) : undefined
  const status = (before.status | HISTORIAN_BITS.interpolated) >>> 0
  const from = before.value
  if (from === undefined || next?.value === undefined || (from.type !== 'Double' && from.type !== 'Float')) {
    return { ticks: at, status, value: from }
  }
  const share = Number(at - before.ticks) / Number(next.ticks - before.ticks)
  const value = Number(from.value) + (Number(next.value.value) - Number(from.value)) * share
  return { ticks: at, status, value: { type: from.type, value } }
}
