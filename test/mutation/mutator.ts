/**
 * Mutator: a fault of the catalogue, as a pure change of one side's samples. Planted in the log it changes what the log
 * has; planted in the historian, what the historian holds. Words of the classes are those of a fault in the log.
 */
import type { Sample } from '../../src/domain/sample.ts'
import type { Ticks } from '../../src/domain/ticks.ts'
import type { DifferenceClass } from '../../src/domain/verdict.ts'
import type { CauseName } from '../../src/verify/classify/cause-names.ts'
import type { Random } from '../../src/simulator/random.ts'
import { HOUR, SERIES_FROM, settled, type Signal } from './series.ts'

export const SIDES = ['historian', 'log'] as const
export type Side = (typeof SIDES)[number]

export interface Mutation {
  readonly samples: readonly Sample[]
  /** Times at which a sample appeared, vanished or changed. */
  readonly touched: readonly Ticks[]
}

export interface Mutator {
  readonly name: string
  /** For people who read what a tier can see. */
  readonly fault: string
  readonly signals: readonly Signal[]
  /** Of a fault in the log; each of them occurs. */
  readonly classes: readonly DifferenceClass[]
  /** May occur besides, as times and contents happen to fall. */
  readonly also?: readonly DifferenceClass[]
  /** Named for a fault on that side; a side left out is named nothing. */
  readonly cause?: Readonly<Partial<Record<Side, CauseName>>>
  /** At the historian's present: what is compared ends with the series. */
  readonly isNewest?: true
  readonly apply: (samples: readonly Sample[], random: Random, signal: Signal) => Mutation
}

/** The words for a fault on that side. */
export function classesOn(side: Side, classes: readonly DifferenceClass[]): DifferenceClass[] {
  return side === 'log' ? [...classes] : classes.map((one) => MIRRORED[one] ?? one)
}

const MIRRORED: Readonly<Partial<Record<DifferenceClass, DifferenceClass>>> = {
  MISSING: 'EXTRA',
  EXTRA: 'MISSING',
  DUPLICATE: 'MISSING',
}

/** What comes in the place of a sample: none, one or more. */
type Change = (sample: Sample, index: number) => Sample | readonly Sample[]

/** Changes the samples with these indexes. */
export function change(samples: readonly Sample[], indexes: readonly number[], to: Change): Mutation {
  const chosen = new Set(indexes)
  const touched: Ticks[] = []
  const changed = samples.flatMap((sample, i) => {
    if (!chosen.has(i)) return [sample]
    const result = [to(sample, i)].flat()
    if (result.length !== 1 || result[0] !== sample) touched.push(sample.ticks, ...result.map(({ ticks }) => ticks))
    return result
  })
  return { samples: settled(changed), touched }
}

export function drop(samples: readonly Sample[], indexes: readonly number[]): Mutation {
  return change(samples, indexes, () => [])
}

export function double(samples: readonly Sample[], indexes: readonly number[]): Mutation {
  return change(samples, indexes, (sample) => [sample, sample])
}

/** Indexes of the samples of this kind; whatever they are, there must be some. */
export function indexesOf(samples: readonly Sample[], isMeant: (sample: Sample, index: number) => boolean): number[] {
  const indexes = samples.flatMap((sample, i) => (isMeant(sample, i) ? [i] : []))
  if (indexes.length === 0) throw new Error('the series has no sample for this mutator')
  return indexes
}

export function run(from: number, length: number): number[] {
  return Array.from({ length }, (_, i) => from + i)
}

/** One of the samples with an ordinary value, alone at its time. */
export function anyPlain(samples: readonly Sample[], random: Random): number {
  const indexes = indexesOf(samples, (sample, i) => isPlain(sample) && isAlone(samples, i))
  return indexes[random.below(indexes.length)]!
}

export function isPlain({ type, status, flags }: Sample): boolean {
  return type !== 'state' && status === 0 && flags === 0
}

export function isAlone(samples: readonly Sample[], i: number): boolean {
  const at = samples[i]?.ticks
  return samples[i - 1]?.ticks !== at && samples[i + 1]?.ticks !== at
}

/** Index of the first sample of the second hour: far from the edges of the series. */
export function secondHour(samples: readonly Sample[]): number {
  return samples.findIndex(({ ticks }) => ticks >= SERIES_FROM + HOUR)
}

/** The same sample with another number, rounded to what its type can hold. */
export function withNumber(sample: Sample, of: (value: number) => number): Sample {
  switch (sample.type) {
    case 'float16':
    case 'float32':
      return { ...sample, value: Math.fround(of(sample.value)) }
    case 'float64':
      return { ...sample, value: of(sample.value) }
    case 'int32':
      return { ...sample, value: Math.round(of(sample.value)) }
    default:
      return sample
  }
}

/** The same content with another time. */
export function at(sample: Sample, when: bigint): Sample {
  return { ...sample, ticks: when as Ticks }
}
