/** What a backfill refuses before it adds a record: targets and historians that are not the ones it knows. */
import Database from 'better-sqlite3'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { BackfillReport } from '../../src/app/backfill-job.ts'
import { runBackfill } from '../../src/app/backfill.ts'
import { Bridge } from '../../src/app/bridge.ts'
import { checkBridge } from '../../src/app/check.ts'
import { rebuildStore } from '../../src/app/rebuild-store.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'
import { startSimulator } from '../harness/simulator.ts'

const HOUR = 36_000_000_000n
const SAMPLES = 50
const never = new AbortController().signal

interface Settings {
  readonly bridge?: string
  readonly dataServer?: string
  readonly logFile?: string
}

/** A folder whose configuration is written anew for every run. */
class Site {
  readonly simulator: Simulator
  readonly #url: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'banyan-guards-'))

  constructor(simulator: Simulator, url: string) {
    this.simulator = simulator
    this.#url = url
    onTestFinished(() => {
      rmSync(this.#folder, { recursive: true, force: true })
    })
  }

  backfill(settings: Settings = {}): Promise<BackfillReport> {
    const scope = { tags: [], from: undefined, until: undefined, order: undefined, job: undefined }
    return this.with(settings, (bridge) => runBackfill(bridge, scope, () => undefined, never))
  }

  async with<T>(settings: Settings, body: (bridge: Bridge) => Promise<T>): Promise<T> {
    const file = join(this.#folder, 'banyan.yaml')
    writeFileSync(file, this.#configText(settings))
    const config = loadConfig({ file, environment: {}, workingDirectory: this.#folder })
    const bridge = new Bridge(config, silentLogger)
    try {
      return await body(bridge)
    } finally {
      await bridge.close()
    }
  }

  has(file: string): boolean {
    return existsSync(join(this.#folder, file))
  }

  remove(file: string): void {
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(this.#folder, file + suffix), { force: true })
  }

  recordsIn(logFile = 'log.db'): number {
    return this.database(logFile, (db) => db.prepare<[], number>('SELECT count(*) FROM samples').pluck().get() ?? 0)
  }

  database<T>(logFile: string, body: (db: Database.Database) => T): T {
    const db = new Database(join(this.#folder, logFile))
    try {
      return body(db)
    } finally {
      db.close()
    }
  }

  #configText({ bridge = 'here', dataServer = 'BANYANSIM', logFile = 'log.db' }: Settings): string {
    return [
      `bridge: ${bridge}`,
      'store: ./store.db',
      `historians: { sim: { piWebApi: { url: "${this.#url}", dataServer: ${dataServer}, auth: { type: none } } } }`,
      'tags: [{ historian: sim, include: ["*"], backfill: { from: 2000-01-01 } }]',
      `log: { embedded: { file: ./${logFile}, partitions: 4 } }`,
      '',
    ].join('\n')
  }
}

/** One tag of the first data server, copied. */
async function copiedSite(): Promise<Site> {
  const { simulator, url } = await startSimulator({ scenario: 'empty' })
  const { historian } = simulator
  historian.createPoint({ name: 'A', pointType: 'Float64' })
  for (let i = 0; i < SAMPLES; i++) historian.insert('A', historian.clock.now() - HOUR + BigInt(i) * 10_000_000n, i)
  const site = new Site(simulator, url)
  expect(await site.backfill()).toMatchObject({ state: 'done', samples: SAMPLES, recordsInLog: SAMPLES })
  return site
}

describe('backfill refuses', () => {
  it('another data server under the name of the one its tags were copied from', async () => {
    const site = await copiedSite()
    const { historian } = site.simulator
    const other = historian.addServer({ name: 'OTHER', guid: '11111111-d9cd-44f7-8d4a-3cb826d0f97d' })
    other.addPoint({ name: 'Z', pointType: 'Float64' }, historian.clock.now())
    historian.clock.advance(60_000)
    await expect(site.backfill({ dataServer: 'OTHER' })).rejects.toMatchObject({ code: 'BANYAN_CONFIG_INVALID' })
    expect(await site.backfill()).toMatchObject({ state: 'done', recordsInLog: SAMPLES })
  })

  it('an embedded log that another bridge filled', async () => {
    const site = await copiedSite()
    await expect(site.backfill({ bridge: 'there' })).rejects.toMatchObject({ code: 'BANYAN_LOG_UNSAFE' })
    expect(site.recordsIn()).toBe(SAMPLES)
    expect(await site.backfill()).toMatchObject({ state: 'done', recordsInLog: SAMPLES })
  })

  it('to copy again what is in a log whose checkpoints were lost', async () => {
    const site = await copiedSite()
    site.database('log.db', (db) => db.exec('DELETE FROM checkpoints'))
    await expect(site.backfill()).rejects.toMatchObject({ code: 'BANYAN_LOG_CORRUPT' })
    expect(site.recordsIn()).toBe(SAMPLES)
  })

  it('to make a log anew that was there and is gone', async () => {
    const site = await copiedSite()
    site.remove('log.db')
    await expect(site.backfill()).rejects.toMatchObject({
      code: 'BANYAN_LOG_UNSAFE',
      hint: expect.stringContaining('banyan store rebuild') as string,
    })
    expect(site.has('log.db')).toBe(false)
    const checks = await site.with({}, (bridge) => checkBridge(bridge, { createTopics: false }, never))
    expect(checks.filter(({ ok }) => !ok)).toMatchObject([{ code: 'BANYAN_LOG_UNSAFE' }])
  })

  it('to call a new log proven by what was read from the old one, until the store is rebuilt', async () => {
    const site = await copiedSite()
    const moved = { logFile: 'moved.db' }
    // Made by somebody on purpose; on its own a backfill does not put an empty log in the place of a full one.
    await site.with(moved, (bridge) => checkBridge(bridge, { createTopics: true }, never))
    await expect(site.backfill(moved)).rejects.toMatchObject({ code: 'BANYAN_LOG_CORRUPT' })
    expect(site.recordsIn('moved.db')).toBe(0)
    await site.with(moved, (bridge) => rebuildStore(bridge, () => undefined, never))
    expect(await site.backfill(moved)).toMatchObject({ state: 'done', samples: SAMPLES, recordsInLog: SAMPLES })
    const described = site.database('moved.db', (db) => db.prepare('SELECT key FROM side_records').pluck().all())
    expect(described).toEqual(['sim/1'])
  })
})
