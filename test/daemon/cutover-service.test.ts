/** What the daemon does for a workload by itself: over a real store and log, a simulated historian, and a faked clock. */
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { BridgeWeather } from '../../src/daemon/bridge-weather.ts'
import { CutoverService, type CutoverServiceParts } from '../../src/daemon/cutover-service.ts'
import { surveyParity } from '../../src/daemon/parity-survey.ts'
import type { TagId } from '../../src/domain/tag-id.ts'
import type { VerdictCounts } from '../../src/domain/verdict.ts'
import { type Logger, silentLogger } from '../../src/telemetry/logger.ts'
import { CutoverSite, decided, never } from '../app/cutover/cutover-site.ts'
import { liveHistorian } from '../harness/live-status.ts'

const MINUTE_MS = 60_000

let site: CutoverSite
let errors: { readonly message: string; readonly [field: string]: unknown }[]
let cells: ReadonlyMap<TagId, VerdictCounts>
let passes: number
let lagMs: number | undefined
let catalogueChanges: number
let service: CutoverService

beforeEach(async () => {
  site = await CutoverSite.open()
  errors = []
  cells = new Map()
  passes = 0
  lagMs = 40_000
  catalogueChanges = 0
  service = serviceWith({})
})

function serviceWith(over: Partial<CutoverServiceParts>): CutoverService {
  const logger: Logger = { ...silentLogger, error: (fields, message) => errors.push({ ...fields, message }) }
  return new CutoverService({
    bridge: site.bridge,
    store: site.store,
    desk: site.desk,
    historians: [
      {
        name: 'sim',
        get cells() {
          return cells
        },
        get verifierPasses() {
          return passes
        },
        get catalogueChanges() {
          return catalogueChanges
        },
        lagMs: () => lagMs,
        live: () => liveHistorian({ name: 'sim', up: true }),
      },
    ],
    weather: new BridgeWeather({ version: '1.0.0', clock: Date.now, zoneOffset: () => 0 }),
    logger,
    clock: Date.now,
    ...over,
  })
}

/** A pass of the daemon's verifier. */
async function pass(): Promise<void> {
  await site.verify()
  cells = (await surveyParity({ bridge: site.bridge, store: site.store, historian: 'sim' }, never)).cells
  passes += 1
}

/** Minutes pass; the service looks every one of them, and the verifier goes through unless it is dead. */
async function minutes(count: number, isVerifying = true): Promise<void> {
  for (let i = 0; i < count; i++) {
    vi.setSystemTime(Date.now() + MINUTE_MS)
    if (isVerifying) passes += 1
    await service.watch(never)
  }
}

async function live(): Promise<void> {
  await site.shadowing()
  decided(await site.step(), 'canary')
  decided(await site.step(), 'live')
  await pass()
  await service.watch(never)
}

describe('before anything is served', () => {
  it('registers what is configured once the catalogue is known, and not before', async () => {
    await service.watch(never)
    expect(site.desk.history()).toEqual([])
    await site.backfill()
    catalogueChanges = 1
    await service.watch(never)
    await service.watch(never)
    expect(site.desk.history().map(({ action, actor }) => `${action} by ${actor}`)).toEqual(['register by banyan'])
  })

  it('takes the steps that only facts stand before, as far as verifying, and leaves the rest to people', async () => {
    await site.backfill()
    await service.watch(never)
    const phases: string[] = []
    for (let i = 0; i < 5; i++) {
      await service.prepare(never)
      phases.push(site.desk.standing('boiler').state.phase)
      if (i === 2) await site.verify()
    }
    expect(phases).toEqual(['backfilling', 'mirroring', 'mirroring', 'verifying', 'verifying'])
  })

  it('notes what the gates ask for: green windows, lag, a verifier that looks, and a restart', async () => {
    await site.backfill()
    await pass()
    await service.watch(never)
    await minutes(25)
    const windows = site.store.cutoverFacts.windows('boiler', 0, Infinity)
    expect(windows.length).toBeGreaterThanOrEqual(3)
    expect(windows.at(-2)).toMatchObject({
      isGreen: true,
      isSilent: false,
      lags: [{ consumer: 'grafana', p99Ms: 40_000, maxMs: 40_000 }],
    })
    expect(site.store.cutoverFacts.facts('restart', 0, 10)).toHaveLength(1)
  })

  it('plants faults for the verifier, and again when half of their age is over', async () => {
    await site.backfill()
    await site.verify()
    await service.watch(never)
    for (let i = 0; i < 6; i++) await service.prepare(never)
    const trials = (): number => site.store.cutoverFacts.facts('seeded-faults', 0, 10).length
    expect(trials()).toBe(1)
    vi.setSystemTime(Date.now() + 12 * 60 * MINUTE_MS)
    await service.prepare(never)
    expect(trials()).toBe(2)
    expect(errors).toEqual([])
  })
})

describe('in live', () => {
  beforeEach(live)

  it('all stays as it is where all is well', async () => {
    await minutes(45)
    expect(site.desk.standing('boiler').state).toMatchObject({
      phase: 'live',
      quarantine: undefined,
      frozen: undefined,
    })
    expect(errors).toEqual([])
  })

  it('a fault planted in what is served sends it back at once, quarantined, and the log is told', async () => {
    site.simulator.historian.edit('LEVEL', site.from, 0, -1)
    await pass()
    await service.watch(never)
    expect(site.desk.standing('boiler').state).toMatchObject({
      phase: 'shadowing',
      percent: 0,
      quarantine: { cause: 'mismatch', reason: '1 served cells differ from the historian' },
    })
    expect((await site.routing()).at(-1)).toMatchObject({ phase: 'shadowing', serve: 'historian', cohort: 0 })
    expect(site.desk.history().at(-1)).toMatchObject({ action: 'rollback', actor: 'banyan', to: 'shadowing' })
    expect(errors).toMatchObject([{ workload: 'boiler', cause: 'mismatch' }])
    await service.watch(never)
    expect(errors).toHaveLength(1)
    expect(await site.desk.request('boiler', { actor: 'ada' }, never)).toMatchObject({ kind: 'refused' })
  })

  it('a log that is late for long sends it back', async () => {
    lagMs = 180_001
    await minutes(45)
    expect(site.desk.standing('boiler').state.quarantine?.cause).toBe('lag')
  })

  it('a dead verifier freezes it and calls somebody, once', async () => {
    await minutes(90, false)
    const { state } = site.desk.standing('boiler')
    expect(state).toMatchObject({ phase: 'live', frozen: { by: 'banyan' }, quarantine: undefined })
    expect(errors).toHaveLength(1)
  })

  it('what could not be decided is decided when it can be', async () => {
    let isBroken = true
    const rollback = vi.fn((...order: Parameters<typeof site.desk.rollback>) =>
      isBroken ? Promise.reject(new Error('the disk is full')) : site.desk.rollback(...order),
    )
    const desk = new Proxy(site.desk, {
      get: (target, name) => {
        if (name === 'rollback') return rollback
        const member: unknown = Reflect.get(target, name, target)
        return typeof member === 'function' ? (member.bind(target) as unknown) : member
      },
    })
    service = serviceWith({ desk })
    lagMs = 180_001
    await expect(minutes(45)).rejects.toThrow('the disk is full')
    lagMs = 1_000
    isBroken = false
    await service.watch(never)
    expect(rollback).toHaveBeenCalledTimes(2)
    expect(site.desk.standing('boiler').state).toMatchObject({ phase: 'shadowing', quarantine: { cause: 'lag' } })
  })
})

describe('running', () => {
  it('tells the log what another process decided, within a moment, and ends when asked to', async () => {
    await site.shadowing()
    const { phase } = site.desk.standing('boiler').state
    expect(phase).toBe('shadowing')
    const publish = vi.spyOn(site.log, 'publish').mockRejectedValue(new Error('no broker'))
    decided(await site.newDesk().freeze('boiler', { actor: 'ada' }, never))
    expect(site.desk.standing('boiler').unpublished).toBe(1)
    publish.mockRestore()
    const stop = new AbortController()
    const running = service.run(stop.signal)
    await expect.poll(() => site.desk.standing('boiler').unpublished, { timeout: 20_000 }).toBe(0)
    stop.abort()
    await expect(running).rejects.toThrow()
  })

  it('fails with nobody: what goes wrong is told, and tried again', async () => {
    const desk = {
      adopt: () => Promise.reject(new Error('a defect')),
      standings: () => [],
      confirmRouting: () => Promise.resolve(0),
      publishPending: () => Promise.resolve(0),
    } as unknown as CutoverServiceParts['desk']
    catalogueChanges = 1
    service = serviceWith({ desk })
    const stop = new AbortController()
    const running = service.run(stop.signal)
    onTestFinished(() => stop.abort())
    await expect
      .poll(() => service.degradations(), { timeout: 20_000 })
      .toEqual([{ reason: 'cutover-failing', subject: '', detail: 'BANYAN_INTERNAL: a defect' }])
    stop.abort()
    await expect(running).rejects.toThrow()
  })
})
