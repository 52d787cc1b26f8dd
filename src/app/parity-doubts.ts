/**
 * Parity doubts: the cells a report shows with samples of both sides. Those that differ before those that could not be
 * compared; of each tag the first ones before the second ones of any, so that one bad tag does not hide the others.
 */
import type { TagId } from '../domain/tag-id.ts'
import { formatTicks, type Ticks } from '../domain/ticks.ts'
import type { VerdictCounts } from '../domain/verdict.ts'
import type { DoubtfulCell, ReportedDifference, TrendSeries } from '../report/model.ts'
import type { KeptCell } from '../store/kept-cell.ts'
import type { DoubtfulState, TagState } from '../store/parity.ts'
import type { VerdictTable } from '../store/verdicts.ts'
import type { SelectedTag } from './selection.ts'

/** More than anybody looks at; some kilobytes each. */
const SHOWN_MAX = 150
/** Candidates in memory before the worst are picked. */
const KEPT_MAX = 20 * SHOWN_MAX

interface Candidate {
  readonly tag: TagId
  readonly state: DoubtfulState
  /** Place among the tag's cells of the same verdict. */
  readonly place: number
}

const NOTHING: TrendSeries = { at: [], values: [], leftOut: 0 }

export class ParityDoubts {
  readonly #verdicts: Pick<VerdictTable, 'kept'>
  readonly #width: bigint
  #candidates: Candidate[] = []

  /** `width` of a cell, in ticks. */
  constructor(verdicts: Pick<VerdictTable, 'kept'>, width: bigint) {
    this.#verdicts = verdicts
    this.#width = width
  }

  add({ tag, doubtful }: Pick<TagState, 'tag' | 'doubtful'>): void {
    for (const verdict of ['mismatch', 'inconclusive'] as const) {
      const states = doubtful.filter((state) => state.verdict === verdict).slice(0, SHOWN_MAX)
      this.#candidates.push(...states.map((state, place) => ({ tag, state, place })))
    }
    if (this.#candidates.length > KEPT_MAX) this.#pick()
  }

  /** The worst, and how many of all there are they leave out. */
  take(
    { mismatch, inconclusive }: VerdictCounts,
    named: ReadonlyMap<TagId, SelectedTag>,
  ): { readonly doubtful: DoubtfulCell[]; readonly leftOut: number } {
    this.#pick()
    const doubtful = this.#candidates.map(({ tag, state }) => {
      const kept = this.#verdicts.kept(tag, state.start)
      return reported(tag, named.get(tag)?.tag.name ?? tag, state, kept, this.#width)
    })
    return { doubtful, leftOut: mismatch + inconclusive - doubtful.length }
  }

  #pick(): void {
    this.#candidates = this.#candidates.sort(byNeed).slice(0, SHOWN_MAX)
  }
}

function byNeed(a: Candidate, b: Candidate): number {
  if (a.state.verdict !== b.state.verdict) return a.state.verdict === 'mismatch' ? -1 : 1
  if (a.place !== b.place) return a.place - b.place
  return a.tag < b.tag ? -1 : 1
}

/** `kept`: undefined where enough was kept of the tag; the counts are told all the same. */
function reported(
  tag: TagId,
  name: string,
  { start, verdict, reason, classes, cause }: DoubtfulState,
  kept: KeptCell | undefined,
  width: bigint,
): DoubtfulCell {
  const samples = Object.values(classes).reduce((sum, count) => sum + count, 0)
  return {
    tag,
    name,
    from: formatTicks(start),
    until: formatTicks((start + width) as Ticks),
    verdict,
    reason,
    classes,
    first: kept?.first,
    last: kept?.last,
    maxDeviation: kept?.maxDeviation,
    cause,
    differences: (kept?.differences ?? []).map((one): ReportedDifference => {
      return { class: one.class, historian: one.historian, log: one.log }
    }),
    differencesLeftOut: kept?.differencesLeftOut ?? samples,
    historian: kept?.historian ?? NOTHING,
    log: kept?.log ?? NOTHING,
  }
}
