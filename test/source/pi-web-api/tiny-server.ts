/** A server that answers whatever a test says, for what the simulator cannot or should not do. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { openPiWebApiSource } from '../../../src/source/pi-web-api/source.ts'
import type { PiWebApiOptions } from '../../../src/source/pi-web-api/options.ts'
import { openGate, type HistorianSource } from '../../../src/source/source.ts'
import { silentLogger } from '../../../src/telemetry/logger.ts'

export const GUID = '6f40df05-d9cd-44f7-8d4a-3cb826d0f97d'

export interface SeenRequest {
  readonly method: string
  /** Path and query behind the base, decoded. */
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

type Respond = (request: SeenRequest, response: ServerResponse) => void

export interface TinyServer {
  readonly url: string
  readonly seen: readonly SeenRequest[]
}

export async function startTinyServer(respond: Respond): Promise<TinyServer> {
  const seen: SeenRequest[] = []
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const request = {
        method: incoming.method ?? '',
        path: decodeURIComponent((incoming.url ?? '').replace(/^\/piwebapi/, '')),
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      }
      seen.push(request)
      respond(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/piwebapi`, seen }
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify(body))
}

/** Answers the probe's questions; everything else is the test's. */
export function probeAnswers(respond: Respond): Respond {
  return (request, response) => {
    if (request.path === '/system') {
      sendJson(response, { ProductTitle: 'PI Web API', ProductVersion: '1.13.0.6298', WebException: null })
    } else if (request.path.startsWith('/dataservers?path=')) {
      sendJson(response, {
        WebId: 'F1DSx',
        Id: GUID.toUpperCase(),
        Name: 'PISRV01',
        IsConnected: true,
        ServerTime: '2024-05-01T06:00:00.1250305Z',
      })
    } else {
      respond(request, response)
    }
  }
}

export function openSource(url: string, changes: Partial<PiWebApiOptions> = {}): HistorianSource {
  const source = openPiWebApiSource({
    historian: 'pi',
    url,
    dataServer: 'PISRV01',
    auth: { type: 'none' },
    timeoutMs: 10_000,
    retryDelayMs: 1,
    gate: openGate,
    logger: silentLogger,
    ...changes,
  })
  onTestFinished(() => source.close())
  return source
}
