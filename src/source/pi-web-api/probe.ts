/** Probe: is the service there, does it know the data server, whose clock is how far off? */
import { BanyanError, isBanyanError } from '../../domain/errors.ts'
import { parseTicks, ticksFromMs, floorToMs, type Ticks } from '../../domain/ticks.ts'
import type { SourceProbe } from '../source.ts'
import type { ServerAddress } from './catalogue.ts'
import type { DatedAnswer, PiWebApiClient } from './client.ts'
import { dataServerSchema, decodeEntity, namesSchema, systemSchema } from './entities.ts'
import { printable, protocolError } from './errors.ts'
import type { Features } from './features.ts'
import type { Retrying } from './retrying.ts'

/** Names listed in a hint: enough to see a typing error, not a page. */
const MAX_LISTED_SERVERS = 20

export interface ProbeParts {
  readonly client: PiWebApiClient
  readonly features: Features
  readonly retrying: Retrying
  readonly historian: string
  readonly dataServer: string
  readonly clock: () => number
}

export async function probe(parts: ProbeParts, signal: AbortSignal): Promise<SourceProbe> {
  const { client, features, retrying, clock } = parts
  const what = 'asking PI Web API for its version'
  const product = await retrying(async () => {
    try {
      const { json } = await client.get('/system', { what, rows: 0, signal })
      return decodeEntity(systemSchema, json, what)
    } catch (error) {
      if (!isBanyanError(error, 'BANYAN_SOURCE_NOT_FOUND')) throw error
      const hint = 'Is the url the base of PI Web API, such as https://host/piwebapi ?'
      throw new BanyanError(error.code, error.message, { hint, context: error.context, cause: error })
    }
  }, signal)
  let askedMs = clock()
  const { server, answer, isConnected, serverTime } = await findServer(parts, signal, () => (askedMs = clock()))
  const answeredMs = clock()
  if (!isConnected) {
    throw new BanyanError(
      'BANYAN_SOURCE_UNAVAILABLE',
      `PI Web API is there, but not connected to data server ${printable(server.name)}`,
      { retryable: true, hint: 'Check that the PI Data Archive runs and that PI Web API may reach it.' },
    )
  }
  features.forget()
  const { batch, user } = await features.find(signal)
  const at = serverTime ?? dateOf(answer)
  return {
    source: 'pi-web-api',
    product: [product.ProductTitle ?? 'PI Web API', product.ProductVersion].filter(Boolean).join(' '),
    server: server.name,
    serverGuid: server.serverGuid,
    serverTime: at,
    clockOffsetMs: Math.round(floorToMs(at) - (askedMs + answeredMs) / 2),
    user,
    features: { batch },
  }
}

interface FoundServer {
  readonly server: ServerAddress
  readonly answer: DatedAnswer
  readonly isConnected: boolean
  /** Undefined on servers before 2018. */
  readonly serverTime: Ticks | undefined
}

/** `onAsk` is called right before each attempt. */
export async function findServer(
  { client, retrying, historian, dataServer }: ProbeParts,
  signal: AbortSignal,
  onAsk?: () => void,
): Promise<FoundServer> {
  const what = `looking up data server ${printable(dataServer)}`
  try {
    return await retrying(async () => {
      onAsk?.()
      const path = `/dataservers?path=${encodeURIComponent(`\\\\${dataServer}`)}`
      const answer = await client.get(path, { what, rows: 0, signal })
      const found = decodeEntity(dataServerSchema, answer.json, what)
      const server = { historian, serverGuid: found.Id.toLowerCase(), name: found.Name, webId: found.WebId }
      const serverTime = found.ServerTime === undefined ? undefined : timeOf(found.ServerTime, what)
      return { server, answer, isConnected: found.IsConnected ?? true, serverTime }
    }, signal)
  } catch (error) {
    if (!isBanyanError(error, 'BANYAN_SOURCE_NOT_FOUND')) throw error
    const names = await serverNames(client, signal)
    const hint =
      names.length === 0
        ? 'PI Web API lists no data server for this account: check its rights.'
        : `Set dataServer to one that PI Web API knows: ${names.join(', ')}.`
    throw new BanyanError(error.code, `there is no data server named ${printable(dataServer)}`, {
      hint,
      context: { dataServer },
      cause: error,
    })
  }
}

async function serverNames(client: PiWebApiClient, signal: AbortSignal): Promise<string[]> {
  const what = 'listing the data servers'
  const { json } = await client.get('/dataservers', { what, rows: 0, signal })
  const names = decodeEntity(namesSchema, json, what).Items.map((item) => printable(item.Name))
  return names.slice(0, MAX_LISTED_SERVERS)
}

function timeOf(text: string, what: string): Ticks {
  try {
    return parseTicks(text)
  } catch (cause) {
    throw protocolError(`${what}: ServerTime cannot be read (${printable(text)})`, 'contradiction', {}, cause)
  }
}

/** The web server's clock stands in where the data server's is not told; good to a second. */
function dateOf({ dateMs }: DatedAnswer): Ticks {
  if (dateMs !== undefined) return ticksFromMs(dateMs)
  throw protocolError('the answer tells neither ServerTime nor Date: the historian has no clock', 'contradiction')
}
