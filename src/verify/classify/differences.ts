/**
 * Differences: how the samples of one cell differ between historian and log, sample by sample. Pure; O(n log n).
 *
 * Equal samples cancel as multisets; every sample that is left is in exactly one difference, so none is found exactly
 * when the digests are equal. What is left is told in this order:
 *
 * 1. moved by whole hours, when nearly all of it is: TIME;
 * 2. another sample at the same time: REPRESENTATION, QUALITY, STATE or VALUE;
 * 3. one more copy of a sample both have: DUPLICATE in the log, MISSING in the historian. Before 4, because a copy at
 *    the very time is better explained than a sample that moved there;
 * 4. the same content at another time: TIME;
 * 5. the rest: MISSING and EXTRA.
 *
 * Order inside a tick means nothing to the digest, and the log keeps a late sample behind the others of its tick. So
 * ORDER is a remark about ticks with equal multisets, made only when asked for, and never a reason for a verdict.
 *
 * What arrived in which order decides nothing. With the sides swapped, MISSING trades places with EXTRA and DUPLICATE.
 */
import type { Sample } from '../../domain/sample.ts'
import type { Ticks } from '../../domain/ticks.ts'
import type { ClassCounts, DifferenceClass } from '../../domain/verdict.ts'
import { classOfPair, deviationOf } from './meaning.ts'
import { byTicks, pairHours, pairMoved } from './moved.ts'
import { sampleKey } from './sample-key.ts'
import { pairTick } from './tick-pairs.ts'

export interface Difference {
  readonly class: DifferenceClass
  /** Undefined for EXTRA and DUPLICATE. */
  readonly historian: Sample | undefined
  /** Undefined for MISSING. */
  readonly log: Sample | undefined
  /** Of TIME: the log's time minus the historian's. */
  readonly dtTicks?: bigint
  /** Of VALUE: the log's number minus the historian's, in the tag's units, where both are finite. */
  readonly deviation?: number
}

/** The differences of a cell in few numbers. */
export interface Differences {
  /** The first ones, ascending by time. */
  readonly pairs: readonly Difference[]
  readonly leftOut: number
  /** Exact, whatever is left out. */
  readonly counts: ClassCounts
  /** Time of the first and the last sample that differs; undefined when none does. */
  readonly first: Ticks | undefined
  readonly last: Ticks | undefined
  /** Largest size of a deviation; undefined when no two numbers differ. */
  readonly maxDeviation: number | undefined
}

export interface ClassifyOptions {
  /** True: also remark ORDER. */
  readonly order?: boolean
}

/**
 * All differences, ascending by time. `historian`: what it holds, within a tick in archive order. `log`: its current
 * samples, within a tick by ord; deleted ones left out. Both of one cell, whole.
 */
export function differencesOf(
  historian: readonly Sample[],
  log: readonly Sample[],
  options: ClassifyOptions = {},
): Difference[] {
  const { reordered, shared, ...left } = cancelEquals(byTicks(historian), byTicks(log))
  const hours = pairHours(left.historian, left.log)
  const { found, ...lone } = settleTicks(byTicks(hours.historian), byTicks(hours.log), shared)
  const moved = pairMoved(lone.historian, lone.log)
  return inOrderOfTime([
    ...hours.pairs.map(movedPair),
    ...found,
    ...moved.pairs.map(movedPair),
    ...moved.historian.map(missing),
    ...moved.log.map(extra),
    ...(options.order === true ? reordered : []),
  ])
}

/** `limit`: differences kept, the first ones. */
export function summarise(found: readonly Difference[], limit: number): Differences {
  const counts: Partial<Record<DifferenceClass, number>> = {}
  let [first, last, maxDeviation]: [Ticks | undefined, Ticks | undefined, number | undefined] = [
    undefined,
    undefined,
    undefined,
  ]
  for (const difference of found) {
    counts[difference.class] = (counts[difference.class] ?? 0) + 1
    for (const sample of [difference.historian, difference.log]) {
      if (sample === undefined) continue
      if (first === undefined || sample.ticks < first) first = sample.ticks
      if (last === undefined || sample.ticks > last) last = sample.ticks
    }
    if (difference.deviation !== undefined) maxDeviation = Math.max(maxDeviation ?? 0, Math.abs(difference.deviation))
  }
  const pairs = found.slice(0, limit)
  return { pairs, leftOut: found.length - pairs.length, counts, first, last, maxDeviation }
}

interface Uncancelled {
  /** Ascending. */
  readonly historian: readonly Sample[]
  readonly log: readonly Sample[]
  /** Keys of samples of which both have one, at ticks where something is left. */
  readonly shared: ReadonlySet<string>
  /** ORDER, tick by tick. */
  readonly reordered: readonly Difference[]
}

type ByTicks = ReadonlyMap<Ticks, readonly Sample[]>

function cancelEquals(ofHistorian: ByTicks, ofLog: ByTicks): Uncancelled {
  const shared = new Set<string>()
  const ticks = ascending(ofHistorian, ofLog).map((at) => {
    const [held, logged] = [ofHistorian.get(at) ?? [], ofLog.get(at) ?? []]
    const [keysHeld, keysLogged] = [held.map(sampleKey), logged.map(sampleKey)]
    const historian = without(held, keysHeld, keysLogged)
    const log = without(logged, keysLogged, keysHeld)
    const isEqual = historian.length === 0 && log.length === 0
    const known = new Set(keysLogged)
    if (!isEqual) for (const key of keysHeld) if (known.has(key)) shared.add(key)
    const isMisplaced = (_: Sample, i: number): boolean => isEqual && keysHeld[i] !== keysLogged[i]
    const reordered = held.flatMap((was, i) => (isMisplaced(was, i) ? [reorderedPair(was, logged[i])] : []))
    return { historian, log, reordered }
  })
  return {
    historian: ticks.flatMap(({ historian }) => historian),
    log: ticks.flatMap(({ log }) => log),
    shared,
    reordered: ticks.flatMap(({ reordered }) => reordered),
  }
}

interface Settled {
  readonly found: readonly Difference[]
  /** What met nothing at its own time; ascending. */
  readonly historian: readonly Sample[]
  readonly log: readonly Sample[]
}

/** Steps 2 and 3. */
function settleTicks(ofHistorian: ByTicks, ofLog: ByTicks, shared: ReadonlySet<string>): Settled {
  const isCopy = (sample: Sample): boolean => shared.has(sampleKey(sample))
  const ticks = ascending(ofHistorian, ofLog).map((at) => pairTick(ofHistorian.get(at) ?? [], ofLog.get(at) ?? []))
  return {
    found: ticks.flatMap(({ pairs, historian, log }) => [
      ...pairs.map(changedPair),
      ...historian.filter(isCopy).map(missing),
      ...log.filter(isCopy).map(duplicate),
    ]),
    historian: ticks.flatMap(({ historian }) => historian.filter((sample) => !isCopy(sample))),
    log: ticks.flatMap(({ log }) => log.filter((sample) => !isCopy(sample))),
  }
}

/** Of the samples, those that are left when each of `others` has cancelled the first one with its key. */
function without(samples: readonly Sample[], keys: readonly string[], others: readonly string[]): Sample[] {
  const open = new Map<string, number>()
  for (const key of others) open.set(key, (open.get(key) ?? 0) + 1)
  return samples.filter((_, i) => {
    const key = keys[i] ?? ''
    const count = open.get(key) ?? 0
    open.set(key, count - 1)
    return count <= 0
  })
}

function ascending(a: ByTicks, b: ByTicks): Ticks[] {
  return [...new Set([...a.keys(), ...b.keys()])].sort((x, y) => (x < y ? -1 : 1))
}

function changedPair([historian, log]: readonly [Sample, Sample]): Difference {
  const kind = classOfPair(historian, log)
  const deviation = kind === 'VALUE' ? deviationOf(historian, log) : undefined
  return { class: kind, historian, log, ...(deviation === undefined ? {} : { deviation }) }
}

function movedPair([historian, log]: readonly [Sample, Sample]): Difference {
  return { class: 'TIME', historian, log, dtTicks: log.ticks - historian.ticks }
}

function reorderedPair(historian: Sample, log: Sample | undefined): Difference {
  return { class: 'ORDER', historian, log }
}

function missing(historian: Sample): Difference {
  return { class: 'MISSING', historian, log: undefined }
}

function duplicate(log: Sample): Difference {
  return { class: 'DUPLICATE', historian: undefined, log }
}

function extra(log: Sample): Difference {
  return { class: 'EXTRA', historian: undefined, log }
}

/** By the earlier of the two times. */
function inOrderOfTime(found: readonly Difference[]): Difference[] {
  return found
    .map((difference) => ({ difference, at: earlier(difference) }))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .map(({ difference }) => difference)
}

function earlier({ historian, log }: Difference): bigint {
  if (historian === undefined || log === undefined) return historian?.ticks ?? log?.ticks ?? 0n
  return historian.ticks < log.ticks ? historian.ticks : log.ticks
}
