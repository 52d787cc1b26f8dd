import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Target } from '../../src/cutover/events.ts'
import { GATES, type GateName, type GateOutcome } from '../../src/cutover/gate.ts'
import { evaluateGates, gatesBefore } from '../../src/cutover/gates.ts'
import type { EvidenceManifest } from '../../src/cutover/manifest.ts'
import { DEFAULT_POLICIES, type GatePolicy } from '../../src/cutover/policy.ts'
import { PHASES, type Phase } from '../../src/domain/workload.ts'
import { hour, MANIFEST, NOW } from './evidence-fixture.ts'

const LIVE = MANIFEST.target
/** Asks for everything there is to ask for. */
const STRICT: GatePolicy = {
  ...MANIFEST.policy,
  diversity: true,
  shadow: { ...MANIFEST.policy.shadow, required: true },
}
const SHADOW = { since: hour(100), comparisons: 1_000, unexplained: 0, queriesKnown: 100, queriesSeen: 99 }
const DIVERSITY = { restarts: 1, outages: 1, lateBatches: 1, clockChanges: 1 }
const PERFECT: EvidenceManifest = { ...MANIFEST, policy: STRICT, shadow: SHADOW, diversity: DIVERSITY }

interface Asked {
  readonly manifest?: EvidenceManifest
  readonly target?: Target
  readonly now?: string
}

function decide({ manifest = PERFECT, target = manifest.target, now = NOW }: Asked = {}) {
  return evaluateGates(target, manifest.policy, manifest, now)
}

function resultOf(gate: GateName, asked: Asked) {
  const found = decide(asked).gates.find((result) => result.gate === gate)
  if (found === undefined) throw new Error(`${gate} was not asked`)
  return found
}

/** The gate's answer to the perfect evidence with something changed. */
function told(gate: GateName, changes: Partial<EvidenceManifest>, now?: string): [GateOutcome, string] {
  const { outcome, reasons } = resultOf(gate, {
    manifest: { ...PERFECT, ...changes },
    ...(now !== undefined && { now }),
  })
  return [outcome, reasons.join('; ')]
}

function cells(changes: Partial<EvidenceManifest['cells']>): Partial<EvidenceManifest> {
  return { cells: { ...PERFECT.cells, ...changes } }
}

function verdicts(changes: Partial<EvidenceManifest['cells']['verdicts']>): Partial<EvidenceManifest> {
  return cells({ verdicts: { ...PERFECT.cells.verdicts, ...changes } })
}

describe('evaluateGates', () => {
  it('passes perfect evidence, each gate saying what it rests on', () => {
    const decision = decide()
    expect(decision).toMatchObject({ ...LIVE, outcome: 'pass', now: NOW })
    expect(decision.gates.map(({ gate }) => gate)).toEqual(GATES)
    for (const { gate, reasons } of decision.gates) expect(reasons.join(), gate).toMatch(/\w{3}/)
  })

  it('asks before each step what stands before it', () => {
    expect(Object.fromEntries(PHASES.map((phase) => [phase, gatesBefore(phase, MANIFEST.policy)]))).toEqual({
      registered: [],
      backfilling: [],
      mirroring: [],
      verifying: [],
      shadowing: ['coverage', 'mismatches', 'vitality'],
      canary: ['coverage', 'as-of', 'streak', 'mismatches', 'lag', 'vitality', 'rollback-ready'],
      live: ['coverage', 'as-of', 'streak', 'mismatches', 'lag', 'bound', 'vitality', 'rollback-ready', 'approvals'],
      soaking: ['coverage', 'as-of', 'streak', 'mismatches', 'lag', 'bound', 'vitality', 'rollback-ready'],
      retired: ['coverage', 'as-of', 'streak', 'mismatches', 'lag', 'bound', 'vitality', 'approvals'],
    })
    expect(gatesBefore('canary', STRICT)).toEqual(expect.arrayContaining(['diversity', 'shadow']))
  })

  it('knows nothing without evidence, where evidence is needed', () => {
    const policy = DEFAULT_POLICIES.A
    for (const to of PHASES) {
      const { outcome, gates } = evaluateGates({ ...LIVE, to }, policy, undefined, NOW)
      expect(outcome).toBe(gatesBefore(to, policy).length === 0 ? 'pass' : 'unknown')
      for (const gate of gates)
        expect(gate).toMatchObject({ outcome: 'unknown', reasons: ['no evidence was collected'] })
    }
  })

  it('knows nothing from evidence for another step, epoch, request, policy or time', () => {
    const targets: Partial<Target>[] = [{ to: 'soaking' }, { percent: 50 }, { epoch: 2 }, { requestId: null }]
    for (const change of targets) expect(decide({ target: { ...LIVE, ...change } }).outcome).toBe('unknown')
    expect(evaluateGates(LIVE, DEFAULT_POLICIES.A, PERFECT, NOW).outcome).toBe('unknown')
    expect(decide({ manifest: { ...PERFECT, request: { ...PERFECT.request!, id: 1 } } }).outcome).toBe('unknown')
    const stale = decide({ now: hour(202) })
    expect(stale.gates[0]).toMatchObject({
      outcome: 'unknown',
      reasons: ['the evidence was collected 3600 seconds ago'],
    })
    expect(decide({ now: hour(200.9) }).gates[0]?.reasons).toEqual([
      `the evidence was collected at ${NOW}, which is in the future`,
    ])
  })
})

describe('coverage', () => {
  it('fails while a cell is not compared or could not be, and when the counts do not add up', () => {
    expect(told('coverage', verdicts({ match: 2, pending: 1 }))).toEqual([
      'fail',
      '1 cell not compared, or changed since',
    ])
    expect(told('coverage', verdicts({ match: 2, inconclusive: 1 }))).toEqual(['fail', '1 cell could not be compared'])
    expect(told('coverage', verdicts({ match: 99 }))[1]).toContain('the numbers do not add up')
    expect(told('coverage', verdicts({ match: 2, mismatch: 1 }))[0]).toBe('pass')
  })

  it('fails where the cells are not those that the move was asked for', () => {
    expect(told('coverage', cells({ tags: 1 }))).toEqual([
      'fail',
      `1 tag compared, and request ${LIVE.requestId} is for 2`,
    ])
    expect(told('coverage', cells({ cells: 4 }))[0]).toBe('fail')
    expect(told('coverage', cells({ from: '2024-04-01T01:00:00Z' }))[0]).toBe('fail')
  })

  it('does not take nothing for everything', () => {
    const none = { match: 0, explained: 0, waived: 0, mismatch: 0, inconclusive: 0, pending: 0 }
    const manifest: EvidenceManifest = {
      ...PERFECT,
      target: { to: 'shadowing', percent: 0, epoch: 1, requestId: null },
      request: null,
      cells: { ...PERFECT.cells, tags: 0, cells: 0, from: null, until: null, verdicts: none, verifiedSince: 0 },
      waivers: [],
    }
    expect(resultOf('coverage', { manifest }).outcome).toBe('unknown')
  })
})

describe('as-of', () => {
  it('passes only when every cell was verified after the request', () => {
    const [outcome, reasons] = told('as-of', cells({ verifiedSince: 4 }))
    expect(outcome).toBe('unknown')
    expect(reasons).toContain(`not been verified since request ${LIVE.requestId}`)
    expect(told('as-of', verdicts({ match: 2, mismatch: 1 }))[0]).toBe('fail')
    expect(told('as-of', { foldedTo: [{ partition: 0, offset: '9007199254740992' }] })[0]).toBe('unknown')
    expect(told('as-of', { foldedTo: [] })[0]).toBe('unknown')
    expect(told('as-of', { at: hour(225) }, hour(225))[0]).toBe('fail')
  })
})

describe('streak', () => {
  it('wants the days, and one cycle of the slowest consumer', () => {
    const since = (hours: number) => ({ streak: { since: hour(201 - hours), greenWindows: 9 } })
    expect(told('streak', since(72))[0]).toBe('pass')
    expect(told('streak', since(71.9))).toEqual(['fail', 'green for 2.9 days of 3 days'])
    const policy = { ...STRICT, consumerCycleMs: 31 * 86_400_000 }
    expect(told('streak', { ...since(72), policy })).toEqual(['fail', 'green for 3 days of 31 days'])
    expect(told('streak', { streak: { since: hour(0), greenWindows: 0 } })[0]).toBe('fail')
    expect(told('streak', { streak: null })[0]).toBe('unknown')
    expect(told('streak', since(-1))[0]).toBe('unknown')
  })

  it('says that it is no proof', () => {
    expect(told('streak', {})).toEqual(['pass', 'green for 3.3 days, 320 windows: this is confidence, not safety'])
  })

  it('lets nothing retire before its probation is over', () => {
    const target: Target = { ...LIVE, to: 'retired' }
    const soaking = (hours: number): EvidenceManifest => ({
      ...PERFECT,
      target,
      phase: 'soaking',
      phaseSince: hour(201 - hours),
    })
    expect(resultOf('streak', { manifest: soaking(14 * 24) }).outcome).toBe('pass')
    expect(resultOf('streak', { manifest: soaking(13 * 24) })).toMatchObject({
      outcome: 'fail',
      reasons: ['soaked for 13 days of 14 days'],
    })
    expect(resultOf('streak', { manifest: { ...soaking(99), phase: 'live' } }).outcome).toBe('fail')
  })
})

describe('diversity, bound and shadow', () => {
  it('want each kind of bad weather, and know when nobody counts it', () => {
    for (const kind of ['restarts', 'outages', 'lateBatches', 'clockChanges'] as const) {
      expect(told('diversity', { diversity: { ...DIVERSITY, [kind]: 0 } })[0]).toBe('fail')
      expect(told('diversity', { diversity: { ...DIVERSITY, [kind]: null } })[0]).toBe('unknown')
    }
    expect(told('diversity', { diversity: null })[0]).toBe('unknown')
  })

  it('want a bound that is low, sure, and drawn from something', () => {
    const bound = { upperRate: 1e-5, cells: 400_000, confidence: 0.95 }
    expect(told('bound', { bound })[0]).toBe('pass')
    expect(told('bound', { bound: { ...bound, upperRate: 1.1e-5 } })[0]).toBe('fail')
    expect(told('bound', { bound: { ...bound, confidence: 0.9 } })[0]).toBe('fail')
    expect(told('bound', { bound: { ...bound, cells: 0 } })[0]).toBe('unknown')
    expect(told('bound', { bound: null })[0]).toBe('unknown')
  })

  it('want enough recent comparisons of enough kinds of queries, and no difference', () => {
    const changes: [Partial<typeof SHADOW>, GateOutcome][] = [
      [{}, 'pass'],
      [{ unexplained: 1 }, 'fail'],
      [{ comparisons: 999 }, 'fail'],
      [{ queriesSeen: 98 }, 'fail'],
      [{ queriesKnown: 0, queriesSeen: 0 }, 'unknown'],
      [{ since: hour(0) }, 'fail'],
      [{ since: hour(300) }, 'unknown'],
    ]
    for (const [change, outcome] of changes) {
      expect(told('shadow', { shadow: { ...SHADOW, ...change } })[0], JSON.stringify(change)).toBe(outcome)
    }
    expect(told('shadow', { shadow: null })[0]).toBe('unknown')
  })
})

describe('mismatches', () => {
  it('fails for a cell that differs, unless it is waived by a waiver in force', () => {
    expect(told('mismatches', verdicts({ match: 2, mismatch: 1 }))).toEqual(['fail', '1 cell different and not waived'])
    expect(told('mismatches', {})).toEqual(['pass', 'no cell is different but 1 cell waived'])
    expect(told('mismatches', verdicts({ match: 4, waived: 0 }))).toEqual([
      'fail',
      '0 cells waived, and the waivers are for 1',
    ])
    expect(told('mismatches', { waivers: [] })).toEqual(['fail', '1 cell waived, and the waivers are for 0'])
  })

  it('fails from the moment a waiver expires', () => {
    const [waiver] = PERFECT.waivers
    expect(told('mismatches', { waivers: [{ ...waiver!, expiry: hour(201.01) }] })[0]).toBe('pass')
    expect(told('mismatches', { waivers: [{ ...waiver!, expiry: NOW }] })).toEqual([
      'fail',
      'waiver 7 of anna for 1 cell of pi-north/1 has expired',
    ])
    const unused = { ...waiver!, id: 8, cells: 0, expiry: NOW }
    expect(told('mismatches', { waivers: [waiver!, unused] })[0]).toBe('pass')
  })
})

describe('lag, vitality and the way back', () => {
  it('want every consumer to read fresh samples', () => {
    const [lag] = PERFECT.lag
    expect(told('lag', { lag: [{ ...lag!, p99Ms: 60_001 }] })[0]).toBe('fail')
    expect(told('lag', { lag: [{ ...lag!, maxMs: 180_001 }] })[0]).toBe('fail')
    expect(told('lag', { lag: [{ ...lag!, p99Ms: 60_000, maxMs: 180_000 }] })[0]).toBe('pass')
    for (const field of ['p99Ms', 'maxMs', 'windowMs'] as const) {
      expect(told('lag', { lag: [lag!, { ...lag!, consumer: 'mes', [field]: null }] })).toEqual([
        'unknown',
        'the lag of mes was not measured',
      ])
    }
    expect(told('lag', { lag: [] })[0]).toBe('unknown')
    const many = Array.from({ length: 50 }, (_, i) => ({ ...lag!, consumer: `mes ${i}`, p99Ms: null }))
    expect(resultOf('lag', { manifest: { ...PERFECT, lag: many } }).reasons).toHaveLength(11)
    const long = [{ ...lag!, consumer: 'x'.repeat(4_000), p99Ms: null }]
    expect(told('lag', { lag: long })[1]).toHaveLength(500)
  })

  it('want a verifier that finds all that is planted, lately, in this epoch', () => {
    const { vitality } = PERFECT
    const changes: [Partial<NonNullable<typeof vitality>>, GateOutcome][] = [
      [{ found: 11 }, 'fail'],
      [{ planted: 0, found: 0 }, 'unknown'],
      [{ at: hour(176.9) }, 'fail'],
      [{ at: hour(202) }, 'unknown'],
      [{ epoch: 2 }, 'fail'],
      [{ verifierLagWindows: 1 }, 'fail'],
      [{ verifierLagWindows: null }, 'unknown'],
    ]
    for (const [change, outcome] of changes) {
      expect(told('vitality', { vitality: { ...vitality!, ...change } })[0], JSON.stringify(change)).toBe(outcome)
    }
    expect(told('vitality', { vitality: null })[0]).toBe('unknown')
  })

  it('want a way back that was rehearsed, is quick, and leads to a historian that is fed', () => {
    expect(told('rollback-ready', { drill: null })[0]).toBe('unknown')
    expect(told('rollback-ready', { drill: { at: hour(201 - 30 * 24 - 1), seconds: 1 } })[0]).toBe('fail')
    expect(told('rollback-ready', { drill: { at: hour(150), seconds: 60.5 } })[0]).toBe('fail')
    expect(told('rollback-ready', { drill: { at: hour(300), seconds: 1 } })[0]).toBe('unknown')
    const [historian] = PERFECT.historians
    const fed = (newestAgeMs: number | null) => ({ historians: [{ ...historian!, newestAgeMs }] })
    expect(told('rollback-ready', fed(3_600_000))[0]).toBe('pass')
    expect(told('rollback-ready', fed(3_600_000), hour(201.01))[0]).toBe('fail')
    expect(told('rollback-ready', fed(null))[0]).toBe('unknown')
    expect(told('rollback-ready', { historians: [] })[0]).toBe('unknown')
  })
})

describe('approvals', () => {
  const policy = { ...STRICT, approvals: 2 }
  const [approval] = PERFECT.approvals
  const by = (...actors: string[]) => ({ policy, approvals: actors.map((actor) => ({ ...approval!, actor })) })

  it('counts people, not spellings, and never the bridge itself', () => {
    expect(told('approvals', by('anna', 'berta'))[0]).toBe('pass')
    for (const actors of [
      [],
      ['anna'],
      ['anna', 'anna'],
      ['anna', ' Anna '],
      ['anna', 'ａｎｎａ'],
      ['anna', 'banyan'],
    ]) {
      expect(told('approvals', by(...actors))[0], actors.join()).toBe('fail')
    }
  })

  it('keeps to the calendar', () => {
    const freeze = (from: number, until: number) => ({
      policy: { ...STRICT, freezes: [{ from: hour(from), until: hour(until), reason: 'turnaround' }] },
    })
    expect(told('approvals', freeze(201, 300))).toEqual([
      'fail',
      `the calendar is frozen until ${hour(300)}: turnaround`,
    ])
    expect(told('approvals', freeze(100, 201))[0]).toBe('pass')
    expect(told('approvals', freeze(202, 300))[0]).toBe('pass')
  })
})

describe('monotone', () => {
  const RANK: Readonly<Record<GateOutcome, number>> = { fail: 0, unknown: 0, pass: 1 }
  const count = fc.nat({ max: 3 })

  /** Evidence around the limits of the policy. */
  const evidence = fc
    .record({
      to: fc.constantFrom<Phase>('shadowing', 'canary', 'live', 'soaking', 'retired'),
      match: fc.integer({ min: 1, max: 5 }),
      others: fc.record({ explained: count, waived: count, mismatch: count, inconclusive: count, pending: count }),
      isVerified: fc.boolean(),
      waivedBy: count,
      upperRate: fc.option(fc.double({ min: 0, max: 2e-5, noNaN: true })),
      greenHours: fc.option(fc.integer({ min: 0, max: 400 })),
      found: fc.option(fc.integer({ min: 10, max: 12 })),
      unexplained: fc.option(fc.nat({ max: 1 })),
    })
    .map(({ to, match, others, isVerified, waivedBy, upperRate, greenHours, found, unexplained }): EvidenceManifest => {
      const counts = { match, ...others }
      const green = match + others.explained + others.waived
      const cells = green + others.mismatch + others.inconclusive + others.pending
      const requestId = to === 'shadowing' ? null : LIVE.requestId
      const request = { ...PERFECT.request!, scope: { ...PERFECT.request!.scope, cells } }
      return {
        ...PERFECT,
        target: { ...LIVE, to, requestId },
        phase: to === 'retired' ? 'soaking' : PERFECT.phase,
        phaseSince: hour(201 - 20 * 24),
        request: requestId === null ? null : request,
        cells: { ...PERFECT.cells, cells, verdicts: counts, verifiedSince: isVerified ? green : match },
        waivers: [{ ...PERFECT.waivers[0]!, cells: waivedBy }],
        bound: upperRate === null ? null : { ...PERFECT.bound!, upperRate },
        streak: greenHours === null ? null : { since: hour(201 - greenHours), greenWindows: 1 },
        vitality: found === null ? null : { ...PERFECT.vitality!, found },
        shadow: unexplained === null ? null : { ...SHADOW, unexplained },
      }
    })

  /** A mismatch more, wherever one can show. */
  const mismatch = fc.constantFrom<(manifest: EvidenceManifest) => EvidenceManifest>(
    (manifest) => {
      const { match, mismatch: different } = manifest.cells.verdicts
      const verdicts = { ...manifest.cells.verdicts, match: match - 1, mismatch: different + 1 }
      const verifiedSince = Math.max(0, manifest.cells.verifiedSince - 1)
      return { ...manifest, cells: { ...manifest.cells, verdicts, verifiedSince } }
    },
    (manifest) => ({
      ...manifest,
      bound: manifest.bound && { ...manifest.bound, upperRate: manifest.bound.upperRate * 2 },
    }),
    (manifest) => ({ ...manifest, streak: { since: NOW, greenWindows: 0 } }),
    (manifest) => ({
      ...manifest,
      vitality: manifest.vitality && { ...manifest.vitality, found: manifest.vitality.found - 1 },
    }),
    (manifest) => ({
      ...manifest,
      shadow: manifest.shadow && { ...manifest.shadow, unexplained: manifest.shadow.unexplained + 1 },
    }),
  )

  it('evidence of a mismatch opens no gate', () => {
    fc.assert(
      fc.property(evidence, mismatch, (manifest, add) => {
        const [before, after] = [decide({ manifest }), decide({ manifest: add(manifest) })]
        for (const [i, { gate, outcome }] of after.gates.entries()) {
          expect(RANK[outcome], gate).toBeLessThanOrEqual(RANK[before.gates[i]!.outcome])
        }
        expect(RANK[after.outcome]).toBeLessThanOrEqual(RANK[before.outcome])
      }),
      { numRuns: 1_000 },
    )
  })

  it('a cell that turns out different closes the decision, whatever it was before', () => {
    fc.assert(
      fc.property(evidence, fc.constantFrom('match', 'pending', 'inconclusive', 'waived'), (manifest, was) => {
        const { verdicts: counts } = manifest.cells
        fc.pre(counts[was] > 0)
        const verdicts = { ...counts, [was]: counts[was] - 1, mismatch: counts.mismatch + 1 }
        expect(decide({ manifest: { ...manifest, cells: { ...manifest.cells, verdicts } } }).outcome).not.toBe('pass')
      }),
    )
  })

  it('starts from evidence of which some passes', () => {
    expect(
      fc.sample(evidence, { numRuns: 5_000, seed: 1 }).some((manifest) => decide({ manifest }).outcome === 'pass'),
    ).toBe(true)
  })
})
