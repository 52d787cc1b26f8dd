import { describe, expect, it } from 'vitest'
import { noticeChanges, type NoticeParts, type Notices } from '../../src/verify/summary-notices.ts'
import { testTag } from '../harness/memory-source.ts'
import { CopiedHistorian, sample, span, WIDTH } from './copied-historian.ts'
import { ALL, cell, VerifiedHistorian } from './verified-historian.ts'

const A = testTag(1)
const never = new AbortController().signal

class Noticing extends VerifiedHistorian {
  /** A sample every other tick of a thousand, proven equal, and summarised before that. */
  static async prepare(): Promise<Noticing> {
    const copied = await CopiedHistorian.of(A)
    copied.hold(
      A,
      Array.from({ length: 450 }, (_, i) => sample(2 * i, i)),
    )
    await copied.cover(A, ALL)
    const historian = new Noticing(copied)
    await historian.notice()
    await historian.verify()
    expect(historian.green()).toBe(100)
    return historian
  }

  notice(parts: Partial<NoticeParts> = {}): Promise<Notices> {
    const { source, store } = this.copied
    return noticeChanges(A, [ALL], { source, store, cellWidth: WIDTH, ...parts }, never)
  }

  green(): number {
    return this.state(A).verdicts.match
  }

  /** The values of times 100 and 102, both of the cell at 100. */
  swap(): void {
    const others = this.copied.held(A).filter(({ ticks }) => ticks !== 100n && ticks !== 102n)
    this.copied.hold(A, [...others, sample(100, 51), sample(102, 50)])
  }

  async sweepDoubtful(): Promise<void> {
    await this.copied.sweep({ lookBackFrom: undefined })
  }
}

describe('a changed summary', () => {
  it('makes the cell doubtful, and no other; what was asked about before is asked again', async () => {
    const historian = await Noticing.prepare()
    expect(await historian.notice()).toEqual({ cells: 100, changed: 0 })
    expect(historian.green()).toBe(100)
    historian.copied.edit(A, 100, -7)
    expect(historian.green()).toBe(100)
    expect(await historian.notice()).toEqual({ cells: 100, changed: 1 })
    expect(historian.green()).toBe(99)
    expect(cell(historian.state(A), 100)).toBe('pending: doubted-since')
  })

  it('of an edit is a mismatch once the cell is read', async () => {
    const historian = await Noticing.prepare()
    historian.copied.edit(A, 100, -7)
    await historian.notice()
    const { rows } = await historian.verify({ tags: [{ tag: A.id, expected: ALL, windows: [span(100, 110)] }] })
    expect(rows).toBeLessThan(50)
    expect(cell(historian.state(A), 100)).toBe('mismatch')
  })

  it('of an edit, a deletion and an insertion into an empty stretch leads to corrections', async () => {
    const historian = await Noticing.prepare()
    historian.copied.edit(A, 100, -7)
    historian.copied.remove(A, ({ ticks }) => ticks === 200n)
    historian.copied.insert(A, sample(955, 1))
    // Nothing tells a sweep of it.
    await historian.sweepDoubtful()
    expect(historian.copied.correctionsOf(A)).toEqual([])
    expect(await historian.notice()).toEqual({ cells: 100, changed: 3 })
    await historian.sweepDoubtful()
    historian.copied.expectEqual(A, ALL)
    await historian.verify()
    expect(historian.green()).toBe(100)
    expect(await historian.notice()).toEqual({ cells: 100, changed: 0 })
  })

  it('is noticed again by nobody but who changes it again', async () => {
    const historian = await Noticing.prepare()
    historian.copied.edit(A, 100, -7)
    await historian.notice()
    await historian.sweepDoubtful()
    await historian.verify()
    expect(await historian.notice()).toEqual({ cells: 100, changed: 0 })
    historian.copied.edit(A, 100, -8)
    expect(await historian.notice()).toEqual({ cells: 100, changed: 1 })
  })
})

describe('an equal summary', () => {
  it('hides two values that were swapped, which only reading finds', async () => {
    const historian = await Noticing.prepare()
    historian.swap()
    expect(await historian.notice()).toEqual({ cells: 100, changed: 0 })
    expect(historian.green()).toBe(100)
    await historian.verify()
    expect(cell(historian.state(A), 100)).toBe('mismatch')
  })

  it('makes nothing green, and no verdict newer', async () => {
    const historian = await Noticing.prepare()
    const { copied } = historian
    copied.store.dirty.mark(A.id, span(300, 320), 'hint')
    const { lookedAt, verdicts } = historian.state(A)
    expect(verdicts.match).toBe(98)
    await historian.notice()
    expect(historian.state(A)).toMatchObject({ lookedAt, verdicts })
  })
})

describe('a historian that sums up differently although nothing changed', () => {
  it('costs a reading, and gives no false alarm', async () => {
    const historian = await Noticing.prepare()
    const { source } = historian.copied
    source.summaryOf = (samples) => `${samples.length} other rounding`
    expect(await historian.notice()).toEqual({ cells: 100, changed: 100 })
    await historian.verify()
    expect(historian.green()).toBe(100)
    expect(await historian.notice()).toEqual({ cells: 100, changed: 0 })
  })

  it('every time is believed no more after the second, until the cell has changed', async () => {
    const historian = await Noticing.prepare()
    const { source } = historian.copied
    let asked = 0
    source.summaryOf = () => String(asked)
    for (const changed of [100, 100, 0, 0]) {
      asked += 1
      expect(await historian.notice()).toEqual({ cells: 100, changed })
      await historian.verify()
      expect(historian.green()).toBe(100)
    }
    historian.copied.edit(A, 100, -7)
    historian.copied.store.dirty.mark(A.id, span(100, 110), 'hint')
    await historian.sweepDoubtful()
    await historian.verify()
    // Steady from here on.
    expect(await historian.notice()).toMatchObject({ changed: 0 })
    asked += 1
    expect(await historian.notice()).toEqual({ cells: 100, changed: 1 })
  })
})

describe('an answer that does not come', () => {
  it('is no doubt and no proof', async () => {
    const historian = await Noticing.prepare()
    historian.copied.edit(A, 100, -7)
    historian.copied.source.nextFault = () => 'BANYAN_SOURCE_UNAVAILABLE'
    await expect(historian.notice()).rejects.toThrow('BANYAN_SOURCE_UNAVAILABLE')
    expect(historian.green()).toBe(100)
    historian.copied.source.nextFault = () => undefined
    expect(await historian.notice()).toEqual({ cells: 100, changed: 1 })
  })

  it('because the historian cannot tell changes nothing that is remembered', async () => {
    const historian = await Noticing.prepare()
    const { source } = historian.copied
    source.counts = false
    expect(await historian.notice()).toEqual({ cells: 0, changed: 0 })
    historian.copied.edit(A, 100, -7)
    source.counts = true
    expect(await historian.notice()).toEqual({ cells: 100, changed: 1 })
  })
})

it('that dies between asking and marking has forgotten nothing', async () => {
  const historian = await Noticing.prepare()
  const { store } = historian.copied
  historian.copied.edit(A, 100, -7)
  const dying: NoticeParts['store'] = {
    ...store,
    dirty: Object.assign(Object.create(store.dirty) as typeof store.dirty, {
      markAll: () => {
        throw new Error('killed')
      },
    }),
  }
  await expect(historian.notice({ store: dying })).rejects.toThrow('killed')
  expect(await historian.notice()).toEqual({ cells: 100, changed: 1 })
})

it('asks about whole cells only', async () => {
  const historian = await Noticing.prepare()
  const { source, store } = historian.copied
  source.summarised = []
  await noticeChanges(A, [span(5, 35)], { source, store, cellWidth: WIDTH }, never)
  expect(source.summarised).toEqual([{ tag: A, windows: [span(10, 20), span(20, 30)] }])
})
