/** The desk over a real store and log and a simulated historian: what it allows, what it refuses, and why. */
import { describe, expect, it } from 'vitest'
import { CutoverDesk } from '../../../src/app/cutover/desk.ts'
import { Ledger } from '../../../src/app/cutover/ledger.ts'
import type { Outcome } from '../../../src/app/cutover/outcome.ts'
import { ticks } from '../../../src/domain/ticks.ts'
import type { Store } from '../../../src/store/store.ts'
import { CELLS, CutoverSite, decided, GATES, HOUR, never } from './cutover-site.ts'

const ADA = { actor: 'ada' }

/** Outcomes of the gates that do not pass. */
function closed(outcome: Outcome): Record<string, string> {
  const gates = outcome.assessment?.decision?.gates ?? []
  return Object.fromEntries(
    gates.flatMap(({ gate, outcome: found }) => (found === 'pass' ? [] : [[gate, found] as const])),
  )
}

describe('the way forward', () => {
  it('goes from nothing to live, one step at a time, and back at once', async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    expect(decided(await site.step()).event).toMatchObject({ from: 'shadowing', to: 'canary', percent: 50 })
    expect(decided(await site.step()).event).toMatchObject({ from: 'canary', to: 'live', percent: 100 })
    expect(await site.routing()).toMatchObject([{ workload: 'boiler', phase: 'live', serve: 'log', cohort: 100 }])
    const back = decided(await site.desk.rollback('boiler', { ...ADA, reason: 'looks odd' }, never))
    expect(back.event).toMatchObject({ to: 'shadowing', percent: 0, reason: 'looks odd' })
    expect(await site.routing()).toMatchObject([{ phase: 'shadowing', serve: 'historian', cohort: 0 }])
    const lines = await site.audit()
    expect(lines.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual(lines.map((_, i) => i + 1))
    expect(site.desk.standing('boiler').unpublished).toBe(0)
  })

  it('enters the first phases when something is so, and not before', async () => {
    const site = await CutoverSite.open()
    const banyan = { actor: 'banyan' }
    expect(await site.desk.advance('boiler', banyan, never)).toMatchObject({
      reason: expect.stringMatching(/nothing of it is copied/) as string,
    })
    await site.backfill()
    decided(await site.desk.advance('boiler', banyan, never), 'backfilling')
    decided(await site.desk.advance('boiler', banyan, never), 'mirroring')
    expect(await site.desk.advance('boiler', banyan, never)).toMatchObject({ kind: 'refused' })
    await site.verify()
    decided(await site.desk.advance('boiler', banyan, never), 'verifying')
    site.later(90)
    expect(await site.desk.advance('boiler', banyan, never)).toMatchObject({
      reason: 'the step to shadowing is for a person to take',
    })
  })

  it('does not believe that a tail follows when the newest that was copied is old', async () => {
    const site = await CutoverSite.open()
    await site.backfill()
    decided(await site.desk.advance('boiler', ADA, never), 'backfilling')
    site.later(20)
    const outcome = await site.desk.advance('boiler', ADA, never)
    expect(outcome.kind === 'refused' && outcome.reason).toContain('no tail follows')
  })
})

describe('as of the request', () => {
  it('what was verified before it does not count', async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    decided(await site.desk.request('boiler', ADA, never))
    const early = await site.desk.advance('boiler', ADA, never)
    expect(closed(early)).toEqual({ 'as-of': 'unknown' })
    expect(early.assessment?.manifest?.cells).toMatchObject({ cells: CELLS, verifiedSince: 0 })
    await site.verify()
    const outcome = decided(await site.desk.advance('boiler', ADA, never), 'canary')
    expect(outcome.assessment?.manifest?.cells).toMatchObject({ cells: CELLS, verifiedSince: CELLS })
  })

  it('an edit that was heard of closes the gates until it is verified again', async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    decided(await site.desk.request('boiler', ADA, never))
    await site.verify()
    const [flow] = site.store.tags.list('sim')
    site.simulator.historian.edit(flow!.tag.name, site.from, 0, -1)
    site.store.dirty.mark(flow!.tag.id, { from: site.from, until: ticks(site.from + HOUR) }, 'hint')
    expect(closed(await site.desk.advance('boiler', ADA, never))).toEqual({ coverage: 'fail', 'as-of': 'unknown' })
    await site.verify()
    expect(closed(await site.desk.advance('boiler', ADA, never))).toEqual({
      'as-of': 'fail',
      mismatches: 'fail',
    })
  })

  it('what changes while the evidence is gathered is seen when the step is taken', async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    decided(await site.desk.request('boiler', ADA, never))
    await site.verify()
    const [flow] = site.store.tags.list('sim')
    const late = deskOver(site, () => {
      site.store.dirty.mark(flow!.tag.id, { from: site.from, until: ticks(site.from + HOUR) }, 'hint')
    })
    const outcome = await late.advance('boiler', ADA, never)
    expect(outcome).toMatchObject({ kind: 'refused', reason: '1 cell changed while the evidence was gathered' })
    expect(outcome.assessment?.decision?.outcome).toBe('pass')
    expect(site.desk.standing('boiler').state.phase).toBe('shadowing')
  })

  it('is an error, and no decision, where the historian cannot be asked', async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    const { lastSeq } = site.desk.standing('boiler')
    await site.simulator.close()
    await expect(site.desk.request('boiler', ADA, AbortSignal.timeout(3_000))).rejects.toThrow()
    expect(site.desk.standing('boiler').lastSeq).toBe(lastSeq)
  })
})

it('a historian that does not answer is no side to go back to', async () => {
  const site = await CutoverSite.open()
  await site.shadowing()
  decided(await site.desk.request('boiler', ADA, never))
  await site.verify()
  await site.simulator.close()
  const { decision, manifest } = await site.desk.assess('boiler', never)
  expect(manifest?.historians).toEqual([{ name: 'sim', identity: null, clockOffsetMs: null, newestAgeMs: null }])
  expect(decision?.gates.filter(({ outcome }) => outcome !== 'pass')).toMatchObject([
    { gate: 'rollback-ready', outcome: 'unknown' },
  ])
})

describe('two who decide at once', () => {
  it('the second is judged by what the first one did', async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    decided(await site.desk.request('boiler', ADA, never))
    await site.verify()
    const desks = [site.desk, site.newDesk()]
    const outcomes = await Promise.all(desks.map((desk, i) => desk.advance('boiler', { actor: `p${i}` }, never)))
    expect(outcomes.filter(({ kind }) => kind === 'decided')).toHaveLength(1)
    expect(outcomes.find(({ kind }) => kind === 'refused')).toMatchObject({
      reason: expect.stringMatching(/decided about it/) as string,
    })
    expect(site.desk.standing('boiler').state).toMatchObject({ phase: 'canary', percent: 50 })
  })

  it('a freeze that comes while the evidence is gathered holds', async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    decided(await site.desk.request('boiler', ADA, never))
    await site.verify()
    const bob = { workload: 'boiler', at: '2026-01-01T00:00:00Z', actor: 'bob', action: 'freeze' } as const
    const ledger = new Ledger(site.store)
    let frozen: unknown
    const desk = deskOver(site, () => (frozen ??= ledger.record({ ...bob, detail: () => ({}) })))
    expect(await desk.advance('boiler', ADA, never)).toMatchObject({ kind: 'refused' })
    expect(frozen).toMatchObject({ action: 'freeze' })
    expect(await site.desk.advance('boiler', ADA, never)).toMatchObject({
      reason: expect.stringMatching(/frozen since .* by bob/) as string,
    })
    decided(await site.desk.thaw('boiler', ADA, never))
    decided(await site.desk.advance('boiler', ADA, never), 'canary')
  })
})

describe('people', () => {
  const TWO = { workload: `criticality: C, ${GATES.replace('gates: {', 'gates: { approvals: 2,')}` }

  it('the same person twice is one, under any spelling; another epoch or step needs them anew', async () => {
    const site = await CutoverSite.open(TWO)
    await site.shadowing()
    decided(await site.step(), 'canary')
    const early = await site.step()
    expect(closed(early)).toEqual({ approvals: 'fail' })
    const manifest = early.assessment!.manifestHash!
    decided(await site.desk.approve('boiler', { actor: 'ada', manifest }, never))
    decided(await site.desk.approve('boiler', { actor: ' ADA', manifest }, never))
    expect(closed(await site.desk.advance('boiler', ADA, never))).toEqual({ approvals: 'fail' })
    expect(await site.desk.approve('boiler', { actor: 'banyan', manifest }, never)).toMatchObject({ kind: 'refused' })
    decided(await site.desk.approve('boiler', { actor: 'bob', manifest }, never))
    const live = decided(await site.desk.advance('boiler', ADA, never), 'live')
    expect(live.standing.state.approvals).toEqual([])
    expect(await site.desk.approve('boiler', { actor: 'bob', manifest }, never)).toMatchObject({ kind: 'refused' })
  })

  it('nobody approves what cannot be named', async () => {
    const site = await CutoverSite.open(TWO)
    await site.shadowing()
    const manifest = 'a'.repeat(64)
    expect(await site.desk.approve('boiler', { ...ADA, manifest }, never)).toMatchObject({ kind: 'refused' })
  })
})

describe('waivers', () => {
  it('answers for a mismatch by name until it ends', async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    site.simulator.historian.edit('FLOW', site.from, 0, -1)
    expect(closed(await site.step())).toMatchObject({ mismatches: 'fail' })
    const order = {
      tag: 'flow',
      window: { from: site.from, until: ticks(site.from + HOUR) },
      expiresAtMs: Date.now() + 3_600_000,
    }
    decided(await site.desk.waive('boiler', order, { ...ADA, reason: 'known spike' }, never))
    const { manifest, mayAdvance } = await site.desk.assess('boiler', never)
    expect(mayAdvance).toBe(true)
    expect(manifest?.waivers).toMatchObject([{ owner: 'ada', reason: 'known spike', cells: 1 }])
    site.later(61)
    expect(closed(await site.desk.advance('boiler', ADA, never))).toMatchObject({ mismatches: 'fail', 'as-of': 'fail' })
    expect(site.desk.waivers('boiler')).toMatchObject([{ inForce: false }])
  })

  it('one that the chain does not know of counts for nothing', async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    site.simulator.historian.edit('FLOW', site.from, 0, -1)
    await site.step()
    const [flow] = site.store.tags.list('sim')
    const window = { from: site.from, until: ticks(site.from + HOUR) }
    const expiresAtMs = Date.now() + 3_600_000
    site.store.waivers.make({ tag: flow!.tag.id, window, reason: 'quietly', owner: 'eve', expiresAtMs })
    expect(closed(await site.desk.advance('boiler', ADA, never))).toEqual({ mismatches: 'fail' })
  })

  it('is not made when it is not recorded', async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    const window = { from: site.from, until: ticks(site.from + HOUR) }
    const order = { tag: 'FLOW', window, expiresAtMs: Date.now() + 1_000 }
    const { lastSeq } = site.desk.standing('boiler')
    await expect(site.desk.waive('boiler', order, { ...ADA, reason: 'why not' }, never)).rejects.toThrow('no mismatch')
    expect(site.desk.standing('boiler').lastSeq).toBe(lastSeq)
    expect(site.store.waivers.list(10)).toEqual([])
  })
})

describe('quarantine, epochs, drills', () => {
  it('what the bridge rolled back stays back until a root cause is named', async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    decided(await site.step(), 'canary')
    const { epoch } = site.desk.standing('boiler').state
    decided(await site.desk.rollback('boiler', { actor: 'banyan', cause: 'mismatch' }, never), 'shadowing')
    expect(await site.desk.request('boiler', ADA, never)).toMatchObject({ kind: 'refused' })
    const { obstacles } = await site.desk.assess('boiler', never)
    expect(obstacles[0]?.reason).toContain('quarantined')
    decided(await site.desk.liftQuarantine('boiler', { ...ADA, reason: 'a valve stuck' }, never))
    expect(site.desk.standing('boiler').state).toMatchObject({ epoch: epoch + 1, quarantine: undefined })
    // The streak begins anew.
    expect(closed(await site.step())).toMatchObject({ streak: expect.stringMatching(/fail|unknown/) as string })
  })

  it('another tag begins another epoch, once, and voids what was asked', async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    decided(await site.desk.request('boiler', ADA, never))
    const { epoch } = site.desk.standing('boiler').state
    expect(site.desk.refresh()).toEqual([])
    const [flow] = site.store.tags.list('sim')
    site.store.tags.save([{ ...flow!.tag, name: 'OTHER' }])
    expect(site.desk.refresh()).toMatchObject([{ action: 'epoch', actor: 'banyan', epoch: epoch + 1 }])
    expect(site.newDesk().refresh()).toEqual([])
    expect(site.desk.standing('boiler').state.request).toBeUndefined()
  })

  it('a drill where something is served is a real rollback, and timed', async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    decided(await site.step(), 'canary')
    expect(site.desk.preview('boiler', 'drill')).toMatchObject({ kind: 'possible', to: { phase: 'shadowing' } })
    const outcome = await site.desk.drill('boiler', ADA, never)
    expect(outcome).toMatchObject({
      kind: 'decided',
      standing: { state: { phase: 'shadowing', quarantine: undefined } },
    })
    expect(site.desk.history('boiler').slice(-2)).toMatchObject([
      { action: 'rollback', detail: { cause: 'drill' } },
      { action: 'drill', detail: { seconds: expect.any(Number) as number } },
    ])
  })

  it('refuses a name that nobody knows', async () => {
    const site = await CutoverSite.open()
    await expect(site.desk.freeze('kettle', ADA, never)).rejects.toThrow('no workload "kettle"')
  })
})

/** A desk whose store is touched by somebody else right before a decision is recorded. */
function deskOver({ store, bridge }: CutoverSite, before: () => unknown): CutoverDesk {
  const { cutoverEvents } = store
  const touched = new Proxy(cutoverEvents, {
    get: (table, key) => {
      if (key === 'append') {
        return (build: Parameters<typeof table.append>[0]) => {
          before()
          return table.append(build)
        }
      }
      const found: unknown = Reflect.get(table, key, table)
      return typeof found === 'function' ? (found.bind(table) as unknown) : found
    },
  })
  const over: Store = { ...store, cutoverEvents: touched }
  return new CutoverDesk({ bridge, store: over, version: '1.0.0' })
}
