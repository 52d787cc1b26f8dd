/**
 * Seam: a window that the fallback served, read again from both sources and reconciled. Neither is believed beyond what it
 * says: a read that fails rejects, and nothing is concluded.
 */
import { BanyanError } from '../domain/errors.ts'
import type { Tag } from '../domain/tag.ts'
import { formatWindow, type Window } from '../domain/window.ts'
import type { HistorianSource, SamplePage } from '../source/source.ts'
import { Reconciliation, type ReconcileCounts, type Side } from './reconcile.ts'

export interface SeamSources {
  readonly primary: HistorianSource
  readonly fallback: HistorianSource
  /** Values per call, of each. */
  readonly pageSize: Readonly<Record<Side, number>>
}

/** A failure of one of the two; `cause` says which. */
export class SideFailed extends Error {
  override readonly name = 'SideFailed'
  readonly side: Side

  constructor(side: Side, cause: unknown) {
    super(`the ${side} could not be read`, { cause })
    this.side = side
  }
}

/** Rejects with SideFailed, or with the signal's reason. */
export async function compareSides(
  tag: Tag,
  window: Window,
  { primary, fallback, pageSize }: SeamSources,
  signal: AbortSignal,
): Promise<ReconcileCounts> {
  const reconciliation = new Reconciliation(window)
  const pages = {
    primary: primary.read(tag, window, { pageSize: pageSize.primary }, signal)[Symbol.asyncIterator](),
    fallback: fallback.read(tag, window, { pageSize: pageSize.fallback }, signal)[Symbol.asyncIterator](),
  }
  const known = { primary: window.from, fallback: window.from }
  try {
    for (let side = reconciliation.behind; side !== undefined; side = reconciliation.behind) {
      const page = await nextPage(side, pages[side], signal)
      if (page?.covers.from !== known[side] || page.covers.until > window.until) throw brokenTiling(tag, window)
      known[side] = page.covers.until
      reconciliation.add(side, page.samples, page.covers.until)
    }
    return reconciliation.counts()
  } finally {
    await Promise.allSettled([pages.primary.return?.(), pages.fallback.return?.()])
  }
}

async function nextPage(
  side: Side,
  pages: AsyncIterator<SamplePage>,
  signal: AbortSignal,
): Promise<SamplePage | undefined> {
  try {
    const result = await pages.next()
    return result.done === true ? undefined : result.value
  } catch (error) {
    signal.throwIfAborted()
    throw new SideFailed(side, error)
  }
}

function brokenTiling({ id, name }: Tag, window: Window): BanyanError {
  return new BanyanError('BANYAN_INTERNAL', `the pages read for ${name} do not tile ${formatWindow(window)}`, {
    context: { tag: id },
    hint: 'This is a defect of Banyan; nothing was concluded from what was read.',
  })
}
