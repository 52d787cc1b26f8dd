/**
 * Clean cells, many and fast: the historian's samples of an hour, and the same samples as a log says them after another
 * way of reading: other objects, ties in another order, other ords. Whoever finds a difference in one is wrong.
 */
import type { Sample, SampleContent } from '../../src/domain/sample.ts'
import { ticks } from '../../src/domain/ticks.ts'
import { Random } from '../../src/simulator/random.ts'
import type { Planted } from './catalogue.ts'
import { HOUR, SERIES_FROM } from './series.ts'

/** The n-th of them starts n hours after the first. */
export function* cleanCells(count: number, seed: number): Generator<Planted> {
  const random = new Random(seed)
  for (let i = 0; i < count; i++) {
    const historian = cleanCell(SERIES_FROM + BigInt(i) * HOUR, random)
    yield { historian, log: retold(historian), touched: [] }
  }
}

const MOST_SAMPLES = 8

function cleanCell(start: bigint, random: Random): Sample[] {
  const samples: Sample[] = []
  let [at, ord] = [0, 0]
  for (let n = random.below(MOST_SAMPLES); n > 0; n--) {
    const further = random.chance(0.25) ? 0 : random.below(4_000_000_000) + 1
    ord = further === 0 && samples.length > 0 ? ord + 1 : 0
    at += further
    samples.push({ ...contentOf(random), ticks: ticks(start + BigInt(at)), ord })
  }
  return samples
}

function contentOf(random: Random): SampleContent {
  const quality = { status: random.chance(0.02) ? 0x40000000 : 0, flags: random.chance(0.02) ? random.below(8) : 0 }
  const value = random.below(1_000)
  switch (random.below(8)) {
    case 0:
      return { type: 'float32', value: Math.fround(random.pick([value / 7, 0, -0, NaN, Infinity])), ...quality }
    case 1:
      return { type: 'float64', value: value / 7, ...quality }
    case 2:
      return { type: 'int64', value: BigInt(value) << 50n, ...quality }
    case 3:
      return { type: 'digital', value: { code: value & 3, name: `S${String(value & 3)}` }, ...quality }
    case 4:
      return { type: 'string', value: `größe ${String(value)}`, ...quality }
    case 5:
      return { type: 'state', value: { code: 248, name: 'No Data' }, status: 0x809b0000, flags: 0 }
    case 6:
      return { type: 'float16', value: Math.fround(value / 32_767), ...quality }
    default:
      return { type: 'int32', value: value - 500, ...quality }
  }
}

/** Ties in reverse. */
function retold(samples: readonly Sample[]): Sample[] {
  const ties = new Map<bigint, Sample[]>()
  for (const sample of samples) ties.set(sample.ticks, [sample, ...(ties.get(sample.ticks) ?? [])])
  return [...ties.values()].flatMap((group) => group.map((sample, ord) => ({ ...sample, ord })))
}
