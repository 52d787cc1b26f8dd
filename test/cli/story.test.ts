import Database from 'better-sqlite3'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { keyOfSample, keyOfTruth, Multiset } from '../../src/cli/multiset.ts'
import { decodeRecord } from '../../src/log/record.ts'
import { openStore } from '../../src/store/store.ts'
import { startSimulator } from '../harness/simulator.ts'
import { banyan, siteFolder } from './run.ts'

const MINUTE_MS = 60_000
/** Several runs of the command each, on a machine that may be busy. */
const TEST_TIMEOUT_MS = 240_000

/** JSON of an answer; its version is checked everywhere. */
function answerOf(stdout: string): Record<string, unknown> {
  const answer = JSON.parse(stdout) as Record<string, unknown>
  expect(answer['schemaVersion']).toBe(1)
  return answer
}

async function conformanceSite(rule?: string) {
  const { simulator, url } = await startSimulator({ scenario: 'conformance' })
  simulator.historian.clock.advance(MINUTE_MS)
  const cwd = siteFolder(url, { piWebApi: ['pageSize: 500'], ...(rule === undefined ? {} : { rule }) })
  return { simulator, cwd }
}

test(
  'check, plan, backfill, status, log read, rebuild: the story of one site',
  { timeout: TEST_TIMEOUT_MS },
  async () => {
    const { simulator, cwd } = await conformanceSite()
    const truth = new Multiset()
    for (const row of simulator.truth()) truth.add(keyOfTruth('sim', row))

    const check = await banyan(['check', '--json'], { cwd })
    expect(check.code, check.stderr).toBe(0)
    const { checks } = answerOf(check.stdout) as { checks: { name: string; ok: boolean; detail: string }[] }
    expect(checks.every(({ ok, detail }) => ok && detail !== '')).toBe(true)

    const plan = answerOf((await banyan(['plan', '--json'], { cwd })).stdout)
    expect(plan).toMatchObject({ estimate: { tags: expect.any(Number) as unknown }, missing: [] })

    const first = await banyan(['backfill', '--json'], { cwd })
    expect(first.code, first.stderr).toBe(0)
    expect(first.stderr).toBe('')
    const { job, tags, samples } = answerOf(first.stdout) as { job: number; tags: object; samples: number }
    expect(samples).toBe(truth.size)
    const total = simulator.historian.primary.points.length
    expect(tags).toEqual({ total, done: total, failed: 0 })

    const again = answerOf((await banyan(['backfill', '--json'], { cwd })).stdout)
    expect(again).toMatchObject({ state: 'done', samples: 0, failures: [], recordsInLog: samples })

    const jobs = answerOf((await banyan(['jobs', '--json'], { cwd })).stdout)
    expect(jobs['jobs']).toMatchObject([{ state: 'done' }, { id: job, state: 'done', samples }])

    const status = answerOf((await banyan(['status', '--json'], { cwd })).stdout)
    expect(status).toMatchObject({ historians: [{ name: 'sim', samples, tagsFragmented: 0 }], projection: { samples } })

    const read = await banyan(['log', 'read'], { cwd })
    expect(read.code).toBe(0)
    const found = new Multiset()
    for (const line of read.stdout.trimEnd().split('\n')) {
      const { tag, sample } = decodeRecord(line)
      found.add(keyOfSample(tag, sample))
    }
    expect(truth.compare(found)).toEqual({ missing: 0, extra: 0 })

    const rebuilt = answerOf((await banyan(['store', 'rebuild', '--json'], { cwd })).stdout)
    expect(rebuilt).toMatchObject({ records: samples })
    expect(simulator.counters().writes).toBe(0)
  },
)

describe('log read', { timeout: TEST_TIMEOUT_MS }, () => {
  test('narrows by tag and time, and places raw records', async () => {
    const { simulator, cwd } = await conformanceSite('include: ["TYPE.FLOAT32"]')
    await banyan(['backfill'], { cwd })
    const point = simulator.historian.point('TYPE.FLOAT32')
    const rows = [...simulator.truth()].filter(({ pointId }) => pointId === point.id)
    const tag = `sim/${String(point.id)}`
    const second = rows[1]?.ts ?? ''
    const linesOf = async (...args: string[]): Promise<Record<string, unknown>[]> => {
      const { stdout } = await banyan(['log', 'read', ...args], { cwd })
      return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
    }
    expect(await linesOf('--tag', tag)).toHaveLength(rows.length)
    expect(await linesOf('--tag', 'sim/999999')).toEqual([])
    const later = await linesOf('--tag', tag, '--from', second)
    expect(later).toHaveLength(rows.filter(({ ts }) => ts >= second).length)
    expect(await linesOf('--tag', tag, '--until', second)).toHaveLength(rows.length - later.length)
    const raw = await linesOf('--records', '--tag', tag)
    expect(raw.map(({ offset }) => offset)).toEqual(raw.map((_, index) => index))
    expect(new Set(raw.map(({ partition }) => partition)).size).toBe(1)
  })

  test('a reader that stops early is no failure', async () => {
    const { cwd } = await conformanceSite()
    await banyan(['backfill'], { cwd })
    const { code, stderr } = await banyan(['log', 'read'], {
      cwd,
      onStart: (child) => child.stdout?.once('data', () => child.stdout?.destroy()),
    })
    expect([code, stderr]).toEqual([0, ''])
  })
})

describe('hostile names', { timeout: TEST_TIMEOUT_MS }, () => {
  test('reach neither a terminal nor a JSON reader raw', async () => {
    const { cwd } = await conformanceSite('include: ["tab*"]')
    const table = await banyan(['tags'], { cwd })
    expect(table.stdout).toContain('tab\\u0009and\\u001b[31mescape')
    const json = await banyan(['tags', '--json'], { cwd })
    expect(table.stdout + table.stderr + json.stdout).not.toMatch(/(?!\n)\p{Cc}/u)
    expect(answerOf(json.stdout)['tags']).toMatchObject([{ name: 'tab\tand\u001b[31mescape', selected: true }])
  })

  test('tags --match looks beyond the rules', async () => {
    const { cwd } = await conformanceSite('include: ["TYPE.FLOAT32"]')
    const { tags } = answerOf((await banyan(['tags', '--json', '--match', 'TYPE.FLOAT*'], { cwd })).stdout) as {
      tags: { name: string; selected: boolean }[]
    }
    expect(tags.filter(({ selected }) => selected).map(({ name }) => name)).toEqual(['TYPE.FLOAT32'])
    expect(tags.length).toBeGreaterThan(1)
  })
})

/** As if a later Banyan had migrated it. */
function ageStore(file: string): void {
  const db = new Database(file)
  db.prepare("INSERT INTO migrations VALUES (9999, '9999_later.sql', '', 0)").run()
  db.close()
}

describe('exit codes of a backfill', { timeout: TEST_TIMEOUT_MS }, () => {
  test('4 when some tags failed: the rest is done, the failures are listed', async () => {
    const { simulator, cwd } = await conformanceSite()
    simulator.changeSwitches({ deleteMidway: { tag: 'TYPE.INT32', afterReads: 0 } })
    const { code, stdout } = await banyan(['backfill', '--json'], { cwd })
    expect(code).toBe(4)
    const { tags, failures } = answerOf(stdout) as {
      tags: { failed: number }
      failures: { code: string; name: string }[]
    }
    expect(tags.failed).toBe(1)
    expect(failures).toMatchObject([{ code: 'BANYAN_SOURCE_NOT_FOUND', name: 'TYPE.INT32' }])
  })

  test('4 when a listed name does not exist', async () => {
    const { cwd } = await conformanceSite('file: ./tags.txt')
    writeFileSync(join(cwd, 'tags.txt'), 'TYPE.FLOAT32\nNO.SUCH.TAG\n')
    const { code, stdout } = await banyan(['backfill'], { cwd })
    expect(code).toBe(4)
    expect(stdout).toContain('NO.SUCH.TAG')
  })

  test('1 when the historian stays away longer than `outage`', async () => {
    const cwd = siteFolder('http://127.0.0.1:1/piwebapi', { piWebApi: ['outage: 0s', 'timeout: 1s'] })
    const { code, stderr } = await banyan(['backfill'], { cwd })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^Error: .*\nTry: /m)
  })

  test('2 when nothing matches', async () => {
    const { cwd } = await conformanceSite()
    const { code, stderr } = await banyan(['backfill', '--tag', 'NOTHING*'], { cwd })
    expect([code, stderr]).toEqual([2, expect.stringMatching(/no tag matches NOTHING\*/)])
  })

  test('5 when the store is newer', async () => {
    const { cwd } = await conformanceSite()
    await banyan(['backfill', '--tag', 'TYPE.FLOAT32'], { cwd })
    ageStore(join(cwd, 'banyan.db'))
    for (const command of ['backfill', 'status', 'check']) {
      expect(await banyan([command], { cwd }), command).toMatchObject({ code: 5 })
    }
  })

  test('6 when another process holds the lease, and it is named', async () => {
    const { cwd } = await conformanceSite()
    const store = openStore(join(cwd, 'banyan.db'))
    const lease = store.lease.acquire('another bridge')
    for (const args of [['backfill'], ['store', 'rebuild']]) {
      const { code, stderr } = await banyan(args, { cwd })
      expect(code).toBe(6)
      expect(stderr).toContain('another bridge')
    }
    lease.release()
    store.close()
  })
})
