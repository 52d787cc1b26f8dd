import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { covers } from '../../src/domain/coverage.ts'
import type { ErrorCode } from '../../src/domain/errors.ts'
import { ticks, ticksFromMs } from '../../src/domain/ticks.ts'
import { window } from '../../src/domain/window.ts'
import { samplesAt, testTag } from '../harness/memory-source.ts'
import { FailoverStage, tagWithNode } from './failover-stage.ts'

const A = tagWithNode(1)
const B = tagWithNode(2)
const WITHOUT_NODE = testTag(3)
const WHOLE = window(ticks(0n), ticks(1_000n))
const ROWS = samplesAt(Array.from({ length: 50 }, (_, i) => BigInt(i * 10)))
const { signal } = new AbortController()

function stage(): FailoverStage {
  const made = new FailoverStage()
  for (const tag of [A, B, WITHOUT_NODE]) made.hold(tag, ROWS)
  return made
}

const sourcesOf = (pages: readonly { source: string }[]) => [...new Set(pages.map(({ source }) => source))]

describe('failover: who reads', () => {
  it('the primary, as long as it serves, and nothing is a seam', async () => {
    const made = stage()
    const pages = await made.read(A, WHOLE)
    expect(sourcesOf(pages)).toEqual(['pi-web-api'])
    expect(made.fallback.reads).toEqual([])
    expect(made.seams.size).toBe(0)
  })

  it('the fallback, once the primary has not answered probes for long enough; until then its failure is told', async () => {
    const made = stage()
    made.primaryFails('BANYAN_SOURCE_UNAVAILABLE')
    await expect(made.source.probe(signal)).rejects.toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE' })
    made.pass(59_999)
    await expect(made.source.probe(signal)).rejects.toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE' })
    expect(made.fallback.reads).toEqual([])
    made.pass(1)
    expect(await made.source.probe(signal)).toMatchObject({ source: 'opcua' })
    const pages = await made.read(A, WHOLE)
    expect(sourcesOf(pages)).toEqual(['opcua'])
    expect(pages.flatMap(({ samples }) => samples)).toEqual(ROWS)
    expect(made.fallback.reads.every(({ pageSize }) => pageSize <= 5)).toBe(true)
  })

  it('what the fallback serves is a seam before it is passed on, empty windows too', async () => {
    const made = stage()
    made.fallback.archive.set(B.id, [])
    await made.takeAway()
    for await (const page of made.source.read(A, WHOLE, { pageSize: 5 }, signal)) {
      expect(covers(made.seams.get(A.id) ?? [], page.covers)).toBe(true)
    }
    await made.read(B, WHOLE)
    expect(covers(made.seams.get(B.id)!, WHOLE)).toBe(true)
  })

  it('the primary again, once it has answered trials for long enough', async () => {
    const made = stage()
    await made.takeAway()
    made.primaryFails(undefined)
    let elapsedMs = 0
    while (made.serving.isFallback()) {
      expect(elapsedMs).toBeLessThan(330_000)
      await made.source.probe(signal)
      await made.read(A, WHOLE)
      await made.settle()
      made.pass(10_000)
      elapsedMs += 10_000
    }
    expect(elapsedMs).toBeGreaterThanOrEqual(300_000)
    expect(sourcesOf(await made.read(A, WHOLE))).toEqual(['pi-web-api'])
  })

  it('a primary that answers probes and no reads is not back', async () => {
    const made = stage()
    await made.takeAway()
    made.primary.probeFault = () => undefined
    for (let i = 0; i < 60; i++) {
      await made.source.probe(signal)
      await made.read(A, WHOLE)
      await made.settle()
      made.pass(10_000)
    }
    expect(made.serving.isFallback()).toBe(true)
  })

  it('one tag alone, when only that one fails, and alone back', async () => {
    const made = stage()
    made.primary.nextFault = ({ id }) => (id === A.id ? 'BANYAN_SOURCE_FORBIDDEN' : undefined)
    await expect(made.read(A, WHOLE)).rejects.toMatchObject({ code: 'BANYAN_SOURCE_FORBIDDEN' })
    made.pass(60_000)
    expect(sourcesOf(await made.read(A, WHOLE))).toEqual(['opcua'])
    expect(sourcesOf(await made.read(B, WHOLE))).toEqual(['pi-web-api'])
    expect(await made.source.probe(signal)).toMatchObject({ source: 'pi-web-api' })
    made.primary.nextFault = () => undefined
    for (let i = 0; i < 10 && made.serving.isAside(A.id); i++) {
      await made.read(A, WHOLE)
      await made.settle()
      made.pass(60_000)
    }
    expect(sourcesOf(await made.read(A, WHOLE))).toEqual(['pi-web-api'])
  })

  it.each<ErrorCode>(['BANYAN_SOURCE_NOT_FOUND', 'BANYAN_INTERNAL'])('%s never goes to the fallback', async (code) => {
    const made = stage()
    made.primary.nextFault = () => code
    for (let i = 0; i < 5; i++) {
      await expect(made.read(A, WHOLE)).rejects.toMatchObject({ code })
      made.pass(60_000)
    }
    expect(made.fallback.reads).toEqual([])
  })

  it('refused credentials concern every tag', async () => {
    const made = stage()
    made.primaryFails('BANYAN_SOURCE_UNAUTHORIZED')
    await expect(made.read(A, WHOLE)).rejects.toMatchObject({ code: 'BANYAN_SOURCE_UNAUTHORIZED' })
    made.pass(60_000)
    expect(sourcesOf(await made.read(B, WHOLE))).toEqual(['opcua'])
    expect(made.serving.isFallback()).toBe(true)
  })

  it('a tag without a node has the primary only, and does not wait for it', async () => {
    const made = stage()
    await made.takeAway()
    const before = made.primary.reads.length
    await expect(made.read(WITHOUT_NODE, WHOLE)).rejects.toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE' })
    expect(made.primary.reads).toHaveLength(before)
  })
})

describe('failover: the change', () => {
  it('goes on after the last page, within one read', async () => {
    const made = stage()
    let asked = 0
    made.primary.nextFault = () => {
      asked += 1
      if (asked <= 2) return undefined
      made.pass(60_000)
      return 'BANYAN_SOURCE_UNAVAILABLE'
    }
    const pages = await made.read(A, WHOLE, 10)
    expect(pages.slice(0, 3).map(({ source }) => source)).toEqual(['pi-web-api', 'pi-web-api', 'opcua'])
    expect(pages.flatMap(({ samples }) => samples)).toEqual(ROWS)
    expect(pages.map(({ covers: { from } }) => from)).toEqual([
      WHOLE.from,
      ...pages.slice(0, -1).map(({ covers: { until } }) => until),
    ])
    expect(pages.at(-1)!.covers.until).toBe(WHOLE.until)
  })

  it('both down: the failure of the primary counts, and the first to answer serves', async () => {
    const made = stage()
    await made.takeAway()
    made.fallbackFails('BANYAN_SOURCE_UNAUTHORIZED')
    await expect(made.source.probe(signal)).rejects.toMatchObject({
      code: 'BANYAN_SOURCE_UNAVAILABLE',
      retryable: true,
      message: /injected BANYAN_SOURCE_UNAVAILABLE; nor through OPC UA: injected BANYAN_SOURCE_UNAUTHORIZED/,
    })
    made.primaryFails(undefined)
    expect(await made.source.probe(signal)).toMatchObject({ source: 'pi-web-api' })
    expect(sourcesOf(await made.read(A, WHOLE))).toEqual(['pi-web-api'])
  })

  it('a seam that cannot be recorded fails the read, and is no failure of the fallback', async () => {
    const made = stage()
    await made.takeAway()
    made.primaryFails(undefined)
    await made.source.probe(signal)
    await made.settle()
    made.seams.set = () => {
      throw new Error('disk full')
    }
    await expect(made.read(A, WHOLE)).rejects.toThrow('disk full')
    expect(made.serving.isFallback()).toBe(true)
  })

  it('rejects with the reason of the signal, whoever serves', async () => {
    const made = stage()
    await made.takeAway()
    const reason = new Error('enough')
    const ending = new AbortController()
    const reading = made.source.read(A, WHOLE, { pageSize: 1 }, ending.signal)[Symbol.asyncIterator]()
    await reading.next()
    ending.abort(reason)
    await expect(reading.next()).rejects.toBe(reason)
  })

  it('after close, nothing is read', async () => {
    const made = stage()
    await made.takeAway()
    await made.source.close()
    await made.source.close()
    await expect(made.source.probe(signal)).rejects.toThrow(/closed/)
    await expect(made.read(A, WHOLE)).rejects.toThrow(/closed/)
  })
})

describe('failover: time', () => {
  it("never runs ahead of the primary's clock, and may lag with the fallback's", async () => {
    const made = stage()
    const start = ticksFromMs(made.wallMs)
    made.primary.serverTime = () => start
    await made.source.probe(signal)
    const heardAtMs = made.nowMs
    await made.takeAway()
    made.fallback.serverTime = () => ticks(start + 36_000_000_000n)
    const ahead = await made.source.probe(signal)
    expect(ahead.serverTime - start).toBe(BigInt(made.nowMs - heardAtMs) * 10_000n)
    made.fallback.serverTime = () => ticks(start - 5n)
    expect((await made.source.probe(signal)).serverTime).toBe(start - 5n)
  })
})

describe('failover: the rest of the port', () => {
  it('counts and summarises nothing while the fallback serves', async () => {
    const made = stage()
    expect(await made.source.count(A, [WHOLE], signal)).toEqual([50])
    expect(await made.source.summarise(A, [WHOLE], signal)).toEqual([expect.any(String)])
    await made.takeAway()
    expect(await made.source.count(A, [WHOLE, WHOLE], signal)).toEqual([undefined, undefined])
    expect(await made.source.summarise(A, [WHOLE, WHOLE], signal)).toEqual([undefined, undefined])
  })
})

it('whatever comes and goes, pages tile the window with the truth, and all of the fallback is a seam', async () => {
  const code = fc.constantFrom<ErrorCode | undefined>(
    undefined,
    undefined,
    'BANYAN_SOURCE_UNAVAILABLE',
    'BANYAN_SOURCE_FORBIDDEN',
    'BANYAN_SOURCE_UNAUTHORIZED',
    'BANYAN_TICK_GROUP_TOO_LARGE',
  )
  const weather = fc.array(fc.record({ primary: code, fallback: code, passMs: fc.integer({ min: 0, max: 120_000 }) }), {
    minLength: 1,
    maxLength: 60,
  })
  const times = fc.array(fc.bigInt({ min: 0n, max: 999n }), { maxLength: 80 })
  await fc.assert(
    fc.asyncProperty(weather, times, fc.integer({ min: 1, max: 20 }), async (days, at, pageSize) => {
      const made = new FailoverStage()
      const rows = samplesAt(at)
      made.hold(A, rows)
      let day = 0
      const fine = { primary: undefined, fallback: undefined, passMs: 60_000 }
      // The weather clears up in the end: then everything must come.
      const today = () => (day < 100 ? days[day++ % days.length]! : fine)
      const live = (): void => {
        const { primary, fallback, passMs } = today()
        made.primaryFails(primary)
        made.fallbackFails(fallback)
        made.pass(passMs)
      }
      const seen = []
      let open = WHOLE
      // As the stages above do: a read that failed goes on where it stopped.
      for (let tries = 0; tries < 200; tries++) {
        live()
        await made.source.probe(signal).catch(() => undefined)
        try {
          for await (const page of made.source.read(A, open, { pageSize }, signal)) {
            expect(page.covers.from).toBe(open.from)
            for (const { ticks: at } of page.samples) expect(at).toBeLessThan(page.covers.until)
            if (page.source === 'opcua') expect(covers(made.seams.get(A.id) ?? [], page.covers)).toBe(true)
            seen.push(...page.samples)
            if (page.covers.until === WHOLE.until) {
              expect(seen).toEqual(rows)
              return
            }
            open = { from: page.covers.until, until: WHOLE.until }
            live()
          }
        } catch (error) {
          if (!(error instanceof Error) || !error.message.startsWith('injected')) throw error
        }
        await made.settle()
      }
      expect.unreachable('the window was never read to its end')
    }),
    { numRuns: 200 },
  )
})
