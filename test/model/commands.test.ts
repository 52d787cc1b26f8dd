/**
 * Sequences of commands against the reducer, beside an oracle that knows only the rules one would tell a colleague: a
 * ladder of steps, two brakes, one request, who approved it. A failure shrinks to the shortest sequence.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { CutoverEvent } from '../../src/cutover/events.ts'
import { apply } from '../../src/cutover/machine.ts'
import { initial, type CutoverState } from '../../src/cutover/state.ts'
import { advanceOf, approveOf, eventOf, requestDetail, rollbackOf } from '../cutover/build-event.ts'

const LADDER = [
  'registered 0',
  'backfilling 0',
  'mirroring 0',
  'verifying 0',
  'shadowing 0',
  'canary 10',
  'canary 50',
  'live 100',
  'soaking 100',
  'retired 100',
] as const
const SHADOWING = LADDER.indexOf('shadowing 0')
const RETIRED = LADDER.indexOf('retired 100')

interface Oracle {
  rung: number
  isFrozen: boolean
  isQuarantined: boolean
  isRequested: boolean
  approvers: Set<string>
}

interface Real {
  state: CutoverState
  seq: number
}

/** `expected`: what the oracle does, and whether it may. */
class Command implements fc.Command<Oracle, Real> {
  readonly #name: string
  readonly #event: (state: CutoverState) => CutoverEvent
  readonly #expected: (oracle: Oracle) => boolean

  constructor(name: string, event: (state: CutoverState) => CutoverEvent, expected: (oracle: Oracle) => boolean) {
    this.#name = name
    this.#event = event
    this.#expected = expected
  }

  check(): boolean {
    return true
  }

  run(oracle: Oracle, real: Real): void {
    real.seq += 1
    const transition = apply(real.state, { ...this.#event(real.state), seq: real.seq })
    const isExpected = oracle.rung === RETIRED ? false : this.#expected(oracle)
    expect(transition.kind).toBe(isExpected ? 'moved' : 'refused')
    if (transition.kind === 'moved') real.state = transition.state
    const { phase, percent, frozen, quarantine, request, approvals } = real.state
    expect({
      rung: LADDER.indexOf(`${phase} ${percent}` as (typeof LADDER)[number]),
      isFrozen: frozen !== undefined,
      isQuarantined: quarantine !== undefined,
      isRequested: request !== undefined,
      approvers: new Set(approvals.map(({ actor }) => actor)),
    }).toEqual(oracle)
  }

  toString(): string {
    return this.#name
  }
}

const RULES = { canarySteps: [10, 50] }

function settle(oracle: Oracle, change: Partial<Oracle>): true {
  Object.assign(oracle, { isRequested: false, approvers: new Set() }, change)
  return true
}

const commands = [
  new Command(
    'request',
    () => eventOf('request', requestDetail()),
    (oracle) => {
      if (oracle.rung < SHADOWING || oracle.isQuarantined) return false
      return settle(oracle, { isRequested: true })
    },
  ),
  ...['ada', 'bob'].map(
    (actor) =>
      new Command(
        `${actor} approves`,
        (state) => approveOf(state, actor),
        (oracle) => {
          if (!oracle.isRequested) return false
          oracle.approvers.add(actor)
          return true
        },
      ),
  ),
  new Command(
    'advance',
    (state) => advanceOf(state),
    (oracle) => {
      if (oracle.isFrozen || oracle.isQuarantined || (oracle.rung >= SHADOWING && !oracle.isRequested)) return false
      return settle(oracle, { rung: oracle.rung + 1 })
    },
  ),
  new Command(
    'advance by a decision of another epoch',
    (state) => advanceOf(state, { epoch: state.epoch - 1 }),
    () => false,
  ),
  new Command(
    'advance by a decision about another request',
    (state) => advanceOf(state, { requestId: 0 }),
    () => false,
  ),
  new Command(
    'roll back',
    () => rollbackOf('operator'),
    (oracle) => {
      if (oracle.rung < SHADOWING) return false
      return settle(oracle, { rung: oracle.rung === SHADOWING ? SHADOWING - 1 : SHADOWING })
    },
  ),
  new Command(
    'roll back for a mismatch',
    () => rollbackOf('mismatch'),
    (oracle) => {
      if (oracle.rung <= SHADOWING) return false
      return settle(oracle, { rung: SHADOWING, isQuarantined: true })
    },
  ),
  new Command(
    'freeze',
    () => eventOf('freeze', {}),
    (oracle) => {
      const isNew = !oracle.isFrozen
      oracle.isFrozen = true
      return isNew
    },
  ),
  new Command(
    'thaw',
    () => eventOf('thaw', {}),
    (oracle) => {
      const wasFrozen = oracle.isFrozen
      oracle.isFrozen = false
      return wasFrozen
    },
  ),
  new Command(
    'lift the quarantine',
    () => eventOf('quarantine-lifted', {}, { reason: 'understood' }),
    (oracle) => oracle.isQuarantined && settle(oracle, { isQuarantined: false }),
  ),
  new Command(
    'begin an epoch',
    () => eventOf('epoch', RULES),
    (oracle) => settle(oracle, {}),
  ),
  new Command(
    'drill',
    () => eventOf('drill', { seconds: 1 }),
    ({ rung }) => rung >= SHADOWING,
  ),
]

it('the reducer does what one would tell a colleague', () => {
  const furthest = new Set<number>()
  // The way up is long: without a push it would seldom be walked to its end.
  const upwards = fc.constantFrom(...commands.filter((one) => /^(request|advance)$/.test(String(one))))
  const any = fc.commands(
    [fc.constantFrom(...commands), upwards, upwards].map((one) => one),
    {
      size: 'max',
      maxCommands: 60,
    },
  )
  fc.assert(
    fc.property(any, (sequence) => {
      const registered = apply(initial('w'), eventOf('register', RULES))
      if (registered.kind === 'refused') throw new Error(registered.reason)
      const real: Real = { state: registered.state, seq: 1 }
      const oracle: Oracle = {
        rung: 0,
        isFrozen: false,
        isQuarantined: false,
        isRequested: false,
        approvers: new Set(),
      }
      fc.modelRun(() => ({ model: oracle, real }), sequence)
      furthest.add(oracle.rung)
    }),
    { numRuns: 1_000 },
  )
  expect(furthest).toContain(RETIRED)
})
