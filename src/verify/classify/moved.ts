/**
 * Moved: pairs of equal contents at different times, among samples that have no equal at their own time.
 *
 * A cell moved by whole hours is looked for first and by itself: samples on a regular grid then meet others at their
 * new times, and would be taken for changed values. What lies elsewhere is paired content by content, in order, the
 * nearest together.
 */
import type { Sample } from '../../domain/sample.ts'
import { TICKS_PER_SECOND, type Ticks } from '../../domain/ticks.ts'
import { pairNearest } from './nearest.ts'
import { contentKey } from './sample-key.ts'
import { groupBy, type Paired } from './tick-pairs.ts'

export const TICKS_PER_HOUR = 3_600n * TICKS_PER_SECOND
/** UTC offsets reach from -12 to +14 hours. */
const MOST_HOURS = 14
/** Nearest first. */
export const WHOLE_HOURS: readonly bigint[] = Array.from(
  { length: MOST_HOURS },
  (_, i) => BigInt(i + 1) * TICKS_PER_HOUR,
).flatMap((by) => [by, -by])

/** Fewer pairs at one distance are no proof of a move. */
const LEAST_MOVED = 8
/** A flat series on a regular grid looks alike at any distance: so many different samples must have moved. */
const LEAST_DIFFERENT = 3
/** The rest may have changed besides. */
const MOVED_SHARE = 0.9
/** Enough to find the distance; all are asked whether it holds. */
const VOTERS = 256

/** By content and time. */
type Places = ReadonlyMap<string, ReadonlyMap<Ticks, readonly Sample[]>>

/** Pairs at one distance of whole hours, when nearly all samples that can lie so do; otherwise none. Both ascending. */
export function pairHours(historian: readonly Sample[], log: readonly Sample[]): Paired {
  const nothing: Paired = { pairs: [], historian, log }
  if (Math.min(historian.length, log.length) < LEAST_MOVED) return nothing
  const [held, logged] = [placesOf(historian), placesOf(log)]
  const [voters, counterVoters] = [votersOf(historian), votersOf(log)]
  const ballots = WHOLE_HOURS.map((by) => ({
    by,
    votes: voters.filter(isAt(logged, by)).length + counterVoters.filter(isAt(held, -by)).length,
  })).sort((a, b) => b.votes - a.votes)
  const [best, second] = ballots
  // Two distances as good as each other: neither is known.
  if (best === undefined || best.votes === second?.votes) return nothing
  const { by } = best
  const pairs = pairAt(by, historian, logged)
  const couldMove = Math.max(countReaching(historian, log, by), countReaching(log, historian, -by))
  const different = new Set(pairs.map(([one]) => `${(one.ticks % TICKS_PER_HOUR).toString()} ${contentKey(one)}`))
  const isProof = pairs.length >= LEAST_MOVED && different.size >= LEAST_DIFFERENT
  if (!isProof || pairs.length < couldMove * MOVED_SHARE) return nothing
  return { pairs, ...without(new Set(pairs.flat()), historian, log) }
}

function placesOf(samples: readonly Sample[]): Places {
  return new Map([...groupBy(samples, contentKey)].map(([key, group]) => [key, byTicks(group)]))
}

interface Voter {
  readonly at: Ticks
  readonly key: string
}

function votersOf(samples: readonly Sample[]): Voter[] {
  const step = Math.ceil(samples.length / VOTERS)
  return samples.filter((_, i) => i % step === 0).map((sample) => ({ at: sample.ticks, key: contentKey(sample) }))
}

function isAt(places: Places, by: bigint): (voter: Voter) => boolean {
  return ({ at, key }) => samplesAt(places, key, at + by).length > 0
}

function samplesAt(places: Places, key: string, at: bigint): readonly Sample[] {
  return places.get(key)?.get(at as Ticks) ?? []
}

/** Samples that, moved, would lie between the first and the last of the others. */
function countReaching(samples: readonly Sample[], others: readonly Sample[], by: bigint): number {
  const [first, last] = [others[0]?.ticks ?? 0n, others.at(-1)?.ticks ?? 0n]
  return samples.filter(({ ticks }) => ticks + by >= first && ticks + by <= last).length
}

function pairAt(by: bigint, historian: readonly Sample[], logged: Places): [Sample, Sample][] {
  const taken = new Set<Sample>()
  return historian.flatMap((sample): [Sample, Sample][] => {
    const partner = samplesAt(logged, contentKey(sample), sample.ticks + by).find((one) => !taken.has(one))
    if (partner === undefined) return []
    taken.add(partner)
    return [[sample, partner]]
  })
}

export function byTicks(samples: readonly Sample[]): Map<Ticks, Sample[]> {
  const groups = new Map<Ticks, Sample[]>()
  for (const sample of samples) {
    const group = groups.get(sample.ticks)
    if (group === undefined) groups.set(sample.ticks, [sample])
    else group.push(sample)
  }
  return groups
}

/** Pairs of equal contents, in order, the nearest together. Both ascending. */
export function pairMoved(historian: readonly Sample[], log: readonly Sample[]): Paired {
  const groups = groupBy(log, contentKey)
  const origin = historian[0]?.ticks ?? 0n
  const pairs = [...groupBy(historian, contentKey)].flatMap(([key, group]) =>
    pairNearest(group, groups.get(key) ?? [], ({ ticks }) => Number(ticks - origin)),
  )
  return { pairs, ...without(new Set(pairs.flat()), historian, log) }
}

function without(taken: ReadonlySet<Sample>, historian: readonly Sample[], log: readonly Sample[]) {
  const isLeft = (sample: Sample): boolean => !taken.has(sample)
  return { historian: historian.filter(isLeft), log: log.filter(isLeft) }
}
