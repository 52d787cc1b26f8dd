/**
 * Pager: the pure core of the reader. Given what one page held, what may be delivered and where to go on.
 *
 * The hold-back rule: only *complete* tick groups are delivered. The last tick of a full page may be cut, so its group
 * is left for the next page, which starts at that very tick; nothing at it has been delivered yet. A full page that
 * is all one tick asks for a larger page. "No more" is believed only from a page shorter than asked for.
 *
 * The historian keeps times on a grid of 1/65536 s and prints them rounded down; it may parse a printed time onto the
 * grid point below. So the asked range is one grid step longer than the window, and rows up to one grid step outside
 * the asked range are dropped without complaint; anything further is a protocol error.
 */
import type { Sample } from '../../domain/sample.ts'
import { formatTicks, type Ticks } from '../../domain/ticks.ts'
import type { Window } from '../../domain/window.ts'
import type { SamplePage } from '../source.ts'

/** 16 us: one step of the historian's time grid (1/65536 s, 15.26 us), rounded up. */
export const GRID_STEP = 160n

export interface ReadPosition {
  /** Start of what is read but not yet delivered; the next page's `covers` begins here. */
  readonly coverFrom: Ticks
  /** Where the next request starts; no sample at or after it has been delivered. */
  readonly resumeAt: Ticks
}

export interface AskedPage {
  readonly from: Ticks
  /** Inclusive, as the historian takes it: one grid step beyond the window. */
  readonly through: Ticks
}

export type PageOutcome =
  /** Some groups are complete. */
  | { readonly kind: 'deliver'; readonly page: SamplePage; readonly next: ReadPosition | 'end' }
  /** No sample to deliver, but the position moves on (rows before the window filled the page). */
  | { readonly kind: 'skip'; readonly next: ReadPosition }
  /** The page holds one unfinished group only: ask for more rows from the same position. */
  | { readonly kind: 'grow' }
  | { readonly kind: 'contradiction'; readonly problem: string }

export function startOf(window: Window): ReadPosition {
  return { coverFrom: window.from, resumeAt: window.from }
}

export function askedPage(window: Window, position: ReadPosition): AskedPage {
  return { from: position.resumeAt, through: (window.until + GRID_STEP) as Ticks }
}

/** `rows` ascending, as the historian sent them; `full`: as many as were asked for, so there may be more. */
export function judgePage(window: Window, position: ReadPosition, rows: readonly Sample[], full: boolean): PageOutcome {
  const last = rows.at(-1)
  const asked = askedPage(window, position)
  for (const edge of [rows[0], last]) {
    if (edge !== undefined && (edge.ticks < asked.from - GRID_STEP || edge.ticks > asked.through + GRID_STEP)) {
      return { kind: 'contradiction', problem: `a value at ${formatTicks(edge.ticks)} lies outside the asked range` }
    }
  }
  if (!full || last === undefined || last.ticks >= window.until) {
    const covers = { from: position.coverFrom, until: window.until }
    return { kind: 'deliver', page: pageOf(covers, between(rows, asked.from, window.until)), next: 'end' }
  }
  const cut = last.ticks
  if (cut <= asked.from) return { kind: 'grow' }
  const samples = between(rows, asked.from, cut)
  if (samples.length === 0) return { kind: 'skip', next: { coverFrom: position.coverFrom, resumeAt: cut } }
  const covers = { from: position.coverFrom, until: cut }
  return { kind: 'deliver', page: pageOf(covers, samples), next: { coverFrom: cut, resumeAt: cut } }
}

function pageOf(covers: Window, samples: readonly Sample[]): SamplePage {
  return { covers, source: 'pi-web-api', samples }
}

/** The rows of `[from, until)`. */
function between(rows: readonly Sample[], from: Ticks, until: Ticks): readonly Sample[] {
  let first = 0
  while (first < rows.length && (rows[first] as Sample).ticks < from) first += 1
  let end = rows.length
  while (end > first && (rows[end - 1] as Sample).ticks >= until) end -= 1
  return first === 0 && end === rows.length ? rows : rows.slice(first, end)
}
