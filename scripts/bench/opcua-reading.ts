/** One dense OPC UA node, read to its end in two ways: by the adapter, and by the plainest loop there is. */
import '../../src/source/opcua/foreign-log.ts'
import { join } from 'node:path'
import { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import {
  HistoryReadRequest,
  HistoryReadResponse,
  OPCUAClient,
  ReadRawModifiedDetails,
  TimestampsToReturn,
  UserTokenType,
} from 'node-opcua-client'
import type { Tag } from '../../src/domain/tag.ts'
import { ticks } from '../../src/domain/ticks.ts'
import { window } from '../../src/domain/window.ts'
import { openOpcUaSource } from '../../src/source/opcua/source.ts'
import { type HistorianSource, openGate } from '../../src/source/source.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'

/** Where the node is, and how it is read. */
export interface DenseNode {
  readonly endpoint: string
  readonly namespaceUri: string
  readonly name: string
  readonly pageSize: number
  /** Folder for the client's certificates. */
  readonly pki: string
}

/** 2001-09-09 and 2286-11-20: all rows lie between them. */
const FROM = ticks(10_000_000_000_000_000n)
const UNTIL = ticks(100_000_000_000_000_000n)
const TICKS_PER_MS = 10_000n
const TIMEOUT_MS = 60_000

/** Rows per second, whole read by whole read. */
export interface Rates {
  readonly adapter: readonly number[]
  readonly bare: readonly number[]
}

interface Pass {
  readonly rows: number
  readonly seconds: number
}

/** The one way and the other in turn, after one of each to warm up. */
export async function readInTurn(node: DenseNode, rounds: number): Promise<Rates> {
  const adapter: number[] = []
  const bare: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const [one, other] = [await readByAdapter(node), await readBare(node)]
    if (one.rows !== other.rows) throw new Error(`the adapter read ${one.rows} rows, the bare loop ${other.rows}`)
    if (round === 0) continue
    adapter.push(one.rows / one.seconds)
    bare.push(other.rows / other.seconds)
  }
  return { adapter, bare }
}

/** Calls back after each page with the rows so far. */
export async function readByAdapter(node: DenseNode, onPage?: (rows: number) => void): Promise<Pass> {
  const source = openOpcUaSource({
    historian: 'bench',
    endpoint: node.endpoint,
    security: { mode: 'None', policy: 'None', pki: node.pki },
    identity: { type: 'anonymous' },
    nodes: { kind: 'pattern', pattern: `nsu=${node.namespaceUri};s={name}` },
    timeoutMs: TIMEOUT_MS,
    gate: openGate,
    logger: silentLogger,
  })
  try {
    const tag = await tagOf(source, node.name)
    const startedMs = performance.now()
    let rows = 0
    const { signal } = new AbortController()
    for await (const page of source.read(tag, window(FROM, UNTIL), { pageSize: node.pageSize }, signal)) {
      rows += page.samples.length
      onPage?.(rows)
    }
    return { rows, seconds: (performance.now() - startedMs) / 1000 }
  } finally {
    await source.close()
  }
}

async function tagOf(source: HistorianSource, name: string): Promise<Tag> {
  const { tags } = await source.catalogue({ include: [], exclude: [], names: [name] }, new AbortController().signal)
  if (tags[0] === undefined) throw new Error(`no node ${name}`)
  return tags[0]
}

/** Follows the continuation points and counts the rows; looks at none of them, and believes everything. */
async function readBare({ endpoint, namespaceUri, name, pageSize, pki }: DenseNode): Promise<Pass> {
  const clientCertificateManager = new OPCUACertificateManager({
    rootFolder: join(pki, 'bare'),
    automaticallyAcceptUnknownCertificate: true,
    disableFileWatchers: true,
  })
  await clientCertificateManager.initialize()
  const client = OPCUAClient.create({
    clientCertificateManager,
    endpointMustExist: false,
    defaultTransactionTimeout: TIMEOUT_MS,
  })
  await client.connect(endpoint)
  try {
    const session = await client.createSession({ type: UserTokenType.Anonymous })
    const index = (await session.readNamespaceArray()).indexOf(namespaceUri)
    const nodeId = `ns=${index};s=${name}`
    const historyReadDetails = new ReadRawModifiedDetails({
      startTime: new Date(Number(FROM / TICKS_PER_MS)),
      endTime: new Date(Number(UNTIL / TICKS_PER_MS)),
      numValuesPerNode: pageSize,
    })
    const startedMs = performance.now()
    let rows = 0
    let continuationPoint: Buffer | undefined
    do {
      const nodesToRead = [continuationPoint === undefined ? { nodeId } : { nodeId, continuationPoint }]
      const request = new HistoryReadRequest({
        historyReadDetails,
        timestampsToReturn: TimestampsToReturn.Source,
        nodesToRead,
      })
      const response: HistoryReadResponse = await session.historyRead(request)
      const result = response.results?.[0]
      rows += (result?.historyData as { dataValues?: readonly unknown[] } | undefined)?.dataValues?.length ?? 0
      const next = result?.continuationPoint as Buffer | null | undefined
      continuationPoint = next === null || next?.length === 0 ? undefined : next
    } while (continuationPoint !== undefined)
    const seconds = (performance.now() - startedMs) / 1000
    await session.close()
    return { rows, seconds }
  } finally {
    await client.disconnect()
  }
}
