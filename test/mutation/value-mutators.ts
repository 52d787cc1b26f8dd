/** Faults by which samples keep their times and say something else, or say it in another way. */
import { STATUS } from '../../src/domain/quality.ts'
import { FLAG, type Sample } from '../../src/domain/sample.ts'
import {
  anyPlain,
  change,
  indexesOf,
  isAlone,
  isPlain,
  run,
  secondHour,
  withNumber,
  type Mutation,
  type Mutator,
} from './mutator.ts'
import { COMPRESSION_DEVIATION, float16, VALVE } from './series.ts'

const NUMBERS = ['walk', 'sine', 'steps', 'spikes'] as const
const FLOATS32 = ['walk', 'steps', 'ties'] as const

/** Changes one number. */
function one(of: (value: number) => number): Mutator['apply'] {
  return (samples, random) => change(samples, [anyPlain(samples, random)], (sample) => withNumber(sample, of))
}

/** Changes every sample the function changes. */
function every(of: (sample: Sample) => Sample): Mutator['apply'] {
  return (samples) => change(samples, run(0, samples.length), of)
}

/** Two samples that differ, each with the other's content or a part of it. */
function swapped(
  samples: readonly Sample[],
  isFirst: (sample: Sample) => boolean,
  take: (to: Sample, from: Sample) => Sample,
): Mutation {
  const a = indexesOf(samples, (sample, i) => isFirst(sample) && isAlone(samples, i))[3]!
  const first = samples[a]!
  const isOther = (sample: Sample, i: number): boolean =>
    i > a && isPlain(sample) && isAlone(samples, i) && JSON.stringify(sample.value) !== JSON.stringify(first.value)
  const b = indexesOf(samples, isOther)[0]!
  return change(samples, [a, b], (sample, i) => take(sample, samples[i === a ? b : a]!))
}

const ladder = new DataView(new ArrayBuffer(4))

/** The float32 next to it, away from zero. */
function nextFloat32(value: number): number {
  ladder.setFloat32(0, value)
  ladder.setUint32(0, ladder.getUint32(0) + 1)
  return ladder.getFloat32(0)
}

/** The shortest decimals that a float32 is printed with. */
function shortest(value: number): number {
  const texts = [6, 7, 8, 9].map((digits) => Number(value.toPrecision(digits)))
  return texts.find((text) => Math.fround(text) === value) ?? value
}

function isNarrow(sample: Sample): sample is Sample & { readonly type: 'float16' | 'float32' } {
  return sample.type === 'float16' || sample.type === 'float32'
}

export const VALUE_MUTATORS: readonly Mutator[] = [
  {
    name: 'next-float',
    fault: 'one value off by the last bit of a float32',
    signals: FLOATS32,
    classes: ['VALUE'],
    apply: one(nextFloat32),
  },
  {
    name: 'half-deviation',
    fault: 'one value off by half the compression deviation',
    signals: ['walk', 'sine', 'steps'],
    classes: ['VALUE'],
    apply: one((value) => value + COMPRESSION_DEVIATION / 2),
  },
  {
    name: 'three-deviations',
    fault: 'one value off by three compression deviations',
    signals: NUMBERS,
    classes: ['VALUE'],
    apply: one((value) => value + 3 * COMPRESSION_DEVIATION),
  },
  {
    name: 'plus-and-minus',
    fault: 'one value too large and another too small, so that the sum is right',
    signals: NUMBERS,
    classes: ['VALUE'],
    apply: (samples) => {
      const [a, b] = indexesOf(samples, (sample, i) => isPlain(sample) && i > secondHour(samples))
      return change(samples, [a!, b!], (sample, i) => withNumber(sample, (value) => value + (i === a ? 2 : -2)))
    },
  },
  {
    name: 'swap-values',
    fault: 'two values swapped',
    signals: [...NUMBERS, 'text'],
    classes: ['VALUE'],
    apply: (samples) => swapped(samples, isPlain, (to, from) => ({ ...from, ticks: to.ticks })),
  },
  {
    name: 'swap-states',
    fault: 'two digital states swapped',
    signals: ['digital'],
    classes: ['STATE'],
    apply: (samples) => swapped(samples, isPlain, (to, from) => ({ ...from, ticks: to.ticks })),
  },
  {
    name: 'pair-for-pair',
    fault: 'two equal samples replaced by two other equal ones',
    signals: ['ties'],
    classes: ['VALUE'],
    apply: (samples) => {
      const isTwin = (i: number): boolean =>
        isPlain(samples[i]!) &&
        samples[i + 1]!.ticks === samples[i]!.ticks &&
        samples[i + 1]!.value === samples[i]!.value
      const [first] = indexesOf(samples.slice(0, -1), (_, i) => isTwin(i))
      return change(samples, [first!, first! + 1], (sample) => withNumber(sample, (value) => value + 1))
    },
  },
  {
    name: 'not-a-number',
    fault: 'a value turned into NaN',
    signals: ['walk', 'sine', 'steps'],
    classes: ['VALUE'],
    apply: one(() => NaN),
  },
  {
    name: 'infinity',
    fault: 'a value turned into infinity',
    signals: ['walk', 'sine', 'steps'],
    classes: ['VALUE'],
    apply: one(() => Infinity),
  },
  {
    name: 'coarser-quantum',
    fault: 'Float16 values quantised anew for another span',
    signals: ['ties'],
    classes: ['VALUE'],
    apply: every((sample) => (isPlain(sample) ? withNumber(sample, (value) => float16(value, 150)) : sample)),
  },
  {
    name: 'other-unit',
    fault: 'all values in another unit (°F for °C)',
    signals: ['walk', 'sine'],
    classes: ['VALUE'],
    cause: { log: 'unit-factor', historian: 'unit-factor' },
    apply: every((sample) => withNumber(sample, (value) => value * 1.8 + 32)),
  },
  {
    name: 'thousandfold',
    fault: 'all values times a thousand',
    signals: ['walk', 'sine', 'spikes'],
    classes: ['VALUE'],
    cause: { log: 'unit-factor', historian: 'unit-factor' },
    apply: every((sample) => withNumber(sample, (value) => value * 1_000)),
  },
  {
    name: 'freeze',
    fault: 'a value that repeats while the real one moves',
    signals: ['walk', 'sine', 'spikes'],
    classes: ['VALUE'],
    also: ['STATE', 'QUALITY'],
    cause: { log: 'stale-series', historian: 'stale-series' },
    apply: (samples, random) => {
      const from = anyPlain(samples, random) >> 1
      const frozen = samples.findLast((sample, i) => i <= from && isPlain(sample))!
      return change(samples, run(from + 1, samples.length - from - 1), (sample) => ({ ...frozen, ticks: sample.ticks }))
    },
  },
  {
    name: 'damaged-text',
    fault: 'letters damaged by a wrong encoding',
    signals: ['text'],
    classes: ['VALUE'],
    apply: every((sample) =>
      sample.type === 'string' ? { ...sample, value: Buffer.from(sample.value).toString('latin1') } : sample,
    ),
  },
  {
    name: 'quality',
    fault: 'one status changed',
    signals: [...NUMBERS, 'ties', 'digital', 'text'],
    classes: ['QUALITY'],
    apply: (samples, random) =>
      change(samples, [anyPlain(samples, random)], (sample) => ({ ...sample, status: STATUS.uncertain })),
  },
  {
    name: 'swap-quality',
    fault: 'the status of two samples swapped',
    signals: [...NUMBERS, 'digital', 'text'],
    classes: ['QUALITY'],
    apply: (samples) =>
      swapped(
        samples,
        ({ type, status }) => type !== 'state' && status !== STATUS.good,
        (to, { status, flags }) => ({ ...to, status, flags }),
      ),
  },
  {
    name: 'lose-flags',
    fault: 'annotation flags lost',
    signals: [...NUMBERS, 'digital', 'text'],
    classes: ['QUALITY'],
    apply: every((sample) =>
      sample.flags & FLAG.annotated ? { ...sample, flags: sample.flags & ~FLAG.annotated } : sample,
    ),
  },
  {
    name: 'edit-by-hand',
    fault: 'a value edited by hand',
    signals: NUMBERS,
    classes: ['VALUE'],
    cause: { historian: 'edited-in-historian' },
    apply: (samples, random) =>
      change(samples, [anyPlain(samples, random)], (sample) => ({
        ...withNumber(sample, (value) => value + 4),
        status: STATUS.goodLocalOverride,
        flags: FLAG.substituted,
      })),
  },
  {
    name: 'widen',
    fault: 'float32 values widened to float64',
    signals: FLOATS32,
    classes: ['REPRESENTATION'],
    cause: { log: 'float-widening', historian: 'float-widening' },
    apply: every((sample) => (isNarrow(sample) ? { ...sample, type: 'float64' } : sample)),
  },
  {
    name: 'widen-through-text',
    fault: 'float32 values printed and read again as float64',
    signals: FLOATS32,
    classes: ['REPRESENTATION'],
    cause: { log: 'float-widening', historian: 'float-widening' },
    apply: every((sample) =>
      isNarrow(sample) ? { ...sample, type: 'float64', value: shortest(sample.value) } : sample,
    ),
  },
  {
    name: 'sign-of-zero',
    fault: 'zero turned into minus zero',
    signals: ['steps'],
    classes: ['REPRESENTATION'],
    apply: (samples) =>
      change(samples, indexesOf(samples, ({ value }) => value === 0).slice(0, 1), (sample) =>
        withNumber(sample, () => -0),
      ),
  },
  {
    name: 'integer-as-float',
    fault: 'integers turned into floats',
    signals: ['spikes'],
    classes: ['REPRESENTATION'],
    apply: every((sample) => (sample.type === 'int32' ? { ...sample, type: 'float64' } : sample)),
  },
  {
    name: 'rename-state',
    fault: 'a digital state renamed',
    signals: ['digital'],
    classes: ['STATE'],
    apply: every((sample) => withState(sample, ({ code, name }) => ({ code, name: code === 2 ? 'Opened' : name }))),
  },
  {
    name: 'recode-state',
    fault: 'a digital state with another number',
    signals: ['digital'],
    classes: ['STATE'],
    apply: every((sample) => withState(sample, ({ code, name }) => ({ code: code === 2 ? 7 : code, name }))),
  },
  {
    name: 'other-state-set',
    fault: 'digital states named by the wrong set',
    signals: ['digital'],
    classes: ['STATE'],
    apply: every((sample) => withState(sample, ({ code }) => ({ code, name: ['Off', 'Low', 'High', 'Auto'][code]! }))),
  },
  {
    name: 'state-by-name',
    fault: 'digital states turned into texts',
    signals: ['digital'],
    classes: ['REPRESENTATION'],
    apply: every((sample) =>
      sample.type === 'digital' ? { ...sample, type: 'string', value: VALVE[sample.value.code]! } : sample,
    ),
  },
  {
    name: 'state-as-zero',
    fault: 'system states turned into zeros',
    signals: NUMBERS,
    classes: ['STATE'],
    cause: { log: 'lost-states' },
    apply: every((sample) => (sample.type === 'state' ? { ...sample, type: 'float64', value: 0 } : sample)),
  },
  {
    name: 'other-system-state',
    fault: 'one system state for another',
    signals: NUMBERS,
    classes: ['STATE'],
    apply: (samples) =>
      change(samples, indexesOf(samples, ({ type }) => type === 'state').slice(0, 1), (sample) => ({
        ...sample,
        type: 'state',
        value: { code: 241, name: 'Bad Sensor' },
      })),
  },
]

function withState(
  sample: Sample,
  of: (state: { readonly code: number; readonly name: string }) => { code: number; name: string },
): Sample {
  if (sample.type !== 'digital') return sample
  const value = of(sample.value)
  return value.code === sample.value.code && value.name === sample.value.name ? sample : { ...sample, value }
}
