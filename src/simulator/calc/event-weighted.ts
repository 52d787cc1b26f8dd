/** Statistics in which every event weighs the same. */
import type { SimulatedPoint } from '../series.ts'
import { goodNumber } from './calculated.ts'
import { NO_STATISTICS, type Statistics } from './statistics.ts'

/** `countsBad`: whether Count includes bad events, which the documentation leaves open. */
export function eventWeighted(point: SimulatedPoint, first: number, stop: number, countsBad: boolean): Statistics {
  let good = 0
  let numbers = 0
  let total = 0
  // Welford's running variance: stable however large the values are.
  let mean = 0
  let squares = 0
  let minimum: Statistics['minimum']
  let maximum: Statistics['maximum']
  for (let index = first; index < stop; index++) {
    const event = point.series.eventAt(index)
    if (event.good) good++
    const value = goodNumber(event)
    if (value === undefined) continue
    numbers++
    total += value
    const delta = value - mean
    mean += delta / numbers
    squares += delta * (value - mean)
    if (minimum === undefined || value < minimum.value) minimum = { value, ticks: event.ticks }
    if (maximum === undefined || value > maximum.value) maximum = { value, ticks: event.ticks }
  }
  const events = stop - first
  return {
    ...NO_STATISTICS,
    count: countsBad ? events : good,
    percentGood: events === 0 ? undefined : (good / events) * 100,
    ...(numbers === 0
      ? {}
      : {
          total,
          average: total / numbers,
          minimum,
          maximum,
          stdDev: numbers < 2 ? undefined : Math.sqrt(squares / (numbers - 1)),
          populationStdDev: numbers < 2 ? undefined : Math.sqrt(squares / numbers),
        }),
  }
}
