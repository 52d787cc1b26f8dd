import SqliteDatabase from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import type { CutoverHead, NewCutoverEvent, StoredCutoverEvent } from '../../src/store/cutover-events.ts'
import type { Store } from '../../src/store/store.ts'
import { chainEvent, GENESIS } from './chain-event.ts'
import { startChild } from './child.ts'
import { refusal } from './refusal.ts'
import { openTemporaryStore, temporaryFile } from './temporary-store.ts'

const CHILD = new URL('./cutover-child.ts', import.meta.url)
const never = new AbortController().signal

function appendTo({ cutoverEvents }: Store, workload: string): void {
  cutoverEvents.append((head) => chainEvent(head, workload))
}

/** From 1 without a gap, each after the one before it. */
function expectOneChain(events: readonly StoredCutoverEvent[], length: number): void {
  expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length }, (_, i) => i + 1))
  expect(events.map(({ prevHash }) => prevHash)).toEqual([GENESIS, ...events.slice(0, -1).map(({ hash }) => hash)])
}

describe('the chain', () => {
  test('holds the events of all workloads in one order, and finds those of each', () => {
    const file = temporaryFile()
    const store = openTemporaryStore(file)
    expect(store.cutoverEvents.head()).toBeUndefined()
    for (const workload of ['boiler', 'press', 'boiler']) appendTo(store, workload)

    const { cutoverEvents } = openTemporaryStore(file)
    const all = cutoverEvents.list({ limit: 10 })
    expectOneChain(all, 3)
    expect(cutoverEvents.head()).toEqual({ seq: 3, hash: all[2]?.hash })
    expect(chainEvent(all[0], 'press')).toMatchObject({ hash: all[1]?.hash, line: all[1]?.line })
    const seqs = (query: Parameters<typeof cutoverEvents.list>[0]) => cutoverEvents.list(query).map(({ seq }) => seq)
    expect(seqs({ workload: 'boiler', limit: 10 })).toEqual([1, 3])
    expect(seqs({ workload: 'boiler', afterSeq: 1, limit: 10 })).toEqual([3])
    expect(seqs({ afterSeq: 1, limit: 1 })).toEqual([2])
  })

  test('whoever decides sees every decision before, may refuse, and may find that there is nothing to decide', () => {
    const store = openTemporaryStore(temporaryFile())
    appendTo(store, 'boiler')
    const refuse = (head: CutoverHead | undefined): NewCutoverEvent => {
      expect(store.cutoverEvents.list({ workload: 'boiler', limit: 10 }).at(-1)?.seq).toBe(head?.seq)
      store.jobs.enqueue('backfill', {})
      throw new RangeError('not from here')
    }
    expect(() => store.cutoverEvents.append(refuse)).toThrow('not from here')
    const nothing = store.cutoverEvents.append((): NewCutoverEvent | undefined => undefined)
    expect(nothing).toBeUndefined()
    expect(store.cutoverEvents.list({ limit: 10 })).toHaveLength(1)
    expect(store.jobs.list()).toEqual([])
  })

  test('an event that does not follow is refused, whoever writes it', () => {
    const store = openTemporaryStore(temporaryFile())
    appendTo(store, 'boiler')
    const head = store.cutoverEvents.head()!
    for (const wrong of [
      chainEvent(undefined, 'boiler'),
      chainEvent({ seq: 2, hash: head.hash }, 'boiler'),
      chainEvent({ seq: 1, hash: 'f'.repeat(64) }, 'boiler'),
      { ...chainEvent(head, 'boiler'), workload: 'press' },
      { ...chainEvent(head, 'boiler'), hash: 'f'.repeat(64) },
    ]) {
      expect(refusal(() => store.cutoverEvents.append(() => wrong)).code).toBe('BANYAN_INTERNAL')
    }
    expect(store.cutoverEvents.head()).toEqual(head)
  })

  test('two connections that append in turn, and three processes at once, make one chain without a gap', async () => {
    const file = temporaryFile()
    const [one, other] = [openTemporaryStore(file), openTemporaryStore(file)]
    for (let i = 0; i < 5; i++) {
      appendTo(one, 'one')
      appendTo(other, 'other')
    }
    const children = ['a', 'b', 'c'].map((name) => startChild(CHILD, ['append', file, name, '20']))
    expect(await Promise.all(children.map(({ ended }) => ended))).toEqual([0, 0, 0])
    expectOneChain(one.cutoverEvents.list({ limit: 100 }), 70)
  })

  test.each([
    "UPDATE cutover_events SET line = replace(line, 'boiler', 'press'), workload = 'press'",
    "UPDATE cutover_events SET prev_hash = 'x'",
    'UPDATE cutover_events SET seq = 2',
    'DELETE FROM cutover_events',
    'REPLACE INTO cutover_events SELECT * FROM cutover_events',
  ])('%s is refused by SQLite itself', (sql) => {
    const file = temporaryFile()
    const store = openTemporaryStore(file)
    appendTo(store, 'boiler')
    const before = store.cutoverEvents.list({ limit: 10 })
    const db = new SqliteDatabase(file)
    expect(() => db.exec(sql)).toThrow(/event/)
    db.close()
    expect(store.cutoverEvents.list({ limit: 10 })).toEqual(before)
  })
})

describe('publishing', () => {
  test('what was marked is listed no more; marking twice keeps the first time', () => {
    let now = 1_000
    const store = openTemporaryStore(temporaryFile(), () => now)
    for (const workload of ['a', 'b', 'c']) appendTo(store, workload)
    const waiting = (): number[] => store.cutoverEvents.unpublished(2).map(({ seq }) => seq)
    expect(waiting()).toEqual([1, 2])
    store.cutoverEvents.markPublished([2])
    expect(waiting()).toEqual([1, 3])
    now = 2_000
    store.cutoverEvents.markPublished([1, 2, 3, 4])
    expect(waiting()).toEqual([])
    expect(store.cutoverEvents.list({ limit: 10 }).map(({ publishedAtMs }) => publishedAtMs)).toEqual([
      2_000, 1_000, 2_000,
    ])
  })

  test('a kill after the decision, and one after publishing it, leave it listed: it is published, maybe twice', async () => {
    const [file, logFile] = [temporaryFile(), temporaryFile('log.db')]
    const killed = async (...args: string[]): Promise<void> => {
      const child = startChild(CHILD, args)
      expect(await child.firstLine).toBe('done')
      child.kill('SIGKILL')
      expect(await child.ended).toBe('SIGKILL')
    }
    const log = openEmbeddedLog({ file: logFile, partitions: 1, bridge: 'b' })
    await log.create(never)

    await killed('decide', file)
    const store = openTemporaryStore(file)
    const [decided] = store.cutoverEvents.unpublished(10)
    expect(decided).toMatchObject({ seq: 1, workload: 'boiler' })
    await killed('publish', file, logFile)
    expect(store.cutoverEvents.unpublished(10)).toEqual([decided])

    const record = { key: 'boiler', value: decided!.line }
    await log.publish('audit', [record], never)
    store.cutoverEvents.markPublished([1])
    expect(store.cutoverEvents.unpublished(10)).toEqual([])
    const published = []
    for await (const one of log.readSide('audit', never)) published.push(one)
    expect(published).toEqual([record, record])
    await log.close()
  })
})
