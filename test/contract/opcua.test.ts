import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatOpcUaAddress } from '../../src/domain/opc-ua-address.ts'
import { tagId } from '../../src/domain/tag-id.ts'
import { ticks, TICKS_PER_SECOND } from '../../src/domain/ticks.ts'
import { DIALECTS, type Dialect, type DialectName } from '../../src/simulator/opcua/dialect.ts'
import { startOpcUaServer } from '../../src/simulator/opcua/server.ts'
import { ODD_NAMES } from '../../src/simulator/scenarios/conformance.ts'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { openOpcUaSource } from '../../src/source/opcua/source.ts'
import { openGate } from '../../src/source/source.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'
import { keyOfOpcUaTruth } from '../harness/opcua-expected.ts'
import { describeHistorianSource, type SourceUnderTest } from './historian-source.ts'

async function open(dialect: DialectName | Dialect): Promise<SourceUnderTest> {
  const simulator = createSimulator({ scenario: 'conformance' })
  const { historian } = simulator
  const server = await startOpcUaServer({ historian, dialect })
  const pki = await mkdtemp(join(tmpdir(), 'banyan-pki-'))
  const source = openOpcUaSource({
    historian: 'ua',
    endpoint: server.endpoint,
    security: { mode: 'None', policy: 'None', pki },
    identity: { type: 'anonymous' },
    nodes: { kind: 'browse', root: server.addressOf('Plant') },
    timeoutMs: 30_000,
    retryDelayMs: 1,
    gate: openGate,
    logger: silentLogger,
  })
  const idOf = (name: string): string => tagId('ua', formatOpcUaAddress(server.addressOf(name)))
  const truth = new Map<string, string[]>(historian.primary.points.map((point) => [point.name, []]))
  for (const row of simulator.truth()) truth.get(row.name)!.push(keyOfOpcUaTruth(idOf(row.name), row))
  let changes = 0
  return {
    source,
    truth,
    tied: 'TIES.RANDOM',
    selections: [
      {
        selection: { include: ['type.float*'], exclude: [], names: [] },
        names: ['TYPE.FLOAT16', 'TYPE.FLOAT32', 'TYPE.FLOAT64'],
      },
      {
        selection: { include: ['TYPE.INT??', 'Empty.*'], exclude: ['*string'], names: ['TYPE.BLOB'] },
        names: ['TYPE.INT16', 'TYPE.INT32', 'EMPTY.FLOAT', 'TYPE.BLOB'],
      },
      { selection: { include: ['\\[bracket\\]*'], exclude: [], names: [] }, names: [ODD_NAMES[13]] },
      { selection: { include: ['EMPTY.STRING'], exclude: ['EMPTY*'], names: [] }, names: [] },
    ],
    kind: 'opcua',
    compareIds: (a, b) => (a < b ? -1 : 1),
    unknown: (known) => {
      const address = server.addressOf('NO.SUCH.NODE')
      return { ...known, id: tagId('ua', formatOpcUaAddress(address)), address: { pi: undefined, opcua: address } }
    },
    async change() {
      const newest = ticks(historian.clock.now() + BigInt(++changes) * TICKS_PER_SECOND)
      const late = ticks(historian.clock.now() - BigInt(changes) * TICKS_PER_SECOND)
      historian.write('TYPE.FLOAT64', newest, changes)
      historian.insert('TYPE.INT32', late, changes)
      return { added: { name: 'TYPE.FLOAT64', at: newest }, late: { name: 'TYPE.INT32', at: late } }
    },
    async close() {
      await source.close()
      await server.close()
      await rm(pki, { recursive: true, force: true })
    },
  }
}

describeHistorianSource('OPC UA, a node-opcua server', () => open('node-opcua'))
describeHistorianSource('OPC UA, a capping vendor: empty pages, expiring continuation points', () => open('capped'))
describeHistorianSource('OPC UA, a server that cuts answers without a word', () =>
  // Above the largest group, which could not be read otherwise.
  open({ ...DIALECTS.silent, pageCap: 3000 }),
)
