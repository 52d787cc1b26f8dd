/** What the plant needs to know of a point beyond the simulator's own words. */
import type { EventFlags, StoredValue } from '../../src/simulator/archive.ts'
import { gridFromTicks, ticksFromGrid } from '../../src/simulator/grid.ts'
import type { HistorianPoint } from '../../src/simulator/point.ts'
import type { PiEvent } from '../../src/simulator/series.ts'
import { truthAt } from '../../src/simulator/truth.ts'
import { contentOfTruth } from './expected.ts'

/** The time a server shows for a sample sent at `at`. */
export function onGrid(at: bigint): bigint {
  return ticksFromGrid(gridFromTicks(at, 'round'))
}

/** The value as the point may hold it: its type may have changed since the value was measured. */
export function fitting(value: StoredValue, { pointType }: HistorianPoint): StoredValue {
  if (typeof value === 'object' && 'system' in value) return value
  if (pointType === 'String') return String(value)
  return typeof value === 'string' ? 0 : value
}

/** An event in the form in which it is stored. */
export function stored(event: PiEvent): { value: StoredValue; flags: EventFlags } {
  const { value, good, questionable, substituted, annotated } = event
  const flags = { good, questionable, substituted, annotated }
  if (typeof value !== 'object' || !('isSystem' in value)) return { value, flags }
  return { value: value.isSystem ? { system: value.value } : value.value, flags }
}

/** Contents as text, in archive order, by printed time. */
export function contentsByTime(point: HistorianPoint): Map<string, string[]> {
  const contents = new Map<string, string[]>()
  const { archive } = point
  for (let row = 0; row < archive.length;) {
    const rows = truthAt(point, archive.ticksAt(row))
    contents.set(rows[0]!.ts, rows.map(contentOfTruth))
    row += rows.length
  }
  return contents
}
