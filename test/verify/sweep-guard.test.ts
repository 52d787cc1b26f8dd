/** A historian that stops showing what it holds, and one that is asked for counts first. */
import { describe, expect, it } from 'vitest'
import { COUNTED_FROM_ROWS } from '../../src/verify/count-first.ts'
import { testTag } from '../harness/memory-source.ts'
import { at, CopiedHistorian, sample, span, WIDTH } from './copied-historian.ts'

const [A, B] = [testTag(1), testTag(2)]
const nothing = { late: 0, edited: 0, deleted: 0 }

describe('a historian that shows less than it did', () => {
  async function copied(...counts: number[]): Promise<CopiedHistorian> {
    const tags = counts.map((_, i) => testTag(i + 1))
    const historian = await CopiedHistorian.of(...tags)
    for (const [i, tag] of tags.entries()) {
      const perTick = counts[i]! / 100
      historian.hold(
        tag,
        Array.from({ length: counts[i]! }, (_, n) => sample(Math.floor(n / perTick), n)),
      )
      await historian.cover(tag, span(0, 100))
    }
    return historian
  }

  it('is not believed: nothing is deleted, the difference is recorded, the tag named', async () => {
    const historian = await copied(3_000, 100)
    historian.insert(B, sample(5, -1))
    const held = historian.held(A)
    historian.store.dirty.mark(A.id, span(5, 6), 'hint')
    historian.remove(A, ({ ticks }) => ticks >= 40n)
    const outcome = await historian.sweep()
    expect(outcome.failures).toMatchObject([{ tag: A.id, code: 'BANYAN_SOURCE_PROTOCOL' }])
    expect(outcome.failures[0]!.message).toContain('1200 of the 3000')
    expect(outcome).toMatchObject({ revisions: { late: 1, edited: 0, deleted: 0 }, findings: 6 })
    expect(historian.correctionsOf(A)).toEqual([])
    expect(historian.store.findings.totals()).toEqual({ cells: 6, late: 0, edited: 0, deleted: 1_800 })
    expect(historian.store.dirty.get(A.id)).toBeDefined()

    historian.hold(A, held)
    expect((await historian.sweep()).failures).toEqual([])
    expect(historian.store.findings.list(10)).toEqual([])
    expect(historian.store.dirty.get(A.id)).toBeUndefined()
    for (const tag of [A, B]) historian.expectEqual(tag, span(0, 100))
  })

  it('is believed when a person says so', async () => {
    const historian = await copied(3_000)
    historian.remove(A, ({ ticks }) => ticks >= 40n)
    await historian.sweep()
    const outcome = await historian.sweep({}, { acceptDeletions: true })
    expect(outcome).toMatchObject({ revisions: { late: 0, edited: 0, deleted: 1_800 }, findings: 0, failures: [] })
    historian.expectEqual(A, span(0, 100))
    expect(historian.store.findings.list(10)).toEqual([])
  })

  it('is believed in small things', async () => {
    const historian = await copied(3_000)
    historian.remove(A, ({ ticks }) => ticks === 40n || ticks === 41n)
    const outcome = await historian.sweep()
    expect(outcome).toMatchObject({ revisions: { late: 0, edited: 0, deleted: 60 }, failures: [] })
    historian.expectEqual(A, span(0, 100))
  })

  it('is not believed when many histories end earlier together, while the tail goes on', async () => {
    const historian = await copied(...Array.from({ length: 40 }, () => 100))
    for (const tag of historian.tags) historian.remove(tag, ({ ticks }) => ticks >= 85n)
    let isFirst = true
    const outcome = await historian.sweep(
      {},
      {
        project: async (signal) => {
          if (isFirst) for (const tag of historian.tags) await historian.cover(tag, span(100, 105))
          isFirst = false
          await historian.fold(signal)
        },
      },
    )
    expect(outcome.failures).toHaveLength(40)
    expect(outcome.revisions).toEqual(nothing)
    expect(historian.amender.entries).toEqual([])
  })

  it('is believed where it takes back its latest values and shows newer ones', async () => {
    const historian = await copied(...Array.from({ length: 8 }, () => 100))
    for (const tag of historian.tags) {
      historian.remove(tag, ({ ticks }) => ticks >= 95n)
      historian.insert(tag, sample(103, 1))
    }
    const outcome = await historian.sweep()
    expect(outcome).toMatchObject({ revisions: { ...nothing, deleted: 40 }, failures: [] })
  })

  it('is not believed when sparse tags fall empty together', async () => {
    const historian = await copied(...Array.from({ length: 8 }, () => 100))
    for (const tag of historian.tags) historian.remove(tag, ({ ticks }) => ticks >= 40n && ticks < 80n)
    const outcome = await historian.sweep()
    expect(outcome.failures).toHaveLength(8)
    expect(outcome.revisions).toEqual(nothing)
    expect(outcome.findings).toBe(32)
  })
})

describe('counts', () => {
  const CELLS = 20n
  const PER_TICK = Math.ceil(COUNTED_FROM_ROWS / Number(CELLS * WIDTH))

  async function dense(coveredFrom = 0): Promise<CopiedHistorian> {
    const historian = await CopiedHistorian.of(A)
    historian.hold(
      A,
      Array.from({ length: PER_TICK * Number(CELLS * WIDTH) }, (_, n) => sample(Math.floor(n / PER_TICK), n)),
    )
    await historian.cover(A, span(coveredFrom, CELLS * WIDTH))
    return historian
  }

  it('say where to look first; everything is read all the same', async () => {
    const historian = await dense()
    historian.insert(A, sample(125, -1))
    historian.edit(A, 33, -2)
    const outcome = await historian.sweep()
    expect(historian.source.counted).toHaveLength(1)
    expect(historian.source.reads[0]!.window).toEqual(span(120, 130))
    expect(outcome).toMatchObject({ cells: 20, revisions: { late: 1, edited: PER_TICK, deleted: 0 }, repairedTags: 1 })
    historian.expectEqual(A, span(0, CELLS * WIDTH))
  })

  it('are asked of tags with many samples only', async () => {
    const historian = await CopiedHistorian.of(B)
    historian.hold(B, [sample(1, 1)])
    await historian.cover(B, span(0, 100))
    await historian.sweep()
    expect(historian.source.counted).toEqual([])
  })

  it('are not asked again of a tag the historian counts otherwise', async () => {
    const historian = await dense()
    historian.source.count = async (_tag, windows) => windows.map(() => 1_000_000)
    expect((await historian.sweep()).revisions).toEqual(nothing)
    historian.source.count = () => expect.fail('asked again')
    expect((await historian.sweep()).revisions).toEqual(nothing)
  })

  it('are not needed where the historian cannot tell', async () => {
    const historian = await dense()
    historian.insert(A, sample(125, -1))
    historian.source.counts = false
    expect((await historian.sweep()).revisions).toEqual({ ...nothing, late: 1 })
  })

  it('are not needed where the historian refuses them', async () => {
    const historian = await dense()
    historian.insert(A, sample(125, -1))
    historian.source.nextFault = () => {
      historian.source.nextFault = () => undefined
      return 'BANYAN_SOURCE_REJECTED'
    }
    expect(await historian.sweep()).toMatchObject({ revisions: { late: 1 }, failures: [] })
  })

  it('are not asked when nothing is corrected', async () => {
    const historian = await dense()
    await historian.sweep({}, { mode: 'report' })
    expect(historian.source.counted).toEqual([])
  })

  it('are asked of cells that are compared whole', async () => {
    const historian = await dense(-7)
    historian.settled = at(195)
    await historian.sweep()
    const [counted] = historian.source.counted
    expect(counted!.windows).toEqual(Array.from({ length: 19 }, (_, i) => span(i * 10, i * 10 + 10)))
  })
})
