/** The pager against servers made of random habits: whatever they do, what it delivers is what there is. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Sample } from '../../../src/domain/sample.ts'
import { ticks, type Ticks } from '../../../src/domain/ticks.ts'
import { window, type Window } from '../../../src/domain/window.ts'
import { AnswerSize } from '../../../src/source/opcua/answer-size.ts'
import { type Answer, type Ask, Pager } from '../../../src/source/opcua/pager.ts'

const START = 17_600_000_000_000_000n
const MS = 10_000n

/** One row: when, and what tells it from others. */
interface Row {
  readonly at: bigint
  readonly value: number
}

interface Habits {
  readonly cap: number
  /** A page that is full as asked, or capped, comes with a continuation point. */
  readonly fullContinues: boolean
  readonly capContinues: boolean
  /** A continuation point is a row number, or the time of the next row, whose group then comes again. */
  readonly point: 'offset' | 'time'
  readonly endInclusive: boolean
  readonly boundStep: bigint
  readonly emptyEvery: number
}

class Server {
  readonly #rows: readonly Row[]
  readonly #habits: Habits
  #point: { index: number; until: bigint; rows: number } | undefined
  calls = 0

  constructor(rows: readonly Row[], habits: Habits) {
    this.#rows = rows
    this.#habits = habits
  }

  answer(ask: Ask): Answer {
    this.calls += 1
    const { boundStep, endInclusive } = this.#habits
    const floor = (at: bigint): bigint => at - (at % boundStep)
    if (ask.kind === 'fresh') {
      const from = floor(ask.from)
      const index = this.#rows.findIndex((row) => row.at >= from)
      const until = endInclusive ? ask.until + 1n : ask.until
      return this.#page(index < 0 ? this.#rows.length : index, until, ask.rows)
    }
    const point = this.#point!
    if (this.#habits.emptyEvery > 0 && this.calls % this.#habits.emptyEvery === 0)
      return { samples: [], continues: true }
    return this.#page(point.index, point.until, point.rows)
  }

  #page(from: number, until: bigint, asked: number): Answer {
    const { cap, fullContinues, capContinues, point } = this.#habits
    const limit = Math.min(asked, cap)
    const there = this.#rows.slice(from).filter((row) => row.at < until)
    const rows = there.slice(0, limit)
    const hasMore = there.length > rows.length
    const continues = hasMore && (limit === asked ? fullContinues : capContinues)
    const next = there[limit]
    const index =
      point === 'offset' || next === undefined ? from + limit : this.#rows.findIndex((row) => row.at >= next.at)
    this.#point = continues ? { index, until, rows: asked } : undefined
    return { samples: numbered(rows), continues }
  }
}

function numbered(rows: readonly Row[]): Sample[] {
  let last: bigint | undefined
  let ord = 0
  return rows.map(({ at, value }) => {
    ord = at === last ? ord + 1 : 0
    last = at
    return { ticks: ticks(at), ord, type: 'float64', value, status: 0, flags: 0 }
  })
}

interface Delivery {
  readonly covers: Window
  readonly samples: readonly Sample[]
}

/** Reads to the end; `fails` says which calls do. So often a contradiction is put up with, as the reader does. */
function readAll(pager: Pager, server: Server, fails: (call: number) => boolean, patience = 0): Delivery[] {
  const pages: Delivery[] = []
  let contradictions = 0
  for (let call = 0; call < 20_000; call++) {
    const ask = pager.next()
    const answer = server.answer(ask)
    if (fails(call)) {
      pager.abandon()
      continue
    }
    const outcome = pager.answered(answer)
    if (outcome.kind === 'deliver') {
      pages.push(outcome)
      if (outcome.end) return pages
    } else if (outcome.kind === 'contradiction' && contradictions < patience) contradictions += 1
    else if (outcome.kind !== 'more') throw new Error(outcome.kind)
  }
  throw new Error('no end')
}

/** `ties` in ten rows share the tick of the one before; the rest lie 100 ns or up to seconds behind it. */
const gaps = (ties: number): fc.Arbitrary<bigint> =>
  fc.oneof(
    { weight: ties, arbitrary: fc.constant(0n) },
    { weight: 1, arbitrary: fc.bigInt(1n, 40n) },
    { weight: 9 - ties, arbitrary: fc.bigInt(1n, 30_000_000n) },
  )
const histories = fc.oneof(...[0, 3, 9].map((ties) => fc.array(gaps(ties), { maxLength: 90 }))).map((steps) => {
  let at = START
  return steps.map((step, value) => ({ at: (at += step), value }))
})

const habits = fc
  .record({
    cap: fc.constantFrom(40, 100, 1000),
    fullContinues: fc.boolean(),
    capContinues: fc.boolean(),
    point: fc.constantFrom('offset' as const, 'time' as const),
    endInclusive: fc.boolean(),
    boundStep: fc.constantFrom(1n, 10n, MS),
    emptyEvery: fc.constantFrom(0, 2, 3),
  })
  // A time as continuation point and a group larger than the cap: such a group cannot be read (tested below).
  .map((given) => (given.point === 'time' ? { ...given, cap: 1000 } : given))

const never = (): boolean => false

const largestGroup = (rows: readonly Row[]): number =>
  Math.max(0, ...rows.map(({ at }) => rows.filter((row) => row.at === at).length))

describe('the pager', () => {
  test('delivers exactly what there is, in whole groups, whatever fails', () => {
    fc.assert(
      fc.property(
        histories,
        habits,
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }),
        fc.bigInt(0n, 1_000_000_000n),
        (rows, given, pageSize, failures, length) => {
          // Every round of failures ends with two calls that do not.
          const fails = (call: number): boolean => failures[call % (failures.length + 2)] ?? false
          fc.pre(given.capContinues || largestGroup(rows) < given.cap)
          const range = window(ticks(START), ticks(START + 1n + length))
          const pager = new Pager(range, pageSize, new AnswerSize(true))
          const pages = readAll(pager, new Server(rows, given), fails)
          let at: Ticks = range.from
          for (const { covers, samples } of pages) {
            expect(covers.from).toBe(at)
            at = covers.until
            for (const sample of samples) expect(sample.ticks >= covers.from && sample.ticks < covers.until).toBe(true)
          }
          expect(at).toBe(range.until)
          expect(pages.flatMap((page) => page.samples)).toEqual(
            numbered(rows.filter((row) => row.at >= range.from && row.at < range.until)),
          )
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('gives up loudly, and never short of what there is, where an answer holds next to nothing', () => {
    const tiny = habits.chain((given) => fc.integer({ min: 2, max: 12 }).map((cap) => ({ ...given, cap })))
    const dense = fc.array(fc.oneof(fc.constant(0n), fc.bigInt(1n, 40n), fc.bigInt(1n, 30_000n)), { maxLength: 60 })
    fc.assert(
      fc.property(
        dense,
        tiny,
        fc.integer({ min: 1, max: 50 }),
        fc.bigInt(0n, 400_000n),
        (steps, given, size, length) => {
          let at = START
          const rows = steps.map((step, value) => ({ at: (at += step), value }))
          // Of the last row of all nobody can say what a server keeps back at its time.
          const server = new Server([...rows, { at: START + 10n ** 11n, value: -1 }], given)
          const range = window(ticks(START), ticks(START + 1n + length))
          const wanted = numbered(rows.filter((row) => row.at < range.until))
          try {
            const pages = readAll(new Pager(range, size, new AnswerSize(true)), server, never, 3)
            expect(pages.flatMap((page) => page.samples)).toEqual(wanted)
          } catch (error) {
            if (!(error instanceof Error) || !['group-too-large', 'contradiction'].includes(error.message)) throw error
          }
        },
      ),
      { numRuns: 4000 },
    )
  })

  const strict: Habits = {
    cap: 1000,
    fullContinues: true,
    capContinues: true,
    point: 'offset',
    endInclusive: false,
    boundStep: 1n,
    emptyEvery: 0,
  }
  const second = (i: number): Row => ({ at: START + BigInt(i) * 10_000_000n, value: i })
  const wide = window(ticks(START), ticks(START + 10n ** 12n))
  test('needs one call more than there are pages, once the server has shown what it gives', () => {
    const size = new AnswerSize(true)
    const rows = Array.from({ length: 100 }, (_, i) => second(i))
    const server = new Server(rows, strict)
    readAll(new Pager(wide, 10, size), server, never)
    expect(server.calls).toBeLessThanOrEqual(11)
    const before = server.calls
    readAll(new Pager(window(ticks(START), ticks(START + 40_000_000n)), 10, size), server, never)
    expect(server.calls - before).toBe(1)
  })

  test('never takes the end from a server that cuts without a word, and learns where it cuts', () => {
    const rows = Array.from({ length: 100 }, (_, i) => second(i))
    const size = new AnswerSize(true)
    const server = new Server(rows, { ...strict, cap: 7, capContinues: false })
    expect(readAll(new Pager(wide, 1000, size), server, never).flatMap((page) => page.samples)).toHaveLength(100)
    expect(size.isFull(7, 1000)).toBe(true)
  })

  test.each<[string, Partial<Habits>]>([
    ['cut without a word', { cap: 20, capContinues: false }],
    ['whose continuation point begins it again', { cap: 20, point: 'time' }],
  ])('gives up on a group larger than an answer, %s', (_name, given) => {
    const rows = [...Array.from({ length: 50 }, (_, value) => ({ at: START, value })), second(1)]
    for (const pageSize of [1, 20, 1000]) {
      const server = new Server(rows, { ...strict, ...given })
      expect(() => readAll(new Pager(wide, pageSize, new AnswerSize(true)), server, never)).toThrow('group-too-large')
    }
  })

  test.each([1n, 10n, MS])(
    'neighbours of one millisecond that fill an answer hide nothing, bounds on %d ticks',
    (boundStep) => {
      const rows = Array.from({ length: 90 }, (_, value) => ({ at: START + BigInt(value) * 10n, value }))
      const server = new Server(rows, { ...strict, cap: 40, capContinues: false, boundStep })
      const reading = (): Delivery[] => readAll(new Pager(wide, 1000, new AnswerSize(true)), server, never)
      // Compared by the millisecond, the rest cannot be asked for, nor told from nothing.
      const withLater = [...rows, second(1)]
      const coarse = new Server(withLater, { ...strict, cap: 40, capContinues: false, boundStep })
      const later = (): Delivery[] => readAll(new Pager(wide, 1000, new AnswerSize(true)), coarse, never)
      if (boundStep === MS) expect(later).toThrow('group-too-large')
      else {
        expect(reading().flatMap((page) => page.samples)).toEqual(numbered(rows))
        expect(later().flatMap((page) => page.samples)).toEqual(numbered(withLater))
      }
    },
  )

  test('a window that begins behind a millisecond full of rows is read, or fails loudly', () => {
    const rows = [...Array.from({ length: 50 }, (_, value) => ({ at: START + BigInt(value), value })), second(1)]
    const server = new Server(rows, { ...strict, cap: 40, capContinues: false, boundStep: MS })
    const behind = window(ticks(START + 45n), ticks(START + 10n ** 12n))
    expect(() => readAll(new Pager(behind, 1000, new AnswerSize(true)), server, never)).toThrow('group-too-large')
  })

  test('what was cut below what the server gave before ends in an error, not in a circle', () => {
    const rows = [...Array.from({ length: 50 }, (_, value) => ({ at: START, value })), second(1)]
    const size = new AnswerSize(true)
    size.carried(30)
    const server = new Server(rows, { ...strict, cap: 20, capContinues: false })
    expect(() => readAll(new Pager(wide, 1000, size), server, never)).toThrow('group-too-large')
    expect(server.calls).toBeLessThan(10)
  })

  test('a group cut where the window ends is found out by what lies behind the window', () => {
    const rows = [...Array.from({ length: 50 }, (_, value) => ({ at: START, value })), second(5)]
    for (const until of [START + 1n, START + 10_000_000n]) {
      const range = window(ticks(START), ticks(until))
      const cut = new Server(rows, { ...strict, cap: 20, capContinues: false })
      expect(() => readAll(new Pager(range, 1000, new AnswerSize(true)), cut, never)).toThrow('group-too-large')
      const whole = new Server(rows, strict)
      const pages = readAll(new Pager(range, 1000, new AnswerSize(true)), whole, never)
      expect(pages.flatMap((page) => page.samples)).toHaveLength(50)
    }
  })

  test('a row that arrives behind a doubtful group does not make it one too large', () => {
    const pager = new Pager(wide, 10, new AnswerSize(true))
    const ties = numbered([
      { at: START, value: 1 },
      { at: START, value: 2 },
    ])
    const late = numbered([second(1)])
    pager.next()
    expect(pager.answered({ samples: ties, continues: false }).kind).toBe('more')
    pager.next()
    expect(pager.answered({ samples: late, continues: false }).kind).toBe('more')
    pager.next()
    expect(pager.answered({ samples: [...ties, ...late], continues: false })).toMatchObject({ samples: ties })
  })

  test('does not follow continuation points that lead nowhere, or back', () => {
    const pager = new Pager(wide, 10, new AnswerSize(true))
    pager.next()
    let outcome = pager.answered({ samples: [], continues: true })
    for (let i = 0; i < 30 && outcome.kind === 'more'; i++) outcome = pager.answered({ samples: [], continues: true })
    expect(outcome.kind).toBe('contradiction')
    expect(pager.next().kind).toBe('fresh')
    pager.answered({ samples: numbered([second(5)]), continues: true })
    expect(pager.answered({ samples: numbered([second(4)]), continues: false }).kind).toBe('contradiction')
  })

  test('looks again when rows it has seen are gone, and then believes it', () => {
    const pager = new Pager(wide, 10, new AnswerSize(true))
    pager.next()
    expect(pager.answered({ samples: numbered([second(1), second(2)]), continues: false }).kind).toBe('deliver')
    pager.next()
    expect(pager.answered({ samples: [], continues: false }).kind).toBe('contradiction')
    pager.next()
    expect(pager.answered({ samples: [], continues: false })).toMatchObject({ kind: 'deliver', end: true, samples: [] })
  })

  test('reads from the first day of the clock on, to its end', () => {
    const asked = (from: bigint): Ask =>
      new Pager(window(ticks(from), ticks(26n * 10n ** 17n)), 10, new AnswerSize(true)).next()
    expect(asked(-(10n ** 17n))).toMatchObject({ from: -(10n ** 17n), until: 2_534_023_007_999_999_999n })
    // 1601-01-02: at 1601-01-01 itself a start is none.
    expect(asked(-(10n ** 18n))).toMatchObject({ kind: 'fresh', from: -116_443_872_000_000_000n })
  })

  test('asks for less than the server refused, from then on', () => {
    const size = new AnswerSize(true)
    const pager = new Pager(wide, 1000, size)
    expect(pager.next()).toMatchObject({ rows: 1000 })
    expect(pager.shrink()).toBe(true)
    expect(pager.next()).toMatchObject({ rows: 500 })
    expect(new Pager(wide, 1000, size).next()).toMatchObject({ rows: 500 })
  })
})
