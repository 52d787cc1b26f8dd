import { beforeEach, describe, expect, it } from 'vitest'
import { CurrentTags } from '../../src/daemon/current-tags.ts'
import { SummaryRound } from '../../src/daemon/summary-round.ts'
import type { Tag } from '../../src/domain/tag.ts'
import type { Store } from '../../src/store/store.ts'
import type { TagNeed } from '../../src/verify/planner.ts'
import { MemorySource, testTag } from '../harness/memory-source.ts'
import { openTemporaryStore, temporaryFile } from '../store/temporary-store.ts'
import { at, sample, span, WIDTH } from '../verify/copied-historian.ts'

const never = new AbortController().signal
const [A, B, C] = [testTag(1), testTag(2), testTag(3)]
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** What one turn takes. */
const TURN_CELLS = 20_000
const TURN_SAMPLES = 5_000_000

let store: Store
let source: MemorySource
let nowMs: number
let round: SummaryRound

beforeEach(() => {
  store = openTemporaryStore(temporaryFile())
  source = new MemorySource()
  nowMs = 0
  round = newRound()
})

function newRound(): SummaryRound {
  const tags = new CurrentTags()
  tags.set([A, B, C])
  return new SummaryRound({ source, store, tags, cellWidth: WIDTH, clock: () => nowMs })
}

/** A tag of which so many cells, from time 0 on, were compared. */
function need(tag: Tag, cells: number, rest: Partial<TagNeed> = {}): TagNeed {
  const checked = cells === 0 ? [] : [{ window: span(0, BigInt(cells) * WIDTH), atMs: 0 }]
  return { tag: tag.id, isServed: false, doubtful: [], unchecked: [], undrawn: [], checked, rowsPerCell: 1, ...rest }
}

/** Cells asked about since the last call, by tag name. */
function asked(): Record<string, number> {
  const cells: Record<string, number> = {}
  for (const { tag, windows } of source.summarised) cells[tag.name] = (cells[tag.name] ?? 0) + windows.length
  source.summarised = []
  return cells
}

describe('a turn', () => {
  it('asks about all that was compared and is not doubtful', async () => {
    const doubted = need(B, 100, { doubtful: [span(100, 200)], unchecked: [span(900, 1_000)] })
    expect(await round.turn([need(A, 100), doubted, need(C, 0)], never)).toBe(true)
    expect(asked()).toEqual({ TAG1: 100, TAG2: 80 })
    expect(round.noticed).toEqual({ cells: 180, changed: 0 })
  })

  it('that has no room for all goes on where the last one stopped, also after a restart', async () => {
    const needs = [need(A, 15_000), need(B, 15_000)]
    expect(await round.turn(needs, never)).toBe(false)
    expect(asked()).toEqual({ TAG1: 15_000, TAG2: 5_000 })
    round = newRound()
    expect(await round.turn(needs, never)).toBe(false)
    expect(asked()).toEqual({ TAG2: 10_000, TAG1: 10_000 })
    await round.turn(needs, never)
    expect(asked()).toEqual({ TAG1: 5_000, TAG2: 15_000 })
  })

  it('minds what the historian has to read, and still asks about one cell', async () => {
    await round.turn([need(A, 100, { rowsPerCell: TURN_SAMPLES / 10 })], never)
    expect(asked()).toEqual({ TAG1: 10 })
    await round.turn([need(B, 100, { rowsPerCell: 2 * TURN_SAMPLES })], never)
    expect(asked()).toEqual({ TAG2: 1 })
  })

  it('minds the calls where cells lie scattered', async () => {
    const scattered = Array.from({ length: 1_000 }, (_, i) => ({ window: span(20 * i, 20 * i + 10), atMs: 0 }))
    await round.turn([need(A, 0, { checked: scattered })], never)
    expect(asked()).toEqual({ TAG1: 200 })
    await round.turn([need(A, 0, { checked: scattered })], never)
    expect(source.summarised.length).toBe(1)
    expect(source.summarised[0]!.windows[0]).toEqual(span(4_000, 4_010))
  })

  it('leaves out what cannot be asked about, without a doubt, and for half an hour', async () => {
    const needs = [need(A, 10), need(B, 10)]
    source.nextFault = (tag) => (tag === A ? 'BANYAN_SOURCE_PROTOCOL' : undefined)
    expect(await round.turn(needs, never)).toBe(true)
    expect(round.noticed).toEqual({ cells: 10, changed: 0 })
    expect(store.dirty.count('test')).toBe(0)
    source.nextFault = () => undefined
    asked()
    await round.turn(needs, never)
    expect(asked()).toEqual({ TAG2: 10 })
    nowMs = HOUR_MS / 2
    await round.turn(needs, never)
    expect(asked()).toEqual({ TAG1: 10, TAG2: 10 })
  })

  it('that fails as a whole is taken again from where it began', async () => {
    const needs = [need(A, TURN_CELLS), need(B, 10)]
    source.nextFault = () => 'BANYAN_SOURCE_UNAUTHORIZED'
    await expect(round.turn(needs, never)).rejects.toThrow('BANYAN_SOURCE_UNAUTHORIZED')
    source.nextFault = () => undefined
    source.summarised = []
    await round.turn(needs, never)
    expect(asked()).toEqual({ TAG1: TURN_CELLS })
  })

  it('goes on with the next tag when the one it stopped at is gone', async () => {
    await round.turn([need(A, 10), need(B, TURN_CELLS), need(C, 10)], never)
    asked()
    await round.turn([need(A, 10), need(C, 10)], never)
    expect(asked()).toEqual({ TAG3: 10, TAG1: 10 })
  })
})

describe('turns', () => {
  it('are due a minute after one another, and an hour after one that went all the way round', async () => {
    const large = [need(A, 2 * TURN_CELLS)]
    await round.turnIfDue(large, never)
    expect(asked()).toEqual({})
    nowMs = MINUTE_MS
    await round.turnIfDue(large, never)
    await round.turnIfDue(large, never)
    expect(asked()).toEqual({ TAG1: TURN_CELLS })
    nowMs += MINUTE_MS
    await round.turnIfDue([need(A, 10)], never)
    asked()
    nowMs += HOUR_MS - 1
    await round.turnIfDue([need(A, 10)], never)
    expect(asked()).toEqual({})
    nowMs += 1
    await round.turnIfDue([need(A, 10)], never)
    expect(asked()).toEqual({ TAG1: 10 })
  })

  it('wait for what is doubtful already to be compared', async () => {
    nowMs = MINUTE_MS
    const doubtful = need(B, 0, { doubtful: [span(0, 10_010)], rowsPerCell: 1_000 })
    await round.turnIfDue([need(A, 10), doubtful], never)
    expect(asked()).toEqual({})
    await round.turnIfDue([need(A, 10), { ...doubtful, doubtful: [span(0, 10_000)] }], never)
    expect(asked()).toEqual({ TAG1: 10 })
  })
})

it('asks about what is read next, so that a change after the reading shows', async () => {
  await round.before([{ tag: A.id, windows: [span(0, 100)] }], never)
  source.archive.set(A.id, [sample(15, 1)])
  expect(await round.turn([need(A, 10)], never)).toBe(true)
  expect(round.noticed).toEqual({ cells: 20, changed: 1 })
  expect(store.dirty.get(A.id)?.windows).toEqual([{ from: at(10), until: at(20) }])
})
