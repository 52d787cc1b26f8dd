/**
 * Pager: the pure core of the reader. It says what to ask next, and what of an answer may be delivered.
 *
 * A *chain* is a fresh call and the calls that follow its continuation points. It lives in one session and dies of any
 * failure; the next begins at `#resumeAt`, before which everything was delivered or found empty and from which on
 * nothing was delivered. So a continuation point is never sent twice, and nothing is remembered of a chain that died.
 *
 * Only *complete* tick groups are delivered, and only those one answer held whole: a group that two answers of a chain
 * share is read again, by a call that begins with it. A continuation point may be a time (then the group comes again
 * from its start) or a row number (which late samples shift), and the bytes do not say which. A group that one call
 * cannot hold grows the call; where the server has more but gives fewer rows than asked, it is put together from the
 * continuation points after all, unless they repeat it.
 *
 * A missing continuation point ends nothing: servers cut answers without saying so. The window is at its end when a row
 * beyond it was seen; when a *fresh* answer without a continuation point held one row, the one it was asked from, or
 * none; or when an answer is known not to be cut (answer-size.ts). An answer of several rows that leads no further (one
 * tick group, or rows of one millisecond from a server that compares nothing finer) may have been cut within: it is
 * believed when a row behind it was seen with it, looked for beyond the window too, or when the archive has none.
 */
import { canonicalBytes } from '../../domain/digest.ts'
import type { Sample } from '../../domain/sample.ts'
import { floorToMs, ticks, ticksFromMs, TICKS_PER_MS, type Ticks } from '../../domain/ticks.ts'
import type { Window } from '../../domain/window.ts'
import type { AnswerSize } from './answer-size.ts'
import { LAST_TIME, NO_TIME } from './time.ts'

/** More rows at one tick than this are taken for a mistake: they would fill half a gigabyte of memory. */
export const MAX_GROUP_ROWS = 1_000_000

/** Answers in a row that go on without going forward; some servers need a few to find the next row. */
const MAX_IDLE_ANSWERS = 20

/** A day after the year 0 of OPC UA, near which servers take a start for "not given", and answer backwards. */
export const FIRST_START = ticks(NO_TIME + 86_400_000n * TICKS_PER_MS)

export type Ask =
  | {
      readonly kind: 'fresh'
      readonly from: Ticks
      /** At least a millisecond behind the window: exclusive, inclusive and coarse ends all include what is wanted. */
      readonly until: Ticks
      readonly rows: number
    }
  /** Follow the continuation point of the latest answer, with the same details. */
  | { readonly kind: 'continue' }

export interface Answer {
  /** Ascending, `ord` counted within each tick. */
  readonly samples: readonly Sample[]
  /** Did a continuation point come with it? */
  readonly continues: boolean
}

export type Outcome =
  | { readonly kind: 'deliver'; readonly covers: Window; readonly samples: readonly Sample[]; readonly end: boolean }
  /** Nothing to deliver yet. */
  | { readonly kind: 'more' }
  /** The chain contradicts itself and is dead; another may not. */
  | { readonly kind: 'contradiction'; readonly problem: string }
  | { readonly kind: 'group-too-large'; readonly at: Ticks; readonly rows: number }

interface Chain {
  /** `#resumeAt` when it began. */
  readonly start: Ticks
  /** Rows asked for in each of its calls. */
  readonly asked: number
  answers: number
  /** Did its latest answer come with a continuation point? */
  continues: boolean
  /** Latest tick of any row of it. */
  lastTick: Ticks | undefined
  /** Did it bring rows from before `start`? It asks from the millisecond, and some servers compare nothing finer. */
  hasEarlier: boolean
  /** Answers in a row that went on without going forward. */
  idleAnswers: number
  /** The latest tick group, at `#resumeAt`; complete once a later row is seen. */
  held: readonly Sample[]
  /** How many rows of `held` came first, when it is put together from several answers. */
  assembling: number | undefined
}

interface Doubtful {
  /** Empty where all rows lay before `#resumeAt`, in its millisecond. */
  readonly group: readonly Sample[]
  /** Rows of the answer that held it. */
  readonly count: number
  readonly assembled: boolean
}

const MORE: Outcome = { kind: 'more' }

export class Pager {
  readonly #window: Window
  readonly #pageSize: number
  readonly #size: AnswerSize
  /** Rows the next chain asks for. */
  #rows: number
  /** Start of what is not delivered; the next page's `covers` begins here. */
  #coverFrom: Ticks
  #resumeAt: Ticks
  /** Was a row seen at `#resumeAt`? Then the next chain must see it too. */
  #seen = false
  #chain: Chain | undefined
  /** The latest chain ended, shorter than asked, at this tick. Was it cut? */
  #short: { readonly rows: number; readonly at: Ticks; readonly atLast: number } | undefined
  /** The whole of a group that may have been cut: the next chain asks whether anything follows it. */
  #doubtful: Doubtful | undefined
  /** A group at this tick was cut, unless what followed it had just arrived: the second time it was. */
  #cutAt: Ticks | undefined
  /** Ask beyond the window: what follows there shows that nothing before it was cut. */
  #beyond = false
  /** Ask from `#resumeAt` itself; else from its millisecond, since some servers compare nothing finer. */
  #exact = false

  constructor(window: Window, pageSize: number, size: AnswerSize) {
    this.#window = window
    this.#pageSize = pageSize
    this.#size = size
    this.#rows = size.fitting(pageSize)
    this.#coverFrom = window.from
    this.#resumeAt = window.from < FIRST_START ? FIRST_START : window.from
  }

  next(): Ask {
    if (this.#chain?.continues === true) return { kind: 'continue' }
    const rows = this.#doubtful === undefined ? this.#rows : 1
    this.#chain = {
      start: this.#resumeAt,
      asked: rows,
      answers: 0,
      continues: false,
      lastTick: undefined,
      hasEarlier: false,
      idleAnswers: 0,
      held: [],
      assembling: undefined,
    }
    return { kind: 'fresh', from: this.#askFrom(), until: this.#askUntil(), rows }
  }

  #askFrom(): Ticks {
    if (this.#doubtful !== undefined) return afterMs(this.#resumeAt)
    return this.#exact ? this.#resumeAt : floorMs(this.#resumeAt)
  }

  #askUntil(): Ticks {
    const until = ticks(floorMs(this.#window.until) + 2n * TICKS_PER_MS)
    return this.#beyond || this.#doubtful !== undefined || until > LAST_TIME ? LAST_TIME : until
  }

  /** The chain is dead: its latest call failed, or the session it lived in is gone. */
  abandon(): void {
    const chain = this.#chain
    this.#chain = undefined
    // Where calls fail often, only one that brings progress by itself does.
    if (chain?.lastTick !== undefined && chain.start === this.#resumeAt) {
      this.#rows = Math.min(this.#size.fitting(this.#rows * 2), MAX_GROUP_ROWS)
    }
  }

  /** The chain is dead, since its latest call took too long: ask for less, until something is delivered. */
  abandonLate(): void {
    this.#chain = undefined
    this.#rows = Math.max(1, Math.floor(this.#rows / 2))
  }

  /** The server cannot give so many rows at once. False when there are no fewer to ask for. */
  shrink(): boolean {
    this.#chain = undefined
    if (this.#rows <= 1) return false
    this.#size.tooLarge(this.#rows)
    this.#rows = Math.floor(this.#rows / 2)
    return true
  }

  answered(answer: Answer): Outcome {
    const chain = this.#chain
    if (chain === undefined) throw new Error('an answer nobody asked for')
    chain.answers += 1
    chain.continues = answer.continues
    const problem = followUp(chain, answer)
    if (problem !== undefined) return this.#contradicted(problem)
    const { earlier, wanted, beyond } = this.#wanted(answer.samples)
    chain.hasEarlier ||= earlier
    const outcome =
      this.#doubtful === undefined
        ? this.#judge(chain, answer, wanted, beyond)
        : this.#judgeDoubtful(this.#doubtful, answer.continues, wanted.length > 0, beyond)
    this.#size.carried(answer.samples.length)
    return outcome
  }

  /** Of an answer, the rows of the window that are not delivered; and did it hold rows before or beyond them? */
  #wanted(rows: readonly Sample[]): { earlier: boolean; wanted: readonly Sample[]; beyond: boolean } {
    let from = 0
    while (from < rows.length && (rows[from] as Sample).ticks < this.#resumeAt) from += 1
    let until = rows.length
    while (until > from && (rows[until - 1] as Sample).ticks >= this.#window.until) until -= 1
    const wanted = from === 0 && until === rows.length ? rows : rows.slice(from, until)
    return { earlier: from > 0, wanted, beyond: until < rows.length }
  }

  #judge(chain: Chain, answer: Answer, wanted: readonly Sample[], beyond: boolean): Outcome {
    this.#noticeCut(chain, wanted)
    if (chain.held.length === 0) {
      if (this.#hasVanished(answer, wanted, beyond)) return this.#vanished()
      if (wanted.length === 0) return this.#judgeNothing(chain, answer, beyond)
    } else if (wanted.length === 0) {
      if (beyond) return this.#deliverLast(chain.held)
      return answer.continues ? MORE : this.#judgeEnd(chain, this.#resumeAt, answer.samples.length)
    } else if (wanted[0]?.ticks === this.#resumeAt) {
      return chain.assembling === undefined
        ? this.#cutBySeam(chain)
        : this.#assemble(chain, chain.assembling, answer, wanted, beyond)
    }
    return this.#judgeRows(chain, answer, wanted, beyond)
  }

  /** What the chain held is complete now, and of `rows` all but the last group. */
  #judgeRows(chain: Chain, answer: Answer, rows: readonly Sample[], beyond: boolean): Outcome {
    const count = answer.samples.length
    const before = chain.held
    const all = before.length === 0 ? rows : [...before, ...rows]
    const { ticks: last, ord } = rows.at(-1) as Sample
    if (beyond) return this.#deliverLast(all)
    if (!answer.continues && !this.#size.isFull(count, chain.asked) && this.#size.isWhole(count)) {
      return this.#deliverLast(all)
    }
    const groupAt = rows.length - 1 - ord
    this.#resumeAt = last
    this.#seen = true
    chain.held = groupAt === 0 ? rows : rows.slice(groupAt)
    // The answer is one group, and the server has more but gave less than asked: asking for more would be of no use.
    chain.assembling = before.length === 0 && groupAt === 0 && count < chain.asked ? rows.length : undefined
    const end = answer.continues ? MORE : this.#judgeEnd(chain, last, count)
    const complete = all.length - chain.held.length
    return complete === 0 ? end : this.#deliver(all.slice(0, complete), last)
  }

  /** The chain ended at a group, with an answer of `count` rows. */
  #judgeEnd(chain: Chain, last: Ticks, count: number): Outcome {
    const full = this.#size.isFull(count, chain.asked)
    if (last > chain.start) {
      if (!full) this.#short = { rows: count, at: last, atLast: chain.held.length }
      return MORE
    }
    if (chain.hasEarlier && this.#askExactly()) return MORE
    if (full) return this.#grow(chain, count)
    // Nothing later came of asking from here. Only a cap that falls inside these very rows can be the reason.
    if (chain.held.length === 1 && !chain.hasEarlier) return this.#deliverLast(chain.held)
    this.#doubtful = { group: chain.held, count, assembled: false }
    return MORE
  }

  /** False when it was done already. */
  #askExactly(): boolean {
    if (this.#exact) return false
    this.#exact = true
    return true
  }

  /** The chain has brought no row to deliver. */
  #judgeNothing(chain: Chain, answer: Answer, beyond: boolean): Outcome {
    if (answer.continues && !beyond) return MORE
    const count = answer.samples.length
    if (beyond || count === 0) return this.#deliverLast([])
    if (this.#askExactly()) return MORE
    if (this.#size.isFull(count, chain.asked)) return this.#grow(chain, count)
    if (this.#seen) return this.#vanished()
    if (count === 1) return this.#deliverLast([])
    this.#doubtful = { group: [], count, assembled: false }
    return MORE
  }

  /** Another part of the group the chain holds. */
  #assemble(chain: Chain, first: number, answer: Answer, rows: readonly Sample[], beyond: boolean): Outcome {
    const partLength = rows.findIndex((row) => row.ticks !== this.#resumeAt)
    const part = partLength < 0 ? rows : rows.slice(0, partLength)
    const group = [...chain.held, ...part.map((row, index) => ({ ...row, ord: chain.held.length + index }))]
    if (group.length > MAX_GROUP_ROWS || repeats(part, chain.held.slice(0, first))) return this.#tooLarge(group.length)
    chain.held = group
    if (beyond && partLength < 0) return this.#deliverLast(group)
    if (partLength >= 0) return this.#judgeRows(chain, answer, rows.slice(partLength), beyond)
    if (!answer.continues) this.#doubtful = { group, count: rows.length, assembled: true }
    return MORE
  }

  /** Asked from behind the doubtful group: what comes should have come with it, if it was asked for. */
  #judgeDoubtful(doubtful: Doubtful, continues: boolean, follows: boolean, beyond: boolean): Outcome {
    const { group, count, assembled } = doubtful
    if (!follows && !beyond) return continues ? MORE : this.#deliverLast(group)
    this.#doubtful = undefined
    this.#chain = undefined
    if (!follows && !this.#beyond) {
      this.#beyond = true
      return MORE
    }
    if (this.#cutAt === this.#resumeAt) return this.#tooLarge(Math.max(group.length, count))
    this.#cutAt = this.#resumeAt
    if (!assembled) this.#size.cutAt(count)
    return MORE
  }

  /** Two answers of the chain share a group: read it again, with a call that may hold all of it. */
  #cutBySeam(chain: Chain): Outcome {
    this.#chain = undefined
    return chain.start === this.#resumeAt ? this.#grow(chain, chain.asked) : MORE
  }

  #grow(chain: Chain, count: number): Outcome {
    this.#chain = undefined
    const more = this.#size.fitting(Math.min(this.#rows * 2, MAX_GROUP_ROWS))
    if (count < chain.asked || more <= this.#rows) return this.#tooLarge(count)
    this.#rows = more
    return MORE
  }

  #tooLarge(rows: number): Outcome {
    this.#chain = undefined
    return { kind: 'group-too-large', at: this.#resumeAt, rows }
  }

  /** If the answer before this one was cut without a word, this one shows it. */
  #noticeCut(chain: Chain, wanted: readonly Sample[]): void {
    const short = this.#short
    if (short === undefined || wanted.length === 0) return
    this.#short = undefined
    if (chain.start === short.at && wanted.length > short.atLast) this.#size.cutAt(short.rows)
  }

  /** A row was seen at `#resumeAt` a moment ago, and this chain begins later, or brought nothing. */
  #hasVanished(answer: Answer, wanted: readonly Sample[], beyond: boolean): boolean {
    if (!this.#seen || wanted[0]?.ticks === this.#resumeAt) return false
    return wanted.length > 0 || beyond || (!answer.continues && answer.samples.length === 0)
  }

  /** It may have been deleted: the next chain is believed. */
  #vanished(): Outcome {
    this.#chain = undefined
    this.#seen = false
    this.#resumeAt = this.#coverFrom < FIRST_START ? FIRST_START : this.#coverFrom
    return { kind: 'contradiction', problem: 'a row that was there is gone' }
  }

  #contradicted(problem: string): Outcome {
    this.abandon()
    return { kind: 'contradiction', problem }
  }

  #deliver(samples: readonly Sample[], until: Ticks): Outcome {
    const covers = { from: this.#coverFrom, until }
    this.#coverFrom = until
    this.#exact = false
    this.#beyond = false
    const base = this.#size.fitting(this.#pageSize)
    if (this.#rows !== base) this.#rows = Math.max(base, Math.min(this.#rows, 2 * largestGroup(samples)))
    return { kind: 'deliver', covers, samples, end: false }
  }

  #deliverLast(samples: readonly Sample[]): Outcome {
    return { kind: 'deliver', covers: { from: this.#coverFrom, until: this.#window.until }, samples, end: true }
  }
}

/** Does the answer go on where the chain was? Undefined if so, else what is wrong. */
function followUp(chain: Chain, { samples, continues }: Answer): string | undefined {
  const first = samples[0]?.ticks
  const last = samples.at(-1)?.ticks
  if (first !== undefined && chain.lastTick !== undefined && first < chain.lastTick) {
    return 'a continuation point led back in time'
  }
  if (last !== undefined && (chain.lastTick === undefined || last > chain.lastTick)) {
    chain.lastTick = last
    chain.idleAnswers = 0
  } else if (continues && (samples.length === 0 || chain.assembling === undefined)) {
    chain.idleAnswers += 1
    if (chain.idleAnswers > MAX_IDLE_ANSWERS) return 'continuation points lead nowhere'
  }
  return undefined
}

/** Do the rows begin like the group's first part? Then its continuation point was a time, and begins it again. */
function repeats(rows: readonly Sample[], first: readonly Sample[]): boolean {
  if (rows.length < first.length) return false
  return first.every((row, index) => hasSameContent(row, rows[index] as Sample))
}

function hasSameContent(a: Sample, b: Sample): boolean {
  return Buffer.from(canonicalBytes({ ...a, ticks: b.ticks })).equals(canonicalBytes(b))
}

function largestGroup(samples: readonly Sample[]): number {
  let most = 0
  for (const { ord } of samples) if (ord > most) most = ord
  return most + 1
}

function floorMs(at: Ticks): Ticks {
  return ticksFromMs(floorToMs(at))
}

/** The first whole millisecond after a tick. */
function afterMs(at: Ticks): Ticks {
  return ticks(floorMs(at) + TICKS_PER_MS)
}
