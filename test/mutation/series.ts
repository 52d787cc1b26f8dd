/**
 * Clean series: what a historian holds of one tag over some hours, seeded. Seven kinds of signal, of every sort the
 * mutators need: regular and irregular times, on PI's 1/65536 s grid and off it, ties, system states, flags.
 */
import { STATUS } from '../../src/domain/quality.ts'
import { FLAG, type Sample, type SampleContent, type SamplePayload } from '../../src/domain/sample.ts'
import { parseTicks, ticks, TICKS_PER_SECOND, type Ticks } from '../../src/domain/ticks.ts'
import { Random } from '../../src/simulator/random.ts'

export const SIGNALS = ['walk', 'sine', 'steps', 'spikes', 'ties', 'digital', 'text'] as const
export type Signal = (typeof SIGNALS)[number]

export const HOUR = 3_600n * TICKS_PER_SECOND
export const SERIES_FROM = parseTicks('2024-05-01T06:00:00Z')
/** Hours of a series, and cells of an hour in it. */
export const SERIES_HOURS = 3
/** Three pages of 200 rows in each hour, and edges between them. */
const PER_HOUR = 720
const GRID_STEPS_PER_SECOND = 65_536n
/** Every so many samples one is a system state: several in each hour. */
const STATE_EVERY = 97
const FLAGGED_EVERY = 41
const STATES = [
  { code: 248, name: 'No Data' },
  { code: 254, name: 'Shutdown' },
  { code: 246, name: 'I/O Timeout' },
]
export const VALVE = ['Closed', 'Opening', 'Open', 'Closing'] as const
export const COMPRESSION_DEVIATION = 1

const made = new Map<string, readonly Sample[]>()

/** Always the same array for the same signal and seed. */
export function cleanSeries(signal: Signal, seed: number): readonly Sample[] {
  const name = `${signal} ${seed}`
  const samples = made.get(name) ?? makeSeries(signal, seed)
  made.set(name, samples)
  return samples
}

function makeSeries(signal: Signal, seed: number): Sample[] {
  const random = new Random(seed)
  const next = VALUES[signal](random)
  const samples: Sample[] = []
  timesOf(signal, random).forEach((at, i) => {
    samples.push({ ...contentOf(next(i), i, random), ticks: at, ord: 0 })
    // Ties: every fifth time twice, every other one of those with one content.
    if (signal === 'ties' && i % 5 === 0)
      samples.push({ ...(i % 2 ? samples.at(-1)! : plain(next(i))), ticks: at, ord: 1 })
  })
  return settled(samples)
}

/** Ascending by time, ords as they come. */
export function settled(samples: readonly Sample[]): Sample[] {
  let last: Sample | undefined
  return samples
    .toSorted((a, b) => (a.ticks < b.ticks ? -1 : a.ticks > b.ticks ? 1 : 0))
    .map((sample) => {
      last = { ...sample, ord: last?.ticks === sample.ticks ? last.ord + 1 : 0 }
      return last
    })
}

function plain(payload: SamplePayload): SampleContent {
  return { ...payload, status: STATUS.good, flags: 0 }
}

function contentOf(payload: SamplePayload, i: number, random: Random): SampleContent {
  if (i % STATE_EVERY === STATE_EVERY - 1) {
    return { type: 'state', value: random.pick([STATES[0]!, ...STATES]), status: STATUS.bad, flags: 0 }
  }
  if (i % FLAGGED_EVERY !== FLAGGED_EVERY - 1) return plain(payload)
  return random.chance(0.5)
    ? { ...payload, status: STATUS.uncertain, flags: FLAG.questionable }
    : { ...payload, status: STATUS.good, flags: FLAG.annotated }
}

/** `sine` and `spikes` every five seconds, the others about so; `steps` to 100 ns, the others on PI's grid. */
function timesOf(signal: Signal, random: Random): Ticks[] {
  const spacing = HOUR / BigInt(PER_HOUR)
  return Array.from({ length: PER_HOUR * SERIES_HOURS }, (_, i) => {
    const due = SERIES_FROM + BigInt(i) * spacing
    if (signal === 'sine' || signal === 'spikes') return ticks(due)
    const at = due + BigInt(random.below(Number(spacing) - 20_000)) + 10_000n
    return signal === 'steps' ? ticks(at) : onGrid(at)
  })
}

/** Rounded to the 1/65536 s grid, as PI does. */
export function onGrid(at: bigint): Ticks {
  const second = at - (at % TICKS_PER_SECOND)
  const step = ((at % TICKS_PER_SECOND) * GRID_STEPS_PER_SECOND + TICKS_PER_SECOND / 2n) / TICKS_PER_SECOND
  return ticks(second + (step * TICKS_PER_SECOND) / GRID_STEPS_PER_SECOND)
}

const VALUES: Readonly<Record<Signal, (random: Random) => (i: number) => SamplePayload>> = {
  walk: (random) => {
    let value = 50
    return () => ({ type: 'float32', value: Math.fround((value += random.next() - 0.5)) })
  },
  sine: (random) => (i) => ({ type: 'float64', value: 50 + 30 * Math.sin(i / 37) + random.next() }),
  // Flat for a while, at whole levels; zero is one of them.
  steps: (random) => {
    const levels = Array.from({ length: 200 }, () => random.below(8) * 12.5)
    return (i) => ({ type: 'float32', value: levels[Math.floor(i / 20) % levels.length]! })
  },
  spikes: (random) => (i) => ({ type: 'int32', value: i % 30 === 0 ? 900 + random.below(100) : 1 + random.below(40) }),
  ties: (random) => () => ({ type: 'float16', value: float16(random.next() * 100, 100) }),
  digital: (random) => () => {
    const code = random.below(VALVE.length)
    return { type: 'digital', value: { code, name: VALVE[code]! } }
  },
  text: (random) => (i) => ({ type: 'string', value: `batch ${String(i)} größe ${String(random.below(9))}` }),
}

/** Rounded to a part in 32,767 of the span, as PI keeps a Float16. */
export function float16(value: number, span: number): number {
  return Math.fround((Math.round((value / span) * 32_767) / 32_767) * span)
}
