import fc from 'fast-check'
import { getEventListeners } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { gapsWithin } from '../../src/domain/coverage.ts'
import type { ErrorCode } from '../../src/domain/errors.ts'
import { ticks, type Ticks } from '../../src/domain/ticks.ts'
import type { Window } from '../../src/domain/window.ts'
import { Appender } from '../../src/replay/appender.ts'
import { OutageWatch } from '../../src/replay/outage.ts'
import { replay, type TagFailure } from '../../src/replay/replay.ts'
import type { ReplayOrder } from '../../src/replay/slices.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'
import { MemoryLog } from '../harness/memory-log.ts'
import { MemorySource, samplesAt, testTag } from '../harness/memory-source.ts'

const range: Window = { from: ticks(0n), until: ticks(1_000n) }

interface Run {
  readonly log: MemoryLog
  readonly source: MemorySource
  readonly pageSize?: number
  readonly order?: ReplayOrder
  readonly outageMs?: number
  readonly signal?: AbortSignal
  readonly provisionalFrom?: Ticks
}

async function run(tagIds: readonly number[], options: Run): Promise<TagFailure[]> {
  const failures: TagFailure[] = []
  const signal = options.signal ?? new AbortController().signal
  const outageMs = options.outageMs ?? 60_000
  const appender = await Appender.open(
    { log: options.log, logger: silentLogger, outageMs, assertMayWrite: () => undefined, onAppended: () => undefined },
    signal,
  )
  try {
    await replay(
      tagIds.map((id) => ({ tag: testTag(id), range, provisionalFrom: options.provisionalFrom })),
      {
        source: options.source,
        appender,
        outage: new OutageWatch(options.source, outageMs, silentLogger),
        order: options.order ?? 'newest-first',
        pageSize: options.pageSize ?? 10,
        lanes: 3,
        onTagDone: () => undefined,
        onTagFailed: (failure) => failures.push(failure),
      },
      signal,
    )
  } finally {
    await appender.close()
  }
  return failures
}

/** Every sample of the tag, once, in the log; nothing else of it. */
function expectCopied(log: MemoryLog, source: MemorySource, id: number): void {
  const tag = testTag(id)
  const inLog = log.allRecords().filter(({ record }) => record.tag === tag.id)
  const key = (s: { ticks: bigint; ord: number }): string => `${s.ticks.toString()}/${String(s.ord)}`
  expect(inLog.map(({ record }) => key(record.sample)).toSorted()).toEqual(
    (source.archive.get(tag.id) ?? []).map(key).toSorted(),
  )
  expect(log.coverageOf(tag.id)?.samples).toBe(inLog.length)
}

describe('replay', () => {
  it('property: copies any archive exactly once, whatever order, page size, lost answers and refusals', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.bigInt({ min: 0n, max: 999n }), { maxLength: 150 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom<ReplayOrder>('newest-first', 'oldest-first'),
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.constantFrom(undefined, 'refused' as const, 'answer-lost' as const), { maxLength: 3 }),
        async (archives, pageSize, order, shards, faults) => {
          const log = new MemoryLog(shards)
          const source = new MemorySource()
          archives.forEach((at, id) => source.archive.set(testTag(id).id, samplesAt(at)))
          log.nextFault = () => faults.pop()
          const failures = await run([...archives.keys()], { log, source, pageSize, order })
          expect(failures).toEqual([])
          for (const id of archives.keys()) {
            expectCopied(log, source, id)
            expect(log.coverageOf(testTag(id).id)?.covered).toEqual([range])
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  it('goes on after a stop at any page with nothing missing and nothing twice', async () => {
    const log = new MemoryLog()
    const source = new MemorySource()
    source.archive.set(testTag(1).id, samplesAt(Array.from({ length: 500 }, (_, i) => BigInt(i * 2))))
    for (let pages = 1; gapsWithin(log.coverageOf(testTag(1).id)?.covered ?? [], range).length > 0; pages++) {
      const abort = new AbortController()
      let left = pages % 7
      source.nextFault = () => {
        if (left-- === 0) abort.abort(new Error('stop'))
        return undefined
      }
      await run([1], { log, source, signal: abort.signal }).catch((error: unknown) => {
        expect(String(error)).toContain('stop')
      })
    }
    expectCopied(log, source, 1)
  })

  it('asks once for a sparse tag, and newest slices of dense tags come first', async () => {
    const log = new MemoryLog()
    const source = new MemorySource()
    source.archive.set(testTag(1).id, samplesAt([5n, 500n]))
    source.archive.set(testTag(2).id, samplesAt(Array.from({ length: 999 }, (_, i) => BigInt(i))))
    await run([1, 2], { log, source, pageSize: 10 })
    expect(source.reads.filter((read) => read.tag.id === testTag(1).id)).toHaveLength(1)
    const dense = source.reads.filter((read) => read.tag.id === testTag(2).id).map((read) => read.window.until)
    expect(dense[1]).toBe(range.until)
    expect(dense.slice(1)).toEqual(dense.slice(1).toSorted((a, b) => (a < b ? 1 : -1)))
  })

  it('lets any number of tags wait without one listener each, and stops them all', async () => {
    const tagCount = 5_000
    const log = new MemoryLog()
    const source = new MemorySource()
    const abort = new AbortController()
    let listeners = 0
    const read = source.read.bind(source)
    source.read = (tag, window, options, signal?: AbortSignal) => {
      listeners = Math.max(listeners, signal === undefined ? 0 : getEventListeners(signal, 'abort').length)
      if (source.reads.length === 1_000) abort.abort(new Error('stop'))
      return read(tag, window, options)
    }
    const ids = Array.from({ length: tagCount }, (_, id) => id)
    await expect(run(ids, { log, source, signal: abort.signal })).rejects.toThrow('stop')
    expect(listeners).toBeLessThan(tagCount / 5)
    expect(source.reads.length).toBeLessThan(tagCount / 2)
  })

  it('sets a bad tag aside with its reason while the others are copied', async () => {
    const log = new MemoryLog()
    const source = new MemorySource()
    for (const id of [1, 2, 3]) source.archive.set(testTag(id).id, samplesAt([1n, 2n, 3n]))
    source.nextFault = (tag) => (tag.id === testTag(2).id ? 'BANYAN_SOURCE_NOT_FOUND' : undefined)
    const failures = await run([1, 2, 3], { log, source })
    expect(failures).toEqual([
      { tag: 'test/2', name: 'TAG2', code: 'BANYAN_SOURCE_NOT_FOUND', message: 'injected BANYAN_SOURCE_NOT_FOUND' },
    ])
    expectCopied(log, source, 1)
    expectCopied(log, source, 3)
    expect(log.coverageOf(testTag(2).id)).toBeUndefined()
  })

  it('a tag that alone gets no answers is set aside; a historian that is down ends the replay', async () => {
    const log = new MemoryLog()
    const source = new MemorySource()
    for (const id of [1, 2]) source.archive.set(testTag(id).id, samplesAt([1n, 2n, 3n]))
    source.nextFault = (tag) => (tag.id === testTag(2).id ? 'BANYAN_SOURCE_UNAVAILABLE' : undefined)
    expect((await run([1, 2], { log, source })).map((failure) => failure.code)).toEqual(['BANYAN_SOURCE_UNAVAILABLE'])
    expectCopied(log, source, 1)
    source.nextFault = source.probeFault = () => 'BANYAN_SOURCE_UNAVAILABLE'
    await expect(run([2], { log, source, outageMs: 0 })).rejects.toMatchObject({ code: 'BANYAN_SOURCE_DOWN' })
  })

  it.each<ErrorCode>(['BANYAN_SOURCE_UNAUTHORIZED', 'BANYAN_INTERNAL'])('%s ends the replay', async (code) => {
    const log = new MemoryLog()
    const source = new MemorySource()
    source.nextFault = () => code
    await expect(run([1], { log, source })).rejects.toMatchObject({ code })
  })

  it('stops reading when the log stays away, with the reason', async () => {
    const log = new MemoryLog()
    const source = new MemorySource()
    for (let id = 0; id < 50; id++) {
      source.archive.set(testTag(id).id, samplesAt(Array.from({ length: 900 }, (_, i) => BigInt(i))))
    }
    log.nextFault = () => {
      log.down = true
      return 'refused'
    }
    const ids = Array.from({ length: 50 }, (_, id) => id)
    await expect(run(ids, { log, source, outageMs: 300, pageSize: 1000 })).rejects.toMatchObject({
      code: 'BANYAN_LOG_UNAVAILABLE',
    })
    expect(log.allRecords()).toHaveLength(0)
    log.down = false
    log.nextFault = () => undefined
    await run(ids, { log, source })
    for (const id of ids) expectCopied(log, source, id)
  })

  it('refuses to count a window as copied when the pages do not tile it', async () => {
    const log = new MemoryLog()
    const source = new MemorySource()
    source.read = async function* () {
      await Promise.resolve()
      yield { covers: { from: range.from, until: ticks(10n) }, source: 'pi-web-api', samples: [] }
      yield { covers: { from: ticks(11n), until: range.until }, source: 'pi-web-api', samples: [] }
    }
    await expect(run([1], { log, source })).rejects.toMatchObject({ code: 'BANYAN_INTERNAL' })
    expect(log.coverageOf(testTag(1).id)?.covered ?? []).not.toContainEqual(range)
  })

  it('covers the future no further than the last sample found there, and finds what is written later', async () => {
    const log = new MemoryLog()
    const source = new MemorySource()
    const options = { log, source, order: 'oldest-first', pageSize: 3, provisionalFrom: ticks(500n) } as const
    const covered = (): bigint[][] =>
      (log.coverageOf(testTag(1).id)?.covered ?? []).map(({ from, until }) => [from, until])
    await run([1], options)
    expect(covered()).toEqual([[0n, 500n]])
    const forecasts = Array.from({ length: 20 }, (_, i) => BigInt(400 + i * 20))
    source.archive.set(testTag(1).id, samplesAt(forecasts.filter((at) => at >= 500n)))
    await run([1], options)
    expect(covered()).toEqual([[0n, 781n]])
    source.archive.set(testTag(1).id, samplesAt([...forecasts.filter((at) => at >= 500n), 781n, 781n, 998n]))
    await run([1], options)
    expect(covered()).toEqual([[0n, 999n]])
    expectCopied(log, source, 1)
    await run([1], options)
    expectCopied(log, source, 1)
  })

  it('sets a tag aside whose data the log refuses for good, and copies the others', async () => {
    const log = new MemoryLog()
    const source = new MemorySource()
    for (const id of [1, 2, 3]) source.archive.set(testTag(id).id, samplesAt([1n, 2n, 3n]))
    log.refuses = ({ tag }) => tag === testTag(2).id
    const failures = await run([1, 2, 3], { log, source })
    expect(failures.map(({ tag, code }) => [tag, code])).toEqual([['test/2', 'BANYAN_LOG_REJECTED']])
    expectCopied(log, source, 1)
    expectCopied(log, source, 3)
    expect(log.coverageOf(testTag(2).id)).toBeUndefined()
    log.refuses = () => false
    expect(await run([2], { log, source })).toEqual([])
    expectCopied(log, source, 2)
  })

  it('reads nothing again that a run broken off has left queued', async () => {
    const log = new MemoryLog()
    const source = new MemorySource()
    source.archive.set(testTag(1).id, samplesAt([1n, 2n, 3n]))
    const never = new AbortController().signal
    const appender = await Appender.open(
      { log, logger: silentLogger, outageMs: Infinity, assertMayWrite: () => undefined, onAppended: () => undefined },
      never,
    )
    const copy = (signal: AbortSignal): Promise<void> =>
      replay(
        [{ tag: testTag(1), range }],
        {
          source,
          appender,
          outage: new OutageWatch(source, 0, silentLogger),
          order: 'newest-first',
          pageSize: 10,
          lanes: 1,
          onTagDone: () => undefined,
          onTagFailed: () => undefined,
        },
        signal,
      )
    log.down = true
    const abort = new AbortController()
    const brokenOff = copy(abort.signal)
    await vi.waitUntil(() => appender.trouble() !== undefined)
    abort.abort(new Error('stop'))
    await expect(brokenOff).rejects.toThrow('stop')
    const again = copy(never)
    log.down = false
    await again
    // Nothing of a replay stays in what lives as long as a daemon.
    expect(getEventListeners(appender.gaveUp, 'abort')).toEqual([])
    await appender.close()
    expectCopied(log, source, 1)
    expect(source.reads).toHaveLength(1)
  })
})
