import { expect, test } from 'vitest'
import { RUNS_KEPT } from '../../src/store/schedules.ts'
import { openTemporaryStore, temporaryFile } from './temporary-store.ts'

const SWEEP = 'sweep 24h every 15m'

test('a run is running, then ended, with its times and words', () => {
  let now = 1_000
  const store = openTemporaryStore(temporaryFile(), () => now)
  expect(store.schedules.last(SWEEP)).toBeUndefined()
  const id = store.schedules.start(SWEEP)
  expect(store.schedules.last(SWEEP)).toEqual({
    id,
    schedule: SWEEP,
    startedAtMs: 1_000,
    endedAtMs: undefined,
    outcome: 'running',
    detail: '',
  })
  now = 2_000
  store.schedules.end(id, 'done', '3 cells differed')
  const ended = { id, startedAtMs: 1_000, endedAtMs: 2_000, outcome: 'done', detail: '3 cells differed' }
  expect(store.schedules.last(SWEEP)).toMatchObject(ended)
  now = 3_000
  store.schedules.end(id, 'failed', 'too late to say so')
  expect(store.schedules.last(SWEEP)).toMatchObject(ended)
})

test('a skipped run is recorded, and is not the last one that was started', () => {
  let now = 1_000
  const store = openTemporaryStore(temporaryFile(), () => now)
  const id = store.schedules.start(SWEEP)
  now = 2_000
  store.schedules.skipped(SWEEP, 'the last run still goes on')
  expect(store.schedules.recent(SWEEP, 10)).toMatchObject([
    { outcome: 'skipped', startedAtMs: 2_000, endedAtMs: undefined, detail: 'the last run still goes on' },
    { id, outcome: 'running' },
  ])
  expect(store.schedules.last(SWEEP)?.id).toBe(id)
})

test('what a process that died left running is interrupted, once, and a late end changes nothing', () => {
  const file = temporaryFile()
  const dead = openTemporaryStore(file)
  const done = dead.schedules.start(SWEEP)
  dead.schedules.end(done, 'done', '')
  const orphan = dead.schedules.start('catalogue every 1h')
  const store = openTemporaryStore(file)
  expect(store.schedules.interruptOrphans()).toBe(1)
  expect(store.schedules.interruptOrphans()).toBe(0)
  dead.schedules.end(orphan, 'done', 'from beyond')
  expect(store.schedules.last('catalogue every 1h')).toMatchObject({
    id: orphan,
    outcome: 'interrupted',
    endedAtMs: undefined,
  })
  expect(store.schedules.last(SWEEP)?.outcome).toBe('done')
})

test('the last runs of each schedule are kept, and a long run outlives any number of skips', () => {
  const store = openTemporaryStore(temporaryFile())
  const other = store.schedules.start("other'; --")
  for (let i = 0; i < RUNS_KEPT + 20; i++) store.schedules.end(store.schedules.start(SWEEP), 'done', String(i))
  const long = store.schedules.start(SWEEP)
  for (let i = 0; i < RUNS_KEPT + 20; i++) store.schedules.skipped(SWEEP, String(i))
  const kept = store.schedules.recent(SWEEP, 10_000)
  const skips = kept.filter((run) => run.outcome === 'skipped')
  const runs = kept.filter((run) => run.outcome !== 'skipped')
  expect(skips.map((run) => run.detail)).toEqual(
    Array.from({ length: RUNS_KEPT }, (_, i) => String(RUNS_KEPT + 19 - i)),
  )
  expect(runs.map((run) => run.detail)).toEqual([
    '',
    ...Array.from({ length: RUNS_KEPT - 1 }, (_, i) => String(RUNS_KEPT + 19 - i)),
  ])
  expect(store.schedules.last(SWEEP)?.id).toBe(long)
  store.schedules.end(long, 'failed', 'x'.repeat(1_000_000))
  expect(store.schedules.last(SWEEP)!.detail.length).toBeLessThan(10_000)
  expect(store.schedules.recent(SWEEP, 5)).toHaveLength(5)
  expect(store.schedules.last("other'; --")?.id).toBe(other)
})
