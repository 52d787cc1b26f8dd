/** Faults by which samples are lost or doubled. */
import {
  anyPlain,
  change,
  double,
  drop,
  indexesOf,
  isPlain,
  run,
  secondHour,
  withNumber,
  type Mutation,
  type Mutator,
} from './mutator.ts'
import { HOUR, SERIES_FROM, SERIES_HOURS, SIGNALS } from './series.ts'

/** Rows of the pages that a faulty reader loses or repeats. */
export const PAGE = 200
/** Without ties: of two samples that are equal, the one left makes the other a copy. */
const SINGLE = ['walk', 'sine', 'steps', 'spikes', 'digital', 'text'] as const
const NUMBERS = ['walk', 'sine', 'steps', 'spikes'] as const

function both(a: Mutation, touched: Mutation['touched']): Mutation {
  return { samples: a.samples, touched: [...a.touched, ...touched] }
}

export const LOSS_MUTATORS: readonly Mutator[] = [
  {
    name: 'drop-one',
    fault: 'one sample lost',
    signals: SINGLE,
    classes: ['MISSING'],
    apply: (samples, random) => drop(samples, [random.below(samples.length)]),
  },
  {
    name: 'drop-in-flat-run',
    fault: 'one sample lost while the value stands still',
    signals: ['steps'],
    classes: ['MISSING'],
    apply: (samples) => {
      const isFlat = (i: number): boolean => [-1, 0, 1].every((by) => isPlain(samples[i + by]!))
      const flat = run(secondHour(samples) + 1, PAGE).filter(isFlat)
      const values = samples.map(({ value }) => value)
      return drop(samples, flat.filter((i) => values[i - 1] === values[i] && values[i] === values[i + 1]).slice(0, 1))
    },
  },
  {
    name: 'drop-page',
    fault: 'a whole page of rows lost',
    signals: SIGNALS,
    classes: ['MISSING'],
    cause: { log: 'page-edge', historian: 'page-edge' },
    apply: (samples, random) => drop(samples, run(secondHour(samples) + 1 + random.below(PAGE), PAGE)),
  },
  {
    name: 'drop-last-of-each-page',
    fault: 'the last row of each page lost',
    signals: SINGLE,
    classes: ['MISSING'],
    cause: { log: 'page-edge', historian: 'page-edge' },
    apply: (samples) =>
      drop(
        samples,
        [1, 2, 3].map((page) => secondHour(samples) + page * PAGE - 1),
      ),
  },
  {
    name: 'repeat-last-of-each-page',
    fault: 'the last row of each page read twice',
    signals: SINGLE,
    classes: ['DUPLICATE'],
    cause: { log: 'page-edge', historian: 'page-edge' },
    apply: (samples) =>
      double(
        samples,
        [1, 2, 3].map((page) => secondHour(samples) + page * (PAGE - 1)),
      ),
  },
  {
    name: 'cut-tick-group',
    fault: 'the rest of a group of samples with one time lost at the end of a page',
    signals: ['ties'],
    classes: ['MISSING'],
    apply: (samples) => drop(samples, indexesOf(samples, ({ ord }) => ord > 0).slice(200, 201)),
  },
  {
    name: 'lose-part-of-batch',
    fault: 'a part of a batch lost although it was acknowledged',
    signals: SIGNALS,
    classes: ['MISSING'],
    apply: (samples, random) => drop(samples, run(secondHour(samples) + 1 + random.below(PAGE), 57)),
  },
  {
    name: 'lose-cell',
    fault: 'all samples of an hour lost',
    signals: SIGNALS,
    classes: ['MISSING'],
    apply: (samples) =>
      drop(
        samples,
        indexesOf(samples, ({ ticks: t }) => t >= SERIES_FROM + HOUR && t < SERIES_FROM + 2n * HOUR),
      ),
  },
  {
    name: 'lose-beginning',
    fault: 'everything before one time deleted (retention, compaction)',
    signals: SIGNALS,
    classes: ['MISSING'],
    cause: { log: 'truncated-history' },
    apply: (samples) => drop(samples, run(0, secondHour(samples) * 2 + 123)),
  },
  {
    name: 'late-batch',
    fault: 'the newest samples not there yet',
    signals: SIGNALS,
    classes: ['MISSING'],
    cause: { log: 'late-samples' },
    isNewest: true,
    apply: (samples) => drop(samples, run(samples.length - 9, 5)),
  },
  {
    name: 'lose-states',
    fault: 'system states such as No Data lost',
    signals: SINGLE,
    classes: ['MISSING'],
    cause: { log: 'lost-states' },
    apply: (samples) =>
      drop(
        samples,
        indexesOf(samples, ({ type }) => type === 'state'),
      ),
  },
  {
    name: 'insert-one',
    fault: 'one sample too many',
    signals: NUMBERS,
    classes: ['EXTRA'],
    apply: (samples, random) => {
      const strange = (value: number): number => value + 7.25
      return change(samples, [anyPlain(samples, random)], (sample) => [
        sample,
        { ...withNumber(sample, strange), ticks: (sample.ticks + 1_234n) as typeof sample.ticks },
      ])
    },
  },
  {
    name: 'duplicate-one',
    fault: 'one sample twice',
    signals: SIGNALS,
    classes: ['DUPLICATE'],
    apply: (samples, random) => double(samples, [random.below(samples.length)]),
  },
  {
    name: 'duplicate-and-drop',
    fault: 'one sample three times and two others lost, so that the count is right',
    signals: SIGNALS,
    classes: ['DUPLICATE', 'MISSING'],
    apply: (samples) => {
      const from = secondHour(samples)
      const doubled = change(samples, [from + 10], (sample) => [sample, sample, sample])
      const dropped = drop(doubled.samples, [from + 52, from + 72])
      return both(dropped, doubled.touched)
    },
  },
  {
    name: 'repeat-segment',
    fault: 'a stretch written twice',
    signals: SIGNALS,
    classes: ['DUPLICATE'],
    cause: { log: 'duplicated-segment' },
    apply: (samples) => double(samples, ticksWhole(samples, secondHour(samples) + 31, 137)),
  },
  {
    name: 'repeat-to-the-end',
    fault: 'everything from one place on written again (a reset offset)',
    signals: SIGNALS,
    classes: ['DUPLICATE'],
    cause: { log: 'duplicated-segment' },
    apply: (samples) => {
      const from = samples.findIndex(({ ticks }) => ticks >= SERIES_FROM + BigInt(SERIES_HOURS - 1) * HOUR + HOUR / 3n)
      return double(samples, ticksWhole(samples, from, samples.length - from))
    },
  },
]

/** A run that cuts no group of samples with one time. */
function ticksWhole(samples: Parameters<typeof double>[0], from: number, length: number): number[] {
  const times = new Set(run(from, length).map((i) => samples[i]!.ticks))
  return indexesOf(samples, ({ ticks }) => times.has(ticks))
}
