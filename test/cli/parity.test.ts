/** `banyan verify`, `report` and `repair` as a user meets them: what they refuse, and what they say to do instead. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { SampleEvidence } from '../../src/report/model.ts'
import { freeAddress } from '../harness/daemon.ts'
import { startSimulator } from '../harness/simulator.ts'
import { banyan, siteFolder } from './run.ts'

/** Several runs of the command each, on a machine that may be busy. */
const TEST_TIMEOUT_MS = 240_000

/** One tag, copied. */
async function copiedSite() {
  const { simulator, url } = await startSimulator({ scenario: 'demo' })
  const { id, name } = simulator.historian.point('FIC101.PV')
  const cwd = siteFolder(url, { rule: `include: ["${name}"]` })
  const run = async (...args: string[]) => banyan(args, { cwd })
  expect((await run('backfill')).code).toBe(0)
  return { cwd, run, tag: `sim/${id}`, simulator }
}

function planOf(...tags: readonly string[]): string {
  const [from, until] = ['2026-03-01T00:00:00.0000000Z', '2026-03-01T01:00:00.0000000Z']
  return JSON.stringify({ schemaVersion: 1, bridge: 'test-site', windows: tags.map((tag) => ({ tag, from, until })) })
}

test(
  'before anything is copied there is nothing to compare, to report or to repair',
  async () => {
    const cwd = siteFolder('http://127.0.0.1:1/piwebapi')
    for (const [verb, reason] of [
      ['report', /nothing to report yet: the store does not exist/],
      ['verify', /nothing to compare yet/],
      ['report', /nothing to report yet: the store knows none/],
    ] as const) {
      const { code, stdout, stderr } = await banyan([verb], { cwd })
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(reason)
      expect(stderr).toMatch(/^Try: .*banyan backfill/m)
    }
  },
  TEST_TIMEOUT_MS,
)

test(
  'a scope that means nothing is named, and told from one that is empty',
  async () => {
    const { run } = await copiedSite()
    for (const verb of ['verify', 'report']) {
      expect(await run(verb, '--historian', 'none')).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/no historian none\n.*name one of sim/) as string,
      })
      expect(await run(verb, '--tag', 'NONE*')).toMatchObject({ code: 2 })
      expect(await run(verb, '--from', '2026-02-02', '--until', '2026-02-01')).toMatchObject({ code: 2 })
      const empty = await run(verb, '--from', '9998-01-01')
      expect(empty.code).toBe(4)
      expect(empty.stdout).toMatch(/NOT PROVEN: There is nothing to compare/)
    }
    expect(await run('report', '--from', '0001-01-01', '--until', '9999-12-31')).toMatchObject({ code: 4 })
  },
  TEST_TIMEOUT_MS,
)

test(
  'a report goes where it was asked to go, and never over what the bridge lives on',
  async () => {
    const { cwd, run } = await copiedSite()
    for (const file of ['banyan.yaml', 'banyan.db', 'banyan.db-wal', 'log.db', 'log.db-wal', 'log.db-shm']) {
      const { code, stderr } = await run('report', '--format', 'csv', '-o', file)
      expect([file, code, stderr]).toEqual([file, 1, expect.stringContaining('refused to write over')])
    }
    const file = await run('report', '--format', 'csv', '-o', 'tags.csv')
    const printed = await run('report', '--format', 'csv', '-o', '-')
    expect([file.code, file.stdout, printed.code]).toEqual([4, '', 4])
    expect(printed.stdout).toBe(readFileSync(join(cwd, 'tags.csv'), 'utf8'))
    expect((await run('report', '--format', 'html', '-o', '-')).stdout).toMatch(/^<!doctype html>/)
    expect((await run('verify')).code).toBe(0)
  },
  TEST_TIMEOUT_MS,
)

test(
  'a store that was lost is rebuilt from the log, and reports again once it was compared',
  async () => {
    const { cwd, run } = await copiedSite()
    rmSync(join(cwd, 'banyan.db'))
    expect(await run('verify')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('banyan store rebuild') as string,
    })
    expect((await run('store', 'rebuild')).code).toBe(0)
    expect((await run('verify')).code).toBe(0)
    const { code, stdout } = await run('report')
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^✓ EQUAL/)])
  },
  TEST_TIMEOUT_MS,
)

test(
  'a log that was lost is said to be lost, and not to be created',
  async () => {
    const { cwd, run } = await copiedSite()
    for (const file of ['log.db', 'log.db-wal', 'log.db-shm']) rmSync(join(cwd, file), { force: true })
    const { code, stdout, stderr } = await run('verify')
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/the log the store was filled from is gone/)
    expect(stderr).toMatch(/^Try: Find out what deleted it.*banyan store rebuild/m)
  },
  TEST_TIMEOUT_MS,
)

test(
  'by sample: what was drawn, what that bounds, and exit 0 only when it is the bound asked for',
  async () => {
    const { cwd, run } = await copiedSite()
    const file = join(cwd, 'banyan.yaml')
    const config = readFileSync(file, 'utf8')
    const asking = (maxRate: number): void => {
      writeFileSync(file, `${config}\nparity: { policy: sample, sample: { every: 4, seed: 3, maxRate: ${maxRate} } }\n`)
    }
    asking(0.5)
    const { code, stdout } = await run('verify', '--json')
    const answer = JSON.parse(stdout) as { cells: number; verdicts: Record<string, number>; sample: SampleEvidence }
    const { drawn, rate = 1 } = answer.sample
    expect(code).toBe(0)
    expect(answer).toMatchObject({
      policy: 'sample',
      sample: { every: 4, seed: 3, equal: drawn, open: 0, windows: answer.cells },
    })
    expect(drawn).toBeLessThan(answer.cells / 3)
    const report = await run('report')
    expect([report.code, report.stdout]).toEqual([0, expect.stringMatching(/^≈ SAMPLED, NOTHING DIFFERS: /)])
    expect(report.stdout).toMatch(/^Sample {4}One of 4 neighbouring windows .*\(seed 3\).*At most .* of a million/m)
    asking(rate / 2)
    expect(await run('verify')).toMatchObject({ code: 4, stdout: expect.stringMatching(/NOT PROVEN/) as string })
  },
  TEST_TIMEOUT_MS,
)

test(
  'a plan without windows is done; one whose tags nobody selects is not',
  async () => {
    const { cwd, run, tag } = await copiedSite()
    const repair = async (plan: string) => {
      writeFileSync(join(cwd, 'plan.json'), plan)
      const { code, stdout, stderr } = await run('repair', '--plan', 'plan.json', '--json')
      return { code, stderr, answer: JSON.parse(stdout) as Record<string, unknown> }
    }
    expect(await repair(planOf())).toMatchObject({ code: 0, answer: { windows: 0, failures: [] } })
    for (const unknown of [[`sim/999999`], [`sim/999999`, tag]]) {
      const { code, stderr, answer } = await repair(planOf(...unknown))
      expect(code).toBe(4)
      expect(answer).toMatchObject({ windows: unknown.length, failures: [{ tag: 'sim/999999' }] })
      expect(stderr).toMatch(/the configuration selects no such tag\n {2}Look at/)
    }
    expect(await repair('rubbish')).toMatchObject({ code: 2, answer: { error: { code: 'BANYAN_USAGE' } } })
  },
  TEST_TIMEOUT_MS,
)

test(
  'beside a daemon a report is made; verify and repair say what the daemon does, and how to do it here',
  async () => {
    const { cwd, run, tag } = await copiedSite()
    const listen = await freeAddress()
    writeFileSync(
      join(cwd, 'banyan.yaml'),
      `${readFileSync(join(cwd, 'banyan.yaml'), 'utf8')}web: { listen: ${listen} }\n`,
    )
    const daemon = banyan(['sync'], {
      cwd,
      onStart: (child) => {
        onTestFinished(() => void child.kill('SIGKILL'))
      },
    })
    void daemon
    await expect
      .poll(async () => (await fetch(`http://${listen}/readyz`).catch(() => undefined))?.status, { timeout: 60_000 })
      .toBe(200)
    writeFileSync(join(cwd, 'plan.json'), planOf(tag))
    for (const args of [['verify'], ['repair', '--plan', 'plan.json']]) {
      const { code, stderr } = await run(...args)
      expect(code).toBe(6)
      expect(stderr).toMatch(/^Error: a daemon is at work: "banyan sync of test-site"/m)
      expect(stderr).toMatch(/^Try: .*stop it, run this command, and start it again/m)
    }
    expect([0, 4]).toContain((await run('report')).code)
    expect((await run('repair', '--plan', 'plan.json', '--dry-run')).code).toBe(0)
  },
  TEST_TIMEOUT_MS,
)
