/** A bare client of the double: one session, raw reads page by page, rows as the double's own truth spells them. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  ClientSession,
  DataValue,
  HistoryReadResult,
  OPCUACertificateManager,
  OPCUAClientOptions,
  UserIdentityInfo,
} from 'node-opcua'
import { afterAll, onTestFinished } from 'vitest'
import { preciseDate, ticksOf } from '../../../src/simulator/opcua/data-value.ts'
import type { RawRead } from '../../../src/simulator/opcua/history-page.ts'
import type { NodeOpcua } from '../../../src/simulator/opcua/node-opcua.ts'
import type { UaRow, UaType } from '../../../src/simulator/opcua/row.ts'
import { PLANT_NAMESPACE } from '../../../src/simulator/opcua/address-space.ts'

export const opcua = createRequire(import.meta.url)('node-opcua') as NodeOpcua

let certificates: OPCUACertificateManager | undefined

afterAll(async () => {
  if (certificates !== undefined) await rm(certificates.rootDir, { recursive: true, force: true })
})

/** The library wants a key of its own even where nothing is signed; one for all tests of a file. */
export async function clientCertificates(): Promise<OPCUACertificateManager> {
  if (certificates === undefined) {
    const rootFolder = await mkdtemp(join(tmpdir(), 'banyan-opcua-client-'))
    const options = { rootFolder, automaticallyAcceptUnknownCertificate: true, disableFileWatchers: true }
    certificates = new opcua.OPCUACertificateManager(options)
    await certificates.initialize()
  }
  return certificates
}

/** Before and after everything the scenarios hold. */
export const EVER = { start: 0n, end: 30_000_000_000_000_000n, count: 0, returnBounds: false } as const

export interface BareClient {
  readonly session: ClientSession
  readonly nodeId: (name: string) => string
  /** One call for one node. */
  readonly page: (name: string, read?: Partial<RawRead>, point?: Buffer) => Promise<HistoryReadResult>
  /** All rows, by following continuation points. */
  readonly rows: (name: string, read?: Partial<RawRead>) => Promise<UaRow[]>
  readonly release: (name: string, point: Buffer) => Promise<HistoryReadResult>
}

export async function connectTo(
  endpoint: string,
  options: OPCUAClientOptions = {},
  identity?: UserIdentityInfo,
): Promise<BareClient> {
  const client = opcua.OPCUAClient.create({
    endpointMustExist: false,
    clientCertificateManager: await clientCertificates(),
    connectionStrategy: { maxRetry: 2, initialDelay: 50, maxDelay: 100 },
    ...options,
  })
  onTestFinished(() => client.disconnect())
  await client.connect(endpoint)
  const session = await client.createSession(identity)
  onTestFinished(() => session.close().catch(() => undefined))
  const index = (await session.readNamespaceArray()).indexOf(PLANT_NAMESPACE)
  const nodeId = (name: string): string => `ns=${String(index)};s=${name}`
  const read = async (
    name: string,
    question: Partial<RawRead>,
    point: Buffer | undefined,
    release: boolean,
  ): Promise<HistoryReadResult> => {
    const { start, end, count, returnBounds } = { ...EVER, ...question }
    const request = new opcua.HistoryReadRequest({
      historyReadDetails: new opcua.ReadRawModifiedDetails({
        startTime: preciseDate(start),
        endTime: preciseDate(end),
        numValuesPerNode: count,
        returnBounds,
      }),
      timestampsToReturn: opcua.TimestampsToReturn.Source,
      releaseContinuationPoints: release,
      nodesToRead: [{ nodeId: nodeId(name), ...(point === undefined ? {} : { continuationPoint: point }) }],
    })
    return (await session.historyRead(request)).results![0]!
  }
  return {
    session,
    nodeId,
    page: (name, question = {}, point) => read(name, question, point, false),
    release: (name, point) => read(name, {}, point, true),
    async rows(name, question = {}) {
      const rows: UaRow[] = []
      let point: Buffer | undefined
      for (;;) {
        const result = await read(name, question, point, false)
        if (result.statusCode.value >= 0x4000_0000) throw new Error(result.statusCode.toString())
        rows.push(...valuesOf(result).map(rowOf))
        point = pointOf(result)
        if (point === undefined) return rows
      }
    },
  }
}

export function valuesOf(result: HistoryReadResult): DataValue[] {
  return (result.historyData as { readonly dataValues?: DataValue[] } | null)?.dataValues ?? []
}

export function pointOf({ continuationPoint }: HistoryReadResult): Buffer | undefined {
  const bytes = continuationPoint as Buffer | null
  return bytes === null || bytes.length === 0 ? undefined : bytes
}

/** Undoes what the wire does to a row. Status codes the library does not know have become plain Bad by then. */
export function rowOf({ sourceTimestamp, sourcePicoseconds, statusCode, value }: DataValue): UaRow {
  const ticks = ticksOf(Object.assign(new Date(sourceTimestamp!), { picoseconds: sourcePicoseconds }))!
  const below = sourcePicoseconds % 100_000
  const type = opcua.DataType[value.dataType] as UaType | 'Null'
  return {
    ticks,
    ...(below === 0 ? {} : { picoseconds: below }),
    status: statusCode.value,
    value: type === 'Null' ? undefined : { type, value: contentOf(type, value.value) },
  }
}

function contentOf(type: UaType, value: unknown): NonNullable<UaRow['value']>['value'] {
  if (type === 'DateTime') return ticksOf(value as Date)!
  if (type === 'ByteString') return new Uint8Array(value as Buffer)
  if (type === 'Int64' || type === 'UInt64') {
    const [high, low] = value as [number, number]
    const bits = (BigInt(high) << 32n) | BigInt(low)
    return type === 'Int64' ? BigInt.asIntN(64, bits) : bits
  }
  if (type === 'LocalizedText') {
    const { locale, text } = value as { readonly locale: string | null; readonly text: string | null }
    return { locale: locale ?? '', text: text ?? '' }
  }
  return ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : (value as number)
}
