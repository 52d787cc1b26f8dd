import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { gapsWithin } from '../../src/domain/coverage.ts'
import type { ErrorCode } from '../../src/domain/errors.ts'
import type { Sample } from '../../src/domain/sample.ts'
import type { Tag } from '../../src/domain/tag.ts'
import { END_OF_PI_TIME, ticks, type Ticks } from '../../src/domain/ticks.ts'
import type { Window } from '../../src/domain/window.ts'
import { CATCH_UP_MS, FLUSH_EVERY_MS } from '../../src/replay/tail.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'
import { samplesAt, testTag } from '../harness/memory-source.ts'
import { INTERVAL_MS, SETTLE_MS, TailStage } from './tail-stage.ts'

const HOUR_MS = 3_600_000
const [tagA, tagB, tagC] = [testTag(1), testTag(2), testTag(3)]

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function coverageOf(stage: TailStage, tag: Tag): bigint[][] {
  return (stage.log.coverageOf(tag.id)?.covered ?? []).map(({ from, until }) => [from, until])
}

function expectCopied(stage: TailStage, ...tags: Tag[]): void {
  for (const tag of tags) expect(stage.samplesInLog(tag)).toEqual(stage.samplesOwed(tag))
}

/** Rounds and catching up until nothing is left to do; the historian and the log must be well. */
async function settleEverything(stage: TailStage): Promise<void> {
  for (let i = 0; i < 4; i++) {
    await stage.pass(16 * 60_000)
    await stage.round()
    await stage.catchUp()
  }
  expect(stage.tail.state()).toMatchObject({ failingCount: 0, catchingUp: 0 })
}

describe('Tail', () => {
  it('copies what is settled, once, and nothing that is not', async () => {
    const stage = await new TailStage().start([tagA])
    await stage.round()
    await stage.pass(INTERVAL_MS)
    const { ticks: settling } = stage.writeLive(tagA)
    stage.writeLive(tagA, SETTLE_MS - 1_000)
    await stage.round()
    expect(stage.samplesInLog(tagA).map((sample) => sample.ticks)).not.toContain(settling)
    await stage.pass(INTERVAL_MS)
    expect(await stage.round()).toBeGreaterThan(0)
    expect(stage.samplesInLog(tagA)).toHaveLength(2)
    expectCopied(stage, tagA)
  })

  it('takes a tick group that grows until it is settled whole, at the very edge of a window', async () => {
    const stage = await new TailStage().start([tagA])
    await stage.round()
    for (let i = 0; i < 12; i++) {
      // Some of them at what is settled by now, exactly: not covered yet.
      stage.writeLive(tagA, SETTLE_MS)
      stage.writeLive(tagA, SETTLE_MS)
      await stage.round()
      await stage.pass(1_000)
    }
    await stage.pass(SETTLE_MS)
    await stage.round()
    expectCopied(stage, tagA)
    expect(stage.samplesInLog(tagA).length).toBeGreaterThan(12)
  })

  it('begins a tag the log has never seen at once, so that a crash cannot move where it begins', async () => {
    const stage = await new TailStage().start([tagA])
    await stage.round()
    const begun = stage.log.coverageOf(tagA.id)?.liveFrom
    expect(begun).toBeDefined()
    await stage.pass(INTERVAL_MS)
    stage.writeLive(tagA, SETTLE_MS - 1_000)
    await stage.crash()
    await stage.pass(HOUR_MS)
    await stage.round()
    await stage.catchUp()
    expect(stage.log.coverageOf(tagA.id)?.liveFrom).toBe(begun)
    expect(stage.tail.liveFrom(tagA.id)).toBe(begun)
    expectCopied(stage, tagA)
  })

  it('begins a tag that was backfilled where its coverage ends', async () => {
    const stage = await new TailStage().start([tagA])
    const until = ticks(stage.serverTime - BigInt(HOUR_MS) * 10_000n)
    const covers = { from: ticks(until - 5n), until }
    const put = { tag: tagA.id, source: 'pi-web-api', covers, samples: [] } as const
    await stage.eventually((await stage.appender.put(put, new AbortController().signal)).durable)
    stage.write(tagA, until)
    expect(stage.tail.liveFrom(tagA.id)).toBeUndefined()
    await stage.round()
    expect(stage.tail.liveFrom(tagA.id)).toBe(until)
    await stage.catchUp()
    expect(stage.log.coverageOf(tagA.id)?.liveFrom).toBe(until)
    expectCopied(stage, tagA)
    expect(stage.samplesInLog(tagA)).toHaveLength(1)
  })

  it('keeps where a tag begins while it cannot be read, also when it is left and the bridge dies', async () => {
    const stage = await new TailStage().start([tagA, tagB])
    stage.source.nextFault = ({ id }) => (id === tagA.id ? 'BANYAN_SOURCE_FORBIDDEN' : undefined)
    await stage.round()
    const begun = stage.tail.liveFrom(tagA.id)
    expect(begun).toBeDefined()
    stage.writeLive(tagA)
    await stage.pass(HOUR_MS)
    stage.setTags([tagB])
    await stage.round()
    stage.setTags([tagA, tagB])
    await stage.round()
    await stage.pass(HOUR_MS)
    await stage.crash()
    await stage.round()
    await stage.pass(5 * HOUR_MS)
    stage.source.nextFault = () => undefined
    await stage.round()
    await stage.catchUp()
    expect(stage.log.coverageOf(tagA.id)?.liveFrom).toBe(begun)
    expectCopied(stage, tagA)
    expect(stage.samplesInLog(tagA)).toHaveLength(1)
  })

  it('writes nothing in an idle round, does not read twice what was empty, and makes it durable now and then', async () => {
    const stage = await new TailStage().start([tagA, tagB])
    await stage.round()
    const { appends } = stage.log
    for (let i = 0; i < 5; i++) {
      await stage.pass(INTERVAL_MS)
      stage.source.reads = []
      await stage.round()
      const [a, b] = stage.source.reads
      expect(a?.window).toEqual(b?.window)
      expect(a?.window.until).toBe(stage.tail.settled)
      expect((a?.window.until ?? 0n) - (a?.window.from ?? 0n)).toBeLessThan(20_000_000n * 10n)
    }
    expect(stage.log.appends).toBe(appends)
    for (let ms = 0; ms < FLUSH_EVERY_MS; ms += 60_000) {
      await stage.pass(60_000)
      await stage.round()
    }
    expect(stage.log.appends).toBeGreaterThan(appends)
    await stage.pass(INTERVAL_MS)
    await stage.round()
    await stage.flush()
    expect(stage.log.coverageOf(tagA.id)?.covered.at(-1)?.until).toBe(stage.tail.settled)
    const flushed = stage.log.appends
    await stage.flush()
    expect(stage.log.appends).toBe(flushed)
    expect(stage.log.allRecords()).toHaveLength(0)
  })

  it('appends idle stretches together with the sample that ends them', async () => {
    const stage = await new TailStage().start([tagA])
    await stage.round()
    for (let i = 0; i < 3; i++) {
      await stage.pass(INTERVAL_MS)
      await stage.round()
    }
    stage.writeLive(tagA)
    await stage.pass(INTERVAL_MS)
    await stage.round()
    expect(coverageOf(stage, tagA)).toEqual([[stage.log.coverageOf(tagA.id)?.liveFrom, stage.tail.settled]])
    expectCopied(stage, tagA)
  })

  it('reads a burst page by page, from small pages to full ones', async () => {
    const stage = await new TailStage({ pageSize: 2_000 }).start([tagA, tagB])
    await stage.round()
    const from = stage.serverTime
    await stage.pass(INTERVAL_MS)
    stage.source.archive.set(tagA.id, samplesAt(Array.from({ length: 6_000 }, (_, i) => from + BigInt(i >> 1))))
    stage.source.archive.set(tagB.id, samplesAt(Array.from({ length: 150 }, () => from)))
    stage.source.reads = []
    await stage.pass(SETTLE_MS)
    await stage.round()
    expect(stage.source.reads.filter(({ tag }) => tag === tagA).map(({ pageSize }) => pageSize)).toEqual([
      100, 1_000, 2_000,
    ])
    expectCopied(stage, tagA, tagB)
    // The next time it is known to be dense.
    await stage.pass(INTERVAL_MS)
    stage.source.reads = []
    await stage.round()
    expect(stage.source.reads.map(({ tag, pageSize }) => [tag, pageSize])).toEqual([
      [tagA, 2_000],
      [tagB, 1_000],
    ])
  })

  it('after a long outage reads the newest first, then what lies below, while rounds go on', async () => {
    const stage = await new TailStage().start([tagA])
    await stage.round()
    for (let ms = 0; ms < CATCH_UP_MS + HOUR_MS; ms += 60_000) {
      stage.writeLive(tagA)
      await stage.pass(60_000)
    }
    await stage.round()
    const newest = stage.samplesInLog(tagA).at(-1)?.ticks ?? 0n
    expect(Number(stage.serverTime - newest) / 10_000).toBeLessThanOrEqual(60_000 + SETTLE_MS + INTERVAL_MS)
    expect(coverageOf(stage, tagA)).toHaveLength(2)
    expect(stage.tail.state()).toMatchObject({ catchingUp: 1 })
    expect(stage.tail.state().lag?.maxMs).toBeGreaterThan(HOUR_MS)
    // A crash amid of it changes nothing.
    await stage.crash()
    const both = Promise.all([stage.tail.catchUp(new AbortController().signal), stage.round()])
    await stage.eventually(both)
    expect(coverageOf(stage, tagA)).toHaveLength(1)
    expect(stage.tail.state()).toMatchObject({ catchingUp: 0 })
    expectCopied(stage, tagA)
    expect(await stage.catchUp()).toBe(0)
  })

  it('leaves a bad tag alone for longer and longer, says so, and goes on with the others', async () => {
    const warnings: unknown[] = []
    const logger = { ...silentLogger, warn: (fields: unknown) => warnings.push(fields), child: () => logger }
    const stage = await new TailStage({ logger }).start([tagA, tagB])
    await stage.round()
    stage.source.nextFault = (tag) => (tag.id === tagB.id ? 'BANYAN_SOURCE_NOT_FOUND' : undefined)
    stage.writeLive(tagA)
    stage.writeLive(tagB)
    stage.source.reads = []
    for (let i = 0; i < 60; i++) {
      await stage.pass(INTERVAL_MS)
      await stage.round()
    }
    expectCopied(stage, tagA)
    expect(stage.source.reads.filter(({ tag }) => tag === tagB).length).toBeLessThan(10)
    const { failing, failingCount } = stage.tail.state()
    expect(failingCount).toBe(1)
    expect(failing[0]).toMatchObject({ tag: tagB.id, name: tagB.name, code: 'BANYAN_SOURCE_NOT_FOUND' })
    expect(failing[0]?.retryAtMs).toBeGreaterThan(Date.now())
    expect(warnings).toHaveLength(1)
    stage.source.nextFault = () => undefined
    await settleEverything(stage)
    expectCopied(stage, tagA, tagB)
  })

  it.each<ErrorCode>(['BANYAN_SOURCE_UNAVAILABLE', 'BANYAN_SOURCE_THROTTLED'])(
    '%s of one tag is its own; of the historian it ends the round, and the next goes on',
    async (code) => {
      const stage = await new TailStage().start([tagA, tagB, tagC])
      await stage.round()
      for (const tag of [tagA, tagB, tagC]) stage.writeLive(tag)
      await stage.pass(INTERVAL_MS)
      stage.source.nextFault = (tag) => (tag.id === tagB.id ? code : undefined)
      await stage.round()
      expectCopied(stage, tagA, tagC)
      let probes = 0
      stage.source.nextFault = () => code
      stage.source.probeFault = () => (probes++ === 0 ? undefined : 'BANYAN_SOURCE_UNAVAILABLE')
      await stage.pass(HOUR_MS)
      await expect(stage.round()).rejects.toMatchObject({ code: 'BANYAN_SOURCE_DOWN' })
      stage.source.probeFault = stage.source.nextFault = () => undefined
      await settleEverything(stage)
      expectCopied(stage, tagA, tagB, tagC)
    },
  )

  it.each<ErrorCode>(['BANYAN_SOURCE_UNAUTHORIZED', 'BANYAN_INTERNAL'])('%s ends the round', async (code) => {
    const stage = await new TailStage().start([tagA])
    stage.source.nextFault = () => code
    await expect(stage.round()).rejects.toMatchObject({ code })
    stage.source.nextFault = () => undefined
    stage.source.probeFault = () => code
    await expect(stage.round()).rejects.toMatchObject({ code })
  })

  it('refuses pages that leave something out', async () => {
    const stage = await new TailStage().start([tagA])
    await stage.round()
    await stage.pass(INTERVAL_MS)
    const before = coverageOf(stage, tagA)
    stage.source.read = async function* (_tag, window) {
      await Promise.resolve()
      yield { covers: { from: ticks(window.from + 1n), until: window.until }, source: 'pi-web-api', samples: [] }
    }
    await expect(stage.round()).rejects.toMatchObject({ code: 'BANYAN_INTERNAL' })
    expect(coverageOf(stage, tagA)).toEqual(before)
  })

  it('an outage amid catching up ends it, and is no failure of the tags that waited', async () => {
    const stage = await new TailStage().start([tagA, tagB])
    await stage.round()
    for (let i = 0; i < 40; i++) {
      for (const tag of [tagA, tagB]) stage.writeLive(tag)
      await stage.pass(2 * 60_000)
    }
    await stage.round()
    stage.catchUpSource.nextFault = stage.catchUpSource.probeFault = () => 'BANYAN_SOURCE_UNAVAILABLE'
    await expect(stage.catchUp()).rejects.toMatchObject({ code: 'BANYAN_SOURCE_DOWN' })
    expect(stage.tail.state()).toMatchObject({ failingCount: 0, catchingUp: 2 })
    stage.catchUpSource.nextFault = stage.catchUpSource.probeFault = () => undefined
    expect(await stage.catchUp()).toBe(2)
    expect(stage.tail.state()).toMatchObject({ catchingUp: 0 })
    expectCopied(stage, tagA, tagB)
  })

  it('a place the log refuses is that tag’s failure, and the others begin', async () => {
    const stage = await new TailStage().start([tagA, tagB])
    stage.log.refuses = (entry) => entry.tag === tagA.id
    await stage.round()
    expect(stage.tail.state().failing).toMatchObject([{ tag: tagA.id, code: 'BANYAN_LOG_REJECTED' }])
    expect(stage.tail.liveFrom(tagA.id)).toBeUndefined()
    expect(stage.tail.liveFrom(tagB.id)).toBeDefined()
    stage.log.refuses = () => false
    await settleEverything(stage)
    expectCopied(stage, tagA, tagB)
  })

  it('a page the log refuses is not passed over: it stays a gap, is told, and is read again', async () => {
    const stage = await new TailStage().start([tagA, tagB])
    await stage.round()
    const { ticks: poison } = stage.writeLive(tagA)
    stage.log.refuses = (entry) => 'samples' in entry && entry.samples.some((sample) => sample.ticks === poison)
    await stage.pass(INTERVAL_MS)
    await stage.round()
    for (let i = 0; i < 3; i++) {
      stage.writeLive(tagB)
      await stage.pass(INTERVAL_MS)
      await stage.round()
      await stage.flush()
    }
    expectCopied(stage, tagB)
    expect(stage.tail.state().failing).toMatchObject([{ tag: tagA.id, code: 'BANYAN_LOG_REJECTED' }])
    const open = { from: poison, until: ticks(poison + 1n) }
    expect(gapsWithin(stage.log.coverageOf(tagA.id)?.covered ?? [], open)).toEqual([open])
    stage.log.refuses = () => false
    await settleEverything(stage)
    expectCopied(stage, tagA, tagB)
    expect(stage.samplesInLog(tagA)).toHaveLength(1)
  })

  it('waits for a log that is away, and appends nothing twice after rounds that were broken off meanwhile', async () => {
    const stage = await new TailStage().start([tagA])
    await stage.round()
    stage.writeLive(tagA)
    await stage.pass(INTERVAL_MS)
    stage.log.down = true
    for (let i = 0; i < 3; i++) {
      const abort = new AbortController()
      const broken = stage.tail.round(abort.signal)
      broken.catch(() => undefined)
      await stage.pass(INTERVAL_MS)
      abort.abort(new Error('stop'))
      await expect(broken).rejects.toThrow('stop')
    }
    stage.log.down = false
    await settleEverything(stage)
    expectCopied(stage, tagA)
    expect(stage.samplesInLog(tagA)).toHaveLength(1)
  })

  it('follows the catalogue: new tags begin, removed ones rest, those that stay keep their place', async () => {
    const stage = await new TailStage().start([tagA, tagB])
    await stage.round()
    stage.setTags([{ ...tagA, name: 'RENAMED' }, tagC])
    await stage.pass(INTERVAL_MS)
    stage.source.reads = []
    await stage.round()
    expect(stage.source.reads.map(({ tag }) => tag.name)).toEqual(['RENAMED', 'TAG3'])
    for (const tag of [tagA, tagB, tagC]) stage.writeLive(tag)
    await stage.pass(INTERVAL_MS)
    await stage.round()
    expectCopied(stage, tagA, tagC)
    expect(stage.samplesInLog(tagB)).toEqual([])
    stage.setTags([tagA, tagB, tagC])
    await stage.pass(INTERVAL_MS)
    await stage.round()
    expectCopied(stage, tagA, tagB, tagC)
    expect(stage.tail.state().tags).toBe(3)
  })

  it('covers forecasts no further than found, and finds those written beyond', async () => {
    const future = { ...tagA, future: true }
    const stage = await new TailStage().start([future])
    const ahead = (hours: number): Ticks => ticks(stage.serverTime + BigInt(hours * HOUR_MS) * 10_000n)
    await stage.round()
    expect(stage.log.coverageOf(tagA.id)?.covered.at(-1)?.until).toBe(stage.tail.settled)
    stage.write(future, ahead(1))
    const { ticks: last } = stage.write(future, ahead(5))
    for (let i = 0; i < 7; i++) {
      await stage.pass(INTERVAL_MS)
      await stage.round()
    }
    expectCopied(stage, future)
    expect(stage.log.coverageOf(tagA.id)?.covered.at(-1)?.until).toBe(last + 1n)
    stage.write(future, ticks(last + 1n))
    stage.write(future, ticks(END_OF_PI_TIME - 1n))
    stage.source.reads = []
    for (let i = 0; i < 12; i++) {
      await stage.pass(INTERVAL_MS)
      await stage.round()
    }
    expectCopied(stage, future)
    expect(stage.source.reads.length).toBeLessThan(5)
    expect(stage.tail.state().lag).toEqual({ medianMs: 0, p99Ms: 0, maxMs: 0 })
  })

  it('covers nothing on the word of a clock that leapt, and goes on from where it was', async () => {
    const stage = await new TailStage().start([tagA])
    await stage.round()
    stage.setServerClock(5 * HOUR_MS)
    await stage.pass(INTERVAL_MS)
    await stage.round()
    expect(stage.tail.isClockHeld).toBe(true)
    stage.setServerClock(-5 * HOUR_MS)
    stage.writeLive(tagA)
    await stage.pass(INTERVAL_MS)
    await stage.round()
    expect(stage.tail.isClockHeld).toBe(false)
    expectCopied(stage, tagA)
    expect(stage.samplesInLog(tagA)).toHaveLength(1)
    expect(stage.events).toEqual([{ kind: 'stepped-forward', held: true }])
  })

  it('tells of a clock that was set back, also when that was while it did not run', async () => {
    const stage = await new TailStage().start([tagA])
    await stage.pass(HOUR_MS)
    await stage.round()
    const covered = stage.log.coverageOf(tagA.id)?.covered.at(-1)?.until
    await stage.crash()
    stage.setServerClock(-HOUR_MS / 2)
    await stage.round()
    expect(stage.events).toEqual([{ kind: 'stepped-back', window: { from: stage.tail.settled, until: covered } }])
    await stage.pass(HOUR_MS)
    await stage.round()
    expect(stage.events.at(-1)).toMatchObject({ kind: 'passed-again', window: { until: covered } })
  })

  it('knows how far behind it is, also while the historian is away', async () => {
    const stage = await new TailStage().start([tagA, tagB])
    expect(stage.tail.state()).toMatchObject({ tags: 2, rounds: 0, lag: undefined, worst: [] })
    stage.writeLive(tagA)
    await stage.pass(INTERVAL_MS)
    await stage.round()
    await stage.pass(INTERVAL_MS)
    stage.writeLive(tagA)
    await stage.pass(INTERVAL_MS)
    await stage.round()
    const { lag, worst, rounds, samples } = stage.tail.state()
    expect(lag?.maxMs).toBeLessThanOrEqual(SETTLE_MS + 2_000)
    expect([rounds, samples]).toEqual([2, 1])
    expect(worst.find(({ tag }) => tag === tagA.id)?.freshnessMs).toBeGreaterThan(SETTLE_MS)
    expect(worst.find(({ tag }) => tag === tagB.id)?.freshnessMs).toBeUndefined()
    stage.source.probeFault = () => 'BANYAN_SOURCE_UNAVAILABLE'
    await stage.pass(HOUR_MS)
    await expect(stage.round()).rejects.toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE' })
    expect(stage.tail.state().lag?.medianMs).toBeGreaterThanOrEqual(HOUR_MS)
  })

  it('a flush asked for amid a round waits for it: both would write above what is covered', async () => {
    const stage = await new TailStage().start([tagA])
    await stage.round()
    await stage.pass(INTERVAL_MS)
    await stage.round()
    stage.writeLive(tagA)
    await stage.pass(INTERVAL_MS)
    let flushing: Promise<void> | undefined
    stage.source.nextFault = () => {
      flushing ??= stage.tail.flush(new AbortController().signal)
      return undefined
    }
    await stage.round()
    await flushing
    expectCopied(stage, tagA)
    expect(stage.samplesInLog(tagA)).toHaveLength(1)
  })

  it('rounds, flushes and catching up asked for at once do not get in each other’s way', async () => {
    const stage = await new TailStage().start([tagA])
    await stage.round()
    for (let i = 0; i < 40; i++) {
      stage.writeLive(tagA)
      await stage.pass(2 * 60_000)
    }
    const { signal } = new AbortController()
    const { tail } = stage
    await stage.eventually(
      Promise.all([
        tail.round(signal),
        tail.flush(signal),
        tail.round(signal),
        tail.catchUp(signal),
        tail.flush(signal),
      ]),
    )
    await stage.eventually(Promise.all([tail.catchUp(signal), tail.catchUp(signal), tail.round(signal)]))
    expectCopied(stage, tagA)
  })
})

describe('Tail, over any schedule', () => {
  const tagIndex = fc.nat(3)
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('write' as const), tag: tagIndex, agoMs: fc.nat(SETTLE_MS) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('burst' as const), tag: tagIndex, count: fc.nat(400) }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('round' as const) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('broken round' as const), afterMs: fc.nat(400) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('catch up' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), afterMs: fc.nat(400) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(20_000) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(2 * CATCH_UP_MS) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('tags' as const), count: fc.integer({ min: 1, max: 4 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('clock' as const), stepMs: fc.integer({ min: -20_000, max: 20_000 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('clock' as const), stepMs: fc.integer({ min: -HOUR_MS, max: HOUR_MS }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('fault' as const),
        tag: fc.option(tagIndex, { nil: undefined }),
        code: fc.constantFrom<ErrorCode>(
          'BANYAN_SOURCE_UNAVAILABLE',
          'BANYAN_SOURCE_NOT_FOUND',
          'BANYAN_SOURCE_PROTOCOL',
        ),
        pages: fc.integer({ min: 1, max: 6 }),
        probes: fc.nat(2),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('log' as const),
        fault: fc.constantFrom('refused' as const, 'answer-lost' as const),
      }),
    },
  )
  type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

  const tags = [testTag(1), testTag(2), testTag(3), testTag(4)]

  /** What happens in a run, and what must be true of every moment of it. */
  class Run {
    readonly stage: TailStage
    readonly #begun = new Map<Tag, Ticks>()
    /** Written where the tail had been already: the sweep's, if the tail said so. */
    readonly late = new Set<Sample['value']>()

    constructor(stage: TailStage) {
      this.stage = stage
    }

    async take(step: Step): Promise<void> {
      const { stage } = this
      switch (step.do) {
        case 'write':
          this.#write(tags[step.tag]!, step.agoMs)
          break
        case 'burst':
          for (let i = 0; i < step.count; i++) this.#write(tags[step.tag]!, (i * 37) % SETTLE_MS)
          break
        case 'round':
          await this.#tolerant(stage.round())
          break
        case 'broken round': {
          const abort = new AbortController()
          const round = stage.round(abort.signal)
          round.catch(() => undefined)
          await stage.pass(step.afterMs)
          abort.abort(new Error('stop'))
          await this.#tolerant(round)
          break
        }
        case 'catch up':
          await this.#tolerant(stage.catchUp())
          break
        case 'flush':
          await this.#tolerant(stage.flush())
          break
        case 'crash':
          stage.tail.round(new AbortController().signal).catch(() => undefined)
          await stage.pass(step.afterMs)
          await stage.crash()
          break
        case 'pass':
          await stage.pass(step.ms)
          break
        case 'tags':
          stage.setTags(tags.slice(0, step.count))
          break
        case 'clock':
          stage.setServerClock(step.stepMs)
          // The historian is asked before anything is written by the new time.
          await this.#tolerant(stage.round())
          break
        case 'fault':
          this.#fail(step)
          break
        case 'log': {
          const faults: (typeof step.fault)[] = [step.fault]
          stage.log.nextFault = () => faults.splice(0, 1)[0]
          break
        }
      }
      this.#check()
    }

    #write(tag: Tag, agoMs: number): void {
      const sample = this.stage.writeLive(tag, Math.floor(agoMs / 1_000) * 1_000)
      const covered = this.stage.log.coverageOf(tag.id)?.covered ?? []
      const contains = ({ from, until }: Window): boolean => sample.ticks >= from && sample.ticks < until
      if (!covered.some(contains)) return
      this.late.add(sample.value)
      // A step within the jitter of two servers is not told.
      const jitter = 20_000_000n
      const windows = this.stage.events.flatMap((event) =>
        event.kind === 'stepped-back' ? [{ from: ticks(event.window.from - jitter), until: event.window.until }] : [],
      )
      const end = covered.at(-1)?.until ?? 0n
      expect(windows.some(contains) || sample.ticks >= end - jitter, `${sample.ticks} is late, untold`).toBe(true)
    }

    #fail({ tag, code, pages, probes }: Step & { do: 'fault' }): void {
      for (const source of [this.stage.source, this.stage.catchUpSource]) {
        let [pagesLeft, probesLeft] = [pages, probes]
        source.nextFault = (read) =>
          (tag === undefined || read.id === tags[tag]?.id) && pagesLeft-- > 0 ? code : undefined
        source.probeFault = () => (probesLeft-- > 0 ? 'BANYAN_SOURCE_UNAVAILABLE' : undefined)
      }
    }

    /** Only what was injected may fail. */
    async #tolerant(running: Promise<unknown>): Promise<void> {
      await running.catch((error: unknown) => {
        expect(String(error)).toMatch(/stop|injected/)
      })
    }

    #check(): void {
      for (const tag of tags) {
        const { covered = [], liveFrom } = this.stage.log.coverageOf(tag.id) ?? {}
        if (liveFrom === undefined) {
          expect(covered).toEqual([])
          continue
        }
        expect(liveFrom).toBe(this.#begun.get(tag) ?? liveFrom)
        this.#begun.set(tag, liveFrom)
        expect(covered.every(({ from }) => from >= liveFrom)).toBe(true)
        const seen = this.stage.samplesInLog(tag).map((sample) => sample.value)
        expect(new Set(seen).size).toBe(seen.length)
      }
    }

    async end(): Promise<void> {
      const { stage } = this
      stage.log.nextFault = () => undefined
      for (const source of [stage.source, stage.catchUpSource]) source.nextFault = source.probeFault = () => undefined
      stage.setTags(tags)
      // Longer than any clock was set back.
      await stage.pass(30 * HOUR_MS)
      await settleEverything(stage)
      await stage.flush()
      for (const tag of tags) {
        const owed = stage.samplesOwed(tag).map(({ value }) => value)
        const inLog = stage.samplesInLog(tag).map(({ value }) => value)
        expect(inLog).toEqual(owed.filter((value) => !this.late.has(value)))
        const { covered, liveFrom } = stage.log.coverageOf(tag.id)!
        expect(covered).toEqual([{ from: liveFrom, until: stage.tail.settled }])
      }
    }
  }

  it(
    'property: every sample that comes by normal means is in the log once; what is not was told',
    { timeout: 60_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 50 }),
          fc.integer({ min: 1, max: 3 }),
          fc.constantFrom(7, 120, 5_000),
          async (steps, shards, pageSize) => {
            const run = new Run(await new TailStage({ shards, pageSize }).start(tags.slice(0, 3)))
            for (const step of steps) await run.take(step)
            await run.end()
            await run.stage.close()
          },
        ),
        { numRuns: 200 },
      )
    },
  )
})
