import { describe, expect, it } from 'vitest'
import type { BanyanError } from '../../../src/domain/errors.ts'
import type { TagSelection } from '../../../src/source/source.ts'
import { openSource, probeAnswers, sendJson, startTinyServer, type SeenRequest } from './tiny-server.ts'

const signal = new AbortController().signal
const MASK: TagSelection = { include: ['*'], exclude: [], names: [] }

interface Listing {
  readonly startIndex: number
  readonly maxCount: number
}

const listingOf = ({ path }: SeenRequest): Listing | undefined => {
  if (!/^\/dataservers\/[^/]+\/points\?/.test(path)) return undefined
  const number = (name: string): number => Number(new RegExp(`${name}=(\\d+)`).exec(path)?.[1])
  return { startIndex: number('startIndex'), maxCount: number('maxCount') }
}

const point = (id: number): object => ({ Id: id, Name: `TAG${id}`, PointType: 'Float32' })
const ids = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i)

/** A server without batches that lists points as the test says. */
async function listing(list: (asked: Listing, call: number) => unknown, status = 200) {
  let calls = 0
  const { url, seen } = await startTinyServer(
    probeAnswers((request, response) => {
      const asked = listingOf(request)
      if (asked === undefined) sendJson(response, { Message: 'no' }, 404)
      else sendJson(response, list(asked, calls++), status)
    }),
  )
  const source = openSource(url)
  const listed = async (): Promise<number[]> =>
    (await source.catalogue(MASK, signal)).tags.map((tag) => tag.address.pi!.pointId)
  return { listed, listings: () => seen.filter((request) => listingOf(request) !== undefined).length }
}

describe('catalogue', () => {
  it('believes a list of one answer', async () => {
    const { listed, listings } = await listing(() => ({ Items: ids(1, 10).map(point), Links: {} }))
    expect(await listed()).toEqual(ids(1, 10))
    expect(listings()).toBe(1)
  })

  it('follows a server that gives less than a full page and says so by a link', async () => {
    const { listed } = await listing(({ startIndex }) => ({
      Items: ids(1, 25)
        .slice(startIndex, startIndex + 10)
        .map(point),
      Links: startIndex + 10 < 25 ? { Next: 'https://elsewhere.example.org/' } : {},
    }))
    expect(await listed()).toEqual(ids(1, 25))
  })

  it('asks for less from a server whose ceiling is below its own default page', async () => {
    const { url } = await startTinyServer(
      probeAnswers((request, response) => {
        const asked = listingOf(request)
        if (asked === undefined || asked.maxCount > 300) sendJson(response, { Message: 'too many' }, 400)
        else {
          const items = ids(1, 600).slice(asked.startIndex, asked.startIndex + asked.maxCount)
          sendJson(response, { Items: items.map(point), Links: {} })
        }
      }),
    )
    const { tags } = await openSource(url).catalogue(MASK, signal)
    expect(tags.map((tag) => tag.address.pi!.pointId)).toEqual(ids(1, 600))
  })

  it('lists again until stable when points come and go between pages', async () => {
    const everything = [ids(1, 1_500), ids(1, 1_500).filter((id) => id !== 3)]
    // Tag 3 is deleted between the first two pages: all behind it move up, and one of them is skipped.
    const { listed, listings } = await listing(({ startIndex, maxCount }, call) => ({
      Items: everything[Math.min(call, 1)]!.slice(startIndex, startIndex + maxCount).map(point),
    }))
    expect(await listed()).toEqual(everything[1])
    expect(listings()).toBe(6)
  })

  it('takes what was seen when the list never settles, rather than nothing', async () => {
    const { listed, listings } = await listing(({ startIndex, maxCount }, call) => ({
      Items: [...ids(1, 1_000), 2_000 + Math.floor(call / 2)].slice(startIndex, startIndex + maxCount).map(point),
    }))
    expect((await listed()).length).toBeGreaterThan(1_000)
    expect(listings()).toBe(10)
  })

  it('ends when the server repeats itself', async () => {
    const { listed } = await listing(() => ({ Items: ids(1, 1_000).map(point) }))
    expect(await listed()).toEqual(ids(1, 1_000))
  })

  it.each<[string, unknown]>([
    ['no items', {}],
    ['a point without id', { Items: [{ Name: 'X', PointType: 'Float32' }] }],
    ['an id beyond 32 bits', { Items: [{ Id: 2 ** 31, Name: 'X', PointType: 'Float32' }] }],
    ['a point without type', { Items: [{ Id: 1, Name: 'X' }] }],
  ])('fails on %s', async (_name, answer) => {
    const { listed } = await listing(() => answer)
    const error = await listed().catch((reason: unknown) => reason as BanyanError)
    expect(error).toMatchObject({ code: 'BANYAN_SOURCE_PROTOCOL' })
  })

  it('describes a tag with what the historian told, and guesses nothing else', async () => {
    const { url } = await startTinyServer(
      probeAnswers((request, response) => {
        if (listingOf(request) === undefined) sendJson(response, {}, 404)
        else {
          const full = { Id: 8, Name: 'CDT158', PointType: 'Float32', Descriptor: 'Tower', EngineeringUnits: 'DEG. C' }
          sendJson(response, {
            Items: [
              { ...full, Span: 200, Zero: 50, Step: false, Future: true, DigitalSetName: '' },
              { Id: 9, Name: 'MODE', PointType: 'Digital', DigitalSetName: 'Modes', Zero: null },
            ],
          })
        }
      }),
    )
    const { tags } = await openSource(url).catalogue(MASK, signal)
    const address = { serverGuid: '6f40df05-d9cd-44f7-8d4a-3cb826d0f97d' }
    expect(tags).toEqual([
      {
        id: 'pi/8',
        name: 'CDT158',
        descriptor: 'Tower',
        type: 'float32',
        units: 'DEG. C',
        zero: 50,
        span: 200,
        step: false,
        future: true,
        digitalSet: undefined,
        compression: undefined,
        address: { pi: { ...address, pointId: 8 }, opcua: undefined },
      },
      {
        id: 'pi/9',
        name: 'MODE',
        descriptor: '',
        type: 'digital',
        units: '',
        zero: undefined,
        span: undefined,
        step: false,
        future: false,
        digitalSet: 'Modes',
        compression: undefined,
        address: { pi: { ...address, pointId: 9 }, opcua: undefined },
      },
    ])
  })

  it('reads compression settings in batches, and does without for a tag that does not give them', async () => {
    const { url } = await startTinyServer(
      probeAnswers((request, response) => {
        if (listingOf(request) !== undefined) {
          sendJson(response, { Items: [1, 2, 3].map(point) })
          return
        }
        const subs = Object.keys(JSON.parse(request.body) as object)
        const settings = { compressing: 1, compdev: 0.5, compmin: 0, compmax: 28_800, excdev: 0.25 }
        const items = Object.entries(settings).map(([Name, Value]) => ({ Name, Value }))
        const answers = subs.map((id, i) => [
          id,
          i === 1 ? { Status: 400, Content: { Errors: ['unknown'] } } : { Status: 200, Content: { Items: items } },
        ])
        sendJson(response, Object.fromEntries(answers), 207)
      }),
    )
    const { tags } = await openSource(url).catalogue(MASK, signal)
    const known = { compressing: true, compDev: 0.5, compMinSeconds: 0, compMaxSeconds: 28_800, excDev: 0.25 }
    expect(tags.map((tag) => tag.compression)).toEqual([known, undefined, known])
  })
})
