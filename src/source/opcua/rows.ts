/**
 * Rows: one answer's DataValues as samples, every one of them decoded and in order, or an error.
 *
 * `ord` counts from 0 within each tick of the answer, so it is right for every tick group the answer holds whole; the
 * pager sees to it that only those are delivered. This is the hot path: one pass, no intermediate rows.
 */
import './foreign-log.ts'
import type { DataValue } from 'node-opcua-client'
import type { Sample } from '../../domain/sample.ts'
import type { Ticks } from '../../domain/ticks.ts'
import { contradiction } from './errors.ts'
import { printable } from './printable.ts'
import { flagsOfStatus, isMissingBound } from './status.ts'
import { ticksOfRow } from './time.ts'
import { decodeValue, type ValueContext } from './value.ts'

/** Throws BANYAN_SOURCE_PROTOCOL for a row without a source time or out of order. A bound that is not there is no row. */
export function decodeRows(values: readonly (DataValue | null)[], context: ValueContext, tagName: string): Sample[] {
  const samples: Sample[] = []
  let last: Ticks | undefined
  let ord = 0
  for (const row of values) {
    if (row === null) throw wrong(tagName, 'an empty row in the history')
    const status = row.statusCode.value
    if (status !== 0 && isMissingBound(status)) continue
    const ticks = ticksOfRow(row.sourceTimestamp, row.sourcePicoseconds)
    if (ticks === undefined) throw wrong(tagName, 'a row in the history has no source time')
    if (last !== undefined && ticks <= last) {
      if (ticks < last) throw wrong(tagName, 'the rows of the history are out of order')
      ord += 1
    } else {
      ord = 0
      last = ticks
    }
    const { type, value } = decodeValue(row.value, context)
    samples.push({ ticks, ord, type, value, status, flags: flagsOfStatus(status) } as Sample)
  }
  return samples
}

function wrong(tagName: string, what: string): Error {
  return contradiction(`tag ${printable(tagName)}: ${what}`, { tag: tagName })
}
