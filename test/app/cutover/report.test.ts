/** The report says what the chain says, and never that a gate passes which nobody asked. */
import { expect, it } from 'vitest'
import { buildCutoverReport, type CutoverRecord } from '../../../src/app/cutover/report.ts'
import type { AuditEvent } from '../../../src/cutover/audit-chain.ts'
import { CutoverSite, decided, never } from './cutover-site.ts'

const OPTIONS = { bridge: 'here', version: '1.0.0', nowMs: Date.UTC(2026, 2, 2) }

it(
  'tells where a workload stands, what was asked of the gates, and who decided what',
  { timeout: 60_000 },
  async () => {
    const site = await CutoverSite.open()
    await site.shadowing()
    const canary = decided(await site.step(), 'canary')

    const [unasked] = buildCutoverReport(site.desk, OPTIONS).workloads
    expect(unasked).toMatchObject({
      workload: 'boiler',
      phase: 'canary',
      serve: 'log',
      percent: 50,
      next: { phase: 'live', percent: 100 },
      evidence: canary.event.manifestHash,
      // On these answers it came here; they say nothing about going on.
      checklist: { about: 'last', step: { phase: 'canary', percent: 50 }, outcome: 'pass' },
    })
    expect(unasked?.checklist?.gates.map(({ gate }) => gate)).toContain('as-of')

    const assessments = new Map([['boiler', await site.desk.assess('boiler', never)]])
    const report = buildCutoverReport(site.desk, { ...OPTIONS, assessments })
    const [asked] = report.workloads
    expect(asked?.checklist).toMatchObject({
      about: 'next',
      step: { phase: 'live', percent: 100 },
      obstacles: [{ reason: 'the step is not requested' }],
    })
    expect(asked?.checklist?.outcome).not.toBe('pass')
    expect(asked?.moves.map(({ seq, hash }) => ({ seq, hash }))).toEqual(
      site.desk.history('boiler').map(({ seq, hash }) => ({ seq, hash })),
    )
    expect(report.chain).toMatchObject({ events: canary.event.seq, head: { hash: canary.event.hash }, unpublished: 0 })

    decided(await site.desk.rollback('boiler', { actor: 'ada', reason: 'looks odd' }, never))
    const [back] = buildCutoverReport(site.desk, OPTIONS).workloads
    expect(back).toMatchObject({ phase: 'shadowing', serve: 'historian', consumers: [{ side: 'historian' }] })
    expect(back?.ribbon.map(({ standing }) => standing)).toEqual([
      ...Array<string>(4).fill('passed'),
      'here',
      ...Array<string>(4).fill('ahead'),
    ])
    // It has been there.
    expect(back?.ribbon.find(({ phase }) => phase === 'canary')?.enteredAt).toBeDefined()
    expect(back?.moves.at(-1)).toMatchObject({ what: 'took it back to shadowing (operator)', reason: 'looks odd' })
  },
)

it('a workload that nothing was decided about stands nowhere yet', async () => {
  const site = await CutoverSite.open()
  const { workloads, chain } = buildCutoverReport(site.desk, OPTIONS)
  expect(workloads).toMatchObject([
    { workload: 'boiler', epoch: 0, serve: 'historian', checklist: undefined, moves: [] },
  ])
  expect(workloads[0]?.ribbon.every(({ standing }) => standing === 'ahead')).toBe(true)
  expect(chain).toEqual({ events: 0, head: undefined, unpublished: 0 })
})

it('of a long history the newest are told, and the others counted', async () => {
  const site = await CutoverSite.open()
  site.desk.refresh()
  const history = Array.from({ length: 1_234 }, (_, i) => eventOf(i + 1))
  const record: CutoverRecord = {
    standings: () => site.desk.standings(),
    history: () => history,
    waivers: () => [],
    head: () => history.at(-1),
  }
  const [report] = buildCutoverReport(record, OPTIONS).workloads
  expect(report?.moves.at(-1)?.seq).toBe(1_234)
  expect((report?.moves.length ?? 0) + (report?.movesLeftOut ?? 0)).toBe(1_234)
  expect(report?.movesLeftOut).toBeGreaterThan(0)
})

function eventOf(seq: number): AuditEvent {
  const hash = seq.toString(16).padStart(64, '0')
  const place = {
    v: 1,
    seq,
    prevHash: hash,
    hash,
    at: '2026-03-02T06:00:00Z',
    workload: 'boiler',
    actor: 'ada',
  } as const
  const to = { from: 'canary', to: 'canary', percent: 50, epoch: 1 } as const
  return { ...place, ...to, action: 'freeze', policyHash: hash, manifestHash: null, reason: null, detail: {} }
}
