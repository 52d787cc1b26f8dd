import { describe, expect, it, test } from 'vitest'
import type { GovernedSource, StandIn } from '../../src/app/historian-connections.ts'
import type { HistorianConfig } from '../../src/config/config.ts'
import { abandonSeams, SeamWatch } from '../../src/daemon/seam-watch.ts'
import { ticks, TICKS_PER_SECOND, type Ticks } from '../../src/domain/ticks.ts'
import type { Window } from '../../src/domain/window.ts'
import { CarriedClock } from '../../src/source/carried-clock.ts'
import { SeamMarks } from '../../src/source/seam-marks.ts'
import { Serving } from '../../src/source/serving.ts'
import type { Store } from '../../src/store/store.ts'
import { markedTags } from '../store/marked-tags.ts'
import { type Logger, silentLogger } from '../../src/telemetry/logger.ts'
import { MemorySource, samplesAt } from '../harness/memory-source.ts'
import { tagWithNode } from '../source/failover-stage.ts'
import { openTemporaryStore, temporaryFile } from '../store/temporary-store.ts'

const A = tagWithNode(1)
const B = tagWithNode(2)
const { signal } = new AbortController()
const second = (s: number): Ticks => ticks(BigInt(s) * TICKS_PER_SECOND)
const span = (from: number, until: number): Window => ({ from: second(from), until: second(until) })

/** Two tags that OPC UA has served from second 100 to 200; PI has taken over again. */
class Scene {
  readonly store: Store = openTemporaryStore(temporaryFile())
  readonly primary = new MemorySource()
  readonly fallback = new MemorySource()
  readonly serving = new Serving({ afterMs: 1_000, backMs: 1_000 })
  readonly watch: SeamWatch
  settled: Ticks | undefined = second(200)

  constructor(logger: Partial<Logger> = {}) {
    this.store.tags.save([A, B])
    for (const tag of [A, B]) this.store.seams.add(tag.id, span(100, 200))
    const seams = new SeamMarks(async (tag, window) => this.store.seams.add(tag, window), 0)
    const failover = { serving: this.serving, clock: new CarriedClock(), seams }
    const standIn = { source: this.fallback, failover } as unknown as StandIn
    const connection = { pageSize: 10 }
    const config = {
      name: 'test',
      primary: connection,
      opcua: { ...connection, failover: { overlapMs: 60_000 } },
    } as unknown as HistorianConfig
    this.watch = new SeamWatch({
      source: { config, source: this.primary, standIn } as unknown as GovernedSource,
      standIn,
      store: this.store,
      logger: Object.assign(Object.create(silentLogger) as Logger, logger),
      settledNow: () => this.settled,
    })
  }

  async passes(...settled: readonly number[]): Promise<void> {
    for (const at of settled) {
      this.settled = second(at)
      await this.watch.pass(signal)
    }
  }

  get dirty(): unknown {
    return markedTags(this.store, 'test').map(({ tag, windows }) => [tag, windows])
  }

  get open(): readonly string[] {
    return this.store.seams.list('test').map(({ tag }) => tag)
  }
}

test('without a fallback, what one served is still compared with the log', () => {
  const { store } = new Scene()
  abandonSeams(store, 'test')
  expect(store.seams.list('test')).toEqual([])
  expect(markedTags(store, 'test').map(({ tag, windows }) => [tag, windows])).toEqual([
    [A.id, [span(100, 200)]],
    [B.id, [span(100, 200)]],
  ])
})

describe('when PI is back', () => {
  it('what OPC UA served is marked as dirty at once, and compared once its overlap is settled', async () => {
    const scene = new Scene()
    await scene.passes(200)
    expect(scene.dirty).toEqual([
      [A.id, [span(100, 200)]],
      [B.id, [span(100, 200)]],
    ])
    await scene.passes(200, 259)
    expect(scene.open).toEqual([A.id, B.id])
    expect(scene.primary.reads).toEqual([])
    await scene.passes(260)
    expect(scene.open).toEqual([])
    expect(scene.primary.reads.map(({ tag, window }) => [tag.id, window])).toEqual([
      [A.id, span(100, 200)],
      [B.id, span(100, 200)],
    ])
    expect(scene.store.sourceDifferences.totals()).toMatchObject({ windows: 0 })
    // The sweep clears its marks itself.
    expect(scene.dirty).toHaveLength(2)
  })

  it('differences are recorded by kind', async () => {
    const scene = new Scene()
    const samples = samplesAt([110, 120, 130, 140].map((s) => second(s)))
    scene.primary.archive.set(A.id, samples)
    scene.fallback.archive.set(A.id, [
      samples[0]!,
      { ...samples[1]!, value: 99 } as (typeof samples)[number],
      { ...samples[2]!, status: 0x40000000 },
      { ...samples[3]!, ticks: second(150) },
    ])
    await scene.passes(200, 260)
    expect(scene.store.sourceDifferences.list(10)).toMatchObject([
      {
        tag: A.id,
        window: span(100, 200),
        equal: 1,
        value: 1,
        quality: 1,
        onlyPrimary: 1,
        onlyFallback: 1,
        isUnread: false,
      },
    ])
  })

  it('a tag that PI does not serve yet waits, and so does all while PI is away or its clock is not known', async () => {
    const scene = new Scene()
    const failed = (tag: typeof A.id | undefined): void => scene.serving.failed(tag, { sentMs: 0, failedMs: 1_000 })
    failed(A.id)
    await scene.passes(200, 260)
    expect(scene.open).toEqual([A.id])
    failed(undefined)
    scene.store.seams.add(B.id, span(0, 10))
    await scene.passes(300, 400)
    scene.settled = undefined
    await scene.watch.pass(signal)
    expect(scene.open).toEqual([A.id, B.id])
  })

  it('what is served while it is compared is a seam of its own', async () => {
    const scene = new Scene()
    await scene.passes(200)
    scene.primary.nextFault = () => {
      scene.store.seams.add(A.id, span(150, 160))
      return undefined
    }
    await scene.passes(260)
    expect(scene.store.seams.get(A.id)!.windows).toEqual([span(150, 160)])
  })

  it('waits for OPC UA while it is away, and gives up what it no longer has', async () => {
    const scene = new Scene()
    scene.fallback.nextFault = () => 'BANYAN_SOURCE_UNAVAILABLE'
    await scene.passes(200)
    await expect(scene.passes(260)).rejects.toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE' })
    expect(scene.open).toEqual([A.id, B.id])
    scene.fallback.nextFault = ({ id }) => (id === A.id ? 'BANYAN_SOURCE_NOT_FOUND' : undefined)
    await scene.passes(300)
    expect(scene.open).toEqual([])
    expect(scene.store.sourceDifferences.list(10)).toMatchObject([{ tag: A.id, isUnread: true, equal: 0 }])
  })

  it('a tag that one of the two does not answer for does not hold up the others for ever', async () => {
    const scene = new Scene()
    scene.fallback.nextFault = ({ id }) => (id === A.id ? 'BANYAN_SOURCE_UNAVAILABLE' : undefined)
    await scene.passes(200)
    const more = Array.from({ length: 20 }, (_, i) => tagWithNode(i + 3))
    scene.store.tags.save(more)
    for (const tag of more) scene.store.seams.add(tag.id, span(100, 200))
    await scene.passes(200)
    for (let pass = 0; pass < 2; pass++) {
      await expect(scene.passes(260)).rejects.toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE' })
    }
    expect(scene.open).toEqual([A.id])
    scene.fallback.nextFault = () => undefined
    await scene.passes(260)
    expect(scene.open).toEqual([])
  })

  it('tells what differs in all of a tag, and nothing of what could not be compared', async () => {
    const told: [object, string][] = []
    const scene = new Scene({ warn: (fields: object, text: string) => told.push([fields, text]) })
    scene.store.seams.add(A.id, span(300, 400))
    scene.primary.archive.set(A.id, samplesAt([110, 120, 310].map((s) => second(s))))
    scene.fallback.nextFault = ({ id }) => (id === B.id ? 'BANYAN_SOURCE_FORBIDDEN' : undefined)
    await scene.passes(400, 460)
    expect(told).toHaveLength(2)
    expect(told).toContainEqual([
      expect.objectContaining({ tag: A.id, windows: 2, onlyPrimary: 3 }),
      expect.stringMatching(/differ/),
    ])
    expect(told).toContainEqual([{ tag: B.id, windows: 1 }, expect.stringMatching(/could not be compared/)])
  })

  it('a tag that has no node any more is given up, its mark stays', async () => {
    const scene = new Scene()
    scene.store.tags.save([{ ...A, address: { ...A.address, opcua: undefined } }])
    await scene.passes(200, 260)
    expect(scene.open).toEqual([])
    expect(scene.store.sourceDifferences.list(10)).toMatchObject([{ tag: A.id, isUnread: true }])
    expect(scene.dirty).toHaveLength(2)
  })

  it('compares only what is settled', async () => {
    const scene = new Scene()
    scene.store.seams.add(A.id, span(190, 800))
    await scene.passes(200, 260)
    expect(scene.primary.reads.find(({ tag }) => tag.id === A.id)?.window).toEqual(span(100, 260))
  })
})
