/** Which job a `banyan backfill` means: the same command again is the same job. */
import { describe, expect, it } from 'vitest'
import { type BackfillOptions, takeUp, takeUpForDaemon } from '../../src/app/backfill.ts'
import type { Lease } from '../../src/store/lease.ts'
import type { Store } from '../../src/store/store.ts'
import { openTemporaryStore, temporaryFile } from '../store/temporary-store.ts'

const ALL: BackfillOptions = { tags: [], from: undefined, until: undefined, order: undefined, job: undefined }

function open(): { readonly store: Store; readonly lease: Lease } {
  const store = openTemporaryStore(temporaryFile())
  return { store, lease: store.lease.acquire('test') }
}

describe('the same command again', () => {
  it('means the job that is unfinished, whatever became of it', () => {
    const { store, lease } = open()
    const { id } = takeUp(store, ALL)
    expect(takeUp(store, ALL)).toMatchObject({ id, state: 'queued' })
    const run = store.jobs.start(id, lease)
    expect(takeUp(store, ALL)).toMatchObject({ id, state: 'running' })
    run.end('interrupted')
    store.jobs.request(id, 'pause')
    expect(takeUp(store, ALL)).toMatchObject({ id, state: 'paused' })
    store.jobs.request(id, 'resume')
    store.jobs.start(id, lease).end('failed')
    expect(takeUp(store, ALL)).toMatchObject({ id, state: 'failed' })
  })

  it('is a new job when the last one is over, or another scope is asked for', () => {
    const { store, lease } = open()
    const { id } = takeUp(store, ALL)
    expect(takeUp(store, { ...ALL, tags: ['FIC*'] }).id).not.toBe(id)
    store.jobs.start(id, lease).end('done')
    expect(takeUp(store, ALL).id).not.toBe(id)
  })
})

describe('for a daemon', () => {
  it.each(['failed', 'interrupted'] as const)('what %s is put back into the queue it looks at', (outcome) => {
    const { store, lease } = open()
    const { id } = takeUp(store, ALL)
    store.jobs.start(id, lease).end(outcome)
    expect(takeUpForDaemon(store, ALL)).toMatchObject({ id, state: 'queued' })
    expect(store.jobs.runnable()).toMatchObject([{ id }])
  })

  it('a job that somebody paused stays paused', () => {
    const { store } = open()
    const { id } = takeUp(store, ALL)
    store.jobs.request(id, 'pause')
    expect(takeUpForDaemon(store, ALL)).toMatchObject({ id, state: 'paused' })
  })
})
