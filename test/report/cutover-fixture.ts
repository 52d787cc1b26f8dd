/** A cutover report with every kind of thing in it: a workload in canary, one quarantined, one not registered yet. */
import { PHASES, type Phase } from '../../src/domain/workload.ts'
import type { Checklist, CutoverReport, MoveReport, WorkloadReport } from '../../src/report/cutover-model.ts'

export const HASH = 'ab'.repeat(32)
const AT = '2026-03-02T06:00:00.0000000Z'

export interface CutoverFixture {
  /** Stands for every name, reason and actor. */
  readonly text?: string
}

export function checklist(changes: Partial<Checklist> = {}): Checklist {
  return {
    about: 'next',
    step: { phase: 'live', percent: 100 },
    askedAt: AT,
    outcome: 'fail',
    manifestHash: HASH,
    obstacles: [],
    gates: [
      { gate: 'coverage', question: 'Was every window compared?', outcome: 'pass', reasons: ['all 12 cells'] },
      { gate: 'mismatches', question: 'Is none open?', outcome: 'fail', reasons: ['3 cells differ', '1 is doubted'] },
      { gate: 'lag', question: 'Is it fresh?', outcome: 'unknown', reasons: ['the lag was not measured'] },
    ],
    ...changes,
  }
}

export function move(seq: number, changes: Partial<MoveReport> = {}): MoveReport {
  return {
    seq,
    at: AT,
    actor: 'ada',
    action: 'advance',
    what: 'moved it to canary 10 %',
    from: 'shadowing',
    to: 'canary',
    percent: 10,
    epoch: 1,
    reason: undefined,
    manifestHash: HASH,
    hash: 'cd'.repeat(32),
    ...changes,
  }
}

export function workloadReport(changes: Partial<WorkloadReport> = {}): WorkloadReport {
  const phase: Phase = changes.phase ?? 'canary'
  const place = PHASES.indexOf(phase)
  return {
    workload: 'boiler',
    criticality: 'B',
    consumers: [{ name: 'grafana', stalenessMs: 60_000, side: 'log' }],
    phase,
    since: AT,
    serve: 'log',
    percent: 10,
    version: 6,
    epoch: 1,
    evidence: HASH,
    ribbon: PHASES.map((one, i) => ({
      phase: one,
      standing: i < place ? 'passed' : i === place ? 'here' : 'ahead',
      enteredAt: i <= place ? AT : undefined,
    })),
    next: { phase: 'live', percent: 100 },
    frozen: undefined,
    quarantine: undefined,
    request: { id: 8, at: AT, tags: 2, cells: 12, from: AT, until: AT },
    approvals: [{ actor: 'bob', at: AT, manifestHash: HASH }],
    drill: { at: AT, seconds: 1.25 },
    checklist: checklist(),
    moves: [move(1), move(2, { action: 'approve', what: 'approved the step to live', reason: 'as planned' })],
    movesLeftOut: 0,
    waivers: [
      {
        seq: 2,
        at: AT,
        tag: 'pi/1',
        from: AT,
        until: AT,
        owner: 'ada',
        expiresAt: AT,
        reason: 'meter exchanged',
        inForce: true,
      },
    ],
    ...changes,
  }
}

export function cutoverFixture({ text }: CutoverFixture = {}): CutoverReport {
  const said = (plain: string): string => text ?? plain
  return {
    schemaVersion: 1,
    kind: 'cutover',
    bridge: said('here'),
    version: said('1.0.0'),
    generatedAt: AT,
    workloads: [
      workloadReport({
        workload: said('boiler'),
        consumers: [{ name: said('grafana'), stalenessMs: 60_000, side: 'log' }],
        checklist: checklist({
          obstacles: [{ reason: said('it is odd'), hint: said('Mend it.') }],
          gates: [
            { gate: said('lag'), question: said('Is it fresh?'), outcome: 'fail', reasons: [said('it is late')] },
          ],
        }),
        moves: [move(1, { actor: said('ada'), what: said('moved it'), reason: said('as planned') })],
        waivers: workloadReport().waivers.map((waiver) => ({
          ...waiver,
          tag: said('pi/1'),
          owner: said('ada'),
          reason: said('meter exchanged'),
        })),
      }),
      workloadReport({
        workload: said('mill'),
        phase: 'shadowing',
        serve: 'historian',
        percent: 0,
        quarantine: { at: AT, cause: said('mismatch'), reason: said('2 served cells differ') },
        frozen: { at: AT, by: said('ada'), reason: said('turnaround') },
        approvals: [{ actor: said('bob'), at: AT, manifestHash: HASH }],
      }),
      workloadReport({
        workload: said('new'),
        criticality: undefined,
        phase: 'registered',
        since: undefined,
        serve: 'historian',
        percent: 0,
        version: 0,
        epoch: 0,
        evidence: undefined,
        next: { phase: 'backfilling', percent: 0 },
        request: undefined,
        approvals: [],
        drill: undefined,
        checklist: undefined,
        moves: [],
        waivers: [],
      }),
    ],
    chain: { events: 9, head: { seq: 9, hash: HASH }, unpublished: 2 },
  }
}
