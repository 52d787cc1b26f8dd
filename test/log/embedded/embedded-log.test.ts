import Database from 'better-sqlite3'
import { closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openEmbeddedLog, type EmbeddedLogOptions } from '../../../src/log/embedded/embedded-log.ts'
import type { LoggedRecord, LogPosition, SampleLog, SideRecord } from '../../../src/log/log.ts'
import { emptyEntry, second, secondsEntry, tagNamed } from '../build-samples.ts'

const never = new AbortController().signal
const plan = { oldest: second(0), newest: second(1) }

let folder: string
let file: string
let opened: SampleLog[]

function open(options: Partial<EmbeddedLogOptions> = {}): SampleLog {
  const log = openEmbeddedLog({ file, partitions: 2, bridge: 'test', ...options })
  opened.push(log)
  return log
}

async function created(): Promise<SampleLog> {
  const log = open()
  await log.create(never)
  return log
}

async function append(log: SampleLog, id: number, from: number, until: number, shard = 0): Promise<void> {
  const writer = await log.openWriter(shard, never)
  await writer.append([secondsEntry(tagNamed(id), from, until)])
  await writer.close()
}

async function readAll(log: SampleLog, from: LogPosition = new Map(), until?: LogPosition): Promise<LoggedRecord[]> {
  const records: LoggedRecord[] = []
  for await (const page of log.read(from, until ?? (await log.end(never)), never)) records.push(...page.records)
  return records
}

/** Changes the file as nothing of Banyan would. */
function tamper(sql: string, path = file): void {
  const db = new Database(path)
  db.exec(sql)
  db.close()
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'banyan-embedded-'))
  file = join(folder, 'log.db')
  opened = []
})
afterEach(async () => {
  for (const log of opened) await log.close()
  await rm(folder, { recursive: true })
})

describe('embedded log file', () => {
  it('is not made by looking at it', async () => {
    const log = open()
    await log.preflight(plan, never)
    await expect(log.end(never)).rejects.toMatchObject({
      code: 'BANYAN_LOG_UNAVAILABLE',
      hint: expect.any(String) as string,
    })
    expect(existsSync(file)).toBe(false)
  })

  it('passes its own preflight', async () => {
    const log = await created()
    expect((await log.preflight(plan, never)).filter((finding) => !finding.ok)).toEqual([])
  })

  it('is created once by two at the same time, and keeps what is in it', async () => {
    const log = open()
    await Promise.all([log.create(never), open().create(never)])
    await append(log, 1, 0, 5)
    await open().create(never)
    expect(await readAll(log)).toHaveLength(5)
  })

  it('asks for its folder', async () => {
    const log = open({ file: join(folder, 'missing', 'log.db') })
    const findings = await log.preflight(plan, never)
    expect(findings).toMatchObject([{ name: 'log.folder', ok: false, hint: expect.any(String) as string }])
    await expect(log.create(never)).rejects.toMatchObject({ code: 'BANYAN_LOG_UNAVAILABLE', retryable: false })
  })

  it('refuses another number of partitions, which would move the tags', async () => {
    await created()
    const log = open({ partitions: 4 })
    await expect(log.create(never)).rejects.toMatchObject({ code: 'BANYAN_LOG_UNSAFE' })
    await expect(log.openWriter(0, never)).rejects.toMatchObject({ code: 'BANYAN_LOG_UNSAFE' })
    await expect(log.end(never)).rejects.toMatchObject({ code: 'BANYAN_LOG_UNSAFE' })
    expect((await log.preflight(plan, never)).at(-1)).toMatchObject({
      name: 'log.file',
      ok: false,
      hint: expect.stringContaining('partitions to 2') as string,
    })
  })

  it('refuses, and leaves alone, the database of somebody else', async () => {
    tamper('CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)')
    const before = readFileSync(file)
    const log = open()
    await expect(log.create(never)).rejects.toMatchObject({ code: 'BANYAN_LOG_UNSAFE' })
    await expect(log.openWriter(0, never)).rejects.toMatchObject({ code: 'BANYAN_LOG_UNSAFE' })
    expect((await log.preflight(plan, never)).at(-1)).toMatchObject({ ok: false })
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  it('brings a file of the first version up to date when it is used, not when it is looked at', async () => {
    await append(await created(), 1, 0, 5)
    tamper('DROP TABLE audit_records; PRAGMA user_version = 1')
    const before = readFileSync(file)
    expect((await open().preflight(plan, never)).filter(({ ok }) => !ok)).toEqual([])
    expect(readFileSync(file).equals(before)).toBe(true)

    const [one, other] = [open(), open()]
    await one.publish('audit', [{ key: 'boiler', value: '{}' }], never)
    await other.create(never)
    const published: SideRecord[] = []
    for await (const record of other.readSide('audit', never)) published.push(record)
    expect(published).toEqual([{ key: 'boiler', value: '{}' }])
    expect(await readAll(one)).toHaveLength(5)
  })

  it('refuses a file of a newer version', async () => {
    await (await created()).close()
    tamper('PRAGMA user_version = 99')
    await expect(open().openWriter(0, never)).rejects.toMatchObject({
      code: 'BANYAN_LOG_UNSAFE',
      message: expect.stringContaining('newer') as string,
    })
  })

  it('refuses what is no database', async () => {
    writeFileSync(file, 'ts,value\n'.repeat(1_000))
    await expect(open().create(never)).rejects.toMatchObject({ code: 'BANYAN_LOG_CORRUPT' })
    await expect(open().end(never)).rejects.toMatchObject({ code: 'BANYAN_LOG_CORRUPT' })
  })

  it('reports a damaged page, and does not read around it', async () => {
    const log = await created()
    await append(log, 1, 0, 5_000)
    await log.close()
    const { size } = statSync(file)
    const handle = openSync(file, 'r+')
    writeSync(handle, Buffer.alloc(65_536, 0xff), 0, 65_536, Math.floor(size / 2))
    closeSync(handle)
    await expect(readAll(open())).rejects.toMatchObject({ code: 'BANYAN_LOG_CORRUPT' })
  })

  it.each([
    ['in the middle', 'DELETE FROM samples WHERE offset = 7'],
    ['at the start', 'DELETE FROM samples WHERE offset = 0'],
    ['at the end', 'DELETE FROM samples WHERE offset = 19'],
    ['everywhere', 'DELETE FROM samples'],
  ])('reports records that are gone %s', async (_, sql) => {
    const log = await created()
    await append(log, 1, 0, 20)
    tamper(sql)
    await expect(readAll(log)).rejects.toMatchObject({ code: 'BANYAN_LOG_CORRUPT' })
  })

  it('names the place of a record it cannot read', async () => {
    const log = await created()
    await append(log, 1, 0, 20)
    tamper(`UPDATE samples SET record = '{"v":1}' WHERE offset = 7`)
    await expect(readAll(log)).rejects.toMatchObject({
      code: 'BANYAN_LOG_CORRUPT',
      message: expect.stringContaining('offset 7') as string,
    })
  })

  it('reports a checkpoint it cannot read', async () => {
    const log = await created()
    await append(log, 1, 0, 20)
    tamper(`UPDATE checkpoints SET record = '{}'`)
    await expect(log.openWriter(0, never)).rejects.toMatchObject({ code: 'BANYAN_LOG_CORRUPT' })
  })

  it('is found out when an older copy is in its place', async () => {
    const log = await created()
    await append(log, 1, 0, 20)
    const end = await log.end(never)
    await log.close()
    await rm(file)
    const older = await created()
    await expect(readAll(older, end)).rejects.toMatchObject({ code: 'BANYAN_LOG_CORRUPT' })
    await expect(readAll(older, new Map(), end)).rejects.toMatchObject({ code: 'BANYAN_LOG_CORRUPT' })
  })

  it('survives a record that is too large for a page', async () => {
    const log = await created()
    const writer = await log.openWriter(0, never)
    const { samples, ...entry } = secondsEntry(tagNamed(1), 0, 6)
    const value = 'x'.repeat(3_000_000)
    await writer.append([
      {
        ...entry,
        samples: samples.map(({ ticks, ord }) => ({ ticks, ord, type: 'string', value, status: 0, flags: 0 })),
      },
    ])
    const pages: number[] = []
    for await (const page of log.read(new Map(), await log.end(never), never)) pages.push(page.records.length)
    expect(pages).toEqual([2, 2, 2])
  })
})

describe('embedded writers', () => {
  it('keep the coverage of each bridge apart', async () => {
    const log = await created()
    await append(log, 1, 0, 20)
    const other = await open({ bridge: 'other' }).openWriter(0, never)
    expect(other.tags.size).toBe(0)
    const own = await log.openWriter(0, never)
    await other.append([emptyEntry(tagNamed(1), 0, 20)])
    await own.append([secondsEntry(tagNamed(1), 20, 30)])
    expect(own.tags.get(tagNamed(1))).toMatchObject({ samples: 30 })
  })

  it('find the coverage again when the tags are split in another way, and fence the writers of the old split', async () => {
    const log = await created()
    const ids = [1, 2, 3, 4, 5, 6, 7, 8]
    const old = await log.openWriter(0, never)
    await old.append(ids.map((id) => secondsEntry(tagNamed(id), 0, 5)))

    const split = open({ writers: 2 })
    const writers = [await split.openWriter(0, never), await split.openWriter(1, never)]
    expect(writers.map((writer) => writer.tags.size).reduce((a, b) => a + b)).toBe(8)
    expect(writers.every((writer) => writer.tags.size > 0)).toBe(true)
    await expect(old.append([secondsEntry(tagNamed(1), 5, 9)])).rejects.toMatchObject({ code: 'BANYAN_LOG_FENCED' })

    const again = await log.openWriter(0, never)
    expect(again.tags.size).toBe(8)
    for (const writer of writers) {
      await expect(writer.append([])).rejects.toMatchObject({ code: 'BANYAN_LOG_FENCED' })
    }
  })

  it('wait for nobody that only reads', async () => {
    const log = await created()
    await append(log, 1, 0, 2_500)
    let records = 0
    for await (const page of log.read(new Map(), await log.end(never), never)) {
      records += page.records.length
      await append(open(), 2, records, records + 10)
    }
    expect(records).toBe(2_500)
  })

  it('say that the file is busy instead of waiting for ever', async () => {
    const log = await created()
    const db = new Database(file)
    db.exec('BEGIN IMMEDIATE')
    try {
      await expect(log.openWriter(0, never)).rejects.toMatchObject({ code: 'BANYAN_LOG_UNAVAILABLE', retryable: true })
    } finally {
      db.close()
    }
  })
})
