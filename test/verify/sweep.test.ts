import { describe, expect, it, vi } from 'vitest'
import type { ErrorCode } from '../../src/domain/errors.ts'
import type { Tag } from '../../src/domain/tag.ts'
import { testTag } from '../harness/memory-source.ts'
import { at, CopiedHistorian, sample, span } from './copied-historian.ts'

const [A, B, C] = [testTag(1), testTag(2), testTag(3)]
const DAY = span(0, 100)

/** Tags with a sample every other tick of a hundred, copied. */
async function copied(...tags: Tag[]): Promise<CopiedHistorian> {
  const historian = await CopiedHistorian.of(...tags)
  for (const tag of tags) {
    historian.hold(
      tag,
      Array.from({ length: 50 }, (_, i) => sample(2 * i, i)),
    )
    await historian.cover(tag, DAY)
  }
  return historian
}

const nothing = { late: 0, edited: 0, deleted: 0 }

describe('a sweep', () => {
  it('finds nothing where nothing changed, appends nothing, and reads what the windows hold', async () => {
    const historian = await copied(A, B)
    const appends = historian.log.appends
    const outcome = await historian.sweep()
    expect(outcome).toEqual({
      cells: 20,
      rows: 100,
      revisions: nothing,
      repairedTags: 0,
      findings: 0,
      postponed: [],
      isLessDoubtful: false,
      failures: [],
    })
    expect(historian.log.appends).toBe(appends)
    expect(historian.source.reads.map(({ tag, window }) => ({ tag, window }))).toEqual([
      { tag: A, window: DAY },
      { tag: B, window: DAY },
    ])
  })

  it('corrects what is late, edited and deleted, each as the contract says', async () => {
    const historian = await copied(A, B)
    historian.insert(A, sample(5, 99))
    historian.edit(A, 8, 77)
    historian.remove(B, ({ ticks }) => ticks === 40n)
    const outcome = await historian.sweep()
    expect(outcome.revisions).toEqual({ late: 1, edited: 1, deleted: 1 })
    expect(outcome.repairedTags).toBe(2)
    expect(historian.correctionsOf(A)).toEqual([
      { sample: sample(5, 99), rev: 0, op: 'put' },
      {
        sample: { ...sample(8, 77), status: 0x960000, flags: 2 },
        rev: 1,
        op: 'put',
        before: { type: 'float64', value: 4, status: 0, flags: 0 },
      },
    ])
    for (const tag of [A, B]) historian.expectEqual(tag, DAY)
    const appends = historian.log.appends
    expect((await historian.sweep()).revisions).toEqual(nothing)
    expect(historian.log.appends).toBe(appends)
  })

  it('follows ties that grow, shrink and come back', async () => {
    const historian = await copied(A)
    for (const values of [[4, 5, 6], [5], [], [7, 4], [4, 7, 7]]) {
      historian.remove(A, ({ ticks }) => ticks === 8n)
      historian.insert(A, ...values.map((value) => sample(8, value)))
      await historian.sweep()
      historian.expectEqual(A, DAY)
    }
  })

  it('appends one entry per tag, however many cells differ', async () => {
    const historian = await copied(A, B, C)
    for (const tag of [A, C]) historian.insert(tag, ...[1, 15, 33, 91].map((n) => sample(n, 0)))
    await historian.sweep()
    expect(historian.amender.entries.map(({ tag, corrections }) => [tag, corrections.length])).toEqual([
      [A.id, 4],
      [C.id, 4],
    ])
  })

  it('reads a dense tag in whole cells that fit a page, and each row once', async () => {
    const historian = await copied(A)
    const { rows } = await historian.sweep({}, { pageSize: 20 })
    expect(rows).toBe(50)
    expect(historian.source.reads.map(({ window }) => window)).toEqual([
      span(0, 30),
      span(30, 60),
      span(60, 90),
      span(90, 100),
    ])
  })

  it('takes a history of years in parts', async () => {
    const historian = await CopiedHistorian.of(A)
    historian.hold(
      A,
      [5, 20_475, 20_485, 29_999].map((n) => sample(n, n)),
    )
    await historian.cover(A, span(0, 30_000))
    historian.edit(A, 20_475, -1)
    historian.edit(A, 20_485, -1)
    const outcome = await historian.sweep()
    expect(outcome).toMatchObject({ cells: 3_000, revisions: { ...nothing, edited: 2 } })
    expect(historian.source.reads.slice(0, 2).map(({ window }) => window)).toEqual([
      span(0, 20_480),
      span(20_480, 30_000),
    ])
    historian.expectEqual(A, span(0, 30_000))
  })

  it('looks at covered and settled windows only, and leaves alone what the log has elsewhere', async () => {
    const historian = await CopiedHistorian.of(A)
    historian.hold(
      A,
      Array.from({ length: 100 }, (_, n) => sample(n, n)),
    )
    await historian.cover(A, span(3, 17))
    await historian.cover(A, span(24, 48))
    historian.settled = at(45)
    historian.edit(A, 46, -1)
    historian.edit(A, 20, -1)
    historian.edit(A, 16, -1)
    const outcome = await historian.sweep()
    expect(outcome.revisions).toEqual({ ...nothing, edited: 1 })
    expect(historian.source.reads.every(({ window }) => window.until <= 45n)).toBe(true)
    // Put back, what was neither covered nor settled is as the log has it.
    historian.hold(
      A,
      historian.held(A).map((one) => (one.ticks === 46n ? sample(46, 46) : one)),
    )
    historian.expectEqual(A, span(3, 17), span(24, 48))
  })

  it('compares the look-back by whole cells', async () => {
    const historian = await copied(A)
    historian.insert(A, sample(39, 1), sample(41, 1))
    const outcome = await historian.sweep({ lookBackFrom: at(47) })
    expect(outcome.cells).toBe(6)
    expect(outcome.revisions).toEqual({ ...nothing, late: 1 })
  })

  it('compares forecasts up to the last one covered', async () => {
    const future = { ...testTag(9), future: true }
    const historian = await CopiedHistorian.of(future)
    historian.hold(future, [sample(10, 1), sample(150, 2)])
    await historian.cover(future, span(0, 151))
    historian.settled = at(100)
    historian.edit(future, 150, 3)
    historian.insert(future, sample(140, 4), sample(160, 5))
    const outcome = await historian.sweep()
    expect(outcome.revisions).toEqual({ ...nothing, late: 1, edited: 1 })
    historian.expectEqual(future, span(0, 151))
  })

  it('has nothing to do for tags the log does not know', async () => {
    const historian = await copied(A)
    historian.hold(B, [sample(1, 1)])
    const outcome = await historian.sweep({ tags: [A, B] })
    expect(outcome.cells).toBe(10)
    expect(outcome.failures).toEqual([])
    expect(historian.recordsOf(B)).toEqual([])
  })
})

describe('many corrections', () => {
  it('go in entries that never cut a tick group', async () => {
    const historian = await CopiedHistorian.of(A)
    await historian.cover(A, span(0, 4_000))
    historian.hold(
      A,
      Array.from({ length: 12_000 }, (_, n) => sample(Math.floor(n / 3), n)),
    )
    const outcome = await historian.sweep()
    // Compared once: an entry builds on the one before.
    expect(outcome).toMatchObject({ cells: 400, revisions: { late: 12_000 } })
    expect(historian.amender.entries.map(({ after, corrections }) => [after, corrections.length])).toEqual([
      [0, 10_002],
      [1, 1_998],
    ])
    historian.expectEqual(A, span(0, 4_000))
  })

  it('are found batch by batch where the cells hold more than one', async () => {
    const historian = await CopiedHistorian.of(A)
    historian.hold(
      A,
      Array.from({ length: 90_000 }, (_, n) => sample(Math.floor(n / 3_000), n)),
    )
    await historian.cover(A, span(0, 30))
    for (const tick of [5, 15, 25]) historian.insert(A, sample(tick, -1))
    const outcome = await historian.sweep()
    expect(outcome.revisions.late).toBe(3)
    expect(historian.amender.entries.map(({ after, corrections }) => [after, corrections.length])).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ])
    historian.expectEqual(A, span(0, 30))
  })
})

describe('dirty windows', () => {
  it('are compared without any look-back, and their marks cleared', async () => {
    const historian = await copied(A, B)
    historian.insert(A, sample(5, 1), sample(55, 1))
    historian.store.dirty.mark(A.id, span(55, 56), 'hint')
    const outcome = await historian.sweep({ lookBackFrom: undefined })
    expect(outcome.cells).toBe(1)
    expect(new Set(historian.source.reads.map(({ tag }) => tag))).toEqual(new Set([A]))
    expect(historian.correctionsOf(A).map(({ sample: { ticks } }) => ticks)).toEqual([55n])
    expect(historian.store.dirty.get(A.id)).toBeUndefined()
  })

  it('are compared whatever the look-back is', async () => {
    const historian = await copied(A)
    historian.insert(A, sample(5, 1))
    historian.store.dirty.mark(A.id, span(5, 6), 'hint')
    const outcome = await historian.sweep({ lookBackFrom: at(90) })
    expect(outcome.cells).toBe(2)
    expect(outcome.revisions.late).toBe(1)
  })

  it('stay marked when the mark was made after the comparison had begun', async () => {
    const historian = await copied(A)
    historian.store.dirty.mark(A.id, span(55, 56), 'hint')
    let isFirst = true
    await historian.sweep(
      { lookBackFrom: undefined },
      {
        project: async (signal) => {
          if (isFirst) historian.store.dirty.mark(A.id, span(55, 56), 'hint')
          isFirst = false
          await historian.fold(signal)
        },
      },
    )
    expect(historian.store.dirty.get(A.id)?.windows).toEqual([span(55, 56)])
  })

  it('stay marked where they are not covered or not settled yet', async () => {
    const historian = await copied(A)
    historian.store.dirty.mark(A.id, span(95, 105), 'clock')
    await historian.sweep({ lookBackFrom: undefined })
    expect(historian.store.dirty.get(A.id)?.windows).toEqual([span(100, 105)])
    expect((await historian.sweep({ lookBackFrom: undefined })).cells).toBe(0)
    await historian.cover(A, span(100, 200))
    historian.settled = at(102)
    await historian.sweep({ lookBackFrom: undefined })
    expect(historian.store.dirty.get(A.id)?.windows).toEqual([span(102, 105)])
    historian.settled = at(105)
    await historian.sweep({ lookBackFrom: undefined })
    expect(historian.store.dirty.get(A.id)).toBeUndefined()
  })

  it('lose what lies below everything covered, unless a job is running that may have read there', async () => {
    const historian = await copied(A)
    const { store } = historian
    const lease = store.lease.acquire('sync')
    const run = store.jobs.start(store.jobs.enqueue('backfill', {}).id, lease)
    store.dirty.mark(A.id, span(-100, 50), 'catalogue')
    await historian.sweep({ lookBackFrom: undefined })
    expect(store.dirty.get(A.id)?.windows).toEqual([span(-100, 0)])
    run.end('done')
    expect(await historian.sweep({ lookBackFrom: undefined })).toMatchObject({ cells: 0, isLessDoubtful: true })
    expect(store.dirty.get(A.id)).toBeUndefined()
  })

  it('stay marked in gaps, and are compared there as soon as they are filled', async () => {
    const historian = await copied(A)
    await historian.cover(A, span(200, 300))
    historian.store.dirty.mark(A.id, span(0, 300), 'catalogue')
    await historian.sweep({ lookBackFrom: undefined })
    expect(historian.store.dirty.get(A.id)?.windows).toEqual([span(100, 200)])
    await historian.cover(A, span(100, 200))
    historian.insert(A, sample(155, 1))
    const outcome = await historian.sweep({ lookBackFrom: undefined })
    expect(outcome).toMatchObject({ cells: 10, revisions: { late: 1 }, isLessDoubtful: true })
    expect(historian.store.dirty.get(A.id)).toBeUndefined()
  })

  it('stay marked when the tag is selected no more', async () => {
    const historian = await copied(A)
    historian.store.dirty.mark(A.id, span(55, 56), 'hint')
    expect((await historian.sweep({}, { tagOf: () => undefined })).cells).toBe(0)
    expect(historian.store.dirty.get(A.id)?.windows).toEqual([span(55, 56)])
  })

  it('stay marked when the tag cannot be read', async () => {
    const historian = await copied(A)
    historian.store.dirty.mark(A.id, span(55, 56), 'hint')
    historian.source.nextFault = () => 'BANYAN_SOURCE_FORBIDDEN'
    await historian.sweep({ lookBackFrom: undefined })
    expect(historian.store.dirty.get(A.id)?.windows).toEqual([span(55, 56)])
  })
})

describe('report mode', () => {
  it('records what differs, cell by cell, and appends nothing', async () => {
    const historian = await copied(A)
    historian.insert(A, sample(5, 1), sample(7, 1))
    historian.edit(A, 8, 77)
    historian.remove(A, ({ ticks }) => ticks === 40n)
    historian.store.dirty.mark(A.id, span(5, 6), 'hint')
    const appends = historian.log.appends
    const outcome = await historian.sweep({}, { mode: 'report' })
    expect(outcome).toMatchObject({ revisions: nothing, findings: 2, repairedTags: 0, failures: [] })
    expect(historian.log.appends).toBe(appends)
    expect(historian.store.findings.list(10)).toMatchObject([
      { tag: A.id, window: span(0, 10), late: 2, edited: 1, deleted: 0 },
      { tag: A.id, window: span(40, 50), late: 0, edited: 0, deleted: 1 },
    ])
    expect(historian.store.dirty.get(A.id)).toBeUndefined()
  })

  it('forgets a finding when its cell is equal again, and only then', async () => {
    const historian = await copied(A)
    const [before] = [historian.held(A)]
    historian.insert(A, sample(5, 1), sample(55, 1))
    await historian.sweep({}, { mode: 'report' })
    await historian.sweep({ lookBackFrom: at(90) }, { mode: 'report' })
    expect(historian.store.findings.list(10)).toHaveLength(2)
    historian.hold(A, [...before, sample(55, 1)])
    await historian.sweep({}, { mode: 'report' })
    expect(historian.store.findings.list(10).map(({ window }) => window)).toEqual([span(50, 60)])
  })

  it('keeps a finding of a cell of which only a part is settled now', async () => {
    const historian = await copied(A)
    historian.insert(A, sample(57, 1))
    await historian.sweep({}, { mode: 'report' })
    historian.settled = at(55)
    await historian.sweep({}, { mode: 'report' })
    expect(historian.store.findings.list(10).map(({ window }) => window)).toEqual([span(50, 60)])
  })

  it('forgets a finding of a cell that is covered in part', async () => {
    const historian = await CopiedHistorian.of(A)
    historian.hold(A, [sample(6, 1)])
    await historian.cover(A, span(5, 100))
    historian.insert(A, sample(7, 2))
    await historian.sweep({}, { mode: 'report' })
    expect(historian.store.findings.list(10).map(({ window }) => window)).toEqual([span(0, 10)])
    historian.hold(A, [sample(6, 1)])
    await historian.sweep({}, { mode: 'report' })
    expect(historian.store.findings.list(10)).toEqual([])
  })

  it('forgets the findings that a sweep in auto mode repairs', async () => {
    const historian = await copied(A)
    historian.insert(A, sample(5, 1))
    await historian.sweep({}, { mode: 'report' })
    await historian.sweep()
    expect(historian.store.findings.list(10)).toEqual([])
    historian.expectEqual(A, DAY)
  })
})

describe('a tag that cannot be swept', () => {
  it.each<ErrorCode>(['BANYAN_SOURCE_FORBIDDEN', 'BANYAN_SOURCE_NOT_FOUND', 'BANYAN_TICK_GROUP_TOO_LARGE'])(
    'is named with its reason (%s), and the others go on',
    async (code) => {
      const historian = await copied(A, B)
      for (const tag of [A, B]) historian.insert(tag, sample(5, 1))
      historian.source.nextFault = (tag) => (tag === A ? code : undefined)
      const outcome = await historian.sweep()
      expect(outcome.failures).toMatchObject([{ tag: A.id, name: 'TAG1', code, message: `injected ${code}` }])
      expect(outcome.revisions.late).toBe(1)
      historian.expectEqual(B, DAY)
    },
  )

  it('is alone with an error the historian does not give when asked', async () => {
    const historian = await copied(A, B)
    historian.source.nextFault = (tag) => (tag === A ? 'BANYAN_SOURCE_UNAVAILABLE' : undefined)
    const outcome = await historian.sweep()
    expect(outcome.failures).toMatchObject([{ tag: A.id, code: 'BANYAN_SOURCE_UNAVAILABLE' }])
  })

  it('may be one whose corrections the log does not take', async () => {
    const historian = await copied(A, B)
    for (const tag of [A, B]) historian.insert(tag, sample(5, 1))
    historian.amender.onAmend = async ({ tag }) => {
      if (tag === A.id) historian.log.refuses = (entry) => entry.tag === A.id
    }
    const { failures, revisions } = await historian.sweep()
    expect(failures).toMatchObject([{ tag: A.id, code: 'BANYAN_LOG_REJECTED' }])
    expect(revisions.late).toBe(1)
  })

  it('may be one whose records are damaged: what is missing is not written again', async () => {
    const historian = await copied(A, B)
    await historian.fold(new AbortController().signal)
    for (const tag of [A, B]) historian.insert(tag, sample(5, 1))
    const shard = historian.log.shardOf(A.id)
    const records = historian.log.records[shard]!
    records.splice(0, records.length, ...records.filter(({ record }) => record.sample.ticks !== 8n))
    const { failures } = await historian.sweep({}, { project: async () => undefined })
    expect(failures).toMatchObject([{ tag: A.id, code: 'BANYAN_LOG_CORRUPT' }])
    expect(historian.correctionsOf(A)).toEqual([])
    historian.expectEqual(B, DAY)
  })
})

describe('a sweep that ends early', () => {
  /** More tags than are one chunk. */
  const TAGS = Array.from({ length: 450 }, (_, i) => testTag(1_000 + i))

  async function long(): Promise<CopiedHistorian> {
    const historian = await CopiedHistorian.of(...TAGS)
    for (const tag of TAGS) {
      historian.hold(tag, [sample(5, 1)])
      await historian.cover(tag, span(0, 10))
      historian.insert(tag, sample(6, 2))
    }
    return historian
  }

  it('tells its progress, and goes on behind it', async () => {
    const historian = await long()
    let answers = 0
    historian.source.nextFault = () => ((answers += 1) > 500 ? 'BANYAN_SOURCE_UNAVAILABLE' : undefined)
    historian.source.probeFault = () => (answers > 500 ? 'BANYAN_SOURCE_UNAVAILABLE' : undefined)
    await expect(historian.sweep({ tags: TAGS.toReversed() })).rejects.toMatchObject({
      code: 'BANYAN_SOURCE_UNAVAILABLE',
    })
    const told = historian.progress.at(-1)!
    const done = TAGS.filter(({ id }) => id <= told)
    expect(done).toHaveLength(200)
    for (const tag of done) historian.expectEqual(tag, span(0, 10))
    historian.source.nextFault = () => undefined
    historian.source.probeFault = () => undefined
    const outcome = await historian.sweep({ tags: TAGS, afterTag: told })
    expect(outcome.cells).toBe(250)
    for (const tag of TAGS) historian.expectEqual(tag, span(0, 10))
    expect(historian.progress.at(-1)).toBe(TAGS.at(-1)!.id)
  })

  it('tells it more often when the tags are dense', async () => {
    const historian = await copied(A, B, C)
    vi.spyOn(historian.store.cells, 'countSamples').mockReturnValue(900_000)
    const outcome = await historian.sweep()
    expect(historian.progress).toEqual([B.id, C.id])
    expect(outcome.cells).toBe(30)
  })

  it('rejects with the reason it was told to stop for', async () => {
    const historian = await long()
    const stop = new AbortController()
    const reason = new Error('stop')
    const stopping = historian.sweep({}, { onProgress: () => stop.abort(reason) }, stop.signal)
    await expect(stopping).rejects.toBe(reason)
  })

  it('rejects when the credentials are refused', async () => {
    const historian = await long()
    historian.source.nextFault = () => 'BANYAN_SOURCE_UNAUTHORIZED'
    await expect(historian.sweep()).rejects.toMatchObject({ code: 'BANYAN_SOURCE_UNAUTHORIZED' })
    expect(historian.progress).toEqual([])
  })

  it('rejects when the log takes nothing any more', async () => {
    const historian = await long()
    historian.log.down = true
    await expect(historian.sweep()).rejects.toMatchObject({ code: 'BANYAN_LOG_UNAVAILABLE' })
  })
})
