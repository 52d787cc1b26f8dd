import { describe, expect, test } from 'vitest'
import { LEASE_STALE_MS } from '../../src/store/lease.ts'
import { startChild } from './child.ts'
import { refusal } from './refusal.ts'
import { openTemporaryStore, temporaryFile } from './temporary-store.ts'

const LEASE_CHILD = new URL('./lease-child.ts', import.meta.url)

describe('lease in one process', () => {
  test('is free at first, held after acquire, free again after release', () => {
    const store = openTemporaryStore(temporaryFile())
    expect(store.lease.current()).toBeUndefined()
    const lease = store.lease.acquire('backfill')
    expect(store.lease.current()).toMatchObject({ holder: 'backfill', pid: process.pid, epoch: 1, isStale: false })
    lease.assertHeld()
    lease.heartbeat()
    lease.release()
    lease.release()
    expect(store.lease.current()).toBeUndefined()
    expect(refusal(() => lease.assertHeld()).code).toBe('BANYAN_LEASE_LOST')
    expect(refusal(() => lease.heartbeat()).code).toBe('BANYAN_LEASE_LOST')
  })

  test('is refused to a second holder, who is told who holds it', () => {
    const file = temporaryFile()
    openTemporaryStore(file).lease.acquire('sync daemon')
    const second = openTemporaryStore(file)
    const { code, message, hint } = refusal(() => second.lease.acquire('backfill'))
    expect(code).toBe('BANYAN_LEASE_HELD')
    expect(message).toContain(`"sync daemon" (process ${process.pid}`)
    expect(hint).toContain('30 s')
    expect(second.lease.current()?.holder).toBe('sync daemon')
  })

  test('every acquisition has a new epoch, also after release and reopening', () => {
    const file = temporaryFile()
    const first = openTemporaryStore(file)
    const epochs = [first.lease.acquire('a')].map((lease) => {
      lease.release()
      return lease.epoch
    })
    first.close()
    const second = openTemporaryStore(file)
    expect(second.lease.acquire('b').epoch).toBeGreaterThan(epochs[0]!)
  })

  test('lapses without a heartbeat, and the old holder finds out', () => {
    let now = 1_000_000
    const store = openTemporaryStore(temporaryFile(), () => now)
    const old = store.lease.acquire('old')
    now += LEASE_STALE_MS
    expect(refusal(() => store.lease.acquire('new')).code).toBe('BANYAN_LEASE_HELD')
    now += 1
    const taken = store.lease.acquire('new')
    expect(taken.epoch).toBe(old.epoch + 1)
    for (const use of [() => old.heartbeat(), () => old.assertHeld()]) {
      const { code, message } = refusal(use)
      expect(code).toBe('BANYAN_LEASE_LOST')
      expect(message).toContain('"new"')
    }
    old.release()
    taken.assertHeld()
  })

  test('lapses too when its last sign of life was dated far ahead, by a clock since corrected', () => {
    let now = 10_000_000
    const store = openTemporaryStore(temporaryFile(), () => now)
    store.lease.acquire('old')
    now -= LEASE_STALE_MS
    expect(refusal(() => store.lease.acquire('new')).code).toBe('BANYAN_LEASE_HELD')
    now -= 1
    expect(store.lease.acquire('new').epoch).toBe(2)
  })

  test('a heartbeat keeps it', () => {
    let now = 1_000_000
    const store = openTemporaryStore(temporaryFile(), () => now)
    const lease = store.lease.acquire('old')
    for (let beat = 0; beat < 5; beat++) {
      now += LEASE_STALE_MS
      lease.heartbeat()
    }
    expect(refusal(() => store.lease.acquire('new')).code).toBe('BANYAN_LEASE_HELD')
  })
})

describe('lease between processes', () => {
  test('is refused while the other process lives, and taken over at once when it was killed', async () => {
    const file = temporaryFile()
    const child = startChild(LEASE_CHILD, ['acquire', file])
    expect(await child.firstLine).toBe('held 1')
    const store = openTemporaryStore(file)
    const { code, message } = refusal(() => store.lease.acquire('parent'))
    expect(code).toBe('BANYAN_LEASE_HELD')
    expect(message).toContain(`process ${child.pid}`)
    child.kill('SIGKILL')
    expect(await child.ended).toBe('SIGKILL')
    expect(store.lease.current()?.isStale).toBe(true)
    expect(store.lease.acquire('parent').epoch).toBe(2)
  })

  test('a process that was stopped for too long loses it and cannot get it back by a heartbeat', async () => {
    const file = temporaryFile()
    const child = startChild(LEASE_CHILD, ['acquire', file])
    await child.firstLine
    const later = Date.now() + LEASE_STALE_MS + 1
    const store = openTemporaryStore(file, () => later)
    expect(store.lease.acquire('parent').epoch).toBe(2)
  })

  test('of many that reach for it at once, exactly one gets it', async () => {
    const file = temporaryFile()
    const children = Array.from({ length: 4 }, () => startChild(LEASE_CHILD, ['acquire', file]))
    const outcomes = await Promise.allSettled(children.map(({ firstLine }) => firstLine))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(String(outcome.reason)).toContain('BANYAN_LEASE_HELD')
    }
  })
})
