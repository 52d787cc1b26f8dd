import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeRecordedEvent } from '../../src/cutover/decode-event.ts'
import { CUTOVER_ACTIONS, ROLLBACK_CAUSES, type CutoverEvent, type Target } from '../../src/cutover/events.ts'
import { apply, replay, type RecordedEvent } from '../../src/cutover/machine.ts'
import { initial, nextStep, type CutoverState } from '../../src/cutover/state.ts'
import { PHASES, SERVING_PHASES, type Phase } from '../../src/domain/workload.ts'
import { advanceOf, approveOf, eventOf, MANIFEST, requestDetail, rollbackOf } from './build-event.ts'

const STEPS = { canarySteps: [10, 50] }

function must(state: CutoverState, event: CutoverEvent): CutoverState {
  const transition = apply(state, event)
  if (transition.kind === 'refused') throw new Error(transition.reason)
  return transition.state
}

function refusal(state: CutoverState, event: CutoverEvent): string {
  const transition = apply(state, event)
  return transition.kind === 'refused' ? transition.reason : 'it was not refused'
}

function requested(state: CutoverState, seq = 7): CutoverState {
  return must(state, eventOf('request', requestDetail(), { seq }))
}

/** The workload in a phase, with nothing requested; in canary at its first step. */
function inPhase(phase: Phase): CutoverState {
  let state = must(initial('boiler'), eventOf('register', STEPS))
  while (state.phase !== phase) {
    const asked = PHASES.indexOf(state.phase) < PHASES.indexOf('shadowing') ? state : requested(state)
    state = must(asked, advanceOf(asked))
  }
  return state
}

describe('forward', () => {
  it('goes one step at a time, canary by its percents, to the end', () => {
    let state = must(initial('boiler'), eventOf('register', STEPS))
    const way: string[] = []
    while (nextStep(state) !== undefined) {
      const asked = state.phase === 'retired' || PHASES.indexOf(state.phase) < 4 ? state : requested(state)
      state = must(asked, advanceOf(asked))
      way.push(`${state.phase} ${state.percent}`)
    }
    expect(way.slice(0, 4)).toEqual(['backfilling 0', 'mirroring 0', 'verifying 0', 'shadowing 0'])
    expect(way.slice(4)).toEqual(['canary 10', 'canary 50', 'live 100', 'soaking 100', 'retired 100'])
    expect(state).toMatchObject({ version: 10, evidence: MANIFEST })
  })

  it('goes nowhere before it is registered, and is registered once', () => {
    expect(refusal(initial('boiler'), advanceOf(initial('boiler')))).toContain('not registered')
    expect(refusal(inPhase('live'), eventOf('register', STEPS))).toContain('registered already')
  })

  it.each(PHASES.filter((phase) => phase !== 'retired'))('from %s to no phase but the next', (phase) => {
    const state = inPhase(phase)
    const asked = PHASES.indexOf(phase) < 4 ? state : requested(state)
    for (const to of PHASES) {
      for (const percent of [0, 10, 50, 100]) {
        const step = nextStep(state)
        if (to === step?.phase && percent === step.percent) continue
        expect(refusal(asked, advanceOf(asked, { to, percent }))).toContain('the next step is')
      }
    }
  })

  it('does not take a decision of another request, epoch or outcome, or without evidence', () => {
    const state = requested(inPhase('shadowing'))
    expect(refusal(state, advanceOf(state, { requestId: 6 }))).toContain('about request 6, and request 7 is open')
    expect(refusal(state, advanceOf(state, { epoch: 0 }))).toContain('of epoch 0, and epoch 1 has begun')
    expect(refusal(state, advanceOf(state, { outcome: 'unknown' }))).toContain('not every gate passes')
    expect(refusal(state, advanceOf(state, { gates: [] }))).toContain('verified as of the request')
    const closed = { gate: 'lag', outcome: 'unknown', reasons: [] } as const
    expect(refusal(state, advanceOf(state, { gates: [closed] }))).toContain('lag')
    expect(refusal(state, advanceOf(state, {}, { manifestHash: null }))).toContain('names no manifest')
    const unasked = inPhase('shadowing')
    expect(refusal(unasked, advanceOf(unasked))).toContain('nothing is requested')
  })

  it('needs a request of its own for every step', () => {
    const state = requested(inPhase('shadowing'))
    const canary = must(state, advanceOf(state))
    expect(refusal(canary, advanceOf(canary, { requestId: 7 }))).toContain('no request is open')
  })

  it('keeps the canary steps of an epoch until the next', () => {
    const state = must(inPhase('canary'), eventOf('epoch', { canarySteps: [5, 25] }))
    expect(nextStep(state)).toEqual({ phase: 'canary', percent: 25 })
    expect(nextStep({ ...state, percent: 50 })).toEqual({ phase: 'live', percent: 100 })
  })
})

describe('approvals', () => {
  const asked = requested(inPhase('soaking'))

  it('count a person once, under all spellings, with what was seen last', () => {
    const twice = must(must(asked, approveOf(asked, 'Ada')), {
      ...approveOf(asked, ' ada '),
      manifestHash: 'b'.repeat(64),
    })
    expect(twice.approvals).toMatchObject([{ manifestHash: 'b'.repeat(64) }])
    expect(must(twice, approveOf(asked, 'bob')).approvals).toHaveLength(2)
  })

  it('name a manifest, and are given by people', () => {
    expect(refusal(asked, { ...approveOf(asked, 'ada'), manifestHash: null })).toContain('names no manifest')
    expect(refusal(asked, approveOf(asked, 'Banyan'))).toContain('only a person')
    expect(refusal(asked, approveOf(asked, ' '))).toContain('only a person')
  })

  it.each<[string, Partial<Target>]>([
    ['step', { to: 'live' }],
    ['percent', { percent: 50 }],
    ['epoch', { epoch: 9 }],
    ['request', { requestId: 1 }],
    ['request at all', { requestId: null }],
  ])('are refused for another %s', (_, change) => {
    expect(refusal(asked, approveOf(asked, 'ada', change))).toContain('the approval is')
  })

  it.each<[string, CutoverEvent]>([
    ['a new request', eventOf('request', requestDetail(), { seq: 8 })],
    ['a new epoch', eventOf('epoch', STEPS)],
    ['a rollback', rollbackOf('operator')],
    ['a step', advanceOf(asked)],
    ['a waiver', eventOf('waive', { waiver: 1, tag: 'pi/1', from: '', until: '', owner: 'ada', expiresAt: '' })],
  ])('are void after %s', (_, event) => {
    expect(must(must(asked, approveOf(asked, 'ada')), event).approvals).toEqual([])
  })
})

describe('back', () => {
  it.each(SERVING_PHASES.flatMap((phase) => ROLLBACK_CAUSES.map((cause) => [phase, cause] as const)))(
    'from %s to shadowing in one step, frozen or not (%s)',
    (phase, cause) => {
      const frozen = must(inPhase(phase), eventOf('freeze', {}))
      for (const state of [inPhase(phase), frozen]) {
        const back = must(state, rollbackOf(cause))
        expect(back).toMatchObject({ phase: 'shadowing', percent: 0, version: state.version + 1, evidence: undefined })
        expect(back.quarantine?.cause).toBe(cause === 'operator' || cause === 'drill' ? undefined : cause)
      }
    },
  )

  it('from shadowing to verifying by will only, so that a late trigger changes nothing', () => {
    const state = inPhase('shadowing')
    expect(must(state, rollbackOf('operator')).phase).toBe('verifying')
    expect(refusal(state, rollbackOf('mismatch'))).toContain('no consumer')
  })

  it.each(PHASES.slice(0, 4))('not from %s, where nothing is served', (phase) => {
    expect(refusal(inPhase(phase), rollbackOf('operator'))).toContain('no consumer')
  })

  it('not from retired, nor anywhere else from there', () => {
    const retired = inPhase('retired')
    expect(refusal(retired, rollbackOf('operator'))).toContain('no way back')
    expect(refusal(retired, eventOf('epoch', STEPS))).toContain('sealed')
    expect(refusal(retired, eventOf('request', requestDetail()))).toContain('sealed')
  })
})

describe('overlays', () => {
  it('frozen goes no step forward until thawed, and is asked and approved meanwhile', () => {
    const frozen = requested(must(inPhase('canary'), eventOf('freeze', {}, { reason: 'turnaround' })))
    expect(refusal(frozen, advanceOf(frozen))).toContain('frozen by ada')
    expect(must(frozen, approveOf(frozen, 'bob')).approvals).toHaveLength(1)
    expect(refusal(frozen, eventOf('freeze', {}))).toContain('frozen already')
    const thawed = must(frozen, eventOf('thaw', {}))
    expect(must(thawed, advanceOf(thawed)).percent).toBe(50)
    expect(refusal(thawed, eventOf('thaw', {}))).toContain('not frozen')
  })

  it('quarantined goes no step forward until a root cause is named, which begins an epoch', () => {
    const state = must(inPhase('live'), rollbackOf('mismatch', { reason: 'w0 differs' }))
    for (const event of [advanceOf(state), approveOf(state, 'ada'), eventOf('request', requestDetail())]) {
      expect(refusal(state, event)).toContain('quarantined since')
    }
    expect(must(state, eventOf('epoch', STEPS)).quarantine).toBeDefined()
    expect(refusal(state, eventOf('quarantine-lifted', {}, { reason: ' ' }))).toContain('no root cause')
    const lifted = must(
      state,
      eventOf('quarantine-lifted', {}, { reason: 'a writer without rights', at: '2024-05-03T00:00:00Z' }),
    )
    expect(lifted).toMatchObject({ epoch: 2, quarantine: undefined, streakSince: '2024-05-03T00:00:00Z' })
    expect(requested(lifted).request?.id).toBe(7)
  })

  it('a new epoch voids the request and the streak, and moves nothing', () => {
    const before = requested(inPhase('canary'))
    const after = must(before, eventOf('epoch', STEPS, { at: '2024-05-03T00:00:00Z' }))
    expect(after).toMatchObject({ phase: 'canary', percent: 10, version: before.version, epoch: 2, request: undefined })
    expect(after.streakSince).toBe('2024-05-03T00:00:00Z')
  })

  it('a drill is remembered across rollbacks and epochs', () => {
    const drilled = must(inPhase('canary'), eventOf('drill', { seconds: 0.4 }))
    const later = must(must(drilled, rollbackOf('drill')), eventOf('epoch', STEPS))
    expect(later.lastDrill?.seconds).toBe(0.4)
  })
})

describe('every phase answers every action', () => {
  it('with a move, or a reason and what to do', () => {
    for (const phase of PHASES) {
      const state = inPhase(phase)
      const events: CutoverEvent[] = [
        eventOf('register', STEPS),
        eventOf('request', requestDetail()),
        advanceOf(state),
        approveOf(state, 'ada'),
        eventOf('freeze', {}),
        eventOf('thaw', {}),
        rollbackOf('lag'),
        eventOf('quarantine-lifted', {}),
        eventOf('drill', { seconds: 1 }),
        eventOf('epoch', STEPS),
        eventOf('waive', { waiver: 1, tag: 'pi/1', from: '', until: '', owner: 'ada', expiresAt: '' }),
      ]
      expect(events.map(({ action }) => action).toSorted()).toEqual([...CUTOVER_ACTIONS].toSorted())
      for (const event of events) {
        const before = structuredClone(state)
        const transition = apply(state, event)
        expect(state).toEqual(before)
        if (transition.kind === 'refused')
          expect(`${transition.reason}|${transition.hint}`).toMatch(/^.{10,}\|[A-Z].+\.$/)
      }
    }
  })
})

describe('a recorded history', () => {
  const lines = readFileSync('fixtures/cutover/history-1.ndjson', 'utf8').trimEnd().split('\n')
  const rows = lines.map((line, i) => decodeRecordedEvent(JSON.parse(line), `line ${i + 1}`))

  it('is accepted as it was then, and leads where it led', () => {
    expect(replay('boiler-dashboard', rows)).toMatchObject({
      phase: 'retired',
      percent: 100,
      epoch: 3,
      version: 14,
      frozen: undefined,
      lastDrill: { seconds: 0.8 },
    })
    expect(replay('shift-report', rows)).toMatchObject({ phase: 'shadowing', epoch: 1, quarantine: { cause: 'lag' } })
    expect(replay('nobody', rows)).toEqual(initial('nobody'))
  })

  it('is corrupt without any one of its moves but the last', () => {
    const own = rows.filter(({ workload }) => workload === 'boiler-dashboard')
    const moves = own.filter(({ from, to, event }) => from !== to || event.action === 'register')
    expect(moves.length).toBeGreaterThan(10)
    for (const move of moves.slice(0, -1)) {
      const rest = own.filter((row) => row !== move)
      expect(() => replay('boiler-dashboard', rest)).toThrow('does not follow')
    }
  })

  it.each<[string, Partial<RecordedEvent>]>([
    ['where it came from', { from: 'live' }],
    ['where it led', { to: 'soaking' }],
    ['whom it moved', { percent: 99 }],
    ['its epoch', { epoch: 9 }],
  ])('is corrupt when an event lies about %s', (_, lie) => {
    const changed = rows.map((row, i) => (i === 3 ? { ...row, ...lie } : row))
    expect(() => replay(rows[3]!.workload, changed)).toThrow('does not follow')
  })

  it('is corrupt when events come in another order', () => {
    expect(() => replay('boiler-dashboard', rows.toReversed())).toThrow('does not follow')
  })

  it.each([
    ['an action that is none', { action: 'jump' }, 'row.action is not one of'],
    ['a detail of another action', { detail: { seconds: 1 } }, 'row.detail.seconds is not a field'],
    ['steps that do not ascend', { detail: { canarySteps: [50, 10] } }, 'canarySteps do not ascend'],
    ['an actor without a name', { actor: ' ' }, 'row.actor is empty'],
    ['a hash that is none', { manifestHash: 'x' }, 'row.manifestHash is not a SHA-256'],
  ])('does not decode with %s', (_, change, message) => {
    const row = JSON.parse(lines[0]!) as Record<string, unknown>
    expect(() => decodeRecordedEvent({ ...row, ...change }, 'row')).toThrow(message)
  })
})
