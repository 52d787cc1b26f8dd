/**
 * Compression: proves that samples only the log has were dropped by the historian's swinging-door compression.
 *
 * Two archived samples in a row, both in the log exactly, enclose the samples the historian once had and dropped. It
 * drops a sample only while every one since the last archived lies within the compression deviation of the line to the
 * next archived. The greatest distance between a line and points lies at a point, so the test is exact.
 *
 * A rule explains and never detects: it is asked about cells whose digests differ. It answers nothing (the difference
 * stays unexplained) unless every condition is known to hold. Void for good: a minimum time between archived samples,
 * which drops samples outside the deviation; settings younger than the samples; bad or edited samples; samples that
 * arrived out of order, which historians archive uncompressed; two samples at one time, of which none is known to be
 * the one the line begins at.
 */
import { FLAG, type Sample } from '../../domain/sample.ts'
import type { Tag, TagCompression } from '../../domain/tag.ts'
import { TICKS_PER_SECOND, type Ticks } from '../../domain/ticks.ts'
import type { Difference } from '../classify/differences.ts'
import { isFloat, meaningKey, numberOf } from '../classify/meaning.ts'
import { byTicks } from '../classify/moved.ts'
import { sampleKey } from '../classify/sample-key.ts'

export interface CompressionFacts {
  readonly tag: Pick<Tag, 'step' | 'compression'>
  /** Since when the tag is known to have had these settings without a change. */
  readonly settingsSince: Ticks
  /** All differences of the cell. */
  readonly found: readonly Difference[]
  /**
   * Samples of the cell and, when the differences reach its edges, of the archived sample before and behind it: the
   * cell's own first or last sample has no neighbour otherwise, and nothing beyond it is explained. Ascending.
   */
  readonly historian: readonly Sample[]
  readonly log: readonly Sample[]
  /** True only for samples known to have reached the historian in the order of their times. */
  readonly isInOrder: (sample: Sample) => boolean
}

export interface ExplainedByCompression {
  readonly rule: 'compression'
  /** Samples explained. */
  readonly samples: number
  /** Of the tag's settings, in its units. */
  readonly compDev: number
  /** Largest distance of an explained number from its line, in the tag's units. */
  readonly maxDeviation: number
  /** The same as a share of `compDev`; 0 when that is 0. */
  readonly maxShareOfDeviation: number
  /** Longest time between the archived samples around an explained one. */
  readonly longestGapSeconds: number
}

/** The reference computes with the deviation itself; so much is lost when a setting goes through a decimal text. */
const DEVIATION_SLACK = 1e-9
/** Roundings between a value, its line and their difference, in units of the last place of the largest number. */
const ROUNDINGS = 2
const FLOAT32_EPSILON = 2 ** -23
/** Archived times are rounded to the 1/65536 s grid: two of them may be further apart by one step. */
const GAP_SLACK = TICKS_PER_SECOND / 65_536n + 1n

export function explainByCompression(facts: CompressionFacts): ExplainedByCompression | undefined {
  const { tag, found, historian, log } = facts
  const settings = usable(tag.compression)
  if (settings === undefined || found.length === 0) return undefined
  const archive = new Archive(historian, log)
  const seen = new Set<Ticks>()
  let [maxDeviation, longestGap] = [0, 0n]
  for (const difference of found) {
    const { log: extra } = difference
    if (difference.class !== 'EXTRA' || extra === undefined || seen.has(extra.ticks)) return undefined
    seen.add(extra.ticks)
    const [before, after] = archive.around(extra.ticks)
    if (before === undefined || after === undefined || before.ticks < facts.settingsSince) return undefined
    if (![before, extra, after].every(isGood) || !facts.isInOrder(extra)) return undefined
    const gap = after.ticks - before.ticks
    if (gap > settings.longestGap) return undefined
    const distance = distanceFromLine(extra, before, after, tag.step, settings.compDev)
    if (distance === undefined) return undefined
    maxDeviation = Math.max(maxDeviation, distance)
    if (gap > longestGap) longestGap = gap
  }
  const { compDev } = settings
  return {
    rule: 'compression',
    samples: found.length,
    compDev,
    maxDeviation,
    maxShareOfDeviation: compDev === 0 ? 0 : maxDeviation / compDev,
    longestGapSeconds: Number(longestGap) / Number(TICKS_PER_SECOND),
  }
}

/** Undefined unless compression is on, without a minimum time, and its numbers are what they should be. */
function usable(compression: TagCompression | undefined): { compDev: number; longestGap: bigint } | undefined {
  if (compression === undefined || !compression.compressing || compression.compMinSeconds !== 0) return undefined
  const { compDev, compMaxSeconds } = compression
  const areSound = Number.isFinite(compDev) && compDev >= 0 && Number.isFinite(compMaxSeconds) && compMaxSeconds >= 0
  if (!areSound) return undefined
  return { compDev, longestGap: BigInt(Math.floor(compMaxSeconds * Number(TICKS_PER_SECOND))) + GAP_SLACK }
}

/** Good status; neither questionable, nor edited, which puts a sample into the archive uncompressed. */
function isGood({ status, flags }: Sample): boolean {
  return status >>> 30 === 0 && (flags & (FLAG.questionable | FLAG.substituted)) === 0
}

/** Archived samples that the log has exactly, to be asked for the two around a time. */
class Archive {
  readonly #times: readonly Ticks[]
  /** The one sample at each time; undefined: several, or the log has not got exactly it. */
  readonly #common: readonly (Sample | undefined)[]

  constructor(historian: readonly Sample[], log: readonly Sample[]) {
    const logged = byTicks(log)
    const groups = [...byTicks(historian)]
    this.#times = groups.map(([at]) => at)
    this.#common = groups.map(([at, [held, ...others]]) => {
      const [one, ...more] = logged.get(at) ?? []
      const isAlone = held !== undefined && one !== undefined && others.length === 0 && more.length === 0
      return isAlone && sampleKey(held) === sampleKey(one) ? held : undefined
    })
  }

  /** The archived samples before and behind; both undefined when one is archived at that very time. */
  around(at: Ticks): [Sample | undefined, Sample | undefined] {
    let [low, high] = [0, this.#times.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#times[middle] ?? at) < at) low = middle + 1
      else high = middle
    }
    return this.#times[low] === at ? [undefined, undefined] : [this.#common[low - 1], this.#common[low]]
  }
}

/** In the tag's units; 0 for what repeats the archived state before it. Undefined when it is too far from the line. */
function distanceFromLine(
  extra: Sample,
  before: Sample,
  after: Sample,
  isStep: boolean,
  compDev: number,
): number | undefined {
  const [value, from, to] = [extra, before, after].map((sample) => Number(numberOf(sample) ?? NaN))
  if (extra.type === 'digital' || extra.type === 'string') return repeats(extra, before) ? 0 : undefined
  if (value === undefined || from === undefined || to === undefined || extra.type !== before.type) return undefined
  // A step holds its value until the next; what the next is does not matter.
  const share = isStep ? 0 : Number(extra.ticks - before.ticks) / Number(after.ticks - before.ticks)
  const distance = Math.abs(value - (share === 0 ? from : from + (to - from) * share))
  const largest = Math.max(Math.abs(value), Math.abs(from), share === 0 ? 0 : Math.abs(to))
  const epsilon = isFloat(extra) && extra.type !== 'float64' ? FLOAT32_EPSILON : Number.EPSILON
  const most = compDev * (1 + DEVIATION_SLACK) + ROUNDINGS * epsilon * largest
  // NaN, from a number that is none, is within nothing.
  return distance <= most ? distance : undefined
}

function repeats(extra: Sample, before: Sample): boolean {
  return meaningKey(extra) === meaningKey(before)
}
