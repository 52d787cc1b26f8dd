/**
 * The catalogue: every fault a verifier of this product is tried with. Its names are stable; the faults are listed in
 * the report, so each is put in words that need no knowledge of the code.
 */
import type { Sample } from '../../src/domain/sample.ts'
import type { Random } from '../../src/simulator/random.ts'
import { LOSS_MUTATORS } from './loss-mutators.ts'
import { run, change, type Mutation, type Mutator, type Side } from './mutator.ts'
import { cleanSeries, settled, type Signal } from './series.ts'
import { TIME_MUTATORS } from './time-mutators.ts'
import { VALUE_MUTATORS } from './value-mutators.ts'

/** The samples of another tag of the same kind. */
const MIX_UP: Mutator = {
  name: 'other-tag',
  fault: 'the samples of another tag',
  signals: ['walk', 'digital', 'text'],
  classes: [],
  also: ['MISSING', 'EXTRA', 'TIME', 'VALUE', 'STATE', 'QUALITY'],
  apply: (samples, random, signal) => {
    const other = cleanSeries(signal, 1_000 + random.below(1_000))
    return { samples: other, touched: [...samples, ...other].map(({ ticks }) => ticks) }
  },
}

export const CATALOGUE: readonly Mutator[] = [...LOSS_MUTATORS, ...TIME_MUTATORS, ...VALUE_MUTATORS, MIX_UP]

/** Not a fault to this product: order inside a tick means nothing to it. Nothing sees it unless asked. */
export const REORDER: Mutator = {
  name: 'reorder-tick',
  fault: 'another order of samples with one time',
  signals: ['ties'],
  classes: ['ORDER'],
  apply: (samples) => ({ samples: settled(samples.toReversed()), touched: [] }),
}

/** What happens every day and changes nothing. */
export const BENIGN: readonly Pick<Mutator, 'name' | 'signals' | 'apply'>[] = [
  REORDER,
  {
    name: 'edit-and-revert',
    signals: ['walk', 'digital', 'text'],
    apply: (samples) => {
      const there = change(samples, run(0, 1), (sample) => ({ ...sample, flags: sample.flags ^ 4 }))
      return { ...change(there.samples, run(0, 1), (sample) => ({ ...sample, flags: sample.flags ^ 4 })), touched: [] }
    },
  },
  {
    name: 'other-arrival',
    signals: ['walk', 'sine', 'steps', 'spikes', 'ties', 'digital', 'text'],
    apply: (samples, random) => ({ samples: shuffled(samples, random), touched: [] }),
  },
]

function shuffled(samples: readonly Sample[], random: Random): Sample[] {
  return samples
    .map((sample) => ({ sample: { ...sample }, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ sample }) => sample)
}

export interface Planted {
  readonly historian: readonly Sample[]
  readonly log: readonly Sample[]
  readonly touched: Mutation['touched']
}

/** The fault on one side, the clean series on the other. */
export function plant(
  mutator: Pick<Mutator, 'apply'>,
  side: Side,
  clean: readonly Sample[],
  random: Random,
  signal: Signal,
): Planted {
  const { samples, touched } = mutator.apply(clean, random, signal)
  return side === 'log' ? { historian: clean, log: samples, touched } : { historian: samples, log: clean, touched }
}
