/**
 * The web server: binds the address, bounds what one client can hold, and ends every connection when closed. Slow and
 * oversized requests are cut off, so that nobody who may connect can keep the daemon from its work.
 */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { BanyanError, messageOf } from '../domain/errors.ts'
import type { CutoverReport } from '../report/cutover-model.ts'
import type { ParityReport } from '../report/model.ts'
import type { LiveStatus } from '../telemetry/live-status.ts'
import type { Logger } from '../telemetry/logger.ts'
import { ownHosts } from './own-host.ts'
import { createRoutes } from './routes.ts'
import type { RoutingSource } from './routing.ts'

export interface WebAddress {
  /** Name or IP address; IPv6 without brackets. */
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** Names clients may ask for, lower-case, beside `host`, localhost and IP addresses. */
  readonly names: readonly string[]
}

export interface WebParts {
  readonly listen: WebAddress
  readonly live: () => LiveStatus
  /** See RoutesParts. */
  readonly report: () => Promise<ParityReport>
  readonly cutoverReport: () => Promise<CutoverReport>
  readonly routing: RoutingSource
  readonly logger: Logger
}

export interface Web {
  /** E.g. `http://127.0.0.1:8080`. */
  readonly url: string
  /** Stops listening and ends every connection; a request under way is cut off. */
  close(): Promise<void>
}

/** Scrapers and probes send a few hundred bytes. */
const MAX_HEADER_BYTES = 8 * 1024
/** A request has no body to speak of and is answered from memory. */
const REQUEST_TIMEOUT_MS = 10_000
/** Longer than a scraper's usual minute, so that it keeps its connection. */
const KEEP_ALIVE_MS = 75_000
/** A handful of scrapers, probes and people. */
const MAX_CONNECTIONS = 100

/** Rejects with BANYAN_CONFIG_INVALID when the address cannot be listened on. */
export async function startWeb({ listen, logger, ...answers }: WebParts): Promise<Web> {
  const isOwnHost = ownHosts([listen.host, ...listen.names])
  const routes = createRoutes({ ...answers, isOwnHost, logger })
  const server = createAdaptorServer({
    fetch: routes.fetch,
    // The request and response classes of the rest of the process stay what they are.
    overrideGlobalObjects: false,
    serverOptions: {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
  }) as Server
  server.maxConnections = MAX_CONNECTIONS
  // A client that does not read its answer.
  server.setTimeout(KEEP_ALIVE_MS)

  await bind(server, listen)
  // Without a listener, what goes wrong with one connection (no more file descriptors) would end the process.
  server.on('error', (error) => {
    logger.warn({ error: messageOf(error) }, 'the web server has trouble')
  })
  const { port } = server.address() as AddressInfo
  const url = `http://${hostAndPort({ ...listen, port })}`
  logger.info({ url }, 'listening')
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function bind(server: Server, listen: WebAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => reject(cannotListen(error, listen))
    server.once('error', onError)
    server.listen(listen.port, listen.host, () => {
      server.off('error', onError)
      resolve()
    })
  })
}

function cannotListen(error: NodeJS.ErrnoException, listen: WebAddress): BanyanError {
  const address = hostAndPort(listen)
  return new BanyanError('BANYAN_CONFIG_INVALID', `cannot listen on ${address}: ${reasonOf(error)}`, {
    hint: 'change web.listen in the configuration, or remove it to run without a web server',
    context: { address },
    cause: error,
  })
}

function reasonOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'another process listens there, perhaps another banyan sync'
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address'
    case 'EACCES':
      return 'the account that runs Banyan may not use this port'
    case 'ENOTFOUND':
      return 'this name has no address'
    default:
      return messageOf(error)
  }
}

function hostAndPort({ host, port }: WebAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${String(port)}`
}
