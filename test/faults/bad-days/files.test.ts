/** Store and log files: a full disk, damage, strangers, a newer version. */
import Database from 'better-sqlite3'
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, type TestContext } from 'vitest'
import { openSite, toldBy, type Site } from './site.ts'

const LIMIT_MS = 120_000

/** A disk of its own; skips the test, loudly, where this user may not mount one. */
function smallDisk({ onTestFinished, skip }: TestContext, folder: string, kilobytes: number): void {
  mkdirSync(folder)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${String(kilobytes)}k`, 'tmpfs', folder], { stdio: 'pipe' })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    process.stderr.write(`\n*** SKIPPED, cannot mount a small disk: ${why}\n`)
    skip('this user may not mount a small disk')
  }
  onTestFinished(() => {
    execFileSync('umount', [folder])
  })
}

function grow(folder: string): void {
  execFileSync('mount', ['-o', 'remount,size=64m', folder])
}

describe.concurrent('a full disk', { timeout: LIMIT_MS }, () => {
  it('under the log: one error, nothing acknowledged is lost, room mends it', async (context) => {
    const site = await openSite(context, { historian: { scenario: 'dense', scale: 0.02 } })
    const disk = join(site.bench.folder, 'disk')
    smallDisk(context, disk, 1024)
    site.edit('./banyan-log.db', './disk/banyan-log.db')
    const told = toldBy(await site.run('backfill', '--quiet', '--log-level', 'error'))
    expect(told).toMatchObject({
      code: 1,
      error: expect.stringMatching(/disk\/banyan-log\.db .*disk is full/) as string,
    })
    expect(told.hint).toMatch(/[Ff]ree space/)
    grow(disk)
    expect((await site.run('backfill', '--quiet')).code).toBe(0)
    copyLog(disk, site)
    await site.expectExact()
  })

  it.for([40, 400])('under the store (%i KB): says so, and room mends it', async (kilobytes, context) => {
    const site = await openSite(context, { historian: { scenario: 'many-small', scale: 0.2 } })
    const disk = join(site.bench.folder, 'disk')
    smallDisk(context, disk, kilobytes)
    site.edit('./banyan.db', './disk/banyan.db')
    const told = toldBy(await site.run('backfill', '--quiet', '--log-level', 'error'))
    expect(told).toMatchObject({ code: 1, error: expect.stringMatching(/disk\/banyan\.db .*disk is full/) as string })
    expect(told.hint).toMatch(/[Ff]ree space/)
    grow(disk)
    await site.completes()
  })
})

/** To where the reader looks; SQLite keeps what is newest in a second file, unless the log was closed. */
function copyLog(disk: string, { bench }: Site): void {
  for (const suffix of ['', '-wal']) {
    const from = join(disk, `banyan-log.db${suffix}`)
    if (existsSync(from)) copyFileSync(from, `${bench.logFile}${suffix}`)
  }
}

function overwrite(file: string, at: number, text: string): void {
  const fd = openSync(file, 'r+')
  writeSync(fd, text, at)
  closeSync(fd)
}

describe.concurrent('the store file', { timeout: LIMIT_MS }, () => {
  const storeOf = (site: Site): string => join(site.bench.folder, 'banyan.db')

  it('of a newer version: exit 5, and the file is left alone', async (context) => {
    const site = await openSite(context)
    await site.run('backfill', '--quiet')
    const db = new Database(storeOf(site))
    db.prepare("INSERT INTO migrations VALUES (9999, '9999_later.sql', '', 0)").run()
    db.close()
    const told = toldBy(await site.run('backfill', '--quiet'))
    expect(told).toMatchObject({ code: 5, error: expect.stringMatching(/banyan\.db .*9999/) as string })
    expect(told.hint).toMatch(/newer banyan/)
    const again = new Database(storeOf(site))
    again.prepare('DELETE FROM migrations WHERE version = 9999').run()
    again.close()
    await site.completes()
  })

  it.for<readonly [string, (file: string) => void, RegExp]>([
    [
      'that is a text',
      (file) => {
        writeFileSync(file, 'this is not a database, but it is long enough to be read as one: '.repeat(100))
      },
      /damaged|not a database/,
    ],
    [
      'with a page overwritten',
      (file) => {
        overwrite(file, 4096, 'x'.repeat(8192))
      },
      /damaged|malformed/,
    ],
    [
      'cut short',
      (file) => {
        execFileSync('truncate', ['-s', String(Math.floor(statSync(file).size / 2 / 4096) * 4096), file])
      },
      /damaged|malformed/,
    ],
    [
      'of another program',
      (file) => {
        rmSync(file)
        const db = new Database(file)
        db.exec('CREATE TABLE theirs (x)')
        db.close()
      },
      /not a store of Banyan/,
    ],
  ])('%s: names it; moved away, the log tells what is there', async ([, spoil, error], context) => {
    const site = await openSite(context)
    await site.run('backfill', '--quiet')
    spoil(storeOf(site))
    const told = toldBy(await site.run('backfill', '--quiet'))
    expect(told).toMatchObject({ code: 1, error: expect.stringMatching(error) as string })
    expect(told.error).toContain(storeOf(site))
    renameSync(storeOf(site), `${storeOf(site)}.bad`)
    for (const suffix of ['-wal', '-shm']) rmSync(`${storeOf(site)}${suffix}`, { force: true })
    expect((await site.run('store', 'rebuild', '--quiet')).code).toBe(0)
    const outcome = await site.run('backfill', '--quiet', '--json')
    expect(JSON.parse(outcome.stdout)).toMatchObject({ state: 'done', samples: 0 })
    await site.expectExact()
  })

  it('in a folder that does not exist', async (context) => {
    const site = await openSite(context)
    site.edit('./banyan.db', './nowhere/banyan.db')
    const told = toldBy(await site.run('backfill', '--quiet'))
    expect(told).toMatchObject({
      code: 1,
      error: expect.stringContaining(join(site.bench.folder, 'nowhere')) as string,
    })
    mkdirSync(join(site.bench.folder, 'nowhere'))
    await site.completes()
  })
})

describe.concurrent('the log file', { timeout: LIMIT_MS }, () => {
  it.for<readonly [string, (file: string) => void, number, RegExp]>([
    [
      'that is a text',
      (file) => {
        writeFileSync(file, 'this is not a database, but it is long enough to be read as one: '.repeat(100))
      },
      2,
      /not a database/,
    ],
    [
      'of another program',
      (file) => {
        const db = new Database(file)
        db.exec('CREATE TABLE theirs (x)')
        db.close()
      },
      2,
      /not a Banyan log/,
    ],
    [
      'of a newer version',
      (file) => {
        const db = new Database(file)
        db.pragma('application_id = 0x426e794c')
        db.exec('CREATE TABLE partitions (x)')
        db.pragma('user_version = 9')
        db.close()
      },
      2,
      /newer Banyan/,
    ],
  ])('%s is refused and left alone', async ([, spoil, code, error], context) => {
    const site = await openSite(context)
    spoil(site.bench.logFile)
    const told = toldBy(await site.run('backfill', '--quiet'))
    expect(told).toMatchObject({ code, error: expect.stringMatching(error) as string })
    expect(told.error).toContain(site.bench.logFile)
    rmSync(site.bench.logFile)
    await site.completes()
  })

  it('that is damaged in the middle is noticed, and a restored copy goes on', async (context) => {
    const site = await openSite(context)
    await site.run('backfill', '--quiet')
    const { logFile } = site.bench
    const copy = `${logFile}.copy`
    copyFileSync(logFile, copy)
    overwrite(logFile, 4096, 'x'.repeat(statSync(logFile).size - 4096))
    const told = toldBy(await site.run('backfill', '--quiet'))
    expect(told).toMatchObject({ error: expect.stringMatching(/damaged|malformed/) as string })
    expect(told.error).toContain(logFile)
    renameSync(copy, logFile)
    await site.completes()
  })

  it('that is gone while the store remembers it: said first, copied again only when that is meant', async (context) => {
    const site = await openSite(context)
    await site.run('backfill', '--quiet')
    rmSync(site.bench.logFile)
    const told = toldBy(await site.run('backfill', '--quiet'))
    expect(told).toMatchObject({ code: 2, hint: expect.stringContaining('banyan store rebuild') as string })
    expect(existsSync(site.bench.logFile)).toBe(false)
    await site.run('check', '--create-topics', '--quiet')
    expect((await site.run('store', 'rebuild', '--quiet')).code).toBe(0)
    await site.completes()
  })
})
