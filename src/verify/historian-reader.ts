/**
 * HistorianReader: reads what a sweep compares, independently of replay: other windows, other page sizes, no position
 * carried from one window to the next.
 *
 * A window is read to its end or the read rejects; pages that leave a stretch out, or carry a sample from outside the
 * window, fail it. Here that matters twice: a row that is not read looks like a row that was deleted.
 */
import { BanyanError } from '../domain/errors.ts'
import type { Tag } from '../domain/tag.ts'
import { formatWindow, type Window } from '../domain/window.ts'
import type { HistorianSource, SamplePage } from '../source/source.ts'

/** Replay fills its pages to the end; ours end elsewhere, so that an error of paging does not repeat itself. */
const PAGE_SHARE = 0.75
/** Room for late samples, so that a stretch that gained some is still one short page: only a short page is the last. */
const SPARE_ROWS = 32
const SPARE_SHARE = 1 / 8

export class HistorianReader {
  readonly #source: HistorianSource
  readonly #pageSize: number
  /** Samples expected in one slice, at most: with room to spare they fit one page. */
  readonly rowLimit: number
  #rows = 0

  /** `pageSize`: samples per call, as configured for the historian. */
  constructor(source: HistorianSource, pageSize: number) {
    this.#source = source
    this.#pageSize = pageSize
    this.rowLimit = Math.max(1, Math.floor(pageSize * PAGE_SHARE))
  }

  /** Samples read so far. */
  get rows(): number {
    return this.#rows
  }

  /** The samples of a window, page by page, ascending; at least one page. `expected`: about how many. */
  async *read(tag: Tag, window: Window, expected: number, signal: AbortSignal): AsyncGenerator<SamplePage> {
    const roomy = Math.ceil(expected * (1 + SPARE_SHARE)) + SPARE_ROWS
    const pageSize = Math.min(this.#pageSize, expected > this.rowLimit ? this.rowLimit : roomy)
    let at = window.from
    for await (const page of this.#source.read(tag, window, { pageSize, expected }, signal)) {
      if (page.covers.from !== at || page.covers.until > window.until || !isInside(page))
        throw misread(tag, page.covers)
      at = page.covers.until
      this.#rows += page.samples.length
      yield page
    }
    if (at !== window.until) throw misread(tag, { from: at, until: window.until })
  }
}

function isInside({ covers, samples }: SamplePage): boolean {
  return samples.every(({ ticks }) => ticks >= covers.from && ticks < covers.until)
}

function misread(tag: Tag, at: Window): BanyanError {
  return new BanyanError('BANYAN_INTERNAL', `the pages read for ${tag.name} leave out or exceed ${formatWindow(at)}`, {
    context: { tag: tag.id },
    hint: 'This is a defect of Banyan; nothing was corrected from what was read.',
  })
}
