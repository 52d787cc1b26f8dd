/** The historian's compression, done by the book: keeps a sample only when the next one leaves the corridor behind it. */
import type { Sample } from '../../../src/domain/sample.ts'
import { ticks, TICKS_PER_SECOND } from '../../../src/domain/ticks.ts'
import { Random } from '../../../src/simulator/random.ts'

/** What a historian archives of ascending numbers: the first, the last, and what the corridor does not cover. */
export function compressed(samples: readonly Sample[], compDev: number, compMaxSeconds: number): Sample[] {
  const kept: Sample[] = []
  let [upper, lower] = [Infinity, -Infinity]
  let held: Sample | undefined
  for (const sample of samples) {
    const last = kept.at(-1)
    if (last === undefined || held === undefined) {
      if (last === undefined) kept.push(sample)
      else held = sample
      if (held !== undefined) [upper, lower] = doors(last!, held, compDev)
      continue
    }
    const isDue = sample.ticks - last.ticks > BigInt(compMaxSeconds) * TICKS_PER_SECOND
    const slope = slopeOf(last, sample)
    if (isDue || slope > upper || slope < lower) {
      kept.push(held)
      ;[upper, lower] = doors(held, sample, compDev)
    } else {
      const [above, below] = doors(last, sample, compDev)
      ;[upper, lower] = [Math.min(upper, above), Math.max(lower, below)]
    }
    held = sample
  }
  return held === undefined ? kept : [...kept, held]
}

function numberAt(sample: Sample): number {
  return typeof sample.value === 'number' ? sample.value : NaN
}

function slopeOf(from: Sample, to: Sample, off = 0): number {
  return (numberAt(to) + off - numberAt(from)) / Number(to.ticks - from.ticks)
}

function doors(from: Sample, to: Sample, compDev: number): [number, number] {
  return [slopeOf(from, to, compDev), slopeOf(from, to, -compDev)]
}

export const PLANT_SIGNALS = ['walk', 'sine', 'steps', 'spikes'] as const

/** Numbers of one of the four kinds, every two to eight seconds. */
export function uncompressed(signal: (typeof PLANT_SIGNALS)[number], seed: number, count: number): Sample[] {
  const random = new Random(seed)
  let [at, walk, level] = [0n, 50, 50]
  return Array.from({ length: count }, (_, i): Sample => {
    at += 20_000_000n + BigInt(random.below(60_000_000))
    walk += random.next() - 0.5
    if (random.chance(0.02)) level = random.below(100)
    const value = {
      walk,
      sine: 50 + 30 * Math.sin(i / 60) + random.next() * 0.8,
      steps: level,
      spikes: random.chance(0.01) ? 90 : 20 + random.next() * 0.1,
    }[signal]
    return { type: 'float32', value: Math.fround(value), status: 0, flags: 0, ticks: ticks(at), ord: 0 }
  })
}
