/** What becomes of PI's values, flags and system states behind an OPC UA server. */
import { expect, test } from 'vitest'
import { Historian } from '../../../src/simulator/historian.ts'
import { HistorianClock } from '../../../src/simulator/clock.ts'
import { PiSeries } from '../../../src/simulator/opcua/pi-series.ts'
import type { EventFlags, StoredValue } from '../../../src/simulator/archive.ts'
import type { PointSpec } from '../../../src/simulator/point.ts'
import type { UaRow } from '../../../src/simulator/opcua/row.ts'
import { PRIMARY_SERVER } from '../../../src/simulator/scenarios/scenario.ts'

const START = 17_600_000_000_000_000n

/** The row of a point that holds one event. */
function rowOf(pointType: PointSpec['pointType'], value: StoredValue, flags: EventFlags = {}): UaRow {
  const historian = new Historian(new HistorianClock('manual', START))
  const server = historian.addServer(PRIMARY_SERVER)
  const digitalSet = server.addEnumerationSet('Valve', ['closed', 'open'])
  const point = historian.createPoint({ name: 'P', pointType, digitalSet })
  historian.insert('P', START, value, flags)
  return new PiSeries(point).rowAt(0)
}

test.each<[PointSpec['pointType'], StoredValue, UaRow['value']]>([
  ['Float16', 0.5, { type: 'Float', value: 0.5 }],
  ['Float32', Math.fround(1.1), { type: 'Float', value: Math.fround(1.1) }],
  ['Float64', 1.1, { type: 'Double', value: 1.1 }],
  ['Int16', -3, { type: 'Int16', value: -3 }],
  ['Int32', 70_000, { type: 'Int32', value: 70_000 }],
  ['Digital', 1, { type: 'Int32', value: 1 }],
  ['String', 'x', { type: 'String', value: 'x' }],
  ['Timestamp', 123n, { type: 'DateTime', value: 123n }],
  ['Blob', Uint8Array.of(1, 2), { type: 'ByteString', value: Uint8Array.of(1, 2) }],
])('%s', (pointType, stored, value) => {
  expect(rowOf(pointType, stored)).toEqual({ ticks: START, status: 0, value })
})

test.each<[EventFlags, number]>([
  [{}, 0],
  [{ substituted: true }, 0x0096_0000],
  [{ questionable: true }, 0x4000_0000],
  [{ questionable: true, substituted: true }, 0x4091_0000],
  [{ good: false, substituted: true }, 0x8000_0000],
  [{ annotated: true }, 0],
])('flags %o', (flags, status) => {
  expect(rowOf('Int32', 1, flags)).toMatchObject({ status, value: { value: 1 } })
})

test.each([
  [246, 0x8031_0000],
  [253, 0x8032_0000],
  [254, 0x809d_0000],
  [248, 0x809b_0000],
  [251, 0x803c_0500],
  [252, 0x803c_0600],
  [255, 0x8000_0000],
  [300, 0x8000_0000],
])('system state %i has no value, and a status of its own', (system, status) => {
  expect(rowOf('Digital', { system })).toEqual({ ticks: START, status, value: undefined })
  expect(rowOf('Float32', { system }, { good: true })).toEqual({ ticks: START, status, value: undefined })
})
