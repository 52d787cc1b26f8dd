/**
 * Summary notices: asks the historian for its own summary of cells, and holds each against what it answered before, bit
 * for bit. Another answer is a notice of change: the cell is marked as doubtful, and whoever compares it next reads it
 * again. The same answer proves nothing, and makes no verdict newer. So edits of history that no hint told of are noticed
 * at a thousandth of the rows that reading everything again takes; what keeps all of the numbers goes unnoticed.
 *
 * A mark and the answer that led to it are written in one transaction: what was noticed is never forgotten, nor noticed
 * twice. Because the mark comes after the answer, the cell is next proven by a read that begins after it too, and
 * whatever changes in between makes the next answer another one again. For the same reason cells are asked about before
 * they are read to be compared.
 *
 * A historian whose answers differ although nothing changes costs every cell two readings: a second notice without a
 * new record in the cell says that its summary is worth nothing, until the cell has changed.
 */
import { wholeCells } from '../domain/cell.ts'
import type { Coverage } from '../domain/coverage.ts'
import type { TagId } from '../domain/tag-id.ts'
import type { Tag } from '../domain/tag.ts'
import type { Ticks } from '../domain/ticks.ts'
import type { Window } from '../domain/window.ts'
import type { HistorianSource } from '../source/source.ts'
import type { Store } from '../store/store.ts'
import type { Remembered, RememberedCell } from '../store/summaries.ts'

/** Of one call and one transaction: what an adapter asks for at once. */
export const ASKED_CELLS = 500

export interface NoticeParts {
  readonly source: Pick<HistorianSource, 'summarise'>
  readonly store: Pick<Store, 'cells' | 'dirty' | 'summaries' | 'write'>
  /** In ticks. */
  readonly cellWidth: bigint
}

export interface Notices {
  /** Cells the historian gave a summary of. */
  readonly cells: number
  /** Of them, those with another one than before, which are doubtful now. */
  readonly changed: number
}

/**
 * Asks about the whole cells in the windows. Rejects when the historian does not answer or the store fails: then nothing
 * is known or doubted of what was not yet asked about.
 */
export async function noticeChanges(
  tag: Tag,
  windows: Coverage,
  parts: NoticeParts,
  signal: AbortSignal,
): Promise<Notices> {
  const cells = wholeCells(windows, parts.cellWidth)
  const notices = { cells: 0, changed: 0 }
  for (let at = 0; at < cells.length; at += ASKED_CELLS) {
    const asked = cells.slice(at, at + ASKED_CELLS)
    const answers = await parts.source.summarise(tag, asked, signal)
    const answered = asked.flatMap(({ from }, i) => {
      const summary = answers[i]
      return summary === undefined ? [] : { start: from, summary }
    })
    notices.cells += answered.length
    notices.changed += parts.store.write(() => take(tag.id, answered, parts))
  }
  return notices
}

interface Answered {
  readonly start: Ticks
  readonly summary: string
}

/** Answers how many cells are doubtful for it; `answered` ascending. */
function take(tag: TagId, answered: readonly Answered[], { store, cellWidth }: NoticeParts): number {
  const [first] = answered
  const last = answered.at(-1)
  if (first === undefined || last === undefined) return 0
  const known = store.summaries.read(tag, { from: first.start, until: endOf(last, cellWidth) }, cellWidth)
  const news: RememberedCell[] = []
  const doubtful: Window[] = []
  for (const one of answered) {
    const before = known.get(one.start)
    if (before?.summary === one.summary) continue
    const window = { from: one.start, until: endOf(one, cellWidth) }
    const epoch = before === undefined ? 0 : (store.cells.read(tag, window)[0]?.epoch ?? 0)
    const { now, isNotice } = afterAnswer(before, one.summary, epoch)
    if (isNotice) doubtful.push(window)
    if (now !== before) news.push({ start: one.start, ...now })
  }
  store.summaries.save(tag, news, cellWidth)
  store.dirty.markAll(
    doubtful.map((window) => ({ tag, window })),
    'summary',
  )
  return doubtful.length
}

/** What to remember after an answer that is not the one before, of a cell whose epoch is `epoch`. */
function afterAnswer(
  before: Remembered | undefined,
  summary: string,
  epoch: number,
): { readonly now: Remembered; readonly isNotice: boolean } {
  if (before === undefined) return { now: { summary, noticedEpoch: undefined }, isNotice: false }
  const isChanged = epoch !== before.noticedEpoch
  if (before.summary === undefined) {
    return { now: isChanged ? { summary, noticedEpoch: undefined } : before, isNotice: false }
  }
  return { now: { summary: isChanged ? summary : undefined, noticedEpoch: epoch }, isNotice: true }
}

function endOf({ start }: Answered, width: bigint): Ticks {
  return (start + width) as Ticks
}
