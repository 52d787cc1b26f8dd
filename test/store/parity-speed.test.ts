/** The state of many tags from what is stored: measured and printed, never asserted. */
import { expect, it } from 'vitest'
import { tagId } from '../../src/domain/tag-id.ts'
import { ticks } from '../../src/domain/ticks.ts'
import type { TagDelta } from '../../src/store/cells.ts'
import { openTemporaryStore, temporaryFile } from './temporary-store.ts'

const TAGS = 1_000
const CELLS = 720
const HOUR = 36_000_000_000n

it(`reads ${TAGS} tags of ${CELLS} cells`, () => {
  const store = openTemporaryStore(temporaryFile())
  const window = { from: ticks(0n), until: ticks(BigInt(CELLS) * HOUR) }
  const cells = Array.from({ length: CELLS }, (_, i) => ({
    start: ticks(BigInt(i) * HOUR),
    count: 60,
    sum: BigInt(i) << 100n,
    records: 60,
    offsets: { first: BigInt(i * 60), last: BigInt(i * 60 + 59) },
    minTicks: ticks(BigInt(i) * HOUR),
    maxTicks: ticks(BigInt(i) * HOUR),
  }))
  const tags = Array.from({ length: TAGS }, (_, i) => tagId('pi', i))
  const findings = cells.map(({ start, sum }) => ({
    start,
    verdict: 'match' as const,
    seen: { epoch: 60, digest: { count: 60, sum } },
  }))
  store.write(() => {
    store.cells.reset(HOUR)
    const deltas: TagDelta[] = tags.map((tag) => ({ tag, partition: 0, puts: CELLS * 60, cells, deletions: [] }))
    store.cells.apply(deltas)
  })
  const recorded = performance.now()
  for (let at = 0; at < TAGS; at += 50) {
    const look = store.looks.begin('rules')
    store.verdicts.record(
      look,
      tags.slice(at, at + 50).map((tag) => ({ tag, windows: [window], outcome: 'compared' as const, cells: findings })),
      HOUR,
    )
  }
  const read = performance.now()
  let proven = 0
  const asked = tags.map((tag) => ({ tag, expected: window, covered: [window], settled: window.until }))
  for (const { verdicts, samplesProven, states } of store.parity.read({ rules: 'rules', width: HOUR }, asked)) {
    proven += samplesProven
    expect(verdicts.match).toBe(CELLS)
    expect(states.heat({ from: window.from, columnTicks: HOUR, columns: CELLS })).toBe('720m')
  }
  const ms = performance.now() - read
  expect(proven).toBe(TAGS * CELLS * 60)
  process.stdout.write(`recorded in ${Math.round(read - recorded)} ms, read in ${Math.round(ms)} ms\n`)
})
