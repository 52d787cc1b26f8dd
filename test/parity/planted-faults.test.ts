/** Faults planted in a site that works: each shows with its class and cause, repair mends what it can, and says what not. */
import Database from 'better-sqlite3'
import { ConfigResourceTypes } from 'kafkajs'
import { randomUUID } from 'node:crypto'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseTicks } from '../../src/domain/ticks.ts'
import { VERDICTS } from '../../src/domain/verdict.ts'
import type { ParityReport } from '../../src/report/model.ts'
import { findContradictions } from '../../src/report/soundness.ts'
import { describeOnKafka, kafkaBrokers, newPrefix, plainKafka, removeTopics } from '../harness/kafka.ts'
import { startSimulator } from '../harness/simulator.ts'
import { Workbench, type LogChoice } from '../harness/workbench.ts'

const LIMIT_MS = 600_000
/** Shown on the embedded log in any case, and on Kafka by `BANYAN_LONG=1 npm test`. */
const itLong = it.runIf(process.env['BANYAN_LONG'] === '1')
const DAY_MS = 86_400_000
/** What somebody else writes to the topic: no sample record. */
const FOREIGN = '{}'
const TAGS = ['FIC101.PV', 'TIC202.PV', 'LIC104.PV']

interface Verified {
  readonly code: number | null
  readonly verdicts: Readonly<Record<(typeof VERDICTS)[number], number>>
  readonly cells: number
  readonly classes: Readonly<Record<string, number>>
  readonly worst: readonly { readonly tag: string; readonly cause?: string }[]
  readonly logShort: number
}

type Simulator = Awaited<ReturnType<typeof startSimulator>>['simulator']

/** By the simulated clock. */
function dayBefore({ historian }: Simulator, days: number): string {
  return new Date(Number(historian.clock.now() / 10_000n) - days * DAY_MS).toISOString()
}

class Site {
  readonly workbench: Workbench
  readonly #simulator: Simulator

  private constructor(workbench: Workbench, simulator: Simulator) {
    this.workbench = workbench
    this.#simulator = simulator
  }

  /** Three tags, some days, copied. */
  static async copied(log: LogChoice): Promise<Site> {
    const { simulator, url } = await startSimulator({ scenario: 'demo' })
    const from = dayBefore(simulator, 20).slice(0, 10)
    const workbench = new Workbench({ url, log, include: TAGS, from })
    onTestFinished(() => {
      workbench.remove()
    })
    const { code, stderr } = await workbench.run(['backfill'])
    expect(code, stderr).toBe(0)
    return new Site(workbench, simulator)
  }

  idOf(name: string): string {
    return `sim/${this.#simulator.historian.point(name).id}`
  }

  /** Times of the samples of a tag in the archive, of the days copied. */
  timesOf(name: string): string[] {
    const earliest = dayBefore(this.#simulator, 15)
    return [...this.#simulator.truth()].filter((row) => row.name === name && row.ts > earliest).map(({ ts }) => ts)
  }

  edit(name: string, at: string, value: number): void {
    this.#simulator.historian.edit(name, parseTicks(at), 0, value)
  }

  delete(name: string, at: string): void {
    this.#simulator.historian.delete(name, parseTicks(at), 0)
  }

  async verify(): Promise<Verified> {
    const { code, stdout, stderr } = await this.workbench.run(['verify', '--json'])
    expect(stdout, stderr).not.toBe('')
    const answer = JSON.parse(stdout) as Omit<Verified, 'code'>
    expect(VERDICTS.reduce((sum, verdict) => sum + answer.verdicts[verdict], 0)).toBe(answer.cells)
    return { code, ...answer }
  }

  /** From the store alone; sound, and saying what the verification said. */
  async report(verified: Verified): Promise<ParityReport> {
    const { code, stdout } = await this.workbench.run(['report', '--json'])
    const report = JSON.parse(stdout) as ParityReport
    expect(findContradictions(report)).toEqual([])
    expect(report.totals.verdicts).toEqual(verified.verdicts)
    expect(code).toBe(verified.code)
    return report
  }

  async repair(): Promise<{ code: number | null; stderr: string; answer: Record<string, unknown> }> {
    const plan = join(this.workbench.folder, 'plan.json')
    expect((await this.workbench.run(['report', '--format', 'plan', '-o', plan])).stderr).toContain(plan)
    const { code, stdout, stderr } = await this.workbench.run(['repair', '--plan', plan, '--json'])
    return { code, stderr, answer: stdout === '' ? {} : (JSON.parse(stdout) as Record<string, unknown>) }
  }

  /** Green, by verification and by report, with nothing left out. */
  async expectGreen(): Promise<void> {
    const verified = await this.verify()
    expect(verified).toMatchObject({ code: 0, logShort: 0, classes: {}, verdicts: { match: verified.cells } })
    expect(verified.cells).toBeGreaterThan(1_000)
    await this.report(verified)
  }

  /** Records of samples, as text. */
  async readSamples(): Promise<string[]> {
    return (await this.workbench.readLog()).filter((text) => text !== FOREIGN)
  }

  async runs(command: readonly string[]): Promise<void> {
    const { code, stderr } = await this.workbench.run(command)
    expect(code, stderr).toBe(0)
  }

  /** No identity and revision stands twice in the log. */
  async expectNoDuplicate(): Promise<void> {
    const keys = (await this.readSamples()).map((text) => {
      const { tag, ts, ord, rev } = JSON.parse(text) as Record<string, unknown>
      return JSON.stringify([tag, ts, ord, rev])
    })
    expect(keys.length).toBe(new Set(keys).size)
  }
}

/** The content of each (tag, ts, ord) by its highest revision, as text; sorted. What comes later of a revision is ignored. */
function keyedTruth(records: readonly string[]): string[] {
  const latest = new Map<string, { rev: number; op: string; content: string }>()
  for (const text of records) {
    const { tag, ts, ord, rev, op, type, value, status, flags } = JSON.parse(text) as Record<string, unknown>
    const key = JSON.stringify([tag, ts, ord])
    if (Number(rev) <= (latest.get(key)?.rev ?? -1)) continue
    latest.set(key, { rev: Number(rev), op: String(op), content: JSON.stringify([type, value, status, flags]) })
  }
  return [...latest]
    .filter(([, { op }]) => op === 'put')
    .map(([key, { content }]) => key + content)
    .sort()
}

/**
 * What adding and subtracting comes to: how often each content stands at each (tag, ts), by contracts.md section 2. What
 * stands there not at all is left out.
 */
function retractedTruth(records: readonly string[]): string[] {
  const counts = new Map<string, number>()
  const deleted = new Set<string>()
  for (const text of records) {
    const { tag, ts, ord, op, before, copies, ...content } = JSON.parse(text) as Record<string, unknown>
    const add = ({ type, value, status, flags }: Record<string, unknown>, times: number): void => {
      const key = JSON.stringify([tag, ts, type, value, status, flags])
      counts.set(key, (counts.get(key) ?? 0) + times)
    }
    const identity = JSON.stringify([tag, ts, ord])
    if (before !== undefined) {
      const superseded = Number(copies ?? 1)
      add(before as Record<string, unknown>, deleted.delete(identity) ? 1 - superseded : -superseded)
      if (op === 'delete') deleted.add(identity)
    }
    if (op === 'put') add(content, 1)
  }
  return [...counts]
    .filter(([, count]) => count !== 0)
    .map(([key, count]) => `${count} x ${key}`)
    .sort()
}

/**
 * A stretch of one tag with an edit and a deletion in it, and a later one with an edit of what is older than the stretch,
 * are written again by somebody.
 */
async function expectRepetitionMended(
  site: Site,
  writeAgain: (isWanted: (record: Revised) => boolean) => Promise<number>,
): Promise<void> {
  const [name, id] = ['FIC101.PV', site.idOf('FIC101.PV')]
  await site.expectGreen()
  const times = site.timesOf(name)
  const [old, edited, gone] = [times[100] ?? '', times[320] ?? '', times[330] ?? '']
  site.edit(name, old, 31.5)
  site.edit(name, edited, 32.5)
  site.delete(name, gone)
  expect(await site.verify()).toMatchObject({ code: 3 })
  expect(await site.repair()).toMatchObject({ code: 0, answer: { revisions: { edited: 2, deleted: 1 }, repeated: 0 } })
  await site.expectGreen()
  const before = await site.workbench.readLog()

  const [from, until] = [times[300] ?? '', times[340] ?? '']
  const written = await writeAgain(
    ({ tag, ts, rev }) => tag === id && ((ts >= from && ts < until) || (ts === old && rev === 1)),
  )
  expect(written).toBe(40 + 2 + 1)
  const verified = await site.verify()
  // Of the deleted sample the first record stands there once more than it was deleted.
  expect(verified).toMatchObject({ code: 3, logShort: 0, classes: { DUPLICATE: 40, EXTRA: 1 } })
  expect(verified.worst.map(({ tag }) => tag)).toEqual(verified.worst.map(() => id))
  expect(verified.worst.map(({ cause }) => cause)).toContain('duplicated-segment')
  const { repairPlan } = await site.report(verified)
  expect(repairPlan.windows.length).toBeGreaterThan(0)

  const refused = await site.workbench.run(['backfill'])
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('banyan repair --plan')])

  const { code, stderr, answer } = await site.repair()
  expect(code, stderr).toBe(0)
  expect(answer).toMatchObject({ samples: 0, restored: 0, repeated: 40, failures: [] })
  await site.expectGreen()
  const after = await site.workbench.readLog()
  expect(keyedTruth(after)).toEqual(keyedTruth(before))
  expect(retractedTruth(after)).toEqual(retractedTruth(before))

  // Nothing is left to do, everything that writes trusts the log again, also when it is folded anew.
  await site.runs(['backfill'])
  await site.runs(['store', 'rebuild'])
  await site.expectGreen()
  expect((await site.workbench.readLog()).length).toBe(after.length)
}

async function expectEditMended(site: Site): Promise<void> {
  await site.expectGreen()
  const times = site.timesOf('TIC202.PV')
  site.edit('TIC202.PV', times[100] ?? '', 99.5)
  const verified = await site.verify()
  expect(verified).toMatchObject({
    code: 3,
    verdicts: { mismatch: 1, match: verified.cells - 1 },
    classes: { VALUE: 1 },
    worst: [{ tag: site.idOf('TIC202.PV'), cause: 'edited-in-historian' }],
  })
  const { causes, doubtful } = await site.report(verified)
  expect(causes).toMatchObject([{ cause: 'edited-in-historian', cells: 1, tags: 1 }])
  expect(doubtful).toMatchObject([{ differences: [{ class: 'VALUE', historian: { value: 99.5 } }] }])
  const { code, answer } = await site.repair()
  expect({ code, ...answer }).toMatchObject({ code: 0, windows: 1, revisions: { late: 0, edited: 1, deleted: 0 } })
  await site.expectGreen()
  await site.expectNoDuplicate()
}

describe('faults planted in a running site, embedded log', { timeout: LIMIT_MS }, () => {
  it('an edit without notice is found, named, mended, and green again', async () => {
    await expectEditMended(await Site.copied({ kind: 'embedded' }))
  })

  it('a record lost from the file is found; repair refuses, a restored file is green', async () => {
    const site = await Site.copied({ kind: 'embedded' })
    const { logFile, folder } = site.workbench
    const backup = join(folder, 'backup.db')
    await site.expectGreen()
    copyFileSync(logFile, backup)
    deleteRow(logFile, site.idOf('LIC104.PV'), 50)
    const verified = await site.verify()
    expect(verified).toMatchObject({
      code: 3,
      logShort: 1,
      classes: { MISSING: 1 },
      worst: [{ tag: site.idOf('LIC104.PV') }],
    })
    await site.report(verified)
    const { code, stderr } = await site.repair()
    expect(code).toBe(1)
    expect(stderr).toMatch(/lost records.*\n.*Restore the file/)
    copyFileSync(backup, logFile)
    await site.expectGreen()
  })

  it('a segment with revisions written twice is found, named, mended, and green again', async () => {
    const site = await Site.copied({ kind: 'embedded' })
    await expectRepetitionMended(site, (isWanted) => Promise.resolve(copyRows(site.workbench.logFile, isWanted)))
  })

  it('a log that holds more than its repeated records explain is not repaired', async () => {
    const site = await Site.copied({ kind: 'embedded' })
    const { logFile } = site.workbench
    const id = site.idOf('FIC101.PV')
    await site.expectGreen()
    const times = site.timesOf('FIC101.PV')
    copyRows(logFile, ({ tag, ts }) => tag === id && ts >= (times[300] ?? '') && ts < (times[320] ?? ''))
    expect(await site.verify()).toMatchObject({ code: 3, classes: { DUPLICATE: 20 } })
    forgetCheckpoint(logFile, site.idOf('TIC202.PV'))
    const records = (await site.workbench.readLog()).length
    const { code, stderr } = await site.repair()
    expect([code, stderr]).toEqual([1, expect.stringMatching(/0 were acknowledged/)])
    expect((await site.workbench.readLog()).length).toBe(records)
  })

  it('a plan from anywhere does no more than its windows say', async () => {
    const site = await Site.copied({ kind: 'embedded' })
    const file = join(site.workbench.folder, 'hostile.json')
    for (const [text, why] of [
      ['{', 'JSON'],
      ['{"schemaVersion":1,"bridge":"other","windows":[]}', 'made for bridge'],
      ['{"schemaVersion":2,"bridge":"test-site","windows":[]}', 'schemaVersion'],
      ['{"schemaVersion":1,"bridge":"test-site","windows":[{"tag":"sim/1","from":"x","until":"y"}]}', 'UTC time'],
    ] as const) {
      writeFileSync(file, text)
      const { code, stderr } = await site.workbench.run(['repair', '--plan', file])
      expect([code, stderr]).toEqual([2, expect.stringContaining(why)])
    }
  })
})

interface Revised {
  readonly tag: string
  readonly ts: string
  readonly rev: number
}

/** Appends copies of rows to their partitions, in their order, as a tool would that copies rows between files. */
function copyRows(file: string, isWanted: (record: Revised) => boolean): number {
  const db = new Database(file)
  const rows = db
    .prepare<[], { partition: number; record: string }>(
      'SELECT partition, record FROM samples ORDER BY partition, offset',
    )
    .all()
    .filter(({ record }) => isWanted(JSON.parse(record) as Revised))
  const insert = db.prepare('INSERT INTO samples SELECT ?, next_offset, ? FROM partitions WHERE partition = ?')
  const move = db.prepare('UPDATE partitions SET next_offset = next_offset + 1 WHERE partition = ?')
  for (const { partition, record } of rows) {
    insert.run(partition, record, partition)
    move.run(partition)
  }
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
  return rows.length
}

function deleteRow(file: string, tag: string, place: number): void {
  const db = new Database(file)
  const row = db
    .prepare<[string, number], { partition: number; offset: number }>(
      `SELECT partition, offset FROM samples WHERE json_extract(record, '$.tag') = ? ORDER BY offset LIMIT 1 OFFSET ?`,
    )
    .get(tag, place)
  db.prepare('DELETE FROM samples WHERE partition = ? AND offset = ?').run(row?.partition, row?.offset)
  // What is in the file beside the main one is copied with it.
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
}

function forgetCheckpoint(file: string, tag: string): void {
  const db = new Database(file)
  db.prepare('DELETE FROM checkpoints WHERE key LIKE ?').run(`%/${tag}`)
  db.close()
}

interface RawRecord {
  readonly partition: number
  readonly offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestamp: string
}

describeOnKafka('faults planted in a running site, real Kafka', () => {
  async function kafkaSite(): Promise<{ site: Site; topic: string }> {
    const topicPrefix = newPrefix()
    onTestFinished(() => removeTopics(topicPrefix))
    const site = await Site.copied({ kind: 'kafka', brokers: kafkaBrokers, topicPrefix })
    return { site, topic: `${topicPrefix}.samples` }
  }

  itLong('an edit without notice is found, named, mended, and green again', { timeout: LIMIT_MS }, async () => {
    await expectEditMended((await kafkaSite()).site)
  })

  it('records lost to compaction are found and brought back, once', { timeout: LIMIT_MS }, async () => {
    const { site, topic } = await kafkaSite()
    await site.expectGreen()
    const copied = await site.readSamples()
    await compact(topic)
    const gone = copied.length - (await site.readSamples()).length
    const verified = await site.verify()
    expect(verified.code).toBe(3)
    expect(verified.logShort).toBeGreaterThan(100)
    expect(Object.keys(verified.classes)).toEqual(['MISSING'])
    // Nothing is expected of the newest hour yet; what is gone there is restored with the rest.
    const lost = verified.classes['MISSING'] ?? 0
    expect(lost).toBeGreaterThan(1_000)
    expect(lost).toBeLessThanOrEqual(gone)
    await site.report(verified)
    const { code, stderr, answer } = await site.repair()
    expect(code, stderr).toBe(0)
    expect(answer).toMatchObject({ restored: gone, revisions: { late: gone, edited: 0, deleted: 0 }, failures: [] })
    expect(retractedTruth(await site.readSamples())).toEqual(retractedTruth(copied))
    await site.expectGreen()
    await site.expectNoDuplicate()
    // Everything that writes trusts the log again, also when it is folded anew.
    await site.runs(['store', 'rebuild'])
    await site.runs(['backfill'])
    await site.expectGreen()
  })

  it('a beginning that was deleted is found; repair refuses such a topic', { timeout: LIMIT_MS }, async () => {
    const { site, topic } = await kafkaSite()
    await site.expectGreen()
    const id = site.idOf('TIC202.PV')
    const cut = (await readRaw(topic)).filter(({ key }) => key?.toString() === id)[200]
    await deleteBelow(topic, cut?.partition ?? 0, cut?.offset ?? '0')
    const verified = await site.verify()
    expect(verified.code).toBe(3)
    expect(Object.keys(verified.classes)).toEqual(['MISSING'])
    expect(verified.classes['MISSING']).toBeGreaterThanOrEqual(200)
    await site.report(verified)
    const { code, stderr } = await site.repair()
    expect([code, stderr]).toEqual([2, expect.stringContaining('start over under another log.kafka.topicPrefix')])
  })

  it('a segment written twice is found, named, mended, and green again', { timeout: LIMIT_MS }, async () => {
    const { site, topic } = await kafkaSite()
    await site.expectGreen()
    const id = site.idOf('FIC101.PV')
    const before = await site.workbench.readLog()
    const ofTag = (await readRaw(topic)).filter(({ key }) => key?.toString() === id)
    // The newest sample too: nothing is expected of its hour yet, and what is wrong there is mended with the rest.
    const newest = ofTag.reduce((a, b) => (Number(b.timestamp) > Number(a.timestamp) ? b : a))
    await writeRaw(topic, [...ofTag.slice(300, 340).filter((one) => one !== newest), newest])
    const verified = await site.verify()
    expect(verified).toMatchObject({ code: 3, logShort: 0, classes: { DUPLICATE: 40 } })
    expect(new Set(verified.worst.map(({ tag, cause }) => `${tag} ${String(cause)}`))).toEqual(
      new Set([`${id} duplicated-segment`]),
    )
    await site.report(verified)
    const { code, stderr, answer } = await site.repair()
    expect(code, stderr).toBe(0)
    expect(answer).toMatchObject({ repeated: 41, revisions: { late: 0, edited: 41, deleted: 0 }, failures: [] })
    await site.expectGreen()
    expect(retractedTruth(await site.workbench.readLog())).toEqual(retractedTruth(before))
    await site.runs(['backfill'])
  })

  itLong('a segment with revisions written twice is mended as well', { timeout: LIMIT_MS }, async () => {
    const { site, topic } = await kafkaSite()
    await expectRepetitionMended(site, async (isWanted) => {
      const isAsked = ({ value }: RawRecord): boolean => isWanted(JSON.parse(value?.toString() ?? '') as Revised)
      const twice = (await readRaw(topic)).filter(isAsked)
      await writeRaw(topic, twice)
      return twice.length
    })
  })
})

/** All sample records of the topic, by partition and offset. */
async function readRaw(topic: string): Promise<RawRecord[]> {
  const kafka = plainKafka()
  const admin = kafka.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const consumer = kafka.consumer({ groupId: `observer-${randomUUID()}`, readUncommitted: false })
  const records: RawRecord[] = []
  const open = new Map(
    ends.filter(({ low, high }) => low !== high).map(({ partition, high }) => [partition, BigInt(high)]),
  )
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachBatch: ({ batch }) => {
          records.push(...batch.messages.map((message) => ({ ...message, partition: batch.partition })))
          // The last offset is a transaction's marker.
          if (BigInt(batch.lastOffset()) + 2n >= (open.get(batch.partition) ?? 0n)) open.delete(batch.partition)
          if (open.size === 0) resolve()
          return Promise.resolve()
        },
      })
      .catch(reject)
  })
  await consumer.disconnect()
  return records.sort((a, b) => a.partition - b.partition || Number(BigInt(a.offset) - BigInt(b.offset)))
}

async function writeRaw(topic: string, records: readonly RawRecord[]): Promise<void> {
  const producer = plainKafka().producer()
  await producer.connect()
  await producer.send({
    topic,
    messages: records.map(({ partition, key, value, timestamp }) => ({ partition, key, value, timestamp })),
  })
  await producer.disconnect()
}

async function deleteBelow(topic: string, partition: number, offset: string): Promise<void> {
  const admin = plainKafka().admin()
  await admin.connect()
  // Without having asked about the topic before, kafkajs does not know who leads it.
  await admin.fetchTopicOffsets(topic)
  await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset }] })
  await admin.disconnect()
}

/** Somebody turns compaction on, and off again once it has struck. */
async function compact(topic: string): Promise<void> {
  const records = (await readRaw(topic)).length
  const kafka = plainKafka()
  const admin = kafka.admin()
  const producer = kafka.producer()
  await Promise.all([admin.connect(), producer.connect()])
  const resource = { type: ConfigResourceTypes.TOPIC, name: topic }
  const { resources } = await admin.describeConfigs({ resources: [resource], includeSynonyms: false })
  const before = (resources[0]?.configEntries ?? [])
    .filter(({ isDefault }) => !isDefault)
    .map(({ configName, configValue }) => ({ name: configName, value: configValue }))
  const changed = Object.entries({
    'cleanup.policy': 'compact',
    'segment.ms': '100',
    'min.cleanable.dirty.ratio': '0.001',
  }).map(([name, value]) => ({ name, value }))
  const kept = before.filter(({ name }) => changed.every((one) => one.name !== name))
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ ...resource, configEntries: [...kept, ...changed] }],
  })
  // Only segments that are closed are compacted, and something newer closes them.
  const messages = [0, 1, 2, 3].map((partition) => ({ partition, key: 'foreign', value: FOREIGN }))
  await producer.send({ topic, messages })
  while ((await readRaw(topic)).length > records / 2) await sleep(1_000)
  await admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries: before }] })
  await Promise.all([admin.disconnect(), producer.disconnect()])
}
