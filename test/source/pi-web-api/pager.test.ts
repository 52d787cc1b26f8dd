import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Sample } from '../../../src/domain/sample.ts'
import { ticks, type Ticks } from '../../../src/domain/ticks.ts'
import { window, type Window } from '../../../src/domain/window.ts'
import { askedPage, GRID_STEP, judgePage, startOf, type ReadPosition } from '../../../src/source/pi-web-api/pager.ts'
import type { SamplePage } from '../../../src/source/source.ts'

/** A model of the historian's archive: grid places, and events that remember who they are. */
interface ModelEvent {
  readonly grid: bigint
  readonly identity: number
}
interface Model {
  readonly events: readonly ModelEvent[]
  readonly parse: 'floor' | 'round'
  readonly shuffle: (events: ModelEvent[]) => ModelEvent[]
}

const GRID_PER_SECOND = 65_536n
const TICKS_PER_SECOND = 10_000_000n

/** The way the historian prints a grid place: rounded down to 100 ns. */
function printed(grid: bigint): Ticks {
  return ticks((grid * TICKS_PER_SECOND) / GRID_PER_SECOND)
}

function parsed(at: bigint, how: Model['parse']): bigint {
  const half = how === 'round' ? TICKS_PER_SECOND / 2n : 0n
  return (at * GRID_PER_SECOND + half) / TICKS_PER_SECOND
}

/** Closed range, at most `maxCount`, ties in any order: what `recorded` with boundary type Inside answers. */
function recorded(model: Model, from: bigint, through: bigint, maxCount: number): Sample[] {
  const first = parsed(from, model.parse)
  const last = parsed(through, model.parse)
  const inside = model.events.filter((event) => event.grid >= first && event.grid <= last)
  return groupsOf(inside)
    .flatMap((group) => model.shuffle(group).map((event, ord) => sampleOf(event, ord)))
    .slice(0, maxCount)
}

function groupsOf(events: readonly ModelEvent[]): ModelEvent[][] {
  const groups: ModelEvent[][] = []
  for (const event of events) {
    const group = groups.at(-1)
    if (group?.[0]?.grid === event.grid) group.push(event)
    else groups.push([event])
  }
  return groups
}

function sampleOf({ grid, identity }: ModelEvent, ord: number): Sample {
  return { ticks: printed(grid), ord, type: 'int32', value: identity, status: 0, flags: 0 }
}

function readWindow(model: Model, range: Window, pageSize: number): SamplePage[] {
  const pages: SamplePage[] = []
  let position: ReadPosition = startOf(range)
  let size = pageSize
  for (;;) {
    const asked = askedPage(range, position)
    const rows = recorded(model, asked.from, asked.through, size)
    const outcome = judgePage(range, position, rows, rows.length >= size)
    switch (outcome.kind) {
      case 'contradiction':
        throw new Error(outcome.problem)
      case 'grow':
        size *= 2
        break
      case 'skip':
        position = outcome.next
        break
      case 'deliver':
        pages.push(outcome.page)
        if (outcome.next === 'end') return pages
        position = outcome.next
        size = pageSize
        break
    }
  }
}

const models = fc
  .record({
    // Mostly neighbours on the grid, and groups of up to eight.
    steps: fc.array(fc.tuple(fc.bigInt({ min: 1n, max: 4n }), fc.integer({ min: 1, max: 8 })), { maxLength: 25 }),
    parse: fc.constantFrom('floor' as const, 'round' as const),
    seed: fc.integer(),
  })
  .map(({ steps, parse, seed }): Model => {
    const events: ModelEvent[] = []
    let grid = 1_000_000n
    for (const [step, size] of steps) {
      grid += step
      for (let i = 0; i < size; i++) events.push({ grid, identity: events.length })
    }
    let state = seed
    const next = (): number => (state = (state * 1_103_515_245 + 12_345) & 0x7fffffff)
    return { events, parse, shuffle: (group) => group.toSorted(() => (next() % 2 === 0 ? 1 : -1)) }
  })

const START = printed(1_000_000n)

const placeOf = ({ ticks: at, ord }: Sample): string => `${at}/${ord}`

/** The places samples have that stand in ascending order, each tick's numbered from 0. */
function placesOf(samples: readonly Sample[]): string[] {
  const seen = new Map<bigint, number>()
  return samples
    .map((sample) => sample.ticks)
    .toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    .map((at) => {
      const ord = seen.get(at) ?? 0
      seen.set(at, ord + 1)
      return placeOf({ ticks: at, ord } as Sample)
    })
}

describe('pager', () => {
  it('reads adjoining windows into exactly the truth, whatever the ties, page size and time parsing', () => {
    const cuts = fc.array(fc.bigInt({ min: 0n, max: 20_000n }), { maxLength: 4 })
    fc.assert(
      fc.property(models, fc.integer({ min: 1, max: 40 }), cuts, (model, pageSize, offsets) => {
        const edges = [-500n, 20_001n, ...offsets].map((offset) => START + offset)
        const sorted = [...new Set(edges)].toSorted((a, b) => (a < b ? -1 : 1))
        const windows = sorted.slice(1).map((until, i) => window(ticks(sorted[i]!), ticks(until)))
        const pages = windows.flatMap((range) => readWindow(model, range, pageSize))
        const samples = pages.flatMap((page) => page.samples)

        expect(samples.map((sample) => sample.value as number).toSorted((a, b) => a - b)).toEqual(
          model.events.map((event) => event.identity),
        )
        expect(samples.map(placeOf)).toEqual(placesOf(samples))
        expect(pages.map((page) => page.covers.from)).toEqual([
          sorted[0],
          ...pages.slice(0, -1).map((page) => page.covers.until),
        ])
        expect(pages.at(-1)!.covers.until).toBe(sorted.at(-1))
        const strays = pages.flatMap(({ covers, samples: rows }) =>
          rows.filter((row) => row.ticks < covers.from || row.ticks >= covers.until),
        )
        expect(strays).toEqual([])
      }),
      { numRuns: 1_000 },
    )
  })

  const range = window(ticks(1_000_000n), ticks(2_000_000n))
  const at = (...times: bigint[]): Sample[] => {
    let ord = 0
    return times.map((time, i) => {
      ord = i > 0 && times[i - 1] === time ? ord + 1 : 0
      return { ticks: ticks(time), ord, type: 'int32', value: i, status: 0, flags: 0 }
    })
  }

  it('asks one grid step beyond the window', () => {
    expect(askedPage(range, startOf(range))).toEqual({ from: range.from, through: range.until + GRID_STEP })
  })

  it('holds back the last group of a full page', () => {
    const outcome = judgePage(range, startOf(range), at(1_000_000n, 1_000_500n, 1_000_500n), true)
    expect(outcome).toMatchObject({
      kind: 'deliver',
      page: { covers: { from: range.from, until: 1_000_500n }, samples: [{ value: 0 }] },
      next: { resumeAt: 1_000_500n },
    })
  })

  it('believes a short page to be the end', () => {
    const outcome = judgePage(range, startOf(range), at(1_000_500n), false)
    expect(outcome).toMatchObject({ kind: 'deliver', page: { covers: range }, next: 'end' })
  })

  it('asks for more when a full page is one tick', () => {
    expect(judgePage(range, startOf(range), at(1_000_000n, 1_000_000n), true)).toEqual({ kind: 'grow' })
  })

  it('drops rows within one grid step of the asked range, and refuses rows beyond', () => {
    const stray = judgePage(range, startOf(range), at(range.from - GRID_STEP, range.until + 2n * GRID_STEP), false)
    expect(stray).toMatchObject({ kind: 'deliver', page: { samples: [] }, next: 'end' })
    expect(judgePage(range, startOf(range), at(range.from - GRID_STEP - 1n), false).kind).toBe('contradiction')
    expect(judgePage(range, startOf(range), at(range.until + 2n * GRID_STEP + 1n), false).kind).toBe('contradiction')
  })
})
