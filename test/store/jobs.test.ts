import { describe, expect, test } from 'vitest'
import { parseTagId } from '../../src/domain/tag-id.ts'
import { LEASE_STALE_MS } from '../../src/store/lease.ts'
import type { JobRun } from '../../src/store/jobs.ts'
import type { Store } from '../../src/store/store.ts'
import { refusal } from './refusal.ts'
import { openTemporaryStore, temporaryFile } from './temporary-store.ts'

const TAG = parseTagId('pi/1')
const NOTHING = { tagsTotal: 0, tagsDone: 0, tagsFailed: 0, samples: 0, requests: 0 }

function running(clock?: () => number): { store: Store; run: JobRun } {
  const store = openTemporaryStore(temporaryFile(), clock)
  const job = store.jobs.enqueue('backfill', { from: '2020' })
  return { store, run: store.jobs.start(job.id, store.lease.acquire('test')) }
}

describe('a run', () => {
  test('goes from queued to done with its counts and times', () => {
    let now = 1_000
    const store = openTemporaryStore(temporaryFile(), () => now)
    const job = store.jobs.enqueue('backfill', { tags: ['A*'], nested: { n: null } })
    expect(job).toEqual({
      ...NOTHING,
      id: 1,
      kind: 'backfill',
      params: { tags: ['A*'], nested: { n: null } },
      state: 'queued',
      requested: undefined,
      error: undefined,
      createdAtMs: 1_000,
      startedAtMs: undefined,
      endedAtMs: undefined,
    })
    now = 2_000
    const run = store.jobs.start(job.id, store.lease.acquire('test'))
    expect(run.job).toMatchObject({ state: 'running', startedAtMs: 2_000 })
    const counts = { tagsTotal: 3, tagsDone: 1, tagsFailed: 1, samples: 5_000_000_000, requests: 12 }
    run.progress(counts)
    expect(store.jobs.get(job.id)).toMatchObject({ ...counts, state: 'running' })
    now = 3_000
    run.end('done')
    expect(store.jobs.get(job.id)).toMatchObject({ ...counts, state: 'done', startedAtMs: 2_000, endedAtMs: 3_000 })
  })

  test('lists failures once per tag, and a new run starts without them', () => {
    const { store, run } = running()
    run.tagFailed(TAG, 'BANYAN_SOURCE_REJECTED', 'first')
    run.tagFailed(TAG, 'BANYAN_SOURCE_NOT_FOUND', 'x'.repeat(10_000))
    const [failure] = store.jobs.failures(run.job.id)
    expect(failure).toMatchObject({ tag: TAG, code: 'BANYAN_SOURCE_NOT_FOUND' })
    expect(failure!.message.length).toBeLessThan(3_000)
    run.end('failed', { code: 'BANYAN_LOG_UNSAFE', message: 'no' })
    expect(store.jobs.get(run.job.id).error).toEqual({ code: 'BANYAN_LOG_UNSAFE', message: 'no' })
    const again = store.jobs.request(run.job.id, 'resume')
    expect(again).toMatchObject({ state: 'queued', error: undefined, endedAtMs: undefined })
  })

  test('is steered from another process through the store', () => {
    const { store, run } = running()
    expect(run.requested()).toBeUndefined()
    expect(store.jobs.request(run.job.id, 'pause')).toMatchObject({ state: 'running', requested: 'pause' })
    expect(run.requested()).toBe('pause')
    store.jobs.request(run.job.id, 'resume')
    expect(run.requested()).toBeUndefined()
    store.jobs.request(run.job.id, 'cancel')
    expect(run.requested()).toBe('cancel')
    run.end('cancelled')
    expect(store.jobs.get(run.job.id)).toMatchObject({ state: 'cancelled', requested: undefined })
  })

  // Whoever asked did so less than one look of the runner before the end.
  test.each([
    ['interrupted', 'pause', 'paused'],
    ['interrupted', 'cancel', 'cancelled'],
    ['failed', 'cancel', 'cancelled'],
    ['failed', 'pause', 'failed'],
    ['done', 'cancel', 'done'],
  ] as const)('that ends %s after somebody asked to %s it is %s', (outcome, request, state) => {
    const { store, run } = running()
    store.jobs.request(run.job.id, request)
    run.end(outcome)
    expect(store.jobs.get(run.job.id)).toMatchObject({ state, requested: undefined })
  })

  test('cannot change the job any more once it has ended', () => {
    const { run } = running()
    run.end('interrupted')
    expect(refusal(() => run.progress(NOTHING)).code).toBe('BANYAN_LEASE_LOST')
    expect(refusal(() => run.end('done')).code).toBe('BANYAN_LEASE_LOST')
    expect(refusal(() => run.tagFailed(TAG, 'BANYAN_INTERNAL', 'late')).code).toBe('BANYAN_LEASE_LOST')
  })

  test('of a holder that lost the lease can no longer touch the job', () => {
    let now = 0
    const { store, run } = running(() => now)
    now = LEASE_STALE_MS + 1
    const lease = store.lease.acquire('successor')
    const second = store.jobs.start(run.job.id, lease)
    second.progress({ ...NOTHING, samples: 7 })
    for (const late of [
      () => run.progress({ ...NOTHING, samples: 1 }),
      () => run.requested(),
      () => run.end('done'),
      () => run.tagFailed(TAG, 'BANYAN_INTERNAL', 'late'),
    ]) {
      expect(refusal(late).code).toBe('BANYAN_LEASE_LOST')
    }
    expect(store.jobs.get(run.job.id)).toMatchObject({ state: 'running', samples: 7 })
    expect(store.jobs.failures(run.job.id)).toEqual([])
  })

  test('cannot be started without the lease, twice, or for a job that is over', () => {
    const store = openTemporaryStore(temporaryFile())
    const { id } = store.jobs.enqueue('backfill', {})
    const lost = store.lease.acquire('gone')
    lost.release()
    expect(refusal(() => store.jobs.start(id, lost)).code).toBe('BANYAN_LEASE_LOST')
    const lease = store.lease.acquire('test')
    const run = store.jobs.start(id, lease)
    expect(refusal(() => store.jobs.start(id, lease)).code).toBe('BANYAN_USAGE')
    run.end('done')
    expect(refusal(() => store.jobs.start(id, lease)).code).toBe('BANYAN_USAGE')
    expect(refusal(() => store.jobs.start(99, lease)).message).toContain('no job 99')
  })
})

describe('orphans', () => {
  test.each([
    [undefined, 'interrupted'],
    ['pause', 'paused'],
    ['cancel', 'cancelled'],
  ] as const)('of an earlier holder, asked to %s, are %s', (request, state) => {
    let now = 0
    const { store, run } = running(() => now)
    if (request !== undefined) store.jobs.request(run.job.id, request)
    now = LEASE_STALE_MS + 1
    const lease = store.lease.acquire('successor')
    expect(store.jobs.interruptOrphans(lease)).toBe(1)
    expect(store.jobs.get(run.job.id)).toMatchObject({ state, requested: undefined })
  })

  test('of the holder itself, whose end could not be stored, can be taken up again', () => {
    const store = openTemporaryStore(temporaryFile())
    const lease = store.lease.acquire('test')
    const { id } = store.jobs.enqueue('backfill', {})
    store.jobs.start(id, lease)
    expect(store.jobs.runnable()).toEqual([])
    expect(store.jobs.interruptOrphans(lease)).toBe(1)
    expect(store.jobs.runnable()).toMatchObject([{ id }])
    expect(store.jobs.start(id, lease).job.state).toBe('running')
  })
})

describe('steering a job that does not run', () => {
  test.each([
    ['queued', 'pause', 'paused'],
    ['queued', 'cancel', 'cancelled'],
    ['paused', 'resume', 'queued'],
    ['paused', 'cancel', 'cancelled'],
    ['interrupted', 'resume', 'queued'],
    ['interrupted', 'cancel', 'cancelled'],
    ['failed', 'resume', 'queued'],
    ['cancelled', 'cancel', 'cancelled'],
    ['done', 'cancel', undefined],
    ['done', 'resume', undefined],
    ['cancelled', 'resume', undefined],
    ['failed', 'pause', undefined],
  ] as const)('%s, asked to %s: %s', (state, request, expected) => {
    const store = openTemporaryStore(temporaryFile())
    const { id } = store.jobs.enqueue('backfill', {})
    if (state !== 'queued') store.jobs.start(id, store.lease.acquire('test')).end(state)
    if (expected === undefined) {
      expect(refusal(() => store.jobs.request(id, request)).code).toBe('BANYAN_USAGE')
      expect(store.jobs.get(id).state).toBe(state)
    } else {
      expect(store.jobs.request(id, request)).toMatchObject({ state: expected, requested: undefined })
    }
  })
})

test('jobs are listed newest first, bounded', () => {
  const store = openTemporaryStore(temporaryFile())
  for (let i = 0; i < 5; i++) store.jobs.enqueue('backfill', { i })
  expect(store.jobs.list().map(({ id }) => id)).toEqual([5, 4, 3, 2, 1])
  expect(store.jobs.list(2).map(({ id }) => id)).toEqual([5, 4])
})

test('whether any runs is known also of a job that is no longer among the newest', () => {
  const { store, run } = running()
  for (let i = 0; i < 150; i++) store.jobs.enqueue('backfill', {})
  expect(store.jobs.hasRunning()).toBe(true)
  run.end('interrupted')
  expect(store.jobs.hasRunning()).toBe(false)
})

test('next is the oldest job that is queued or was interrupted, and no other', () => {
  const store = openTemporaryStore(temporaryFile())
  expect(store.jobs.runnable()[0]).toBeUndefined()
  const lease = store.lease.acquire('test')
  const [first, second, third] = [1, 2, 3].map((i) => store.jobs.enqueue('backfill', { i }).id)
  expect(store.jobs.runnable()[0]?.id).toBe(first)
  const run = store.jobs.start(first!, lease)
  expect(store.jobs.runnable()[0]?.id).toBe(second)
  run.end('interrupted')
  expect(store.jobs.runnable()[0]).toMatchObject({ id: first, params: { i: 1 } })
  store.jobs.request(first!, 'pause')
  store.jobs.start(second!, lease).end('failed')
  expect(store.jobs.runnable()[0]?.id).toBe(third)
  store.jobs.request(third!, 'cancel')
  expect(store.jobs.runnable()[0]).toBeUndefined()
  store.jobs.request(first!, 'resume')
  expect(store.jobs.runnable()[0]?.id).toBe(first)
  store.jobs.start(first!, lease).end('done')
  expect(store.jobs.runnable()[0]).toBeUndefined()
})
