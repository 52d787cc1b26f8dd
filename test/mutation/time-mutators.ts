/** Faults by which samples get other times. */
import { TICKS_PER_MS } from '../../src/domain/ticks.ts'
import { anyPlain, at, change, indexesOf, run, type Mutator } from './mutator.ts'
import type { Sample } from '../../src/domain/sample.ts'
import { cleanSeries, HOUR, onGrid, SERIES_FROM, SERIES_HOURS, settled } from './series.ts'

const IRREGULAR = ['walk', 'digital', 'text'] as const

function all(samples: readonly unknown[]): number[] {
  return run(0, samples.length)
}

export const TIME_MUTATORS: readonly Mutator[] = [
  {
    name: 'shift-one',
    fault: 'one sample 100 ns off',
    signals: ['walk', 'sine', 'steps', 'spikes', 'digital', 'text'],
    classes: ['TIME'],
    apply: (samples, random) => change(samples, [anyPlain(samples, random)], (one) => at(one, one.ticks + 1n)),
  },
  {
    name: 'cut-to-milliseconds',
    fault: 'times cut to milliseconds',
    signals: [...IRREGULAR, 'steps', 'ties'],
    classes: ['TIME'],
    cause: { log: 'millisecond-truncation', historian: 'millisecond-truncation' },
    apply: (samples) =>
      change(samples, all(samples), (one) =>
        one.ticks % TICKS_PER_MS === 0n ? one : at(one, one.ticks - (one.ticks % TICKS_PER_MS)),
      ),
  },
  {
    name: 'round-to-grid',
    fault: 'times rounded to the 1/65536 s grid',
    signals: ['steps'],
    classes: ['TIME'],
    cause: { log: 'time-grid', historian: 'time-grid' },
    apply: (samples) =>
      change(samples, all(samples), (one) => (onGrid(one.ticks) === one.ticks ? one : at(one, onGrid(one.ticks)))),
  },
  {
    name: 'one-grid-step',
    fault: 'times one step of the 1/65536 s grid off',
    signals: [...IRREGULAR, 'ties'],
    classes: ['TIME'],
    cause: { log: 'time-grid', historian: 'time-grid' },
    apply: (samples) => change(samples, all(samples), (one) => at(one, onGrid(one.ticks + 153n))),
  },
  {
    name: 'shift-series-an-hour',
    fault: 'the whole series an hour off (time zone)',
    signals: ['walk', 'sine', 'spikes', 'digital', 'text', 'ties'],
    classes: [],
    also: ['MISSING', 'EXTRA', 'VALUE', 'STATE', 'TIME', 'QUALITY'],
    cause: { log: 'whole-hour-shift', historian: 'whole-hour-shift' },
    // Cut at both ends of the series: what moves out is not seen, and what lay before moves in.
    apply: (samples, random, signal) => {
      const isFirst = ({ ticks: t }: Sample): boolean => t < SERIES_FROM + HOUR
      const isLast = ({ ticks: t }: Sample): boolean => t >= SERIES_FROM + BigInt(SERIES_HOURS - 1) * HOUR
      const before = cleanSeries(signal, 1_000 + random.below(1_000)).filter(isFirst)
      const moved = change(samples, all(samples), (one) => (isLast(one) ? [] : at(one, one.ticks + HOUR)))
      return {
        samples: settled([...before, ...moved.samples]),
        touched: [...moved.touched, ...before.map(({ ticks: t }) => t)],
      }
    },
  },
  {
    name: 'fold-an-hour',
    fault: 'an hour of daylight saving folded onto the next',
    signals: ['walk', 'text'],
    classes: ['MISSING', 'EXTRA'],
    apply: (samples) =>
      change(
        samples,
        indexesOf(samples, ({ ticks: t }) => t >= SERIES_FROM + HOUR && t < SERIES_FROM + 2n * HOUR),
        (one) => at(one, one.ticks + HOUR),
      ),
  },
  {
    name: 'clock-skew',
    fault: 'a clock two and a half seconds off',
    signals: [...IRREGULAR, 'sine', 'spikes'],
    classes: ['TIME'],
    also: ['MISSING', 'EXTRA'],
    apply: (samples) => change(samples, all(samples), (one) => at(one, one.ticks + 25_000_000n)),
  },
]
