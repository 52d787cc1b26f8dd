/** Sweeps of a simulated PI historian through its adapter: every type of point, ties, times of the historian's grid. */
import { expect, it, onTestFinished } from 'vitest'
import type { Tag } from '../../src/domain/tag.ts'
import { parseTicks, ticks, TICKS_PER_SECOND } from '../../src/domain/ticks.ts'
import { window } from '../../src/domain/window.ts'
import { project } from '../../src/project/projector.ts'
import { openPiWebApiSource } from '../../src/source/pi-web-api/source.ts'
import { openGate } from '../../src/source/source.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'
import { CountTrust } from '../../src/verify/count-first.ts'
import { sweep, type SweepOutcome } from '../../src/verify/sweep.ts'
import { MemoryLog } from '../harness/memory-log.ts'
import { startSimulator } from '../harness/simulator.ts'
import { openTemporaryStore, temporaryFile } from '../store/temporary-store.ts'
import { DirectAmender } from './copied-historian.ts'
import { currentTruth } from './current-truth.ts'

const HOUR = 3_600n * TICKS_PER_SECOND
const DAY = 24n * HOUR
const NOTHING = { late: 0, edited: 0, deleted: 0 }

it('reads no row twice where nothing changed, and corrects what did', async () => {
  const { simulator, url } = await startSimulator({ scenario: 'conformance', switches: { rateLimitPerSecond: 0 } })
  const { historian } = simulator
  const source = openPiWebApiSource({
    historian: 'pi',
    url,
    dataServer: 'BANYANSIM',
    auth: { type: 'none' },
    timeoutMs: 30_000,
    retryDelayMs: 1,
    gate: openGate,
    logger: silentLogger,
  })
  onTestFinished(() => source.close())
  const { signal } = new AbortController()
  const log = new MemoryLog()
  const store = openTemporaryStore(temporaryFile())
  const amender = new DirectAmender(log)
  await amender.open()
  const { tags } = await source.catalogue({ include: ['*'], exclude: ['TIES.HUGE*'], names: [] }, signal)

  // Off the hour at both ends, so that coverage begins and ends inside cells.
  const now = ticks(historian.clock.now() + 1n)
  const covered = window(ticks(now - 40n * DAY - 17n), now)
  let held = 0
  for (const tag of tags) {
    for await (const { covers, samples } of source.read(tag, covered, { pageSize: 10_000 }, signal)) {
      await amender.append({ tag: tag.id, source: 'pi-web-api', covers, samples })
      held += samples.length
    }
  }
  expect(held).toBeGreaterThan(1_000)
  const sweepAll = (): Promise<SweepOutcome> =>
    sweep(
      { tags, afterTag: undefined, lookBackFrom: covered.from },
      {
        source,
        pageSize: 10_000,
        log,
        store,
        amender,
        cellWidth: HOUR,
        project: async (folding) => {
          await project(log, store, { cellWidth: HOUR }, folding)
        },
        settled: () => now,
        mode: 'auto',
        acceptDeletions: false,
        counts: new CountTrust(),
        tagOf: (id) => tags.find((tag) => tag.id === id),
        onProgress: () => undefined,
        onOutcome: () => undefined,
      },
      signal,
    )

  const appends = log.appends
  expect(await sweepAll()).toMatchObject({ rows: held, revisions: NOTHING, findings: 0, postponed: [], failures: [] })
  // The adapter knows by now which tags may share a call without being asked for again.
  simulator.resetCounters()
  expect(await sweepAll()).toMatchObject({ rows: held, revisions: NOTHING })
  expect(log.appends).toBe(appends)
  expect(simulator.counters().rows).toBeLessThanOrEqual(held)
  expect(simulator.counters().writes).toBe(0)

  const isCovered = (ts: string): boolean => parseTicks(ts) >= covered.from && parseTicks(ts) < covered.until
  const tagNamed = (name: string): Tag => tags.find((tag) => tag.name === name)!
  const at = (hours: bigint): bigint => now - hours * HOUR
  historian.insert('TYPE.FLOAT64', at(5n), 1.5)
  historian.insert('TYPE.FLOAT64', at(5n), 2.5)
  historian.insert('TYPE.INT32', at(30n), 7)
  expect((await sweepAll()).revisions).toEqual({ ...NOTHING, late: 3 })
  historian.edit('TYPE.INT32', at(30n), 0, 8)
  historian.delete('TYPE.FLOAT64', at(5n), 0)
  expect((await sweepAll()).revisions).toEqual({ ...NOTHING, edited: 1, deleted: 1 })
  historian.insert('TYPE.FLOAT64', at(5n), 3.5)
  expect((await sweepAll()).revisions).toEqual({ ...NOTHING, late: 1 })
  expect((await sweepAll()).revisions).toEqual(NOTHING)

  for (const name of ['TYPE.FLOAT64', 'TYPE.INT32']) {
    const { samples, violations } = currentTruth(
      log.allRecords().flatMap(({ record }) => (record.tag === tagNamed(name).id ? record : [])),
    )
    expect(violations).toEqual([])
    const truth = [...simulator.truth()].filter((row) => row.name === name)
    expect(samples).toHaveLength(truth.filter(({ ts }) => isCovered(ts)).length)
  }
})
