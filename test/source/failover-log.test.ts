/**
 * What reaches the log when PI is taken away and given back between any two calls: the truth, every sample once, also at
 * the seams; nothing covered that was not read; everything the fallback served written down as a seam.
 */
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { addWindow, covers, type Coverage } from '../../src/domain/coverage.ts'
import { type ErrorCode, isBanyanError } from '../../src/domain/errors.ts'
import type { TagId } from '../../src/domain/tag-id.ts'
import type { Tag } from '../../src/domain/tag.ts'
import { ticks, ticksFromMs } from '../../src/domain/ticks.ts'
import { window, type Window } from '../../src/domain/window.ts'
import { Appender } from '../../src/replay/appender.ts'
import { OutageWatch } from '../../src/replay/outage.ts'
import { replay, type TagFailure } from '../../src/replay/replay.ts'
import { CarriedClock } from '../../src/source/carried-clock.ts'
import { FailoverSource } from '../../src/source/failover.ts'
import { Pulse } from '../../src/source/pulse.ts'
import { SeamMarks } from '../../src/source/seam-marks.ts'
import { Serving, type ServingLimits } from '../../src/source/serving.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'
import { MemoryLog } from '../harness/memory-log.ts'
import { MemorySource, samplesAt } from '../harness/memory-source.ts'
import { SETTLE_MS, TailStage } from '../replay/tail-stage.ts'
import { tagWithNode } from './failover-stage.ts'

const TAGS = [tagWithNode(1), tagWithNode(2), tagWithNode(3)]
/** A few rounds each, so that a day of minutes has many changes. */
const TAIL_LIMITS = { afterMs: 15_000, backMs: 25_000 }
/** A few looks at a historian that is away; a backfill makes no rounds. */
const BACKFILL_LIMITS = { afterMs: 3_000, backMs: 3_000 }
const OVERLAP_MS = 1_000
/** Longer than any bad weather below. */
const OUTAGE_MS = 24 * 3_600_000
const { signal } = new AbortController()

/** So many calls well, so many with a failure, by turns; then the weather is fine. */
interface Weather {
  readonly calls: readonly number[]
  readonly codes: readonly ErrorCode[]
}

const UNANSWERED: readonly ErrorCode[] = ['BANYAN_SOURCE_UNAVAILABLE', 'BANYAN_SOURCE_THROTTLED']

/** Of spells of so many calls at most. */
const weather = (longest: number) =>
  fc.record<Weather>({
    calls: fc.array(fc.integer({ min: 1, max: longest }), { minLength: 4, maxLength: 30 }),
    codes: fc.array(fc.constantFrom<ErrorCode>(...UNANSWERED, 'BANYAN_SOURCE_FORBIDDEN', 'BANYAN_SOURCE_PROTOCOL'), {
      minLength: 1,
      maxLength: 5,
    }),
  })

/** What the next call meets. */
function living({ calls, codes }: Weather): () => ErrorCode | undefined {
  let [turn, left] = [0, calls[0] ?? 0]
  return () => {
    while (left === 0 && turn < calls.length) left = calls[++turn] ?? 0
    if (turn >= calls.length) return undefined
    left -= 1
    return turn % 2 === 0 ? undefined : codes[(turn >> 1) % codes.length]
  }
}

/** Two sources of one truth, what each was read for, and the seams, which outlive the process. */
class TwoSources {
  readonly archive: MemorySource['archive']
  readonly seams = new Map<TagId, Coverage>()
  readonly #readBy = new Map<TagId, Coverage>()
  readonly #primary = new MemorySource()
  readonly #fallback = new MemorySource()
  #servedByFallback = 0

  constructor(archive: MemorySource['archive'], primary: Weather, fallback: Weather) {
    this.archive = archive
    this.#fallback.kind = 'opcua'
    for (const [source, meets] of [
      [this.#primary, living(primary)],
      [this.#fallback, living(fallback)],
    ] as const) {
      Object.defineProperty(source, 'archive', { value: archive })
      source.nextFault = meets
      // A probe that is refused for good would end a job, whoever else is there.
      source.probeFault = () => (meets() === undefined ? undefined : 'BANYAN_SOURCE_UNAVAILABLE')
      this.#note(source)
    }
  }

  get servedByFallback(): number {
    return this.#servedByFallback
  }

  /** Fine weather from now on. */
  clearUp(): void {
    for (const source of [this.#primary, this.#fallback]) source.nextFault = source.probeFault = () => undefined
  }

  set serverTimes({ primary, fallback }: Record<'primary' | 'fallback', MemorySource['serverTime']>) {
    this.#primary.serverTime = primary
    this.#fallback.serverTime = fallback
  }

  /** As a process that has just begun: nothing is remembered but the seams. A job has one lane. */
  open(limits: ServingLimits, lanes: number): FailoverSource[] {
    const failover = {
      serving: new Serving(limits),
      pulse: new Pulse(() => Date.now()),
      clock: new CarriedClock(),
      seams: new SeamMarks(async (tag, seam) => {
        this.seams.set(tag, addWindow(this.seams.get(tag) ?? [], seam))
      }, OVERLAP_MS),
    }
    const parts = { primary: this.#primary, fallback: this.#fallback, fallbackPageSize: 3, logger: silentLogger }
    const now = () => ({ monotonicMs: Date.now(), wallMs: Date.now() })
    return Array.from(
      { length: lanes },
      () => new FailoverSource({ ...failover, ...parts, isPatient: lanes === 1, now }),
    )
  }

  expectHonest(log: MemoryLog): void {
    for (const { id } of TAGS) {
      for (const covered of log.coverageOf(id)?.covered ?? []) {
        expect(covers(this.#readBy.get(id) ?? [], covered)).toBe(true)
      }
    }
    for (const { record } of log.allRecords()) {
      if (record.source === 'pi-web-api') continue
      const at = record.sample.ticks
      expect(covers(this.seams.get(record.tag) ?? [], { from: at, until: ticks(at + 1n) })).toBe(true)
    }
  }

  #note(source: MemorySource): void {
    const read = source.read.bind(source)
    const noteRead = (id: TagId, pageCovers: Window): void => {
      this.#readBy.set(id, addWindow(this.#readBy.get(id) ?? [], pageCovers))
      if (source === this.#fallback) this.#servedByFallback += 1
    }
    source.read = async function* (tag: Tag, asked, options, ending) {
      for await (const page of read(tag, asked, options, ending)) {
        noteRead(tag.id, page.covers)
        yield page
      }
    }
  }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** The source of a stage is another from now on. */
function readThrough(source: MemorySource, failover: FailoverSource): void {
  source.probe = (probing = signal) => failover.probe(probing)
  source.read = (tag, asked, options, ending = signal) => failover.read(tag, asked, options, ending)
}

it('a live tail follows the truth, whoever serves it, and across crashes', async () => {
  const beat = fc.record({
    writes: fc.array(fc.tuple(fc.nat({ max: TAGS.length - 1 }), fc.integer({ min: 0, max: SETTLE_MS })), {
      maxLength: 12,
    }),
    passMs: fc.integer({ min: 1_000, max: 12_000 }),
    crashes: fc.integer({ min: 0, max: 19 }).map((dice) => dice === 0),
  })
  let served = 0
  await fc.assert(
    fc.asyncProperty(
      weather(40),
      weather(40),
      fc.array(beat, { minLength: 10, maxLength: 40 }),
      fc.integer({ min: -8_000, max: 8_000 }),
      fc.integer({ min: 1, max: 12 }),
      async (primary, fallback, beats, fallbackAheadMs, pageSize) => {
        const stage = new TailStage({ pageSize })
        const both = new TwoSources(stage.source.archive, primary, fallback)
        both.serverTimes = {
          primary: () => ticksFromMs(Date.now()),
          fallback: () => ticksFromMs(Date.now() + fallbackAheadMs),
        }
        const reopen = (): void => {
          const [tail, catchUp] = both.open(TAIL_LIMITS, 2)
          readThrough(stage.source, tail!)
          readThrough(stage.catchUpSource, catchUp!)
        }
        const live = async (work: () => Promise<unknown>): Promise<void> => {
          try {
            await work()
          } catch (error) {
            if (!isBanyanError(error) || !error.code.startsWith('BANYAN_SOURCE_')) throw error
          }
          both.expectHonest(stage.log)
        }
        reopen()
        await stage.start(TAGS)
        for (const { writes, passMs, crashes } of beats) {
          for (const [tag, agoMs] of writes) stage.write(TAGS[tag]!, ticksFromMs(Date.now() - agoMs))
          if (crashes) {
            reopen()
            await stage.crash()
          }
          await stage.pass(passMs)
          await live(() => stage.round())
          await live(() => stage.catchUp())
        }
        both.clearUp()
        for (let round = 0; round < 4; round++) {
          await stage.pass(16 * 60_000)
          await live(() => stage.round())
          await live(() => stage.catchUp())
        }
        expect(stage.tail.state()).toMatchObject({ failingCount: 0, catchingUp: 0 })
        for (const tag of TAGS) expect(stage.samplesInLog(tag)).toEqual(stage.samplesOwed(tag))
        served += both.servedByFallback
        await stage.close()
      },
    ),
    { numRuns: 80, endOnFailure: true },
  )
  expect(served).toBeGreaterThan(100)
})

it('a backfill ends with the truth, whoever read it', async () => {
  const whole = window(ticks(0n), ticks(1_000n))
  const at = fc.array(fc.bigInt({ min: 0n, max: 999n }), { maxLength: 120 })
  let served = 0
  await fc.assert(
    fc.asyncProperty(
      weather(8),
      weather(8),
      fc.tuple(at, at, at),
      fc.integer({ min: 1, max: 8 }),
      fc.constantFrom('newest-first' as const, 'oldest-first' as const),
      async (primary, fallback, archives, pageSize, order) => {
        const both = new TwoSources(new Map(TAGS.map(({ id }, i) => [id, samplesAt(archives[i]!)])), primary, fallback)
        const log = new MemoryLog()
        const failures: TagFailure[] = []
        const run = async (): Promise<void> => {
          failures.length = 0
          const [source] = both.open(BACKFILL_LIMITS, 1)
          const opening = { log, logger: silentLogger, assertMayWrite: () => undefined, onAppended: () => undefined }
          const appender = await Appender.open({ ...opening, outageMs: OUTAGE_MS }, signal)
          const outage = new OutageWatch(source!, OUTAGE_MS, silentLogger)
          const onTagFailed = (failure: TagFailure): void => void failures.push(failure)
          const options = { source: source!, appender, outage, order, pageSize, lanes: 2, onTagFailed }
          const tasks = TAGS.map((tag) => ({ tag, range: whole }))
          await replay(tasks, { ...options, onTagDone: () => undefined }, signal)
          await appender.close()
          await source!.close()
        }
        const lived = async (work: Promise<void>): Promise<void> => {
          const state = { isOver: false }
          const ended = work.finally(() => (state.isOver = true))
          ended.catch(() => undefined)
          while (!state.isOver) await vi.advanceTimersByTimeAsync(500)
          await ended
        }
        // What a run could not read, the next does.
        for (let runs = 0; runs === 0 || failures.length > 0; runs++) {
          expect(runs).toBeLessThan(60)
          await lived(run())
          both.expectHonest(log)
        }
        const keyOf = (sample: { ticks: bigint; ord: number }): string => `${sample.ticks}/${sample.ord}`
        for (const { id } of TAGS) {
          expect(log.coverageOf(id)?.covered).toEqual([whole])
          const copied = log.allRecords().flatMap(({ record }) => (record.tag === id ? [keyOf(record.sample)] : []))
          expect(copied.toSorted()).toEqual(both.archive.get(id)!.map(keyOf).toSorted())
        }
        served += both.servedByFallback
      },
    ),
    { numRuns: 300 },
  )
  expect(served).toBeGreaterThan(100)
})
