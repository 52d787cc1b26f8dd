/** Small reads that arrive together, and a server that answers them one by one, in batches and in streamsets. */
import type { ServerResponse } from 'node:http'
import { tagId } from '../../../src/domain/tag-id.ts'
import type { Tag } from '../../../src/domain/tag.ts'
import { parseTicks, ticks, TICKS_PER_SECOND } from '../../../src/domain/ticks.ts'
import { window, type Window } from '../../../src/domain/window.ts'
import { encodePointWebId, pointIdOf } from '../../../src/source/pi-web-api/webid.ts'
import type { HistorianSource } from '../../../src/source/source.ts'
import { GUID, sendJson, type SeenRequest } from './tiny-server.ts'

const FROM = parseTicks('2024-05-01T00:00:00Z')
const UNTIL = parseTicks('2024-05-02T00:00:00Z')
export const SAME_RANGE = (): Window => window(FROM, UNTIL)
/** No two of them can share a streamset call. */
export const OWN_RANGE = (pointId: number): Window => window(ticks(FROM + BigInt(pointId) * TICKS_PER_SECOND), UNTIL)

export function tag(pointId: number): Tag {
  return {
    id: tagId('pi', pointId),
    name: `TAG${pointId}`,
    descriptor: '',
    type: 'float64',
    units: '',
    zero: undefined,
    span: undefined,
    step: false,
    future: false,
    digitalSet: undefined,
    compression: undefined,
    address: { pi: { serverGuid: GUID, pointId }, opcua: undefined },
  }
}

/** One sample whose value is the point's id. */
export const recordedOf = (pointId: number): object => ({
  Items: [{ Timestamp: '2024-05-01T06:00:00Z', Value: pointId, Good: true }],
})

export interface SubAnswer {
  readonly Status: number
  readonly Content: unknown
  readonly Headers?: object
}
export const ok = (pointId: number): SubAnswer => ({ Status: 200, Content: recordedOf(pointId) })

type SubRequests = Record<string, { Method: string; Resource: string }>

export const resourcesOf = ({ body }: SeenRequest): string[] =>
  body === '' ? [] : Object.values(JSON.parse(body) as SubRequests).map((sub) => decodeURIComponent(sub.Resource))

export const sizeOf = (request: SeenRequest): number => resourcesOf(request).length

export const pointIn = (url: string): number => pointIdOf(/\/streams\/([^/]+)/.exec(url)?.[1] ?? '') ?? 0

/** What stands in a streamset call for a point: its WebID in the long form, as servers like to answer. */
export const streamOf = (pointId: number, content: object = recordedOf(pointId)): object => ({
  WebId: `${encodePointWebId({ serverGuid: GUID, pointId }).replace('I1DP', 'F1DP')}TkFNRQ`,
  ...content,
})

export const pointsIn = (url: string): number[] =>
  [...url.matchAll(/webId=([^&]+)/g)].map((match) => pointIdOf(match[1]!)!)

export const maxCountIn = (url: string): number => Number(/maxCount=(\d+)/.exec(url)?.[1])

const recordedSet = (url: string): SubAnswer => ({
  Status: 200,
  Content: { Items: pointsIn(url).map((id) => streamOf(id)) },
})

/** Answers reads alone, in batches and in streamsets; `answer` may leave a part of a batch out. */
export function answerReads(
  request: SeenRequest,
  response: ServerResponse,
  answer: (pointId: number) => SubAnswer | undefined,
  answerSet: (url: string) => SubAnswer = recordedSet,
): void {
  const answerUrl = (url: string): SubAnswer | undefined =>
    url.includes('/streamsets/') ? answerSet(url) : answer(pointIn(url))
  if (request.method === 'GET') {
    const alone = answerUrl(request.path)
    sendJson(response, alone?.Content, alone?.Status)
    return
  }
  const subs = Object.entries(JSON.parse(request.body) as SubRequests)
  if (subs.some(([, sub]) => sub.Method !== 'GET')) throw new Error('a batch holds more than GETs')
  const answers = subs.map(([id, sub]) => {
    const detection = sub.Resource.endsWith('/system/userinfo')
    return [id, detection ? { Status: 200, Content: { Name: 'PLANT\\svc' } } : answerUrl(sub.Resource)] as const
  })
  sendJson(response, Object.fromEntries(answers.filter(([, it]) => it !== undefined)), 207)
}

export async function readTogether(
  source: HistorianSource,
  count: number,
  range: (pointId: number) => Window,
): Promise<PromiseSettledResult<unknown>[]> {
  const signal = new AbortController().signal
  return Promise.allSettled(
    Array.from({ length: count }, async (_, i) => {
      const values: unknown[] = []
      for await (const page of source.read(tag(i + 1), range(i + 1), { pageSize: 100 }, signal)) {
        values.push(...page.samples.map((sample) => sample.value))
      }
      return values
    }),
  )
}

/** What `readTogether` gives when every read brings its own sample. */
export const fulfilled = (count: number): object[] =>
  Array.from({ length: count }, (_, i) => ({ status: 'fulfilled', value: [i + 1] }))
