/** The way of a decision from the store to the log: killed, slow, or alone, the log ends up saying what the store does. */
import { describe, expect, it } from 'vitest'
import { CutoverDesk } from '../../../src/app/cutover/desk.ts'
import { Ledger } from '../../../src/app/cutover/ledger.ts'
import { Publication } from '../../../src/app/cutover/publication.ts'
import { restoreChain } from '../../../src/app/cutover/restore-chain.ts'
import { rebuildStore } from '../../../src/app/rebuild-store.ts'
import { verifyChain } from '../../../src/cutover/audit-chain.ts'
import { encodeRoutingRecord } from '../../../src/cutover/routing.ts'
import type { SampleLog } from '../../../src/log/log.ts'
import { CUTOVER_FAILPOINTS } from '../../../src/util/failpoint.ts'
import { startChild } from '../../store/child.ts'
import { openTemporaryStore, temporaryFile } from '../../store/temporary-store.ts'
import { CutoverSite, decided, never } from './cutover-site.ts'

const CHILD = new URL('./rollback-child.ts', import.meta.url)

/** The topic as a reader takes it: repeats of an event are one. */
async function chainOf(site: CutoverSite): Promise<string[]> {
  return [...new Set(await site.audit())]
}

async function expectConsistent(site: CutoverSite): Promise<void> {
  const chain = await chainOf(site)
  expect(verifyChain(chain)).toMatchObject({ ok: true, head: site.desk.head() })
  const { routing } = site.desk.standing('boiler')
  expect((await site.routing()).at(-1)).toEqual(JSON.parse(encodeRoutingRecord(routing!)))
  expect(site.store.cutoverEvents.unpublished(10)).toEqual([])
}

describe('killed -9 on the way', () => {
  it.each(CUTOVER_FAILPOINTS)('at %s: one decision, and the next who comes tells the log', async (failpoint) => {
    const site = await CutoverSite.open()
    await site.shadowing()
    const { lastSeq } = site.desk.standing('boiler')
    const child = startChild(CHILD, [site.bridge.config.file, 'boiler'], { BANYAN_FAILPOINT: failpoint })
    expect(await child.ended).toBe('SIGKILL')
    expect(site.desk.standing('boiler')).toMatchObject({
      state: { phase: 'verifying' },
      lastSeq: lastSeq + 1,
      unpublished: 1,
    })
    expect(await site.desk.publishPending(never)).toBe(1)
    await expectConsistent(site)
    expect(await site.desk.publishPending(never)).toBe(0)
  })
})

describe('slow writers', () => {
  it('who writes an older routing behind a newer one writes the newer one again', async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    let wasSlow = false
    const log = over(site.log, async (topic) => {
      if (topic !== 'routing' || wasSlow) return
      wasSlow = true
      // What this one is about to write is out of date by the time it does.
      decided(await site.desk.rollback('boiler', { actor: 'bob' }, never), 'verifying')
    })
    const ledger = new Ledger(site.store)
    const slow = new Publication(site.store, ledger, () => Promise.resolve(log))
    ledger.record({
      ...{ workload: 'boiler', at: '2026-01-01T00:00:00Z', actor: 'ada', action: 'freeze', detail: () => ({}) },
    })
    expect(await slow.publishPending(never)).toBeGreaterThan(0)
    expect(wasSlow).toBe(true)
    await expectConsistent(site)
  })

  it('what one that died there has left is mended', async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    const stale = encodeRoutingRecord(site.desk.standing('boiler').routing!)
    decided(await site.desk.rollback('boiler', { actor: 'ada' }, never), 'verifying')
    await site.log.publish('routing', [{ key: 'boiler', value: stale }], never)
    expect(await site.desk.confirmRouting(never)).toBe(1)
    await expectConsistent(site)
    expect(await site.desk.confirmRouting(never)).toBe(0)
  })

  it('a log that cannot be told changes nothing about the decision', async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    const failing = over(site.log, () => Promise.reject(new Error('the log is away')))
    const ledger = new Ledger(site.store)
    ledger.record({ workload: 'boiler', at: '2026-01-01T00:00:00Z', actor: 'a', action: 'freeze', detail: () => ({}) })
    const publication = new Publication(site.store, ledger, () => Promise.resolve(failing))
    await expect(publication.publishPending(never)).rejects.toThrow('the log is away')
    expect(site.desk.standing('boiler')).toMatchObject({ unpublished: 1, state: { frozen: { by: 'a' } } })
    await site.desk.publishPending(never)
    await expectConsistent(site)
  })
})

describe('a store that was lost', () => {
  it('takes the decisions back from the audit topic, each once', async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    decided(await site.step(), 'canary')
    // Published twice, as after a crash.
    const lines = await site.audit()
    await site.log.publish(
      'audit',
      lines.slice(-3).map((value) => ({ key: 'boiler', value })),
      never,
    )
    const other = openTemporaryStore(temporaryFile())
    expect(await restoreChain(site.log, other, never)).toBe(lines.length)
    expect(new Ledger(other).account('boiler').state).toEqual(site.desk.standing('boiler').state)
    expect(other.cutoverEvents.unpublished(10)).toEqual([])
    expect(await restoreChain(site.log, other, never)).toBe(0)
  })

  it('is not begun anew by whoever decides next', async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    decided(await site.step(), 'canary')
    const { state, lastSeq } = site.desk.standing('boiler')
    const store = openTemporaryStore(temporaryFile())
    const desk = new CutoverDesk({ bridge: site.bridge, store, version: '1.0.0' })
    expect(desk.refresh()).toEqual([])
    const back = decided(await desk.rollback('boiler', { actor: 'ada' }, never), 'shadowing')
    expect(back.event.seq).toBe(lastSeq + 1)
    expect(back.standing.state.version).toBe(state.version + 1)
  })

  it('is rebuilt with its decisions as they were', async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    const { state } = site.desk.standing('boiler')
    expect(await rebuildStore(site.bridge, () => undefined, never)).toMatchObject({ decisions: 0, tags: 2 })
    expect(site.newDesk().standing('boiler').state).toEqual(state)
    const { cutoverEvents } = await site.bridge.store()
    expect(cutoverEvents.unpublished(10)).toEqual([])
  })

  it('tells a log that has none of the decisions all of them again', async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    const { cutoverEvents } = await site.bridge.store()
    const decided = cutoverEvents.list({ limit: 100 }).map(({ seq }) => seq)
    cutoverEvents.forgetPublished()
    expect(cutoverEvents.unpublished(100).map(({ seq }) => seq)).toEqual(decided)
    expect(cutoverEvents.hasPublished()).toBe(false)
    expect(await site.newDesk().publishPending(never)).toBe(decided.length)
    expect(cutoverEvents.unpublished(100)).toEqual([])
  })

  it('does not follow a topic that contradicts it', async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    const alien = openTemporaryStore(temporaryFile())
    const ledger = new Ledger(alien)
    ledger.record({
      ...{ workload: 'other', at: '2026-01-01T00:00:00Z', actor: 'banyan', action: 'register' },
      ...{ policyHash: '0'.repeat(64), detail: () => ({ canarySteps: [50] }) },
    })
    await expect(restoreChain(site.log, alien, never)).rejects.toMatchObject({ code: 'BANYAN_LOG_CORRUPT' })
    expect(alien.cutoverEvents.list({ limit: 10 })).toHaveLength(1)
    await site.log.publish('audit', [{ key: 'x', value: '{"v":1}' }], never)
    const empty = openTemporaryStore(temporaryFile())
    await expect(restoreChain(site.log, empty, never)).rejects.toMatchObject({ code: 'BANYAN_LOG_CORRUPT' })
  })
})

/** The log, with something that happens before each publication. */
function over(log: SampleLog, before: (topic: string) => Promise<void>): SampleLog {
  return new Proxy(log, {
    get: (target, key) => {
      if (key === 'publish') {
        return async (...args: Parameters<SampleLog['publish']>) => {
          await before(args[0])
          await target.publish(...args)
        }
      }
      const found: unknown = Reflect.get(target, key, target)
      return typeof found === 'function' ? (found.bind(target) as unknown) : found
    },
  })
}
