import { expect, test } from 'vitest'
import { prepareTarget } from '../../src/app/target.ts'
import { ticks } from '../../src/domain/ticks.ts'
import { CUTOVER_TOPICS_FINDING, type LogFinding } from '../../src/log/log.ts'
import type { Store } from '../../src/store/store.ts'
import { MemoryLog } from '../harness/memory-log.ts'
import { tagNamed } from '../log/build-samples.ts'
import { chainEvent } from '../store/chain-event.ts'
import { openTemporaryStore, temporaryFile } from '../store/temporary-store.ts'

const PLAN = { oldest: ticks(0n), newest: ticks(1n) }
const never = new AbortController().signal
const SAMPLES: LogFinding = { name: 'topics', ok: false, detail: 'missing: p.samples', missing: true }
const CUTOVER: LogFinding = { name: CUTOVER_TOPICS_FINDING, ok: false, detail: 'missing: p.audit', missing: true }

/** Misses what it is told, until it is created. */
class LackingLog extends MemoryLog {
  #missing: readonly LogFinding[]
  created = 0

  constructor(missing: readonly LogFinding[]) {
    super()
    this.#missing = missing
  }

  override preflight(): Promise<never> {
    return Promise.resolve(this.#missing as never)
  }

  override create(): Promise<void> {
    this.created += 1
    this.#missing = []
    return Promise.resolve()
  }
}

function storeThatHas(...what: ('samples' | 'published events')[]): Store {
  const store = openTemporaryStore(temporaryFile())
  if (what.includes('samples')) store.coverage.replaceAll(new Map([[tagNamed(1), progress]]))
  store.cutoverEvents.append((head) => chainEvent(head, 'boiler'))
  if (what.includes('published events')) store.cutoverEvents.markPublished([1])
  return store
}
const progress = { covered: [], samples: 5, amendments: 0, liveFrom: undefined }

test('a new log is created with all its topics', async () => {
  const log = new LackingLog([SAMPLES, CUTOVER])
  await prepareTarget(log, storeThatHas(), PLAN, never)
  expect(log.created).toBe(1)
})

test('a log of an earlier version gets the topics of cutover, though the store has seen its samples', async () => {
  const log = new LackingLog([CUTOVER])
  await prepareTarget(log, storeThatHas('samples'), PLAN, never)
  expect(log.created).toBe(1)
})

test.each([
  ['samples', SAMPLES, [SAMPLES, CUTOVER]],
  ['published events', CUTOVER, [CUTOVER]],
] as const)('%s that were there and are gone are never made anew in silence', async (what, gone, missing) => {
  const log = new LackingLog(missing)
  await expect(prepareTarget(log, storeThatHas(what), PLAN, never)).rejects.toMatchObject({
    code: 'BANYAN_LOG_UNSAFE',
    message: expect.stringContaining(`is gone: ${gone.name}`) as string,
  })
  expect(log.created).toBe(0)
})
