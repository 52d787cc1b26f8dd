/** The time the primary may fail holds, whatever its adapter does meanwhile: tries again, waits as it was asked to, hangs. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BanyanError, type ErrorCode } from '../../src/domain/errors.ts'
import type { Tag } from '../../src/domain/tag.ts'
import { ticks } from '../../src/domain/ticks.ts'
import { window, type Window } from '../../src/domain/window.ts'
import { openGate, type ReadOptions, type SamplePage } from '../../src/source/source.ts'
import { sleep } from '../../src/util/abort.ts'
import { samplesAt, testTag } from '../harness/memory-source.ts'
import { FailoverStage, LIMITS, tagWithNode } from './failover-stage.ts'

const A = tagWithNode(1)
const B = tagWithNode(2)
const WITHOUT_NODE = testTag(3)
const WHOLE = window(ticks(0n), ticks(1_000n))
const ROWS = samplesAt(Array.from({ length: 50 }, (_, i) => BigInt(i * 10)))
const HOUR_MS = 3_600_000
const STEP_MS = 1_000
const { signal } = new AbortController()

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

function stage(isPatient = false): FailoverStage {
  const made = new FailoverStage(isPatient)
  for (const tag of [A, B, WITHOUT_NODE]) made.hold(tag, ROWS)
  return made
}

async function pass(made: FailoverStage, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += STEP_MS) {
    made.pass(STEP_MS)
    await vi.advanceTimersByTimeAsync(STEP_MS)
  }
}

/** As an adapter whose request was refused, and which waits for an hour before the next. */
function waitsAsAsked(made: FailoverStage, isConcerned: (tag: Tag | undefined) => boolean): void {
  const { primary } = made
  const gate = made.pulse.watch(openGate)
  const refused = (): Promise<never> => Promise.reject(new BanyanError('BANYAN_SOURCE_THROTTLED', 'not now'))
  const ask = async (tag: Tag | undefined, asked: AbortSignal): Promise<void> => {
    if (!isConcerned(tag)) return gate.run(1, () => Promise.resolve(), asked)
    await gate.run(1, refused, asked).catch(() => undefined)
    return sleep(HOUR_MS, asked)
  }
  const [probe, read] = [primary.probe.bind(primary), primary.read.bind(primary)]
  primary.probe = async (asked: AbortSignal = signal) => {
    await ask(undefined, asked)
    return probe()
  }
  primary.read = async function* (tag: Tag, asked: Window, options: ReadOptions, ending: AbortSignal = signal) {
    await ask(tag, ending)
    yield* read(tag, asked, options, ending)
  }
}

const settledOf = <T>(promise: Promise<T>): { value: T | undefined; error: unknown } => {
  const outcome: { value: T | undefined; error: unknown } = { value: undefined, error: undefined }
  promise.then(
    (value) => (outcome.value = value),
    (error: unknown) => (outcome.error = error),
  )
  return outcome
}

const sourcesOf = (pages: readonly SamplePage[] = []) => [...new Set(pages.map(({ source }) => source))]

describe('when nobody is answered', () => {
  it.each(['read', 'probe'] as const)('a %s that waits in its adapter changes over in time', async (what) => {
    const made = stage()
    waitsAsAsked(made, () => true)
    const outcome = settledOf<unknown>(what === 'read' ? made.read(A, WHOLE) : made.source.probe(signal))
    await pass(made, LIMITS.afterMs - STEP_MS)
    expect([outcome.value, made.serving.isFallback()]).toEqual([undefined, false])
    await pass(made, 2 * STEP_MS)
    expect(outcome.error).toBeUndefined()
    expect(made.serving.isFallback()).toBe(true)
    if (what === 'probe') expect(outcome.value).toMatchObject({ source: 'opcua' })
    else expect(sourcesOf(outcome.value as SamplePage[])).toEqual(['opcua'])
  })

  it('a request that hangs is one that is not answered', async () => {
    const made = stage()
    const gate = made.pulse.watch(openGate)
    made.primary.read = async function* (_tag: Tag, _window: Window, _options: ReadOptions, asked = signal) {
      await gate.run(1, () => sleep(HOUR_MS, asked), asked)
    }
    made.primary.probe = async (asked: AbortSignal = signal) => {
      await gate.run(1, () => sleep(HOUR_MS, asked), asked)
      throw new Error('never')
    }
    const outcome = settledOf(made.read(A, WHOLE))
    await pass(made, LIMITS.afterMs + STEP_MS)
    expect(sourcesOf(outcome.value)).toEqual(['opcua'])
    expect(outcome.value?.flatMap(({ samples }) => samples)).toEqual(ROWS)
  })

  it('a tag without a node is told why it cannot be read', async () => {
    const made = stage()
    waitsAsAsked(made, () => true)
    const outcome = settledOf(made.read(WITHOUT_NODE, WHOLE))
    await pass(made, LIMITS.afterMs + STEP_MS)
    expect(outcome.error).toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE', message: /has no OPC UA node/ })
  })

  it('what waits for its turn, in quiet hours for one, is no failure', async () => {
    const made = stage()
    const never = made.pulse.watch({ run: () => new Promise(() => undefined) })
    made.primary.read = async function* (_tag: Tag, _window: Window, _options: ReadOptions, asked = signal) {
      await never.run(1, () => Promise.resolve(), asked)
    }
    const outcome = settledOf(made.read(A, WHOLE))
    await pass(made, 10 * LIMITS.afterMs)
    expect([outcome.value, outcome.error, made.serving.isFallback()]).toEqual([undefined, undefined, false])
    await made.source.close()
  })
})

it('one tag that is not answered does not take the others along: a probe beside it is', async () => {
  const made = stage()
  waitsAsAsked(made, (tag) => tag?.id === A.id)
  const outcome = settledOf(made.read(A, WHOLE))
  await pass(made, 5 * LIMITS.afterMs)
  expect(made.serving.isFallback()).toBe(false)
  expect(outcome.value).toBeUndefined()
  expect(sourcesOf(await made.read(B, WHOLE))).toEqual(['pi-web-api'])
})

describe('a tag that the primary refuses', () => {
  it.each<ErrorCode>(['BANYAN_SOURCE_FORBIDDEN', 'BANYAN_TICK_GROUP_TOO_LARGE'])(
    'with %s is read by a job once its time is over',
    async (code) => {
      const made = stage(true)
      made.primary.nextFault = ({ id }) => (id === A.id ? code : undefined)
      const outcome = settledOf(made.read(A, WHOLE))
      await pass(made, LIMITS.afterMs - STEP_MS)
      expect(made.fallback.reads).toEqual([])
      await pass(made, 2 * STEP_MS)
      expect(outcome.error).toBeUndefined()
      expect(outcome.value?.flatMap(({ samples }) => samples)).toEqual(ROWS)
      expect(sourcesOf(outcome.value)).toEqual(['opcua'])
      expect(sourcesOf(await made.read(B, WHOLE))).toEqual(['pi-web-api'])
    },
  )

  it('is not waited for without a node, when it is gone, or when the fallback fails too', async () => {
    const made = stage(true)
    made.primary.nextFault = () => 'BANYAN_SOURCE_FORBIDDEN'
    await expect(made.read(WITHOUT_NODE, WHOLE)).rejects.toMatchObject({ code: 'BANYAN_SOURCE_FORBIDDEN' })
    made.primary.nextFault = () => 'BANYAN_SOURCE_NOT_FOUND'
    await expect(made.read(A, WHOLE)).rejects.toMatchObject({ code: 'BANYAN_SOURCE_NOT_FOUND' })
    made.primary.nextFault = () => 'BANYAN_SOURCE_FORBIDDEN'
    made.fallback.nextFault = () => 'BANYAN_SOURCE_REJECTED'
    const outcome = settledOf(made.read(A, WHOLE))
    await pass(made, LIMITS.afterMs + STEP_MS)
    expect(outcome.error).toMatchObject({ code: 'BANYAN_SOURCE_REJECTED' })
  })

  it('ends its waiting with the reason of the signal, and with the source', async () => {
    const made = stage(true)
    made.primary.nextFault = () => 'BANYAN_SOURCE_FORBIDDEN'
    const ending = new AbortController()
    const reading = made.source.read(A, WHOLE, { pageSize: 5 }, ending.signal)[Symbol.asyncIterator]()
    const stopped = settledOf(reading.next())
    const closed = settledOf(made.read(B, WHOLE))
    await pass(made, STEP_MS)
    ending.abort(new Error('enough'))
    await made.source.close()
    await pass(made, STEP_MS)
    expect(stopped.error).toMatchObject({ message: 'enough' })
    expect(closed.error).toMatchObject({ message: /closed/ })
  })
})

it('one node that fails does not end the time PI has to answer before it serves again', async () => {
  const made = stage()
  made.primaryFails('BANYAN_SOURCE_UNAVAILABLE')
  while (!made.serving.isFallback()) {
    await made.source.probe(signal).catch(() => undefined)
    made.pass(10_000)
  }
  made.primaryFails(undefined)
  made.fallback.nextFault = ({ id }) => (id === A.id ? 'BANYAN_SOURCE_FORBIDDEN' : undefined)
  await made.source.probe(signal)
  await pass(made, STEP_MS)
  await expect(made.read(A, WHOLE)).rejects.toMatchObject({ code: 'BANYAN_SOURCE_FORBIDDEN' })
  expect(made.serving.isFallback()).toBe(true)
  made.fallback.nextFault = () => 'BANYAN_SOURCE_UNAVAILABLE'
  expect(sourcesOf(await made.read(B, WHOLE))).toEqual(['pi-web-api'])
  expect(made.serving.isFallback()).toBe(false)
})
