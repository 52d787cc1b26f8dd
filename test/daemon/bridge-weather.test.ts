import { beforeEach, expect, test } from 'vitest'
import { BridgeWeather } from '../../src/daemon/bridge-weather.ts'

const HOUR_MS = 3_600_000

let nowMs: number
let zoneOffset: number
let weather: BridgeWeather

beforeEach(() => {
  nowMs = 0
  zoneOffset = 60
  weather = new BridgeWeather({ version: '1.2.3', clock: () => nowMs, zoneOffset: () => zoneOffset })
})

function observe(over: { readonly up?: boolean; readonly late?: number } = {}): string[] {
  const { up = true, late = 0 } = over
  const revisions = { late, edited: 0, deleted: 0 }
  return weather
    .observe([{ name: 'pi', up, revisions }])
    .map(({ kind, historian }) => (historian === undefined ? kind : `${kind} of ${historian}`))
}

test('a start is told once', () => {
  expect([observe(), observe()]).toEqual([['restart'], []])
})

test('an outage is told when it is over, and the time before the first answer is none', () => {
  expect(observe({ up: false })).toEqual(['restart'])
  observe()
  observe({ up: false })
  observe({ up: false })
  nowMs += 2 * HOUR_MS
  expect([observe(), observe()]).toEqual([['outage of pi'], []])
})

test('late samples are told, an hour apart, and after a reload as before it', () => {
  observe({ late: 5 })
  expect(observe({ late: 6 })).toEqual(['late-batch of pi'])
  expect(observe({ late: 7 })).toEqual([])
  nowMs += HOUR_MS
  expect(observe({ late: 0 })).toEqual([])
  expect(observe({ late: 1 })).toEqual(['late-batch of pi'])
})

test('a change of the local time is told', () => {
  observe()
  zoneOffset = 120
  expect([observe(), observe()]).toEqual([['clock-change'], []])
})
