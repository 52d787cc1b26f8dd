/** Points over a plain list of events, for tests of the calculations. Times are whole seconds. */
import type { PiEvent, PiPointType, PiValue, Series, SimulatedPoint } from '../../../src/simulator/series.ts'

export type Row = readonly [second: number, value: PiValue, flags?: Partial<PiEvent>]

export const SHUTDOWN = { name: 'Shutdown', value: 254, isSystem: true } as const

/** A system state is bad unless the row says otherwise. */
export function samplePoint(
  rows: readonly Row[],
  options: { pointType?: PiPointType; step?: boolean; future?: boolean } = {},
): SimulatedPoint {
  const events = rows.map(([second, value, flags]): PiEvent => ({
    ticks: at(second),
    value,
    good: !(typeof value === 'object' && 'isSystem' in value && value.isSystem),
    questionable: false,
    substituted: false,
    annotated: false,
    ...flags,
  }))
  return {
    id: 1,
    name: 'T',
    descriptor: '',
    pointClass: 'classic',
    pointType: options.pointType ?? 'Float64',
    digitalSet: '',
    engineeringUnits: 'm',
    zero: 0,
    span: 100,
    step: options.step ?? false,
    future: options.future ?? false,
    displayDigits: -5,
    pointSource: 'L',
    series: seriesOf(events),
  }
}

export function at(second: number): bigint {
  return BigInt(Math.round(second * 1e7))
}

export function secondOf(ticks: bigint): number {
  return Number(ticks) / 1e7
}

function seriesOf(events: readonly PiEvent[]): Series {
  return {
    length: events.length,
    ticksAt: (index) => events[index]!.ticks,
    eventAt: (index) => events[index]!,
    lowerBound: (ticks) => {
      const index = events.findIndex((event) => event.ticks >= ticks)
      return index < 0 ? events.length : index
    },
  }
}
