import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ticks, ticksFromMs, type Ticks } from '../../src/domain/ticks.ts'
import { HistorianClock, LEAP_MS, STEADY_MS, type ClockEvent } from '../../src/replay/historian-clock.ts'

const SETTLE_MS = 30_000
const START_MS = Date.parse('2024-01-10T00:00:00Z')
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** A historian and a bridge whose clocks can be set. */
class Scene {
  readonly clock = new HistorianClock(SETTLE_MS)
  readonly events: ClockEvent[] = []
  serverMs = START_MS
  wallMs = START_MS
  monotonicMs = 0

  /** Lets time pass and asks for it. */
  pass(ms: number): this {
    this.serverMs += ms
    this.wallMs += ms
    this.monotonicMs += ms
    return this.ask()
  }

  ask(): this {
    const { wallMs, monotonicMs } = this
    this.events.push(...this.clock.observe({ serverTime: ticksFromMs(this.serverMs), wallMs, monotonicMs }))
    return this
  }

  get settledMs(): number {
    return Number((this.clock.settled ?? ticks(0n)) / 10_000n)
  }

  get truth(): Ticks {
    return ticksFromMs(this.serverMs - SETTLE_MS)
  }
}

describe('HistorianClock', () => {
  it('stays settle behind the historian, whatever our own clock says', () => {
    const scene = new Scene()
    scene.wallMs += 40 * HOUR_MS
    expect(scene.clock.settled).toBeUndefined()
    for (let i = 0; i < 5; i++) expect(scene.pass(10_000).clock.settled).toBe(scene.truth)
    expect(scene.events).toEqual([])
  })

  it('takes an outage, and a machine that slept, for time that has passed', () => {
    const scene = new Scene().pass(10_000).pass(30 * HOUR_MS)
    expect(scene.clock.settled).toBe(scene.truth)
    // Asleep, only the wall clock counts.
    scene.serverMs += HOUR_MS
    scene.wallMs += HOUR_MS
    expect(scene.ask().clock.settled).toBe(scene.truth)
    expect(scene.events).toEqual([])
  })

  it('holds a leap ahead until it has stayed, advancing with time only', () => {
    const scene = new Scene().pass(10_000)
    const before = scene.settledMs
    scene.serverMs += HOUR_MS
    scene.pass(10_000)
    expect(scene.clock.isHeld).toBe(true)
    expect(scene.settledMs).toBe(before + 10_000)
    scene.pass(STEADY_MS - 10_000)
    expect(scene.settledMs).toBe(before + STEADY_MS)
    scene.pass(10_000)
    expect(scene.clock.settled).toBe(scene.truth)
    expect(scene.clock.isHeld).toBe(false)
    expect(scene.events).toEqual([
      { kind: 'stepped-forward', held: true },
      { kind: 'stepped-forward', held: false },
    ])
  })

  it('forgets a leap that was put right before it was believed', () => {
    const scene = new Scene().pass(10_000)
    scene.serverMs += 24 * HOUR_MS
    scene.pass(10_000).pass(10_000)
    scene.serverMs -= 24 * HOUR_MS
    scene.pass(10_000)
    expect(scene.clock.settled).toBe(scene.truth)
    expect(scene.clock.isHeld).toBe(false)
    expect(scene.events).toEqual([{ kind: 'stepped-forward', held: true }])
  })

  it('begins to wait anew when it comes back half of the way', () => {
    const scene = new Scene().pass(10_000)
    scene.serverMs += 24 * HOUR_MS
    scene.pass(10_000).pass(40_000)
    scene.serverMs -= 12 * HOUR_MS
    scene.pass(10_000).pass(40_000)
    expect(scene.clock.isHeld).toBe(true)
    expect(scene.pass(30_000).clock.settled).toBe(scene.truth)
  })

  it('does not believe a first answer ahead of our own clock before it has stayed', () => {
    const scene = new Scene()
    scene.serverMs += HOUR_MS
    scene.pass(10_000)
    expect(scene.clock.settled).toBeUndefined()
    expect(scene.clock.isHeld).toBe(true)
    scene.pass(STEADY_MS)
    expect(scene.clock.settled).toBe(scene.truth)
  })

  it('goes back with the clock, and names the window that is written again, then and when it was passed', () => {
    const scene = new Scene().pass(10_000)
    const until = scene.truth
    scene.serverMs -= HOUR_MS
    scene.pass(10_000)
    const window = { from: scene.truth, until }
    expect(scene.clock.settled).toBe(scene.truth)
    expect(scene.events).toEqual([{ kind: 'stepped-back', window }])
    scene.pass(HOUR_MS / 2)
    expect(scene.clock.settled).toBe(scene.truth)
    expect(scene.events).toHaveLength(1)
    scene.pass(HOUR_MS / 2)
    expect(scene.clock.settled).toBe(scene.truth)
    expect(scene.events.slice(1)).toEqual([{ kind: 'passed-again', window }])
    // A later step goes back from there, not from where the first one did.
    const passed = scene.truth
    scene.serverMs -= HOUR_MS
    scene.pass(10_000)
    expect(scene.events.slice(2)).toEqual([{ kind: 'stepped-back', window: { from: scene.truth, until: passed } }])
  })

  it('sees a clock that was set back while nobody looked', () => {
    const scene = new Scene()
    const before = ticksFromMs(START_MS + HOUR_MS)
    scene.clock.resume(before)
    scene.pass(10_000)
    expect(scene.events).toEqual([{ kind: 'stepped-back', window: { from: scene.truth, until: before } }])
    expect(scene.clock.settled).toBe(scene.truth)
  })

  it('does not take the difference between two servers for a step', () => {
    const scene = new Scene().pass(10_000)
    for (let i = 0; i < 10; i++) {
      scene.serverMs += i % 2 === 0 ? -1_500 : 1_500
      scene.pass(100)
    }
    expect(scene.events).toEqual([])
  })

  it('keeps up with a plant whose time runs faster than ours', () => {
    const scene = new Scene()
    for (let i = 0; i < 10; i++) {
      scene.serverMs += 599_000
      scene.pass(1_000)
    }
    // An outage of ten seconds of ours.
    scene.serverMs += 599 * 10_000
    scene.pass(10_000)
    expect(scene.clock.settled).toBe(scene.truth)
    expect(scene.events).toEqual([])
  })

  it('takes no step for pace: after one that was believed, an outage explains no leap', () => {
    const scene = new Scene()
    for (let i = 0; i < 10; i++) scene.pass(10_000)
    scene.serverMs += LEAP_MS - MINUTE_MS
    scene.pass(10_000)
    expect(scene.clock.settled).toBe(scene.truth)
    scene.serverMs += 20 * HOUR_MS
    scene.pass(HOUR_MS)
    expect(scene.clock.isHeld).toBe(true)
  })

  it('takes the difference between two servers, asked again and again, for no pace', () => {
    const scene = new Scene()
    for (let i = 0; i < 11; i++) {
      scene.serverMs += i % 2 === 0 ? 2_000 : -2_000
      scene.pass(1_000)
    }
    scene.serverMs += HOUR_MS
    scene.pass(HOUR_MS)
    expect(scene.clock.isHeld).toBe(true)
  })

  it('property: never runs ahead of the clock, gets back to it, and tells of every settled stretch written again', () => {
    const move = fc.record({
      passMs: fc.integer({ min: 0, max: 2 * LEAP_MS }),
      stepMs: fc.oneof(
        { weight: 3, arbitrary: fc.constant(0) },
        fc.integer({ min: -2 * HOUR_MS, max: 2 * HOUR_MS }),
        fc.integer({ min: -5_000, max: 5_000 }),
      ),
    })
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
        const scene = new Scene().ask()
        let highest = scene.clock.settled ?? ticks(0n)
        for (const { passMs, stepMs } of moves) {
          scene.serverMs += stepMs
          scene.pass(passMs)
          const { settled = ticks(0n) } = scene.clock
          if (settled > highest) highest = settled
          // Held, it is behind the clock; else it is the clock.
          if (scene.clock.isHeld) expect(settled).toBeLessThan(scene.truth)
          else expect(settled).toBe(scene.truth)
          // Up to the jitter, whatever lies between what is settled now and what was before has been told.
          const told = scene.events.flatMap((event) => (event.kind === 'stepped-back' ? [event.window] : []))
          if (settled < highest - 20_000_000n) {
            expect(told.some(({ from, until }) => from <= settled + 20_000_000n && until === highest)).toBe(true)
          }
        }
        // Left alone it gets back to the truth.
        for (let i = 0; i < 300; i++) scene.pass(STEADY_MS)
        expect(scene.clock.isHeld).toBe(false)
        expect(scene.clock.settled).toBe(scene.truth)
      }),
    )
  })
})
