/**
 * A small plant over 90 days: about 60 tags of every type and some 400,000 samples, with shutdowns, stale stretches,
 * hand-edited values and a forecast. What `banyan demo` copies and `banyan simulate` shows.
 */
import { GRID_PER_SECOND, gridFromTicks } from '../grid.ts'
import type { EventFlags, StoredValue } from '../archive.ts'
import type { EnumerationSet } from '../enumeration.ts'
import type { HistorianPoint, PointSpec } from '../point.ts'
import type { Random } from '../random.ts'
import { PRIMARY_SERVER, type Scenario } from './scenario.ts'

const DAYS = 90
const SECONDS_PER_DAY = 86_400
const UNITS = ['Boiler', 'Reactor', 'Column', 'Cooler'] as const

interface Signal {
  readonly spec: PointSpec
  /** Mean distance of samples. */
  readonly everySeconds: number
  readonly value: (second: number, random: Random) => StoredValue
}

export const demo: Scenario = (historian, { random, scale }) => {
  const server = historian.addServer(PRIMARY_SERVER)
  const valve = server.addEnumerationSet('ValvePosition', ['Closed', 'Opening', 'Open', 'Closing', 'Fault'])
  const mode = server.addEnumerationSet('OperatingMode', ['Off', 'Startup', 'Running', 'Cleaning'])
  const now = historian.clock.now()
  const end = gridFromTicks(now, 'floor')
  const start = end - DAYS * SECONDS_PER_DAY * GRID_PER_SECOND
  for (const [index, unit] of UNITS.entries()) {
    for (const signal of signalsOf(unit, index, valve, mode)) {
      const point = server.addPoint(signal.spec, now)
      const until = signal.spec.future === true ? end + 2 * SECONDS_PER_DAY * GRID_PER_SECOND : end
      fill(point, signal, { start, until, scale }, random)
    }
  }
}

function fill(
  point: HistorianPoint,
  signal: Signal,
  span: { readonly start: number; readonly until: number; readonly scale: number },
  random: Random,
): void {
  const step = (signal.everySeconds / span.scale) * GRID_PER_SECOND
  let downUntil = 0
  for (let grid = span.start; grid < span.until; grid += Math.ceil(step * (0.5 + random.next()))) {
    // About one shutdown a month, of some hours: one system state at its start, then nothing.
    if (grid < downUntil) continue
    if (random.chance((step / GRID_PER_SECOND / SECONDS_PER_DAY) * 0.03)) {
      point.archive.insert(grid, { system: random.pick([254, 246, 248]) })
      downUntil = grid + random.below(6 * 3600) * GRID_PER_SECOND
      continue
    }
    const second = grid / GRID_PER_SECOND
    point.archive.insert(grid, signal.value(second, random), flagsFor(random))
    // Interfaces that buffer now and then send two values with one time.
    if (random.chance(0.0005)) point.archive.insert(grid, signal.value(second, random))
  }
}

function flagsFor(random: Random): EventFlags {
  const dice = random.next()
  if (dice < 0.0005) return { questionable: true }
  if (dice < 0.0008) return { substituted: true, annotated: true }
  return dice < 0.001 ? { good: false } : {}
}

function signalsOf(unit: string, index: number, valve: EnumerationSet, mode: EnumerationSet): Signal[] {
  const number = 100 * (index + 1)
  const wave = (mean: number, swing: number, hours: number, noise: number) => (second: number, random: Random) =>
    mean + swing * Math.sin((second / 3600 / hours) * 2 * Math.PI + index) + noise * (random.next() - 0.5)
  const single = (signal: (second: number, random: Random) => number) => (second: number, random: Random) =>
    Math.fround(signal(second, random))
  const float32 = (
    name: string,
    what: string,
    units: string,
    every: number,
    signal: ReturnType<typeof wave>,
  ): Signal => ({
    spec: { name, descriptor: `${unit} ${what}`, pointType: 'Float32', engineeringUnits: units, pointSource: 'OPC' },
    everySeconds: every,
    value: single(signal),
  })
  const of = (
    pointType: PointSpec['pointType'],
    name: string,
    what: string,
    more: Partial<PointSpec> = {},
  ): PointSpec => ({
    name,
    descriptor: `${unit} ${what}`,
    pointType,
    pointSource: 'LAB',
    ...more,
  })
  return [
    float32(`FIC${String(number + 1)}.PV`, 'feed flow', 'm3/h', 400, wave(42, 6, 12, 2)),
    float32(`FIC${String(number + 1)}.SP`, 'feed flow setpoint', 'm3/h', 20_000, wave(42, 4, 48, 0)),
    float32(`TIC${String(number + 2)}.PV`, 'temperature', 'DEG. C', 500, wave(180, 15, 24, 1)),
    float32(`TIC${String(number + 2)}.OUT`, 'temperature output', '%', 700, wave(55, 20, 6, 3)),
    float32(`PIC${String(number + 3)}.PV`, 'pressure', 'bar', 600, wave(7, 0.8, 8, 0.1)),
    float32(`LIC${String(number + 4)}.PV`, 'level', '%', 800, wave(61, 9, 5, 1)),
    {
      spec: of('Float64', `FQ${String(number + 5)}.TOT`, 'flow total', { engineeringUnits: 'm3' }),
      everySeconds: 1800,
      value: (second, random) => second / 85.7 + random.next(),
    },
    {
      spec: of('Float16', `AI${String(number + 6)}.O2`, 'oxygen', { engineeringUnits: '%', span: 25 }),
      everySeconds: 1500,
      value: single((second) => Math.round(8192 * (0.2 + 0.05 * Math.sin(second / 9000))) / 8192),
    },
    {
      spec: of('Int32', `KQ${String(number + 7)}.CNT`, 'start counter'),
      everySeconds: 7200,
      value: (second) => Math.floor(second / 7200) % 2_000_000_000,
    },
    {
      spec: of('Int16', `SIC${String(number + 8)}.RPM`, 'pump speed', { engineeringUnits: '1/min' }),
      everySeconds: 1200,
      value: (second, random) => Math.round(1450 + 40 * Math.sin(second / 5000) + random.below(7)),
    },
    {
      spec: of('Digital', `XV${String(number + 9)}.POS`, 'inlet valve', { digitalSet: valve, step: true }),
      everySeconds: 3600,
      value: (_second, random) => random.below(4),
    },
    {
      spec: of('Digital', `${unit}.MODE`, 'operating mode', { digitalSet: mode, step: true }),
      everySeconds: 20_000,
      value: (_second, random) => random.below(4),
    },
    {
      spec: of('String', `${unit}.BATCH`, 'batch number', { step: true }),
      everySeconds: 14_400,
      value: (second) => `${unit.slice(0, 2).toUpperCase()}-${String(Math.floor(second / 14_400))} ü "A"`,
    },
    {
      spec: of('Timestamp', `${unit}.LASTCAL`, 'last calibration', { step: true }),
      everySeconds: 86_400,
      value: (second) => BigInt(Math.floor(second) - 3600) * 10_000_000n + 1_234_567n,
    },
    {
      spec: of('Blob', `${unit}.RECIPE`, 'recipe block', { step: true }),
      everySeconds: 43_200,
      value: (second) => Uint8Array.from({ length: 12 }, (_, i) => (Math.floor(second) >> i) & 0xff),
    },
    {
      spec: of('Float32', `${unit}.FORECAST`, 'load forecast', { engineeringUnits: 'MW', future: true }),
      everySeconds: 3600,
      value: single(wave(30, 10, 24, 0)),
    },
  ]
}
