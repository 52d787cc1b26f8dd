import { describe, expect, it } from 'vitest'
import { formatTicks } from '../../../src/domain/ticks.ts'
import { openSource, probeAnswers, sendJson, startTinyServer } from './tiny-server.ts'

const signal = new AbortController().signal
const SERVER_TIME_MS = Date.parse('2024-05-01T06:00:00.125Z')

describe('probe', () => {
  it('tells product, identity, user, features and how far the clocks are apart', async () => {
    const { url, seen } = await startTinyServer(
      probeAnswers((_request, response) =>
        sendJson(response, { who: { Status: 200, Content: { Name: 'PLANT\\svc' } } }, 207),
      ),
    )
    const probe = await openSource(url, { clock: () => SERVER_TIME_MS - 5_000 }).probe(signal)
    expect(probe).toMatchObject({
      product: 'PI Web API 1.13.0.6298',
      server: 'PISRV01',
      serverGuid: '6f40df05-d9cd-44f7-8d4a-3cb826d0f97d',
      clockOffsetMs: 5_000,
      user: 'PLANT\\svc',
      features: { batch: true },
    })
    expect(formatTicks(probe.serverTime)).toBe('2024-05-01T06:00:00.1250305Z')
    expect(seen).toHaveLength(3)
  })

  it('does without batches and without ServerTime', async () => {
    const date = 'Wed, 01 May 2024 06:00:00 GMT'
    const { url } = await startTinyServer((request, response) => {
      response.setHeader('Date', date)
      if (request.path === '/system') sendJson(response, {})
      else if (request.path.startsWith('/dataservers')) {
        sendJson(response, { WebId: 'F1DSx', Id: '6f40df05-d9cd-44f7-8d4a-3cb826d0f97d', Name: 'PISRV01' })
      } else sendJson(response, { Message: 'no' }, 404)
    })
    const probe = await openSource(url, { clock: () => Date.parse(date) }).probe(signal)
    expect(probe).toMatchObject({ clockOffsetMs: 0, user: undefined, features: { batch: false } })
  })

  it('lists the data servers there are when the configured one is not among them', async () => {
    const { url } = await startTinyServer((request, response) => {
      if (request.path === '/dataservers')
        sendJson(response, { Items: [{ Name: 'PISRV02' }, { Name: 'PI\u001b[31m' }] })
      else if (request.path.startsWith('/dataservers')) sendJson(response, { Errors: ['not found'] }, 404)
      else sendJson(response, {})
    })
    await expect(openSource(url).probe(signal)).rejects.toMatchObject({
      code: 'BANYAN_SOURCE_NOT_FOUND',
      message: expect.stringContaining('PISRV01') as unknown,
      hint: expect.stringMatching(/PISRV02, PI \[31m/) as unknown,
    })
  })

  it('doubts the url when there is no PI Web API behind it', async () => {
    const { url } = await startTinyServer((_request, response) => response.writeHead(404).end('nothing here'))
    await expect(openSource(url).probe(signal)).rejects.toMatchObject({
      code: 'BANYAN_SOURCE_NOT_FOUND',
      hint: expect.stringContaining('/piwebapi') as unknown,
    })
  })

  it('says so when PI Web API has lost its data server', async () => {
    const { url } = await startTinyServer((request, response) => {
      const id = '6f40df05-d9cd-44f7-8d4a-3cb826d0f97d'
      if (request.path === '/system') sendJson(response, {})
      else sendJson(response, { WebId: 'x', Id: id, Name: 'PISRV01', IsConnected: false })
    })
    await expect(openSource(url).probe(signal)).rejects.toMatchObject({
      code: 'BANYAN_SOURCE_UNAVAILABLE',
      retryable: true,
      message: expect.stringContaining('not connected') as unknown,
    })
  })

  it('answers within two attempts: a person is waiting', async () => {
    const { url, seen } = await startTinyServer((_request, response) => response.writeHead(503).end())
    await expect(openSource(url).probe(signal)).rejects.toMatchObject({ code: 'BANYAN_SOURCE_UNAVAILABLE' })
    expect(seen).toHaveLength(2)
  })
})
