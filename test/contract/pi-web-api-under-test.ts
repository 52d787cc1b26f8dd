import { nativeIdOf, tagId } from '../../src/domain/tag-id.ts'
import { ticks, TICKS_PER_SECOND } from '../../src/domain/ticks.ts'
import { ODD_NAMES } from '../../src/simulator/scenarios/conformance.ts'
import { createSimulator } from '../../src/simulator/simulator.ts'
import type { Switches } from '../../src/simulator/switches.ts'
import { openPiWebApiSource } from '../../src/source/pi-web-api/source.ts'
import { openGate } from '../../src/source/source.ts'
import { silentLogger } from '../../src/telemetry/logger.ts'
import { keyOfTruth } from '../harness/expected.ts'
import type { SourceUnderTest } from './historian-source.ts'

/** The conformance scenario behind the PI adapter. */
export async function openPiWebApi(switches: Partial<Switches>): Promise<SourceUnderTest> {
  // Rate limits are another test's business; this one asks thousands of small questions.
  const simulator = createSimulator({ scenario: 'conformance', switches: { rateLimitPerSecond: 0, ...switches } })
  const { url } = await simulator.listen()
  const source = openPiWebApiSource({
    historian: 'pi',
    url,
    dataServer: 'BANYANSIM',
    auth: { type: 'none' },
    timeoutMs: 30_000,
    retryDelayMs: 1,
    gate: openGate,
    logger: silentLogger,
  })
  let changes = 0
  const truth = new Map<string, string[]>(simulator.historian.primary.points.map((point) => [point.name, []]))
  for (const row of simulator.truth()) truth.get(row.name)!.push(keyOfTruth('pi', row))
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
      { selection: { include: ['back\\\\*'], exclude: [], names: [] }, names: [ODD_NAMES[0]] },
      {
        selection: { include: ['TYPE.[FI]*', 'TYPE.[!FI]lob'], exclude: ['*1[56]'], names: [] },
        names: ['TYPE.FLOAT32', 'TYPE.FLOAT64', 'TYPE.INT32', 'TYPE.BLOB'],
      },
      { selection: { include: ['EMPTY.STRING'], exclude: ['EMPTY*'], names: [] }, names: [] },
    ],
    kind: 'pi-web-api',
    compareIds: (a, b) => Number(nativeIdOf(a)) - Number(nativeIdOf(b)),
    unknown: ({ address, ...known }) => ({
      ...known,
      id: tagId('pi', 999_999),
      address: { ...address, pi: { ...address.pi!, pointId: 999_999 } },
    }),
    async change() {
      const { historian } = simulator
      const newest = ticks(historian.clock.now() + BigInt(++changes) * TICKS_PER_SECOND)
      const late = ticks(historian.clock.now() - BigInt(changes) * TICKS_PER_SECOND)
      historian.write('TYPE.FLOAT64', newest, changes)
      historian.insert('TYPE.INT32', late, changes)
      return { added: { name: 'TYPE.FLOAT64', at: newest }, late: { name: 'TYPE.INT32', at: late } }
    },
    async close() {
      await source.close()
      await simulator.close()
    },
  }
}
