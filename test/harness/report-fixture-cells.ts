/** Doubtful cells of report fixtures: an hour of a sine at ten-second steps, and what each cause does to it. */
import type { DifferenceClass, Verdict } from '../../src/domain/verdict.ts'
import type {
  DoubtfulCell,
  ReportedDifference,
  ReportedSample,
  TagParity,
  TrendSeries,
} from '../../src/report/model.ts'
import type { Random } from '../../src/simulator/random.ts'

export interface FixtureCause {
  readonly name: string
  readonly text: string
  readonly class: DifferenceClass
}

export const CAUSES: readonly [FixtureCause, ...FixtureCause[]] = [
  {
    name: 'page-edge',
    text: 'Whole pages are missing: a reader stopped at the edge of a page. Replay the windows.',
    class: 'MISSING',
  },
  {
    name: 'whole-hour-shift',
    text: 'Times differ by whole hours: a time zone or daylight saving was applied twice. Check the zone of the interface.',
    class: 'TIME',
  },
  {
    name: 'unit-factor',
    text: 'Values differ by one factor: the unit of measure was changed. Compare the units of the tag on both sides.',
    class: 'VALUE',
  },
]

const STEP_SECONDS = 10
const STEPS = 360
/** The part of the hour that differs. */
const FIRST_WRONG = 120
const LAST_WRONG = 131
const SHOWN = 10

export function doubtfulCell(
  tag: TagParity,
  verdict: Verdict,
  cause: FixtureCause,
  fromSeconds: number,
  random: Random,
): DoubtfulCell {
  const head = {
    tag: tag.id,
    name: tag.name,
    from: timeText(fromSeconds),
    until: timeText(fromSeconds + 3_600),
    verdict,
  }
  if (verdict === 'inconclusive') {
    return {
      ...head,
      reason: 'unreadable',
      classes: {},
      first: undefined,
      last: undefined,
      maxDeviation: undefined,
      cause: undefined,
      differences: [],
      differencesLeftOut: 0,
      historian: NO_TREND,
      log: NO_TREND,
    }
  }
  const phase = random.next() * 6
  const valueAt = (i: number): number => Math.fround(50 + 8 * Math.sin(i / 40 + phase) + random.next() * 0.4)
  const held = Array.from({ length: STEPS }, (_, i) => ({ at: fromSeconds + i * STEP_SECONDS, value: valueAt(i) }))
  const logged = held.flatMap(({ at, value }, i) => {
    if (i < FIRST_WRONG || i > LAST_WRONG) return [{ at, value }]
    if (cause.class === 'MISSING') return []
    return [cause.class === 'TIME' ? { at: at + 3_600, value } : { at, value: Math.fround(value * 1.8 + 32) }]
  })
  const differences = held.slice(FIRST_WRONG, FIRST_WRONG + SHOWN).map(({ at, value }): ReportedDifference => {
    const historian = sample(at, value)
    if (cause.class === 'MISSING') return { class: 'MISSING', historian, log: undefined }
    if (cause.class === 'TIME') return { class: 'TIME', historian, log: sample(at + 3_600, value) }
    return { class: 'VALUE', historian, log: sample(at, Math.fround(value * 1.8 + 32)) }
  })
  return {
    ...head,
    reason: undefined,
    classes: { [cause.class]: LAST_WRONG - FIRST_WRONG + 1 },
    first: timeText(fromSeconds + FIRST_WRONG * STEP_SECONDS),
    last: timeText(fromSeconds + LAST_WRONG * STEP_SECONDS),
    maxDeviation: cause.class === 'VALUE' ? 78.4 : undefined,
    cause: cause.name,
    differences,
    differencesLeftOut: LAST_WRONG - FIRST_WRONG + 1 - SHOWN,
    historian: trend(held),
    log: trend(logged.sort((a, b) => a.at - b.at)),
  }
}

const NO_TREND: TrendSeries = { at: [], values: [], leftOut: 0 }

function trend(points: readonly { readonly at: number; readonly value: number }[]): TrendSeries {
  return { at: points.map(({ at }) => at), values: points.map(({ value }) => value), leftOut: 0 }
}

function sample(at: number, value: number): ReportedSample {
  return { ts: timeText(at), ord: 0, type: 'float32', value, status: 0, flags: [] }
}

/** Seconds since 1970 as RFC 3339 with seven fraction digits. */
export function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/(\.\d{3})Z$/, '$10000Z')
}
