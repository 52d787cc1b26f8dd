/**
 * Probe: is the server there, are we signed in, what is its clock, may we read history?
 *
 * An OPC UA server has no permanent number of its own; it has an application URI, which clients compare with its
 * certificate. The probe's `serverGuid` is that URI's SHA-256, cut to the form of a UUID.
 */
import './foreign-log.ts'
import { createHash } from 'node:crypto'
import { AttributeIds } from 'node-opcua-client'
import { BanyanError } from '../../domain/errors.ts'
import { parseOpcUaAddress } from '../../domain/opc-ua-address.ts'
import { floorToMs } from '../../domain/ticks.ts'
import type { SourceProbe } from '../source.ts'
import { readAttributes } from './attributes.ts'
import { HISTORY_READ } from './describe.ts'
import { contradiction } from './errors.ts'
import type { OpcUaIdentity, OpcUaNodes } from './options.ts'
import { printable } from './printable.ts'
import type { Requests } from './requests.ts'
import { ticksOfRow, type PreciseDate } from './time.ts'

export interface ProbeParts {
  readonly requests: Requests
  readonly nodes: OpcUaNodes
  readonly identity: OpcUaIdentity
  readonly clock: () => number
}

const CURRENT_TIME = parseOpcUaAddress('i=2258')
const PRODUCT_NAME = parseOpcUaAddress('i=2261')
const SOFTWARE_VERSION = parseOpcUaAddress('i=2264')

/** Listed nodes whose rights are looked at: enough to tell a wrong account from a wrong node. */
const RIGHTS_SAMPLE = 50

export async function probe(parts: ProbeParts, signal: AbortSignal): Promise<SourceProbe> {
  const { requests, identity, clock } = parts
  // Connecting takes its time, which is none of the clock's.
  const { serverUri } = await requests.session(signal)
  const askedMs = clock()
  const what = 'asking the server for its clock'
  const reads = [CURRENT_TIME, PRODUCT_NAME, SOFTWARE_VERSION].map((address) => ({
    address,
    attributeId: AttributeIds.Value,
  }))
  const [time, product, version] = (await readAttributes(requests, reads, what, signal)).map(({ value }) => value)
  const answeredMs = clock()
  const serverTime = time instanceof Date ? ticksOfRow(time, (time as PreciseDate).picoseconds ?? 0) : undefined
  if (serverTime === undefined) throw contradiction(`${what}: ServerStatus.CurrentTime is no time`)
  await expectRights(parts, signal)
  return {
    source: 'opcua',
    product: [product, version].filter((text) => typeof text === 'string' && text !== '').join(' ') || 'OPC UA server',
    server: printable(serverUri),
    serverGuid: guidOf(serverUri),
    serverTime,
    clockOffsetMs: Math.round(floorToMs(serverTime) - (askedMs + answeredMs) / 2),
    user: identity.type === 'username' ? identity.username : undefined,
    features: { batch: true },
  }
}

/** Of listed nodes, those that exist must not all be closed to this account. */
async function expectRights({ requests, nodes }: ProbeParts, signal: AbortSignal): Promise<void> {
  if (nodes.kind !== 'list') return
  const sample = [...nodes.entries.values()].slice(0, RIGHTS_SAMPLE)
  const reads = sample.map((address) => ({ address, attributeId: AttributeIds.UserAccessLevel }))
  const levels = (await readAttributes(requests, reads, 'asking what may be read', signal))
    .map(({ value }) => value)
    .filter((value) => typeof value === 'number')
  if (levels.length === 0 || levels.some((level) => (level & HISTORY_READ) !== 0)) return
  throw new BanyanError('BANYAN_SOURCE_FORBIDDEN', 'this account may not read the history of any of the listed nodes', {
    hint: "Give it HistoryRead rights in the OPC UA server's configuration, and check that history is kept there.",
  })
}

function guidOf(uri: string): string {
  const hex = createHash('sha256').update(uri).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}
