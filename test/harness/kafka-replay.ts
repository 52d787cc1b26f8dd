/** What replay does with a log, in its smallest form: append what is not covered, and after an error look again. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { covers } from '../../src/domain/coverage.ts'
import { isBanyanError } from '../../src/domain/errors.ts'
import type { AppendEntry, SampleLog } from '../../src/log/log.ts'
import { observe } from './kafka-observer.ts'

const never = new AbortController().signal
/** A fault is over after a few new writers. */
const MAX_WRITERS = 50
/** A transaction that is still open then was left open. */
const MARKER_LIMIT_MS = 15_000

/** Appends the batches in order until all are covered; resolves with the number of writers it took. */
export async function appendAll(log: SampleLog, batches: readonly (readonly AppendEntry[])[]): Promise<number> {
  for (let writers = 1; writers <= MAX_WRITERS; writers++) {
    try {
      const writer = await log.openWriter(0, never)
      try {
        for (const batch of batches) {
          const missing = batch.filter(({ tag, covers: w }) => !covers(writer.tags.get(tag)?.covered ?? [], w))
          if (missing.length > 0) await writer.append(missing)
        }
      } finally {
        await writer.close()
      }
      return writers
    } catch (error) {
      if (!isBanyanError(error, 'BANYAN_LOG_UNAVAILABLE') || !error.retryable) throw error
    }
  }
  throw new Error(`not appended with ${MAX_WRITERS} writers`)
}

/** Every sample of the batches is in the topic exactly once, in order per tag, for a consumer without Banyan's code. */
export async function expectExactly(
  topic: string,
  batches: readonly (readonly AppendEntry[])[],
  brokers?: string,
): Promise<void> {
  const expected = new Map<string, bigint[]>()
  for (const { tag, samples } of batches.flat()) {
    if (samples.length > 0) expected.set(tag, [...(expected.get(tag) ?? []), ...samples.map((sample) => sample.ticks)])
  }
  const wanted = [...expected.values()].reduce((sum, times) => sum + times.length, 0)
  let records = await observe(topic, brokers)
  // The marker of a commit follows its answer: until it is there, what is committed cannot be seen.
  for (const deadline = Date.now() + MARKER_LIMIT_MS; records.length < wanted && Date.now() < deadline;) {
    await sleep(200)
    records = await observe(topic, brokers)
  }
  const found = new Map<string, string[]>()
  for (const { key, value } of records) {
    const { ts } = JSON.parse(value) as { ts: string }
    found.set(key, [...(found.get(key) ?? []), ts])
  }
  expect([...found.keys()].toSorted()).toEqual([...expected.keys()].toSorted())
  for (const [tag, times] of found) {
    expect(new Set(times).size).toBe(times.length)
    expect(times).toEqual(times.toSorted())
    expect(times).toHaveLength(expected.get(tag)?.length ?? 0)
  }
}
