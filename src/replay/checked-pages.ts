/**
 * The pages of a window, checked: they must tile it from its start to its end. A window claimed but not read would be
 * a silent hole, so a source that leaves out a piece, or goes back, fails the read (BANYAN_INTERNAL) rather than being
 * trusted.
 */
import { isUnanswered } from '../domain/error-kinds.ts'
import { BanyanError } from '../domain/errors.ts'
import type { Tag } from '../domain/tag.ts'
import { ticks, type Ticks } from '../domain/ticks.ts'
import { formatWindow, type Window } from '../domain/window.ts'
import type { HistorianSource, SamplePage } from '../source/source.ts'

/** Reads of one tag begun anew, without a page in between, while the historian answers others. */
const RESTARTS = 3

/** What is waited for when a read failed for want of an answer. */
export interface Outage {
  /** Resolves when the historian answers; rejects when it does not. */
  over(signal: AbortSignal): Promise<void>
}

export interface PagesOptions {
  readonly source: HistorianSource
  /** Samples per page. */
  readonly pageSize: number
}

export async function* checkedPages(
  tag: Tag,
  whole: Window,
  { source, pageSize }: PagesOptions,
  signal: AbortSignal,
): AsyncGenerator<SamplePage, void, void> {
  let open: Window | undefined = whole
  for await (const page of source.read(tag, whole, { pageSize }, signal)) {
    if (open === undefined || page.covers.from !== open.from || page.covers.until > whole.until) {
      throw brokenTiling(tag, page.covers)
    }
    open = after(page.covers, whole)
    yield page
  }
  if (open !== undefined) throw brokenTiling(tag, open)
}

/** As `checkedPages`; a read broken off because the historian was away goes on where it stopped. */
export async function* lastingPages(
  tag: Tag,
  whole: Window,
  options: PagesOptions & { readonly outage: Outage },
  signal: AbortSignal,
): AsyncGenerator<SamplePage, void, void> {
  let open: Window | undefined = whole
  let restartsLeft = RESTARTS
  while (open !== undefined) {
    try {
      for await (const page of checkedPages(tag, open, options, signal)) {
        open = after(page.covers, whole)
        restartsLeft = RESTARTS
        yield page
      }
    } catch (error) {
      if (!isUnanswered(error) || restartsLeft === 0) throw error
      restartsLeft -= 1
      await options.outage.over(signal)
    }
  }
}

/** What of `whole` comes after `done`; undefined when nothing does. */
export function after(done: Window, whole: Window): Window | undefined {
  return done.until < whole.until ? { from: done.until, until: whole.until } : undefined
}

/**
 * The part of a page's window that its samples, or their absence, settle; undefined when that is none of it.
 *
 * In the last page of a read that runs into the future, having found nothing at or above `provisionalFrom` proves
 * nothing: of what lies beyond, only the stretch up to the last sample counts (docs/adr/0006).
 */
export function provenBy(page: SamplePage, whole: Window, provisionalFrom: Ticks | undefined): Window | undefined {
  const { covers, samples } = page
  if (provisionalFrom === undefined || covers.until < whole.until || covers.until <= provisionalFrom) return covers
  const last = samples.at(-1)
  const found = last === undefined ? covers.from : ticks(last.ticks + 1n)
  const until = found > provisionalFrom ? found : provisionalFrom
  return covers.from < until ? { from: covers.from, until } : undefined
}

export function brokenTiling(tag: Tag, at: Window): BanyanError {
  return new BanyanError(
    'BANYAN_INTERNAL',
    `the pages read for ${tag.name} do not tile the window ${formatWindow(at)}`,
    {
      context: { tag: tag.id },
      hint: 'this is a defect of Banyan; nothing of the window counts as copied',
    },
  )
}
