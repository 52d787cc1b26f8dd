import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { banyan, siteFolder, temporaryFolder } from './run.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** Nothing listens there. */
const NOWHERE = 'http://127.0.0.1:1/piwebapi'

describe('usage', () => {
  test.each([
    [['bakfill'], /unknown command 'bakfill'/, /Did you mean backfill\?/],
    [['backfill', '--form', '2020-01-01'], /unknown option '--form'/, /Did you mean --from\?/],
    [['backfill', '--from', 'yesterday'], /'yesterday' is invalid\. It must be a time such as 2015-01-01/, /--help/],
    [['backfill', '--order', 'random'], /Allowed choices are newest-first, oldest-first/, /--help/],
    [['backfill', '--job', '1', '--tag', 'A*'], /cannot be used with option/, /--help/],
    [['jobs', 'pause', 'x'], /'x' is invalid/, /--help/],
    [['simulate', '--port', '70000'], /'70000' is invalid/, /--help/],
    [['status', 'extra'], /too many arguments/, /--help/],
  ])('banyan %s: exit 2, the error and the next step on stderr, nothing on stdout', async (args, error, hint) => {
    const { code, stdout, stderr } = await banyan(args, { cwd: temporaryFolder() })
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^Error: /m)
    expect(stderr).toMatch(error)
    expect(stderr).toMatch(/^Try: /m)
    expect(stderr).toMatch(hint)
  })

  test('without a command: help on stderr, exit 2', async () => {
    const { code, stdout, stderr } = await banyan([], { cwd: temporaryFolder() })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^Usage: banyan/)
  })

  test.each([['--help'], ['backfill', '--help'], ['help', 'backfill']])(
    'banyan %s: on stdout, exit 0',
    async (...args) => {
      const { code, stdout, stderr } = await banyan(args, { cwd: temporaryFolder() })
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toMatch(/^Usage: banyan/)
    },
  )

  test('--version prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    expect(await banyan(['--version'], { cwd: temporaryFolder() })).toMatchObject({ code: 0, stdout: `${version}\n` })
  })
})

describe('init and config', () => {
  test('init writes a configuration that checks, and never writes over one', async () => {
    const cwd = temporaryFolder()
    const first = await banyan(['init', '--json'], { cwd })
    expect(first.code).toBe(0)
    expect(JSON.parse(first.stdout)).toEqual({ schemaVersion: 1, file: join(cwd, 'banyan.yaml') })
    writeFileSync(join(cwd, 'banyan.yaml'), 'mine\n')
    const second = await banyan(['init'], { cwd })
    expect(second.code).toBe(2)
    expect(second.stderr).toMatch(/exists already/)
    expect(readFileSync(join(cwd, 'banyan.yaml'), 'utf8')).toBe('mine\n')
  })

  test('config check: 0 when all is there, 2 with every problem when not', async () => {
    const cwd = siteFolder(NOWHERE)
    expect(await banyan(['config', 'check'], { cwd })).toMatchObject({ code: 0 })
    const wrong = join(ROOT, 'fixtures', 'config', 'invalid', 'wrong-units.yaml')
    const { code, stdout, stderr } = await banyan(['config', 'check', '--json', '-c', wrong], { cwd })
    expect(code).toBe(2)
    const { schemaVersion, error } = JSON.parse(stdout) as { schemaVersion: number; error: Record<string, unknown> }
    expect(schemaVersion).toBe(1)
    expect(error).toMatchObject({ code: 'BANYAN_CONFIG_INVALID', hint: expect.any(String) as unknown })
    expect(error['problems']).toHaveLength(4)
    expect(stderr).toMatch(/timeout must be a duration/)
  })

  test('config check notices a secret that is not there, before a job does', async () => {
    const cwd = temporaryFolder()
    await banyan(['init'], { cwd })
    const { code, stdout } = await banyan(['config', 'check'], { cwd })
    expect(code).toBe(2)
    expect(stdout).toMatch(/piWebApi\.auth: cannot read the secret file/)
  })

  test('config print shows what applies, with the environment, and no secret', async () => {
    const cwd = temporaryFolder()
    await banyan(['init'], { cwd })
    writeFileSync(join(cwd, 'pi'), 'hunter2')
    const env = { BANYAN_STORE: 'elsewhere.db', BANYAN_LOG_KAFKA_BROKERS: 'other:9092' }
    const { code, stdout } = await banyan(['config', 'print'], { cwd, env })
    expect(code).toBe(0)
    expect(stdout).toContain(join(cwd, 'elsewhere.db'))
    expect(stdout).toContain('other:9092')
    expect(stdout).not.toContain('hunter2')
  })

  test('config schema prints the published schema', async () => {
    const { code, stdout } = await banyan(['config', 'schema'], { cwd: temporaryFolder() })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual(JSON.parse(readFileSync(join(ROOT, 'docs', 'banyan.schema.json'), 'utf8')))
  })
})

describe('before there is anything', () => {
  test('status and jobs answer, and create no store', async () => {
    const cwd = siteFolder(NOWHERE)
    const status = await banyan(['status', '--json'], { cwd })
    expect(status.code).toBe(0)
    expect(JSON.parse(status.stdout)).toMatchObject({ bridge: 'test-site', jobs: [], historians: [{ name: 'sim' }] })
    expect(JSON.parse((await banyan(['jobs', '--json'], { cwd })).stdout)).toEqual({ schemaVersion: 1, jobs: [] })
    expect(await banyan(['jobs', 'pause', '1'], { cwd })).toMatchObject({ code: 2 })
    expect(existsSync(join(cwd, 'banyan.db'))).toBe(false)
  })

  test('check finds the historian unreachable, looks at the rest all the same, and creates nothing', async () => {
    const cwd = siteFolder(NOWHERE)
    const { code, stdout } = await banyan(['check', '--json'], { cwd })
    expect(code).toBe(1)
    const { checks } = JSON.parse(stdout) as { checks: { name: string; ok: boolean; hint?: string }[] }
    expect(checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['historian.sim.reachable'])
    expect(checks.map(({ name }) => name)).toEqual(expect.arrayContaining(['store', 'log.file']))
    expect(existsSync(join(cwd, 'banyan.db'))).toBe(false)
    expect(existsSync(join(cwd, 'log.db'))).toBe(false)
  })

  test('check --create-topics creates the log', async () => {
    const cwd = siteFolder(NOWHERE)
    await banyan(['check', '--create-topics'], { cwd })
    expect(existsSync(join(cwd, 'log.db'))).toBe(true)
  })
})
