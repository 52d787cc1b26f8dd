/** `banyan cutover`, `banyan evidence` and `banyan report cutover` on a small site: answers, refusals, exit codes. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CutoverSite, decided, GATES, never } from '../../app/cutover/cutover-site.ts'
import { runIn, type Ran } from './in-process.ts'

const TEST_TIMEOUT_MS = 120_000

interface Site {
  readonly site: CutoverSite
  readonly run: (...args: string[]) => Promise<Ran>
}

async function open(options?: Parameters<typeof CutoverSite.open>[0]): Promise<Site> {
  const site = await CutoverSite.open(options)
  return { site, run: (...args) => runIn(site.folder, args) }
}

/** Outcomes by gate, of an answer with a checklist. */
function gatesOf(ran: Ran): Record<string, string> {
  const { checklist } = ran.answer() as { checklist: { gates: { gate: string; outcome: string }[] } }
  return Object.fromEntries(checklist.gates.map(({ gate, outcome }) => [gate, outcome]))
}

describe('the way of a workload', { timeout: TEST_TIMEOUT_MS }, () => {
  test('is refused with reasons, then taken, told, proven and taken back', async () => {
    const { site, run } = await open()
    const early = await run('cutover', 'plan', 'boiler', '--json')
    expect(early.code).toBe(3)
    expect(early.answer()).toMatchObject({
      schemaVersion: 1,
      mayAdvance: false,
      standing: { workload: 'boiler', phase: 'registered' },
      checklist: {
        step: { phase: 'backfilling' },
        obstacles: [{ reason: expect.stringContaining('nothing') as string }],
      },
    })

    await site.shadowing()
    const requested = await run('cutover', 'request', 'boiler', '--actor', 'Ada', '--json')
    expect(requested.code).toBe(0)
    expect(requested.answer()).toMatchObject({ decided: true, event: { action: 'request', actor: 'Ada' } })

    const unknown = await run('cutover', 'advance', 'boiler', '--actor', 'Ada', '--confirm', 'boiler', '--json')
    expect(unknown.code).toBe(4)
    expect(unknown.answer()).toMatchObject({ decided: false, workload: 'boiler' })
    expect(gatesOf(unknown)).toMatchObject({ 'as-of': 'unknown', coverage: 'pass' })

    await site.verify()
    const plan = await run('cutover', 'plan', 'boiler', '--json')
    expect(plan.code).toBe(0)
    const { checklist } = plan.answer() as { checklist: { manifestHash: string } }
    const moved = await run('cutover', 'advance', 'boiler', '--actor', 'Ada', '--confirm', 'boiler', '--json')
    expect(moved.code).toBe(0)
    expect(moved.answer()).toMatchObject({
      decided: true,
      event: { from: 'shadowing', to: 'canary', percent: 50 },
      standing: { serve: 'log', phase: 'canary' },
    })
    expect(Object.values(gatesOf(moved))).toEqual(Object.values(gatesOf(moved)).map(() => 'pass'))
    expect(checklist.manifestHash).toMatch(/^[0-9a-f]{64}$/)

    const status = await run('cutover', 'status', '--json')
    expect(status.answer()).toMatchObject({
      workloads: [{ workload: 'boiler', phase: 'canary', percent: 50, next: { phase: 'live' }, unpublished: 0 }],
    })

    const back = await run('cutover', 'rollback', 'boiler', '--reason', 'looks odd', '--confirm', 'boiler', '--json')
    expect(back.code).toBe(0)
    expect(back.answer()).toMatchObject({
      event: { to: 'shadowing', reason: 'looks odd' },
      standing: { serve: 'historian' },
    })
    expect(await site.routing()).toMatchObject([{ serve: 'historian' }])

    const history = await run('cutover', 'history', 'boiler', '--json')
    const { events, head } = history.answer() as { events: { seq: number; hash: string }[]; head: { hash: string } }
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1))
    expect(head.hash).toBe(events.at(-1)?.hash)
  })

  test('an approval names the evidence, and a waiver a tag of the workload', async () => {
    const { site, run } = await open({ workload: `criticality: B, ${GATES}` })
    await site.shadowing()
    const refusedWaiver = await run(
      ...['cutover', 'waive', 'boiler', '--tag', 'NO.SUCH', '--from', '2020-01-01', '--until', '2020-01-02'],
      ...['--expires', '2100-01-01', '--reason', 'exchanged', '--json'],
    )
    expect(refusedWaiver.code).toBe(3)
    expect(refusedWaiver.answer()).toMatchObject({ decided: false, reason: 'NO.SUCH is no tag of boiler' })
    decided(await site.step(), 'canary')
    await run('cutover', 'request', 'boiler', '--actor', 'ada')
    const { checklist } = (await run('cutover', 'plan', 'boiler', '--json')).answer() as {
      checklist: { manifestHash: string }
    }
    const approved = await run('cutover', 'approve', 'boiler', '--manifest', checklist.manifestHash, '--actor', 'bob')
    expect(approved.code).toBe(0)
    expect(approved.stdout).toMatch(/bob approved the step to live/)
    const twice = (await run('cutover', 'status', '--json')).answer() as { workloads: { approvals: unknown[] }[] }
    expect(twice.workloads[0]?.approvals).toMatchObject([{ actor: 'bob', manifestHash: checklist.manifestHash }])
  })
})

test(
  'a difference refuses the step with exit 3, whatever else is not known',
  { timeout: TEST_TIMEOUT_MS },
  async () => {
    const { site, run } = await open()
    await site.shadowing()
    await run('cutover', 'request', 'boiler', '--actor', 'ada')
    site.simulator.historian.edit('FLOW', site.from, 0, -1)
    await site.verify()
    const plan = await run('cutover', 'plan', 'boiler', '--json')
    expect(plan.code).toBe(3)
    expect(gatesOf(plan)).toMatchObject({ mismatches: 'fail' })
    const advance = await run('cutover', 'advance', 'boiler', '--confirm', 'boiler', '--actor', 'ada')
    expect(advance.code).toBe(3)
    expect(advance.stdout).toMatch(/mismatches +✕ Refuses/)
    expect(site.desk.standing('boiler').state.phase).toBe('shadowing')
  },
)

describe('what moves consumers', { timeout: TEST_TIMEOUT_MS }, () => {
  test.each([['advance'], ['rollback'], ['drill']])('%s: nothing without its name, off a terminal', async (verb) => {
    const { site, run } = await open()
    const reason = verb === 'rollback' ? ['--reason', 'test'] : []
    const ran = await run('cutover', verb, 'boiler', ...reason)
    expect(ran.code).toBe(2)
    expect(ran.stderr).toContain('--confirm boiler')
    expect((await run('cutover', verb, 'boiler', ...reason, '--confirm', 'mill')).code).toBe(2)
    expect(site.desk.history()).toEqual([])
  })

  test('on a terminal the plan is shown, and the name asked for', async () => {
    const { site } = await open()
    await site.shadowing()
    decided(await site.desk.request('boiler', { actor: 'ada' }, never))
    await site.verify()
    const advance = (typed: string): Promise<Ran> =>
      runIn(site.folder, ['cutover', 'advance', 'boiler', '--actor', 'ada'], () => Promise.resolve(typed))
    const refused = await advance('yes')
    expect(refused.code).toBe(2)
    expect(site.desk.standing('boiler').state.phase).toBe('shadowing')
    const taken = await advance('boiler')
    expect(taken.code).toBe(0)
    expect(taken.stderr).toMatch(/coverage +✓ Passes[^]*Type boiler to go on: /)
    expect(site.desk.standing('boiler').state.phase).toBe('canary')
  })

  test('what was shown and is no longer so is not done', async () => {
    const { site } = await open()
    await site.shadowing()
    decided(await site.step(), 'canary')
    const ran = await runIn(site.folder, ['cutover', 'rollback', 'boiler', '--reason', 'odd'], async () => {
      decided(await site.desk.rollback('boiler', { actor: 'bob', reason: 'odd' }, never))
      return 'boiler'
    })
    expect(ran.code).toBe(3)
    // A second rollback would go one phase further back.
    expect(site.desk.standing('boiler').state.phase).toBe('shadowing')
  })

  test('a dry run decides nothing', async () => {
    const { site, run } = await open()
    await site.shadowing()
    decided(await site.step(), 'canary')
    const before = site.desk.head()
    const rollback = await run('cutover', 'rollback', 'boiler', '--reason', 'test', '--dry-run', '--json')
    expect(rollback.code).toBe(0)
    expect(rollback.answer()).toMatchObject({
      dryRun: true,
      from: { phase: 'canary', percent: 50 },
      to: { percent: 0 },
    })
    expect((await run('cutover', 'drill', 'boiler', '--dry-run')).stdout).toContain('go back to the historian')
    expect((await run('cutover', 'advance', 'boiler', '--dry-run')).code).toBe(3)
    expect(site.desk.head()).toEqual(before)
  })

  test('a drill off duty moves nobody, and is timed', async () => {
    const { site, run } = await open()
    await site.shadowing()
    const ran = await run('cutover', 'drill', 'boiler', '--confirm', 'boiler', '--actor', 'ada', '--json')
    expect(ran.code).toBe(0)
    expect(ran.answer()).toMatchObject({ event: { action: 'drill', to: 'shadowing' } })
  })
})

describe('freeze', { timeout: TEST_TIMEOUT_MS }, () => {
  test('of all, then of what is frozen already, then thawed', async () => {
    const { site, run } = await open()
    await site.shadowing()
    const all = await run('cutover', 'freeze', '--all', '--reason', 'turnaround', '--actor', 'ada', '--json')
    expect(all.code).toBe(0)
    expect(all.answer()).toMatchObject({ results: [{ workload: 'boiler', decided: true }] })
    const held = await run('cutover', 'advance', 'boiler', '--confirm', 'boiler')
    expect(held.code).toBe(3)
    expect(held.stdout).toContain('frozen')
    expect((await run('cutover', 'freeze', 'boiler', '--reason', 'again')).code).toBe(3)
    expect((await run('cutover', 'thaw', 'boiler')).code).toBe(0)
    expect((await run('cutover', 'thaw', '--all', '--json')).answer()).toMatchObject({ results: [] })
  })

  test.each([[['--reason', 'x']], [['boiler', '--all', '--reason', 'x']]])('of one or of all, not %j', async (args) => {
    const { run } = await open()
    expect((await run('cutover', 'freeze', ...args)).code).toBe(2)
  })
})

describe('who is unknown', { timeout: TEST_TIMEOUT_MS }, () => {
  test.each([
    [['status', 'mill']],
    [['plan', 'mill']],
    [['history', 'mill']],
    [['freeze', 'mill', '--reason', 'x']],
    [['rollback', 'mill', '--reason', 'x', '--confirm', 'mill']],
  ])('%j: exit 2', async (args) => {
    const { run } = await open()
    const ran = await run('cutover', ...args, '--json')
    expect(ran.code).toBe(2)
    expect(ran.answer()).toMatchObject({
      error: { code: 'BANYAN_USAGE', message: expect.stringContaining('mill') as string },
    })
  })
})

describe('evidence', { timeout: TEST_TIMEOUT_MS }, () => {
  test('is exported, verified with nothing but the folder, and every kind of damage is found', async () => {
    const { site, run } = await open()
    await site.shadowing()
    const canary = decided(await site.step(), 'canary')
    const folder = join(site.folder, 'bundle')
    const exported = await run('evidence', 'export', 'boiler', '-o', folder, '--json')
    expect(exported.code).toBe(0)
    expect(exported.answer()).toMatchObject({
      event: canary.event.seq,
      manifestHash: canary.event.manifestHash,
      folder,
    })
    expect((await run('evidence', 'export', 'boiler', '-o', folder)).code).toBe(1)

    const verify = (...flags: string[]): Promise<Ran> => runIn('/', ['evidence', 'verify', folder, '--json', ...flags])
    const link = `${canary.event.seq}:${canary.event.hash}`
    expect(await verify('--known', link).then(({ code }) => code)).toBe(0)
    expect((await verify()).answer()).toMatchObject({ ok: true, differences: [] })
    const other = await verify('--known', `${canary.event.seq}:${'0'.repeat(64)}`)
    expect(other.code).toBe(3)

    writeFileSync(join(folder, 'notes.txt'), 'hello')
    expect((await verify()).stderr).toContain('notes.txt')
    const cells = join(folder, 'cells.ndjson')
    writeFileSync(cells, readFileSync(cells, 'utf8').replace('"verdict":"match"', '"verdict":"waived"'))
    const changed = await verify()
    expect(changed.code).toBe(3)
    expect(changed.answer()).toMatchObject({ ok: false, differences: [{ file: 'cells.ndjson' }, {}] })
    appendFileSync(cells, 'x')
    expect((await verify()).code).toBe(3)
  })

  test('a folder that is no bundle cannot be read', async () => {
    const { site, run } = await open()
    const ran = await run('evidence', 'verify', site.folder)
    expect(ran.code).toBe(1)
    expect(ran.stderr).toContain('bundle.json: it is not there')
    expect((await run('evidence', 'verify', join(site.folder, 'nowhere'))).code).toBe(1)
  })

  test('there is none before the first step on evidence', async () => {
    const { site, run } = await open()
    const ran = await run('evidence', 'export', 'boiler', '-o', join(site.folder, 'bundle'))
    expect(ran.code).toBe(2)
    expect(existsSync(join(site.folder, 'bundle'))).toBe(false)
  })
})

describe('report cutover', { timeout: TEST_TIMEOUT_MS }, () => {
  test('as table, JSON and CSV', async () => {
    const { site, run } = await open()
    await site.shadowing()
    expect((await run('report', 'cutover')).stdout).toMatch(/^✕ boiler: held by its gates/)
    const json = await run('report', 'cutover', '--json')
    expect(json.answer()).toMatchObject({ kind: 'cutover', bridge: 'here', workloads: [{ phase: 'shadowing' }] })
    const events = site.desk.history()
    const file = join(site.folder, 'moves.csv')
    expect((await run('report', 'cutover', '--format', 'csv', '-o', file)).code).toBe(0)
    expect(readFileSync(file, 'utf8').trimEnd().split('\r\n')).toHaveLength(events.length + 1)
  })

  test.each([
    [['--tag', 'A*']],
    [['--format', 'plan']],
    [['--from', '2020-01-01']],
    [['--format', 'csv', '--differences']],
  ])('%j belongs to the report of parity', async (flags) => {
    const { run } = await open()
    expect((await run('report', 'cutover', ...flags)).code).toBe(2)
  })
})
