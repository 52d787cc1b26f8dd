/** What replay does with a log, in its smallest form: append what is not durable, and after an error look again. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { covers } from '../../src/domain/coverage.ts'
import { isBanyanError } from '../../src/domain/errors.ts'
import { formatTicks } from '../../src/domain/ticks.ts'
import type { AppendEntry, SampleLog, TagProgress } from '../../src/log/log.ts'
import { observe } from './kafka-observer.ts'

const never = new AbortController().signal
/** A fault is over after a few new writers. */
const MAX_WRITERS = 50
/** A transaction that is still open then was left open. */
const MARKER_LIMIT_MS = 15_000

/** Appends the batches in order until all are durable; resolves with the number of writers it took. */
export async function appendAll(log: SampleLog, batches: readonly (readonly AppendEntry[])[]): Promise<number> {
  for (let writers = 1; writers <= MAX_WRITERS; writers++) {
    try {
      const writer = await log.openWriter(0, never)
      try {
        for (const batch of batches) {
          const missing = batch.filter((entry) => !isDurable(entry, writer.tags.get(entry.tag)))
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

function isDurable(entry: AppendEntry, progress: TagProgress | undefined): boolean {
  if (entry.kind === 'amend') return (progress?.amendments ?? 0) > entry.after
  if (entry.kind === 'place') return progress?.liveFrom !== undefined
  return covers(progress?.covered ?? [], entry.covers)
}

/** Every record of the batches is in the topic exactly once, in order per tag, for a consumer without Banyan's code. */
export async function expectExactly(
  topic: string,
  batches: readonly (readonly AppendEntry[])[],
  brokers?: string,
): Promise<void> {
  const expected = new Map<string, string[]>()
  for (const entry of batches.flat()) {
    for (const place of placesOf(entry)) expected.set(entry.tag, [...(expected.get(entry.tag) ?? []), place])
  }
  const wanted = [...expected.values()].reduce((sum, places) => sum + places.length, 0)
  let records = await observe(topic, brokers)
  // The marker of a commit follows its answer: until it is there, what is committed cannot be seen.
  for (const deadline = Date.now() + MARKER_LIMIT_MS; records.length < wanted && Date.now() < deadline;) {
    await sleep(200)
    records = await observe(topic, brokers)
  }
  const found = new Map<string, string[]>()
  for (const { key, value } of records) {
    const { ts, ord, rev } = JSON.parse(value) as { ts: string; ord: number; rev: number }
    found.set(key, [...(found.get(key) ?? []), placeOf(ts, ord, rev)])
  }
  expect(found).toEqual(expected)
}

/** What names a record within its tag, in the order of the entry. */
function placesOf(entry: AppendEntry): string[] {
  if (entry.kind === 'place') return []
  return entry.kind === 'amend'
    ? entry.corrections.map(({ sample, rev }) => placeOf(formatTicks(sample.ticks), sample.ord, rev))
    : entry.samples.map(({ ticks, ord }) => placeOf(formatTicks(ticks), ord, 0))
}

function placeOf(time: string, ord: number, rev: number): string {
  return `${time} ${String(ord)} ${String(rev)}`
}
