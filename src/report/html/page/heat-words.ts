/** What a cell of the heat map says in words: tag, time, the worst verdict and how much of the cell has it. Pure. */
import { formatCount } from '../../../util/format.ts'
import { printable } from '../../../util/printable.ts'
import { verdictOfRank } from '../../heat-text.ts'
import type { HeatScale } from '../../model.ts'
import { formatTime } from '../../phrases.ts'
import { VERDICT_WORDS } from '../../words.ts'
import { columnStartMs } from './heat-scale.ts'
import { worstIn, type TagRow } from './tag-view.ts'

/** The columns `[from, until)` of one tag. */
export interface HeatPlace {
  readonly row: TagRow
  readonly from: number
  readonly until: number
}

export function describePlace({ row: { tag, ranks }, from, until }: HeatPlace, scale: HeatScale): string {
  const { rank, share } = worstIn(ranks, from, until)
  const verdict = verdictOfRank(rank)
  const label = verdict === undefined ? 'no window' : VERDICT_WORDS[verdict].label
  const part = until - from === 1 ? '' : `, in ${formatCount(share)} of ${formatCount(until - from)} columns`
  const cause = verdict === 'mismatch' && tag.cause !== undefined ? ` Probable cause: ${tag.cause}.` : ''
  return `${printable(tag.name)}, ${columnTime(scale, from)} to ${columnTime(scale, until)}: ${label}${part}.${cause}`
}

/** When a column begins. */
export function columnTime(scale: HeatScale, column: number): string {
  return formatTime(new Date(columnStartMs(scale, column)).toISOString())
}
