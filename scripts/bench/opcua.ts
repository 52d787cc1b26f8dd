/** OPC UA: what the care of the adapter costs beside a loop that takes none, and that it holds no history in memory. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSimulator } from '../../src/simulator/simulator.ts'
import type { UaRow } from '../../src/simulator/opcua/row.ts'
import { startOpcUaServer } from '../../src/simulator/opcua/server.ts'
import { measure, median } from './measure.ts'
import type { ReaderReport } from './opcua-reader-process.ts'
import { type DenseNode, type Rates, readInTurn } from './opcua-reading.ts'
import { ROOT } from './site.ts'
import { formatCount, formatMib, row } from './table.ts'

const ROWS = 1_000_000
const STRETCH_ROWS = 200_000
const ROUNDS = 5
/** Default of the configuration. */
const PAGE_SIZE = 2000
const START = 17_000_000_000_000_000n
const TICKS_PER_SECOND = 10_000_000n

export async function benchOpcUa(): Promise<void> {
  const pki = await mkdtemp(join(tmpdir(), 'banyan-bench-pki-'))
  const { historian } = createSimulator({ scenario: 'empty' })
  const node = (name: string, rows: number): { name: string; type: 'Double'; rows: readonly UaRow[] } => ({
    name,
    type: 'Double',
    rows: Array.from({ length: rows }, (_, i) => ({
      ticks: START + BigInt(i) * TICKS_PER_SECOND,
      status: 0,
      value: { type: 'Double', value: i / 8 },
    })),
  })
  const extraNodes = [node('DENSE', STRETCH_ROWS), node('LONG', ROWS)]
  const server = await startOpcUaServer({ historian, dialect: 'node-opcua', extraNodes })
  const at = { endpoint: server.endpoint, namespaceUri: server.namespaceUri, pageSize: PAGE_SIZE, pki }
  try {
    const together = await readInTurn({ ...at, name: 'DENSE' }, ROUNDS)
    ratio('server in the same process', '≥ 0.60', together)
    const apart = await readApart({ ...at, name: 'LONG' })
    ratio('server in another process', '', apart)
    const { residentBytes, peakBytes } = apart
    const [early = Number.NaN, late = Number.NaN] = [residentBytes[0], residentBytes.at(-1)]
    row(
      `OPC UA adapter: memory, ${formatCount(residentBytes.length * STRETCH_ROWS)} rows / ${formatCount(STRETCH_ROWS)}`,
      (late / early).toFixed(2),
      '< 1.10',
      `${formatMib(early)} → ${formatMib(late)} after a collection, ${formatMib(peakBytes)} peak`,
    )
  } finally {
    await server.close()
    await rm(pki, { recursive: true, force: true })
  }
}

function ratio(where: string, wanted: string, { adapter, bare }: Rates): void {
  const [ours, theirs] = [median(adapter), median(bare)]
  row(
    `OPC UA adapter / bare historyRead loop, ${where}`,
    (ours / theirs).toFixed(2),
    wanted,
    `${Math.round(ours / 1000)} k/s / ${Math.round(theirs / 1000)} k/s, pages of ${formatCount(PAGE_SIZE)}`,
  )
}

async function readApart(node: DenseNode): Promise<ReaderReport> {
  const script = `${ROOT}/scripts/bench/opcua-reader-process.ts`
  const args = ['--expose-gc', '--import', 'tsx', script, JSON.stringify(node), String(STRETCH_ROWS), '3']
  return JSON.parse((await measure(process.execPath, args, ROOT)).stdout) as ReaderReport
}
