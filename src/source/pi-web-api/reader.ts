/**
 * Reader: the samples of one tag in one window, page by page.
 *
 * Each page is asked for, decoded and judged as one attempt; whatever goes wrong on the way, the page is asked for
 * again from the same tick, and nothing of a failed page is ever delivered. A full page always makes progress: it
 * delivers a complete tick group, moves on, or grows until the server's ceiling says that the group cannot be read.
 */
import { BanyanError, isBanyanError } from '../../domain/errors.ts'
import type { Sample, SampleType } from '../../domain/sample.ts'
import type { PiAddress, Tag } from '../../domain/tag.ts'
import { formatTicks } from '../../domain/ticks.ts'
import type { Window } from '../../domain/window.ts'
import type { ReadOptions, SamplePage } from '../source.ts'
import { piAddressOf } from './address.ts'
import type { Answer } from './answer.ts'
import type { PiWebApiClient } from './client.ts'
import { isLate, isTooLarge, printable, protocolError } from './errors.ts'
import { SMALL_PAGE } from './options.ts'
import { askedPage, judgePage, startOf, type AskedPage, type PageOutcome, type ReadPosition } from './pager.ts'
import type { PageSize } from './page-size.ts'
import { decodeRecorded } from './recorded.ts'
import type { Retrying } from './retrying.ts'
import type { Streamset } from './streamset.ts'
import { needsExactNumbers, ShapeMismatch } from './value.ts'
import { encodePointWebId, type WebId } from './webid.ts'

/** Pages in time after which a historian that was slow for a moment is asked for twice as much again. */
const PAGES_IN_TIME = 10

export interface ReaderParts {
  readonly client: PiWebApiClient
  readonly streamset: Streamset
  readonly pageSize: PageSize
  /** The tag's type as the historian describes it now. */
  readonly typeNow: (webId: WebId, tagName: string, signal: AbortSignal) => Promise<SampleType>
  readonly retrying: Retrying
}

export async function* readWindow(
  parts: ReaderParts,
  tag: Tag,
  window: Window,
  { pageSize: wanted, expected }: ReadOptions,
  signal: AbortSignal,
): AsyncGenerator<SamplePage, void, undefined> {
  const read = new TagRead(parts, tag, expected, signal)
  let position: ReadPosition = startOf(window)
  let grown: number | undefined
  for (;;) {
    const { outcome, asked } = await read.page(window, position, wanted, grown)
    grown = undefined
    switch (outcome.kind) {
      case 'deliver':
        yield outcome.page
        if (outcome.next === 'end') return
        position = outcome.next
        break
      case 'skip':
        position = outcome.next
        break
      case 'grow':
        grown = parts.pageSize.grown(asked)
        if (grown === undefined) throw tooLargeGroup(tag, position, `more than ${asked} samples`, MORE_ROWS)
        break
    }
  }
}

interface JudgedPage {
  readonly outcome: Exclude<PageOutcome, { kind: 'contradiction' }>
  /** Rows asked for in the end. */
  readonly asked: number
}

class TagRead {
  readonly #parts: ReaderParts
  readonly #tag: Tag
  readonly #expected: number | undefined
  readonly #address: PiAddress
  readonly #webId: WebId
  readonly #signal: AbortSignal
  readonly #what: string
  /** The largest page the historian may be able to give before the deadline. */
  #slowLimit = Number.POSITIVE_INFINITY
  #pagesInTime = 0
  #type: SampleType
  #typeChecked = false

  constructor(parts: ReaderParts, tag: Tag, expected: number | undefined, signal: AbortSignal) {
    this.#parts = parts
    this.#expected = expected
    this.#tag = tag
    this.#address = piAddressOf(tag)
    this.#webId = encodePointWebId(this.#address)
    this.#signal = signal
    this.#what = `reading tag ${printable(tag.name)}`
    this.#type = tag.type
  }

  /** `grown`: the size to ask for because a smaller page held one unfinished tick group only. */
  page(window: Window, position: ReadPosition, wanted: number, grown?: number): Promise<JudgedPage> {
    return this.#parts.retrying(async () => {
      const { answer, asked } = await this.#fetchFitting(window, position, wanted, grown)
      try {
        return { outcome: await this.#judge(answer, asked, window, position), asked }
      } catch (error) {
        this.#parts.streamset.distrust(this.#address.pointId)
        throw error
      }
    }, this.#signal)
  }

  async #judge(answer: Answer, asked: number, window: Window, position: ReadPosition): Promise<JudgedPage['outcome']> {
    const rows = await this.#decode(answer)
    // A coalesced call may hold more of this tag than was asked for.
    const page = rows.length > asked ? rows.slice(0, asked) : rows
    const outcome = judgePage(window, position, page, page.length === asked)
    if (outcome.kind === 'contradiction') throw protocolError(`${this.#what}: ${outcome.problem}`, 'contradiction')
    return outcome
  }

  /**
   * Asks for fewer rows while the server refuses the number (400) or the answer is more bytes than we take, and after
   * a page was too slow. A grown page is neither halved nor waited for less: smaller ones were of no use.
   */
  async #fetchFitting(
    window: Window,
    position: ReadPosition,
    wanted: number,
    grown: number | undefined,
  ): Promise<{ answer: Answer; asked: number }> {
    const { pageSize } = this.#parts
    const page = askedPage(window, position)
    let asked = grown ?? Math.min(pageSize.base(wanted), this.#slowLimit)
    let refused: number | undefined
    for (;;) {
      try {
        const answer = await this.#fetch(page, asked)
        pageSize.learn(asked, refused)
        this.#inTime()
        return { answer, asked }
      } catch (error) {
        let smaller: number | undefined
        if (isTooLarge(error)) {
          if (grown !== undefined)
            throw tooLargeGroup(this.#tag, position, 'more bytes than are taken in one answer', MORE_BYTES)
          smaller = Math.floor(asked / 2)
        } else if (isBanyanError(error, 'BANYAN_SOURCE_REJECTED') && error.context['status'] === 400) {
          refused = asked
          smaller = pageSize.shrunk(asked)
        } else if (isLate(error) && grown === undefined) {
          this.#slowLimit = Math.max(1, Math.floor(asked / 2))
          this.#pagesInTime = 0
        }
        if (smaller === undefined || smaller < 1) throw error
        asked = smaller
      }
    }
  }

  #inTime(): void {
    this.#pagesInTime += 1
    if (this.#pagesInTime % PAGES_IN_TIME === 0) this.#slowLimit *= 2
  }

  async #fetch(page: AskedPage, maxCount: number): Promise<Answer> {
    const { client, streamset } = this.#parts
    const range =
      `startTime=${encodeURIComponent(formatTicks(page.from))}` +
      `&endTime=${encodeURIComponent(formatTicks(page.through))}&boundaryType=Inside`
    if (maxCount <= SMALL_PAGE) {
      const { pointId } = this.#address
      const read = { webId: this.#webId, pointId, range, expected: this.#expected, what: this.#what }
      return streamset.get(read, maxCount, this.#signal)
    }
    const path = `/streams/${this.#webId}/recorded?${range}&maxCount=${maxCount}`
    return client.get(path, { what: this.#what, rows: maxCount, signal: this.#signal })
  }

  async #decode(answer: Answer): Promise<Sample[]> {
    try {
      return this.#decodeAs(answer, this.#type)
    } catch (error) {
      if (!(error instanceof ShapeMismatch)) throw error
      if (this.#typeChecked) throw this.#contradiction(error)
      const now = await this.#parts.typeNow(this.#webId, this.#tag.name, this.#signal)
      this.#typeChecked = true
      if (now === this.#type) throw this.#contradiction(error)
      this.#type = now
      return this.#decode(answer)
    }
  }

  #decodeAs(answer: Answer, type: SampleType): Sample[] {
    return decodeRecorded(needsExactNumbers(type) ? answer.exact() : answer.json, type, this.#tag.name)
  }

  #contradiction(error: ShapeMismatch): BanyanError {
    return protocolError(`${this.#what}: ${error.message}`, 'contradiction', { tag: this.#tag.id }, error)
  }
}

const MORE_ROWS = "Raise MaxReturnedItemsPerCall in PI Web API's system configuration above the size of that group."
const MORE_BYTES =
  'Look at that moment in the historian: values this large, this many times, are most likely a mistake.'

function tooLargeGroup(tag: Tag, position: ReadPosition, size: string, hint: string): BanyanError {
  const time = formatTicks(position.resumeAt)
  return new BanyanError(
    'BANYAN_TICK_GROUP_TOO_LARGE',
    `tag ${printable(tag.name)}: ${size} at ${time}, which is more than one call can carry`,
    {
      hint,
      context: { tag: tag.id, time },
    },
  )
}
