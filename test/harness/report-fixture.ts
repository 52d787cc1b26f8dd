/**
 * Parity reports of any size from a seed, without a bridge: sound by construction (all sums are taken from the tags),
 * with the patterns real trouble makes: an outage is a stripe down, a wrong mapping a stripe across, the newest
 * columns are not compared yet.
 */
import {
  addVerdicts,
  NO_VERDICTS,
  VERDICTS,
  worstOf,
  type ClassCounts,
  type Verdict,
  type VerdictCounts,
} from '../../src/domain/verdict.ts'
import { encodeHeat, rankOf } from '../../src/report/heat-text.ts'
import type { CauseSummary, ParityReport, TagParity } from '../../src/report/model.ts'
import { Random } from '../../src/simulator/random.ts'
import { CAUSES, doubtfulCell, timeText, type FixtureCause } from './report-fixture-cells.ts'

/** What the report comes down to. */
export type FixtureMood = 'equal' | 'explained' | 'waived' | 'unknown' | 'different'

export interface FixtureOptions {
  readonly seed?: number
  readonly tags?: number
  readonly columns?: number
  readonly mood?: FixtureMood
  /** Cells with rows, at most. */
  readonly doubtful?: number
  readonly nameOf?: (index: number) => string
}

const FROM_SECONDS = Date.UTC(2026, 0, 1) / 1000
const COLUMN_SECONDS = 86_400
const CELLS_PER_COLUMN = 24
const SAMPLES_PER_CELL = 360
/** Columns at the newest end that nobody has compared yet. */
const NEW_COLUMNS = 3
const LETTERS = ['FIC', 'TIC', 'PIC', 'LIC', 'QI'] as const

interface FixtureTag {
  readonly tag: TagParity
  readonly columns: readonly Verdict[]
  readonly cause: FixtureCause
}

export function reportFixture(options: FixtureOptions = {}): ParityReport {
  const { seed = 1, tags: tagCount = 40, columns = 60, mood = 'different', doubtful: doubtfulMax = 12 } = options
  const random = new Random(seed)
  const outage = random.below(Math.max(1, columns - NEW_COLUMNS))
  const made = Array.from({ length: tagCount }, (_, i) => fixtureTag(i, columns, outage, mood, random, options.nameOf))
  const tags = made.map(({ tag }) => tag).sort((a, b) => (a.id < b.id ? -1 : 1))
  const verdicts = tags.reduce((sum, tag) => addVerdicts(sum, tag.verdicts), NO_VERDICTS)
  const cells = tagCount * columns * CELLS_PER_COLUMN
  const green = verdicts.match + verdicts.explained
  const reds = made.flatMap(({ tag, columns: row, cause }) =>
    row.flatMap((verdict, column) =>
      verdict === 'mismatch' || verdict === 'inconclusive' ? [{ tag, verdict, cause, column }] : [],
    ),
  )
  const shown = reds.sort((a, b) => rankOf(b.verdict) - rankOf(a.verdict)).slice(0, doubtfulMax)
  return {
    schemaVersion: 1,
    kind: 'parity',
    bridge: 'north-site',
    version: '0.1.0',
    generatedAt: '2026-03-02T06:05:00.0000000Z',
    compared:
      green === 0 ? undefined : { earliest: '2026-02-28T22:00:00.0000000Z', latest: '2026-03-02T06:00:00.0000000Z' },
    scope: {
      workload: 'boiler-dashboard',
      tags: [],
      from: timeText(FROM_SECONDS),
      until: timeText(FROM_SECONDS + columns * COLUMN_SECONDS),
      cellSeconds: COLUMN_SECONDS / CELLS_PER_COLUMN,
      policy: 'census',
      rules: 'rules-1:compression',
    },
    sample: undefined,
    totals: {
      tags: tagCount,
      cells,
      verdicts,
      tagsByWorst: countWorst(tags),
      samplesProven: green * SAMPLES_PER_CELL,
      samplesInLog: cells * SAMPLES_PER_CELL,
    },
    classes: sumClasses(tags),
    causes: causesOf(tags),
    explained:
      verdicts.explained === 0
        ? []
        : [
            {
              rule: 'compression',
              text: 'The log has more samples than the archive, and all of them lie within the compression deviation of the line the archive draws.',
              cells: verdicts.explained,
              samples: verdicts.explained * 41,
            },
          ],
    inconclusive: verdicts.inconclusive === 0 ? {} : { unreadable: verdicts.inconclusive },
    pending: verdicts.pending === 0 ? {} : { 'not-settled': verdicts.pending },
    waterfall: [
      { step: 'expected', cells },
      { step: 'copied', cells },
      { step: 'settled', cells: cells - verdicts.pending },
      { step: 'compared', cells: cells - verdicts.pending - verdicts.inconclusive },
      { step: 'proven', cells: green },
    ],
    spend: { requests: 12_345, rows: cells * SAMPLES_PER_CELL, seconds: 4_321, requestsPerSecondCap: 50 },
    tiers: [
      {
        tier: 'count',
        text: 'Numbers of samples per window.',
        sees: ['drop one sample', 'duplicate one sample'],
        cannotSee: ['shift one sample by 100 ns', 'change one value', 'swap two values'],
      },
      {
        tier: 'digest',
        text: 'Sum of the hashes of all samples of a window.',
        sees: [
          'drop one sample',
          'duplicate one sample',
          'shift one sample by 100 ns',
          'change one value',
          'swap two values',
        ],
        cannotSee: ['order of samples at one time'],
      },
    ],
    heat: { from: timeText(FROM_SECONDS), columnSeconds: COLUMN_SECONDS, columns },
    tags,
    doubtful: shown.map(({ tag, verdict, cause, column }) =>
      doubtfulCell(tag, verdict, cause, FROM_SECONDS + column * COLUMN_SECONDS, random),
    ),
    doubtfulLeftOut: verdicts.mismatch + verdicts.inconclusive - shown.length,
    repairPlan: {
      schemaVersion: 1,
      bridge: 'north-site',
      windows: reds
        .filter(({ verdict }) => verdict === 'mismatch')
        .map(({ tag, column }) => ({
          tag: tag.id,
          from: timeText(FROM_SECONDS + column * COLUMN_SECONDS),
          until: timeText(FROM_SECONDS + column * COLUMN_SECONDS + 3_600),
        })),
    },
    limits: [
      'What the historian lost before it was copied cannot be seen by comparing.',
      'A sample that arrives later than 30 days after its time is found by the monthly comparison only.',
    ],
  }
}

/** One cell of each column carries the verdict, the others are identical. */
function fixtureTag(
  index: number,
  columns: number,
  outage: number,
  mood: FixtureMood,
  random: Random,
  nameOf = (i: number) => `${random.pick(LETTERS)}${String(100 + i)}.PV`,
): FixtureTag {
  const cause = random.pick(CAUSES)
  const isMisread = mood === 'different' && index % 37 === 11
  const row = Array.from({ length: columns }, (_, column): Verdict => {
    const dice = random.next()
    if (mood === 'equal') return 'match'
    if (mood === 'explained') return dice < 0.1 ? 'explained' : 'match'
    if (mood === 'waived') return dice < 0.02 ? 'waived' : dice < 0.1 ? 'explained' : 'match'
    if (column >= columns - NEW_COLUMNS) return 'pending'
    if (index % 53 === 17) return 'inconclusive'
    if (mood === 'unknown') return dice < 0.05 ? 'explained' : 'match'
    if (isMisread || (column === outage && dice < 0.7) || dice < 0.001) return 'mismatch'
    return dice < 0.004 ? 'waived' : dice < 0.06 ? 'explained' : 'match'
  })
  const verdicts = row.reduce<VerdictCounts>((sum, verdict) => ({ ...sum, [verdict]: sum[verdict] + 1 }), {
    ...NO_VERDICTS,
    match: columns * (CELLS_PER_COLUMN - 1),
  })
  const reds = verdicts.mismatch
  const tag: TagParity = {
    id: `pi-north/${String(10_000 + index)}`,
    name: nameOf(index),
    units: 't/h',
    type: 'float32',
    verdicts,
    worst: worstOf(verdicts),
    classes: reds === 0 ? {} : { [cause.class]: reds * 3 },
    cause: reds === 0 ? undefined : cause.name,
    heat: encodeHeat(row),
  }
  return { tag, columns: row, cause }
}

function countWorst(tags: readonly TagParity[]): VerdictCounts {
  return Object.fromEntries(
    VERDICTS.map((verdict) => [verdict, tags.filter(({ worst }) => worst === verdict).length]),
  ) as Record<Verdict, number>
}

function sumClasses(tags: readonly TagParity[]): ClassCounts {
  const sums: Partial<Record<keyof ClassCounts, number>> = {}
  for (const { classes } of tags) {
    for (const [name, count] of Object.entries(classes) as [keyof ClassCounts, number][]) {
      sums[name] = (sums[name] ?? 0) + count
    }
  }
  return sums
}

function causesOf(tags: readonly TagParity[]): CauseSummary[] {
  return CAUSES.flatMap(({ name, text }) => {
    const of = tags.filter(({ cause }) => cause === name)
    const cells = of.reduce((sum, { verdicts }) => sum + verdicts.mismatch, 0)
    return cells === 0 ? [] : [{ cause: name, text, cells, tags: of.length }]
  }).sort((a, b) => b.cells - a.cells)
}
