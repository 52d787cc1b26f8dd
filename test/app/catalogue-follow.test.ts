/** What the daemon does about a catalogue that changes, on a simulated historian. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { Bridge } from '../../src/app/bridge.ts'
import { CatalogueFollow, type CatalogueChange } from '../../src/app/catalogue-follow.ts'
import { loadConfig } from '../../src/config/load.ts'
import { BanyanError } from '../../src/domain/errors.ts'
import type { TagId } from '../../src/domain/tag-id.ts'
import { parseTicks, ticks, ticksFromMs } from '../../src/domain/ticks.ts'
import type { Window } from '../../src/domain/window.ts'
import type { SampleLog } from '../../src/log/log.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import type { Store } from '../../src/store/store.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'
import { startSimulator } from '../harness/simulator.ts'

const never = new AbortController().signal
const COVERED = [
  { from: ticks(100n), until: ticks(200n) },
  { from: ticks(300n), until: ticks(400n) },
]

function refresh(): Promise<CatalogueChange> {
  return follow.refresh(() => undefined, never)
}

let simulator: Simulator
let store: Store
let log: SampleLog
let follow: CatalogueFollow
let inLog: Set<TagId>

beforeEach(async () => {
  const running = await startSimulator({ scenario: 'empty' })
  simulator = running.simulator
  simulator.historian.createPoint({ name: 'FLOW', pointType: 'Float32' })
  const folder = mkdtempSync(join(tmpdir(), 'banyan-follow-'))
  const file = join(folder, 'banyan.yaml')
  writeFileSync(
    file,
    [
      'bridge: here',
      `historians: { sim: { piWebApi: { url: "${running.url}", dataServer: BANYANSIM, auth: { type: none } } } }`,
      'tags:',
      '  - { historian: sim, include: ["LIVE*"] }',
      '  - { historian: sim, include: ["*"], backfill: { from: 2000-01-01 } }',
      'log: { embedded: { file: ./log.db } }',
    ].join('\n'),
  )
  const bridge = new Bridge(loadConfig({ file, environment: {}, workingDirectory: folder }), silentLogger)
  onTestFinished(async () => {
    await bridge.close()
    rmSync(folder, { recursive: true, force: true })
  })
  store = await bridge.store()
  log = await bridge.log()
  await log.create(never)
  inLog = new Set()
  follow = new CatalogueFollow({ bridge, store, log, historian: 'sim', isInLog: (tag) => inLog.has(tag) })
})

it('enqueues one backfill for the tags the log has never seen, where their rule asks for one', async () => {
  simulator.historian.createPoint({ name: 'LIVE-ONLY', pointType: 'Float32' })
  const { added } = await refresh()
  expect(added).toHaveLength(2)
  const jobs = store.jobs.list()
  expect(jobs).toHaveLength(1)
  expect(jobs[0]?.params).toMatchObject({ historian: 'sim', ids: ['sim/1'] })
})

it('asks once: a job that was cancelled does not come back, and new tags get a job of their own', async () => {
  const { added } = await refresh()
  store.jobs.request(store.jobs.list()[0]!.id, 'cancel')
  await refresh()
  expect(store.jobs.runnable()).toEqual([])
  simulator.historian.createPoint({ name: 'PRESSURE', pointType: 'Float32' })
  const { added: later } = await refresh()
  expect(later).not.toEqual(added)
  expect(store.jobs.runnable().map(({ params }) => params)).toMatchObject([{ ids: later }])
})

it('enqueues nothing for tags the log knows: their coverage says what is missing', async () => {
  simulator.historian.createPoint({ name: 'PRESSURE', pointType: 'Float32' })
  inLog = new Set(simulator.historian.primary.points.map(({ id }) => `sim/${id}` as TagId))
  await refresh()
  expect(store.jobs.list()).toEqual([])
})

it('keeps the id of a renamed tag, and publishes the new name without comparing its history again', async () => {
  await refresh()
  simulator.historian.renamePoint('FLOW', 'FLOW-2')
  const { added, changed, gone } = await refresh()
  expect({ added, changed, gone }).toEqual({ added: [], changed: [], gone: [] })
  expect(store.tags.list('sim').map(({ tag, version }) => [tag.name, version])).toEqual([['FLOW-2', 2]])
  expect(store.tags.unpublished()).toEqual([])
  expect(store.dirty.count('sim')).toBe(0)
})

it('compares everything up to now of a tag again when its type changed, also what is copied only later', async () => {
  const { selection } = await refresh()
  const id = selection.selected[0]!.tag.id
  store.coverage.save([[id, { covered: COVERED, samples: 0 }]])
  simulator.historian.retypePoint('FLOW', 'Int32')
  const { changed } = await refresh()
  expect(changed).toEqual([id])
  const [{ from, until }] = store.dirty.get(id)!.windows as [Window]
  expect(from).toBe(parseTicks('0001-01-01T00:00:00Z'))
  expect(until).toBeLessThanOrEqual(ticksFromMs(Date.now()))
  expect(until).toBeGreaterThan(ticksFromMs(Date.now() - 60_000))
})

it('hands the new meaning over behind the mark, although the log does not take it', async () => {
  await refresh()
  simulator.historian.retypePoint('FLOW', 'Int32')
  vi.spyOn(log, 'publish').mockRejectedValue(new BanyanError('BANYAN_LOG_UNAVAILABLE', 'away', { retryable: true }))
  const told: [string | undefined, number][] = []
  const refreshing = follow.refresh(({ selection }) => {
    told.push([selection.selected[0]?.tag.type, store.dirty.count('sim')])
  }, never)
  await expect(refreshing).rejects.toMatchObject({ code: 'BANYAN_LOG_UNAVAILABLE' })
  expect(told).toEqual([['int32', 1]])
})

it('keeps the marks of a tag that is listed no more', async () => {
  simulator.historian.createPoint({ name: 'PRESSURE', pointType: 'Float32' })
  const { selection } = await refresh()
  const flow = selection.selected.find(({ tag }) => tag.name === 'FLOW')!.tag.id
  store.dirty.mark(flow, COVERED[0]!, 'hint')
  simulator.historian.deletePoint('FLOW')
  await refresh()
  expect(store.dirty.get(flow)?.windows).toEqual([COVERED[0]])
})

it('tells once of a tag that is listed no more, and takes it back', async () => {
  simulator.historian.createPoint({ name: 'PRESSURE', pointType: 'Float32' })
  const { selection } = await refresh()
  const flow = selection.selected.find(({ tag }) => tag.name === 'FLOW')!.tag.id
  simulator.historian.deletePoint('FLOW')
  expect((await refresh()).gone).toEqual([flow])
  expect((await refresh()).gone).toEqual([])
  expect(store.tags.list('sim')).toHaveLength(2)
})

it('does not believe a historian that suddenly lists nothing', async () => {
  await refresh()
  simulator.historian.deletePoint('FLOW')
  await expect(refresh()).rejects.toMatchObject({ code: 'BANYAN_SOURCE_PROTOCOL', retryable: true })
  expect(store.tags.list('sim').map(({ goneAtMs }) => goneAtMs)).toEqual([undefined])
})
